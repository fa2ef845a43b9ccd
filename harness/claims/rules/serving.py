"""The rules about requests that come one by one: their latency, their rate, and their sender.

May import ``model``, ``serving``, ``rule`` and ``pairs``.
"""

from harness.claims.pairs import Pairs, finished_trials
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
    seconds,
)
from harness.claims.serving import served_loads, service_gain
from harness.model import RateSearch, Side
from harness.serving import (
    BUDGETED_SHARE,
    LATEST_SENT_S,
    LATEST_SENT_SHARE,
    ROUNDING,
    STEP,
    USED_SHARE,
    ServedLoad,
    most_late,
)

GENERATOR_LIMIT = 0.05


def _loads(pairs: Pairs) -> list[ServedLoad]:
    return [load for _, load in served_loads(pairs.results)]


def _searches(pairs: Pairs) -> tuple[RateSearch | None, RateSearch | None]:
    return pairs.results.baseline_service, pairs.results.distributed_service


def _budget_s(pairs: Pairs) -> float:
    return max((load.budget_s for load in _loads(pairs)), default=0.0)


def _over_budget(pairs: Pairs) -> Caveat | None:
    """Judge whether the 99th percentile of any trial is over the budget."""
    worst = max(_loads(pairs), key=lambda load: load.p99_s, default=None)
    budget_s = _budget_s(pairs)
    broke = any(load.late > BUDGETED_SHARE * load.requests for load in _loads(pairs))
    if worst is None or (worst.p99_s <= budget_s and not broke):
        return None
    return Caveat(
        "latency-over-budget",
        "latency was over its budget; end other programs and race again",
        (seconds("p99", worst.p99_s), seconds("budget", budget_s)),
    )


def _unsure(pairs: Pairs) -> Caveat | None:
    """Judge whether there were enough requests for so many that were late."""
    if _over_budget(pairs) is not None or _failed(pairs) is not None:
        return None  # more requests would not help
    unsure = [load for load in _loads(pairs) if load.late > _most(load)]
    if not unsure:
        return None
    return Caveat(
        "requests-too-few",
        "the requests were too few to tell that latency held; have more of them come",
        (count("requests", unsure[0].requests), count("late", unsure[0].late)),
    )


def _most(load: ServedLoad) -> int:
    """Return how many of a load's requests may be late (-1: they are too few)."""
    most = most_late(load.requests)
    return -1 if most is None else most


def _failed(pairs: Pairs) -> Caveat | None:
    failed = sum(load.failed for load in _loads(pairs))
    if not failed:
        return None
    return Caveat(
        "requests-failed",
        "requests were not answered; find out why before you show the rest",
        (count("failed", failed),),
    )


def _latencies(pairs: Pairs) -> Measured:
    loads = _loads(pairs)
    if not loads:
        return Unknown("no requests came one by one")
    late = max(load.late / max(1, load.requests) for load in loads)
    return (
        seconds("p99", max(load.p99_s for load in loads)),
        seconds("budget", _budget_s(pairs)),
        fraction("late", late),
        fraction("at most", BUDGETED_SHARE),
    )


LATENCY_HELD = Rule(
    id="R32",
    title="latency held",
    demand="every request is answered, 99 % of them within the budget, and there are enough of"
    " them to tell",
    source="MLPerf Inference, ISCA'20",
    measure=_latencies,
    judges=(refuse(_over_budget), refuse(_unsure), refuse(_failed)),
)


def _searched_unequally(pairs: Pairs) -> Caveat | None:
    """Judge whether both sides searched their rate alike, and each trial served."""
    one, many = _searches(pairs)
    trials = finished_trials(pairs.results)
    unserved = [trial for trial in trials if trial.served is None]
    if one is None and many is None and len(unserved) == len(trials):
        return None
    if one is not None and many is not None and not unserved and _terms(one) == _terms(many):
        return None
    return Caveat(
        "service-unequal",
        "the sides were not offered requests on equal terms; use the file as it was written",
        (count("trials without requests", len(unserved)),),
    )


def _terms(search: RateSearch) -> object:
    return search.budget_s, search.seed, search.input_sha256, search.headroom, search.tries


def _rate_not_shown(pairs: Pairs) -> Caveat | None:
    """Judge whether each side's rate was shown to hold, little more to break, and it ran at it."""
    for side, load in served_loads(pairs.results):
        search = pairs.results.baseline_service
        if side is not Side.BASELINE:
            search = pairs.results.distributed_service
        if search is None:
            continue  # that is another judge's
        same = search.raced is not None and abs(load.rate / search.raced - 1) <= ROUNDING
        if not (search.is_shown and same):
            return Caveat(
                "rate-not-shown",
                "a side does not run at the planned share of its largest rate, as far as is shown:"
                " little more must break the budget; use the file as it was written",
                (ratio("headroom at most", search.most_headroom), ratio("breaks within", STEP)),
            )
    return None


def _rates(pairs: Pairs) -> Measured:
    gain = service_gain(pairs.results)
    if gain is None:
        return Unknown("no rate was searched")
    return (
        count("requests a second", gain.alone),
        count(f"on {gain.workers}", gain.together),
        ratio("ratio", gain.ratio),
        ratio("headroom", gain.headroom),
    )


RATE_SHOWN = Rule(
    id="R33",
    title="rate shown",
    demand="each side runs at the same share of the largest rate that was shown to hold the"
    f" budget, {round(100 * USED_SHARE)} % at least, and a tenth more than that rate was shown to"
    " break it",
    source="MLPerf Inference, ISCA'20; capacity planning of services",
    measure=_rates,
    judges=(refuse(_searched_unequally), refuse(_rate_not_shown)),
)


def _sent_too_late(pairs: Pairs) -> Caveat | None:
    """Judge whether requests were sent so late that it moves a side's rate.

    Latency counts from when a request was to be sent: a late one only makes it longer.
    """
    latest_s, most_s = _latest_s(pairs), _most_late_s(pairs)
    if latest_s <= most_s:
        return None
    return Caveat(
        "requests-sent-too-late",
        "requests were sent much later than their schedule says; end other programs and race again",
        (seconds("late at p99", latest_s), seconds("at most", most_s)),
    )


def _sent_late(pairs: Pairs) -> Caveat | None:
    """Judge whether requests were sent when they were to be."""
    latest_s = _latest_s(pairs)
    if latest_s <= LATEST_SENT_S or _sent_too_late(pairs) is not None:
        return None
    return Caveat(
        "requests-sent-late",
        "requests were sent later than their schedule says, which counts as latency; say so",
        (seconds("late at p99", latest_s), seconds("limit", LATEST_SENT_S)),
    )


def _most_late_s(pairs: Pairs) -> float:
    """Return how late requests may be sent at most; a short budget leaves the usual limit."""
    return max(LATEST_SENT_S, LATEST_SENT_SHARE * _budget_s(pairs))


def _latest_s(pairs: Pairs) -> float:
    return max((load.sent_late_p99_s for load in _loads(pairs)), default=0.0)


def _busy_sender(pairs: Pairs) -> Caveat | None:
    share = max((load.generator_share for load in _loads(pairs)), default=0.0)
    if share <= GENERATOR_LIMIT:
        return None
    return Caveat(
        "sender-busy",
        "sending the requests took much of a core; say so, or send fewer",
        _sender(share, GENERATOR_LIMIT),
    )


def _sender(share: float, limit: float) -> tuple[Measure, ...]:
    return fraction("of one core", share), fraction("limit", limit)


def _sent(pairs: Pairs) -> Measured:
    loads = _loads(pairs)
    if not loads:
        return Unknown("no requests came one by one")
    return (
        seconds("late at p99", _latest_s(pairs)),
        seconds("limit", LATEST_SENT_S),
        seconds("at most", _most_late_s(pairs)),
    )


SENT_ON_TIME = Rule(
    id="R34",
    title="sent on time",
    demand="requests come when their schedule says, however busy the sides are, and latency counts"
    " from that moment",
    source="Tene, coordinated omission",
    measure=_sent,
    judges=(
        refuse(_sent_too_late),
        caveat(_sent_late, Topic.MACHINES),
        caveat(_busy_sender, Topic.MACHINES),
    ),
)
