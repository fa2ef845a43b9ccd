from collections.abc import Sequence
from dataclasses import replace

from harness.model import Rate, Results, Variant
from tests.bench.claims import Targets, claims_finding
from tests.bench.table import NONE, Row
from tests.builders import (
    ITEMS,
    a_pass,
    a_report,
    a_results,
    a_spec,
    an_own_rate,
    some_efforts,
    some_pairs,
    some_words,
)
from tests.services import serving

ASKED = Targets(efficiency=0.95, of_possible=0.93)
COPIES = Rate(Variant.COPIES, 2 * ITEMS / 42.0, 42.0, 2, value=2.0, pass_s=42.0)


def rows_of(results: Results, asked: Targets = ASKED) -> dict[str, Row]:
    return {row.what: row for row in claims_finding(a_report(results), asked).rows}


def proved(*rates: Rate) -> Results:
    return a_results(rates=(an_own_rate(), *rates))


def a_race_until_a_result(items: int) -> Results:
    words = some_words(until="an accuracy of 0.97")
    pairs = some_pairs([40.0], [25.0])
    first, second = pairs
    return a_results(
        spec=a_spec(workload=words), trials=(first, replace(second, items=items)), rates=()
    )


def brief(row: Row) -> tuple[str, str, str]:
    return row.value, row.target, row.verdict


def test_a_race_has_its_times_and_efficiency_with_a_verdict() -> None:
    rows = rows_of(a_results())

    assert [(row.what, *brief(row)) for row in list(rows.values())[:7]] == [
        ("headline", "stands", "stands", "met"),
        ("T1, the baseline", "40.0 s", NONE, NONE),
        ("T2, on 2 workers", "22.0 s", NONE, NONE),
        ("efficiency E(2)", "0.909", "≥ 0.950", "missed"),
        ("quality of baseline and distributed, first pair", "accuracy 0.975 and 0.975", NONE, NONE),
        ("largest change of quality in a pair", "+0.000", "within ±0.003", "met"),
        ("answers", "identical", NONE, NONE),
    ]


def test_the_interval_of_six_pairs_is_one_of_the_efficiency() -> None:
    trials = some_pairs([40.0] * 6, [20.0, 22.0, 22.0, 22.0, 22.0, 25.0])
    row = rows_of(a_results(trials=trials))["efficiency E(2)"]

    assert row.observed == (40.0 / 22.0 / 2,)
    assert row.spread == "95 % interval 0.837 to 0.967, 6 pairs"


def test_a_single_pair_is_too_few_for_an_interval() -> None:
    assert rows_of(a_results())["efficiency E(2)"].spread == "1 pair, too few for an interval"


def test_the_efficiency_stands_beside_what_copies_of_the_baseline_reach() -> None:
    rows = rows_of(proved(COPIES))

    assert brief(rows["2 copies of the baseline at once, T1 ÷ their time"]) == ("0.952", NONE, NONE)
    assert brief(rows["efficiency E(2) ÷ that of the copies"]) == ("0.955", "≥ 0.930", "met")


def test_both_parts_of_the_efficiency_are_there_where_the_sides_stop_at_a_result() -> None:
    race = a_race_until_a_result(2 * ITEMS)
    rows = rows_of(race)

    assert rows["statistical efficiency"].observed == (0.5,)
    assert rows["hardware efficiency"].observed == (1.6,)


def test_a_fixed_amount_of_work_has_no_statistical_efficiency() -> None:
    assert "statistical efficiency" not in rows_of(a_results())


def test_a_refused_race_says_why_and_still_has_its_figures() -> None:
    padding = a_pass(Variant.EFFORT, 20.0, 0.975, settings={"steps": 100})
    rows = rows_of(proved(padding))

    assert rows["headline"].verdict == "missed"
    assert rows["headline"].value.startswith("refused: the baseline reaches the same quality")
    assert brief(rows["least work as good ÷ T1"]) == ("0.500", "≥ 0.900", "missed")
    assert rows["least work as good ÷ T1"].spread == "steps 100, the best of 1 faster"
    assert rows["T1, the baseline"].observed == (40.0,)


def test_work_is_needed_where_no_cheaper_setting_is_as_good() -> None:
    rows = rows_of(proved(*some_efforts(some_pairs([40.0], [22.0]))))

    assert brief(rows["least work as good ÷ T1"]) == (
        "none of 3 faster is as good",
        "≥ 0.900",
        "met",
    )


def variants(*passes: tuple[float, float]) -> Sequence[Rate]:
    return [a_pass(Variant.ALTERNATIVE, *one, name=f"{one[0]:.0f} s") for one in passes]


def test_the_fastest_variant_that_is_as_good_is_held_against_the_baseline() -> None:
    row = rows_of(proved(*variants((20.0, 0.9), (30.0, 0.975), (50.0, 0.975))))[
        "fastest variant as good ÷ T1"
    ]

    assert brief(row) == ("0.750", "≥ 0.950", "missed")
    assert row.spread == "30 s, the best of 3"


def test_where_no_variant_was_tried_none_is_judged() -> None:
    row = rows_of(proved())["fastest variant as good ÷ T1"]

    assert brief(row) == ("none was tried", NONE, NONE)


def test_a_race_that_served_requests_has_both_rates_and_latencies() -> None:
    rows = rows_of(serving(a_results()))
    rates = rows["requests a second, baseline and distributed"]
    assert (rates.value, rates.spread) == ("50.0 and 95.0", "70 % of what held")
    p99s = "largest p99 of a trial, baseline and distributed"
    assert brief(rows[p99s]) == ("80.0 ms and 80.0 ms", "≤ 100 ms", "met")
    late = rows_of(serving(a_results(), p99_s=0.101))
    assert late[p99s].verdict == "missed"
    assert p99s not in rows_of(a_results())


def test_a_race_without_a_pair_has_its_refusal_alone() -> None:
    assert list(rows_of(a_results(trials=(), rates=()))) == ["headline"]
