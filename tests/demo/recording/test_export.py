"""What a page says of a take: its headline and pictures, or what it is instead."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from demo.recording.export import export, page_of
from harness.cast.format import CAST
from harness.files.results import RESULTS_NAME, load, save
from harness.report import Report
from harness.show import figures, phrases
from harness.takes.recordings import recording
from tests.cast.pages import Document
from tests.casts import write_take
from tests.terminals import ROOT

SHOWCASE = ROOT / "recordings" / "showcase"


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """Return a copy of the showcase."""
    shutil.copytree(SHOWCASE, tmp_path / "take")
    return tmp_path / "take"


def exported(take: Path) -> bytes:
    into = take.parent / "own.html"
    export(recording(take), into)
    return into.read_bytes()


def texts(page: Document, kind: str) -> list[str]:
    """Return the texts of a class, its no-break spaces as spaces."""
    return [
        text.replace("\N{NO-BREAK SPACE}", " ")
        for (_, found), text in zip(page.elements, page.texts, strict=True)
        if found.get("class") == kind
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return the page of the showcase, drawn once."""
    into = tmp_path_factory.mktemp("page") / "own.html"
    export(recording(SHOWCASE), into)
    return into.read_bytes()


def test_the_page_of_a_measured_take_has_its_headline_slide_figures_and_provenance(
    whole: bytes,
) -> None:
    page, report = Document(whole), Report.load(SHOWCASE)
    assert report.headline is not None
    pictures = ["headline", *figures.pictures(report)]

    assert texts(page, "label") == []
    assert texts(page, "headline") == [phrases.sentence_to_say(report.headline)]
    assert len(page.all("img")) == len(pictures) > 3
    assert page.all("pre") == [report.text.replace("\N{NO-BREAK SPACE}", " ")]
    assert f"run {report.results.run_id}" in page.all("pre")[0]


def test_whatever_pictures_lie_in_a_take_its_page_has_those_that_are_drawn_anew(
    take: Path, whole: bytes
) -> None:
    for name in ("headline.svg", "headline.png", "fig-scaling.svg", "fig-scaling.png", "run.html"):
        (take / name).write_text(
            "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script>"
        )
    assert exported(take) == whole


def test_a_take_whose_results_differ_from_its_journal_has_a_label_and_no_claim(take: Path) -> None:
    results = take / RESULTS_NAME
    facts = load(results)
    trials = tuple(replace(trial, wall_s=2 * trial.wall_s) for trial in facts.trials)
    results.unlink()
    save(replace(facts, trials=trials), results)
    page = Document(exported(take))

    assert set(texts(page, "label")) == {"REFUSED · NOT VERIFIED"}
    assert (texts(page, "headline"), page.all("img")) == ([], [])
    assert "NO HEADLINE" in page.all("pre")[0]


def test_a_recording_that_was_changed_since_it_was_verified_is_labelled(take: Path) -> None:
    with (take / CAST).open("ab") as cast:
        cast.write(b'[466.0,"o","more"]\n')
    page = page_of(recording(take), Report.load(take), files={})
    assert set(texts(Document(page), "label")) == {"NOT VERIFIED"}


def test_a_simulated_take_has_its_label_and_no_claim_but_pictures_under_its_word(
    tmp_path: Path,
) -> None:
    page = Document(exported(write_take(tmp_path / "take")))

    assert set(texts(page, "label")) == {"SIMULATED"}
    assert texts(page, "headline") == []
    assert len(page.all("img")) == 4
    assert "NO HEADLINE" in page.all("pre")[0]
    assert " SIMULATED " in page.all("pre")[0]
