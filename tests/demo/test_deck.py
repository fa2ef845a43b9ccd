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
from harness.takes.recordings import recording
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


def a_watchable(take: Path) -> Path:
    """Return a take with the page and the film of its recording beside it."""
    for name in ("run.html", "run.mp4"):
        (take / name).write_text("played elsewhere")
    return take


def leads_in(deck: Path) -> dict[str, tuple[str, list[str | None]]]:
    """Return each text that leads to the recording, by name, and where to."""
    shapes = [shape for slide in Presentation(str(deck)).slides for shape in slide.shapes]
    return {
        shape.name: (
            shape.text_frame.text,
            [
                run.hyperlink.address
                for paragraph in shape.text_frame.paragraphs
                for run in paragraph.runs
            ],
        )
        for shape in shapes
        if shape.name in ("twoclocks:recording-page", "twoclocks:recording-film")
    }


def test_the_slide_of_the_demo_leads_to_the_page_and_the_film_of_the_recording(
    take: Path, tmp_path: Path
) -> None:
    deck(a_watchable(take), tmp_path / "deck.pptx", AGENDA, theme="light")

    assert leads_in(tmp_path / "deck.pptx") == {
        "twoclocks:recording-page": ("In a browser: run.html", ["take/run.html"]),
        "twoclocks:recording-film": ("As a film: run.mp4", ["take/run.mp4"]),
    }


def test_the_pages_of_a_pdf_lead_there_too(take: Path, tmp_path: Path) -> None:
    deck(a_watchable(take), take / "deck.pdf", AGENDA, theme="light")

    content = (take / "deck.pdf").read_bytes()
    assert b"/URI (run.html)" in content
    assert b"/URI (run.mp4)" in content


def test_a_page_that_plays_the_recording_itself_leads_to_no_other(
    take: Path, tmp_path: Path
) -> None:
    deck(a_watchable(take), tmp_path / "deck.html", AGENDA, theme="light")

    assert b"run.html" not in (tmp_path / "deck.html").read_bytes()


@pytest.mark.parametrize("beside", ["run.html", "run.mp4"])
def test_a_deck_leads_only_to_what_is_there(beside: str, take: Path, tmp_path: Path) -> None:
    (take / beside).write_text("played elsewhere")
    deck(take, tmp_path / "deck.pptx", AGENDA, theme="light")

    assert [leads for _, leads in leads_in(tmp_path / "deck.pptx").values()] == [[f"take/{beside}"]]


def test_a_deck_leads_nowhere_that_a_copy_of_its_folder_would_lack(
    take: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere").mkdir()
    deck(a_watchable(take), tmp_path / "elsewhere" / "deck.pptx", AGENDA, theme="light")
    (take / "run.html").rename(tmp_path / "elsewhere" / "page.html")
    (take / "run.html").symlink_to(tmp_path / "elsewhere" / "page.html")
    deck(take, take / "deck.pptx", AGENDA, theme="light")

    assert leads_in(tmp_path / "elsewhere" / "deck.pptx") == {}
    assert [leads for _, leads in leads_in(take / "deck.pptx").values()] == [["run.mp4"]]


def test_a_link_to_the_newest_take_leads_to_that_take_for_good(take: Path, tmp_path: Path) -> None:
    (tmp_path / "latest").symlink_to(a_watchable(take).name)
    deck(tmp_path / "latest", tmp_path / "deck.pptx", AGENDA, theme="light")

    (leads, _) = leads_in(tmp_path / "deck.pptx").values()
    assert leads[1] == ["take/run.html"]


def test_a_folder_of_any_name_is_no_scheme_of_an_address(tmp_path: Path) -> None:
    odd = a_watchable(write_take(tmp_path / "javascript:a b#c"))
    deck(odd, tmp_path / "deck.pptx", AGENDA, theme="light")

    (leads, _) = leads_in(tmp_path / "deck.pptx").values()
    assert leads[1] == ["javascript%3Aa%20b%23c/run.html"]


def test_an_update_leads_to_the_recording_of_the_other_take_or_nowhere(
    take: Path, tmp_path: Path
) -> None:
    save(a_results(), tmp_path / "results.json")
    report, file = Report.load(tmp_path), tmp_path / "deck.pptx"
    deck(a_watchable(take), file, AGENDA, theme="light")
    other = write_take(tmp_path / "other")
    (other / "run.html").write_text("played elsewhere")
    update_deck(file, report, AGENDA, recording(other))

    assert leads_in(file)["twoclocks:recording-page"][1] == ["other/run.html"]
    assert leads_in(file)["twoclocks:recording-film"] == ("", [None])
    update_deck(file, report, AGENDA)
    assert leads_in(file)["twoclocks:recording-page"] == ("", [None])


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
