"""The distributed side of a workload on a Ray cluster.

May import ``model``, ``events``, ``workload`` and ``run``.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from ray.exceptions import RayError

from harness.chaos import read_chaos
from harness.events import AwaitsHosts, Event
from harness.model import Host, Process
from harness.run.chaos_engine import ChaosEngine
from harness.run.core_seconds import CoreTimeAccount
from harness.run.find import user_modules
from harness.run.host import host_key
from harness.run.imports import needed_modules
from harness.run.progress_reports import no_report
from harness.run.ray.cluster import (
    Cluster,
    bytes_in_store,
    cluster,
    pickle_by_value,
)
from harness.run.ray.connection import ClusterPlan
from harness.run.ray.drain_watch import drains_announced
from harness.run.ray.last_usage import LastUsage
from harness.run.ray.pool import RayPool
from harness.run.ray.ray_errors import explained
from harness.run.ray.room import HostWait
from harness.run.ray.samplers import Sampler
from harness.run.ray.spares import key
from harness.run.ray.victims import RayVictims
from harness.run.ray.workers import Workers
from harness.run.sides.runner import Usage, own_usage
from harness.run.strikes import TrialStrikes
from harness.run.utilization import sample_of
from harness.run.wire import Assignment, SendEvent, is_hung_up
from harness.workload import (
    AnyCapacity,
    AnyProblem,
    AnyService,
    AnyWorkload,
    QualityReporter,
    Reporter,
    Requests,
)

SAMPLE_EVERY_S = 0.5


class Unnoticed(NamedTuple):
    """The places of workers that were struck, but not missed by the end of a run, and when it was.

    By ``perf_counter``.
    """

    places: Sequence[int] = ()
    since: float = 0.0


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
        self._stall_after_s = assignment.stall_after_s
        self._workers = Workers(armed, send, assignment.stall_after_s)
        self._last_usage = LastUsage(self._at_work)
        self._account: CoreTimeAccount | None = None
        self._chaos = read_chaos(assignment.chaos)
        self._victims = RayVictims(armed, self._workers, self._chaos) if self._chaos else None
        self._unnoticed = Unnoticed()

    @contextlib.contextmanager
    def under_strikes(
        self, report: QualityReporter, items: int, workers: int
    ) -> Iterator[QualityReporter]:
        """Strike these workers as planned while they run over so many items."""
        self._workers.employ(workers)
        losses, size = self._workers.losses, self._workers.size
        losses.begin(range(size), measures=self._victims is not None)
        with self._last_usage.watching():
            if self._victims is None:
                yield report
                return
            engine = ChaosEngine(TrialStrikes(self._chaos, size), self._victims, losses, items)
            with engine.at_work(report) as counted:
                yield counted
        self._unnoticed = Unnoticed(losses.end(engine.not_come), time.perf_counter())

    def run(self, given: Any, report: QualityReporter, workers: int) -> Any:
        """Run on the first ``workers`` of the workers (0: all) and return the answer."""
        return self._on_pool(workers, lambda pool: self._workload.distributed(given, pool, report))

    def _on_pool(self, workers: int, run: Callable[[RayPool], Any]) -> Any:
        self._workers.employ(workers)
        pool = RayPool(self._workers, self._cores)
        self._account = pool.account
        answer = run(pool)
        pool.account.close()
        return answer

    def serve(
        self, service: AnyService, given: Any, requests: Requests, report: Reporter, workers: int
    ) -> Any:
        """Answer requests on the first ``workers`` of the workers (0: all)."""
        return self._on_pool(workers, lambda pool: service.on_pool(given, pool, requests, report))

    def try_size(self, capacity: AnyCapacity, size: int, given: Any) -> None:
        """Take one step with a model of a size on all workers; one without room lives on."""
        self._workers.employ(0)
        capacity.on_pool(size, given, RayPool(self._workers, self._cores))

    def worker_processes(self) -> Sequence[Process]:
        """Return what every worker says of itself, with the digest of the input it sees."""
        return self._cluster.describe_workers(self._given)

    def drains_announced(self) -> contextlib.AbstractContextManager[None]:
        """Have workers leave whose host is about to leave the cluster, as long as this lasts."""
        cluster = self._cluster
        return drains_announced(lambda: cluster.actors, cluster.avoid, self._workers.leaving)

    def warm_up_spares(self, given: Any) -> None:
        """Run on the spares alone."""
        if not self._cluster.spares.actors():
            return
        with self._cluster.of_spares() as alone:
            workers = Workers(alone, lambda _: None, self._stall_after_s)
            self._workload.distributed(given, RayPool(workers, self._cores), no_report)
            workers.rest()

    def spares(self) -> Sequence[Process]:
        """Return what every spare says of itself."""
        return self._cluster.spares.processes()

    def hosts(self) -> tuple[Host, ...]:
        """Return the facts of every host that has a worker, or a spare."""
        return self._cluster.hosts()

    def usage(self, workers: int) -> Usage:
        """Return what the driver, these workers and all that they started have used so far.

        Those count too that were lost, as far as they were seen to use anything.
        """
        used = self._cluster.usage(workers, self._absent())
        not_asked = {key(one) for one in self._cluster.processes[workers:]} if workers else set()
        with_lost = self._last_usage.with_those_gone(used, not_asked)
        return own_usage(self._cluster.daemons, self._guard_pid) | with_lost

    def _absent(self) -> set[int]:
        """Return the places that are being filled."""
        return {*self._workers.returning.values()}

    def _at_work(self) -> list[Process]:
        """Return the processes of the workers that take part in the run, and are there."""
        absent, at_work = self._absent(), self._cluster.processes[: self._workers.size]
        return [process for place, process in enumerate(at_work) if place not in absent]

    def waited_s(self) -> float | None:
        """Return None: this is no baseline."""
        return None

    def inspect(self) -> None:
        """Have workers that came in mid-run report the digest of their input.

        Those that nobody has missed since they were struck are replaced first.
        """
        places, since = self._unnoticed
        self._unnoticed = Unnoticed()
        self._workers.refill(places, since)
        self._workers.inspect(self._given)

    def rest(self, next_workers: int | None) -> None:
        """Let go of the state of the last run."""
        self._workers.rest(self._given)

    def time_parts(self, wall_s: float, cpu_s: float) -> tuple[Event, ...]:
        """Return where the last run's time went; nothing if there was none."""
        return () if self._account is None else self._account.events(wall_s)


@contextlib.contextmanager
def ray_side(
    assignment: Assignment,
    workload: AnyWorkload,
    problem: AnyProblem,
    modules_sha256: str,
    send: SendEvent,
    lap: Callable[[str], None],
) -> Iterator[RaySide]:
    """Yield the side with its workers answering; end the cluster, if it is ours, afterwards.

    ``lap`` is told what part of the start-up has just ended.
    """
    pickle_by_value(user_modules(assignment.workload))
    plan = ClusterPlan(
        address=assignment.address,
        scratch=assignment.scratch,
        workers=assignment.workers,
        spares=assignment.spares,
        cores_per_worker=assignment.cores_per_worker,
        cores=assignment.cores,
        store_bytes=bytes_in_store(problem.input) + problem.state_bytes,
        modules_sha256=modules_sha256,
        modules=needed_modules(assignment.workload) if assignment.address else (),
        dashboard=assignment.dashboard,
    )
    wait = HostWait(
        limit_s=assignment.wait_for_hosts_s if assignment.address else 0.0,
        report=lambda workers, seconds: send(AwaitsHosts(workers=workers, seconds=seconds)),
        lap=lap,
        is_abandoned=lambda: is_hung_up(assignment.control_fd),
    )
    with (
        explained(),
        cluster(plan, wait) as armed,
        _remote_samples(armed.samplers(host_key()), send),
    ):
        side = RaySide(armed, workload, problem.input, assignment, send)
        with side.drains_announced() if assignment.address else contextlib.nullcontext():
            yield side


@contextlib.contextmanager
def _remote_samples(samplers: Sequence[Sampler], send: SendEvent) -> Iterator[None]:
    """Pass on the samples of workers on other hosts, for as long as the side lives."""
    over = threading.Event()

    def sample() -> None:
        while not over.wait(SAMPLE_EVERY_S):
            for sampler in samplers:
                with contextlib.suppress(RayError):  # a host that is lost has no samples
                    for load in sampler.read():
                        send(sample_of(load))

    for sampler in samplers:
        sampler.read()  # of which there is nothing to say yet; it may take long to start
    if samplers:
        threading.Thread(target=sample, daemon=True).start()
    try:
        yield
    finally:
        over.set()
