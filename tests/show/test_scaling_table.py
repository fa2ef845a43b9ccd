from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from harness.claims.headline import Headline
from harness.model import Kind, Offer, Results, Status
from harness.show.scaling_table import scaling_table
from harness.show.tables import COLUMNS, PREDICTED, RowKind, Table, format_table
from tests.builders import (
    a_host,
    a_report,
    a_sweep,
    golden_results,
    some_prices,
    some_words,
)
from tests.goldens import golden_text

SIX = {
    1: (41.0, 42.0, 41.5, 41.0, 42.0, 41.0),
    2: (21.0, 22.0, 21.5, 21.0, 22.0, 23.0),
    4: (11.2, 11.3, 11.4, 11.5, 11.3, 12.0),
}


def a_table(results: Results) -> Table:
    """Return the scaling table of results that must have one."""
    table = scaling_table(a_report(results))
    assert table is not None
    return table


def claimed(results: Results) -> Headline:
    claim = a_report(results).claim
    assert isinstance(claim, Headline), claim
    return claim


def respecified(results: Results, **changes: Any) -> Results:
    return replace(results, spec=replace(results.spec, **changes))


def moved(results: Results) -> Results:
    """Return the results with the quality of every trial on four workers lost."""
    return replace(
        results,
        trials=tuple(
            replace(one, quality=0.96) if one.workers == 4 else one for one in results.trials
        ),
    )


OFFERED = respecified(
    a_sweep(), prices=some_prices(head_per_hour=0.1, offers=(Offer("spot", 0.34, 0.11, 0.1),))
)


@pytest.mark.parametrize(
    ("name", "results"),
    [
        ("one-round", a_sweep()),
        ("six-rounds", a_sweep(SIX, [40.0, 41.0, 40.5, 40.0, 40.0, 40.0])),
        ("three-rounds", a_sweep({p: walls[:3] for p, walls in SIX.items()})),
        ("not-clean", moved(a_sweep(SIX))),
        ("oversubscribed", respecified(a_sweep(hosts=(a_host(cores=2),)), workers=2)),
        ("slowdown", a_sweep({1: (60.0,), 2: (50.0,)})),
        ("simulated", a_sweep(kind=Kind.SIMULATED, status=Status.ABORTED)),
        ("declared", golden_results()),
        ("combined", a_sweep(run_id="7c21-8d32", combined=("7c21", "8d32"))),
    ],
)
def test_the_scaling_table_looks_as_it_was_approved(name: str, results: Results) -> None:
    drawn = format_table(a_table(results))
    assert drawn == golden_text(f"table-{name}", drawn)


def test_rows_stand_in_order_baseline_measured_predicted() -> None:
    standings = [row.kind for row in a_table(a_sweep()).rows]
    assert standings == [RowKind.BASELINE] + [RowKind.MEASURED] * 3 + [RowKind.PREDICTED] * 4


def test_every_row_has_a_cell_for_every_column() -> None:
    table = a_table(a_sweep(SIX))
    assert {len(row.cells) for row in table.rows} == {len(table.columns)}


def test_a_prediction_differs_from_a_measurement_without_colour() -> None:
    for row in a_table(a_sweep()).rows:
        marked = [cell.startswith("≈") for cell in row.cells[1:] if cell != "—"]
        assert all(marked) if row.kind is RowKind.PREDICTED else not any(marked)


def test_predictions_stand_under_words_that_call_them_that() -> None:
    lines = format_table(a_table(a_sweep())).splitlines()
    (place,) = (number for number, line in enumerate(lines) if PREDICTED in line)
    assert "4 workers" in lines[place - 1]
    assert "8 workers" in lines[place + 1]


def test_without_predictions_nothing_is_called_one() -> None:
    assert PREDICTED not in format_table(a_table(respecified(a_sweep(), baseline_cores=2)))


def test_a_scale_whose_quality_moved_is_flagged() -> None:
    flagged = {row.cells[0]: row.flags for row in a_table(moved(a_sweep())).rows if row.flags}
    assert flagged == {"4 workers": ("not a clean win: quality moved",)}


def test_a_quality_that_got_better_beyond_the_tolerance_is_flagged_too() -> None:
    better = tuple(
        replace(one, quality=0.99) if one.workers == 2 else one for one in a_sweep().trials
    )
    assert [row.flags for row in a_table(a_sweep(trials=better)).rows[:4]] == [
        (),
        (),
        ("not a clean win: quality moved",),
        (),
    ]


def test_an_oversubscribed_scale_is_flagged() -> None:
    flagged = {
        row.cells[0]: row.flags
        for row in a_table(a_sweep(hosts=(a_host(cores=2),))).rows
        if row.flags
    }
    assert flagged == {"4 workers": ("oversubscribed: more threads than cores",)}


def test_one_round_has_no_spread() -> None:
    assert a_table(a_sweep()).columns == ("", "time", "S(p)", "E(p)", "f", "Δq", "cost/1k runs")


@pytest.mark.parametrize(("pairs", "heading"), [(3, "of pairs"), (6, "95 % interval")])
def test_more_rounds_have_the_spread_that_they_can_have(pairs: int, heading: str) -> None:
    assert heading in a_table(a_sweep({p: walls[:pairs] for p, walls in SIX.items()})).columns


def test_declared_rounds_have_the_spread_of_any_runs_and_no_interval() -> None:
    table = a_table(a_sweep(SIX, kind=Kind.DECLARED))
    assert "of any runs" in table.columns
    assert "median of 6 observations" in table.title


def test_costs_of_all_rows_have_as_many_decimals() -> None:
    costs = [row.cells[-1] for row in a_table(a_sweep()).rows]
    assert len({len(cost.partition(".")[2]) for cost in costs}) == 1


def notes(results: Results) -> str:
    return "\n".join(a_table(results).notes)


def test_the_next_step_is_told_with_its_money_and_its_worth() -> None:
    saved = "doubling to 8 workers would save 4.60 s a run for $0.000790 more, predicted"
    said = f"{saved}: worth it if finishing an hour earlier is worth $0.62 or more"
    assert said in notes(a_sweep())


def test_a_measured_next_step_is_told_as_that() -> None:
    assert "doubling to 4 workers saves 9.90 s a run for $0.000264 more, measured" in notes(
        respecified(a_sweep(), workers=2)
    )


def test_a_next_step_that_costs_time_is_told_as_that() -> None:
    slower = respecified(a_sweep({1: (41.0,), 2: (21.2,), 4: (30.0,)}), workers=2)
    assert "doubling to 4 workers loses 8.80 s a run for $0.00733 more, measured" in notes(slower)


def test_a_step_that_is_no_doubling_is_not_called_one() -> None:
    assert "going on to 4 workers would save" in notes(a_sweep({1: (41.0,), 3: (14.9,)}))


@pytest.mark.parametrize(
    ("results", "said"),
    [
        (
            a_sweep(),
            "fitted to 2 scales beyond one worker, which it misses by 1.4 % at most:"
            " serial share 4.8 %, so at most 20.6×",
        ),
        (
            a_sweep({4: (11.3,)}),
            "Amdahl's law implied by one scale, which cannot test it:"
            " serial share 4.3 %, so at most 23.1×",
        ),
        (a_sweep({1: (40.0,), 2: (20.0,), 4: (10.0,)}), "serial share 0 %, so no ceiling"),
        (
            a_sweep({1: (40.0,), 2: (20.0,), 4: (10.0,)}),
            "efficiency stays at 70 % or more on any number of workers",
        ),
        (
            a_sweep({1: (40.0,), 2: (20.0,), 4: (10.0,), 8: (16.0,)}),
            "the scales do not follow Amdahl's law, which misses one of them by",
        ),
        (
            a_sweep({1: (40.0,), 2: (18.0,), 4: (8.5,)}),
            "share follows from these scales, so nothing is predicted",
        ),
        (
            a_sweep({2: (19.0,)}),
            "no serial share follows from these scales, so nothing is predicted",
        ),
        (a_sweep(), "by this law efficiency stays at 70 % or more up to 9 workers"),
        (a_sweep(), "COST is 2 workers: the fewest measured that beat the baseline"),
        (
            a_sweep({1: (60.0,)}),
            "COST is unbounded: no measured number of workers beats the baseline",
        ),
        (a_sweep(), "framework tax: one worker takes 1.03× the baseline's time"),
        (
            respecified(a_sweep(), prices=some_prices(illustrative=True)),
            "made-up prices in USD, a price list, 2026-01-01",
        ),
        (a_sweep(combined=("7c21", "8d32")), "combined from 2 sessions: 7c21, 8d32"),
        (a_sweep(status=Status.ABORTED), "NO HEADLINE: the session was stopped before its end"),
        (a_sweep(kind=Kind.SIMULATED), "NO HEADLINE: this was a simulated run"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_under_the_table_it_is_said_what_follows_from_it(results: Results, said: str) -> None:
    assert said in notes(results)


@pytest.mark.parametrize(
    ("kind", "said"),
    [(Kind.SIMULATED, "SIMULATED · "), (Kind.DECLARED, "DECLARED, NOT MEASURED HERE · ")],
)
def test_a_table_of_what_was_not_measured_says_so_first(kind: Kind, said: str) -> None:
    assert a_table(a_sweep(kind=kind)).title.startswith(said)


@settings(max_examples=30)
@given(
    st.dictionaries(
        st.integers(1, 40),
        st.lists(st.floats(1e-3, 1e6), min_size=2, max_size=2),
        min_size=1,
        max_size=5,
    ),
    st.text(max_size=60),
    st.sampled_from(["USD", "JPY", "a currency of a far country"]),
)
def test_no_line_is_wider_than_a_terminal_of_eighty_columns(
    walls: dict[int, list[float]], name: str, currency: str
) -> None:
    results = respecified(
        a_sweep(walls, [4e4, 5e4]),
        workload=some_words(name=name, metric=name),
        prices=some_prices(currency=currency, source=name),
    )
    assert (
        max(cell_len(line) for line in format_table(a_table(results)).splitlines()) <= COLUMNS + 1
    )


def test_words_of_the_results_file_are_made_safe() -> None:
    results = respecified(
        a_sweep(), workload=some_words(name="tr\x1b[2Jain", metric="acc\x07uracy")
    )
    assert "\x1b" not in format_table(a_table(results))
    assert "train: speedup" in format_table(a_table(results))
