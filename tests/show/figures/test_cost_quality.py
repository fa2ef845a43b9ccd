import pytest
from matplotlib.colors import to_rgb

from harness import text
from harness.show.figures import LIGHT
from tests.show.figures.cases import CASES, drawing, headline_of, marks, read_back, texts


@pytest.mark.parametrize("case", ["race", "three", "golden"])
def test_cost_and_quality_read_back_as_their_facts(case: str) -> None:
    said, claim = read_back(case, "cost-quality"), headline_of(case)
    limit = CASES[case].spec.workload.tolerance
    before, after = text.amounts(claim.cost.baseline, claim.cost.distributed, currency="USD")

    assert (said["cost.baseline"], said["cost.distributed"]) == (before, after)
    assert said["quality.baseline"] == f"accuracy {text.quality(claim.quality.baseline, limit)}"
    assert (
        said["quality.distributed"] == f"accuracy {text.quality(claim.quality.distributed, limit)}"
    )
    assert said["spec.workload.tolerance"] == f"tolerance ±{text.tolerance(limit)}"


@pytest.mark.parametrize(
    ("case", "said"),
    [("race", "cost of a run, USD (a run is 20,000 samples)"), ("golden", "cost of a run, USD")],
)
def test_a_cost_names_its_amount_of_work_where_that_is_known(case: str, said: str) -> None:
    assert said in [drawn_text.get_text() for drawn_text in texts(drawing(case, "cost-quality"))]


def test_offers_are_hollow_points_with_their_price() -> None:
    said, claim = read_back("three", "cost-quality"), headline_of("three")

    assert [said[f"cost.offers.{place}.distributed"] for place in range(2)] == [
        text.money(offer.distributed, "USD") for offer in claim.cost.offers
    ]
    assert marks(drawing("three", "cost-quality"))["o"].count(to_rgb(LIGHT.ground)) == 2
