"""Rules about how the session was run: one clock, an order that alternates, and no trial left out.

May import ``model``, ``rule``, ``pairs`` and ``contradictions``.
"""

from itertools import pairwise

from harness.claims.pairs import Pairs
from harness.claims.rule import (
    Caveat,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    count,
    refuse,
    refuse_session,
    seconds,
)
from harness.claims.rules.contradictions import (
    began_in_future,
    scale_unasked,
    schedule_changed,
    trial_repeated,
    trial_unasked,
)
from harness.model import Kind, Results, Schedule, Side, Trial

_ROUNDING_S = 1e-6


def _is_one_session(results: Results) -> bool:
    """Return whether this program saw all trials on one clock."""
    return results.kind is not Kind.DECLARED and not results.combined


def _combined(pairs: Pairs) -> Caveat | None:
    sessions = len(pairs.results.combined)
    if not sessions:
        return None
    return Caveat(
        "combined",
        "several sessions were combined afterwards; measure all scales in one with twoclocks sweep",
        (count("sessions", sessions),),
    )


def _trials_overlap(pairs: Pairs) -> Caveat | None:
    """Judge whether two trials ran at once that may not.

    Only the sides of one pair may, and only under the schedule ``together``.
    """
    if not _is_one_session(pairs.results):
        return None
    running: list[Trial] = []
    for trial in sorted(pairs.results.trials, key=lambda trial: trial.began_s):
        running = [other for other in running if _ended_s(other) > trial.began_s + _ROUNDING_S]
        for other in running:
            if not _may_overlap(pairs.results, other, trial):
                shared_s = min(_ended_s(other), _ended_s(trial)) - trial.began_s
                return Caveat(
                    "trials-overlap",
                    "the clocks of two runs overlap, so their order is in doubt;"
                    " run one after the other",
                    (seconds("overlap", shared_s),),
                )
        running.append(trial)
    return None


def _ended_s(trial: Trial) -> float:
    return trial.began_s + trial.wall_s


def _may_overlap(results: Results, one: Trial, other: Trial) -> bool:
    together = results.schedule is Schedule.TOGETHER
    return together and one.index == other.index and one.side is not other.side


def _outside_session(pairs: Pairs) -> Caveat | None:
    """Judge whether every trial began after its side was armed, by the session's clock."""
    if not _is_one_session(pairs.results):
        return None
    trials = pairs.results.trials
    early = next((one for one in trials if one.began_s + _ROUNDING_S < one.startup_s), None)
    if early is None:
        return None
    return Caveat(
        "outside-session",
        "a trial began before its side can have been ready; use the file as it was written",
        (seconds("began", early.began_s), seconds("start-up", early.startup_s)),
    )


def _session(pairs: Pairs) -> Measured:
    trials = pairs.results.trials
    return (
        count("trials", len(trials)),
        seconds("the last one ended after", max(map(_ended_s, trials))),
    )


def _order_contradicted(pairs: Pairs) -> Caveat | None:
    """Judge whether the order in the file is that of the clock."""
    results = pairs.results
    if not _is_one_session(results) or results.schedule is Schedule.TOGETHER:
        return None
    began = [trial.began_s for trial in sorted(results.trials, key=lambda trial: trial.order)]
    if began == sorted(began):
        return None
    return Caveat(
        "order-contradicted",
        "the trials did not begin in the order that the file states; use it as it was written",
    )


def _order_unalternated(pairs: Pairs) -> Caveat | None:
    """Judge whether the sides take turns to go first from round to round, at every scale."""
    results = pairs.results
    if not _is_one_session(results) or results.schedule is not Schedule.IN_TURN:
        return None
    for scale in results.spec.scales:
        firsts = _baseline_was_first(results, scale)
        if any(one == other for one, other in pairwise(firsts)):
            return Caveat(
                "order-unalternated",
                "the same side went first twice in a row;"
                " alternate the order so that drift cancels",
                (count("rounds", len(firsts)),),
            )
    return None


def _baseline_was_first(results: Results, scale: int) -> list[bool]:
    """Return of each round at a scale, in turn, whether the baseline went first."""
    baseline = {trial.index: trial.order for trial in _trials_of(results, Side.BASELINE, 1)}
    rounds = {trial.index: trial.order for trial in _trials_of(results, Side.DISTRIBUTED, scale)}
    return [baseline[index] < rounds[index] for index in sorted(baseline.keys() & rounds.keys())]


def _trials_of(results: Results, side: Side, workers: int) -> list[Trial]:
    trials = results.trials
    return [trial for trial in trials if trial.side is side and trial.workers == workers]


def _order(pairs: Pairs) -> Measured:
    if not _is_one_session(pairs.results):
        return Unknown("the trials are of several sessions")
    return (count("trials", len(pairs.results.trials)),)


def _trials_missing(pairs: Pairs) -> Caveat | None:
    """Judge whether every launched trial is there: no gap in order or count, and enough."""
    results = pairs.results
    if not _is_one_session(results):
        return None
    sides = [(Side.BASELINE, 1), *((Side.DISTRIBUTED, scale) for scale in results.spec.scales)]
    indices = [sorted(trial.index for trial in _trials_of(results, *side)) for side in sides]
    orders = sorted(trial.order for trial in results.trials)
    fewest = min(map(len, indices))
    if fewest >= results.spec.trials and all(map(_is_gapless, (orders, *indices))):
        return None
    return Caveat(
        "trials-missing",
        "trials that were launched are not in the file; keep every one, failed ones too",
        (count("fewest trials", fewest), count("asked", results.spec.trials)),
    )


def _is_gapless(numbers: list[int]) -> bool:
    return numbers == list(range(len(numbers)))


def _trial_failed(pairs: Pairs) -> Caveat | None:
    failed = sum(bool(trial.failure) for trial in pairs.results.trials)
    if not failed:
        return None
    return Caveat(
        "trial-failed",
        "trials failed and are not in the medians; find out why they did",
        (count("failed", failed),),
    )


def _trials(pairs: Pairs) -> Measured:
    if not _is_one_session(pairs.results):
        return Unknown("the trials are of several sessions; audit each of them")
    return count("listed", len(pairs.results.trials)), count("in each median", len(pairs))


ONE_SESSION = Rule(
    id="R04",
    title="one session",
    demand="all trials are of one run, on one clock, inside the session,"
    " and none overlaps another unless the sides run together",
    source="MLPerf, SPEC",
    measure=_session,
    judges=(
        refuse(_trials_overlap),
        refuse(_outside_session),
        refuse_session(began_in_future, Topic.ORIGIN),
        caveat(_combined, Topic.ORIGIN),
    ),
)
ORDER_ALTERNATES = Rule(
    id="R15",
    title="order alternates",
    demand="the order of the trials is stored, and the side that goes first alternates",
    source="hyperfine#21, google/benchmark",
    measure=_order,
    judges=(
        refuse(_order_contradicted),
        refuse(schedule_changed),
        caveat(_order_unalternated, Topic.RUN),
    ),
)
EVERY_TRIAL = Rule(
    id="R16",
    title="every trial kept",
    demand="every trial that was launched is in the file, and the headline is the median",
    source="MLPerf",
    measure=_trials,
    judges=(
        refuse(_trials_missing),
        refuse(scale_unasked),
        refuse(trial_unasked),
        refuse(trial_repeated),
        caveat(_trial_failed, Topic.RUN),
    ),
)
