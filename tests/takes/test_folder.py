import sys
from pathlib import Path

import pytest

from harness.errors import BadRequest
from harness.files.journal import JOURNAL_NAME, header_line
from harness.files.results import RESULTS_NAME
from harness.takes.folder import DEFAULT_ROOT, new_take, point_latest

BEGAN = "2026-11-22T09:14:07.123456+00:00"
HEADER = header_line("7c21", "2026-11-22T09:14:07+00:00")


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused(folder: Path) -> BadRequest:
    with pytest.raises(BadRequest) as error:
        new_take(folder, BEGAN, "7c21")
    return error.value


def test_a_take_is_named_by_its_moment_and_run() -> None:
    assert new_take(None, BEGAN, "7c21") == DEFAULT_ROOT / "2026-11-22-091407-7c21"


def test_a_new_take_is_an_empty_folder() -> None:
    assert list(new_take(Path("made/with/parents"), BEGAN, "7c21").iterdir()) == []


def test_a_folder_with_other_files_may_become_a_take() -> None:
    Path("notes.txt").touch()
    assert new_take(Path(), BEGAN, "7c21") == Path()


@pytest.mark.parametrize("name", [RESULTS_NAME, JOURNAL_NAME])
def test_a_folder_that_holds_a_take_is_left_alone(name: str) -> None:
    Path(name).write_text("precious")
    assert refused(Path()).sentence == ". holds a take already"
    assert Path(name).read_text() == "precious"


def test_a_folder_below_a_file_is_refused() -> None:
    Path("file").touch()
    assert refused(Path("file/take")).sentence == "cannot write file/take: Not a directory"


def test_a_file_is_no_folder() -> None:
    Path("file").touch()
    assert refused(Path("file")).sentence == "cannot write file: File exists"


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
@pytest.mark.parametrize("folder", ["/proc", "/proc/take"])
def test_a_folder_that_nobody_can_write_to_is_refused(folder: str) -> None:
    assert refused(Path(folder)).hint == "name another folder with --out"


def test_latest_points_to_the_newest_take() -> None:
    for run_id in ("one", "two"):
        folder = new_take(None, BEGAN, run_id)
        (folder / RESULTS_NAME).write_text(run_id)
        point_latest(folder)
    assert (DEFAULT_ROOT / "latest" / RESULTS_NAME).read_text() == "two"


def test_latest_can_be_moved_with_its_folder() -> None:
    point_latest(new_take(None, BEGAN, "one"))
    assert not (DEFAULT_ROOT / "latest").readlink().is_absolute()


def test_a_take_elsewhere_is_not_the_latest() -> None:
    DEFAULT_ROOT.mkdir()
    point_latest(new_take(Path("elsewhere"), BEGAN, "one"))
    assert list(DEFAULT_ROOT.iterdir()) == []


def test_a_folder_called_latest_is_left_alone() -> None:
    (DEFAULT_ROOT / "latest").mkdir(parents=True)
    folder = new_take(None, BEGAN, "one")
    point_latest(folder)
    assert sorted(path.name for path in DEFAULT_ROOT.iterdir()) == [folder.name, "latest"]
