"""The pool a workload's ``distributed`` is given: chunks by dynamic pull, or a replicated state in lockstep.

Lost workers are this room's business: their chunks are redone, their state is rebuilt, and the answer is
the one that would have come without the loss. With ``cluster`` the only importer of ray.
May import ``errors``, ``events``, ``workload`` and ``run``.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NoReturn

import ray
from ray.exceptions import RayActorError, RayError, RayTaskError

from harness.errors import SideFailed
from harness.run.account import Account, Timing
from harness.run.cluster import Crew
from harness.workload import Lockstep, Part, Report

CHUNKS_IN_FLIGHT = 2
STEPS_AHEAD = 4
STEPS_BETWEEN_SNAPSHOTS = 32


def one_each(_: Any) -> int:
    """Count a chunk, or a share, as one item."""
    return 1


def unheard(_: int) -> None:
    """Report to nobody."""


class RayPool:
    """Workers on a Ray cluster, as ``harness.workload.Pool`` describes them, for one run.

    ``account`` says where the run's core-seconds went; each worker has ``cores`` cores.
    """

    def __init__(self, crew: Crew, cores: int) -> None:
        self._crew = crew
        self.account = Account(crew.size, cores)

    @property
    def size(self) -> int:
        """Return the number of workers, p."""
        return self._crew.size

    def share(self, value: Any) -> Any:
        """Put a value into shared memory once; every worker reads it without a copy."""
        with self.account.sharing():
            return ray.put(value)

    def map(
        self,
        function: Callable[..., Any],
        chunks: Sequence[Any],
        *shared: Any,
        items: Callable[[Any], int] = one_each,
        report: Report = unheard,
    ) -> list[Part]:
        """Run ``function(chunk, *shared)`` over the chunks, pulled dynamically; return parts in chunk order."""
        with self.account.mapping():
            return _Mapping(self._crew, self.account, ray.put(function), chunks, shared, items).run(report)

    def lockstep(
        self,
        program: Lockstep,
        shares: Sequence[Any],
        steps: int,
        *shared: Any,
        items: Callable[[Any], int] = one_each,
        report: Report = unheard,
    ) -> Any:
        """Run ``steps`` synchronous steps with one share per worker; return the final state."""
        if len(shares) != self.size:
            raise ValueError(f"{self.size} workers need {self.size} shares, not {len(shares)}")
        with self.account.stepping():
            return _Stepping(self._crew, self.account, program, shares, steps, shared).run(report, sum(map(items, shares)))


class _Mapping:
    """One ``map``: chunks waiting, chunks in flight, parts made."""

    def __init__(
        self,
        crew: Crew,
        account: Account,
        function: Any,
        chunks: Sequence[Any],
        shared: tuple[Any, ...],
        items: Callable[[Any], int],
    ) -> None:
        self._crew, self._account = crew, account
        self._function, self._chunks, self._shared, self._items = function, chunks, shared, items
        self._waiting = deque(range(len(chunks)))
        self._flying: dict[Any, tuple[int, int, Any]] = {}
        self._parts: dict[int, Part] = {}
        self._done = 0

    def run(self, report: Report) -> list[Part]:
        while len(self._parts) < len(self._chunks):
            self._fill()
            for timing in ray.wait([*self._flying, *self._crew.returning])[0]:
                self._land(timing)
            report(self._done)
        return [self._parts[chunk] for chunk in range(len(self._chunks))]

    def _fill(self) -> None:
        """Hand every worker chunks until it has enough in flight, the least loaded first."""
        loads = dict.fromkeys(range(self._crew.size), 0)
        for _, place, _ in self._flying.values():
            loads[place] += 1
        while self._waiting and min(loads.values()) < CHUNKS_IN_FLIGHT:
            place = min(loads, key=lambda place: loads[place])
            chunk = self._waiting.popleft()
            sent = self._crew.actor(place).run.options(num_returns=2)
            value, timing = sent.remote(self._function, self._chunks[chunk], *self._shared)
            self._flying[timing] = (chunk, place, value)
            loads[place] += 1

    def _land(self, timing: Any) -> None:
        if timing in self._crew.returning:
            self._welcome(timing)
        elif timing in self._flying:  # else it went down with its worker and waits again
            self._take(timing)

    def _welcome(self, description: Any) -> None:
        place = self._crew.returning[description]
        try:
            self._crew.welcome(description)
        except RayActorError as loss:
            self._redo(place, loss)

    def _take(self, timing: Any) -> None:
        """Keep a part that was made, or have its chunk redone."""
        chunk, place, value = self._flying[timing]
        try:
            timed, result = ray.get([timing, value])
        except RayActorError as loss:
            self._redo(place, loss)
            return
        except RayTaskError as raised:
            _raise_own(raised)
        del self._flying[timing]
        items = self._items(self._chunks[chunk])
        self._done += items
        self._parts[chunk] = Part(result, chunk, f"w{place}", timed.busy_s, timed.cpu_s)
        self._account.landed(place, timed)
        self._crew.span(place, chunk, items, timed)

    def _redo(self, place: int, loss: RayActorError) -> None:
        """Put the lost worker's chunks at the head of the queue and have its place filled."""
        gone = [timing for timing, (_, where, _) in self._flying.items() if where == place]
        self._waiting.extendleft(sorted((self._flying.pop(timing)[0] for timing in gone), reverse=True))
        self._crew.replace(place, _reason(loss), time.perf_counter())


class _Stepping:
    """One ``lockstep``: which worker has contributed what, and the parts of the last two steps.

    Parts pass from worker to worker by reference; the driver hands out the references several steps ahead
    and never sees a part. A lost worker fails its own steps and those of everybody who waits for them; no
    state is touched by a step that fails for want of its parts, so each survivor stands at a known step.
    """

    def __init__(self, crew: Crew, account: Account, program: Lockstep, shares: Sequence[Any], steps: int, shared: tuple[Any, ...]) -> None:
        self._crew, self._account = crew, account
        self._program, self._shares, self._steps, self._shared = ray.put(program), shares, steps, shared
        self._sent: dict[tuple[int, int], tuple[Any, Any]] = {}
        self._kept: list[tuple[Any, Any]] = []
        self._begun: dict[int, Any] = {}
        self._restored: dict[int, Any] = {}
        self._next = 0

    def run(self, report: Report, items_a_step: int) -> Any:
        for place in range(self._crew.size):
            self._begin(place)
        self._persist(self._stand_ready)
        for step in range(self._steps):
            timings = self._persist(partial(self._complete, step))
            self._account.stepped(timings)
            for place, timing in enumerate(timings):
                self._crew.span(place, step, items_a_step // self._crew.size, timing)
            self._forget(step)
            report((step + 1) * items_a_step)
        return self._persist(self._conclude)

    def _stand_ready(self) -> None:
        """Wait until every worker has its first state, or one taken over; whatever is raised in making it is raised here."""
        timings: list[Timing] = ray.get([*self._begun.values()])
        ray.get([*self._restored.values()])
        self._account.stepped(timings)
        self._begun, self._restored = {}, {}
        self._crew.welcome_all()

    def _begin(self, place: int) -> None:
        self._begun[place] = self._crew.actor(place).begin.remote(self._program, self._shares[place], place, self._crew.size, *self._shared)

    def _persist(self, attempt: Callable[[], Any]) -> Any:
        """Return what the attempt returns, however often a worker is lost on the way, in a recovery too."""
        broken: RayError | None = None
        while True:
            try:
                if broken is not None:
                    self._recover(broken)
                return attempt()
            except RayError as error:
                broken = error

    def _complete(self, step: int) -> list[Timing]:
        self._send_up_to(min(step + STEPS_AHEAD, self._steps - 1))
        timings: list[Timing] = ray.get([self._sent[step, place][1] for place in range(self._crew.size)])
        return timings

    def _conclude(self) -> Any:
        self._send_up_to(self._steps - 1)
        concluding = self._crew.actor(0).conclude.options(num_returns=2)
        state, timing = ray.get([*concluding.remote(self._steps, *self._others(0, self._steps - 1))])
        self._account.concluded(timing)
        return state

    def _send_up_to(self, last: int) -> None:
        for step in range(self._next, last + 1):
            for place in range(self._crew.size):
                if (step, place) not in self._sent:
                    sent = self._crew.actor(place).advance.options(num_returns=2)
                    self._sent[step, place] = sent.remote(step, *self._others(place, step - 1))
            if step % STEPS_BETWEEN_SNAPSHOTS == 0 and step:
                self._kept = [*self._kept[-1:], self._snapshot(0)]
        self._next = max(self._next, last + 1)

    def _others(self, place: int, step: int) -> list[Any]:
        """Return the other workers' parts of a step in order; none before the first, or where nobody needs them again."""
        return [self._sent[step, other][0] for other in range(self._crew.size) if other != place and (step, other) in self._sent]

    def _snapshot(self, place: int) -> tuple[Any, Any]:
        absorbed, state = self._crew.actor(place).snapshot.options(num_returns=2).remote()
        return absorbed, state

    def _forget(self, step: int) -> None:
        for place in range(self._crew.size):
            self._sent.pop((step - 2, place), None)

    def _recover(self, error: RayError) -> None:
        """Fill the lost places from the survivor that is furthest behind, or from the last kept state.

        Then strike out what has to be sent again: everything the lost workers owed since that state, and
        what failed on the survivors for want of it.
        """
        noticed = time.perf_counter()
        lost = self._crew.lost()
        if not lost:
            _raise_own(error)
        stood = {place: ray.get(self._crew.actor(place).stand.remote()) for place in range(self._crew.size) if place not in lost}
        origin, state = self._origin({place: absorbed for place, (absorbed, _) in stood.items()})
        for place in lost:
            self._crew.replace(place, _reason(error), noticed)
            self._begin(place)
            self._restored.pop(place, None)
            if state is not None:
                self._restored[place] = self._crew.actor(place).restore.remote(origin, state)
        contributed = {place: last for place, (_, last) in stood.items()} | dict.fromkeys(lost, origin - 1)
        self._sent = {(step, place): sent for (step, place), sent in self._sent.items() if step <= contributed[place]}
        self._next = min(self._next, origin)
        self._stand_ready()

    def _origin(self, reached: dict[int, int]) -> tuple[int, Any]:
        """Return (steps absorbed, state) to rebuild from; the state is None where only the start is left."""
        if reached:
            behind = min(reached, key=lambda place: reached[place])
            return reached[behind], self._snapshot(behind)[1]
        for absorbed, state in reversed(self._kept):
            try:
                return ray.get(absorbed), state
            except RayError:
                continue  # its worker was lost before it was made
        return 0, None


def _raise_own(raised: RayError) -> NoReturn:
    """Raise what the author's code raised in a worker, or ``SideFailed`` if it is Ray itself that failed with every worker alive.

    Never an error of Ray's: those are taken for losses and lead to another try.
    """
    if isinstance(raised, RayTaskError) and isinstance(raised.cause, Exception) and not isinstance(raised.cause, RayError):
        raise raised.cause from raised
    raise SideFailed(f"Ray failed: {type(raised).__name__}", "see distributed.log in the take's folder") from raised


def _reason(error: BaseException) -> str:
    """Return a loss in a few words; Ray's own message runs over many lines."""
    return "its process died" if isinstance(error, RayActorError) else type(error).__name__
