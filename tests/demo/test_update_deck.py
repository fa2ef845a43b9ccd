from pathlib import Path

import pytest

from demo.report import update_deck
from harness.errors import BadRequest, MachineFailed
from harness.model import Kind
from tests.builders import (
    a_report,
)
from tests.show.decks import a_deck, shapes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A deck on disk that its group may read."""
    file = tmp_path / "talk.pptx"
    file.write_bytes(a_deck("speedup", "say"))
    file.chmod(0o640)
    return file


def test_a_deck_is_updated_in_its_place_and_keeps_its_mode(path: Path) -> None:
    told, code = update_deck(path, a_report())

    assert (code, told.splitlines()[0]) == (0, "updated: speedup on slide 2, say on slide 2")
    assert shapes(path.read_bytes())["twoclocks:speedup"].text_frame.text == "1.82×"
    assert path.stat().st_mode & 0o777 == 0o640
    assert [file.name for file in path.parent.iterdir()] == ["talk.pptx"]


def test_a_deck_behind_a_link_is_updated_where_it_is(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.pptx"
    link.symlink_to(path)
    update_deck(link, a_report())

    assert link.is_symlink()
    assert shapes(path.read_bytes())["twoclocks:speedup"].text_frame.text == "1.82×"


def test_a_refused_session_leaves_the_deck_and_says_why(path: Path) -> None:
    before = path.read_bytes()
    told, code = update_deck(path, a_report(kind=Kind.SIMULATED))

    assert (code, path.read_bytes()) == (4, before)
    assert "NO HEADLINE" in told
    assert "talk.pptx is left as it was" in told


def test_a_deck_that_cannot_be_written_is_left_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr("os.replace", full)
    with pytest.raises(MachineFailed, match="No space left"):
        update_deck(path, a_report())

    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["talk.pptx"]


@pytest.mark.parametrize("lock", ["~$talk.pptx", ".~lock.talk.pptx#"])
def test_a_deck_that_is_open_elsewhere_is_not_touched(lock: str, path: Path) -> None:
    path.with_name(lock).touch()
    with pytest.raises(BadRequest, match="is open in another program"):
        update_deck(path, a_report())


@pytest.mark.parametrize("name", ["missing.pptx", "."])
def test_a_deck_that_is_no_file_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest):
        update_deck(tmp_path / name, a_report())
