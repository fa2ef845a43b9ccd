"""What a workload reports to while it runs: sent on now and then, or to nobody.

May import ``events``, ``errors``, ``wire`` and ``workload``.
"""

import math
import threading
import time
from collections.abc import Callable
from typing import cast

from harness.errors import SideFailed
from harness.events import Progress
from harness.run.wire import SendEvent
from harness.workload import QualityReporter, Reporter

PROGRESS_EVERY_S = 0.1
SLOWEST_EVERY_S = 0.25  # as often as the panel is drawn: each report wakes up the conductor
REPORTS_SO_FAR = 20


def no_report(done: int, quality: float | None = None, /) -> None:
    """Report to nobody."""


def report_quality(report: Reporter, done: int, quality: float | None) -> None:
    """Report the items done, and the quality so far where there is one (None: there is none).

    Only a program that measures one calls its reporter with it: any other may be given a reporter
    of the author's that takes no quality.
    """
    if quality is None:
        report(done)
    else:
        cast(QualityReporter, report)(done, quality)


class ProgressReporter:
    """What a workload reports to: cumulative, and sent on every 0.1 s at most.

    In a trial of more than two seconds the interval is a twentieth of the time since the first
    report, but no longer than 0.25 s.
    """

    def __init__(self, send: SendEvent, clock: Callable[[], float] = time.perf_counter) -> None:
        self._send = send
        self._clock = clock
        self._began_at: float | None = None
        self._due_at = -math.inf
        self._reporting = threading.Lock()
        self._stopped = False
        self._quality: float | None = None
        self.done = 0

    def __call__(self, done: int, quality: float | None = None, /) -> None:
        """Note the items done, and the quality so far, and send them when that is due.

        Raises ``SideFailed`` if they are fewer than before.
        """
        with self._reporting:
            if self._stopped:
                return
            if done < self.done:
                raise SideFailed(
                    f"report({done}) came after report({self.done})",
                    "report all items that are done so far, not those of one part of the work",
                )
            self.done = done
            if quality is not None and math.isfinite(quality):
                self._quality = float(quality)
            now = self._clock()
            if now >= self._due_at:
                self._due_at = now + self._interval_s(now)
                self._send(Progress(done=done, quality=self._quality))
                self._quality = None  # it stands until there is another

    def _interval_s(self, now: float) -> float:
        """Return the seconds until the next report after one that is sent on now."""
        if self._began_at is None:
            self._began_at = now
        return min(SLOWEST_EVERY_S, max(PROGRESS_EVERY_S, (now - self._began_at) / REPORTS_SO_FAR))

    def stop(self) -> None:
        """Take no more reports: the clock has stopped, and a thread may not have noticed."""
        with self._reporting:
            self._stopped = True
