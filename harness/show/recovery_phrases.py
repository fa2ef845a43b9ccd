"""What is said of losses: how many the run survived, how soon it had caught up, what was redone.

Everything returned is printable, and empty where there is nothing to say. May import
``harness.claims``, for its values, ``harness.model`` and ``harness.text``.
"""

import math
from collections.abc import Iterator, Sequence

from harness import text
from harness.claims.preempted_baseline import PreemptedBaseline
from harness.claims.recovery import Loss, Recovery, Spread
from harness.model import FaultKind, Results

_LONGEST_NAME = 24
_WAYS = {
    FaultKind.LOST: "lost by accident",
    FaultKind.KILL: "killed",
    FaultKind.FREEZE: "frozen",
    FaultKind.DRAIN: "drained",
    FaultKind.NODE: "lost with its host",
}


def survived(recovery: Recovery | None) -> str:
    """Return what was survived, by kind: ``2 preemptions and 1 frozen worker survived``.

    A preemption was made on purpose, a worker lost by accident is called lost.
    """
    return "" if recovery is None else f"{_enumerated(tuple(_losses(recovery)))} survived"


def in_one_line(recovery: Recovery | None) -> str:
    """Return what was survived, in what time and at what cost; what is not known is left out."""
    if recovery is None:
        return ""
    parts = (
        survived(recovery),
        recovery_time(recovery),
        share_redone(recovery),
        "answer equal to the last bit" if recovery.answers_identical else "",
    )
    return ", ".join(filter(None, parts))


def in_short(recovery: Recovery | None) -> str:
    """Return the same without range and answer, for where there is little room."""
    if recovery is None:
        return ""
    median = ""
    if recovery.time is not None:
        median = f"recovery {text.seconds(recovery.time.median_s)}"
    return ", ".join(filter(None, (survived(recovery), median, share_redone(recovery))))


def recovery_time(recovery: Recovery) -> str:
    """Return the time from a loss until all had caught up: ``recovery 1.90 s (1.70 s to 2.40 s)``.

    It says of how many losses where not of all.
    """
    if recovery.time is None:
        return ""
    of = ""
    if recovery.time.number < len(recovery.timed):
        known, every = text.count(recovery.time.number), text.count(len(recovery.timed))
        of = f", known of {known} of {every}"
    return f"recovery {spread(recovery.time)}{of}"


def share_redone(recovery: Recovery) -> str:
    """Return how much of the core-seconds was thrown away: ``4.0 % of core-seconds redone``."""
    if recovery.lost_share is None:
        return ""
    if recovery.lost_share == 0 and not recovery.redone:
        return "nothing redone"
    return f"{text.percent(recovery.lost_share)} of core-seconds redone"


def spread(durations: Spread | None) -> str:
    """Return the median, with the interval where there is one, else with the range."""
    if durations is None:
        return text.NOTHING
    interval = durations.interval
    ends = (durations.low_s, durations.high_s) if interval is None else interval
    middle, low, high = text.durations(durations.median_s, *ends)
    if durations.number == 1:
        return middle
    name = "" if interval is None else "95 % interval "
    return f"{middle} ({name}{low} to {high})"


def efficiencies(recovery: Recovery) -> str:
    """Return E with losses beside E without; empty where the session has not both."""
    with_losses, without = recovery.efficiency_with, recovery.efficiency_without
    if with_losses is None or without is None:
        return ""
    return (
        f"efficiency {text.percent(with_losses)} in the trials with losses,"
        f" {text.percent(without)} in those without"
    )


def redone(recovery: Recovery) -> str:
    """Return what was done again and thrown away, as far as it is known."""
    parts = []
    if recovery.redone is not None:
        pieces = "step or chunk" if recovery.redone == 1 else "steps or chunks"
        parts.append(f"{text.count(recovery.redone)} {pieces} done again")
    if recovery.lost_cpu_s is not None and recovery.lost_share is not None:
        thrown = text.seconds(recovery.lost_cpu_s)
        parts.append(f"{thrown} of core time thrown away, {text.percent(recovery.lost_share)}")
    return ", ".join(parts)


def name(loss: Loss, results: Results, *, with_scale: bool = True) -> str:
    """Return who was lost and how, at which scale and in which round where there are several."""
    worker = text.printable(loss.worker)[:_LONGEST_NAME]
    trial = next(trial for trial in results.trials if trial.order == loss.order)
    scale = (
        f", p {text.count(trial.workers)}" if with_scale and len(results.spec.scales) > 1 else ""
    )
    turn = f", round {text.count(trial.index + 1)}" if results.spec.trials > 1 else ""
    return f"{worker} {_WAYS[loss.kind]}{scale}{turn}"


def preempted(baseline: PreemptedBaseline | None) -> str:
    """Return what random losses would do to the baseline, called computed."""
    if baseline is None:
        return ""
    mtbf, restart, checkpoint, interval = (
        text.seconds(one)
        for one in (
            baseline.mtbf_s,
            baseline.restart_s,
            baseline.checkpoint_s,
            baseline.interval_s,
        )
    )
    machine = (
        f"a machine that is lost every {mtbf}, as each worker, restarts in {restart} and writes"
        f" checkpoints in {checkpoint} (assumed) every {interval} (Young 1974)"
    )
    undisturbed = text.seconds(baseline.undisturbed_s)
    takes = f"takes {text.seconds(baseline.expected_s)} instead of {undisturbed}"
    if not math.isfinite(baseline.expected_s):
        takes = f"would hardly ever end instead of taking {undisturbed}"
    return f"computed, not measured: {machine}, {takes} (Daly 2006)"


def to_say(recovery: Recovery | None) -> str:
    """Return the sentence to say: ``It survived 3 preemptions, with a recovery of 1.90 s.``"""
    if recovery is None:
        return ""
    took = ""
    if recovery.time is not None:
        took = f", with a recovery of {text.seconds(recovery.time.median_s)}"
    return f"It survived {_enumerated(tuple(_losses(recovery)))}{took}."


def _losses(recovery: Recovery) -> Iterator[str]:
    """Yield how many losses there were of each kind."""
    kinds = recovery.kinds
    if recovery.preemptions:
        yield text.number_of(recovery.preemptions, "preemption")
    if frozen := kinds.get(FaultKind.FREEZE):
        yield text.number_of(frozen, "frozen worker")
    if hosted := kinds.get(FaultKind.NODE):
        of = "its host" if hosted == 1 else "their host"
        yield f"{text.number_of(hosted, 'worker')} lost with {of}"
    if lost := kinds.get(FaultKind.LOST):
        yield text.number_of(lost, "lost worker")


def _enumerated(parts: Sequence[str]) -> str:
    *most, last = parts
    return f"{', '.join(most)} and {last}" if most else last
