"""Odd accounts, environments and folders: the program works there, or names in one sentence what is
in its way. It never shows a traceback.
"""

import functools
import os
import shlex
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from harness.run.home import hide_home, home_folder
from harness.run.scratch import short_folder
from tests.cases.strangers import NOBODY
from tests.cases.test_strangers import as_installed
from tests.terminals import PYTHON, ROOT, at_once, surroundings

pytestmark = pytest.mark.terminal

SHOWCASE = str(ROOT / "recordings" / "showcase")
HELP, AUDIT = ("--help",), ("audit", SHOWCASE)
OPTIONS = ("--set", "seconds=0.5", "--ui", "plain", "--yes")
RACE = ("race", "--workload", "simulated", *OPTIONS)
UNDRAWN = ("race", "--workload", str(ROOT / "tests" / "refused.py"), *OPTIONS)
"""A race of which no pictures are drawn, since that takes most of its core-seconds; ends with 4."""
GONE = "mkdir gone; cd gone; rmdir ../gone; {}"
ASCII = {
    "LC_ALL": "POSIX",
    "PYTHONIOENCODING": "ascii",
    "PYTHONUTF8": "0",
    "PYTHONCOERCECLOCALE": "0",
}
NO_RAY_THERE = {"RAY_ADDRESS": "http://127.0.0.1:8265"}
A_FILE = "mine.py"


@dataclass(frozen=True)
class Case:
    """A command line somewhere, its exit code, and a part of what it prints or says.

    ``shell`` starts the command line, which stands for {}. ``unset`` are variables that are not
    set. ``account`` is whether it is started by an account that has neither name nor home.
    """

    sentence: str
    words: tuple[str, ...]
    says: str
    exit_code: int = 0
    environment: Mapping[str, str] = field(default_factory=dict)
    unset: tuple[str, ...] = ()
    shell: str = "exec {}"
    account: bool = False


CASES = (
    Case("help has its words without docstrings", HELP, "Race a", 0, {"PYTHONOPTIMIZE": "2"}),
    Case("so have the verbs", ("sweep", "--help"), "several numbers", 0, {"PYTHONOPTIMIZE": "2"}),
    Case("help asks for no more input", HELP, "Exit codes", 0, {"PYTHONINSPECT": "1"}),
    Case("an error keeps its code then", ("nonsense",), "nonsense", 2, {"PYTHONINSPECT": "1"}),
    Case("warnings as errors", AUDIT, "R30", 0, {"PYTHONWARNINGS": "error"}),
    Case("development mode", AUDIT, "R30", 0, {"PYTHONDEVMODE": "1"}),
    Case("an ASCII terminal", AUDIT, "R30", 0, ASCII),
    Case("an unknown locale", AUDIT, "R30", 0, {"LC_ALL": "xx_XX.nope"}),
    Case("an unknown time zone", AUDIT, "R30", 0, {"TZ": ":/no/such/zone"}),
    Case("an unknown terminal", AUDIT, "R30", 0, {"TERM": "no-such-terminal"}),
    Case("no terminal's name", AUDIT, "R30", unset=("TERM",)),
    Case("a terminal of one column", AUDIT, "R30", 0, {"COLUMNS": "1", "LINES": "1"}),
    Case("columns that are no number", AUDIT, "R30", 0, {"COLUMNS": "many"}),
    Case("nine files at once", AUDIT, "R30", shell="ulimit -n 9; exec {}"),
    Case("half a gigabyte of addresses", AUDIT, "R30", shell="ulimit -v 500000; exec {}"),
    Case("no standard output", AUDIT, "", shell="exec {} >&-"),
    Case("no standard stream at all", AUDIT, "", shell="exec {} <&- >&- 2>&-"),
    Case("a full standard output", HELP, "No space left", 3, shell="exec {} >/dev/full"),
    Case("a home that cannot be", AUDIT, "R30", 0, {"HOME": "/proc/no-such-home"}),
    Case("an empty home", AUDIT, "R30", 0, {"HOME": ""}),
    Case("an account without name and home", AUDIT, "R30", unset=("HOME",), account=True),
    Case("a start-up file of Python's", AUDIT, "R30", 0, {"PYTHONSTARTUP": "/nope"}),
    Case("an option of pip's", AUDIT, "R30", 0, {"PIP_USER": "1"}),
    Case("another NumPy for an audit", AUDIT, "R30", 0, {"PYTHONPATH": "{old}"}),
    Case(
        "another NumPy for a slide",
        ("slide", SHOWCASE, "--out", "drawn"),
        "unset PYTHONPATH",
        3,
        {"PYTHONPATH": "{old}"},
    ),
    Case(
        "another NumPy for a workload",
        ("race", "--workload", "theirs.py", "--ui", "none"),
        "__init__.py, line 1, in <module>; unset PYTHONPATH",
        2,
        {"PYTHONPATH": "{old}"},
    ),
    Case(
        "another program's backend of matplotlib",
        ("slide", SHOWCASE, "--out", "drawn"),
        "unset MPLBACKEND",
        3,
        {"MPLBACKEND": "another program's"},
    ),
    Case(
        "a style file that is no text",
        ("slide", SHOWCASE, "--out", "drawn"),
        "move the file matplotlibrc away",
        3,
        shell="printf '\\377' >matplotlibrc; exec {}",
    ),
    Case("an audit where the folder is gone", AUDIT, "R30", shell=GONE),
    Case("a race where the folder is gone", RACE, "current folder is there no more", 2, shell=GONE),
    Case("a check where the folder is gone", ("check",), "folder is there no more", 2, shell=GONE),
    Case("a folder that cannot be written to", ("new", "mine"), "mine.py", 2, shell="cd /proc; {}"),
    Case(
        "a dashboard in RAY_ADDRESS",
        ("race", "--workload", A_FILE, "--workers", "1"),
        "RAY_ADDRESS=http://127.0.0.1:8265 is the address of a dashboard",
        2,
        NO_RAY_THERE,
    ),
    Case("a dashboard matters to no simulated race", UNDRAWN, "results.json", 4, NO_RAY_THERE),
    Case("a race asks for no more input", UNDRAWN, "results.json", 4, {"PYTHONINSPECT": "1"}),
    Case("a race without docstrings", RACE, "results.json", 0, {"PYTHONOPTIMIZE": "2"}),
    Case("a race of no named account", RACE, "results.json", unset=("HOME",), account=True),
    Case("a race in private", RACE, "results.json", shell="umask 077; exec {}"),
    Case("a race in a terminal of ASCII", UNDRAWN, "results.json", 4, ASCII),
    Case("a race with sixty-four files", RACE, "results.json", shell="ulimit -n 64; exec {}"),
    Case("a race with nine files", RACE, "ulimit -n", 3, shell="ulimit -n 9; exec {}"),
    Case("temporary files nowhere named", RACE, "results.json", 0, {"TMPDIR": "/no/such/folder"}),
    Case("temporary files in an odd folder", UNDRAWN, "results.json", 4, {"TMPDIR": "{odd}"}),
    Case("a race into a folder of odd name", (*UNDRAWN, "--out", "mein ü\n*"), "results.json", 4),
)


@functools.cache
def others_can_run_python() -> bool:
    """Return whether an account of no name can start this interpreter with what is installed."""
    if os.geteuid() != 0:
        return False
    try:
        asked = subprocess.run(
            [PYTHON, "-c", "import msgspec, click"],
            user=NOBODY,
            group=NOBODY,
            extra_groups=[],
            cwd="/",
            capture_output=True,
            check=False,
        )
    except OSError:
        return False
    return asked.returncode == 0


def run(case: Case, folder: Path) -> "subprocess.CompletedProcess[str] | None":
    """Run a case's command line in a folder of its own (None: that cannot be done here)."""
    if case.account and not others_can_run_python():
        return None
    folder.mkdir()
    folder.chmod(0o777)
    (folder / A_FILE).write_text("from workloads.simulated import WORKLOAD as ITS\n" + MEASURED)
    (folder / "theirs.py").write_text("import numpy\n")
    places = {name: str(folder / name) for name in ("old", "odd")}
    (folder / "old" / "numpy").mkdir(parents=True)
    (folder / "old" / "numpy" / "__init__.py").write_text("raise ImportError('this NumPy is old')")
    (folder / "odd").mkdir()
    changes = {name: value.format(**places) for name, value in case.environment.items()}
    environment = surroundings(changes)
    for name in case.unset:
        environment.pop(name, None)
    other = NOBODY if case.account else None
    return subprocess.run(
        ["/bin/sh", "-c", case.shell.format(shlex.join(as_installed(*case.words)))],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        cwd=folder,
        env=environment,
        user=other,
        group=other,
        extra_groups=[] if case.account else None,
        timeout=300,
        check=False,
    )


MEASURED = "import dataclasses\nWORKLOAD = dataclasses.replace(ITS, simulated=False)\n"
Ended = Mapping[str, "subprocess.CompletedProcess[str] | None"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the folders in which the cases are run."""
    made = tmp_path_factory.mktemp("places")
    for folder in (made, made.parent, made.parent.parent):
        folder.chmod(0o755)  # pytest's own are closed to the account without a name
    return made


@pytest.fixture(scope="module")
def ended(folders: Path) -> Ended:
    """Return how each case ended; they run side by side, since races wait."""
    return at_once(
        {
            case.sentence: partial(run, case, folders / f"an ü {number}")
            for number, case in enumerate(CASES)
        }
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sentence)
def test_the_program_works_there_or_says_what_is_in_its_way(ended: Ended, case: Case) -> None:
    done = ended[case.sentence]
    if done is None:
        pytest.skip("no other account can be had here, or it cannot run this Python")
    said = done.stdout + done.stderr
    assert case.says in said
    assert (done.returncode, "Traceback" in said) == (case.exit_code, False), said


def test_a_take_made_in_private_is_nobody_elses_to_read(ended: Ended, folders: Path) -> None:
    number = next(at for at, case in enumerate(CASES) if case.sentence == "a race in private")
    take = next((folders / f"an ü {number}" / "recordings").iterdir())
    names = {path.name for path in take.iterdir()}
    assert {"results.json", "events.jsonl", "baseline.log", "headline.txt"} <= names
    assert not [path for path in (take, *take.rglob("*")) if path.stat().st_mode & 0o077]


def test_figures_look_alike_whatever_matplotlib_is_told_beside_them(tmp_path: Path) -> None:
    folders = [tmp_path / "plain", tmp_path / "styled"]
    for folder in folders:
        folder.mkdir()
    (folders[1] / "matplotlibrc").write_text("axes.facecolor: red\ntext.usetex: True\n")
    command = as_installed("slide", SHOWCASE, "--out", "drawn")
    at_once({str(at): partial(subprocess.run, command, cwd=at, check=True) for at in folders})
    drawn = [
        {file.name: file.read_bytes() for file in (folder / "drawn").iterdir()}
        for folder in folders
    ]
    assert drawn[0] == drawn[1]


@pytest.mark.parametrize("folder", ["/tmp", "/var/tmp"])
def test_a_short_and_plain_folder_is_used_for_temporary_files(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: folder)
    assert short_folder() == folder


@pytest.mark.parametrize("folder", ["/tmp/" + "x" * 20, "/tmp/my own", "/tmp/ü", "/tmp/$(x)"])
def test_a_folder_that_ray_could_not_use_is_not(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: folder)
    assert short_folder() == "/tmp"


@pytest.mark.parametrize("home", ["", ".", "/", "here"])
def test_a_home_that_is_no_folder_of_its_own_is_none(
    home: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", home)
    assert home_folder() is None


def test_without_a_home_nothing_is_hidden() -> None:
    assert hide_home("read ./a/b at /", None) == "read ./a/b at /"
