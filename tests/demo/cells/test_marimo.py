"""What cells of marimo show, by a real marimo."""

import base64
import re
from pathlib import Path

import pytest

from demo.scaffold import Start, new
from tests.notebooks import needs_notebooks, run_marimo
from tests.terminals import REFUSED, ROOT

pytestmark = [needs_notebooks, pytest.mark.terminal]

SHOWCASE = ROOT / "recordings" / "showcase"


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    """Return the notebook that the program writes, in a folder without a take."""
    (tmp_path / "recordings").mkdir()
    return new("", tmp_path, Start.MARIMO)[0]


def test_the_cell_of_the_notebook_shows_the_headline_slide(notebook: Path) -> None:
    (notebook.parent / "recordings" / "latest").symlink_to(SHOWCASE)
    exported = run_marimo(notebook.parent, "export", "html", notebook.name, "-o", "page.html")
    assert (exported.returncode, exported.stderr) == (0, "")
    page = (notebook.parent / "page.html").read_text(encoding="utf-8")
    pictures = re.findall(r"data:image/svg\+xml;base64,([A-Za-z0-9+/=]+)", page)
    assert ["S 2.00× · E 100 %" in base64.b64decode(one).decode() for one in pictures] == [True]


def test_a_take_that_is_missing_is_one_sentence_in_the_cell(notebook: Path) -> None:
    exported = run_marimo(notebook.parent, "export", "html", notebook.name, "-o", "page.html")
    assert exported.returncode == 1
    assert "there is no results file recordings/latest" in exported.stderr
    page = (notebook.parent / "page.html").read_text(encoding="utf-8")
    assert '"evalue": "there is no results file recordings/latest"' in page


def test_the_notebook_in_which_a_take_is_chosen_runs_as_a_script(
    tmp_path: Path,
) -> None:
    done = run_marimo(tmp_path, ROOT / "demo" / "notebook.py")
    assert (done.returncode, done.stderr) == (0, "")
    assert "efficiency" in done.stdout


def test_a_race_in_a_cell_leaves_its_panel_and_the_headline_there(notebook: Path) -> None:
    source = notebook.read_text(encoding="utf-8")
    raced = source.replace("import load", "import race").replace(
        'load("recordings/latest").slide()',
        f'take = race({REFUSED!r}, settings={{"seconds": 0.4, "chunks": 4}}, out="take")',
    )
    notebook.write_text(raced, encoding="utf-8")
    exported = run_marimo(notebook.parent, "export", "html", notebook.name, "-o", "page.html")
    assert (exported.returncode, exported.stderr) == (0, "")
    page = (notebook.parent / "page.html").read_text(encoding="utf-8")
    assert page.count(" DONE ") == 2
    assert "NO HEADLINE" in page
