"""One side of a command pair: a program of its own, seen from outside.

The side's process starts the program, counts what its whole tree of processes uses, and ends what
it leaves running. May import ``model``, ``events``, ``errors``, ``command_pair``, ``workload`` and
``run``.
"""

import contextlib
import math
import os
import re
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from harness import events as e
from harness.command_pair import (
    CommandPair,
    compile_pattern,
    expand_home,
    fill_placeholders,
    parse_json_pointer,
)
from harness.errors import SideFailed
from harness.model import Digest, Host, Process, Side
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
from harness.run.core_seconds import baseline_time_parts
from harness.run.digest import pair_digest, source_digest
from harness.run.find import user_modules
from harness.run.host import become_subreaper, pin, this_host, this_process
from harness.run.sides.runner import Usage, cores_of, name_of_cores
from harness.workload import AnyWorkload, Metric, Problem, Reporter, Workload

PERCENT = 100
_THOUSANDS = re.compile(rb"[+-]?[1-9]\d{0,2}(,\d{3})+(?![,\d])")
SOURCE = "source"
START_UP, RUN = "start-up of the program", "run"


def _no_report(_: int) -> None:
    """Report to nobody."""


class CommandSide:
    """One side of a command pair: runs its program as often as asked.

    A program that says it is ready is started before the clock. ``with`` ends what it leaves.
    """

    def __init__(
        self, pair: CommandPair, assignment: wire.Assignment, send: wire.SendEvent
    ) -> None:
        self._pair = pair
        self._assignment = assignment
        self._send = send
        shared_folder = Path(assignment.shared_folder or assignment.scratch)
        self._answers = answers.Answers(pair, Path(assignment.scratch), shared_folder)
        self._source_file = shared_folder / SOURCE
        self._source_sha256 = ""
        self._progress = compile_pattern(pair.progress) if pair.progress else None
        by_pattern = pair.quality and not parse_json_pointer(pair.quality)
        self._quality = compile_pattern(pair.quality) if by_pattern else None
        self._reported_quality: float | None = None
        self._printed_quality: float | None = None
        self._report: Reporter = _no_report
        self._reporting = threading.Lock()
        self._input_stamps: answers.Stamps = {}
        self._input_sha256 = ""
        self._waiting: Program | None = None
        self._ended: Program | None = None
        self._answer: list[Any] = []
        self._ready = SaidReady()
        self._new_processes: Sequence[Process] = ()
        self._items_late = 0
        self._start_up_s = 0.0

    def __enter__(self) -> Self:
        """Pin the side, take the digest of its source, and start the first run's program.

        Both sides take the digest once, before any program runs: a program may write to a file that
        its command names.
        """
        become_subreaper()
        if self._assignment.side is Side.DISTRIBUTED:
            pin(tuple(core for cores in self._assignment.cores for core in cores))
        self._source_sha256 = answers.write_once(
            self._source_file,
            lambda path: path.write_text(
                pair_digest(self._pair, user_modules(self._assignment.workload))
            ),
        ).read_text()
        self._input_stamps = answers.file_stamps(self._pair.input)
        self._start_if_ready(self._assignment.first_workers)
        return self

    def __exit__(self, *_: object) -> None:
        """End every program that is still there."""
        end_programs()

    def as_workload(self) -> AnyWorkload:
        """Return the pair as a workload, either side of which runs the assigned program."""
        words = self._pair.words
        return Workload(
            name=words.name,
            unit=(self._ready.unit or "items") if self._ready.items else words.unit,
            metric=Metric(words.metric, words.tolerance),
            load=lambda _: Problem(
                input=answers.input_contents(self._pair.input), held_out=None, items=self._items
            ),
            baseline=lambda _, report: self.run(None, report, 0),
            distributed=lambda _, __, report: self.run(None, report, 0),
            quality=lambda answer, _: self._quality_of(*answer),
        )

    def note_input(self, input_digest: Digest) -> None:
        """Note the digest of what the programs read."""
        self._input_sha256 = input_digest.sha256

    def run(self, given: Any, report: Reporter, workers: int) -> Any:
        """Run the program to its end.

        Return a list: what is compared of the answer is put into it once the clock has stopped.
        """
        self._report = report
        self._answers.note_earlier_files()
        program = self._waiting or self._start(workers)
        self._waiting = None
        program.go()
        for process in self._new_processes:  # only now is this trial the present one
            self._send(e.Recovered(worker=process.id, process=process, seconds=0.0))
        program.finish()
        self._report_done(self._items, last=True)
        self._ended = program
        self._answer = []
        return self._answer

    def worker_processes(self) -> Sequence[Process]:
        """Return the workers as far as they are known.

        By the process ids that the program named; otherwise each stands for a process below this
        one.
        """
        mine = replace(
            this_process("", source_digest(self._source_sha256)),
            threads=cores_of(self._assignment),
            input_sha256=self._input_sha256,
        )
        workers = self._assignment.workers
        named = self._ready.workers if self._assignment.side is Side.DISTRIBUTED else ()
        pids = named if len({*named}) >= max(2, workers) else (mine.pid,) * workers
        return [
            replace(mine, id=self._worker_name(place), pid=pid)
            for place, pid in enumerate(pids[:workers])
        ]

    def hosts(self) -> tuple[Host, ...]:
        """Return this host."""
        return (this_host(),)

    def usage(self, workers: int) -> Usage:
        """Return the core-seconds of all programs so far, ended or not.

        How much memory they took is not known.
        """
        return {"programs": (processes.descendants_cpu_seconds(), 0)}

    def inspect(self) -> None:
        """End what the last run left, then read what it printed and take its answer.

        Ended first, so that nothing is added to them off the clock.
        """
        if self._ended is not None:
            end_programs()
            self._ended.drain()
            answers.require_unchanged(self._pair.input, self._input_stamps)
            self._answer.append(self._answers.content())
            self._ended = None

    def rest(self, next_workers: int | None) -> None:
        """End what the last run left, and start the next run's program.

        Its workers are other processes.
        """
        end_programs()
        if next_workers is not None:
            self._start_if_ready(next_workers)
            self._new_processes = self.worker_processes() if self._ready.workers else ()

    def time_parts(self, wall_s: float, cpu_s: float) -> tuple[e.Event, ...]:
        """Return the parts of the wall time; those of many workers' core-seconds are not known."""
        cores = cores_of(self._assignment)
        # the core-seconds before the clock are known to a tick of 10 ms only
        run, *core_time = baseline_time_parts(wall_s, min(cpu_s, cores * wall_s), cores)
        known = core_time if self._assignment.side is Side.BASELINE else []
        if not 0 < self._start_up_s < wall_s:
            return run, *known
        start_up = e.Phase(name=START_UP, seconds=self._start_up_s)
        return start_up, e.Phase(name=RUN, seconds=wall_s - self._start_up_s), *known

    @property
    def _items(self) -> int:
        return self._ready.items or PERCENT

    def _start_if_ready(self, workers: int) -> None:
        """Start a run's program and wait until it is ready, if the pair's programs say so."""
        if not self._pair.ready:
            return
        self._waiting = self._start(workers)
        try:
            self._ready = self._waiting.wait_until_ready()
            self._answers.require_same_work(self._ready.items, self._ready.unit)
        except BaseException:
            end_programs()
            raise

    def _start(self, workers: int) -> Program:
        self._reported_quality = None
        self._printed_quality = None
        self._start_up_s = 0.0
        self._items_late = 0
        output = self._answers.begin_run()
        values = self._pair.params | {
            "workers": workers or self._assignment.workers,
            "answer": str(self._answers.answer_file),
            "input": str(expand_home(self._pair.input)),
            "python": sys.executable,
            "here": self._pair.here,
        }
        command = fill_placeholders(self._pair.command(self._assignment.side), values)
        read_line = self._read_line if self._progress or self._quality else None
        return Program.start(command, output, read_line, self._receive)

    def _read_line(self, line: bytes) -> bool:
        """Look for progress and quality in a printed line.

        Return whether the line is part of the output; one that reports progress is not.
        """
        if self._quality is not None and (match := self._quality.search(line)) is not None:
            self._printed_quality = number(match[1])
        if self._progress is None or (match := self._progress.search(line)) is None:
            return True
        done = number(match[1])
        total = number(match[2]) if self._progress.groups == 2 else float(PERCENT)
        if done is not None and total and 0 <= done <= total < math.inf:
            self._report_done(int(self._items * (done / total)))
        return False

    def _report_done(self, done: int, *, last: bool = False) -> None:
        """Report items done; after the last report, what is still read from a pipe reports none."""
        with self._reporting:
            self._report(done)
            if last:
                self._report = _no_report

    def _receive(self, said: Said, since_start_s: float) -> None:
        """Take what the program says on its pipe."""
        match said:
            case SaidReady(items=items) if not self._pair.ready:
                self._start_up_s = since_start_s
                self._items_late = items
            case SaidProgress(done=done) if total := self._ready.items or self._items_late:
                self._report_done(int(self._items * min(1.0, done / total)))
            case SaidSpan(worker=place, items=items, busy_s=busy_s, cpu_s=cpu_s) if (
                place < self._assignment.workers
            ):
                worker = self._worker_name(place)
                self._send(e.Span(worker=worker, chunk=0, items=items, busy_s=busy_s, cpu_s=cpu_s))
            case SaidQuality(quality=quality):
                self._reported_quality = quality

    def _quality_of(self, answer: Any) -> float:
        """Return the quality that the program reported, wrote or printed.

        Where none is named, it is whether the answers are alike.
        """
        if not self._pair.has_quality:
            if self._reported_quality is not None:
                raise SideFailed(
                    "the program says a quality, and nothing says what it is of",
                    "name it with metric=, and how far it may move with tolerance=;"
                    " or leave it out of finish()",
                )
            return float(self._answers.alike(answer))
        reported = self._reported_quality
        qualities = (reported, self._answers.written_quality(), self._printed_quality)
        quality = next((quality for quality in qualities if quality is not None), None)
        if quality is None and not self._pair.quality:
            raise SideFailed(
                f"the program did not say its {self._pair.metric}",
                "have it say finish(quality=…), or find it with quality=",
            )
        if quality is None or not math.isfinite(quality):
            raise SideFailed(
                f"quality={self._pair.quality} was not found as a number"
                " in what the program printed",
                "try the expression on the side's log in the take's folder",
            )
        return quality

    def _worker_name(self, place: int) -> str:
        if self._assignment.side is Side.DISTRIBUTED:
            return f"w{place}"
        return name_of_cores(self._assignment)


def number(text: bytes | None) -> float | None:
    """Return printed text as a number (None: it is none); commas may separate thousands."""
    digits = text or b""
    try:
        return float(digits.replace(b",", b"") if _THOUSANDS.match(digits) else digits)
    except ValueError:
        return None


def end_programs() -> None:
    """End every process below this one, and take their exit codes."""

    def look() -> dict[int, float]:
        tree = processes.process_tree(os.getpid())
        return {pid: born for pid, born in tree.items() if pid != os.getpid()}

    processes.end_tree(look)
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
