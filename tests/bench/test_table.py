import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import text
from tests.bench.table import (
    Finding,
    Measurement,
    Row,
    at_least,
    at_most,
    between,
    block,
    failed,
    finding_text,
    largest_share,
    machine,
    noise_warning,
    ratios,
    replace_block,
    row,
    table,
    table_of_columns,
    unmeasured,
)
from tests.builders import a_host

seconds = st.floats(0.001, 1e6)

BEGIN, END = "<!-- bench -->", "<!-- /bench -->"


def a_block(*findings: Finding, remarks: tuple[str, ...] = (), day: str = "2026-11-22") -> str:
    measured = [
        Measurement(
            name="made", day=day, host=a_host(), seconds=1.0, remarks=remarks, finding=finding
        )
        for finding in findings
    ]
    return block(measured, table(findings), "bench")


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.92, "met"), (0.95, "met"), (0.919, "missed"), (float("nan"), "missed")],
)
def test_an_aim_from_below_is_met_from_its_limit_up(value: float, verdict: str) -> None:
    assert row("E", [value], at_least(0.92)).verdict == verdict


@pytest.mark.parametrize(
    ("value", "verdict"), [(1.03, "met"), (0.5, "met"), (1.031, "missed"), (float("nan"), "missed")]
)
def test_an_aim_from_above_is_met_up_to_its_limit(value: float, verdict: str) -> None:
    assert row("ratio", [value], at_most(1.03)).verdict == verdict


def test_a_row_is_judged_by_its_median_and_tells_how_far_apart_the_values_lie() -> None:
    assert row("ratio", [1.0, 1.01, 1.2], at_most(1.03)) == Row(
        "ratio",
        "1.01",
        spread="1.00 to 1.20, n = 3",
        target="≤ 1.03",
        verdict="met",
        observed=(1.0, 1.01, 1.2),
    )


def test_a_row_words_value_spread_and_target_alike() -> None:
    assert row("CPU", [0.01, 0.02], at_most(0.03), text.percent) == Row(
        "CPU",
        "1.5 %",
        spread="1.0 % to 2.0 %, n = 2",
        target="≤ 3.0 %",
        verdict="met",
        observed=(0.01, 0.02),
    )


def test_a_note_stands_beside_the_spread() -> None:
    assert (
        row("speed", [0.9, 1.0], note="9 of 10 GFLOP/s").spread
        == "0.900 to 1.00, n = 2; 9 of 10 GFLOP/s"
    )


def test_a_row_without_an_aim_has_no_verdict() -> None:
    assert row("cold start", [3.2], as_text=text.seconds) == Row(
        "cold start", "3.20 s", spread="", target="—", verdict="—", observed=(3.2,)
    )


def test_what_cannot_be_measured_here_is_neither_met_nor_missed() -> None:
    assert unmeasured("PyTorch", "PyTorch not installed").verdict == "—"


def test_a_measurement_that_failed_says_so_and_has_no_verdict() -> None:
    finding = failed("rivals", "RuntimeError")

    assert finding.failed
    assert finding.rows == (
        Row("rivals", "not measured: RuntimeError", spread="", target="—", verdict="—"),
    )


def test_values_are_divided_by_their_neighbours_in_time() -> None:
    assert ratios([2.0, 9.0], [1.0, 3.0]) == (2.0, 3.0)


def test_values_that_do_not_come_in_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        ratios([1.0, 2.0], [1.0])


@given(st.lists(seconds, min_size=2, max_size=20), st.floats(0.1, 10))
def test_a_machine_that_slows_down_between_pairs_leaves_their_ratios_alone(
    walls: list[float], factor: float
) -> None:
    assert ratios([wall * factor for wall in walls], walls) == pytest.approx([factor] * len(walls))


def test_what_stands_between_two_values_is_their_mean() -> None:
    assert between([1.0, 3.0, 4.0]) == (2.0, 3.5)


@given(st.floats(0.1, 10), st.floats(0, 1), st.integers(2, 20))
def test_a_steady_drift_cancels_against_both_neighbours(
    start: float, drift: float, steps: int
) -> None:
    around = [start + drift * 2 * step for step in range(steps + 1)]
    middles = [start + drift * (2 * step + 1) for step in range(steps)]

    assert ratios(between(around), middles) == pytest.approx([1.0] * steps)


def test_the_largest_share_is_taken_of_those_that_are_known() -> None:
    assert largest_share([None, 0.02, 0.3, None]) == 0.3


def test_no_share_is_the_largest_where_none_is_known() -> None:
    assert largest_share([None]) is None


@pytest.mark.parametrize("foreign", [None, 0.0, 0.05])
def test_a_quiet_machine_gets_no_warning(foreign: float | None) -> None:
    assert noise_warning(foreign) == ""


def test_a_noisy_machine_gets_a_warning_with_the_share_that_others_used() -> None:
    assert noise_warning(0.12) == "the machine was not quiet: others used up to 12 % of its cores"


def test_a_finding_is_printed_with_its_verdicts_and_its_warning() -> None:
    finding = Finding((row("ratio", [1.0, 1.2], at_most(1.03)), Row("S", "1.84×")), foreign=0.5)

    assert finding_text(finding).splitlines() == [
        "  ratio · 1.10 · 1.00 to 1.20, n = 2 · missed (target ≤ 1.03)",
        "  S · 1.84×",
        "  the machine was not quiet: others used up to 50 % of its cores",
    ]


def test_the_table_holds_the_rows_of_all_findings_in_order() -> None:
    findings = [
        Finding((row("E(2)", [0.93], at_least(0.92)), Row("S(2)", "1.86×"))),
        failed("rivals", "RuntimeError"),
    ]

    assert table(findings).splitlines() == [
        "| measured | found | spread | target | verdict |",
        "| --- | --- | --- | --- | --- |",
        "| E(2) | 0.930 |  | ≥ 0.920 | met |",
        "| S(2) | 1.86× |  | — | — |",
        "| rivals | not measured: RuntimeError |  | — | — |",
    ]


def test_the_machine_is_described_by_what_the_numbers_depend_on() -> None:
    assert machine(a_host()) == (
        "A CPU @ 2.10GHz, 16 cores, 17.2 GB, Linux 6.1, "
        "Python 3.11.7, Ray 2.60.0, NumPy 2.2.0, BLAS openblas 0.3.28"
    )


def test_like_rows_stand_side_by_side_in_columns() -> None:
    columns = {
        "one": [row("E", [0.9, 1.0], at_least(0.9)), Row("answers", "identical")],
        "two": [Row("answers", "different")],
    }

    assert table_of_columns(columns).splitlines() == [
        "| measured | one | two |",
        "| --- | --- | --- |",
        "| E | 0.950 (0.900 to 1.00, n = 2); ≥ 0.900 met | — |",
        "| answers | identical | different |",
    ]


def test_rows_of_one_kind_share_a_cell_by_what_they_are_held_against() -> None:
    rows = [row("÷", [1.0], at_most(1.03), than="one"), row("÷", [1.1], at_most(1.03), than="two")]

    assert table_of_columns({"made": rows}).splitlines()[2:] == [
        "| ÷ … | one 1.00; ≤ 1.03 met; two 1.10; ≤ 1.03 missed |"
    ]


def test_a_block_stands_between_the_markers_with_its_remarks_below_the_table() -> None:
    whole = a_block(Finding((Row("S(2)", "1.86×"),), foreign=0.2), remarks=("a remark",))
    first, about, _, below, last = whole.strip().split("\n\n")

    assert (first, last) == (BEGIN, END)
    assert about.startswith("Measured on 2026-11-22, on A CPU")
    assert below == "The machine was not quiet: others used up to 20 % of its cores. A remark."


def test_a_block_names_every_day_and_every_machine_once() -> None:
    first, second = (
        Measurement(
            name="made", day=day, host=a_host(cores=cores), seconds=1.0, remarks=(), finding=found
        )
        for day, cores, found in [("2026-11-23", 2, Finding(())), ("2026-11-22", 2, Finding(()))]
    )
    elsewhere = msgspec.structs.replace(first, host=a_host(cores=4))
    about = block([first, second, elsewhere], "", "bench").split("\n\n")[1]

    assert about.count("Measured on") == 2
    assert about.startswith("Measured on 2026-11-22 and 2026-11-23, on A CPU @ 2.10GHz, 2 cores")
    assert "Measured on 2026-11-23, on A CPU @ 2.10GHz, 4 cores" in about


def test_a_block_without_remarks_ends_with_its_table() -> None:
    whole = a_block(Finding((Row("S(2)", "1.86×"),)))

    assert whole.endswith(f"| S(2) | 1.86× |  | — | — |\n\n{END}\n")


def test_a_page_gets_the_block_in_place_of_the_one_it_has() -> None:
    page = f"before\n\n{BEGIN}\nold\n{END}\n\nafter\n"

    assert (
        replace_block(page, f"{BEGIN}\nnew\n{END}\n", "bench")
        == f"before\n\n{BEGIN}\nnew\n{END}\n\nafter\n"
    )


def test_replacing_twice_changes_nothing_more() -> None:
    whole = a_block(Finding((Row("S(2)", "1.86×"),)))
    once = replace_block(f"# Title\n\n{BEGIN}\n{END}\n\nafter\n", whole, "bench")

    assert replace_block(once, whole, "bench") == once


@pytest.mark.parametrize(
    "page",
    [
        "",
        BEGIN,
        END,
        f"{END}{BEGIN}",
        f"{BEGIN}{BEGIN}{END}",
        f"{BEGIN}{END}{END}",
        f"{BEGIN}{END}{BEGIN}",
    ],
)
def test_a_page_without_one_place_for_the_block_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="it needs one line"):
        replace_block(page, "new", "bench")
