"""How the program ends when the machine, the terminal or the program itself fails it.

The real program in a process of its own: whatever happens, it ends with a documented code, one
sentence, and no traceback.
"""

import errno
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.cli_group import EXIT_CODES
from harness.errors import ExitCode, cannot_write
from harness.files.journal import read
from harness.files.results import load
from harness.model import Status
from tests.builders import a_workload_file

pytestmark = pytest.mark.terminal

ROOT = Path(__file__).parents[2]
SHOWCASE = str(ROOT / "recordings" / "showcase")
RACE = ("--workload", "simulated", "--set", "seconds=0.05", "--set", "chunks=2", "--out", "take")
SILENT = (*RACE, "--ui", "none")

# Each is run in the program's process, before the program or when it imports a module.
FULL_DISK = "resource.setrlimit(resource.RLIMIT_FSIZE, ({}, {}))"
FEW_FILES = "resource.setrlimit(resource.RLIMIT_NOFILE, ({}, {}))"
INTERRUPT = "os.kill(os.getpid(), signal.{})"
PROGRAM = """
import importlib.abc, os, resource, signal, sys

# Some are ignored where nohup has started the tests, others where a script has, by &.
for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
    signal.signal(number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)

class AtImport(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == sys.argv[1]:
            sys.meta_path.remove(self)
            exec(sys.argv[2])

if sys.argv[1]:
    sys.meta_path.insert(0, AtImport())
else:
    exec(sys.argv[2])
from demo.__main__ import main
sys.exit(main(sys.argv[3:]))
"""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What happens to the program: ``act`` is run when it imports ``at`` (empty: at the start).

    ``stdout`` is opened as its output (empty: a pipe that is read). It ends with ``code``, the
    sentence ``error`` (empty: it prints none) and a hint that contains ``hint``.
    """

    sentence: str
    argv: tuple[str, ...]
    code: int
    error: str
    hint: str = ""
    act: str = ""
    at: str = ""
    stdout: str = ""

    def __str__(self) -> str:
        """Return what the test is called by."""
        return self.sentence


def interrupted(at: str, name: str, *argv: str) -> Case:
    """Return the case of a signal that comes while a module is imported."""
    number = signal.Signals[name]
    return Case(
        sentence=f"{name} while {at} is imported",
        argv=argv,
        act=INTERRUPT.format(name),
        at=at,
        code=128 + number,
        error="stopped before the end",
    )


CASES = (
    interrupted("demo.cli", "SIGINT", "--help"),
    interrupted("demo.cli", "SIGTERM", "--help"),
    interrupted("demo.options", "SIGINT", *SILENT),
    interrupted("demo.options", "SIGHUP", *SILENT),
    interrupted("matplotlib", "SIGINT", "slide", SHOWCASE, "--out", "slides"),
    interrupted("matplotlib", "SIGQUIT", "slide", SHOWCASE, "--out", "slides"),
    Case(
        sentence="SIGTERM while the pictures of a race are drawn",
        argv=SILENT,
        act="import demo.race.show as show; show.write_outputs = lambda *_: "
        + INTERRUPT.format("SIGTERM"),
        code=143,
        error="stopped before the end",
        hint="the take is complete: `twoclocks slide take` shows it",
    ),
    Case(
        sentence="help that no disk takes",
        argv=("--help",),
        stdout="/dev/full",
        code=3,
        error="the program cannot go on: No space left on device",
        hint="free some space",
    ),
    Case(
        sentence="an audit that no disk takes",
        argv=("audit", SHOWCASE),
        stdout="/dev/full",
        code=3,
        error="the program cannot go on: No space left on device",
        hint="free some space",
    ),
    Case(
        sentence="lines of a race that no disk takes",
        argv=(*RACE, "--ui", "plain"),
        stdout="/dev/full",
        code=3,
        error="cannot write to standard output: No space left on device",
        hint="what was observed is in take",
    ),
    Case(
        sentence="a journal for which the disk is too full",
        argv=SILENT,
        act=FULL_DISK.format(4_500, 4_500),
        at="demo.race.session",
        code=3,
        error="cannot write take/events.jsonl: File too large",
        hint="what was observed is in take",
    ),
    Case(
        sentence="figures for which the disk is too full",
        argv=("slide", SHOWCASE, "--out", "slides"),
        act=FULL_DISK.format(5_000, 5_000),
        at="harness.show.figures.page",
        code=3,
        error="cannot write slides: File too large",
        hint="or name another folder with --out",
    ),
    Case(
        sentence="a page for which the disk is too full",
        argv=("play", SHOWCASE, "--into", "run.html"),
        act=FULL_DISK.format(5_000, 5_000),
        code=3,
        error="cannot write run.html: File too large",
        hint="or name another file with --into",
    ),
    Case(
        sentence="a new workload for which the disk is too full",
        argv=("new", "mine"),
        act=FULL_DISK.format(100, 100),
        code=3,
        error="cannot write mine.py: File too large",
        hint="change to a folder",
    ),
    Case(
        sentence="a side for which too many files are open",
        argv=SILENT,
        act=FEW_FILES.format(10, 10),
        at="demo.race.session",
        code=3,
        error="the program cannot go on: Too many open files",
        hint="ulimit -n",
    ),
    Case(
        sentence="no memory",
        argv=("audit", SHOWCASE),
        act="raise MemoryError",
        at="demo.report",
        code=3,
        error="this machine has no memory left",
        hint="end other programs",
    ),
    Case(
        sentence="an endless recursion",
        argv=("audit", SHOWCASE),
        act="raise RecursionError('maximum recursion depth exceeded')",
        at="demo.report",
        code=3,
        error="twoclocks itself failed: RecursionError: maximum recursion depth exceeded",
        hint="report this with /",
    ),
    Case(
        sentence="a package that is not installed",
        argv=("audit", SHOWCASE),
        act="raise ModuleNotFoundError(\"No module named 'msgspec'\")",
        at="msgspec",
        code=3,
        error="twoclocks is not completely installed: No module named 'msgspec'",
        hint="make setup",
    ),
    Case(
        sentence="a fault in what draws the plain lines",
        argv=(*RACE, "--ui", "plain"),
        act="import harness.show.terminal.log_lines as lines; lines.new_lines = None",
        code=3,
        error="twoclocks itself failed: TypeError: 'NoneType' object is not callable",
        hint="what was observed is in take",
    ),
)


@dataclass(frozen=True)
class Ended:
    """How the program ended: its code and what it printed to standard error."""

    code: int
    errors: str

    @property
    def lines(self) -> list[str]:
        """Return the lines that say something."""
        return [line for line in self.errors.splitlines() if line]


def ended(case: Case, folder: Path) -> Ended:
    """Run the program in a folder of its own, and return how it ended."""
    # Python does not notice that a disk was too full for a module that it has compiled.
    environment = {
        "PYTHONPATH": str(ROOT),
        "TMPDIR": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    with open(case.stdout or os.devnull, "w") as stdout:
        ran = subprocess.run(
            [sys.executable, "-c", PROGRAM, case.at, case.act, *case.argv],
            cwd=folder,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=120,
            check=False,
        )
    return Ended(ran.returncode, ran.stderr)


@pytest.mark.skipif(sys.platform != "linux", reason="limits and /dev/full are Linux's")
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_program_ends_with_one_sentence_and_a_documented_code(
    case: Case, tmp_path: Path
) -> None:
    how = ended(case, tmp_path)
    first, *rest = how.lines
    assert (how.code, first) == (case.code, f"error: {case.error}")
    assert [line.partition(": ")[0] for line in rest] == (["hint"] if case.hint else [])
    assert case.hint in "".join(rest)
    take = tmp_path / "take"
    if (take / "results.json").exists() and case.code == 3:
        assert load(take / "results.json").status is Status.FAILED
        assert read(take / "events.jsonl").events


@pytest.mark.parametrize("code", ExitCode)
def test_every_exit_code_is_documented(code: ExitCode) -> None:
    guide = (ROOT / "demo" / "README.md").read_text(encoding="utf-8")
    assert f"| {code:d} | " in guide
    assert f"\n  {code:d}   " in EXIT_CODES


def test_what_nobody_reads_ends_as_by_the_signal_of_a_broken_pipe(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with open(writing, "w") as closed:
        ran = subprocess.run(
            [sys.executable, "-m", "demo", "audit", SHOWCASE],
            cwd=ROOT,
            stdout=closed,
            stderr=subprocess.PIPE,
            check=False,
        )
    assert (ran.returncode, ran.stderr) == (128 + signal.SIGPIPE, b"")


def test_errors_that_nobody_reads_change_no_code(tmp_path: Path) -> None:
    with open("/dev/full", "w") as full:
        code = subprocess.run(
            [sys.executable, "-m", "demo", "audit", str(tmp_path / "none")],
            cwd=ROOT,
            stderr=full,
            check=False,
        ).returncode
    assert code == 2


def test_the_results_of_a_take_that_was_removed_are_saved_elsewhere(tmp_path: Path) -> None:
    remove = "def distributed(given, pool, report): import shutil; shutil.rmtree('take'); return 0"
    path = a_workload_file(tmp_path, remove)
    argv = ("--workload", path, "--ui", "none", "--out", "take")
    how = ended(Case(sentence="", argv=argv, code=3, error=""), tmp_path)
    first, hint = how.lines
    assert (how.code, first) == (
        3,
        "error: cannot write take/results.json: No such file or directory",
    )
    (elsewhere,) = tmp_path.glob("twoclocks-*/results.json")
    assert f"the results are in {elsewhere}" in hint
    assert len(load(elsewhere).trials) == 2


def test_what_a_side_prints_onto_a_full_disk_ends_it_with_the_reason(tmp_path: Path) -> None:
    fill = "def baseline(given, report): print('x' * 50_000); return 0"
    argv = ("--workload", a_workload_file(tmp_path, fill), "--ui", "none", "--out", "take")
    act = FULL_DISK.format(40_000, 40_000)
    how = ended(
        Case(sentence="", argv=argv, act=act, at="demo.race.session", code=3, error=""), tmp_path
    )
    first, hint = how.lines
    assert (how.code, first) == (3, "error: the baseline side failed: File too large")
    assert hint.startswith("hint: allow larger files with `ulimit -f unlimited`; it was raised in")


LACKING = {
    errno.ENOSPC: "free some space on that disk, or ",
    errno.EDQUOT: "free some space within your quota, or ",
    errno.EFBIG: "allow larger files with `ulimit -f unlimited`, or ",
    errno.EMFILE: "allow more open files with `ulimit -n 1024`, or ",
    errno.ENFILE: "end programs that hold many files open, or ",
    errno.ENOMEM: "end other programs, which use the memory, or ",
    errno.EIO: "look for a failing disk or a lost connection to it, or ",
}
NOT_LACKING = (errno.EACCES, errno.EROFS, errno.ENOTDIR, errno.ENAMETOOLONG)


@pytest.mark.parametrize("number", [*LACKING, *NOT_LACKING], ids=errno.errorcode.get)
def test_what_cannot_be_written_is_the_machines_failure_where_no_other_file_could_be(
    number: int,
) -> None:
    error = cannot_write("take", OSError(number, os.strerror(number)), "name another folder")
    assert error.sentence == f"cannot write take: {os.strerror(number)}"
    assert error.hint == f"{LACKING.get(number, '')}name another folder"
    assert error.exit_code == (3 if number in LACKING else 2)
