from dataclasses import replace
from typing import Any

import pytest

from harness.claims.headline import Headline
from harness.model import Offer, Rate, Results, Side, Variant
from harness.show.appendix import core_seconds, costs, needed_work, quality_changes, rates
from harness.show.tables import Table, format_table
from tests.builders import (
    a_digest_of,
    a_pass,
    a_report,
    a_results,
    a_sweep,
    an_own_rate,
    golden_results,
    some_prices,
)
from tests.goldens import golden_text


def claimed(results: Results) -> Headline:
    claim = a_report(results).claim
    assert isinstance(claim, Headline), claim
    return claim


def respecified(results: Results, **changes: Any) -> Results:
    return replace(results, spec=replace(results.spec, **changes))


OFFERED = respecified(
    a_sweep(), prices=some_prices(head_per_hour=0.1, offers=(Offer("spot", 0.34, 0.11, 0.1),))
)


UNLIKE = respecified(
    a_sweep(
        trials=tuple(
            replace(trial, answer_sha256=a_digest_of("other"), quality=trial.quality - 0.001)
            if trial.workers == 4
            else trial
            for trial in a_sweep().trials
        )
    )
)


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("bills", costs(claimed(OFFERED))),
        ("quality", quality_changes(a_report(UNLIKE))),
        ("rates", rates(a_report(a_sweep()))),
        ("core-seconds", core_seconds(a_report(a_sweep()))),
    ],
)
def test_the_tables_of_the_appendix_look_as_they_were_approved(name: str, table: Table) -> None:
    drawn = format_table(table)
    assert drawn == golden_text(f"table-{name}", drawn)


def test_a_scale_without_scores_has_no_interval_and_its_quality_is_not_shown_to_hold() -> None:
    bare = tuple(replace(trial, score_differences=None) for trial in UNLIKE.trials)
    table = quality_changes(a_report(replace(UNLIKE, trials=bare)))
    assert table is not None
    assert [row.cells for row in table.rows] == [
        ("1 worker", "—", "+0.000", "equal to the last bit", "yes"),
        ("2 workers", "—", "+0.000", "equal to the last bit", "yes"),
        ("4 workers", "—", "−0.001", "—", "not shown"),
    ]


def test_where_nothing_is_known_of_answers_and_items_there_is_no_table_of_quality() -> None:
    assert quality_changes(a_report(golden_results())) is None


def test_every_offer_has_a_row_of_its_own() -> None:
    assert [row.cells for row in costs(claimed(OFFERED)).rows] == [
        ("at these prices", "$0.00378", "$0.00458", "21 % more"),
        ("spot", "$0.00378", "$0.00170", "55 % less"),
    ]


def test_the_parts_of_the_change_of_the_cost_are_told() -> None:
    said = (
        "a run costs 21 % more: scaling out made it 13 % dearer;"
        " prices and the head node made it 8.3 % dearer"
    )
    assert said in costs(claimed(OFFERED)).notes


def test_the_price_below_which_a_worker_saves_is_told() -> None:
    said = (
        "scaling out saves money where a worker costs less than 81 % of the baseline's machine;"
        " it costs 100 %"
    )
    assert said in costs(claimed(OFFERED)).notes


def test_a_head_node_dearer_than_the_gain_leaves_no_price_that_saves() -> None:
    dear = respecified(a_sweep(), prices=some_prices(head_per_hour=2.0))
    assert any(note.startswith("no worker, however cheap") for note in costs(claimed(dear)).notes)


def test_the_value_that_the_baseline_runs_with_is_marked() -> None:
    table = rates(a_report(a_sweep()))
    assert table is not None
    assert {row.cells[0]: row.flags for row in table.rows if row.flags} == {
        "batch 512": ("the value it runs with",)
    }


def test_a_false_speedup_is_called_that() -> None:
    table = rates(a_report(a_sweep()))
    assert table is not None
    (fake,) = (note for note in table.notes if "42.5×" in note)
    assert fake.startswith("FAKE SPEEDUP")


def test_a_baseline_whose_rate_drifted_is_told() -> None:
    again = replace(a_sweep().rates[0], items_per_s=550.0)
    table = rates(a_report(a_sweep(rates=(*a_sweep().rates, again))))
    assert table is not None
    assert any("drifted by 10 %" in note for note in table.notes)


def test_a_baseline_that_was_not_timed_has_no_table_of_rates() -> None:
    assert rates(a_report(a_results(rates=()))) is None


def test_less_work_and_other_ways_stand_beside_the_baseline_with_their_quality() -> None:
    table = needed_work(a_report(a_sweep()))
    assert table is not None
    assert table.columns == ("", "time", "of T1", "accuracy", "as good")
    assert [row.cells for row in table.rows] == [
        ("as it runs", "40.0 s", "100 %", "0.975", "—"),
        ("steps 50", "10.0 s", "25 %", "0.941", "no"),
        ("steps 100", "20.0 s", "50 %", "0.962", "no"),
        ("steps 150", "30.0 s", "75 %", "0.969", "no"),
        ("int8", "36.0 s", "90 %", "0.951", "no"),
    ]
    assert table.notes[:2] == (
        "the work is needed: none of 3 cheaper settings is as good, within the tolerance",
        "no variant on the same cores is faster and as good",
    )


def test_work_that_is_not_needed_and_a_faster_way_are_told_by_how_much() -> None:
    padded = a_pass(Variant.EFFORT, 35.0, 0.975, settings={"steps": 180, "mode": "b"})
    faster = a_pass(Variant.ALTERNATIVE, 38.0, 0.975, name="fused")
    table = needed_work(a_report(a_sweep(rates=(an_own_rate(), padded, faster))))
    assert table is not None
    assert [row.cells[-1] for row in table.rows] == ["—", "yes", "yes"]
    assert table.notes[:2] == (
        "steps 180, mode b is as good: the work done is 1.14× the work needed",
        "the baseline is 5.0 % behind the fastest variant that is as good",
    )


@pytest.mark.parametrize("rates", [(), (an_own_rate(),)], ids=["not proved", "none declared"])
def test_without_whole_passes_there_is_no_table_of_them(rates: tuple[Rate, ...]) -> None:
    assert needed_work(a_report(a_sweep(rates=rates))) is None


def test_what_copies_leave_possible_is_told() -> None:
    table = rates(a_report(a_sweep()))
    assert table is not None
    assert (
        "4 copies of the baseline at once, which exchange nothing, take 41.7 s,"
        " so this host allows an efficiency of at most 96 %"
    ) in table.notes


def test_copies_that_the_workers_did_better_than_are_told_to_be_no_limit() -> None:
    slow = Rate(Variant.COPIES, 1.0, 50.0, 4, value=4.0, pass_s=50.0)
    table = rates(a_report(a_sweep(rates=(an_own_rate(), slow))))
    assert table is not None
    assert (
        "4 copies of the baseline at once, which exchange nothing, take 50.0 s, which allows an"
        " efficiency of at most 80 %; the workers did better, so the host was slower then"
    ) in table.notes


def test_shares_of_the_core_time_are_told_for_every_scale() -> None:
    table = core_seconds(a_report(a_sweep()))
    assert table is not None
    assert table.rows[-1].cells == (
        "4 workers",
        "45.2 s",
        "88 %",
        "3.5 %",
        "3.6 %",
        "2.2 %",
        "1.8 %",
        "1.3 %",
    )


def test_where_most_of_the_core_time_went_is_told() -> None:
    table = core_seconds(a_report(a_sweep()))
    assert table is not None
    assert (
        table.notes[0] == "4 workers took 45.2 s of core time, the baseline 40.0 s;"
        " the largest part that was no useful work is communication, 1.61 s"
    )


@pytest.mark.parametrize("side", list(Side))
def test_where_a_side_does_not_say_there_is_no_table_of_core_seconds(side: Side) -> None:
    silent = tuple(
        replace(trial, core_seconds=None) if trial.side is side else trial
        for trial in a_sweep().trials
    )
    assert core_seconds(a_report(a_sweep(trials=silent))) is None
