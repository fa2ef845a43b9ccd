"""The baseline of a workload: this process alone.

May import ``model``, ``events``, ``run`` and ``workload``.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from harness.events import Event, Inspected, Sample
from harness.model import Digest, Process
from harness.run.core_seconds import baseline_time_parts
from harness.run.host import terms, this_process
from harness.run.progress_reports import report_quality
from harness.run.sides.runner import OneProcess, cores_of, name_of_cores, with_input
from harness.run.wire import Assignment, SendEvent
from harness.workload import (
    AnyCapacity,
    AnyService,
    AnyWorkload,
    QualityReporter,
    Reporter,
    Requests,
)

SAMPLE_EVERY_S = 0.5


class Baseline(OneProcess):
    """Runs the workload's ``baseline`` here. One that is simulated reports its cores as busy."""

    def __init__(
        self,
        *,
        assignment: Assignment,
        workload: AnyWorkload,
        source_sha256: str,
        input_digest: Digest,
        send: SendEvent,
    ) -> None:
        super().__init__(assignment.guard_pid)
        self._workload = workload
        self._source_sha256 = source_sha256
        self._input_digest = input_digest
        self._send = send
        self._cores = cores_of(assignment)
        self._name = name_of_cores(assignment)
        self._terms = terms()

    def run(self, given: Any, report: QualityReporter, workers: int) -> Any:
        """Run the baseline and return its answer."""
        if self._workload.simulated:
            report = _busy_reporter(report, self._name, self._send)
        return self._workload.baseline(given, report)

    def try_size(self, capacity: AnyCapacity, size: int, given: Any) -> None:
        """Take one step with a model of a size in this process's memory."""
        capacity.alone(size, given)

    def serve(
        self, service: AnyService, given: Any, requests: Requests, report: Reporter, workers: int
    ) -> Any:
        """Answer requests in this process."""
        return service.alone(given, requests, report)

    def worker_processes(self) -> Sequence[Process]:
        """Return this process."""
        self._terms = terms()
        return with_input([this_process(self._name, self._source_sha256)], self._input_digest)

    def inspect(self) -> None:
        """Report niceness and cores if the last run has changed them."""
        if self._terms != (now := terms()):
            self._terms = now
            self._send(Inspected(worker=self._name, nice=now[0], affinity=now[1]))

    def time_parts(self, wall_s: float, cpu_s: float) -> tuple[Event, ...]:
        """Return the wall time as computing, as far as this process was on its cores."""
        computing_s = wall_s if self._workload.simulated else cpu_s
        return baseline_time_parts(wall_s, computing_s, self._cores)


def _busy_reporter(
    report: QualityReporter,
    name: str,
    send: SendEvent,
    clock: Callable[[], float] = time.perf_counter,
) -> QualityReporter:
    """Return a reporter for a sleeping baseline that also says how busy it would have been."""
    sampled_at = clock()

    def report_busy(done: int, quality: float | None = None, /) -> None:
        nonlocal sampled_at
        report_quality(report, done, quality)
        if clock() >= sampled_at + SAMPLE_EVERY_S:
            sampled_at = clock()
            send(Sample(worker=name, cpu=1.0, rss_bytes=0))

    return report_busy
