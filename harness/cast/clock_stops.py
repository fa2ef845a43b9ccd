"""Where the clocks of a session stopped, first and last.

Pure; may import ``model``.
"""

from harness.model import Results, Side


def first_wall_s(results: Results, side: Side) -> float | None:
    """Return the wall time of a side's first trial in seconds (None: it has none)."""
    return next(iter(_wall_s(results, side)), None)


def last_wall_s(results: Results, side: Side) -> float | None:
    """Return the wall time of a side's last trial in seconds (None: it has none)."""
    return next(reversed(_wall_s(results, side)), None)


def _wall_s(results: Results, side: Side) -> list[float]:
    return [
        trial.wall_s
        for trial in sorted(results.trials, key=lambda trial: trial.order)
        if trial.side is side
    ]
