"""A side without Ray or work: each chunk takes the seconds that are written down for it.

It serves as test double, and as a show without a cluster. What it produces is marked simulated
everywhere. May import ``events``, ``model``, ``workload`` and ``run``.
"""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from harness.chaos import read_chaos
from harness.events import Event
from harness.model import Digest, Host, Process
from harness.run.host import this_host
from harness.run.losses import Losses
from harness.run.sides.runner import OneProcess, with_input
from harness.run.sides.simulated_crew import SimulatedCrew
from harness.run.sides.simulated_pool import SimulatedPool
from harness.run.strikes import TrialStrikes
from harness.run.wire import Assignment, SendEvent
from harness.workload import (
    AnyCapacity,
    AnyService,
    AnyWorkload,
    QualityReporter,
    Reporter,
    Requests,
)


class SimulatedSide(OneProcess):
    """Runs the workload's ``distributed`` on simulated workers."""

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
        self._input_digest = input_digest
        self._hosts = simulated_hosts(assignment)
        self._armed = SimulatedPool(
            assignment.workers,
            send,
            source_sha256,
            assignment.cores_per_worker,
            [host.id for host in self._hosts],
            assignment.spares,
        )
        self._account = self._armed.account
        self._chaos = read_chaos(assignment.chaos)
        self._send = send
        self._crew: SimulatedCrew | None = None

    @contextlib.contextmanager
    def under_strikes(
        self, report: QualityReporter, items: int, workers: int
    ) -> Iterator[QualityReporter]:
        """Strike these workers as planned while they run over so many items."""
        if not self._chaos:
            yield report
            return
        processes = self._armed.processes[: workers or None]
        losses = Losses(self._send)
        self._crew = SimulatedCrew(
            processes=processes,
            losses=losses,
            strikes=TrialStrikes(self._chaos, len(processes)),
            items=items,
            spares=self._armed.spares,
        )
        yield report
        self._crew.thaw_all()
        losses.end(self._crew.not_come)
        self._crew = None

    def run(self, given: Any, report: QualityReporter, workers: int) -> Any:
        """Run on the first ``workers`` of the workers (0: all) and return the answer."""
        pool = self._armed.first(workers)
        pool.crew = self._crew
        self._account = pool.account
        answer = self._workload.distributed(given, pool, report)
        pool.account.close()
        return answer

    def try_size(self, capacity: AnyCapacity, size: int, given: Any) -> None:
        """Take one step with a model of a size on the simulated workers."""
        capacity.on_pool(size, given, self._armed.first(0))

    def serve(
        self, service: AnyService, given: Any, requests: Requests, report: Reporter, workers: int
    ) -> Any:
        """Answer requests on the simulated workers."""
        pool = self._armed.first(workers)
        self._account = pool.account
        answer = service.on_pool(given, pool, requests, report)
        pool.account.close()
        return answer

    def hosts(self) -> tuple[Host, ...]:
        """Return the hosts that the workers are dealt over."""
        return self._hosts

    def worker_processes(self) -> Sequence[Process]:
        """Return the simulated workers, all of them in this process."""
        return with_input(self._armed.processes, self._input_digest)

    def spares(self) -> Sequence[Process]:
        """Return the simulated spares."""
        return self._armed.spares

    def time_parts(self, wall_s: float, cpu_s: float) -> tuple[Event, ...]:
        """Return where the last run's time would have gone."""
        return self._account.events(wall_s)


def simulated_hosts(assignment: Assignment) -> tuple[Host, ...]:
    """Return as many hosts as the setting ``hosts`` says, each described as this machine is."""
    here = this_host()
    number = assignment.params.get("hosts", 1)
    if not isinstance(number, int) or number < 2:
        return (here,)
    return tuple(replace(here, id=f"worker-host-{place}") for place in range(1, number + 1))
