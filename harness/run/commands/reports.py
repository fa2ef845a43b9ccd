"""What a program of a command pair reports of its runs: progress, spans and quality.

By the lines that it prints, and by what it says on its pipe.
May import ``events``, ``errors``, ``command_pair``, ``run``, ``model``, ``patterns``,
``quantities`` and ``workload``.
"""

import math
import threading
from typing import Any

from harness.command_pair import CommandPair, parse_json_pointer
from harness.errors import SideFailed
from harness.events import Span
from harness.model import Side
from harness.patterns import compile_pattern
from harness.quantities import LARGEST_NUMBER
from harness.run.commands.answers import Answers
from harness.run.commands.numbers import (
    NumberFinder,
    ScoreFinder,
    read_quantity,
    without_colours,
)
from harness.run.commands.output import LONGEST_PROGRESS_BYTES
from harness.run.commands.process import (
    ProgramMessage,
    ProgressMessage,
    QualityMessage,
    ReadyMessage,
    SpanMessage,
)
from harness.run.progress_reports import no_report
from harness.run.sides.runner import name_of_cores
from harness.run.wire import Assignment, SendEvent
from harness.workload import Reporter

PERCENT = 100


class ProgramReports:
    """Follows one side's program, run after run.

    ``ready`` is what the program last said once it was ready. ``start_up_s`` is the time until a
    program said so that was not waited for (0: none did).
    """

    def __init__(self, pair: CommandPair, assignment: Assignment, send: SendEvent) -> None:
        self._pair = pair
        self._assignment = assignment
        self._send = send
        self._progress = compile_pattern(pair.progress) if pair.progress else None
        self._reported_quality: float | None = None
        self._quality: float | tuple[float, ...] | None = None
        self._report: Reporter = no_report
        self._reporting = threading.Lock()
        self._items_late = 0
        self._done = 0
        self._spans_count = False
        self.ready = ReadyMessage()
        self.start_up_s = 0.0

    @property
    def items(self) -> int:
        """Return the size of the work, in percent if the program does not say it."""
        return self.ready.items or PERCENT

    @property
    def reads_lines(self) -> bool:
        """Return whether the lines that the program prints are looked at while it runs."""
        return self._progress is not None

    def forget_run(self) -> None:
        """Forget what was reported of the last run."""
        self._reported_quality = None
        self._quality = None
        self._items_late = 0
        self.start_up_s = 0.0

    def pass_on(self, report: Reporter) -> None:
        """Pass progress on to a reporter, and spans, from now on."""
        with self._reporting:
            self._done = 0
            self._report = report
            self._spans_count = True

    def close(self) -> None:
        """Pass no more spans on: what the next program says before its go is of no run."""
        with self._reporting:
            self._spans_count = False

    def read_line(self, line: bytes) -> bool:
        """Return whether a printed line shows progress, and report that."""
        if self._progress is None or len(line) > LONGEST_PROGRESS_BYTES:
            return False
        for match in reversed([*self._progress.finditer(plain := without_colours(line))]):
            numbers = [_number(plain, *match.span(place + 1)) for place in range(match.re.groups)]
            done, total = (*numbers, float(PERCENT))[:2]
            if done is not None and total and 0 <= done <= total < math.inf:
                self.report_done(int(self.items * (done / total)))
                return True
        return False

    def report_done(self, done: int, *, last: bool = False) -> None:
        """Report items done; after the last report, what is still read from a pipe reports none.

        A bar that begins anew, such as one for each epoch, says nothing until it has passed the one
        before.
        """
        with self._reporting:
            self._done = max(self._done, done)
            self._report(self._done)
            if last:
                self._report = no_report

    def receive(self, message: ProgramMessage, since_start_s: float) -> None:
        """Take what the program says on its pipe."""
        match message:
            case ReadyMessage(items=items) if not self._pair.ready:
                self.start_up_s = since_start_s
                self._items_late = items
            case ProgressMessage(done=done) if total := self.ready.items or self._items_late:
                self.report_done(int(self.items * min(1.0, done / total)))
            case SpanMessage(worker=place, items=items, busy_s=busy_s, cpu_s=cpu_s) if (
                place < self._assignment.workers
            ):
                worker = self.worker_name(place)
                span = Span(worker=worker, chunk=0, items=items, busy_s=busy_s, cpu_s=cpu_s)
                with self._reporting:
                    if self._spans_count:
                        self._send(span)
            case QualityMessage(quality=quality):
                self._reported_quality = quality

    def quality_of(self, answer: Any, answers: Answers) -> float | tuple[float, ...]:
        """Return the quality that the program reported, wrote or printed, or the items' scores.

        Where none is named, it is whether the answers are alike.
        """
        if not self._pair.has_quality:
            if self._reported_quality is not None:
                raise SideFailed(
                    "the program reports a quality that has no name",
                    "name it with --set metric=NAME, and how far it may move with --set tolerance=;"
                    " or leave it out of finish()",
                )
            return float(answers.alike(answer))
        if self._quality is None:
            self._quality = self._find_quality(answers)
        return self._quality

    def _find_quality(self, answers: Answers) -> float | tuple[float, ...]:
        if self._pair.scores:
            return self._printed_scores(answers)
        quality = self._reported_quality
        if quality is None:
            quality = self._written_or_printed(answers)
        if quality is None:
            raise SideFailed(
                f"the program did not report its {self._pair.metric}",
                "have it say finish(quality=…), or find it with quality=",
            )
        if not abs(quality) <= LARGEST_NUMBER:
            raise SideFailed(
                f"the program's quality is {quality}, which cannot be compared",
                "look into the side's log in the take's folder",
            )
        return quality

    def _written_or_printed(self, answers: Answers) -> float | None:
        """Return the quality in a JSON file or in the output (None: neither is named)."""
        if not self._pair.quality:
            return None
        if parse_json_pointer(self._pair.quality) is not None:
            return answers.written_quality()
        finder = NumberFinder("quality", self._pair.quality)
        for line, is_output in answers.printed_lines():
            finder.look(without_colours(line), is_output=is_output)
        quantity = finder.quantity
        if quantity is None:
            raise SideFailed(
                f"quality={self._pair.quality} matches no line that the program printed",
                "try the expression on the side's log in the take's folder",
            )
        answers.require_same_unit(quantity.unit)
        return quantity.value

    def _printed_scores(self, answers: Answers) -> tuple[float, ...]:
        finder = ScoreFinder("scores", self._pair.scores)
        for line, is_output in answers.printed_lines():
            if is_output:
                finder.look(without_colours(line))
        answers.require_same_unit(finder.unit)
        return finder.scores

    def worker_name(self, place: int) -> str:
        """Return the name of the worker at a place."""
        if self._assignment.side is Side.DISTRIBUTED:
            return f"w{place}"
        return name_of_cores(self._assignment)


def _number(line: bytes, start: int, end: int) -> float | None:
    """Return the number in a part of a line (None: there is none)."""
    try:
        return read_quantity(line, start, end).value
    except ValueError:
        return None
