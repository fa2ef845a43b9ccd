import pytest

from harness.model import (
    Kind,
    Schedule,
    Spec,
    SpotPrices,
    Status,
)
from tests.builders import (
    a_results,
    a_spec,
    some_prices,
    some_words,
)
from tests.claims.rules.sessions import a_spotless_session, caveat_keys, refusal_keys

SPOT = some_prices(spot=SpotPrices(worker_per_hour=0.1, head_per_hour=0.0))
CAVEATS = {
    "replayed": a_spotless_session(schedule=Schedule.IN_TURN),
    "illustrative-prices": a_spotless_session(spec=a_spec(prices=some_prices(illustrative=True))),
    "prices-unsourced": a_spotless_session(spec=a_spec(prices=some_prices(date=""))),
    "spot-unproved": a_spotless_session(spec=a_spec(prices=SPOT, spot=True)),
    "unit-missing": a_spotless_session(spec=a_spec(workload=some_words(metric=""))),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert caveat_keys(CAVEATS[key]) == [key]


REFUSED = {
    "pretend work": ("simulated", a_results(kind=Kind.SIMULATED)),
    "stopped": ("aborted", a_results(status=Status.ABORTED)),
    "a side died": ("failed", a_results(status=Status.FAILED)),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_doctored_session_is_refused_for_its_fault_alone(fault: str) -> None:
    key, results = REFUSED[fault]
    assert refusal_keys(results) == [key]


@pytest.mark.parametrize(
    "spec",
    [
        a_spec(workload=some_words(unit="")),
        a_spec(workload=some_words(metric="")),
        a_spec(prices=some_prices(currency="")),
    ],
    ids=["items", "quality", "money"],
)
def test_every_quantity_has_a_unit(spec: Spec) -> None:
    assert caveat_keys(a_spotless_session(spec=spec)) == ["unit-missing"]
