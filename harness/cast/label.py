"""What stands on everything that is made of a recording: that it is one, and of when.

Pure. May import ``cast.format`` and ``show.words``.
"""

from datetime import UTC, datetime

from harness import text
from harness.cast.format import Cast


def recorded(cast: Cast) -> str:
    """Return the label of a recording: ``RECORDED 2026-11-22 09:14:07Z``."""
    return f"RECORDED {moment(cast)}"


def moment(cast: Cast) -> str:
    """Return when a recording began, in UTC."""
    return (
        text.moment(datetime.fromtimestamp(cast.began, UTC)) if cast.began > 0 else "date unknown"
    )
