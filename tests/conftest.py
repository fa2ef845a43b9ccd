"""What holds for every test: it leaves no process and no open descriptor behind.

A process counts as ours if it descends from pytest or carries this run's mark in its environment, so a
daemon that detached itself, or was orphaned, is found as well.
"""

import gc
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator, Mapping

import psutil
import pytest
from hypothesis import settings

from harness.run.launch import kernels_kept

settings.register_profile("unhurried", deadline=None)  # no test asserts a speed
settings.load_profile("unhurried")

os.environ |= (
    kernels_kept()
)  # before Numba is imported: what the sides of a race compile is compiled once for the tests too

pytest_plugins = ["tests.recording"]

MARK = "TWOCLOCKS_TEST_RUN"
GRACE_S = 2.0

Seen = Mapping[object, str]


def processes() -> Seen:
    """Return every live process that this run started, by identity, each with its command line."""
    ours = psutil.Process().children(recursive=True)
    ours += [
        process
        for process in psutil.process_iter()
        if process.pid != os.getpid() and is_marked(process)
    ]
    return {
        (process.pid, process.create_time()): command
        for process in ours
        if (command := command_line(process))
    }


def is_marked(process: psutil.Process) -> bool:
    """Return whether the process inherited this run's mark; False where that may not be read."""
    try:
        return process.environ().get(MARK) == os.environ[MARK]
    except (psutil.Error, OSError):
        return False


def command_line(process: psutil.Process) -> str:
    """Return the command line, empty if the process has ended meanwhile or is only waiting to be reaped."""
    try:
        return (
            ""
            if process.status() == psutil.STATUS_ZOMBIE
            else f"{process.pid}: {' '.join(process.cmdline()) or process.name()}"
        )
    except (psutil.Error, OSError):
        return ""


def descriptors() -> Seen:
    """Return every open descriptor of this process, each with what it leads to where the system tells."""
    seen: dict[object, str] = {}
    for name in os.listdir("/dev/fd"):
        try:
            opened = os.fstat(int(name))
        except OSError:  # the one that listed the folder
            continue
        seen[int(name), opened.st_dev, opened.st_ino] = f"{name}: {target(name)}"
    return seen


def target(name: str) -> str:
    """Return what the descriptor leads to, or a word that says it is open."""
    try:
        return os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        return "open"


def left_behind(look: Callable[[], Seen], before: Seen, grace_s: float = GRACE_S) -> list[str]:
    """Return what is there now, was not there before, and does not go within the grace."""
    deadline = time.monotonic() + grace_s
    while left := [words for key, words in look().items() if key not in before]:
        if time.monotonic() > deadline:
            return left
        gc.collect()
        time.sleep(0.05)
    return []


@pytest.fixture(autouse=True, scope="session")
def mark() -> Iterator[None]:
    """Mark this run's processes through the environment that they inherit."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(MARK, uuid.uuid4().hex)
        yield


@pytest.fixture(autouse=True)
def leaves_nothing_behind() -> Iterator[None]:
    """Fail a test that leaves a process or a descriptor behind."""
    processes_before, descriptors_before = processes(), descriptors()
    yield
    running, opened = (
        left_behind(processes, processes_before),
        left_behind(descriptors, descriptors_before),
    )
    assert not running, f"left running: {running}"
    assert not opened, f"left open: {opened}"


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test that drives tmux where there is none, except in CI, where it must run."""
    if (
        item.get_closest_marker("terminal")
        and not shutil.which("tmux")
        and not os.environ.get("CI")
    ):
        pytest.skip("tmux is not installed")
