import tempfile
from pathlib import Path

import pytest

from demo.race import closing
from harness.errors import BadRequest
from harness.files.results import load
from harness.model import Results
from tests.builders import a_results


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder in which temporary files are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_results_whose_folder_cannot_be_written_are_saved_in_another(temporary: Path) -> None:
    said = closing.save_elsewhere(a_results(), Path("gone"))
    (path,) = temporary.rglob("*.json")
    assert said == f"the results are in {path}"
    assert load(path) == a_results()


def test_where_nothing_can_be_written_no_folder_is_left(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(results: Results, path: Path) -> None:
        raise BadRequest(f"cannot write {path}")

    monkeypatch.setattr(closing, "save", full)
    said = closing.save_elsewhere(a_results(), Path("gone"))
    assert said == "the results could not be written anywhere"
    assert list(temporary.iterdir()) == []
