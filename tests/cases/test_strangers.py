"""A race that a stranger would read, take over, or slip code into: none of it comes to anything.

One real race serves most cases: it runs in a folder full of a stranger's modules, and while its
workers are armed another account of this machine looks at everything that it has opened.
"""

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest

from harness import events as e
from harness.files import atomic
from harness.files.jsonl import append
from harness.model import Side
from harness.run import start
from tests.cases.strangers import (
    files_below,
    put_in_the_way,
    ran_in,
    secrets_within_reach,
    within_reach,
)
from tests.terminals import (
    PYTHON,
    ROOT,
    PipedProgram,
    at_once,
    journal,
    status,
    surroundings,
    wait_for,
)

pytestmark = pytest.mark.terminal

needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can take another account's rights"
)

WORKLOAD = """
import os, sys, time
from dataclasses import dataclass
from twoclocks import Metric, Problem, Workload

@dataclass(frozen=True)
class Settings:
    folder: str
    chunks: int = 8

def load(settings):
    import json, queue
    return Problem(input=settings.folder, held_out=None, items=settings.chunks)

def work(folder):
    import json, msgspec, numpy, queue, secrets, tomllib
    import neighbour
    assert os.getcwd() == folder, os.getcwd()
    time.sleep(0.2)
    return neighbour.ONE

def baseline(folder, report):
    done = 0
    for _ in range(8):
        done += work(folder)
        report(done)
    return done

def distributed(folder, pool, report):
    return sum(result.value for result in pool.map(work, [folder] * 8, report=report))

WORKLOAD = Workload(
    name="strange", params=Settings(""), load=load, baseline=baseline, distributed=distributed,
    quality=lambda answer, _: answer / 8, metric=Metric("share done"), unit="chunks",
)
"""


@dataclass(frozen=True)
class ObservedRace:
    """What was found while a race was armed, and how it ended."""

    status: str
    errors: str
    ran: str
    files: Mapping[Path, int]
    reached: list[Path]
    environments_reached: list[int]
    token: str
    titles: tuple[str, ...]
    tokens_in_files: tuple[Path, ...]


def as_installed(*words: str) -> list[str]:
    """Return the command line of a verb as the console script starts it."""
    return start.command("demo.__main__", *words)


@pytest.fixture(scope="module")
def observed() -> Iterator[ObservedRace]:
    """Run a race in a stranger's folder, and look at it once both sides are armed."""
    own = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    own.chmod(0o755)  # so that nothing is out of reach but for the race's own care
    here, scratch, there = (own / name for name in ("here", "s", "there"))
    for folder in (here, scratch, there):
        folder.mkdir()
    scratch.chmod(0o1777)
    put_in_the_way(here)
    (there / "mine.py").write_text(WORKLOAD)
    (there / "neighbour.py").write_text("ONE = 1\n")
    command = as_installed(
        *("race", "--workload", "../there/mine.py", "--set", f"folder={here}", "--workers", "2"),
        *("--ui", "plain", "--yes", "--out", "take"),
    )
    try:
        yield observe(command, here, scratch)
    finally:
        shutil.rmtree(own)


def observe(command: list[str], here: Path, scratch: Path) -> ObservedRace:
    """Run the race in ``here``, and look at it in the middle."""
    environment = {"TMPDIR": str(scratch), "HOME": str(here)}
    with PipedProgram(command, environment=environment, cwd=here) as race:
        wait_for(lambda: race.process.poll() is not None or armed(here / "take"))
        processes = psutil.Process(race.process.pid).children(recursive=True)
        files = files_below([scratch])
        token = next(filter(None, (p.environ().get("RAY_AUTH_TOKEN") for p in processes)), "")
        titles = tuple(" ".join(process.cmdline()) for process in processes)
        root = os.geteuid() == 0
        reached = within_reach(files) if root else []
        environments = secrets_within_reach(p.pid for p in processes) if root else []
        holding = tuple(path for path, mode in files.items() if holds(path, mode, token))
        said = race.output()
    return ObservedRace(
        status=status(here / "take"),
        errors=said.errors,
        ran=ran_in(here),
        files=files,
        reached=reached,
        environments_reached=environments,
        token=token,
        titles=titles,
        tokens_in_files=holding,
    )


def armed(take: Path) -> bool:
    """Return whether the distributed side of the race is armed."""
    return any(
        isinstance(event, e.Ready) and event.side is Side.DISTRIBUTED for event in journal(take)
    )


def holds(path: Path, mode: int, text: str) -> bool:
    """Return whether a regular file holds a text."""
    return bool(text) and stat.S_ISREG(mode) and text.encode() in path.read_bytes()


@pytest.mark.ray
def test_a_race_among_a_strangers_modules_ends_as_anywhere_else(observed: ObservedRace) -> None:
    assert (observed.status, observed.errors) == ("complete", "")


@pytest.mark.ray
def test_no_module_of_the_current_folder_is_run_by_any_process_of_a_race(
    observed: ObservedRace,
) -> None:
    assert observed.ran == ""


@pytest.mark.ray
@needs_root
def test_another_account_reaches_nothing_of_a_race_but_that_it_has_a_folder(
    observed: ObservedRace,
) -> None:
    assert any(stat.S_ISSOCK(mode) for mode in observed.files.values())
    assert [path.name for path in observed.reached] == ["s"]  # the folder for everybody's scratch


@pytest.mark.ray
@needs_root
def test_another_account_reads_no_environment_of_a_race(observed: ObservedRace) -> None:
    assert observed.environments_reached == []


@pytest.mark.ray
def test_the_clusters_token_stands_in_no_command_line_and_no_file(observed: ObservedRace) -> None:
    assert len(observed.token) == 64
    assert not any(observed.token in title for title in observed.titles)
    assert observed.tokens_in_files == ()


@dataclass(frozen=True)
class Case:
    """A command line that is started in a stranger's folder, and what it prints."""

    sentence: str
    words: tuple[str, ...]
    prints: str
    exit_codes: tuple[int, ...] = (0,)
    way: str = "installed"


PAIR = ("race", "--ui", "none", "--yes", "--baseline", "echo 1", "--distributed", "echo 1")
CASES = (
    Case("help", ("--help",), "Usage:"),
    Case("help of a clone that is not installed", ("--help",), "Usage:", way="clone"),
    Case("version", ("--version",), "version"),
    Case("audit", ("audit", str(ROOT / "recordings/showcase")), "R30"),
    Case("audit in a clone", ("audit", str(ROOT / "recordings/showcase")), "R30", way="clone"),
    Case("slide", ("slide", str(ROOT / "recordings/showcase"), "--out", "drawn"), "recall@10"),
    Case("a new workload", ("new", "mine"), "mine.py"),
    Case("a simulated race in a clone", ("race", "--ui", "none", "--yes"), "", way="clone"),
    Case("a pair of commands", (*PAIR, "--out", "pair"), "", exit_codes=(0, 4)),
    Case(
        "a workload of that name as a built-in one's module",
        ("race", "--workload", "numpy", "--ui", "none"),
        "numpy defines no WORKLOAD",
        exit_codes=(2,),
    ),
    Case(
        "a package of the presenter's own",
        ("race", "--workload", "theirs.work", "--ui", "none", "--yes", "--out", "own"),
        "",
    ),
)


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return the folders that the cases are run in, each full of a stranger's modules."""
    installed, clone = (tmp_path_factory.mktemp(name) for name in ("installed", "clone"))
    put_in_the_way(installed)
    put_in_the_way(clone, packages=())
    for name in ("demo", "harness", "workloads"):
        (clone / name).symlink_to(ROOT / name)
    (installed / "theirs").mkdir()
    (installed / "theirs" / "work.py").write_text(OWN)
    return {"installed": installed, "clone": clone}


@pytest.fixture(scope="module")
def ended(desks: Mapping[str, Path]) -> Mapping[str, subprocess.CompletedProcess[str]]:
    """Return how each case ended; they run side by side, since most of them wait."""
    return at_once({case.sentence: partial(run, case, desks[case.way]) for case in CASES})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_a_verb_does_among_a_strangers_modules_what_it_does_elsewhere(
    ended: Mapping[str, subprocess.CompletedProcess[str]], case: Case
) -> None:
    done = ended[case.sentence]
    assert case.prints in done.stdout + done.stderr
    assert done.returncode in case.exit_codes, done.stderr


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize("way", ["installed", "clone"])
def test_no_module_beside_the_presenter_is_run(desks: Mapping[str, Path], way: str) -> None:
    assert ran_in(desks[way]) == ""


OWN = """
import dataclasses
from workloads.simulated import WORKLOAD as ITS

WORKLOAD = dataclasses.replace(ITS, name="theirs")
"""


def run(case: Case, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a case's command line in a folder."""
    quick = ("--set", "seconds=0.5") if "theirs.work" in case.words or case.way == "clone" else ()
    words = (*case.words, *(quick if "race" in case.words else ()))
    if case.way == "clone":
        words = (*words, "--workload", "simulated") if "race" in words else words
        command = [PYTHON, "-m", "demo", *words]
    else:
        command = as_installed(*words)
    environment = surroundings({"HOME": str(folder)})
    environment.pop("PYTHONPATH", None)
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        check=False,
    )


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_the_umask_decides_who_reads_a_take(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        atomic.replace(tmp_path / "results.json", b"{}")
        append(tmp_path / "history.jsonl", b"{}")
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert modes == {0o666 & ~umask}
