"""The two lines below a recorded headline: the stopped clocks, and which run was recorded when.

Pure. May import ``text`` and ``show.terminal.lines``.
"""

from datetime import datetime

from harness import text
from harness.show.terminal.lines import first_fitting


def end_card(
    *,
    badge: str,
    run_id: str,
    clocks: tuple[float, float],
    utc: datetime,
    columns: int,
    command_pair: bool = False,
) -> tuple[str, str]:
    """Return the stopped clocks, given in seconds, and below them the badge, the date and the run.

    The distributed side of a ``command_pair`` need not use Ray, so it is not called RAY.
    """
    baseline, distributed = (text.clock(wall_s, stopped=True) for wall_s in clocks)
    name = "DISTRIBUTED" if command_pair else "RAY"
    run = f" {text.printable(badge)}  {text.moment(utc)} · run {text.printable(run_id)}"
    return f" BASELINE {baseline} · {name} {distributed}", first_fitting([run], columns - 1)
