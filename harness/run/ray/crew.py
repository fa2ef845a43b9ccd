"""Who takes part in one lockstep: the workers at work, and those that are about to join them.

May import ``workload`` and ``run``.
"""

import secrets
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError

from harness.run.core_seconds import Timing
from harness.run.ray.peers import TOKEN_BYTES
from harness.run.ray.ray_errors import loss_reason, raise_cause
from harness.run.ray.shares import deal, shares_of
from harness.run.ray.workers import Leaver, Workers
from harness.workload import AnyLockstep

SOON_S = 0.3  # so long others wait for who is warm already, rather than be interrupted again


class Cut(Exception):
    """The workers must connect anew: one lacks another, or one can join them."""


class Crew:
    """The workers of one lockstep by place, with the share that each contributes.

    ``places`` are those at work: they are connected with one another. A worker that comes in
    mid-run begins, and computes a part that nobody needs, while the others go on; then it is ready
    to join them.
    """

    def __init__(
        self,
        workers: Workers,
        program: AnyLockstep,
        shares: Sequence[Any],
        shared: tuple[Any, ...],
    ) -> None:
        self._workers = workers
        self._program = ray.put(program)
        self._shares = shares
        self._shared = shared
        self._stored: dict[int, Any] = {}
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self._holders = tuple(range(workers.size))
        self._held: dict[int, tuple[int, ...]] = {}
        self._begun: dict[int, Any] = {}
        self._coming: dict[Any, int] = {}
        self._ready: set[int] = set()
        self._soon: set[int] = set()
        self._leavers: list[Leaver] = []
        self.links = 0
        away = set(workers.returning.values())
        self.places = [place for place in range(workers.size) if place not in away]

    def begin(self) -> None:
        """Have all workers make their first state; those that are not there yet join later."""
        for place in self.places:
            self._begin(place, self._workers.actor(place))
            self._held[place] = (place,)
        for place in set(range(self._workers.size)) - {*self.places}:
            self._call_in(place)

    def _begin(self, place: int, actor: Any) -> None:
        self._begun[place] = actor.begin.remote(
            self._program,
            (place,),
            self._workers.size == 1,
            self._shares[place],
            *self._shared,
        )

    def _call_in(self, place: int) -> None:
        """Have a worker begin that fills a place anew."""
        actor = self._workers.actor(place)
        self._begin_beside(place, actor, warm=self._workers.is_warm(place))

    def _begin_beside(self, place: int, actor: Any, *, warm: bool) -> None:
        self._begin(place, actor)
        self._coming[self._begun[place] if warm else actor.rehearse.remote()] = place
        self._soon = self._soon | {place} if warm else self._soon - {place}

    def expect_departures(self) -> None:
        """Have those begin who come for workers that will be gone."""
        for place, departure in self._workers.departures().items():
            if place in self.places and place not in self._expected:
                self._begin_beside(place, departure.newcomer.actor, warm=departure.newcomer.warm)

    @property
    def _expected(self) -> set[int]:
        """Return the places for which somebody is about to join, or ready to."""
        return {*self._coming.values(), *self._ready}

    def due_to_leave(self, within_s: float) -> list[int]:
        """Return who has to leave now although nobody is ready in its place."""
        return [
            place
            for place in self.places
            if place not in self._ready and self._workers.left_s(place) < within_s
        ]

    def dismiss(self, places: Iterable[int]) -> None:
        """Go on without workers that leave."""
        for place in places:
            self.places.remove(place)
            self._leavers.append(self._workers.give_up(place))
            if place not in self._expected:
                self._call_in(place)

    def first_timings(self) -> list[Timing]:
        """Return what first states took that were not asked for yet, once they are there.

        Those of who comes for a worker that leaves are asked for once they are at work.
        """
        asked = [place for place in self.places if place not in self._expected]
        due = {self._begun.pop(place): place for place in asked if place in self._begun}
        timings: list[Timing] = self._workers.gather(due)
        return timings

    def replace(self, place: int, reason: str, noticed: float) -> None:
        """Have a lost worker's place filled; the others go on without it until then."""
        self.places = [other for other in self.places if other != place]
        self._workers.replace(place, reason, noticed)
        if place not in self._expected:
            self._call_in(place)

    def _replace_newcomer(self, place: int, loss: RayActorError) -> None:
        """Have somebody else come in place of one that is lost before it could join."""
        self._ready.discard(place)
        self._coming = {ready: other for ready, other in self._coming.items() if other != place}
        if place in self.places:  # who leaves is still there
            self._workers.call_again(place)
        else:
            self.replace(place, loss_reason(loss), time.perf_counter())

    @property
    def awaited(self) -> list[Any]:
        """Return what tells that workers are back, and that they are ready."""
        return [*self._workers.returning_employed, *self._coming]

    @property
    def has_ready(self) -> bool:
        """Return whether somebody can join now."""
        return bool(self._ready)

    def take_in(self, answers: Iterable[Any]) -> None:
        """Note that workers are back, or ready; one that is lost again is replaced again."""
        for answer in answers:
            place = self._workers.returning.get(answer, self._coming.get(answer))
            if place is None:  # it was lost again, and this is of its predecessor
                continue
            try:
                if answer in self._workers.returning:
                    self._workers.take_in(answer)
                else:
                    del self._coming[answer]
                    ray.get([self._begun[place], answer])
                    self._ready.add(place)
            except RayActorError as loss:
                self._replace_newcomer(place, loss)
            except RayError as raised:
                raise_cause(raised)

    def admit(self) -> set[int]:
        """Let those in who are ready; return their places.

        Waits where nobody else is there, and for who is warm. Who fills a place until now leaves.
        """
        soon = not self.places or bool(self._soon & {*self._coming.values()})
        while not self.places and not self._ready:
            self.take_in(self._workers.wait({}, self.awaited))
        until = time.monotonic() + (SOON_S if soon else 0.0)
        while self._coming:
            left_s = max(0.0, until - time.monotonic())
            answers, _ = ray.wait(self.awaited, timeout=left_s)
            if not answers:
                break
            self.take_in(answers)
        joining = {*self._ready}
        self.dismiss(joining & {*self.places})
        if back := self._workers.returning_employed:
            self.take_in(ray.wait(back, num_returns=len(back), timeout=0)[0])
        self._ready.clear()
        self._held |= {place: (place,) for place in joining}
        self.places = sorted({*self.places, *joining})
        return joining

    def stands(self) -> dict[int, int]:
        """Return the steps that each worker at work has combined; they exchange nothing then."""
        due = {self._workers.actor(place).stand.remote(): place for place in self.places}
        return dict(zip(due.values(), self._workers.gather(due), strict=True))

    def connect(self, reached: Mapping[int, int], origin: int, state: Any) -> None:
        """Connect those at work, each with the shares that it contributes from ``origin`` on.

        Who has not ``reached`` that step takes over the ``state``.
        """
        self._holders = deal(self._holders, self.places)
        due = {}
        for place in self.places:
            if reached.get(place, 0) != origin:
                due[self._workers.actor(place).restore.remote(origin, state)] = place
            numbers = shares_of(place, self._holders)
            if numbers != self._held[place]:
                self._held[place] = numbers
                stored = [self._in_store(number) for number in numbers]
                due[self._workers.actor(place).hold.remote(numbers, *stored)] = place
        self._link()
        self._workers.gather(due)
        self.retire()

    def retire(self) -> None:
        """End those that have left: nothing of theirs is needed any more."""
        while self._leavers:
            self._workers.retire(self._leavers.pop())

    def _in_store(self, number: int) -> Any:
        """Return a share's handle; it is put into the store once somebody else needs it."""
        if number not in self._stored:
            self._stored[number] = ray.put(self._shares[number])
        return self._stored[number]

    def _link(self) -> None:
        self.links += 1
        actors = {place: self._workers.actor(place) for place in self.places}
        addresses = self._workers.gather(
            {actor.listen.remote(): place for place, actor in actors.items()}
        )
        linked = {
            actor.link.remote(addresses, rank, self._token, self.links): place
            for rank, (place, actor) in enumerate(actors.items())
        }
        if not all(self._workers.gather(linked, together=True)):
            raise Cut
