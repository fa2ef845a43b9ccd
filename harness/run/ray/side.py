"""The distributed side of a workload on a Ray cluster.

May import ``model``, ``events``, ``workload`` and ``run``.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from harness.events import Event, Sample
from harness.model import Host, Process
from harness.run.core_seconds import CoreTimeAccount
from harness.run.find import user_modules
from harness.run.host import host_key
from harness.run.ray.cluster import (
    Cluster,
    Sampler,
    bytes_in_store,
    cluster,
    pickle_by_value,
)
from harness.run.ray.connection import ClusterPlan
from harness.run.ray.pool import RayPool
from harness.run.ray.ray_errors import explained
from harness.run.ray.workers import Workers
from harness.run.sides.runner import Usage, own_usage
from harness.run.wire import Assignment, SendEvent
from harness.workload import AnyWorkload, Reporter

SAMPLE_EVERY_S = 0.5


class RaySide:
    """Runs the workload's ``distributed`` on the workers of a cluster."""

    def __init__(
        self,
        armed: Cluster,
        workload: AnyWorkload,
        given: Any,
        assignment: Assignment,
        send: SendEvent,
    ) -> None:
        self._cluster = armed
        self._workload = workload
        self._given = given
        self._cores = assignment.cores_per_worker
        self._guard_pid = assignment.guard_pid
        self._workers = Workers(armed, send, assignment.stall_after_s)
        self._account: CoreTimeAccount | None = None

    def run(self, given: Any, report: Reporter, workers: int) -> Any:
        """Run on the first ``workers`` of the workers (0: all) and return the answer."""
        self._workers.employ(workers)
        pool = RayPool(self._workers, self._cores)
        self._account = pool.account
        answer = self._workload.distributed(given, pool, report)
        pool.account.close()
        return answer

    def worker_processes(self) -> Sequence[Process]:
        """Return what every worker says of itself, with the digest of the input it sees."""
        return self._cluster.describe_workers(self._given)

    def hosts(self) -> tuple[Host, ...]:
        """Return the facts of every host that has a worker."""
        return self._cluster.hosts()

    def usage(self, workers: int) -> Usage:
        """Return what the driver, these workers and all that they started have used so far."""
        return own_usage(self._cluster.daemons, self._guard_pid) | self._cluster.usage(workers)

    def waited_s(self) -> float | None:
        """Return None: this is no baseline."""
        return None

    def inspect(self) -> None:
        """Have workers that came in mid-run report the digest of their input."""
        self._workers.inspect(self._given)

    def rest(self, next_workers: int | None) -> None:
        """Let go of the state of the last run."""
        self._workers.rest()

    def time_parts(self, wall_s: float, cpu_s: float) -> tuple[Event, ...]:
        """Return where the last run's time went; nothing if there was none."""
        return () if self._account is None else self._account.events(wall_s)


@contextlib.contextmanager
def ray_side(
    assignment: Assignment,
    workload: AnyWorkload,
    given: Any,
    modules_sha256: str,
    send: SendEvent,
) -> Iterator[RaySide]:
    """Yield the side with its workers answering; end the cluster, if it is ours, afterwards."""
    pickle_by_value(user_modules(assignment.workload))
    plan = ClusterPlan(
        address=assignment.address,
        scratch=assignment.scratch,
        workers=assignment.workers,
        cores_per_worker=assignment.cores_per_worker,
        cores=assignment.cores,
        input_bytes=bytes_in_store(given),
        modules_sha256=modules_sha256,
    )
    with explained(), cluster(plan) as armed, _remote_samples(armed.samplers(host_key()), send):
        yield RaySide(armed, workload, given, assignment, send)


@contextlib.contextmanager
def _remote_samples(samplers: Sequence[Sampler], send: SendEvent) -> Iterator[None]:
    """Pass on the samples of workers on other hosts, for as long as the side lives."""
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_EVERY_S):
            for sampler in samplers:
                for worker, cpu, rss_bytes in sampler.read():
                    send(Sample(worker=worker, cpu=cpu, rss_bytes=rss_bytes))

    if samplers:
        threading.Thread(target=sample, daemon=True).start()
    try:
        yield
    finally:
        over.set()
