"""What cells of Jupyter show, by a real kernel: one for all of these tests."""

import base64
import json
import re
from pathlib import Path

import pytest

from demo.scaffold import Start, new
from harness.files.results import load
from harness.model import Status
from harness.report import Report
from harness.show.figures import FIGURES
from tests.notebooks import Cell, needs_notebooks, run_notebook
from tests.terminals import ROOT

pytestmark = [needs_notebooks, pytest.mark.terminal]

SHOWCASE = ROOT / "recordings" / "showcase"
HOSTILE = '{"schema": "twoclocks.results/1", "run_id": "<script>\\u001b[31m"}'
CELLS = {
    "slide": "from twoclocks import load\ntake = load('recordings/latest')\ntake",
    "table": "take.table()",
    "figures": "take.figures()",
    "missing": "load('recordings/missing').slide()",
    "hostile": "load('hostile').slide()",
    "text": "print(repr(take.slide()))",
    "race": "from twoclocks import race\n"
    "take = race('simulated', workers=2, settings={'seconds': 3}, out='raced')",
    "headline": "take",
    "refused": "race('simulated', wokers=2)",
    "interrupted": "race('simulated', settings={'seconds': 600}, out='stopped')",
    "left": "import psutil\nprint(psutil.Process().children(recursive=True))",
}
INTERRUPTED_AT = {"interrupted": "LIVE"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a take, and with one that somebody made up."""
    made = tmp_path_factory.mktemp("jupyter")
    (made / "recordings").mkdir()
    (made / "recordings" / "latest").symlink_to(SHOWCASE)
    (made / "hostile").mkdir()
    (made / "hostile" / "results.json").write_text(HOSTILE, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def cells(folder: Path) -> dict[str, Cell]:
    """Return the cells, run one after the other, after the one that the program writes."""
    notebook = json.loads(new("", folder, Start.JUPYTER)[0].read_text(encoding="utf-8"))
    (written,) = notebook["cells"]
    more = [
        written
        | {
            "id": name,
            "source": source.splitlines(keepends=True),
            "metadata": {"interrupt_at": INTERRUPTED_AT[name]} if name in INTERRUPTED_AT else {},
        }
        for name, source in CELLS.items()
    ]
    ran = run_notebook(notebook | {"cells": [written, *more]}, folder)
    return dict(zip(("written", *CELLS), ran, strict=True))


def picture(html: str) -> str:
    """Return the first picture in a cell's HTML."""
    found = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    assert found is not None
    return base64.b64decode(found[1]).decode()


def title(svg: str) -> str:
    """Return what a picture says, in a sentence."""
    return svg[svg.index("<title>") : svg.index("</title>")]


@pytest.mark.parametrize("name", ["written", "slide"])
def test_the_cell_of_the_notebook_shows_the_headline_slide(
    name: str, cells: dict[str, Cell]
) -> None:
    (html,) = cells[name].outputs_of("text/html")
    assert title(picture(html)) == title((SHOWCASE / "headline.svg").read_text(encoding="utf-8"))
    assert "S 2.00× · E 100 %" in picture(html)
    assert cells[name].error == ""


def test_a_cell_shows_the_table_and_every_figure(cells: dict[str, Cell]) -> None:
    (table,) = cells["table"].outputs_of("text/html")
    assert "2 workers" in table
    assert "predicted, not measured" in table
    (figures,) = cells["figures"].outputs_of("text/html")
    assert figures.count("<img") == 5
    assert figures.count("no figure") == len(FIGURES) - 5


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing", "BadRequest: there is no results file recordings/missing"),
        ("hostile", "BadRequest: hostile/results.json is not a valid results file: "),
    ],
)
def test_a_take_that_cannot_be_read_is_one_sentence_and_a_hint_without_a_traceback(
    name: str, sentence: str, cells: dict[str, Cell]
) -> None:
    first, hint = cells[name].error.split("\n")
    assert first.startswith(sentence)
    assert hint.startswith("hint: ")
    assert (first + hint).isprintable()


def test_a_picture_is_read_out_where_only_text_is_shown(cells: dict[str, Cell]) -> None:
    (output,) = cells["text"].outputs
    assert "efficiency" in output["text"]


def frames(cell: Cell) -> list[str]:
    """Return each of the texts that the cell's one display had, one after the other."""
    first, *later = (one for one in cell.messages if one["type"].endswith("display_data"))
    assert first["type"] == "display_data"
    assert {one["type"] for one in later} == {"update_display_data"}
    assert {one["content"]["transient"]["display_id"] for one in later} == {
        first["content"]["transient"]["display_id"]
    }
    return [one["content"]["data"]["text/plain"] for one in (first, *later)]


def test_the_panel_of_a_race_changes_in_its_place_while_it_runs(cells: dict[str, Cell]) -> None:
    texts = frames(cells["race"])
    done = [int(found[1]) for text in texts if (found := re.search(r"(\d+) / 400 chunks", text))]
    assert texts[0] == "the race is starting"
    assert len({*done}) >= 5
    assert done == sorted(done)
    assert any("LIVE" in text for text in texts)


def test_a_race_that_is_over_leaves_its_panel_and_the_headline_in_the_cell(
    cells: dict[str, Cell], folder: Path
) -> None:
    (output,) = cells["race"].outputs
    report = Report.load(folder / "raced")
    assert output["data"]["text/plain"].endswith(report.text.rstrip())
    assert output["data"]["text/html"].count("DONE") == 2
    (slide,) = cells["headline"].outputs_of("text/html")
    assert title(picture(slide)) == title((folder / "raced" / "headline.svg").read_text("utf-8"))


def test_a_race_that_cannot_be_asked_for_is_a_sentence_and_a_hint(cells: dict[str, Cell]) -> None:
    assert cells["refused"].error.split("\n") == [
        "BadRequest: there is no option --wokers",
        "hint: did you mean --workers?",
    ]
    assert frames(cells["refused"])[-1] == "the race did not begin"


def test_an_interrupted_cell_keeps_the_take_and_leaves_no_process(
    cells: dict[str, Cell], folder: Path
) -> None:
    assert "KeyboardInterrupt" in cells["interrupted"].error.splitlines()[-1]
    assert frames(cells["interrupted"])[-1].endswith("interrupted; what was observed is in stopped")
    assert load(folder / "stopped" / "results.json").status is Status.ABORTED
    (output,) = cells["left"].outputs
    assert output["text"] == "[]\n"
