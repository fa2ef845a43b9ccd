import subprocess
import sys
from pathlib import Path

import pytest

from harness.run import start
from tests.terminals import PYTHON, ROOT

# As on a worker of Ray's that knows nothing but the folder that leads to one of our packages, in a
# Python without what was installed.
ON_A_WORKER = """
import sys
sys.path.insert(0, {link!r})
from harness.run import start
start.secure_path()
for name in ("demo", "harness", "twoclocks", "workloads"):
    print(__import__(name).__path__[0])
"""


def test_a_worker_that_finds_one_of_our_packages_finds_all_of_them(tmp_path: Path) -> None:
    (tmp_path / "harness").symlink_to(ROOT / "harness")
    program = ON_A_WORKER.format(link=str(tmp_path))
    command = [PYTHON, "-I", "-S", "-c", program]
    found = subprocess.check_output(command, text=True, cwd=tmp_path).split()
    public = ROOT / "harness" / "public" / "twoclocks"
    right = [ROOT / "demo", tmp_path / "harness", public, ROOT / "workloads"]
    assert [Path(folder).resolve() for folder in found] == [path.resolve() for path in right]


def test_a_worker_goes_where_its_driver_stands_and_finds_what_it_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    monkeypatch.setattr("sys.path", ["/first"])
    start.follow(str(tmp_path), ["/first", "/theirs"])
    assert Path.cwd() == tmp_path
    assert sys.path == ["/first", "/theirs"]


def test_a_worker_on_another_machine_stays_where_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir("/")
    start.follow("/only/on/the/drivers/machine", [])
    assert Path.cwd() == Path("/")


def test_the_current_folder_comes_last_wherever_it_stood(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [str(tmp_path), "/a", str(tmp_path), "/b"])
    start.secure_path()
    assert sys.path == ["/a", "/b", str(tmp_path)]
