"""What the author's code raises in a worker, in a form in which it reaches the driver.

Ray up to 2.10 ends a worker that raises what cannot be pickled, so that it would count as lost, and
no version gives the driver what cannot be made again there. May import ``errors``, ``run`` and, of
Ray, its pickle.
"""

import contextlib
import traceback
from collections.abc import Iterator

from ray import cloudpickle

from harness.errors import SideFailed
from harness.run.failure import reason_of, where_raised
from harness.run.ray.ray_words import frames


@contextlib.contextmanager
def sendable_errors() -> Iterator[None]:
    """Raise ``SideFailed`` in place of an exception that does not survive being sent."""
    try:
        yield
    except Exception as error:
        if _is_sendable(error):
            raise
        hint = where_raised(frames("".join(traceback.format_exception(error))))
        raise SideFailed(f"a worker raised {reason_of(error)}", hint) from error


def _is_sendable(error: Exception) -> bool:
    try:
        cloudpickle.loads(cloudpickle.dumps(error))
    except Exception:  # whatever the class of the author's does
        return False
    return True
