"""Rehearsing the talk on one terminal, and its presenter view on another.

This file imports the standard library only.
"""

import time
from collections.abc import Callable


def steady_clock() -> Callable[[], float]:
    """Return a clock of seconds since 1970 that does not jump when somebody sets the time."""
    ahead = time.time() - time.monotonic()
    return lambda: ahead + time.monotonic()
