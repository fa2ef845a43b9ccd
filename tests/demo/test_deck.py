import shutil
import subprocess
from pathlib import Path

import pytest
from pptx import Presentation

from demo.deck import deck
from demo.report import update_deck
from harness.errors import BadRequest, MachineFailed
from harness.files.results import save
from harness.model import Status
from harness.report import Report
from harness.talk.agenda_file import read_agenda
from tests.builders import a_results
from tests.casts import write_take

AGENDA = read_agenda()
WAIT_S = 120


@pytest.fixture
def take(tmp_path: Path) -> Path:
    return write_take(tmp_path / "take")


def test_a_take_becomes_a_deck_with_its_recording(take: Path, tmp_path: Path) -> None:
    said, code = deck(take, tmp_path / "deck.pptx", AGENDA, theme="light")
    demo = Presentation(str(tmp_path / "deck.pptx")).slides[4]

    assert code == 0
    assert said.endswith("deck.pptx: 6 slides for the talk, 4 slides for questions")
    assert [shape.name for shape in demo.shapes][1] == "twoclocks:recording"


def test_the_recording_of_a_take_plays_in_its_page(take: Path, tmp_path: Path) -> None:
    deck(take, tmp_path / "deck.html", AGENDA, theme="light")

    assert b'<script id="cast"' in (tmp_path / "deck.html").read_bytes()


def test_a_recording_that_is_not_verified_is_shown_as_a_still_that_says_so(
    take: Path, tmp_path: Path
) -> None:
    (take / "verified.json").unlink()
    deck(take, tmp_path / "deck.html", AGENDA, theme="light")

    assert b'<script id="cast"' not in (tmp_path / "deck.html").read_bytes()
    assert b'<div class="film' in (tmp_path / "deck.html").read_bytes()


def test_beats_without_facts_are_named(tmp_path: Path) -> None:
    save(a_results(), tmp_path / "results.json")
    said, _ = deck(tmp_path / "results.json", tmp_path / "deck.pdf", AGENDA, theme="dark")

    assert said.splitlines()[1].endswith("are not there: demo")
    assert (tmp_path / "deck.pdf").read_bytes().startswith(b"%PDF")


def test_a_refused_session_has_no_deck(tmp_path: Path) -> None:
    save(a_results(status=Status.ABORTED), tmp_path / "results.json")
    said, code = deck(tmp_path, tmp_path / "deck.pptx", AGENDA, theme="light")

    assert code == 4
    assert "NO HEADLINE" in said
    assert not (tmp_path / "deck.pptx").exists()


def test_a_deck_that_may_have_been_edited_is_not_overwritten(take: Path, tmp_path: Path) -> None:
    (tmp_path / "deck.pptx").write_text("mine")
    with pytest.raises(BadRequest) as refused:
        deck(take, tmp_path / "deck.pptx", AGENDA, theme="light")

    assert "slide --into deck.pptx" in refused.value.hint
    assert (tmp_path / "deck.pptx").read_text() == "mine"


@pytest.mark.parametrize("name", ["deck.odp", "deck", "deck.PPT"])
def test_another_format_is_refused_before_anything_is_read(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be written as"):
        deck(tmp_path / "no take", tmp_path / name, AGENDA, theme="light")


@pytest.mark.parametrize(
    ("name", "template", "layout", "sentence"),
    [
        ("deck.pdf", "master.pptx", "", "a template is for PowerPoint, not for .pdf"),
        ("deck.html", None, "Blank", "a template is for PowerPoint, not for .html"),
        ("deck.pptx", None, "Blank", "--layout names one of a template"),
        ("deck.pptx", "master.pptx", "", "there is no template"),
    ],
)
def test_a_template_that_cannot_be_used_is_refused_before_anything_is_read(
    name: str, template: str | None, layout: str, sentence: str, tmp_path: Path
) -> None:
    file = None if template is None else tmp_path / template
    with pytest.raises(BadRequest) as refused:
        deck(
            tmp_path / "no take",
            tmp_path / name,
            AGENDA,
            theme="light",
            template=file,
            layout=layout,
        )

    assert sentence in refused.value.sentence


def test_a_folder_that_is_not_there_is_refused(take: Path, tmp_path: Path) -> None:
    with pytest.raises((BadRequest, MachineFailed), match="cannot"):
        deck(take, tmp_path / "missing" / "deck.pdf", AGENDA, theme="light")


def test_an_update_takes_the_recording_of_the_take(tmp_path: Path, take: Path) -> None:
    save(a_results(), tmp_path / "results.json")
    deck(take, tmp_path / "deck.pptx", AGENDA, theme="light")
    said, code = update_deck(tmp_path / "deck.pptx", Report.load(tmp_path), AGENDA)

    assert code == 0
    assert "now blank, because the results hold nothing to draw there: recording" in said


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
def test_libreoffice_shows_a_page_a_slide_and_what_it_saves_can_be_updated(
    take: Path, tmp_path: Path
) -> None:
    deck(take, tmp_path / "deck.pptx", AGENDA, theme="light")
    save(a_results(run_id="9f9f"), tmp_path / "results.json")
    convert(tmp_path, "pdf")
    convert(tmp_path, "pptx")
    said, _ = update_deck(tmp_path / "again" / "deck.pptx", Report.load(tmp_path), AGENDA)

    assert (tmp_path / "again" / "deck.pdf").read_bytes().count(b"/Type/Page/") == 10
    assert "title-headline on slide 4" in said
    assert "chart-scaling on slide 7" in said
    assert "notes of slide 1" in said.splitlines()[2]


def convert(folder: Path, form: str) -> None:
    """Have LibreOffice write the deck in a folder in another format, into the folder ``again``."""
    profile = f"-env:UserInstallation=file://{folder}/profile"
    subprocess.run(
        ["soffice", profile, "--headless", "--convert-to", form, "--outdir", "again", "deck.pptx"],
        cwd=folder,
        check=True,
        timeout=WAIT_S,
        stdout=subprocess.DEVNULL,
    )
