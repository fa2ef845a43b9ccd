"""Rules about the seconds of each trial, at every scale: they are there, and they add up.

May import ``model``, ``rule``, ``pairs``, ``contradictions`` and
``observed``.
"""

from collections.abc import Iterator

from harness.claims.pairs import TOO_SHORT_S, Pairs, finished_trials
from harness.claims.rule import (
    Caveat,
    Evidence,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    caveat_session,
    fraction,
    refuse,
    refuse_session,
    seconds,
)
from harness.claims.rules.contradictions import used_by_samples_s
from harness.claims.rules.observed import (
    clock_contradicted,
    clock_late,
    recovery_contradicted,
)
from harness.model import Kind, Results, Side, Trial

SUM_LIMIT = 0.02
CLOCK_SLACK_S = 0.05
SAMPLES_LIMIT = 1.25  # samples count in ticks, and not all of a long trial's are kept
_ROUNDING = 1e-9


def _no_pair(evidence: Evidence) -> Caveat | None:
    if evidence.pairs is not None:
        return None
    return Caveat(
        "no-pair",
        "there is no complete pair of a baseline and a distributed run;"
        " run both sides to their end",
    )


def _too_short(pairs: Pairs) -> Caveat | None:
    if not pairs.is_too_short:
        return None
    return Caveat(
        "too-short",
        "a run was too short to compare: what it takes to start is a large part of it;"
        " give both sides more work",
        (seconds("shortest", pairs.shortest_s), seconds("at least", TOO_SHORT_S)),
    )


def _both_times(pairs: Pairs) -> Measured:
    return (
        seconds("baseline", pairs.baseline_s),
        seconds("distributed", pairs.distributed_s),
    )


def _phase_gap(trial: Trial) -> float | None:
    """Return how far the phases are from the wall time, as a fraction of it (None: no phases)."""
    return abs(sum(trial.phases.values()) - trial.wall_s) / trial.wall_s if trial.phases else None


def _phase_gaps(results: Results) -> list[float]:
    gaps = (_phase_gap(trial) for trial in finished_trials(results))
    return [gap for gap in gaps if gap is not None]


def _core_gap(results: Results, trial: Trial) -> float | None:
    """Return how far the core-seconds are from K·p·Tp, as a fraction of it (None: not known)."""
    if trial.core_seconds is None:
        return None
    processes = trial.workers if trial.side is Side.DISTRIBUTED else 1
    available_s = trial.wall_s * _cores(results, trial) * processes
    return abs(trial.core_seconds.total_s - available_s) / available_s


def _core_gaps(results: Results) -> list[float]:
    gaps = (_core_gap(results, trial) for trial in finished_trials(results))
    return [gap for gap in gaps if gap is not None]


def _cores(results: Results, trial: Trial) -> int:
    """Return how many cores each process of a trial was given."""
    spec = results.spec
    return spec.baseline_cores if trial.side is Side.BASELINE else spec.cores_per_worker


def _phases_unequal(pairs: Pairs) -> Caveat | None:
    return _gap(
        "phases-unequal",
        "the phases of a trial do not add up to its wall time; use the file as it was written",
        _phase_gaps(pairs.results),
    )


def _core_seconds_unequal(pairs: Pairs) -> Caveat | None:
    return _gap(
        "core-seconds-unequal",
        "a trial's core-seconds do not add up to its cores and wall time;"
        " use the file as it was written",
        _core_gaps(pairs.results),
    )


def _gap(key: str, sentence: str, gaps: list[float]) -> Caveat | None:
    worst = max(gaps, default=0.0)
    if worst <= SUM_LIMIT + _ROUNDING:
        return None
    return Caveat(key, sentence, (fraction("off by", worst), fraction("limit", SUM_LIMIT)))


def _impossible_seconds(pairs: Pairs) -> Caveat | None:
    """Judge whether a trial spent more seconds than there were; rounding has 2 % and 0.05 s."""
    results = pairs.results
    if results.kind is not Kind.MEASURED:
        return None
    limited = (
        (spent_s, limit_s * (1 + SUM_LIMIT) + CLOCK_SLACK_S)
        for trial in finished_trials(results)
        for spent_s, limit_s in _limited_seconds(results, trial)
    )
    spent_s, most_s = max(limited, key=lambda both: both[0] - both[1], default=(0.0, 0.0))
    if spent_s <= most_s:
        return None
    return Caveat(
        "impossible-seconds",
        "a trial reports more seconds than its clock and cores allow;"
        " use the file as it was written",
        (seconds("reported", spent_s), seconds("at most", most_s)),
    )


def _limited_seconds(results: Results, trial: Trial) -> Iterator[tuple[float, float]]:
    """Yield seconds that a trial reports beside their limit, where both are known.

    A baseline without spans reports its core-seconds for the trial alone.
    """
    for worker in trial.workers_detail:
        yield worker.longest_busy_s, trial.wall_s
        yield worker.cpu_s / worker.workers, trial.wall_s * _cores(results, trial)
    if trial.side is Side.BASELINE and all(
        worker.process.affinity for worker in trial.workers_detail
    ):
        yield trial.cpu_s, trial.wall_s * _cores(results, trial)
    if results.spec.commands is None:
        for used_s in used_by_samples_s(trial):
            yield used_s / SAMPLES_LIMIT, trial.wall_s * _cores(results, trial)
    if trial.curve:
        yield trial.curve[-1][0], trial.wall_s
    counted_s = sum(worker.cpu_s for worker in trial.workers_detail) or trial.cpu_s
    if trial.core_seconds is not None and counted_s:
        yield trial.core_seconds.compute_s, counted_s


def _start_up_on_clock(pairs: Pairs) -> Caveat | None:
    """Judge whether the start-up of two programs can be told from their work."""
    commands = pairs.results.spec.commands
    if commands is None or commands.says_ready:
        return None
    return Caveat(
        "start-up-on-clock",
        "start-up is on both clocks, because the programs do not say when they are ready;"
        " have them say so",
    )


def _start_up_unlisted(pairs: Pairs) -> Caveat | None:
    """Judge whether what was left outside the clocks is listed."""
    listed = all(trial.startup_s > 0 for trial in pairs.trials)
    if pairs.results.kind is not Kind.MEASURED or listed:
        return None
    return Caveat(
        "start-up-unlisted",
        "the time before the clocks started is not known; measure the start-up of both sides",
    )


def _sums(pairs: Pairs) -> Measured:
    trials = finished_trials(pairs.results)
    phase_gaps = _phase_gaps(pairs.results)
    core_gaps = _core_gaps(pairs.results)
    if len(phase_gaps) < len(trials):
        return Unknown("the phases of a trial's wall time are not known")
    if len(core_gaps) < len(trials):
        return Unknown("the phases add up; where a trial's core-seconds went is not known")
    return (
        fraction("phases off by", max(phase_gaps)),
        fraction("core-seconds off by", max(core_gaps)),
        fraction("limit", SUM_LIMIT),
    )


ABSOLUTE_TIMES = Rule(
    id="R01",
    title="absolute times",
    demand="the absolute times of both sides are stated, and every ratio is computed from them",
    source="Hoefler 1, 4",
    measure=_both_times,
    of_declared=True,
    judges=(refuse_session(_no_pair, Topic.GAIN), refuse(_too_short)),
)
TIMES_ADD_UP = Rule(
    id="R13",
    title="times add up",
    demand="phases add up to the wall time, and core-seconds to that of all cores;"
    " no part exceeds the clock, and the clock ran as the conductor saw it;"
    " what is off the clock is listed",
    source="MLPerf, Bailey 2",
    measure=_sums,
    judges=(
        refuse(_phases_unequal),
        refuse(_core_seconds_unequal),
        refuse(_impossible_seconds),
        refuse_session(clock_contradicted, Topic.RUN),
        refuse_session(recovery_contradicted, Topic.RUN),
        caveat_session(clock_late, Topic.RUN),
        caveat(_start_up_on_clock, Topic.ORIGIN),
        caveat(_start_up_unlisted, Topic.REPRODUCIBILITY),
    ),
)
