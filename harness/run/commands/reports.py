"""What a program of a command pair reports of its runs: progress, spans and quality.

By the lines that it prints, and by what it says on its pipe.
May import ``events``, ``errors``, ``command_pair`` and ``run``.
"""

import math
import re
import threading
from typing import Any

from harness.command_pair import CommandPair, compile_pattern, parse_json_pointer
from harness.errors import SideFailed
from harness.events import Span
from harness.model import Side
from harness.run.commands.answers import Answers
from harness.run.commands.process import (
    ProgramMessage,
    ProgressMessage,
    QualityMessage,
    ReadyMessage,
    SpanMessage,
)
from harness.run.sides.runner import name_of_cores
from harness.run.wire import Assignment, SendEvent
from harness.workload import Reporter

PERCENT = 100
_THOUSANDS = re.compile(rb"[+-]?[1-9]\d{0,2}(,\d{3})+(?![,\d])")


def _no_report(_: int) -> None:
    """Report to nobody."""


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
        by_pattern = pair.quality and not parse_json_pointer(pair.quality)
        self._quality = compile_pattern(pair.quality) if by_pattern else None
        self._reported_quality: float | None = None
        self._printed_quality: float | None = None
        self._report: Reporter = _no_report
        self._reporting = threading.Lock()
        self._items_late = 0
        self.ready = ReadyMessage()
        self.start_up_s = 0.0

    @property
    def items(self) -> int:
        """Return the size of the work, in percent if the program does not say it."""
        return self.ready.items or PERCENT

    @property
    def reads_lines(self) -> bool:
        """Return whether the lines that the program prints are to be looked at."""
        return self._progress is not None or self._quality is not None

    def forget_run(self) -> None:
        """Forget what was reported of the last run."""
        self._reported_quality = None
        self._printed_quality = None
        self._items_late = 0
        self.start_up_s = 0.0

    def pass_on(self, report: Reporter) -> None:
        """Pass progress on to a reporter from now on."""
        self._report = report

    def read_line(self, line: bytes) -> bool:
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
            self.report_done(int(self.items * (done / total)))
        return False

    def report_done(self, done: int, *, last: bool = False) -> None:
        """Report items done; after the last report, what is still read from a pipe reports none."""
        with self._reporting:
            self._report(done)
            if last:
                self._report = _no_report

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
                self._send(Span(worker=worker, chunk=0, items=items, busy_s=busy_s, cpu_s=cpu_s))
            case QualityMessage(quality=quality):
                self._reported_quality = quality

    def quality_of(self, answer: Any, answers: Answers) -> float:
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
            return float(answers.alike(answer))
        reported = self._reported_quality
        qualities = (reported, answers.written_quality(), self._printed_quality)
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

    def worker_name(self, place: int) -> str:
        """Return the name of the worker at a place."""
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
