"""The workers of a cluster by place, with the bookkeeping of losses.

May import ``model``, ``events``, ``errors`` and ``run``.
"""

import contextlib
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import ray
from ray.exceptions import RayActorError

from harness.errors import SideFailed
from harness.events import Inspected, Span
from harness.model import Process
from harness.run.core_seconds import Timing
from harness.run.losses import SLACK_S, Losses
from harness.run.plan import Patience
from harness.run.ray.cluster import Cluster
from harness.run.ray.departures import LEFT, Departure, Departures
from harness.run.ray.ray_errors import loss_reason
from harness.run.ray.spares import ANSWER_WITHIN_S
from harness.run.ray.worker_watch import LOOK_EVERY_S, Overdue, WorkerWatch
from harness.run.wire import SendEvent

FAULTS_TOLERATED = 16
LONGEST_ACTIVITY = 80
FEW_ANSWERS = 16
STALL_AFTER_S = Patience.stall_after_s


class Leaver(NamedTuple):
    """A worker that has left its place, and will be gone at that reading of ``time.monotonic``."""

    actor: Any
    process: Process
    deadline: float


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
        self._departures = Departures(partial(cluster.call, beside=True))
        self.losses = Losses(send, cluster.cpu_seconds)
        self._overdue: dict[int, Overdue] = {}
        self._faults = 0
        self._leavers: list[Leaver] = []
        self.returning: dict[Any, int] = {}
        self.size = len(cluster.actors)
        self._send = send

    def employ(self, workers: int) -> None:
        """Have the first so many workers work from now on (0: all); ``size`` is their number."""
        self.size = workers or len(self._cluster.actors)

    def actor(self, place: int) -> Any:
        """Return the worker that fills a place now."""
        return self._cluster.actors[place]

    def leaving(self, place: int, deadline: float) -> None:
        """Note that a worker will be gone at that reading of ``time.monotonic``; for any thread.

        Somebody is called to fill its place. What it has is finished, or handed over, before that.
        """
        self._departures.announce(place, deadline)

    def departures(self) -> dict[int, Departure]:
        """Return who will be gone, by place."""
        absent = {*self.returning.values(), *range(self.size, len(self._cluster.actors))}
        return self._departures.update(absent)

    def left_s(self, place: int) -> float:
        """Return for how many seconds a worker stays (infinity: nothing else is known)."""
        return self._departures.left_s(place)

    def call_again(self, place: int) -> None:
        """Have somebody else come for one that leaves: who was called is lost."""
        self._departures.call_again(place)

    def give_up(self, place: int) -> Leaver:
        """Report that a worker leaves its place, and return it: it is not ended yet."""
        deadline = time.monotonic() + self.left_s(place)
        leaver = Leaver(self.actor(place), self._cluster.processes[place], deadline)
        self._leavers.append(leaver)
        self.replace(place, LEFT, time.perf_counter())
        return leaver

    def retire(self, leaver: Leaver) -> None:
        """End a worker that has left its place."""
        self._leavers.remove(leaver)
        self._cluster.retire(leaver.actor, leaver.process)

    def end_overdue(self) -> None:
        """End those that have left their places, and whose notice is over; for any thread.

        Whoever asks for what they had not finished is told that they are lost.
        """
        for leaver in [*self._leavers]:
            if leaver.deadline <= time.monotonic() + SLACK_S:
                self._cluster.retire(leaver.actor, leaver.process)

    def lost(self, places: Iterable[int], is_patient: Callable[[int], bool]) -> dict[int, str]:
        """Return those of the places whose worker is gone, or is ended as it is stalled, and why.

        Waits until all others are through with their queues. ``is_patient`` is told where one of
        these stands, and whether to wait for those that do not answer.
        """
        forgiven = False
        pending = {self.actor(place).stand.remote(): place for place in places}
        gone = {}
        while pending:
            for answer in self.wait(pending, forgiven=range(self.size) if forgiven else ()):
                place = pending.pop(answer)
                try:
                    forgiven = is_patient(ray.get(answer))
                except RayActorError as loss:
                    gone[place] = loss_reason(loss)
        return dict(sorted(gone.items()))

    def wait(
        self,
        due: Mapping[Any, int],
        also: Iterable[Any] = (),
        *,
        forgiven: Collection[int] = (),
        together: bool = False,
        until_notice: bool = False,
    ) -> list[Any]:
        """Wait for one of the answers that are ``due``, each from its place, or of those ``also``.

        With ``until_notice`` nothing is returned once it is announced that a worker leaves.

        Workers that are stalled meanwhile are ended; ``forgiven`` and ``together`` are as in
        ``WorkerWatch.overdue``. Whoever asks for their answers is told that they are lost.
        """
        self.watch.owe({*due.values()})
        while True:
            ready = _ready_of([*due, *also])
            for answer in ready:
                if answer in due:
                    self.note_answer(due[answer])
            self.end_stalled(forgiven, together=together)
            if ready or (until_notice and self._departures.has_notices):
                return ready

    def note_answer(self, place: int) -> None:
        """Note that a worker has answered."""
        self.watch.note_answer(place)
        self.losses.answered(place)

    def end_stalled(self, forgiven: Collection[int] = (), *, together: bool = False) -> None:
        """End workers that owe an answer and are stalled; the arguments are as in ``wait``."""
        for place, overdue in self.watch.overdue(forgiven, together=together).items():
            self._overdue[place] = overdue
            self._cluster.end(place)

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
        """Report that a worker is lost, and have another one fill its place.

        The loss was ``noticed`` at that reading of ``perf_counter``. That it was stalled is a
        better reason.
        """
        reason = self._overdue.pop(place, Overdue(reason)).reason
        if not self.losses.noticed(place, reason, noticed):
            self._faults += 1
        if self._faults > FAULTS_TOLERATED:
            raise SideFailed(
                f"{self._faults} workers were lost one after another; the last time {reason}"
            )
        self.returning = {
            description: where for description, where in self.returning.items() if where != place
        }
        newcomer = self._departures.take(place) or self._cluster.call(place)
        self._cluster.fill(place, newcomer)
        self.returning[newcomer.description] = place

    def take_in(self, description: Any) -> None:
        """Report that a place is filled again.

        Raises ``RayActorError`` if the new worker is lost already.
        """
        place = self.returning.pop(description)
        process = ray.get(description)
        self._cluster.processes[place] = process
        self.losses.replaced(place, process)

    @property
    def returning_employed(self) -> list[Any]:
        """Return the pending descriptions of new workers in employed places."""
        return [description for description, place in self.returning.items() if place < self.size]

    def is_warm(self, place: int) -> bool:
        """Return whether who came to fill a place had computed before."""
        return self._cluster.is_warm(place)

    def caught_up(self, place: int, *, redone: int, lost_cpu_s: float) -> None:
        """Note that all workers are as far as anybody was when this one was lost."""
        self.losses.caught_up(place, redone=redone, lost_cpu_s=lost_cpu_s)

    def refill(self, places: Iterable[int], since: float) -> None:
        """Fill places whose workers were killed, which nobody noticed by the end of a run.

        It ended at that reading of ``perf_counter``.
        """
        for place in places:
            self.replace(place, "killed on purpose", since)
            self.losses.nothing_undone(place, since)
        if places:
            self._await_returning()

    def inspect(self, given: Any) -> None:
        """Report the input's digest of workers that came in mid-run, and who changed its terms.

        The clock has stopped.
        """
        self._inspect_new(given)
        terms = self._cluster.ask_living("terms", self.size, self.returning.values())
        for place, (nice, affinity) in terms.items():
            before = self._cluster.processes[place]
            if (before.nice, before.affinity) != (nice, affinity):
                self._cluster.processes[place] = replace(before, nice=nice, affinity=affinity)
                self._send(Inspected(worker=before.id, nice=nice, affinity=affinity))

    def _inspect_new(self, given: Any) -> None:
        for worker, sha256 in self._cluster.digests_of_new_workers(given, self.size):
            self._send(Inspected(worker=worker, input_sha256=sha256))

    def rest(self, given: Any = None) -> None:
        """Let go of the last run's state; a worker that is lost is noticed when it is needed.

        Who comes in only now sees the input that is ``given``, too, and says so. Who was to leave
        stays: if its host goes, that is announced again.
        """
        for newcomer in self._departures.cancel():
            ray.kill(newcomer.actor)
        if self.returning:
            self._await_returning()
            self._inspect_new(given)
        self._cluster.ask_living("release", absent=self.returning.values())

    def _await_returning(self) -> None:
        """Wait for new workers, but not for ever; one that is lost again stays away."""
        if not self.returning:
            return
        back, _ = ray.wait(
            [*self.returning], num_returns=len(self.returning), timeout=ANSWER_WITHIN_S
        )
        for description in back:
            with contextlib.suppress(RayActorError):
                self.take_in(description)

    def span(self, place: int, chunk: int, items: int, timing: Timing, activity: str = "") -> None:
        """Say what a worker did on one chunk, or in steps that came one after the other."""
        self.losses.reported(place)
        self._send(
            Span(
                worker=f"w{place}",
                chunk=chunk,
                items=items,
                busy_s=timing.busy_s,
                cpu_s=timing.cpu_s,
                activity=activity[:LONGEST_ACTIVITY],
            )
        )


def _ready_of(answers: list[Any]) -> list[Any]:
    """Wait for one of the answers, and return it with all that are there by then.

    Ray looks at every one of them each time; with very many, one at a time would take it longer
    than the workers take to give others.
    """
    ready, _ = ray.wait(answers, timeout=LOOK_EVERY_S)
    if ready and len(answers) > FEW_ANSWERS:
        ready, _ = ray.wait(answers, num_returns=len(answers), timeout=0)
    return list(ready)
