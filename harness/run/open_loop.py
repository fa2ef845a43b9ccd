"""Requests of an open loop as a side takes and answers them, and how long each had to wait.

A process of its own sends them (``request_generator``), so that they come when they are to come,
however busy the side is. Latency counts from that moment, not from when the side got round to it:
a stop of a second makes every request late that should have been answered in it.
May import ``serving``, ``errors``, ``run`` and ``workload``.
"""

import gc
import os
import select
import subprocess
import time
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from harness.errors import SideFailed
from harness.run import start
from harness.run.request_generator import NUMBER, OVER, SHARE, SUMMARY, schedule
from harness.serving import ServedLoad, percentile

BEGINS_AFTER_S = 0.05  # the generator makes its schedule meanwhile
READ_BYTES = 1 << 16


class RequestGenerator:
    """The process that sends requests; a context manager, which ends it."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            start.command("harness.run.request_generator"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end()
        for pipe in (self._running.stdin, self._running.stdout):
            if pipe is not None:
                pipe.close()

    def end(self) -> None:
        """End the process."""
        self._running.terminate()
        self._running.wait()

    @property
    def _running(self) -> "subprocess.Popen[bytes]":
        if self._process is None:
            raise RuntimeError("the generator was not started")
        return self._process

    def fileno(self) -> int:
        """Return the descriptor from which its requests are read."""
        pipe = self._running.stdout
        return -1 if pipe is None else pipe.fileno()

    def write(self, line: str) -> None:
        """Send it a line."""
        pipe = self._running.stdin
        if pipe is not None:
            pipe.write(line.encode() + b"\n")


class OpenLoop:
    """The requests of one run as they come, ``count`` of them at a rate.

    ``late_at_most`` of them may be answered later than ``budget_s``: with one more the run is over,
    and no other is taken (None: it goes on to its end). ``clock`` is that of the schedule.
    """

    def __init__(
        self,
        generator: RequestGenerator,
        rate: float,
        count: int,
        seed: int,
        *,
        budget_s: float,
        late_at_most: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.count = count
        self._generator = generator
        self._rate = rate
        self._clock = clock
        self._budget_s = budget_s
        self._late_at_most = late_at_most
        self._due = schedule(rate, count, seed)
        self._latencies = array("d")
        self._waiting: deque[int] = deque()
        self._unread = b""
        self._taken = self._late = 0
        self._summary: tuple[float, float] | None = None
        self._ended = False
        gc.collect()
        gc.freeze()  # else what was loaded is looked through for garbage while requests wait
        self._began = clock() + BEGINS_AFTER_S
        generator.write(f"{rate!r} {count} {seed} {self._began!r}")

    @property
    def over(self) -> bool:
        """Return whether all of them were taken, or too many were late."""
        return self._broken or self._taken == self.count

    @property
    def _broken(self) -> bool:
        return self._late_at_most is not None and self._late > self._late_at_most

    def descriptor(self) -> int:
        """Return the descriptor from which requests can be read once some have come."""
        return self._generator.fileno()

    def take(self, most: int, within_s: float | None = None) -> list[int]:
        """Return up to ``most`` requests that have come; wait for one if there is none."""
        if self.over:
            return []
        self._read(0.0)
        while not self._waiting and within_s is None:
            self._read(None)
        if not self._waiting and within_s:
            self._read(within_s)
        numbers = [self._waiting.popleft() for _ in range(min(most, len(self._waiting)))]
        self._taken += len(numbers)
        return numbers

    def answered(self, numbers: Sequence[int]) -> None:
        """Note that requests are answered now."""
        now_s = self._clock() - self._began
        for number in numbers:
            latency_s = now_s - self._due[number]
            self._latencies.append(latency_s)
            self._late += latency_s > self._budget_s

    def close(self) -> ServedLoad:
        """End the run; return what became of its requests.

        Those of a run that ended early which nobody took are not counted.
        """
        wall_s = max(0.0, self._clock() - self._began)
        if not self._ended:
            self._ended = True
            self._generator.write("")
        while self._summary is None:
            self._read(None)
        ordered = sorted(self._latencies)
        expected = self._taken if self._broken else self.count
        sent_late_p99_s, generator_s = self._summary
        return ServedLoad(
            rate=self._rate,
            budget_s=self._budget_s,
            requests=expected,
            late=self._late,
            failed=expected - len(ordered),
            p50_s=max(0.0, percentile(ordered, 0.5)),
            p99_s=max(0.0, percentile(ordered, SHARE)),
            sent_late_p99_s=max(0.0, sent_late_p99_s),
            generator_s=generator_s,
            wall_s=wall_s,
        )

    def _read(self, within_s: float | None) -> None:
        """Read what has been sent, if anything is there within so many seconds (None: ever)."""
        if self._summary is not None or not select.select([self.descriptor()], [], [], within_s)[0]:
            return
        sent = os.read(self.descriptor(), READ_BYTES)
        if not sent:
            raise SideFailed("the process that sends requests has ended", "look at the side's log")
        self._unread += sent
        while len(self._unread) >= NUMBER.size and self._summary is None:
            (number,) = NUMBER.unpack_from(self._unread)
            size = NUMBER.size + (SUMMARY.size if number == OVER else 0)
            if len(self._unread) < size:
                return
            if number == OVER:
                late_p99_s, used_s = SUMMARY.unpack_from(self._unread, NUMBER.size)
                self._summary = late_p99_s, used_s
            else:
                self._waiting.append(number)
            self._unread = self._unread[size:]
