import math
from typing import Any

import pytest
from matplotlib.colors import to_rgb

from harness import text
from harness.show import money
from harness.show.figures import LIGHT
from tests.show.figures.cases import CASES, drawing, headline_of, marks, read_back


@pytest.mark.parametrize("case", ["race", "three", "golden"])
def test_cost_and_quality_read_back_as_their_facts(case: str) -> None:
    said, claim = read_back(case, "cost-quality"), headline_of(case)
    limit = CASES[case].spec.workload.tolerance
    priced = money.of_items(claim) or money.of_runs(claim)

    assert (said["cost.baseline"], said["cost.distributed"], unit_of(case)) == priced
    assert said["quality.baseline"] == f"accuracy {text.quality(claim.quality.baseline, limit)}"
    assert (
        said["quality.distributed"] == f"accuracy {text.quality(claim.quality.distributed, limit)}"
    )
    assert said["spec.workload.tolerance"] == f"tolerance ±{text.tolerance(limit)}"


def unit_of(case: str) -> str:
    """Return what the axis of the costs says that they are of."""
    return read_back(case, "cost-quality")["axis.x"].removeprefix("cost ").partition(",")[0]


def test_a_cost_is_of_so_much_work_where_that_is_known_and_else_of_runs() -> None:
    assert [unit_of(case) for case in ("race", "golden")] == ["per billion samples", "per run"]


@pytest.mark.parametrize("case", ["race", "three", "golden", "slower"])
def test_the_marks_of_both_sides_are_apart(case: str) -> None:
    drawn = drawing(case, "cost-quality")
    drawn.draw_without_rendering()
    lines: list[Any] = [line for axes in drawn.axes for line in axes.lines]
    (x0, y0), (x1, y1) = (
        line.axes.transData.transform((line.get_xdata()[0], line.get_ydata()[0]))
        for line in lines
        if line.get_markersize() == 34
    )
    assert math.dist((x0, y0), (x1, y1)) > 2 * 34


def test_an_axis_that_does_not_begin_at_zero_says_so() -> None:
    said = {case: read_back(case, "cost-quality")["axis.x"] for case in ("race", "golden")}
    assert said["race"].endswith(", an axis that does not begin at zero")
    assert "zero" not in said["golden"]


def test_offers_are_hollow_points_with_their_price() -> None:
    said, claim = read_back("three", "cost-quality"), headline_of("three")
    unit = money.item_unit(claim)
    assert unit is not None

    assert [said[f"cost.offers.{place}.distributed"] for place in range(2)] == [
        text.money(unit.number * offer.distributed, "USD") for offer in claim.cost.offers
    ]
    assert marks(drawing("three", "cost-quality"))["o"].count(to_rgb(LIGHT.ground)) == 2
