"""The seconds of each trial, judged at every scale: that they add up, that there were as many, and that what is off the clock is told.

May import ``model``, ``evidence`` and ``work``.
"""

from collections.abc import Iterator

from harness.claims.pairs import Caveat, Measure, Pairs, Unit
from harness.claims.rules.work import finished
from harness.model import Kind, Results, Side, Trial

SUM_LIMIT = 0.02
CLOCK_SLACK_S = 0.05
_ROUNDING = 1e-9


def phase_gap(trial: Trial) -> float | None:
    """Return how far the phases are from adding up to the wall time, as a fraction of it (None: there are none)."""
    return abs(sum(trial.phases.values()) - trial.wall_s) / trial.wall_s if trial.phases else None


def core_gap(results: Results, trial: Trial) -> float | None:
    """Return how far the split of the core-seconds is from K·p·Tp, as a fraction of it (None: there is none)."""
    given_s = (
        trial.wall_s
        * _cores(results, trial)
        * (trial.workers if trial.side is Side.DISTRIBUTED else 1)
    )
    return (
        abs(trial.core_seconds.total_s - given_s) / given_s
        if trial.core_seconds is not None
        else None
    )


def phases_unequal(seen: Pairs) -> Caveat | None:
    """Judge whether the phases of each trial add up to its wall time."""
    worst = max(
        (gap for trial in finished(seen.results) if (gap := phase_gap(trial)) is not None),
        default=0.0,
    )
    return _gap(
        "phases-unequal",
        "the phases of a trial do not add up to its wall time; use the file as it was written",
        worst,
    )


def core_seconds_unequal(seen: Pairs) -> Caveat | None:
    """Judge whether the split of each trial's core-seconds adds up to those of all cores that it had."""
    worst = max(
        (
            gap
            for trial in finished(seen.results)
            if (gap := core_gap(seen.results, trial)) is not None
        ),
        default=0.0,
    )
    return _gap(
        "core-seconds-unequal",
        "a trial's core-seconds do not add up to its cores and wall time; use the file as it was written",
        worst,
    )


def _gap(key: str, sentence: str, worst: float) -> Caveat | None:
    if worst <= SUM_LIMIT + _ROUNDING:
        return None
    return Caveat(
        key,
        sentence,
        (Measure("off by", worst, Unit.FRACTION), Measure("limit", SUM_LIMIT, Unit.FRACTION)),
    )


def _cores(results: Results, trial: Trial) -> int:
    """Return how many cores each process of a trial was given."""
    return (
        results.spec.baseline_cores
        if trial.side is Side.BASELINE
        else results.spec.cores_per_worker
    )


def impossible_seconds(seen: Pairs) -> Caveat | None:
    """Judge whether any trial spent more seconds than there were; clocks and rounding have two percent and a twentieth of a second."""
    if seen.results.kind is not Kind.MEASURED:
        return None
    claims = (claim for trial in finished(seen.results) for claim in _spent(seen.results, trial))
    spent_s, most_s = max(
        ((spent, limit * (1 + SUM_LIMIT) + CLOCK_SLACK_S) for spent, limit in claims),
        key=_excess,
        default=(0.0, 0.0),
    )
    if spent_s <= most_s:
        return None
    sentence = "a trial tells of more seconds than its clock and cores had, which cannot be; use the file as it was written"
    return Caveat(
        "impossible-seconds",
        sentence,
        (Measure("told", spent_s, Unit.SECONDS), Measure("at most", most_s, Unit.SECONDS)),
    )


def _excess(claim: tuple[float, float]) -> float:
    spent_s, most_s = claim
    return spent_s - most_s


def _spent(results: Results, trial: Trial) -> Iterator[tuple[float, float]]:
    """Yield seconds that a trial tells of beside the seconds that they cannot exceed, where both are known.

    A baseline without spans tells its core-seconds for the trial alone.
    """
    for worker in trial.workers_detail:
        yield worker.busy_s, trial.wall_s
        yield worker.cpu_s, trial.wall_s * _cores(results, trial)
    if trial.curve:
        yield trial.curve[-1][0], trial.wall_s
    counted_s = sum(worker.cpu_s for worker in trial.workers_detail) or trial.cpu_s
    if trial.core_seconds is not None and counted_s:
        yield trial.core_seconds.compute_s, counted_s


def start_up_unlisted(seen: Pairs) -> Caveat | None:
    """Judge whether what was left outside the clocks is listed."""
    if seen.results.kind is not Kind.MEASURED or all(trial.startup_s > 0 for trial in seen.trials):
        return None
    return Caveat(
        "start-up-unlisted",
        "the time before the clocks started is not told; measure the start-up of both sides",
    )
