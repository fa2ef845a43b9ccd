"""A real recording for the tests: a simulated race, recorded once by the real program.

``recorded`` is a fixture for the whole run; a test that changes a take copies it first.
May import ``harness.takes.folder`` and ``tests.terminals``.
"""

import fcntl
import os
import pickle
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from harness.takes.folder import DRAFT_PREFIX
from tests.terminals import PYTHON, ROOT, surroundings

BRIEF = ("--workload", "simulated", "--set", "seconds=2", "--workers", "4", "--schedule", "in-turn")
WITHIN_S = 400.0
MOST_RECORDINGS = 4
STOOD_STILL = ("nothing is drawn for", "its moment is")


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What `record` printed and wrote; ``desk`` is the folder that it was started in."""

    desk: Path
    take: Path
    exit_code: int
    printed: str
    errors: str


def a_desk(folder: Path) -> dict[str, str]:
    """Return an environment in which the program can be imported from another folder."""
    return surroundings(
        {"PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)]), "HOME": str(folder)}
    )


def repeated(
    run: Callable[[], subprocess.CompletedProcess[str]],
) -> subprocess.CompletedProcess[str]:
    """Return what a recording came to, made again where the machine stood still meanwhile.

    A recording in which nothing is drawn for a while, or in which a marker comes late, is rightly
    refused, and that happens on a machine that is busy with other tests.
    """
    for _ in range(MOST_RECORDINGS - 1):
        done = run()
        if not stood_still(done.stderr):
            return done
    return run()


def stood_still(printed: str) -> bool:
    """Return whether a recording says that it is refused for what a machine does that stalls."""
    return any(words in printed for words in STOOD_STILL)


def record(desk: Path, *options: str, changes: dict[str, str] | None = None) -> Recorded:
    """Record without any terminal: no controlling one either, and nothing to read."""
    return outcome_of(desk, repeated(partial(start_afresh, desk, *options, changes=changes)))


def outcome_of(desk: Path, done: subprocess.CompletedProcess[str]) -> Recorded:
    """Return what a recording in the folder ``take`` of a desk came to."""
    return Recorded(
        desk=desk,
        take=desk / "take",
        exit_code=done.returncode,
        printed=done.stdout,
        errors=done.stderr,
    )


def start_afresh(
    desk: Path, *options: str, changes: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Record once, without what a refused attempt has left."""
    for draft in desk.glob(f"{DRAFT_PREFIX}*"):
        shutil.rmtree(draft)
    return start(desk, *options, changes=changes)


def start(
    desk: Path, *options: str, changes: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Record once, as ``record`` does."""
    return subprocess.run(
        [PYTHON, "-m", "demo", "record", "--out", "take", *options],
        cwd=desk,
        env=a_desk(desk) | (changes or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        timeout=WITHIN_S,
        check=False,
    )


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Return a recording; processes that run tests side by side share one."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    note = shared / "recorded.pickle"
    with (shared / "recorded.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not note.exists():
            note.write_bytes(pickle.dumps(record_against_all_settings(shared / "recorded")))
    recording: Recorded = pickle.loads(note.read_bytes())
    return recording


def record_against_all_settings(desk: Path) -> Recorded:
    """Record where the environment and the user's settings would falsify the recording."""
    home = desk / "theirs"
    home.mkdir(parents=True)
    (home / "config").write_text(
        "[record]\nidle_time_limit = 0.1\npause_key = p\nstdin = yes\n[play]\nspeed = 9\n"
    )
    return record(
        desk, *BRIEF, changes={"COLUMNS": "40", "LINES": "10", "ASCIINEMA_CONFIG_HOME": str(home)}
    )


@pytest.fixture
def take(recorded: Recorded, tmp_path: Path) -> Path:
    """Return a copy of the recording's take, in the recordings of a desk of its own."""
    folder = tmp_path / "desk" / "recordings" / "kept"
    shutil.copytree(recorded.take, folder)
    return folder
