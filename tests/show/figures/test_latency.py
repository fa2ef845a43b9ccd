import numpy as np

from harness.show import figures
from harness.show.figures import LIGHT
from tests.builders import a_report
from tests.show.figures.cases import drawing, picture, read_back, texts


def test_the_title_has_both_rates_and_the_budget() -> None:
    assert picture("served", "latency").title == "95.0/s instead of 50.0/s, 99 % within 100 ms"


def test_budget_and_both_sides_are_named_with_their_latency() -> None:
    said = {one.get_text() for one in texts(drawing("served", "latency"))}
    assert said >= {
        "budget 100 ms",
        "baseline: 50.0/s, p99 80.0 ms",
        "2 workers: 95.0/s, p99 80.0 ms",
    }


def test_a_rate_that_was_tried_twice_is_joined_to_the_next_once() -> None:
    sides = LIGHT.baseline, LIGHT.distributed
    lines = (line for axes in drawing("served", "latency").axes for line in axes.lines)
    rates = [np.size(line.get_xdata()) for line in lines if line.get_color() in sides]
    assert [rate for rate in rates if rate > 1] == [2, 2]


def test_every_rate_that_was_offered_is_described() -> None:
    told = picture("served", "latency").description
    assert "71.4/s: p99 80.0 ms of 100 ms, holds; 73.2/s: p99 180 ms of 100 ms, BROKE;" in told
    assert told.count("BROKE") == 4


def test_the_budget_is_a_field_of_the_drawing() -> None:
    assert read_back("served", "latency")["service.budget_s"] == "budget 100 ms"


def test_where_no_requests_came_there_is_no_such_figure() -> None:
    assert figures.missing_reasons(a_report())["latency"] == "no requests came one by one"
