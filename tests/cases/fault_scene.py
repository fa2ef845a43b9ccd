"""A race on Ray that stands still at a moment, a fault that befalls it there, and what is seen.

Imports its neighbours among the tests, and ``harness`` to read the take.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import psutil

from harness import events as e
from harness.errors import ExitCode, TwoclocksError
from harness.files.results import load
from harness.model import Results, Side, Status
from harness.run.scratch import sweep
from tests.cases.standing import HERE, ON
from tests.end_to_end.hosts import Hosts
from tests.races import Witness, code_when_quiet, lives
from tests.terminals import ROOT, Follower, PipedProgram, Terminal, race

WORKLOAD = "tests/cases/standing.py"
COMES_WITHIN_S = 300.0
ENDS_WITHIN_S = 240.0
GONE_WITHIN_S = 30.0
LOOK_EVERY_S = 0.1
HUNG = "HUNG"
Words = Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a race runs: its options, environment, the words before its command, and hosts.

    ``remains`` says after the race whether all that was there before is still there.
    """

    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    wrap: Callable[[Words], Words] = list
    hosts: Hosts | None = None
    remains: Callable[[], bool] = lambda: True


@contextlib.contextmanager
def this_machine() -> Iterator[Place]:
    """Yield this machine as it is."""
    yield Place()


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What is promised in ``words``: one of the exit ``codes``, and with ``right`` an answer.

    ``journal``: it is kept; ``results``: so are they, in the take.
    """

    words: str
    codes: tuple[int, ...]
    right: bool = False
    journal: bool = True
    results: bool = True


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A fault ``what`` at a ``moment`` (empty: it is there from the start), and what is promised.

    ``side`` stands still then, and ``befall`` does the fault to it; ``deed`` is done by who stands.
    It is tried ``times`` times.
    """

    what: str
    moment: str
    promise: Promise
    befall: Callable[["Scene"], None] = lambda _: None
    side: Side = Side.DISTRIBUTED
    deed: str = ""
    options: tuple[str, ...] = ()
    terminal: bool = False
    place: Callable[[], AbstractContextManager[Place]] = this_machine
    times: int = 1

    @property
    def when(self) -> str:
        """Return the moment in the table's words."""
        return self.moment or "from the start"

    @property
    def name(self) -> str:
        """Return the fault and its moment in one line."""
        return f"{self.what}, {self.when}"


@dataclass
class Scene:
    """A race that stands still: who stands, all that runs, and its events so far."""

    pair: Pair
    own: Path
    program: PipedProgram | Terminal
    witness: Witness
    follower: Follower
    place: Place
    standing: int = 0
    closed: bool = False
    beside: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def pid(self) -> int:
        """Return the program's pid."""
        return self.program.process.pid

    @property
    def take(self) -> Path:
        """Return the take's folder."""
        return self.own / "take"

    def pid_of(self, side: Side) -> int:
        """Return the pid of a side's process."""
        launched = [
            event.pid
            for event in self.follower.more()
            if isinstance(event, e.Launched) and event.side is side
        ]
        return launched[-1]

    def look(self) -> None:
        """Read what is shown, and note what runs."""
        self.witness.look()
        if self.closed or isinstance(self.program, PipedProgram):
            time.sleep(LOOK_EVERY_S)
        else:
            self.program.linger(LOOK_EVERY_S)

    def until(self, wanted: Callable[[], bool], within_s: float) -> bool:
        """Look on until it is so, or the program has ended; return whether it came in time."""
        until = time.monotonic() + within_s
        while not wanted() and self.program.process.poll() is None:
            if time.monotonic() > until:
                return False
            self.look()
        return True

    def comes(self) -> bool:
        """Return whether somebody stands still."""
        mark = self.own / "stands" / HERE
        with contextlib.suppress(OSError, ValueError):
            self.standing = int(mark.read_text())
        return self.standing > 0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was seen of a pair; ``came`` is whether somebody stood still at the moment.

    ``seconds`` are from the fault (or the start) until everything had ended, ``left`` the pids that
    did not, ``litter`` what lay below the temporary folder once that was swept and nobody had
    named. ``results`` are None where they cannot be read. ``sane`` is the terminal's state,
    ``remains`` the place's.
    """

    came: bool
    hung: bool
    exit_code: int
    seconds: float
    left: tuple[int, ...]
    litter: tuple[str, ...]
    said: str
    results: Results | None
    journal: int
    sane: bool
    remains: bool

    @property
    def code(self) -> int:
        """Return the exit code that it would have had on a quiet machine."""
        if self.results is None:
            return self.exit_code
        return code_when_quiet(self.exit_code, self.results)

    @property
    def right(self) -> bool:
        """Return whether the race came to its end with the same answer on both sides."""
        trials = self.results.trials if self.results else ()
        answers = {trial.answer_sha256 for trial in trials}
        complete = self.results is not None and self.results.status is Status.COMPLETE
        return complete and len(trials) >= 2 and len(answers) == 1

    @property
    def recoveries(self) -> list[float]:
        """Return how long each lost worker took until it had caught up, from when it was lost."""
        trials = self.results.trials if self.results else ()
        faults = [fault for trial in trials for fault in trial.faults]
        return [fault.caught_up_s for fault in faults if fault.caught_up_s is not None]

    def broken(self, promise: Promise) -> list[str]:
        """Return what was promised and did not come true."""
        must_be_right = promise.right or self.exit_code in (ExitCode.DONE, ExitCode.REFUSED)
        lacks = {
            "nobody came to the moment": not self.came,
            HUNG: self.hung,
            f"exit {self.code}": self.code not in promise.codes,
            f"{len(self.left)} processes LEFT": bool(self.left),
            "files LEFT": bool(self.litter),
            "the answer is not RIGHT": must_be_right and not self.right,
            "the journal is LOST": promise.journal and not self.journal,
            "the results are LOST": promise.results and self.results is None,
            "no sentence": self.exit_code == 3 and "error: " not in self.said,
            "a TRACEBACK": "Traceback" in self.said,
            "the terminal is not SANE": not self.sane,
            "what was there before is GONE": not self.remains,
        }
        return [words for words, so in lacks.items() if so]


def outcomes_of(pair: Pair) -> list[Outcome]:
    """Put as many races as the pair asks for through it, one after the other."""
    return [outcome_of(pair) for _ in range(pair.times)]


def outcome_of(pair: Pair) -> Outcome:
    """Put a race through a fault, and look at what is left."""
    own = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))
    for name in ("stands", "s", "h"):
        (own / name).mkdir()
    try:
        with pair.place() as place, _started(pair, own, place) as program:
            witness = Witness(program.process.pid, own)
            scene = Scene(pair, own, program, witness, Follower(own / "take"), place)
            return _seen(scene)
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _started(pair: Pair, own: Path, place: Place) -> PipedProgram | Terminal:
    settings = {"stands": own / "stands", "moment": pair.moment, "side": pair.side.value}
    sets = [f"{name}={value}" for name, value in (settings | {"deed": pair.deed}).items() if value]
    words = race(
        own / "take",
        *("--yes", "--workers", "2", "--ui", "live" if pair.terminal else "plain"),
        *("--stall-after", "2", "--give-up-after", "120"),
        *(word for one in sets for word in ("--set", one)),
        *place.options,
        *pair.options,
        workload=WORKLOAD,
    )
    environment = {
        "TMPDIR": str(own / "s"),
        "HOME": str(own / "h"),
        **place.environment,
    }
    program = Terminal if pair.terminal else PipedProgram
    return program(place.wrap(words), environment=environment, cwd=ROOT)


def _seen(scene: Scene) -> Outcome:
    """Wait for the moment, have the fault befall the race, and wait for its end."""
    began = time.monotonic()
    came = not scene.pair.moment
    if scene.pair.moment:
        scene.until(scene.comes, COMES_WITHIN_S)
        came = scene.standing > 0
        scene.witness.looked = 0.0
        scene.witness.look()
        began = time.monotonic()
        if came:
            scene.pair.befall(scene)
    (scene.own / "stands" / ON).touch()
    process = scene.program.process
    hung = not scene.until(lambda: False, ENDS_WITHIN_S)
    if hung:
        process.kill()
    exit_code = process.wait()
    codes = [one.wait(ENDS_WITHIN_S) for one in scene.beside]
    left = _left_of(scene.witness)
    seconds = time.monotonic() - began
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return _outcome(scene, came, hung, exit_code or next(filter(None, codes), 0), left, seconds)


def _outcome(
    scene: Scene, came: bool, hung: bool, exit_code: int, left: tuple[int, ...], seconds: float
) -> Outcome:
    scratch, said = scene.own / "s", _said(scene)
    sweep([str(scratch)])  # as the next run does
    results: Results | None = None
    with contextlib.suppress(OSError, TwoclocksError):
        results = load(scene.take / "results.json")
    return Outcome(
        came=came,
        hung=hung,
        exit_code=exit_code,
        seconds=seconds,
        left=left,
        litter=tuple(path.name for path in scratch.iterdir() if path.name not in said),
        said=said,
        results=results,
        journal=_lines(scene.take / "events.jsonl"),
        sane=_is_sane(scene),
        remains=scene.place.remains(),
    )


def _said(scene: Scene) -> str:
    program = scene.program
    if isinstance(program, PipedProgram):
        said = program.output().errors
    else:
        said = program.raw.decode(errors="replace")
    return said.replace(f"{scene.own}/", "")


def _is_sane(scene: Scene) -> bool:
    """Return whether the terminal is as it was, where it is still there."""
    program = scene.program
    if isinstance(program, PipedProgram) or scene.closed or program.process.returncode < 0:
        return True
    look = program.look()
    return program.modes() == program.modes_before and look.cursor and not look.alternate


def _lines(path: Path) -> int:
    return len(path.read_bytes().splitlines()) if path.exists() else 0


def _left_of(witness: Witness) -> tuple[int, ...]:
    """Return those that do not end within a while."""
    until = time.monotonic() + GONE_WITHIN_S
    while (left := witness.left) and time.monotonic() < until:
        time.sleep(0.1)
    return tuple(left)


def workers_of(scene: Scene) -> list[int]:
    """Return the workers that live, by the names that Ray gives their processes.

    Its agents are called so, too, but are none: a raylet ends with them.
    """
    scene.witness.looked = 0.0
    scene.witness.look()
    alive = [one for one in scene.witness.processes.values() if lives(one)]
    named = {one.pid: _command(one) for one in alive}
    return [pid for pid, name in named.items() if name.startswith("ray::") and "Agent" not in name]


def _command(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""
