"""What holds for every module of tests: it leaves no process and no open descriptor behind.

A process counts as ours if it descends from pytest or carries this run's mark in its environment,
so a daemon that detached itself, or was orphaned, counts as well. Looking at every process of the
machine takes a while, so it is done once for a module.
"""

import gc
import os
import re
import signal
import sys
import time
import uuid
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import psutil
import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from harness.run.launch import numba_cache

settings.register_profile("unhurried", deadline=None)  # no test asserts a speed
settings.load_profile("unhurried")

# Both before Numba is imported: what the sides of a race compile is compiled once for the tests
# too, and the number of its threads stays the same when a test pins this process to a core.
os.environ |= numba_cache() | {"NUMBA_NUM_THREADS": str(os.cpu_count())}

# The tests start hundreds of Pythons. Where Python is kept from writing bytecode, each would
# compile all that it imports anew, so they write it to a folder of their own.
if sys.dont_write_bytecode:
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    os.environ |= {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": sys.pycache_prefix}

# An ignored signal is inherited, and tests send it: it must work when started by nohup or with &.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = ["tests.recording"]

MARK = "TWOCLOCKS_TEST_RUN"
GRACE_S = 2.0
NEW_OBJECTS = 20_000  # until garbage is searched for; Python's own number is 700
TESTS = Path(__file__).parent
MOST_CLUSTERS = 2
TOGETHER = (
    "tests/bench/rivals",
    "tests/show",
    "tests/show/figures",
    "tests/workloads/dedup",
    "tests/workloads/embed",
    "tests/workloads/recommend",
    "tests/workloads/research",
    "tests/workloads/shard",
    "tests/workloads/train",
)
WITH_KERNELS_OF = {
    "tests/cases/test_corpora.py": "tests/workloads/embed",
    "tests/cases/test_crawls.py": "tests/workloads/dedup",
    "tests/cases/test_ratings.py": "tests/workloads/recommend",
}
LONGEST = "tests/end_to_end/test_ray_losses.py"
ON_RAY_WITH_KERNELS = (
    "tests/end_to_end/test_ray_capacity.py",
    "tests/end_to_end/test_ray_hosts.py",
    "tests/end_to_end/test_train.py",
    "tests/end_to_end/test_workloads.py",
    "tests/test_readme.py",
)
RACING_ROOMS = ("end_to_end", "dishonest")
SLOW_ROOMS = (
    "workloads",
    "end_to_end",
    "cases",
    "show",
    "dishonest",
    "run",
    "fuzz",
    "demo",
    "bench",
)

Inventory = Mapping[object, str]


def processes() -> Inventory:
    """Return every live process that this run started, by identity, each with its command line."""
    this = psutil.Process()
    ours = this.children(recursive=True)
    ours += [
        process
        for process in psutil.process_iter()
        if process != this and process.create_time() >= this.create_time() and is_marked(process)
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
    """Return the command line; empty if the process has ended, or waits to be reaped."""
    try:
        return (
            ""
            if process.status() == psutil.STATUS_ZOMBIE
            else f"{process.pid}: {' '.join(process.cmdline()) or process.name()}"
        )
    except (psutil.Error, OSError):
        return ""


def descriptors() -> Inventory:
    """Return every open descriptor of this process, each with its target where that is known."""
    inventory: dict[object, str] = {}
    for name in os.listdir("/dev/fd"):
        try:
            opened = os.fstat(int(name))
        except OSError:  # the one that listed the folder
            continue
        if "/mpl-data/fonts/" not in (path := target(name)):  # matplotlib keeps its fonts open
            inventory[int(name), opened.st_dev, opened.st_ino] = f"{name}: {path}"
    return inventory


def target(name: str) -> str:
    """Return what the descriptor leads to, or a word that says it is open."""
    try:
        return os.readlink(f"/proc/self/fd/{name}")
    except OSError:
        return "open"


def left_behind(
    look: Callable[[], Inventory], before: Inventory, grace_s: float = GRACE_S
) -> list[str]:
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


@pytest.fixture(autouse=True, scope="module")
def leaves_nothing_behind(mark: None) -> Iterator[None]:
    """Fail a module whose tests leave a process or a descriptor behind."""
    processes_before, descriptors_before = processes(), descriptors()
    yield
    running = left_behind(processes, processes_before)
    opened = left_behind(descriptors, descriptors_before)
    assert not running, f"left running: {running}"
    assert not opened, f"left open: {opened}"


class ByModule(LoadScopeScheduling):
    """Keep a module's tests in one process, which sets up once what they share.

    So are those of a folder in ``TOGETHER``: each process would otherwise read the same model, load
    the same fonts and draw the same figures, and in a new clone compile the same kernels. No more
    than ``MOST_CLUSTERS`` processes have modules that start Ray at a time.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        folder = WITH_KERNELS_OF.get(module, os.path.dirname(module))
        return folder if folder in TOGETHER else module

    def _assign_work_unit(self, node: WorkerController) -> None:
        """Give a process the next scope that it may have; where none is left, let it end."""
        others = sum(self._has_ray(other) for other in self.nodes if other is not node)
        for scope in self.workqueue:
            if others < MOST_CLUSTERS or not starts_ray(scope):
                self.workqueue.move_to_end(scope, last=False)
                super()._assign_work_unit(node)
                return
        node.shutdown()

    def _has_ray(self, node: WorkerController) -> bool:
        """Return whether a process has yet to end a scope that starts Ray."""
        return any(
            starts_ray(scope) and not all(ended.values())
            for scope, ended in self.assigned_work[node].items()
        )


@cache
def starts_ray(scope: str) -> bool:
    """Return whether a test of a module starts Ray; those of a folder in ``TOGETHER`` do not."""
    path = TESTS.parent / scope
    return path.is_file() and re.search(r"\bmark\.ray\b", path.read_text("utf-8")) is not None


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByModule:
    """Return how tests are dealt to processes, where there are several."""
    return ByModule(config, log)


def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes run the tests: many tests wait for a clock, so two per core."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Keep the modules and the tests out of the search for garbage: they stay to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(NEW_OBJECTS)
        gc.enable()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what runs the program, or a whole race."""
    if room_of(item) in RACING_ROOMS or "recorded" in fixtures_of(item):
        item.add_marker("terminal")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes longest, so that it is not left over at the end.

    Two processes begin with Ray, the others with the kernels: races on Ray that need these come
    last of those on Ray, when they are compiled, which every process would otherwise do anew.
    """
    items.sort(key=lambda item: (*SLOW_ROOMS, room_of(item)).index(room_of(item)))
    items.sort(key=lambda item: item.nodeid.startswith(ON_RAY_WITH_KERNELS))
    items.sort(key=lambda item: not item.get_closest_marker("ray"))
    items.sort(key=lambda item: not item.nodeid.startswith(LONGEST))


def room_of(item: pytest.Item) -> str:
    """Return the folder of tests that a test lies in, or its file's name."""
    return item.nodeid.partition("::")[0].removeprefix(f"{TESTS.name}/").partition("/")[0]


def fixtures_of(item: pytest.Item) -> Sequence[str]:
    """Return the names of the fixtures that a test asks for, directly or not."""
    return item.fixturenames if isinstance(item, pytest.Function) else ()
