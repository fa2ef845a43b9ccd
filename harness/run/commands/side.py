"""A side that is a program of its own: armed, run, and asked for its answer and quality as any other side.

The side's process starts it, counts what its whole tree of processes used, and ends what it leaves running.
May import ``model``, ``events``, ``errors``, ``pair``, ``workload`` and ``run``.
"""

import contextlib
import math
import os
import re
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from harness import events as e
from harness.command_pair import (
    CommandPair,
    compile_pattern,
    expand_home,
    fill_placeholders,
    parse_json_pointer,
)
from harness.errors import SideFailed
from harness.model import Digest, Process, Side
from harness.run import processes, wire
from harness.run.commands import answers
from harness.run.commands.process import (
    Program,
    Said,
    SaidProgress,
    SaidQuality,
    SaidReady,
    SaidSpan,
)
from harness.run.core_seconds import alone
from harness.run.digest import pair_digest, source_digest
from harness.run.find import user_modules
from harness.run.host import become_subreaper, pin, this_process
from harness.run.sides.runner import Contestant, Usage, cores_of, here
from harness.workload import AnyWorkload, Metric, Problem, Reporter, Workload

PERCENT = 100
LEAVE_WITHIN_S = 1.0
_THOUSANDS = re.compile(rb"[+-]?[1-9]\d{0,2}(,\d{3})+(?![,\d])")
SOURCE = "source"
START_UP, RUN = "start-up of the program", "run"


def _unheard(_: int) -> None:
    """Report to nobody."""


class Runner:
    """Runs one side of a pair, as often as asked. A pair that says it is ready has its program started before the clock."""

    def __init__(
        self, pair: CommandPair, assignment: wire.Assignment, send: wire.SendEvent
    ) -> None:
        self._pair, self._assignment, self._send = pair, assignment, send
        common = Path(assignment.shared_folder or assignment.scratch)
        self._answers = answers.Answers(pair, Path(assignment.scratch), common)
        # once for both sides, before any program runs: one may write to a file that its command names
        self._source = answers.kept(
            common / SOURCE,
            lambda path: path.write_text(pair_digest(pair, user_modules(assignment.workload))),
        ).read_text()
        self._progress = compile_pattern(pair.progress) if pair.progress else None
        self._quality = (
            compile_pattern(pair.quality)
            if pair.quality and not parse_json_pointer(pair.quality)
            else None
        )
        self._said: float | None = None
        self._printed: float | None = None
        self._report: Reporter = _unheard
        self._reporting = threading.Lock()
        self._read = answers.stamps(pair.input)
        self._program: Program | None = None
        self._ran: Program | None = None
        self._answer: list[Any] = []
        self._told = SaidReady()
        self._came: Sequence[Process] = ()
        self._of = 0
        self._start_up_s = 0.0
        become_subreaper()
        if assignment.side is Side.DISTRIBUTED:
            pin(tuple(core for cores in assignment.cores for core in cores))

    @property
    def workload(self) -> AnyWorkload:
        """Return the pair as a workload, either side of which runs the assigned program."""
        words = self._pair.words
        return Workload(
            name=words.name,
            unit=(self._told.unit or "items") if self._told.items else words.unit,
            metric=Metric(words.metric, words.tolerance),
            load=lambda _: Problem(
                input=answers.given(self._pair.input), held_out=None, items=self._items
            ),
            baseline=lambda _, report: self._run(report),
            distributed=lambda _, __, report: self._run(report),
            quality=lambda answer, _: self._found(*answer),
        )

    @property
    def _items(self) -> int:
        return self._told.items or PERCENT

    def arm(self, workers: int) -> None:
        """Start the program of a run on so many workers (0: all), and wait until it says that it is ready, if the pair's programs do."""
        if not self._pair.ready:
            return
        self._program = self._started(workers)
        try:
            self._told = self._program.until_ready()
            self._answers.require_same_work(self._told.items, self._told.unit)
        except BaseException:
            end_what_runs()
            raise

    @contextlib.contextmanager
    def contestant(self, known: Digest) -> Iterator[Contestant]:
        """Yield the side; ``known`` is the digest of what it reads. No program is left running afterwards."""
        try:
            yield Contestant(
                run=lambda _, report, workers: self._run(report, workers),
                workers=lambda: self._processes(known),
                hosts=here,
                usage=_usage,
                inspect=self._inspect,
                rest=lambda workers: self._rest(known, workers),
                split=self._split,
            )
        finally:
            end_what_runs()

    def _started(self, workers: int) -> Program:
        self._said = self._printed = None
        self._start_up_s, self._of = 0.0, 0
        assignment, output = self._assignment, self._answers.begin()
        values = self._pair.params | {
            "workers": workers or assignment.workers,
            "answer": str(self._answers.told),
            "input": str(expand_home(self._pair.input)),
            "python": sys.executable,
            "here": self._pair.here,
        }
        command = fill_placeholders(self._pair.command(assignment.side), values)
        return Program(
            command, output, self._line if self._progress or self._quality else None, self._hear
        )

    def _run(self, report: Reporter, workers: int = 0) -> Any:
        """Run the program to its end; return a list for what is compared of its answer, which comes once the clock stands."""
        self._report = report
        self._answers.note()
        program = self._program or self._started(workers)
        self._program = None
        program.go()
        for process in self._came:  # now that this trial is the present one
            self._send(e.Recovered(worker=process.id, process=process, seconds=0.0))
        program.finish()
        self._told_of(self._items, last=True)
        self._ran, self._answer = program, []
        return self._answer

    def _inspect(self) -> None:
        """End what the last run left, so that nothing is added off the clock; then read what it printed, and take up its answer."""
        if self._ran is not None:
            end_what_runs()
            self._ran.drain()
            answers.require_unchanged(self._pair.input, self._read)
            self._answer.append(self._answers.content())
            self._ran = None

    def _line(self, line: bytes) -> bool:
        """Look at a line that was printed, and return whether it is part of the output: what tells of progress is not."""
        if self._quality is not None and (found := self._quality.search(line)) is not None:
            self._printed = number(found[1])
        if self._progress is None or (found := self._progress.search(line)) is None:
            return True
        done, of = (
            number(found[1]),
            number(found[2]) if self._progress.groups == 2 else float(PERCENT),
        )
        if done is not None and of and 0 <= done <= of < math.inf:
            self._told_of(int(self._items * (done / of)))
        return False

    def _told_of(self, done: int, *, last: bool = False) -> None:
        """Report items done; once the clock stands, what is still read from a pipe reports no more."""
        with self._reporting:
            self._report(done)
            if last:
                self._report = _unheard

    def _hear(self, said: Said, since_s: float) -> None:
        """Take in what the program says on its pipe, so many seconds after it was started."""
        match said:
            case SaidReady(items=items) if not self._pair.ready:
                self._start_up_s, self._of = since_s, items
            case SaidProgress(done=done) if of := self._told.items or self._of:
                self._told_of(int(self._items * min(1.0, done / of)))
            case SaidSpan(worker=place, items=items, busy_s=busy_s, cpu_s=cpu_s) if (
                place < self._assignment.workers
            ):
                self._send(
                    e.Span(
                        worker=self._name(place), chunk=0, items=items, busy_s=busy_s, cpu_s=cpu_s
                    )
                )
            case SaidQuality(quality=quality):
                self._said = quality

    def _found(self, answer: Any) -> float:
        """Return the quality: what the program said, wrote or printed of it; where nothing judges, whether the answers are alike."""
        if not self._pair.has_quality:
            if self._said is not None:
                sentence = "the program says a quality, and nothing says what it is of"
                raise SideFailed(
                    sentence,
                    "name it with metric=, and how far it may move with tolerance=; or leave it out of finish()",
                )
            return float(self._answers.alike(answer))
        found = next(
            (
                told
                for told in (self._said, self._answers.number(), self._printed)
                if told is not None
            ),
            None,
        )
        if found is None and not self._pair.quality:
            raise SideFailed(
                f"the program did not say its {self._pair.metric}",
                "have it say finish(quality=…), or find it with quality=",
            )
        if found is None or not math.isfinite(found):
            sentence = f"quality={self._pair.quality} was not found as a number in what the program printed"
            raise SideFailed(sentence, "try the expression on the side's log in the take's folder")
        return found

    def _processes(self, known: Digest) -> list[Process]:
        """Return the workers as far as they are known: by the process ids that the program told, else as places in its tree."""
        mine = this_process("", source_digest(self._source))
        told = self._told.workers if self._assignment.side is Side.DISTRIBUTED else ()
        pids = (
            told
            if len({*told}) >= max(2, self._assignment.workers)
            else (mine.pid,) * self._assignment.workers
        )
        return [
            Process(
                self._name(place),
                pid,
                mine.host,
                mine.nice,
                cores_of(self._assignment),
                mine.affinity,
                mine.source_sha256,
                known.sha256,
            )
            for place, pid in enumerate(pids[: self._assignment.workers])
        ]

    def _name(self, place: int) -> str:
        if self._assignment.side is Side.DISTRIBUTED:
            return f"w{place}"
        cores = self._assignment.cores[0] if self._assignment.cores else ()
        return f"core {cores[0]}" if len(cores) == 1 else f"{len(cores)} cores"

    def _split(self, wall_s: float, cpu_s: float) -> tuple[e.Event, ...]:
        """Return the parts of the wall time; where the core-seconds of many workers went is not known."""
        cores = cores_of(self._assignment)
        run, *spent = alone(
            wall_s, min(cpu_s, cores * wall_s), cores
        )  # what was used before the clock is known to a tick of 10 ms only
        known = spent if self._assignment.side is Side.BASELINE else []
        if not 0 < self._start_up_s < wall_s:
            return run, *known
        started = e.Phase(name=START_UP, seconds=self._start_up_s)
        return started, e.Phase(name=RUN, seconds=wall_s - self._start_up_s), *known

    def _rest(self, known: Digest, workers: int | None) -> None:
        """End what the last run left, and start the next one's program if there is one; its workers are other processes."""
        end_what_runs()
        if workers is not None:
            self.arm(workers)
            self._came = self._processes(known) if self._told.workers else ()


def number(text: bytes | None) -> float | None:
    """Return what was printed as a number (None: it is none); thousands may be parted by commas."""
    digits = text or b""
    try:
        return float(digits.replace(b",", b"") if _THOUSANDS.match(digits) else digits)
    except ValueError:
        return None


def _usage(_: int) -> Usage:
    """Return the core-seconds of all programs so far, ended or not.

    How much memory they took is not known.
    """
    return {"programs": (processes.descendants_cpu_seconds(), 0)}


def end_what_runs() -> None:
    """End every process below this one, and take their exit codes."""

    def look() -> dict[int, float]:
        tree = processes.process_tree(os.getpid())
        return {pid: born for pid, born in tree.items() if pid != os.getpid()}

    processes.end_tree(look)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
