"""How the session was run, judged over all its trials at every scale: their places in time, their order, that none is left out.

May import ``model`` and ``evidence``.
"""

from itertools import pairwise

from harness.claims.pairs import Caveat, Measure, Pairs, Unit
from harness.model import Kind, Results, Scaling, Schedule, Side, Trial

ROUNDING_S = 1e-6
WATCHING_NOTICED = 0.02
WATCHING_LIMIT = 0.05


def one_session(results: Results) -> bool:
    """Return whether all trials were seen by this program on one clock."""
    return results.kind is not Kind.DECLARED and not results.combined


def combined(seen: Pairs) -> Caveat | None:
    """Judge whether several sessions were put together after the event."""
    sessions = len(seen.results.combined)
    if not sessions:
        return None
    sentence = "several sessions were put together after the event; measure all scales in one with twoclocks sweep"
    return Caveat("combined", sentence, (Measure("sessions", sessions, Unit.COUNT),))


def overlapped(seen: Pairs) -> Caveat | None:
    """Judge whether two trials ran at once that may not have: only the sides of one pair may, and only together."""
    if not one_session(seen.results):
        return None
    running: list[Trial] = []
    for trial in sorted(seen.results.trials, key=lambda trial: trial.began_s):
        running = [other for other in running if _ended(other) > trial.began_s + ROUNDING_S]
        if strange := [
            other for other in running if not _a_pair_together(seen.results, other, trial)
        ]:
            shared = Measure(
                "at once", min(_ended(strange[0]), _ended(trial)) - trial.began_s, Unit.SECONDS
            )
            return Caveat(
                "trials-overlap",
                "two trials ran at the same time; run one after the other",
                (shared,),
            )
        running.append(trial)
    return None


def _ended(trial: Trial) -> float:
    return trial.began_s + trial.wall_s


def _a_pair_together(results: Results, one: Trial, other: Trial) -> bool:
    return (
        results.schedule is Schedule.TOGETHER
        and one.index == other.index
        and one.side is not other.side
    )


def outside(seen: Pairs) -> Caveat | None:
    """Judge whether every trial began after its side was armed, by the session's clock."""
    if not one_session(seen.results):
        return None
    early = [trial for trial in seen.results.trials if trial.began_s + ROUNDING_S < trial.startup_s]
    if not early:
        return None
    measures = (
        Measure("began", early[0].began_s, Unit.SECONDS),
        Measure("start-up", early[0].startup_s, Unit.SECONDS),
    )
    return Caveat(
        "outside-session",
        "a trial began before its side can have been armed; use the file as it was written",
        measures,
    )


def misordered(seen: Pairs) -> Caveat | None:
    """Judge whether the order that is told is the order by the clock; trials that began together have none."""
    if not one_session(seen.results) or seen.results.schedule is Schedule.TOGETHER:
        return None
    began = [trial.began_s for trial in sorted(seen.results.trials, key=lambda trial: trial.order)]
    if began == sorted(began):
        return None
    return Caveat(
        "order-contradicted",
        "the trials did not begin in the order that they tell; use the file as it was written",
    )


def unalternated(seen: Pairs) -> Caveat | None:
    """Judge whether the side that went first alternates from one round to the next, at every scale."""
    if not one_session(seen.results) or seen.results.schedule is not Schedule.IN_TURN:
        return None
    places = {
        (trial.side, trial.workers, trial.index): trial.order for trial in seen.results.trials
    }
    for scale in seen.results.spec.scales:
        rounds = sorted(
            index for side, p, index in places if side is Side.DISTRIBUTED and p == scale
        )
        firsts = [
            places[Side.BASELINE, 1, index] < places[Side.DISTRIBUTED, scale, index]
            for index in rounds
            if (Side.BASELINE, 1, index) in places
        ]
        if any(one == other for one, other in pairwise(firsts)):
            measure = Measure("rounds", len(firsts), Unit.COUNT)
            return Caveat(
                "order-unalternated",
                "the same side went first twice running; alternate the order so that drift cancels",
                (measure,),
            )
    return None


def missing(seen: Pairs) -> Caveat | None:
    """Judge whether every trial that was launched is told of: no gap in their order nor in either side's count, and none too few."""
    results = seen.results
    if not one_session(results):
        return None
    gaps = sorted(trial.order for trial in results.trials) != list(range(len(results.trials)))
    contestants = [
        (Side.BASELINE, 1),
        *((Side.DISTRIBUTED, scale) for scale in results.spec.scales),
    ]
    counts = [_indices(results, side, workers) for side, workers in contestants]
    fewest = min(map(len, counts))
    if (
        not gaps
        and fewest >= results.spec.trials
        and all(indices == list(range(len(indices))) for indices in counts)
    ):
        return None
    measures = (
        Measure("fewest trials", fewest, Unit.COUNT),
        Measure("asked", results.spec.trials, Unit.COUNT),
    )
    return Caveat(
        "trials-missing",
        "trials that were launched are not in the file; show every one, failed ones too",
        measures,
    )


def _indices(results: Results, side: Side, workers: int) -> list[int]:
    return sorted(
        trial.index for trial in results.trials if trial.side is side and trial.workers == workers
    )


def failed(seen: Pairs) -> Caveat | None:
    """Judge whether trials failed that the medians leave out."""
    lost = sum(bool(trial.failure) for trial in seen.results.trials)
    if not lost:
        return None
    return Caveat(
        "trial-failed",
        "trials failed and are not in the medians; find out why they did",
        (Measure("failed", lost, Unit.COUNT),),
    )


def unequal_scales(seen: Pairs) -> Caveat | None:
    """Judge whether the other scales did as much work as the baseline: strong scaling is nothing else."""
    results, given = seen.results, seen.baseline[0].items
    if results.spec.scaling is not Scaling.STRONG or results.kind is Kind.DECLARED:
        return None
    others = [
        trial.items
        for trial in results.trials
        if not trial.failure and trial.side is Side.DISTRIBUTED and trial.workers != seen.scale
    ]
    unlike = [items for items in others if items != given]
    if not unlike:
        return None
    measures = Measure("items", unlike[0], Unit.COUNT), Measure("the baseline's", given, Unit.COUNT)
    return Caveat(
        "scales-unequal",
        "the work was not the same at every number of workers; compare equal work",
        measures,
    )


def weak(seen: Pairs) -> Caveat | None:
    """Judge whether the work grew with the workers."""
    if seen.results.spec.scaling is Scaling.STRONG:
        return None
    return Caveat(
        "weak-scaling",
        "the work grew with the workers, so this is weak scaling; say so beside the speedup",
    )


def watching(results: Results) -> float | None:
    """Return the screen's core-seconds over the wall time of all trials (None: not measured, or nobody worked)."""
    total_s = sum(trial.wall_s for trial in results.trials)
    if results.kind is not Kind.MEASURED or not total_s or not results.observer.frames:
        return None
    return results.observer.cpu_s / total_s


def watched_dearly(seen: Pairs) -> Caveat | None:
    """Judge whether watching took so much that the times are not the work's."""
    share = watching(seen.results)
    if share is None or share <= WATCHING_LIMIT:
        return None
    sentence = (
        "the screen took too much of the machine while the clocks ran; measure with --ui plain"
    )
    return Caveat(
        "watching-costly",
        sentence,
        (Measure("screen", share, Unit.FRACTION), Measure("limit", WATCHING_LIMIT, Unit.FRACTION)),
    )


def watched_noticeably(seen: Pairs) -> Caveat | None:
    """Judge whether watching took enough to be told."""
    share = watching(seen.results)
    if share is None or not WATCHING_NOTICED < share <= WATCHING_LIMIT:
        return None
    measures = (
        Measure("screen", share, Unit.FRACTION),
        Measure("good", WATCHING_NOTICED, Unit.FRACTION),
    )
    return Caveat(
        "watching-noticed",
        "the screen took a noticeable part of the machine; measure with --ui plain",
        measures,
    )
