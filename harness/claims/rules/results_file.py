"""Rules about the results file: its prices, units and kind of session, its form, its journal.

May import ``model``, ``errors``, ``files.results``, ``rule``, ``pairs``, ``recovery`` and
``run_cost``.
"""

from harness.claims.pairs import Pairs
from harness.claims.recovery import recovery
from harness.claims.rule import (
    Caveat,
    Evidence,
    Measured,
    Rule,
    Topic,
    caveat,
    caveat_file,
    count,
    ratio,
    refuse_session,
)
from harness.claims.run_cost import cost_of
from harness.errors import BadRequest
from harness.files.results import encode
from harness.model import Kind, Schedule, Status

_ENDED = {Status.ABORTED: "was stopped before its end", Status.FAILED: "failed"}


def _illustrative_prices(pairs: Pairs) -> Caveat | None:
    if not pairs.results.spec.prices.illustrative:
        return None
    return Caveat(
        "illustrative-prices", "the prices are illustrative; set your own before you quote the cost"
    )


def _prices_unsourced(pairs: Pairs) -> Caveat | None:
    prices = pairs.results.spec.prices
    if prices.source and prices.date:
        return None
    return Caveat(
        "prices-unsourced",
        "the prices do not say where or when they are from; name their source and date",
    )


def _priced_spot(pairs: Pairs) -> Caveat | None:
    """Judge spot prices where machines were taken away in mid-run: nothing else is unlike."""
    if not pairs.results.spec.spot or _preempted(pairs) == 0:
        return None
    return Caveat(
        "priced-spot",
        "the workers are priced spot and the baseline on demand; compare both at one price",
        (count("preempted", _preempted(pairs)),),
    )


def _spot_unproved(pairs: Pairs) -> Caveat | None:
    """Judge whether a run that is priced spot was shown to survive what spot machines do."""
    if not pairs.results.spec.spot or _preempted(pairs):
        return None
    return Caveat(
        "spot-unproved",
        "the workers are priced spot, and none was taken away in mid-run;"
        " add --chaos to show that the run survives it",
    )


def _preempted(pairs: Pairs) -> int:
    """Return how many workers were taken away on purpose, at the headline's scale."""
    losses = recovery(pairs)
    return 0 if losses is None else losses.preemptions


def _cost(pairs: Pairs) -> Measured:
    """Return cost after over before; it follows from times and prices, so it has no threshold."""
    cost = cost_of(pairs)
    return (ratio("cost after over before", cost.distributed / cost.baseline),)


def missing_journal(evidence: Evidence) -> Caveat | None:
    """Judge a measured file without its journal: a consistent edit would leave no trace."""
    if not evidence.journal_missing or evidence.results.kind is not Kind.MEASURED:
        return None
    return Caveat(
        "no-journal",
        "there is no journal to check these numbers against; keep events.jsonl beside results.json",
    )


def _rewritten(evidence: Evidence) -> Caveat | None:
    """Judge the file itself: facts that this program wrote have one form only."""
    if evidence.written is None or evidence.written == _encoded(evidence):
        return None
    return Caveat(
        "rewritten",
        "the file is not in the form that this program writes; use it as it was written",
    )


def _encoded(evidence: Evidence) -> bytes | None:
    """Return the facts as this program writes them (None: it would not write them)."""
    try:
        return encode(evidence.results)
    except BadRequest:
        return None


def _speedup(pairs: Pairs) -> Measured:
    """Return the speedup, which no field holds: it is always computed from the trials."""
    return (ratio("speedup from the trials", pairs.speedup),)


def _simulated(evidence: Evidence) -> Caveat | None:
    if evidence.results.kind is not Kind.SIMULATED:
        return None
    return Caveat("simulated", "this was a simulated run; run a real workload to get a headline")


def _unfinished(evidence: Evidence) -> Caveat | None:
    status = evidence.results.status
    if status is Status.COMPLETE:
        return None
    return Caveat(str(status), f"the session {_ENDED[status]}; run it again to its end")


def _declared(pairs: Pairs) -> Caveat | None:
    if pairs.results.kind is not Kind.DECLARED:
        return None
    return Caveat(
        "declared",
        "these numbers were declared, not measured by this program;"
        " measure them before relying on them",
    )


def _replayed(pairs: Pairs) -> Caveat | None:
    results = pairs.results
    if results.schedule is not Schedule.IN_TURN or results.kind is Kind.DECLARED:
        return None
    return Caveat(
        "replayed",
        "the sides ran in turn, not at once; so neither slowed the other,"
        " and a baseline beside a live run is its replay",
    )


def _unit_missing(pairs: Pairs) -> Caveat | None:
    """Judge whether items, quality and money have the names of what they count."""
    spec = pairs.results.spec
    if spec.workload.unit and spec.workload.metric and spec.prices.currency:
        return None
    return Caveat(
        "unit-missing",
        "the unit of the items, the metric or the currency is not named; name all three",
    )


def _nothing(pairs: Pairs) -> Measured:
    return ()


COST_IN_FULL = Rule(
    id="R19",
    title="cost in full",
    demand="every machine is billed, and the prices carry currency, source and date",
    source="DAWNBench, TPC",
    measure=_cost,
    of_declared=True,
    judges=(
        caveat(_illustrative_prices, Topic.RESULT),
        caveat(_prices_unsourced, Topic.RESULT),
        caveat(_priced_spot, Topic.RESULT),
        caveat(_spot_unproved, Topic.RESULT),
    ),
)
FROM_ITS_FIELDS = Rule(
    id="R21",
    title="from its fields",
    demand="every number comes from a field of the file,"
    " and the file is as this program wrote it, with its journal beside it",
    source="ClickBench",
    measure=_speedup,
    of_declared=True,
    judges=(caveat_file(missing_journal), caveat_file(_rewritten)),
)
KIND_IS_STATED = Rule(
    id="R22",
    title="kind is stated",
    demand="what is simulated, declared, replayed or cut short says so",
    source="MLPerf messaging",
    measure=_nothing,
    of_declared=True,
    judges=(
        refuse_session(_simulated, Topic.ORIGIN),
        refuse_session(_unfinished, Topic.ORIGIN),
        caveat(_declared, Topic.ORIGIN),
        caveat(_replayed, Topic.ORIGIN),
    ),
)
UNITS_NAMED = Rule(
    id="R24",
    title="units named",
    demand="every quantity carries its unit",
    source="Hoefler",
    measure=_nothing,
    of_declared=True,
    judges=(caveat(_unit_missing, Topic.RESULT),),
)
