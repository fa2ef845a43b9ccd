"""Races that are watched from outside to their end, and acted on at moments on the way.

May import ``harness`` and its neighbours.
"""

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

import psutil

from harness import events as e
from harness.claims.rule import Evidence
from harness.claims.rules import refusals
from harness.errors import ExitCode
from harness.files.results import load
from harness.model import Process, Results, Side, Trial
from tests.terminals import Follower, PipedProgram, Terminal, journal, race

WORKLOAD = "tests/pieces.py"
ENDS_WITHIN_S = 240.0
LOOK_EVERY_S = 0.2

OF_OTHER_PROGRAMS = {"baseline-crowded-out", "faster-than-hardware"}
"""For what a race is refused that other programs, such as other tests, have disturbed."""

E = TypeVar("E", bound=e.Event)
Events = list[e.Event]


@dataclass
class Witness:
    """A program seen from outside while it runs: its descendants, and where they listen.

    ``stands`` is the folder in which its workers say that they stand still.
    """

    pid: int
    stands: Path
    processes: dict[tuple[int, float], psutil.Process] = field(default_factory=dict)
    listening: set[str] = field(default_factory=set)
    looked: float = 0.0

    def look(self) -> None:
        """Note every descendant once a second; looking more often would load the machine."""
        if time.monotonic() < self.looked + 1.0:
            return
        self.looked = time.monotonic()
        with contextlib.suppress(psutil.Error):
            for process in psutil.Process(self.pid).children(recursive=True):
                self.processes.setdefault((process.pid, process.create_time()), process)

    def listen(self) -> None:
        """Note every address that is listened on now; too costly to be done all the time."""
        for process in self.processes.values():
            with contextlib.suppress(psutil.Error):
                links = process.net_connections("inet")
                self.listening |= {
                    link.laddr.ip for link in links if link.status == psutil.CONN_LISTEN
                }

    def sees(self, name: str) -> bool:
        """Return whether a descendant of that name lives."""
        return any(lives(process) and process.name() == name for process in self.processes.values())

    def standing(self, moment: str) -> int:
        """Return the pid of the worker that stands still at a moment (0: none has come to it)."""
        mark = self.stands / moment
        return int((mark.exists() and mark.read_text()) or 0)

    def let_go_on(self) -> None:
        """Have whoever stands still go on, and have nobody stand still from now on.

        At one moment for all: somebody may come to stand still just now.
        """
        let_go = self.stands.with_name("let_go")
        self.stands.rename(let_go)
        shutil.rmtree(let_go, ignore_errors=True)

    @property
    def left(self) -> list[int]:
        """Return the processes that have not ended."""
        return [process.pid for process in self.processes.values() if lives(process)]


def lives(process: psutil.Process) -> bool:
    """Return whether the very process is still there and more than a name to be reaped."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@dataclass(frozen=True)
class Act:
    """Something to do to a race once its events and its processes show the moment."""

    when: Callable[[Events, Witness], bool]
    do: Callable[[Events, Witness], None]


def interrupt(when: Callable[[Events, Witness], bool]) -> Act:
    """Return a Ctrl-C."""
    return Act(when, lambda _, witness: os.kill(witness.pid, signal.SIGINT))


def stands_at(moment: str) -> Callable[[Events, Witness], bool]:
    """Return whether a worker stands still at a moment."""
    return lambda _, witness: witness.standing(moment) > 0


def at_work(events: Events, _: Witness) -> bool:
    """Return whether the distributed side is armed."""
    return any(isinstance(event, e.Ready) and event.side is Side.DISTRIBUTED for event in events)


@dataclass(frozen=True)
class Said:
    """What a race said and showed while it ran, and its exit code."""

    exit_code: int
    errors: str = ""
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Raced:
    """A race that has ended, with its take; ``litter`` is what is in its home and its scratch."""

    said: Said
    results: Results
    events: tuple[e.Event, ...]
    witness: Witness
    litter: tuple[str, ...]
    stopped_in_s: float

    @property
    def left_behind(self) -> tuple[list[int], tuple[str, ...]]:
        """Return the processes that are left, and the files in its home or its scratch folder."""
        return self.witness.left, self.litter

    def trials(self, side: Side) -> list[Trial]:
        """Return a side's trials."""
        return [trial for trial in self.results.trials if trial.side is side]

    def trial_on(self, workers: int) -> Trial:
        """Return the first trial on so many workers."""
        return next(trial for trial in self.trials(Side.DISTRIBUTED) if trial.workers == workers)

    def events_of(self, kind: type[E], side: Side = Side.DISTRIBUTED) -> list[E]:
        """Return a side's events of a kind."""
        return [event for event in self.events if isinstance(event, kind) and event.side is side]

    def course_on(self, workers: int) -> Events:
        """Return what happened in the first trial on so many workers, from go to the next go."""
        goes = [(at, go) for at, go in enumerate(self.events) if isinstance(go, e.Go)]
        ends = [*(at for at, _ in goes[1:]), len(self.events)]
        return next(
            list(self.events[at:end])
            for (at, go), end in zip(goes, ends, strict=True)
            if go.side is Side.DISTRIBUTED and go.workers == workers
        )

    def spans_on(self, workers: int) -> list[e.Span]:
        """Return what the workers did in the first trial on so many of them."""
        return [event for event in self.course_on(workers) if isinstance(event, e.Span)]

    def workers(self, side: Side) -> tuple[Process, ...]:
        """Return the processes that a side was armed with."""
        return self.events_of(e.Ready, side)[0].workers

    @property
    def answers(self) -> set[str]:
        """Return the digests of all trials' answers."""
        return {trial.answer_sha256 for trial in self.results.trials}


def raced(
    *options: str,
    verb: str = "race",
    acts: Sequence[Act] = (),
    stands: Sequence[int] = (),
    prefix: Sequence[str] = (),
    environment: Mapping[str, str] = MappingProxyType({}),
    program: Callable[..., PipedProgram | Terminal] = PipedProgram,
) -> Raced:
    """Run a race to its end in its own home and scratch folder, and act on it on the way.

    In trials on ``stands`` workers one of them stands still at the moments that the workload names.
    """
    own = Path(tempfile.mkdtemp(prefix="t", dir="/tmp"))  # short, since sockets get names below it
    out, home, scratch, stand = (own / name for name in ("take", "h", "s", "stands"))
    for folder in (home, scratch, *(stand / str(workers) for workers in stands)):
        folder.mkdir(parents=True)
    fonts = os.environ.get("MPLCONFIGDIR") or str(Path.home() / ".cache" / "matplotlib")
    folders = {"HOME": str(home), "TMPDIR": str(scratch), "MPLCONFIGDIR": fonts}
    standing = ("--set", f"stands={stand}") if stands else ()
    command = race(out, "--yes", *standing, *options, workload=WORKLOAD, verb=verb)
    try:
        with program([*prefix, *command], environment=folders | dict(environment)) as running:
            witness = Witness(running.process.pid, stand)
            acted_at = watched(
                running,
                witness,
                Follower(out),
                [Act(at_work, lambda _, seen: seen.listen()), *acts],
            )
            ended_at, said = time.monotonic(), ending(running)
        litter = tuple(
            str(path.relative_to(own)) for folder in (home, scratch) for path in folder.rglob("*")
        )
        results, events = load(out / "results.json"), tuple(journal(out))
    finally:
        shutil.rmtree(own)
    return Raced(said, results, events, witness, litter, ended_at - acted_at)


def refused_when_quiet(results: Results) -> set[str]:
    """Return for what a race is refused, but for what only programs beside it have caused."""
    reasons = {reason.key for reason in refusals(Evidence.of(results))}
    return reasons - OF_OTHER_PROGRAMS if results.disturbed else reasons


def code_when_quiet(exit_code: int, results: Results) -> int:
    """Return a race's exit code, or 0 where only programs beside it had it refused."""
    only_disturbed = results.disturbed and not refused_when_quiet(results)
    return ExitCode.DONE if exit_code == ExitCode.REFUSED and only_disturbed else exit_code


def watched(
    running: PipedProgram | Terminal, witness: Witness, follower: Follower, acts: list[Act]
) -> float:
    """Look on until the program ends; return when the last thing was done to it."""
    deadline, acted_at = time.monotonic() + ENDS_WITHIN_S, 0.0
    while running.process.poll() is None:
        assert time.monotonic() < deadline, f"it does not end: {follower.events[-3:]}"
        witness.look()
        events = follower.more()
        for act in [act for act in acts if act.when(events, witness)][:1]:
            acts.remove(act)
            acted_at = time.monotonic()
            act.do(events, witness)
            deadline = time.monotonic() + ENDS_WITHIN_S  # what was done may have taken long
        running.linger(LOOK_EVERY_S)
    return acted_at


def ending(running: PipedProgram | Terminal) -> Said:
    """Return what a program that has ended said, or every picture that it showed."""
    if isinstance(running, Terminal):
        return Said(running.ended(), pictures=tuple(look.text for look in running.looks))
    said = running.output()
    return Said(said.exit_code, said.errors)


def accounted(trial: Trial) -> float:
    """Return the share of its workers' core-seconds that a trial accounts for."""
    assert trial.core_seconds is not None
    return trial.core_seconds.total_s / (trial.workers * trial.wall_s)
