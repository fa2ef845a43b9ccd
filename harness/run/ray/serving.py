"""One fleet on Ray: micro-batches waiting, in flight, and answered.

May import ``workload`` and ``run``.
"""

import contextlib
import secrets
import socket
import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError

from harness.run.core_seconds import CoreTimeAccount, Timing
from harness.run.ray.attempts import Attempts
from harness.run.ray.fleet_calls import Call, FleetCalls, MicroBatch
from harness.run.ray.fleet_links import FleetLinks
from harness.run.ray.fleet_member import FleetAnswer, FleetCall
from harness.run.ray.fleet_places import FleetPlaces
from harness.run.ray.peers import TOKEN_BYTES, Address, PeerLost, call_worker
from harness.run.ray.ray_errors import loss_reason, raise_cause
from harness.run.ray.worker_watch import LOOK_EVERY_S
from harness.run.ray.workers import Workers
from harness.workload import Reporter, Requests

IN_FLIGHT = 2


class FleetRun:
    """One ``serve``, run once.

    A worker that is free is sent the requests that have come by then, and with them what others
    have encoded and its shards are to be searched for. A second call goes out to a worker at work
    only with a whole micro-batch. Calls and answers travel over sockets: each worker is in one call
    of Ray's for as long as it takes part, whose end tells that it is lost. Whatever is in flight
    there is then done again.
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
        self._links = FleetLinks()
        self._calls: dict[int, deque[Call]] = {place: deque() for place in range(workers.size)}
        self._arrived: deque[Any] = deque()
        self._replies: list[Any] = [None] * requests.count
        self._batches = self._done = 0
        self._joining: dict[Any, int] = {}
        self._joined: dict[Any, int] = {}
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self._attempt = 0
        self._attempts = Attempts()
        self._leaving: set[int] = set()
        self._awake, self._wake = socket.socketpair()

    def run(self, report: Reporter) -> list[Any]:
        """Answer all requests; return the replies by number."""
        with self._awake, self._wake, self._links:
            self._join_all()
            while not self._is_over:
                self._hand_over()
                self._send_calls()
                self._wait()
                for place, answer in self._links.take():
                    self._finish(place, *answer)
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
                self._when_done(absent[place])
            else:
                self._join(place)

    def _join(self, place: int) -> None:
        joined = self._places.join(place)
        self._joining[joined] = place
        self._when_done(joined)

    @property
    def _is_over(self) -> bool:
        waiting = self._queue or self._again or self._searches or any(self._calls.values())
        return not waiting and self._requests.over

    def _send_calls(self) -> None:
        """Hand out what waits, to workers that are free first."""
        for place in sorted(self._places.present, key=self._load):
            if place not in self._links or place in self._leaving:  # or lost, as will be told
                continue
            self._queue.extend(self._requests.take(self._most - len(self._queue), 0.0))
            load = self._load(place)
            full = bool(self._again) or len(self._queue) >= self._most
            if load == 0 or (load < IN_FLIGHT and full):
                self._send_call(place)

    def _load(self, place: int) -> int:
        return len(self._calls[place])

    def _send_call(self, place: int) -> None:
        """Send a worker what it can do now, if there is anything."""
        mine = [one for one in self._searches if self._places.holder(one[1]) == place]
        batch = self._next_batch()
        if batch is None and not mine:
            return
        self._searches = [one for one in self._searches if one not in mine]
        own = [] if batch is None else self._places.shards_at(place)
        asked = [] if batch is None else [self._asked[number] for number in batch.numbers]
        searches = [(shard, one.queries) for one, shard in mine]
        call = FleetCall(searches, asked, own, *self._places.take_changes(place))
        self._calls[place].append(Call(batch, own, mine))
        self._log.sent(place)
        self._links.send(place, (*call,))

    def _next_batch(self) -> MicroBatch | None:
        if self._again:
            return self._again.popleft()
        numbers = [self._queue.popleft() for _ in range(min(self._most, len(self._queue)))]
        if not numbers:
            return None
        self._batches += 1
        return MicroBatch(self._batches, numbers)

    def _when_done(self, outcome: Any) -> None:
        """Have this thread wake up once an outcome is there."""

        def wake(_: Any) -> None:
            self._arrived.append(outcome)
            with contextlib.suppress(OSError):  # the run is over
                self._wake.send(b".")

        outcome.future().add_done_callback(wake)

    def _wait(self) -> None:
        """Wait for an answer, or, where there is room for it, for a request."""
        sources = [self._awake.fileno()]
        arrivals = self._requests.descriptor()
        if arrivals is not None and not self._requests.over and len(self._queue) < self._most:
            sources.append(arrivals)
        self._workers.watch.owe({place for place, calls in self._calls.items() if calls})
        if self._awake.fileno() in self._links.wait(sources, LOOK_EVERY_S):
            self._awake.recv(4096)
        self._workers.end_stalled()

    def _finish(self, place: int, answer: Sequence[Any], timing: Sequence[Any]) -> None:
        """Keep what a call came to."""
        call = self._calls[place].popleft()
        self._workers.note_answer(place)
        requests = 0 if call.encodes is None else len(call.encodes.numbers)
        self._log.answered(place, Timing(*timing), requests)
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

    def _hand_over(self) -> None:
        """Have those take over who come for workers that leave, which finish what they have."""
        for place, departure in self._workers.departures().items():
            description = departure.newcomer.description
            if place not in self._links or not ray.wait([description], timeout=0)[0]:
                continue
            try:
                ray.get(description)
            except RayActorError:
                self._workers.call_again(place)
                continue
            self._leaving.add(place)
            if not self._calls[place]:
                self._give_up(place, description)

    def _give_up(self, place: int, description: Any) -> None:
        """End a worker that leaves and has nothing in flight, and have the other one join."""
        self._joined = {joined: at for joined, at in self._joined.items() if at != place}
        self._part_with(place)
        leaver = self._workers.give_up(place)
        self._workers.losses.owe(place, (), begun=0)
        self._workers.retire(leaver)
        self._when_done(description)

    def _part_with(self, place: int) -> None:
        """Have others hold what a worker held, which takes part no more."""
        self._log.lost(place)
        self._links.remove(place)
        self._places.lose(place)
        self._leaving.discard(place)

    def _lose(self, place: int, loss: RayActorError | None) -> None:
        """Do again what went down with a worker, or with the connection to it (no loss)."""
        lost = [*self._calls[place]]
        self._calls[place].clear()
        for one in lost:
            self._again.extend([] if one.encodes is None else [one.encodes])
            self._searches += one.searches
        self._part_with(place)
        if loss is None:
            self._attempts.require_another([])
            self._join(place)
            return
        self._replace(place, loss)
        chunks = [batch.chunk for one in lost for batch in one.batches]
        self._workers.losses.owe(place, chunks, begun=len(chunks[:1]))

    def _replace(self, place: int, loss: RayActorError) -> None:
        self._workers.replace(place, loss_reason(loss), time.perf_counter())
        (newcomer,) = (one for one, at in self._workers.returning.items() if at == place)
        self._when_done(newcomer)

    def _take_in(self, arrived: Any) -> None:
        """Have a worker join that is back, take part that has joined, or be replaced if lost."""
        try:
            if arrived in self._workers.returning:
                place = self._workers.returning[arrived]
                self._workers.take_in(arrived)
                self._join(place)
            elif arrived in self._joining:
                place = self._joining.pop(arrived)
                self._connect(place, ray.get(arrived))
            elif arrived in self._joined:
                place = self._joined.pop(arrived)
                ray.get(arrived)
                self._lose(place, None)
        except RayActorError as loss:
            self._lose(place, loss)
        except RayError as raised:
            raise_cause(raised)

    def _connect(self, place: int, address: Address) -> None:
        """Let a worker take part that waits for calls at an address."""
        self._attempt += 1
        joined = self._workers.actor(place).answer_calls.remote(self._token, self._attempt)
        self._joined[joined] = place
        self._when_done(joined)
        with contextlib.suppress(PeerLost):  # the worker then waits in vain, and says so
            self._links.add(place, call_worker(address, self._token, self._attempt))
            self._places.admit(place)
