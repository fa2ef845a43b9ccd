import pytest
from rich.cells import cell_len

from demo.terminal import rendered
from harness.model import Kind, Side, Status
from harness.show import phrases
from harness.show.headline_text import headline_frame, headline_text
from harness.show.terminal.big_digits import NUMBER_FACES, draw_digits
from harness.show.terminal.lines import BASELINE_PAINT, DISTRIBUTED_PAINT, SHADED
from tests.builders import (
    a_report,
    a_results,
    a_spec,
    a_trial,
    some_words,
)
from tests.goldens import golden_text
from tests.headlines import HEADLINES, REPORTS


@pytest.mark.parametrize("name", ["golden", "laptop", "six-pairs"])
def test_the_headline_reads_as_it_did(name: str) -> None:
    told = headline_text(REPORTS[name])

    assert told == golden_text(f"headline-{name}", told)


@pytest.mark.parametrize("columns", [60, 80, 100, 120, 200])
@pytest.mark.parametrize("name", HEADLINES)
def test_the_text_fits_into_any_terminal(name: str, columns: int) -> None:
    lines = headline_text(REPORTS[name], columns).splitlines()

    assert max(map(cell_len, lines)) < columns
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("name", ["golden", "laptop", "six-pairs"])
def test_all_of_it_stays_in_sight_on_a_screen_of_24_rows(name: str) -> None:
    assert len(headline_text(REPORTS[name]).splitlines()) <= 22


@pytest.mark.parametrize(("columns", "rows"), [(80, 5), (100, 8), (120, 12), (200, 24)])
def test_the_speedup_is_in_digits_as_large_as_there_is_room_for(columns: int, rows: int) -> None:
    face = next(face for face in NUMBER_FACES if face.rows == rows)
    said = headline_text(REPORTS["laptop"], columns)

    assert all(row.rstrip() in said for row in draw_digits("1.82×", face, columns))


@pytest.mark.parametrize("columns", [80, 100, 120, 200])
def test_both_bars_fill_the_width_to_one_scale_in_their_sides_colours(columns: int) -> None:
    lines = headline_frame(REPORTS["laptop"], columns).lines
    (baseline,), (distributed,) = (
        {len(piece.text) for line in lines for piece in line if piece.style == paint}
        for paint in (BASELINE_PAINT, DISTRIBUTED_PAINT + SHADED)
    )

    assert baseline == columns - 23
    assert distributed / baseline == pytest.approx(22 / 40, abs=0.02)


def test_without_colours_the_lower_bar_is_shaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    lines = rendered(headline_frame(REPORTS["laptop"], 100), 100).splitlines()
    (shaded,) = [line for line in lines if "▒" in line]
    assert "distributed" in shaded


def test_the_gap_is_bracketed_beside_the_shorter_bar() -> None:
    shorter = {"laptop": "distributed", "slower": "baseline"}
    for name, side in shorter.items():
        (line,) = [line for line in headline_text(REPORTS[name]).splitlines() if "├" in line]
        assert line.startswith(f" {side}")
        assert f" gap {phrases.times(HEADLINES[name])[2]} " in line
        assert line.endswith("┤")


def test_the_text_tells_every_caveat_as_a_tag_the_doubts_in_capitals() -> None:
    told = " ".join(headline_text(REPORTS["slower"]).split())

    assert "but: NO FASTER · one run · cores as machines · in turn" in told


def test_the_claim_comes_first_and_the_audit_last() -> None:
    lines = headline_text(REPORTS["golden"]).splitlines()
    order = ("nightly", "baseline", "S 7.04×", "say: ", "limit: ", "but: ", "audit: ")
    starts = [
        next(place for place, line in enumerate(lines) if line.startswith(f" {start}"))
        for start in order
    ]

    assert starts == sorted(starts)
    assert lines[starts[4]] == " limit: holds while a step outlasts its gradient exchange"


def test_a_wide_terminal_has_a_line_for_each_fact() -> None:
    lines = headline_text(REPORTS["laptop"], 120).splitlines()

    assert " both answers are equal to the last bit" in lines
    assert not any("equal to the last bit ·" in line for line in lines)


def test_a_wide_terminal_says_first_that_a_simulated_headline_is_none() -> None:
    told = headline_text(a_report(kind=Kind.SIMULATED), 120)
    assert told.startswith("  SIMULATED: NOT A HEADLINE\n")


def test_a_simulated_session_shows_all_of_it_under_that_word_and_no_headline() -> None:
    told = headline_text(a_report(kind=Kind.SIMULATED))
    place = told.index("NO HEADLINE")

    assert " SIMULATED " in told[:place]
    assert "S 1.82×" in told[:place]
    assert "but: SIMULATED · " in told[:place]
    assert "this was a simulated run" in told[place:]


def test_other_refusals_show_no_number() -> None:
    told = headline_text(a_report(status=Status.ABORTED))

    assert told.startswith(" NO HEADLINE\n")
    assert "×" not in told


def test_a_workload_without_a_limitation_has_no_line_for_it() -> None:
    assert " limit: " not in headline_text(
        a_report(a_results(spec=a_spec(workload=some_words(limitation=""))))
    )


def test_a_refusal_tells_every_reason_and_its_numbers() -> None:
    told = headline_text(
        a_report(
            a_results(
                kind=Kind.SIMULATED, trials=(a_trial(), a_trial(Side.DISTRIBUTED, quality=0.941))
            )
        )
    )

    assert told == golden_text("refusal", told)


def test_the_text_tells_how_the_input_was_read() -> None:
    results = a_results(reading="300 users, columns user_id and book_id")

    lines = headline_text(a_report(results)).splitlines()
    assert " input: 300 users, columns user_id and book_id" in lines


def test_a_long_name_of_a_metric_leaves_its_values_whole() -> None:
    large = 149_999_066.703
    words = some_words(metric="points inside per unit of area", tolerance=0.0)
    trials = (a_trial(quality=large), a_trial(Side.DISTRIBUTED, quality=large))

    told = headline_text(a_report(a_results(spec=a_spec(workload=words), trials=trials)))

    assert "149,999,066.703 → 149,999,066.703, tolerance 0.000" in " ".join(told.split())
