import math
from typing import Any

import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from harness import text
from harness.show import figures, money
from harness.show.figures import LIGHT
from harness.show.figures.axes import AREA
from tests.builders import a_report, some_pairs
from tests.show.figures.cases import CASES, drawing, headline_of, marks, read_back, texts


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


def places_of_sides(drawn: Figure) -> list[Any]:
    """Return where the marks of both sides are, in pixels."""
    drawn.draw_without_rendering()
    lines: list[Any] = [line for axes in drawn.axes for line in axes.lines]
    return [
        line.axes.transData.transform((line.get_xdata()[0], line.get_ydata()[0]))
        for line in lines
        if line.get_markersize() == 34
    ]


@pytest.mark.parametrize("case", ["race", "three", "golden", "slower"])
def test_the_marks_of_both_sides_are_apart(case: str) -> None:
    assert math.dist(*places_of_sides(drawing(case, "cost-quality"))) > 2 * 34


def test_an_axis_that_does_not_begin_at_zero_has_its_ticks_where_the_marks_are() -> None:
    drawn, said = drawing("race", "cost-quality"), read_back("race", "cost-quality")
    chart = drawn.axes[-1]
    ticks = [chart.transData.transform((tick, 0))[0] for tick in chart.get_xticks()]

    assert ticks == pytest.approx([x for x, _ in places_of_sides(drawn)])
    assert [label.get_text() for label in chart.get_xticklabels()] == [
        said["cost.baseline"],
        said["cost.distributed"],
    ]


def test_a_small_change_of_cost_is_a_short_way_and_said_beside_its_arrow() -> None:
    slightly = a_report(trials=some_pairs([40.0], [20.02]))
    drawn = figures.render(figures.pictures(slightly)["cost-quality"], LIGHT)
    (x0, _), (x1, _) = places_of_sides(drawn)

    assert "0.1 % more" in [one.get_text() for one in texts(drawn)]
    assert x1 - x0 <= AREA.width / 5


@pytest.mark.parametrize("case", ["race", "three", "golden", "slower", "exact"])
def test_no_label_runs_out_of_the_plot(case: str) -> None:
    page = drawing(case, "cost-quality").axes[0]
    labels = [one for one in page.texts if str(one.get_gid()).startswith(("cost.", "contestant."))]
    beyond = [
        one.get_text()
        for one in labels
        if one.get_gid() != "cost.drop-quality.change"
        and not AREA.left <= one.get_window_extent().x0 < one.get_window_extent().x1 <= AREA.right
    ]

    assert len(labels) > 4
    assert beyond == []


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
