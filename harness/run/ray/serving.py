"""One fleet on Ray: micro-batches waiting, in flight, and answered.

May import ``workload`` and ``run``.
"""

import contextlib
import select
import socket
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError

from harness.run.core_seconds import CoreTimeAccount, Timing
from harness.run.ray.fleet_calls import FleetCalls
from harness.run.ray.fleet_member import FleetAnswer, FleetCall
from harness.run.ray.fleet_places import FleetPlaces
from harness.run.ray.ray_errors import loss_reason, raise_cause
from harness.run.ray.worker_watch import LOOK_EVERY_S
from harness.run.ray.workers import Workers
from harness.workload import Reporter, Requests

IN_FLIGHT = 2


@dataclass(eq=False)
class MicroBatch:
    """Requests that are encoded together, and what is known of them so far.

    ``chunk`` is its number in the losses. ``parts`` are what shards have, by their numbers.
    """

    chunk: int
    numbers: Sequence[int]
    queries: Any = None
    parts: dict[int, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Call:
    """A call in flight: to whom, what it encodes (None: nothing), and what it searches for."""

    place: int
    actor: Any
    encodes: MicroBatch | None
    own: Sequence[int]
    searches: Sequence[tuple[MicroBatch, int]]
    outcome: Any = None

    @property
    def batches(self) -> list[MicroBatch]:
        """Return the micro-batches that it works on."""
        encoded = [] if self.encodes is None else [self.encodes]
        return [*encoded, *(batch for batch, _ in self.searches)]


class FleetRun:
    """One ``serve``, run once.

    A worker that is free is sent the requests that have come by then, and with them what others
    have encoded and its shards are to be searched for. A second call goes out to a worker at work
    only with a whole micro-batch. Whatever is in flight at a worker that is lost is done again.
    """

    def __init__(
        self,
        workers: Workers,
        account: CoreTimeAccount,
        places: FleetPlaces,
        asked: Sequence[Any],
        requests: Requests,
        micro_batch: int,
    ) -> None:
        self._workers = workers
        self._places = places
        self._asked = asked
        self._requests = requests
        self._most = micro_batch
        self._log = FleetCalls(workers, account)
        self._queue: deque[int] = deque()
        self._again: deque[MicroBatch] = deque()
        self._searches: list[tuple[MicroBatch, int]] = []
        self._calls: dict[Any, list[Call]] = {}
        self._finished: deque[Call] = deque()
        self._arrived: deque[Any] = deque()
        self._replies: list[Any] = [None] * requests.count
        self._batches = self._done = 0
        self._joining: dict[Any, int] = {}
        self._awake, self._wake = socket.socketpair()

    def run(self, report: Reporter) -> list[Any]:
        """Answer all requests; return the replies by number."""
        with self._awake, self._wake:
            self._join_all()
            while not self._is_over:
                self._send_calls()
                self._wait()
                while self._finished:
                    self._finish(self._finished.popleft())
                while self._arrived:
                    self._take_in(self._arrived.popleft())
                self._log.pass_on()
                report(self._done)
        self._log.pass_on(at_end=True)
        return self._replies

    def _join_all(self) -> None:
        absent = {place: description for description, place in self._workers.returning.items()}
        for place in range(self._workers.size):
            if place in absent:
                self._when_done(absent[place], self._arrived, absent[place])
            else:
                self._join(place)

    def _join(self, place: int) -> None:
        joined = self._places.join(place)
        self._joining[joined] = place
        self._when_done(joined, self._arrived, joined)

    @property
    def _is_over(self) -> bool:
        waiting = self._queue or self._again or self._searches or any(self._calls.values())
        return not waiting and self._requests.over

    def _send_calls(self) -> None:
        """Hand out what waits, to workers that are free first."""
        for place in sorted(self._places.present, key=self._load):
            self._queue.extend(self._requests.take(self._most - len(self._queue), 0.0))
            load = self._load(place)
            full = bool(self._again) or len(self._queue) >= self._most
            if load == 0 or (load < IN_FLIGHT and full):
                self._send_call(place)

    def _load(self, place: int) -> int:
        return len(self._calls.get(self._workers.actor(place), ()))

    def _send_call(self, place: int) -> None:
        """Send a worker what it can do now, if there is anything."""
        mine = [one for one in self._searches if self._places.holder(one[1]) == place]
        batch = self._next_batch()
        if batch is None and not mine:
            return
        self._searches = [one for one in self._searches if one not in mine]
        own = [] if batch is None else self._places.shards_at(place)
        actor = self._workers.actor(place)
        call = Call(place, actor, batch, own, mine)
        asked = [] if batch is None else [self._asked[number] for number in batch.numbers]
        sent = FleetCall([(shard, one.queries) for one, shard in mine], asked, own)
        call.outcome = actor.answer.remote((*sent,))
        self._calls.setdefault(actor, []).append(call)
        self._log.sent(place)
        self._when_done(call.outcome, self._finished, call)

    def _next_batch(self) -> MicroBatch | None:
        if self._again:
            return self._again.popleft()
        numbers = [self._queue.popleft() for _ in range(min(self._most, len(self._queue)))]
        if not numbers:
            return None
        self._batches += 1
        return MicroBatch(self._batches, numbers)

    def _when_done(self, outcome: Any, to: deque[Any], value: Any) -> None:
        """Have this thread wake up with a value once an outcome is there."""

        def wake(_: Any) -> None:
            to.append(value)
            with contextlib.suppress(OSError):  # the run is over
                self._wake.send(b".")

        outcome.future().add_done_callback(wake)

    def _wait(self) -> None:
        """Wait for an answer, or, where there is room for it, for a request."""
        sources: list[Any] = [self._awake]
        arrivals = self._requests.descriptor()
        if arrivals is not None and not self._requests.over and len(self._queue) < self._most:
            sources.append(arrivals)
        self._workers.watch.owe({calls[0].place for calls in self._calls.values() if calls})
        if self._awake in select.select(sources, [], [], LOOK_EVERY_S)[0]:
            self._awake.recv(4096)
        self._workers.end_stalled()

    def _finish(self, call: Call) -> None:
        """Keep what a call came to, or have it done again."""
        calls = self._calls.get(call.actor, [])
        if call not in calls:  # it went down with its worker, and waits again
            return
        try:
            answer, timing = ray.get(call.outcome)
        except RayActorError as loss:
            self._redo(call, loss)
            return
        except RayError as raised:
            raise_cause(raised)
        calls.remove(call)
        self._workers.note_answer(call.place)
        requests = 0 if call.encodes is None else len(call.encodes.numbers)
        self._log.answered(call.place, Timing(*timing), requests)
        self._take(call, FleetAnswer(*answer))

    def _take(self, call: Call, answer: FleetAnswer) -> None:
        """Add what was found to its micro-batches, and have other shards searched for new ones."""
        for (batch, shard), part in zip(call.searches, answer.found, strict=True):
            batch.parts[shard] = part
        if call.encodes is not None:
            call.encodes.queries = answer.queries
            call.encodes.parts.update(zip(call.own, answer.own, strict=True))
            others = (shard for shard in range(self._places.shards) if shard not in call.own)
            self._searches += [(call.encodes, shard) for shard in others]
        for batch in call.batches:
            if len(batch.parts) == self._places.shards:
                self._reply(batch)

    def _reply(self, batch: MicroBatch) -> None:
        parts = [batch.parts[shard] for shard in range(self._places.shards)]
        replies = self._places.program.merge(parts)
        for number, reply in zip(batch.numbers, replies, strict=True):
            self._replies[number] = reply
        self._requests.answered(batch.numbers)
        self._done += len(batch.numbers)
        self._workers.losses.chunk_done(batch.chunk)

    def _redo(self, call: Call, loss: RayActorError) -> None:
        """Do again what went down with a worker, and have its place filled."""
        lost = self._calls.pop(call.actor)
        for one in lost:
            self._again.extend([] if one.encodes is None else [one.encodes])
            self._searches += one.searches
        self._log.lost(call.place)
        self._replace(call.place, loss)
        chunks = [batch.chunk for one in lost for batch in one.batches]
        self._workers.losses.owe(call.place, chunks, begun=len(chunks[:1]))

    def _replace(self, place: int, loss: RayActorError) -> None:
        self._places.lose(place)
        self._workers.replace(place, loss_reason(loss), time.perf_counter())
        (newcomer,) = (one for one, at in self._workers.returning.items() if at == place)
        self._when_done(newcomer, self._arrived, newcomer)

    def _take_in(self, arrived: Any) -> None:
        """Have a worker join that is back, and let it take part once it has joined."""
        place = self._workers.returning.get(arrived, self._joining.get(arrived))
        if place is None:  # it was lost again, and this is of its predecessor
            return
        try:
            if arrived in self._workers.returning:
                self._workers.take_in(arrived)
                self._join(place)
            else:
                del self._joining[arrived]
                ray.get(arrived)
                self._places.admit(place)
        except RayActorError as loss:
            self._replace(place, loss)
        except RayError as raised:
            raise_cause(raised)
