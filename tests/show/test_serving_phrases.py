import pytest

from harness.claims.serving import service_gain
from harness.serving import ServedLoad
from harness.show import serving_phrases as phrases
from tests.builders import a_results
from tests.services import a_load, a_rate_search, serving

GAIN = service_gain(serving(a_results()))
HOLDS, UNSURE, BROKE = a_load(50.0), a_load(55.0, late=5), a_load(60.5, late=20)


def test_one_line_has_both_rates_the_budget_and_both_latencies() -> None:
    assert GAIN is not None
    assert phrases.in_one_line(GAIN) == (
        f"serves 50.0/s on 1 machine, 95.0/s on {GAIN.workers}, 99 % within 100 ms"
        " (p99 80.0 ms and 80.0 ms)"
    )
    assert phrases.in_one_line(GAIN).startswith(phrases.in_short(GAIN))


def test_where_no_requests_came_nothing_is_said() -> None:
    assert service_gain(a_results()) is None
    assert (phrases.in_one_line(None), phrases.in_short(None), phrases.rates_found(None)) == (
        "",
        "",
        "",
    )
    assert phrases.ramp(()) == ()


@pytest.mark.parametrize(
    ("load", "verdict"), [(HOLDS, "holds"), (UNSURE, "not sure"), (BROKE, "BROKE")]
)
def test_a_rate_is_told_with_its_latency_and_what_that_means(
    load: ServedLoad, verdict: str
) -> None:
    assert phrases.offered(load).endswith(f" of 100 ms, {verdict}")


def test_the_bar_of_a_ramp_is_full_at_the_budget() -> None:
    assert phrases.ramp((HOLDS,))[0] == "offered 50.0/s ████████░░ p99 80.0 ms of 100 ms"
    assert phrases.ramp((BROKE,))[0] == "offered 60.5/s ██████████▶ p99 180 ms of 100 ms"


def test_a_ramp_says_at_which_rate_it_broke_whatever_came_later() -> None:
    assert phrases.ramp((HOLDS, BROKE, BROKE, UNSURE))[0] == (
        "offered 55.0/s ████████░░ p99 80.0 ms of 100 ms · BROKE at 60.5/s"
    )
    assert phrases.ramp((HOLDS, BROKE, BROKE))[-1] == "BROKE at 60.5/s"


def test_a_rate_that_broke_once_is_not_said_to_have_broken_while_it_is_tried_again() -> None:
    assert not any("BROKE" in line for line in phrases.ramp((HOLDS, BROKE)))
    assert not any("BROKE" in line for line in phrases.ramp((BROKE, a_load(60.5))))


def test_once_they_are_found_the_rates_of_the_trials_that_held_and_that_broke_are_told() -> None:
    assert phrases.rates_found(a_rate_search()) == "runs at 50.0/s; 71.4/s held, 73.2/s BROKE"
