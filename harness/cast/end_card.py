"""The slate below a recorded headline: that it is a recording, of what run, at what moment, and where both clocks stopped.

Pure. May import ``words`` and ``frame``.
"""

from datetime import datetime

from harness import text
from harness.show.terminal.lines import first_fitting


def end_card(
    badge: str,
    run_id: str,
    clocks: tuple[float, float],
    utc: datetime,
    columns: int,
    *,
    adopted: bool = False,
) -> tuple[str, str]:
    """Return two lines: both clocks as they stopped, in seconds given, then the badge, the moment and the run.

    ``adopted``: the distributed side is a program of its own, and need not be Ray's.
    """
    baseline, distributed = map(text.clock, clocks)
    run = f"{text.moment(utc)} · run {text.printable(run_id)}"
    stopped = f" BASELINE {baseline} · {'DISTRIBUTED' if adopted else 'RAY'} {distributed}"
    return stopped, first_fitting([f" {text.printable(badge)}  {run}"], columns - 1)
