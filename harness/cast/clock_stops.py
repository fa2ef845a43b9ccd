"""The wall times at which a session's clocks stopped, first and last.

Pure. May import ``model``.
"""

from harness.model import Results, Side


def first_wall_s(results: Results, side: Side) -> float | None:
    """Return the wall time of a side's first trial in seconds (None: it has no trial)."""
    return next(iter(_wall_times(results, side)), None)


def last_wall_s(results: Results, side: Side) -> float | None:
    """Return the wall time of a side's last trial in seconds (None: it has no trial)."""
    return next(reversed(_wall_times(results, side)), None)


def _wall_times(results: Results, side: Side) -> list[float]:
    trials = sorted(results.trials, key=lambda trial: trial.order)
    return [trial.wall_s for trial in trials if trial.side is side]
