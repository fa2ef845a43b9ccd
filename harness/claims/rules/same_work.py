"""The rule that both sides worked: the workers did all of the work, and the baseline computed.

May import ``model``, ``rule``, ``pairs``, ``baseline_time`` and ``observed``.
"""

from harness.claims.baseline_time import BaselineTime, baseline_time, worked_s
from harness.claims.pairs import Pairs, median_of, pairs_by_scale
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
    ratio,
    refuse,
    refuse_session,
    uncheckable_session,
)
from harness.claims.rules.observed import cpu_contradicted, cpu_unseen
from harness.model import Kind

LEAST_WORK = 0.9
LEAST_WORK_DISTURBED = 0.6
LEAST_BUSY = 0.8
LEAST_COMPUTED = 0.5
MOST_IDLE = 0.1


def _work_ratio(pairs: Pairs) -> float | None:
    """Return the distributed side's core-seconds over the baseline's.

    Where each side stops at a result they are core-seconds an item. None: the baseline's are not
    known, nobody worked, or a program worked on a cluster elsewhere.
    """
    results = pairs.results
    before_s = median_of(pairs.baseline, worked_s)
    elsewhere = results.spec.commands is not None and results.spec.joined_cluster
    if results.kind is not Kind.MEASURED or before_s <= 0 or elsewhere:
        return None
    items_ratio = pairs.statistical_efficiency or 1.0
    return median_of(pairs.distributed, worked_s) / before_s * items_ratio


def _least_work(pairs: Pairs) -> tuple[float, int] | None:
    """Return the least ratio of the work of all scales, with that scale (None: none is known)."""
    ratios = [
        (done, other.scale)
        for other in pairs_by_scale(pairs.results)
        if (done := _work_ratio(other)) is not None
    ]
    return min(ratios, default=None)


def _work_lost(pairs: Pairs) -> Caveat | None:
    """Judge whether the distributed side did the baseline's work, at every scale.

    Where a core is shared with other programs, the same work takes more of its time, on either
    side.
    """
    least = _least_work(pairs)
    limit = LEAST_WORK_DISTURBED if pairs.results.disturbed else LEAST_WORK
    if least is None or least[0] >= limit:
        return None
    return Caveat(
        "work-lost",
        "the workers used less CPU time than the baseline, so they did less work;"
        " give both sides the same",
        _work_measures(least, limit),
    )


def _work_unclear(pairs: Pairs) -> Caveat | None:
    least = _least_work(pairs)
    if least is None or not LEAST_WORK_DISTURBED <= least[0] < LEAST_WORK:
        return None
    if not pairs.results.disturbed:
        return None
    return Caveat(
        "work-unclear",
        "the workers used less CPU time than the baseline, and other programs, which slow down"
        " either side, were at work; close them and run again",
        _work_measures(least, LEAST_WORK),
    )


def _work_measures(least: tuple[float, int], limit: float) -> tuple[Measure, ...]:
    done, scale = least
    return (
        ratio("workers' CPU time over the baseline's", done),
        ratio("at least", limit),
        count("workers", scale),
    )


def _baseline_waited(pairs: Pairs) -> Caveat | None:
    """Judge whether the baseline computed for half of its time, whoever was there.

    A workload that declares what it waits for is not asked.
    """
    time = baseline_time(pairs)
    if time is None or time.computed >= LEAST_COMPUTED or pairs.results.spec.workload.waits:
        return None
    if _is_crowded_out(time):
        return None
    return Caveat(
        "baseline-waited",
        "the baseline hardly computed but waited for something, so it is no baseline;"
        " have it compute, or declare what it waits for",
        _computed(time, LEAST_COMPUTED),
    )


def _baseline_crowded_out(pairs: Pairs) -> Caveat | None:
    """Judge whether others left the baseline so little of its cores that it is none."""
    time = baseline_time(pairs)
    if time is None or time.computed >= LEAST_COMPUTED or not _is_crowded_out(time):
        return None
    return Caveat(
        "baseline-crowded-out",
        "other programs had the baseline's core for most of its time, so it is no baseline;"
        " close them and run again",
        _computed(time, LEAST_COMPUTED),
    )


def _is_crowded_out(time: BaselineTime) -> bool:
    return time.delay_known and time.delayed > time.idle


def _baseline_idle(pairs: Pairs) -> Caveat | None:
    """Judge whether the baseline used its cores, as far as other programs let it."""
    time = baseline_time(pairs)
    if time is None or not _is_idle(time) or time.computed < LEAST_COMPUTED:
        return None
    if pairs.results.spec.workload.waits:
        return None
    return Caveat(
        "baseline-idle",
        "the baseline left its core idle, which flatters the speedup;"
        " saturate it, or declare what it waits for",
        _computed(time, LEAST_BUSY),
    )


def _baseline_partly_idle(pairs: Pairs) -> Caveat | None:
    """Judge whether the baseline was idle for more than its start and its end can explain."""
    time = baseline_time(pairs)
    if time is None or time.idle <= MOST_IDLE or time.computed < LEAST_COMPUTED or _is_idle(time):
        return None
    if pairs.results.spec.workload.waits:
        return None
    return Caveat(
        "baseline-partly-idle",
        "the baseline left its core idle for a part of its time, which flatters the speedup;"
        " saturate it, or declare what it waits for",
        (fraction("idle", time.idle), fraction("limit", MOST_IDLE)),
    )


def _baseline_waits(pairs: Pairs) -> Caveat | None:
    """Say what a baseline waits for that declares it."""
    time, reason = baseline_time(pairs), pairs.results.spec.workload.waits
    if not reason or time is None or time.computed >= LEAST_BUSY:
        return None
    if time.delay_known and not _is_idle(time):
        return None
    return Caveat(
        "baseline-waits",
        f"a part of the baseline's time is waiting, as it declares: {reason}",
        (fraction("time spent computing", time.computed),),
    )


def _is_idle(time: BaselineTime) -> bool:
    return time.computed + time.delayed < LEAST_BUSY and time.idle > 0


def _baseline_crowded(pairs: Pairs) -> Caveat | None:
    """Judge whether other programs kept the baseline off its cores."""
    time = baseline_time(pairs)
    if time is None or _is_idle(time) or not LEAST_COMPUTED <= time.computed < LEAST_BUSY:
        return None
    return Caveat(
        "baseline-crowded",
        "the baseline had to wait while other programs used its core, which flatters the speedup;"
        " close them and run again",
        _computed(time, LEAST_BUSY),
    )


def _computed(time: BaselineTime, least: float) -> tuple[Measure, ...]:
    return fraction("time spent computing", time.computed), fraction("at least", least)


def _work(pairs: Pairs) -> Measured:
    done, time = _work_ratio(pairs), baseline_time(pairs)
    if done is None or time is None:
        return Unknown("a simulated run does no work")
    return (
        ratio("workers' CPU time over the baseline's", done),
        ratio("at least", LEAST_WORK),
        fraction("baseline's time spent computing", time.computed),
        fraction("at least", LEAST_BUSY),
        fraction("kept off its core", time.delayed),
    )


SAME_WORK = Rule(
    id="R08",
    title="work conserved",
    demand="the workers did the baseline's work, and the baseline computed,"
    " but for what it says that it waits for, and both were seen at it",
    source="hyperfine user/sys",
    measure=_work,
    judges=(
        refuse(_work_lost),
        refuse(_baseline_waited),
        refuse(_baseline_crowded_out),
        refuse(_baseline_idle),
        caveat(_baseline_waits, Topic.GAIN),
        caveat(_baseline_partly_idle, Topic.BASELINE),
        caveat(_baseline_crowded, Topic.MACHINES),
        caveat(_work_unclear, Topic.MACHINES),
        refuse_session(cpu_contradicted, Topic.RUN),
        uncheckable_session(cpu_unseen, Topic.RUN),
    ),
)
