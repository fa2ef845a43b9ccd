"""One side of a command pair: a program of its own, seen from outside.

The side's process starts the program, counts what its whole tree of processes uses, and ends what
it leaves running. May import ``model``, ``events``, ``errors``, ``command_pair``, ``workload``,
``run`` and ``placeholders``.
"""

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from harness import events as e
from harness.command_pair import CommandPair, expand_home
from harness.errors import SideFailed
from harness.model import AnswerDifference, Digest, Host, Process, Side
from harness.placeholders import fill_placeholders
from harness.run import processes, wire
from harness.run.commands.answers import Answers, write_once
from harness.run.commands.checks import placeholder_values
from harness.run.commands.descendants import end_programs
from harness.run.commands.files import Stamps, file_stamps, input_contents, require_unchanged
from harness.run.commands.process import Program, Run
from harness.run.commands.queue_wait import QueueWait
from harness.run.commands.reports import ProgramReports
from harness.run.commands.shell import Shell
from harness.run.commands.unwaited import UnwaitedProcesses
from harness.run.core_seconds import baseline_time_parts
from harness.run.digest import pair_digest
from harness.run.find import user_modules
from harness.run.guard import become_subreaper
from harness.run.host import pin, this_host, this_process
from harness.run.sides.runner import Usage, WithoutSearch, WithoutSpares, cores_of
from harness.run.sources import source_digest
from harness.workload import AnyWorkload, Metric, Problem, QualityReporter, Workload

SOURCE = "source"
START_UP, RUN = "start-up of the program", "run"


class CommandSide(WithoutSpares, WithoutSearch):
    """One side of a command pair: runs its program as often as asked.

    A program that says it is ready is started before the clock. ``with`` ends what it leaves.
    ``answer_difference`` is where its last answer is not the session's first (None: nowhere).
    """

    def __init__(
        self, pair: CommandPair, assignment: wire.Assignment, send: wire.SendEvent
    ) -> None:
        self._pair = pair
        self._assignment = assignment
        self._send = send
        shared_folder = Path(assignment.shared_folder or assignment.scratch)
        self._answers = Answers(pair, assignment.side, Path(assignment.scratch), shared_folder)
        self._environment = dict(os.environ)  # as it is before libraries loaded here change it
        self._shell = Shell.named(pair.shell)
        self._stdin = expand_home(pair.stdin) if pair.stdin else None
        self._source_file = shared_folder / SOURCE
        self._source_sha256 = ""
        self._reports = ProgramReports(pair, assignment, send)
        self._input_stamps: Stamps = {}
        self._input_sha256 = ""
        self._waiting: Program | None = None
        self._ended: Program | None = None
        self._answer: list[Any] = []
        self._new_processes: Sequence[Process] = ()
        self._prepared_cpu_s = 0.0
        self._is_baseline = assignment.side is Side.BASELINE
        self._queue_wait = QueueWait()
        self._unwaited = UnwaitedProcesses()
        self.answer_difference: AnswerDifference | None = None

    def __enter__(self) -> Self:
        """Pin the side, and take the digest of its source.

        Both sides take the digest once, before any program runs: a program may write to a file that
        its command names.
        """
        become_subreaper()
        self._pin(0)
        self._source_sha256 = write_once(
            self._source_file,
            lambda path: path.write_text(
                pair_digest(self._pair, user_modules(self._assignment.workload))
            ),
        ).read_text()
        self._input_stamps = file_stamps(self._pair.input, self._pair.stdin)
        return self

    def __exit__(self, *_: object) -> None:
        """End every program that is still there."""
        end_programs()

    def arm(self, lap: Callable[[str], None]) -> None:
        """Run the program as often as the pair asks without a clock; then start the first run's.

        That is started only if the pair's programs say that they are ready. ``lap`` is called with
        the name of each part once it is over.
        """
        workers = self._assignment.workers_in_first_trial
        for _ in range(self._pair.warmup):
            self._run_prepare(workers)
            self._run_to_end(self._start(workers))
        lap("warm-up")
        self._start_if_ready(workers)
        lap("program")

    def prepare(self, workers: int) -> float:
        """Prepare for the next run; return the core-seconds that it took.

        A program that waits for its clock was prepared for before it was started.
        """
        if self._waiting is None:
            self._run_prepare(workers)
        return self._prepared_cpu_s

    def _run_prepare(self, workers: int) -> None:
        if not self._pair.prepare:
            return
        before_s = processes.descendants_cpu_seconds()
        prepare = self._run_of(self._pair.prepare, workers)
        try:
            self._run_to_end(Program.start(prepare, None, lambda *_: None))
        except SideFailed as failed:
            raise SideFailed(
                failed.sentence.replace("the program", "the command to prepare", 1),
                f"{failed.hint}; add `|| true` to it if that does not matter",
            ) from failed
        self._prepared_cpu_s = processes.descendants_cpu_seconds() - before_s

    def _run_to_end(self, program: Program) -> None:
        program.go()
        program.finish()
        end_programs()
        program.drain()

    def as_workload(self) -> AnyWorkload:
        """Return the pair as a workload, either side of which runs the assigned program."""
        words = self._pair.words
        return Workload(
            name=words.name,
            unit=(self._reports.ready.unit or "items") if self._reports.ready.items else words.unit,
            metric=Metric(words.metric, words.tolerance),
            load=lambda _: Problem(
                input=input_contents(self._pair.input, self._pair.stdin),
                held_out=None,
                items=self._reports.items,
            ),
            baseline=lambda _, report: self.run(None, report, 0),
            distributed=lambda _, __, report: self.run(None, report, 0),
            quality=lambda answer, _: self._reports.quality_of(answer[0], self._answers),
        )

    def note_input(self, input_digest: Digest) -> None:
        """Note the digest of what the programs read."""
        self._input_sha256 = input_digest.sha256

    def run(self, given: Any, report: QualityReporter, workers: int) -> Any:
        """Run the program to its end.

        Return a list: what is compared of the answer is put into it once the clock has stopped.
        """
        self._reports.pass_on(report)
        self._answers.note_earlier_files()
        program = self._waiting or self._start(workers)
        self._waiting = None
        program.go()
        for process in self._new_processes:  # only now is this trial the present one
            self._send(e.Recovered(worker=process.id, process=process, seconds=0.0))
        waiting = self._queue_wait.measuring() if self._is_baseline else contextlib.nullcontext()
        with waiting, self._unwaited.measuring():
            program.finish()
        self._reports.report_done(self._reports.items, last=True)
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
        named = self._reports.ready.workers if self._assignment.side is Side.DISTRIBUTED else ()
        pids = named if len({*named}) >= max(2, workers) else (mine.pid,) * workers
        return [
            replace(mine, id=self._reports.worker_name(place), pid=pid)
            for place, pid in enumerate(pids[:workers])
        ]

    def hosts(self) -> tuple[Host, ...]:
        """Return this host."""
        return (this_host(),)

    def usage(self, workers: int) -> Usage:
        """Return the core-seconds of all programs so far; their memory is not known."""
        return {"programs": (processes.descendants_cpu_seconds() + self._unwaited.cpu_s, 0)}

    def waited_s(self) -> float | None:
        """Return how long the baseline's programs were ready so far and had no core."""
        return self._queue_wait.look() if self._is_baseline else None

    def under_strikes(
        self, report: QualityReporter, items: int, workers: int
    ) -> contextlib.AbstractContextManager[QualityReporter]:
        """Do nothing: the workers of a program are its own."""
        return contextlib.nullcontext(report)

    def inspect(self) -> None:
        """End what the last run left, then read what it printed and take its answer.

        Ended first, so that nothing is added to them off the clock.
        """
        if self._ended is not None:
            end_programs()
            self._ended.drain()
            self._reports.close()
            require_unchanged(self._input_stamps, self._pair.input, self._pair.stdin)
            content = self._answers.content()
            self.answer_difference = self._answers.difference(content)
            self._answer.append(content)
            self._ended = None

    def rest(self, next_workers: int | None) -> None:
        """End what the last run left, and start the next run's program.

        Its workers are other processes.
        """
        end_programs()
        if next_workers is not None:
            self._start_if_ready(next_workers)
            self._new_processes = self.worker_processes() if self._reports.ready.workers else ()

    def time_parts(self, wall_s: float, cpu_s: float) -> tuple[e.Event, ...]:
        """Return the parts of the wall time; those of many workers' core-seconds are not known."""
        cores = cores_of(self._assignment)
        # the core-seconds before the clock are known to a tick of 10 ms only
        run, *core_time = baseline_time_parts(wall_s, min(cpu_s, cores * wall_s), cores)
        known = core_time if self._assignment.side is Side.BASELINE else []
        if not 0 < self._reports.start_up_s < wall_s:
            return run, *known
        start_up = e.Phase(name=START_UP, seconds=self._reports.start_up_s)
        return start_up, e.Phase(name=RUN, seconds=wall_s - self._reports.start_up_s), *known

    def _start_if_ready(self, workers: int) -> None:
        """Start a run's program and wait until it is ready, if the pair's programs say so."""
        if not self._pair.ready:
            return
        self._run_prepare(workers)
        self._waiting = self._start(workers)
        try:
            self._reports.ready = self._waiting.wait_until_ready()
            self._answers.require_same_work(self._reports.ready.items, self._reports.ready.unit)
        except BaseException:
            end_programs()
            raise

    def _pin(self, workers: int) -> None:
        """Pin what is started from now on to the cores of so many workers (0: all)."""
        if self._assignment.side is Side.DISTRIBUTED:
            shares = self._assignment.cores[: workers or self._assignment.workers]
            pin(tuple(core for cores in shares for core in cores))

    def _start(self, workers: int) -> Program:
        """Start a run's program on the cores of so many workers (0: all)."""
        self._reports.forget_run()
        command = self._pair.command(self._assignment.side)
        run = replace(self._run_of(command, workers), stdin=self._stdin)
        read_line = self._reports.read_line if self._reports.reads_lines else None
        return Program.start(run, read_line, self._reports.receive)

    def _run_of(self, command: str, workers: int) -> Run:
        """Return what to run for a command, in files of its own."""
        self._pin(workers)
        self._answers.begin_run()
        values = placeholder_values(
            self._pair, workers or self._assignment.workers, self._answers.answer_file
        )
        return Run(
            command=fill_placeholders(command, values),
            shell=self._shell,
            output=self._answers.printed,
            errors=self._answers.errors,
            environment=self._environment,
        )
