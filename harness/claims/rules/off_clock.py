"""The rule about the time when no clock runs: a side rests, or what it does is equal and said.

May import ``model``, ``rule`` and ``pairs``.
"""

from harness.claims.pairs import Pairs, finished_trials, median_of
from harness.claims.rule import (
    Caveat,
    Measure,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    count,
    fraction,
    refuse,
    seconds,
)
from harness.model import Kind

OFF_CLOCK_LIMIT = 0.05
OFF_CLOCK_MOST = 0.20
OFF_CLOCK_LEAST_S = 0.75  # Ray is busy for about half a second after it is ready
OFF_CLOCK_LEAST_DISTURBED_S = 1.25  # the same takes more core-seconds where cores are shared


def _off_clock_share(pairs: Pairs) -> float | None:
    """Return the largest share of a trial's core-seconds that its side used off the clock.

    What is too little to be told from a first call's warm-up counts as none. None: it is not known.
    """
    if pairs.results.kind is not Kind.MEASURED:
        return None
    disturbed = pairs.results.disturbed
    least_s = OFF_CLOCK_LEAST_DISTURBED_S if disturbed else OFF_CLOCK_LEAST_S
    shares = [
        trial.off_clock_cpu_s / trial.cpu_s if trial.off_clock_cpu_s >= least_s else 0.0
        for trial in finished_trials(pairs.results)
        if trial.off_clock_cpu_s is not None and trial.cpu_s > 0
    ]
    return max(shares, default=None)


def _worked_off_clock(pairs: Pairs) -> Caveat | None:
    """Judge whether much of the work was done before go, or after the clock had stopped."""
    share = _off_clock_share(pairs)
    if share is None or share <= OFF_CLOCK_MOST:
        return None
    return Caveat(
        "worked-off-clock",
        "a side did much of its work while no clock ran; do all of it between go and the answer",
        _off_clock(share, OFF_CLOCK_MOST),
    )


def _busy_off_clock(pairs: Pairs) -> Caveat | None:
    share = _off_clock_share(pairs)
    if share is None or not OFF_CLOCK_LIMIT < share <= OFF_CLOCK_MOST:
        return None
    return Caveat(
        "busy-off-clock",
        "a side was busy while no clock ran; have it rest before go, and finish its answer",
        _off_clock(share, OFF_CLOCK_LIMIT),
    )


def _work_off_clock(pairs: Pairs) -> Measured:
    share = _off_clock_share(pairs)
    if share is None:
        return Unknown("what the sides did while no clock ran is not known")
    return _off_clock(share, OFF_CLOCK_LIMIT)


def _off_clock(share: float, limit: float) -> tuple[Measure, ...]:
    return fraction("off the clock", share), fraction("limit", limit)


def _prepared_unequally(pairs: Pairs) -> Caveat | None:
    """Judge whether what ran before a program's clock did the work of one side."""
    before_s, after_s = (
        median_of(trials, lambda trial: trial.prepared_cpu_s or 0.0)
        for trials in (pairs.baseline, pairs.distributed)
    )
    work_s = min(trial.cpu_s for trial in pairs.trials)
    if abs(before_s - after_s) <= max(OFF_CLOCK_LEAST_S, OFF_CLOCK_MOST * work_s):
        return None
    return Caveat(
        "prepared-unequally",
        "preparing for one side took much more than for the other, off the clock;"
        " have the command to prepare do the same for both",
        (seconds("baseline", before_s), seconds("distributed", after_s)),
    )


def _prepared(pairs: Pairs) -> Caveat | None:
    """Judge whether programs had run, or a command had prepared for them, before their clocks."""
    commands = pairs.results.spec.commands
    if commands is None or not (commands.is_prepared or commands.warm_ups):
        return None
    reasons = ["each program had run before"] * bool(commands.warm_ups)
    reasons += ["a command prepared for every run"] * commands.is_prepared
    prepared_s = max(trial.prepared_cpu_s or 0.0 for trial in pairs.trials)
    return Caveat(
        "prepared",
        f"{' and '.join(reasons)}, off the clock; say what for",
        (count("warm-ups", commands.warm_ups), seconds("prepared in", prepared_s)),
    )


NO_WORK_OFF_CLOCK = Rule(
    id="R30",
    title="off the clock",
    demand="a side rests until its clock starts, and its answer is complete when it stops",
    source="MLPerf",
    measure=_work_off_clock,
    judges=(
        refuse(_worked_off_clock),
        refuse(_prepared_unequally),
        caveat(_busy_off_clock, Topic.BASELINE),
        caveat(_prepared, Topic.ORIGIN),
    ),
)
