"""The workers of a cluster by place, with the bookkeeping of losses.

May import ``events``, ``errors`` and ``run``.
"""

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import RayActorError

from harness.errors import SideFailed
from harness.events import Faulted, Inspected, Recovered, Span
from harness.run.core_seconds import Timing
from harness.run.plan import Patience
from harness.run.ray.cluster import ANSWER_WITHIN_S, Cluster
from harness.run.ray.worker_watch import LOOK_EVERY_S, Overdue, WorkerWatch
from harness.run.wire import SendEvent

FAULTS_TOLERATED = 16
STALL_AFTER_S = Patience.stall_after_s


class Workers:
    """The workers by place, with the bookkeeping of losses.

    Workers that are not employed stand by and are asked nothing. ``returning`` holds the places
    that are being filled again, by the pending description of the new worker.
    """

    def __init__(
        self, cluster: Cluster, send: SendEvent, stall_after_s: float = STALL_AFTER_S
    ) -> None:
        self._cluster = cluster
        self.watch = WorkerWatch(stall_after_s, cluster.look, send)
        self._overdue: dict[int, Overdue] = {}
        self._noticed: dict[int, float] = {}
        self._faults = 0
        self.returning: dict[Any, int] = {}
        self.size = len(cluster.actors)
        self._send = send

    def employ(self, workers: int) -> None:
        """Have the first so many workers work from now on (0: all); ``size`` is their number."""
        self.size = workers or len(self._cluster.actors)

    def actor(self, place: int) -> Any:
        """Return the worker that fills a place now."""
        return self._cluster.actors[place]

    def lost(self, is_patient: Callable[[int], bool]) -> list[int]:
        """Return the employed places whose worker is gone, or is ended because it is stalled.

        Waits until all others are through with their queues. ``is_patient`` is told where one of
        these stands, and whether to wait for those that do not answer.
        """
        forgiven = False
        pending = {self.actor(place).stand.remote(): place for place in range(self.size)}
        gone = []
        while pending:
            for answer in self.wait(pending, forgiven=range(self.size) if forgiven else ()):
                place = pending.pop(answer)
                try:
                    forgiven = is_patient(ray.get(answer))
                except RayActorError:
                    gone.append(place)
        return sorted(gone)

    def wait(
        self,
        due: Mapping[Any, int],
        also: Iterable[Any] = (),
        *,
        forgiven: Collection[int] = (),
        together: bool = False,
    ) -> list[Any]:
        """Wait for one of the answers that are ``due``, each from its place, or of those ``also``.

        Workers that are stalled meanwhile are ended; ``forgiven`` and ``together`` are as in
        ``WorkerWatch.overdue``. Whoever asks for their answers is told that they are lost.
        """
        self.watch.owe({*due.values()})
        while True:
            ready, _ = ray.wait([*due, *also], timeout=LOOK_EVERY_S)
            for answer in ready:
                if answer in due:
                    self.watch.note_answer(due[answer])
            for place, overdue in self.watch.overdue(forgiven, together=together).items():
                self._overdue[place] = overdue
                self._cluster.end(place)
            if ready:
                return ready

    def gather(self, due: Mapping[Any, int], *, together: bool = False) -> list[Any]:
        """Return all answers in their order; raise as ``ray.get`` does, once all are there."""
        pending = dict(due)
        while pending:
            for answer in self.wait(pending, together=together):
                del pending[answer]
        return list(ray.get([*due]))

    def was_stuck(self, place: int) -> bool:
        """Return whether a lost worker was ended in something that may never end."""
        return place in self._overdue and not self._overdue[place].stopped

    def replace(self, place: int, reason: str, noticed: float) -> None:
        """Report that a worker is lost, and start another in its place.

        The loss was ``noticed`` at that reading of ``perf_counter``. That it was stalled is a
        better reason.
        """
        reason = self._overdue.pop(place, Overdue(reason)).reason
        self._faults += 1
        if self._faults > FAULTS_TOLERATED:
            raise SideFailed(
                f"{self._faults} workers were lost one after another; the last time {reason}"
            )
        self._noticed[place] = noticed
        self._send(Faulted(worker=f"w{place}", reason=reason))
        self.returning = {
            description: where for description, where in self.returning.items() if where != place
        }
        self.returning[self._cluster.replace(place)] = place

    def take_in(self, description: Any) -> None:
        """Report that a place is filled again.

        Raises ``RayActorError`` if the new worker is lost already.
        """
        place = self.returning.pop(description)
        process = ray.get(description)
        self._cluster.processes[place] = process
        self._send(
            Recovered(
                worker=f"w{place}",
                process=process,
                seconds=time.perf_counter() - self._noticed.pop(place),
            )
        )

    def take_in_all(self) -> None:
        """Wait until every employed place is filled again; raise as ``take_in`` does."""
        while due := [
            description for description, place in self.returning.items() if place < self.size
        ]:
            self.take_in(due[0])

    def inspect(self, given: Any) -> None:
        """Report the input's digest of workers that came in mid-run, and who changed its terms.

        The clock has stopped.
        """
        for worker, sha256 in self._cluster.digests_of_new_workers(given, self.size):
            self._send(Inspected(worker=worker, input_sha256=sha256))
        for place, (nice, affinity) in self._cluster.ask_living("terms", self.size).items():
            before = self._cluster.processes[place]
            if (before.nice, before.affinity) != (nice, affinity):
                self._cluster.processes[place] = replace(before, nice=nice, affinity=affinity)
                self._send(Inspected(worker=before.id, nice=nice, affinity=affinity))

    def rest(self) -> None:
        """Let go of the last run's state; a worker that is lost is noticed when it is needed."""
        if self.returning:
            back, _ = ray.wait(
                [*self.returning], num_returns=len(self.returning), timeout=ANSWER_WITHIN_S
            )
            for description in back:
                with contextlib.suppress(RayActorError):
                    self.take_in(description)
        self._cluster.ask_living("release")

    def span(self, place: int, chunk: int, items: int, timing: Timing) -> None:
        """Say what a worker did on one chunk."""
        self._send(
            Span(
                worker=f"w{place}",
                chunk=chunk,
                items=items,
                busy_s=timing.busy_s,
                cpu_s=timing.cpu_s,
            )
        )
