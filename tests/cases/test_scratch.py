"""What is swept below the temporary folder, and what is left alone: one folder a case."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.run import scratch
from harness.run.scratch import MARKER, Scratch, sweep
from tests.terminals import ROOT, race, surroundings

MAKE = (
    "import sys, time; from harness.run.scratch import Scratch;"
    " print(Scratch.make(sys.argv[1]).path, flush=True); time.sleep(600)"
)


def started(parent: Path) -> tuple["subprocess.Popen[str]", Path]:
    """Return a process that owns a scratch folder, and the folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", MAKE, str(parent)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def ended(process: "subprocess.Popen[str]") -> int:
    """Kill a process and return its exit code."""
    process.kill()
    process.communicate()
    return process.returncode


def left(parent: Path) -> Path:
    """Return the folder of a run that was killed, with files in it."""
    process, folder = started(parent)
    (folder / "ray" / "session").mkdir(parents=True)
    (folder / "ray" / "session" / "log").write_text("log")
    assert ended(process) == -signal.SIGKILL
    return folder


def linked(parent: Path) -> Path:
    """Return the folder of a killed run that holds a link to a folder of the user's."""
    kept = parent / "kept"
    kept.mkdir()
    (kept / "file").write_text("mine")
    folder = left(parent)
    (folder / "link").symlink_to(kept)
    return folder


def a_link(parent: Path) -> Path:
    """Return a link, named like ours, to the folder of a killed run elsewhere."""
    (parent / "elsewhere").mkdir()
    link = parent / "tc-link"
    link.symlink_to(left(parent / "elsewhere"))
    return link


def marked_by_a_link(parent: Path) -> Path:
    """Return a folder whose marker is a link."""
    folder = parent / "tc-odd"
    folder.mkdir()
    (parent / "elsewhere").mkdir()
    (folder / MARKER).symlink_to(left(parent / "elsewhere") / MARKER)
    return folder


def unmarked(parent: Path) -> Path:
    """Return a folder named like ours without a marker."""
    folder = parent / "tc-theirs"
    folder.mkdir()
    (folder / "file").write_text("theirs")
    return folder


def half_made(parent: Path) -> Path:
    """Return a folder whose owner has not come to lock its marker."""
    folder = unmarked(parent)
    (folder / f"{MARKER}.new").write_text("1")
    return folder


def of_another_name(parent: Path) -> Path:
    """Return the folder of a killed run under another name."""
    return left(parent).rename(parent / "mine")


def a_file(parent: Path) -> Path:
    """Return a file named like ours."""
    path = parent / "tc-file"
    path.write_text("x")
    return path


def marked_by_a_folder(parent: Path) -> Path:
    """Return a folder whose marker is a folder."""
    folder = parent / "tc-odd"
    (folder / MARKER).mkdir(parents=True)
    return folder


@dataclass(frozen=True)
class Case:
    """A path below the temporary folder, and whether it is swept."""

    name: str
    make: Callable[[Path], Path]
    is_swept: bool


CASES = (
    Case("the folder of a run that was killed", left, True),
    Case("one with a link in it, whose target stays", linked, True),
    Case("a link to one", a_link, False),
    Case("a folder without a marker", unmarked, False),
    Case("a folder that is just being made", half_made, False),
    Case("a folder of another name", of_another_name, False),
    Case("a folder whose marker is a link", marked_by_a_link, False),
    Case("a folder whose marker is a folder", marked_by_a_folder, False),
    Case("a file", a_file, False),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_only_what_a_killed_run_has_left_is_swept(case: Case, tmp_path: Path) -> None:
    path = case.make(tmp_path)
    sweep([str(tmp_path)])
    assert os.path.lexists(path) is not case.is_swept


def test_what_a_link_leads_to_stays(tmp_path: Path) -> None:
    linked(tmp_path)
    assert sweep([str(tmp_path)]) == 1
    assert (tmp_path / "kept" / "file").read_text() == "mine"


def test_a_folder_that_a_link_leads_to_stays(tmp_path: Path) -> None:
    target = a_link(tmp_path).resolve()
    assert sweep([str(tmp_path)]) == 0
    assert (target / MARKER).exists()


def test_the_folder_of_a_live_run_is_never_swept(tmp_path: Path) -> None:
    process, folder = started(tmp_path)
    try:
        assert sweep([str(tmp_path)]) == 0
        assert (folder / MARKER).exists()
    finally:
        ended(process)


def test_one_of_our_own_is_never_swept_and_is_removed_with_its_block(tmp_path: Path) -> None:
    with Scratch.make(str(tmp_path)) as folder:
        assert sweep([str(tmp_path)]) == 0
        assert folder.stat().st_mode & 0o777 == 0o700
    assert [*tmp_path.iterdir()] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_the_folder_of_another_user_is_never_swept(tmp_path: Path) -> None:
    folder = left(tmp_path)
    os.chown(folder, 12345, 12345)
    assert sweep([str(tmp_path)]) == 0
    assert folder.exists()


def test_a_temporary_folder_that_is_not_there_is_no_error() -> None:
    assert sweep(["/nowhere/at/all"]) == 0


def test_what_check_says_is_how_many_had_left_something_and_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scratch, "short_folder", lambda: str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert scratch.sweep_temporary() == ""
    left(tmp_path)
    said = scratch.sweep_temporary()
    assert said == f"removed what a run that was killed had left in {tmp_path}"


def test_the_next_run_removes_what_a_killed_one_has_left_and_prints_nothing_of_it() -> None:
    parent = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    try:
        folder = left(parent)
        done = subprocess.run(
            race(parent / "take", "--set", "seconds=0.1", "--ui", "none"),
            env=surroundings({"TMPDIR": str(parent)}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            cwd=ROOT,
            check=True,
        )
        assert not folder.exists()
        assert done.stderr == ""
        assert [path.name for path in parent.iterdir()] == ["take"]
    finally:
        shutil.rmtree(parent)
