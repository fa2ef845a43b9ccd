import pytest
from rich.cells import cell_len

from harness.model import Kind, Side
from harness.show import phrases
from harness.show.headline_text import headline_text
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


@pytest.mark.parametrize("name", HEADLINES)
def test_the_text_fits_into_eighty_columns(name: str) -> None:
    lines = headline_text(REPORTS[name]).splitlines()

    assert max(map(cell_len, lines)) < 80
    assert all(line.isprintable() for line in lines)


@pytest.mark.parametrize("name", ["golden", "laptop", "six-pairs"])
def test_the_number_and_what_holds_it_up_stay_in_sight_on_a_screen_of_24_rows(name: str) -> None:
    lines = headline_text(REPORTS[name]).splitlines()
    bottleneck = REPORTS[name].results.spec.workload.bottleneck

    assert len(lines) - lines.index(f" {bottleneck}") <= 20


def test_the_text_tells_every_caveat() -> None:
    claim = HEADLINES["laptop"]
    told = " ".join(headline_text(REPORTS["laptop"]).split())

    assert len(claim.caveats) > 3
    assert [
        caveat.key for caveat in claim.caveats if phrases.short_caveat(caveat, 0.003) not in told
    ] == []


def test_the_text_tells_the_limitation_after_the_caveats() -> None:
    lines = headline_text(REPORTS["golden"]).splitlines()
    starts = [
        next(place for place, line in enumerate(lines) if line.startswith(start))
        for start in (" but: ", " limit: ", " say: ")
    ]

    assert starts == sorted(starts)
    assert lines[starts[1]] == " limit: holds while a step outlasts its gradient exchange"


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


def test_a_long_name_of_a_metric_is_cut_and_never_the_change_beside_it() -> None:
    large = 149_999_066.703
    words = some_words(metric="points inside per unit of area", tolerance=0.0)
    trials = (a_trial(quality=large), a_trial(Side.DISTRIBUTED, quality=large))

    told = headline_text(a_report(a_results(spec=a_spec(workload=words), trials=trials)))

    (line,) = [line for line in told.splitlines() if "149,999,066.703" in line and " → " in line]
    assert line.startswith(" points")
    assert line.endswith("… 149,999,066.703 → 149,999,066.703 · Δ +0.000 held, tolerance 0.000")
