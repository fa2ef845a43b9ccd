"""One lockstep on Ray: how far every worker is, and what is done when one is lost.

May import ``workload``, ``run`` and ``errors``.
"""

import secrets
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Sequence
from typing import Any

import ray
from ray.exceptions import RayError

from harness.errors import SideFailed
from harness.run.core_seconds import CoreTimeAccount, Timing, together
from harness.run.ray.peers import TOKEN_BYTES
from harness.run.ray.ray_errors import loss_reason, raise_cause
from harness.run.ray.replica import Advanced
from harness.run.ray.workers import Workers
from harness.workload import AnyLockstep, Reporter

CALL_S = 0.2  # so long a worker takes steps in one call of Ray's, whose cost is then small
CALLS_AHEAD = 2  # the next one is there when one ends
STEPS_BETWEEN_SNAPSHOTS = 32
SECONDS_BETWEEN_SNAPSHOTS = 1.0  # each is a copy of the state
CUTS_TOLERATED = 16


class Cut(Exception):
    """A worker could not go on for want of another one."""


class LockstepRun:
    """One ``lockstep``, run once.

    Workers take as many steps as fit into a call, and pass their parts to one another directly
    (``peers``). The driver is told how far each has come and never sees a part. When a worker is
    lost, the others cannot go on: each ends its call and stands at a known step.
    """

    def __init__(
        self,
        workers: Workers,
        account: CoreTimeAccount,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        shared: tuple[Any, ...],
    ) -> None:
        self._workers = workers
        self._account = account
        self._program = ray.put(program)
        self._shares = shares
        self._steps = steps
        self._shared = shared
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self._attempt = 0
        self._stuck_at: set[int] = set()
        self._calls: dict[int, deque[Any]] = defaultdict(deque)
        self._combined: dict[int, int] = {}
        self._timings: dict[int, dict[int, Timing]] = defaultdict(dict)
        self._done = 0
        self._snapshots: list[tuple[Any, Any]] = []
        self._snapshot_due = STEPS_BETWEEN_SNAPSHOTS, time.monotonic() + SECONDS_BETWEEN_SNAPSHOTS
        self._begun: dict[int, Any] = {}
        self._restored: dict[int, Any] = {}

    def run(self, report: Reporter, items_a_step: int) -> Any:
        """Run the steps until the program stops; return the final state.

        ``items_a_step`` counts those of all workers.
        """
        for place in range(self._workers.size):
            self._begin(place, 0)
        self._until_done(lambda: self._join(0))
        return self._until_done(lambda: self._finish(report, items_a_step))

    def _begin(self, place: int, origin: int) -> None:
        self._combined[place] = origin
        self._begun[place] = self._workers.actor(place).begin.remote(
            self._program, self._shares[place], place, self._workers.size, *self._shared
        )

    def _until_done(self, attempt: Callable[[], Any]) -> Any:
        """Return what the attempt returns, however often a worker is lost on the way."""
        broken: RayError | Cut | None = None
        while True:
            try:
                if broken is not None:
                    self._recover(broken)
                return attempt()
            except (RayError, Cut) as error:
                broken = error

    def _join(self, origin: int) -> None:
        """Wait until every worker has its first state, or a restored one, and connect them.

        Raises here what was raised in making it.
        """
        begun = {call: place for place, call in self._begun.items()}
        timings: list[Timing] = self._workers.gather(begun)
        self._workers.gather({call: place for place, call in self._restored.items()})
        self._account.step_done(timings)
        self._begun = {}
        self._restored = {}
        self._workers.take_in_all()
        if self._workers.size > 1:
            self._link(origin)

    def _link(self, origin: int) -> None:
        self._attempt += 1
        actors = [self._workers.actor(place) for place in range(self._workers.size)]
        places = range(self._workers.size)
        addresses = self._workers.gather(
            dict(zip((actor.listen.remote() for actor in actors), places, strict=True))
        )
        linked = {
            actor.link.remote(addresses, self._token, self._attempt, origin): place
            for place, actor in enumerate(actors)
        }
        if not all(self._workers.gather(linked, together=True)):
            raise Cut

    def _finish(self, report: Reporter, items_a_step: int) -> Any:
        while min(self._combined.values()) < self._steps:
            self._collect()
            self._pass_on(report, items_a_step)
        [state] = self._workers.gather({self._workers.actor(0).conclude.remote(): 0})
        return state

    @property
    def _forgiven(self) -> Collection[int]:
        """Return the places that are waited for: all, once a step has been stuck.

        It may be the step, not the worker.
        """
        return range(self._workers.size) if self._stuck_at else ()

    def _collect(self) -> None:
        """Wait until a call has ended. Raises ``Cut`` if its worker could not go on.

        Whoever has steps to take has another call at once: others may wait for its parts in a call
        of theirs, so that waiting here for all of them would never end.
        """
        going = [place for place, combined in self._combined.items() if combined < self._steps]
        for place in going:
            while len(self._calls[place]) < CALLS_AHEAD:
                call = self._workers.actor(place).advance.remote(
                    self._steps, CALL_S, self._workers.watch.idle_limit_s
                )
                self._calls[place].append(call)
        self._snapshot_if_due()
        first_calls = {self._calls[place][0]: place for place in going}
        for call in self._workers.wait(
            first_calls, forgiven=self._forgiven, together=self._workers.size > 1
        ):
            advanced: Advanced = ray.get(call)
            self._calls[first_calls[call]].popleft()
            self._take(first_calls[call], advanced)
            if advanced.cut:
                raise Cut

    def _take(self, place: int, advanced: Advanced) -> None:
        """Note how far a worker has come, and what its steps took."""
        self._combined[place] = advanced.combined
        first = advanced.combined - len(advanced.timings)
        for timing in advanced.timings:
            self._workers.watch.add(timing)
        for step, timing in enumerate(advanced.timings, first):
            if step >= self._done:
                self._timings[step].setdefault(place, timing)
        if advanced.over:  # equal states stop alike
            self._steps = advanced.combined

    def _pass_on(self, report: Reporter, items_a_step: int) -> None:
        """Account for the steps that all workers have taken; each worker has one span of them all.

        A lost worker took some of them without a word of how long.
        """
        first = self._done
        taken: dict[int, list[Timing]] = defaultdict(list)
        while self._done < min(self._combined.values()):
            timings = self._timings.pop(self._done, {})
            self._account.step_done([*timings.values()])
            for place, timing in timings.items():
                taken[place].append(timing)
            self._done += 1
        items = items_a_step // self._workers.size
        for place, steps in sorted(taken.items()):
            self._workers.span(place, first, len(steps) * items, together(steps))
        if self._done > first:
            report(self._done * items_a_step)

    def _snapshot_if_due(self) -> None:
        steps, moment = self._snapshot_due
        if self._done >= steps and time.monotonic() >= moment:
            self._snapshots = [*self._snapshots[-1:], self._snapshot(0)]
            self._snapshot_due = (
                self._done + STEPS_BETWEEN_SNAPSHOTS,
                time.monotonic() + SECONDS_BETWEEN_SNAPSHOTS,
            )

    def _snapshot(self, place: int) -> tuple[Any, Any]:
        combined, state = self._workers.actor(place).snapshot.options(num_returns=2).remote()
        return combined, state

    def _recover(self, error: RayError | Cut) -> None:
        """Fill the lost places from the survivor that is furthest behind, or from a snapshot.

        Then connect all anew; those who are ahead send again what the others lack.
        """
        noticed = time.perf_counter()
        lost = self._workers.lost(self._stuck_at.__contains__)
        stuck = any(map(self._workers.was_stuck, lost))
        errors = [*([error] if isinstance(error, RayError) else []), *self._drain()]
        if not lost:
            self._require_another_attempt(errors)
        reached = {
            place: ray.get(self._workers.actor(place).stand.remote())
            for place in range(self._workers.size)
            if place not in lost
        }
        if stuck:
            self._stuck_at.add(min(reached.values(), default=0))
        origin, state = self._origin(reached)
        self._combined |= reached
        for place in lost:
            self._workers.replace(place, loss_reason(error), noticed)
            self._begin(place, origin)
            self._restored.pop(place, None)
            if state is not None:
                self._restored[place] = self._workers.actor(place).restore.remote(origin, state)
        self._join(origin)

    def _require_another_attempt(self, errors: Sequence[RayError]) -> None:
        """Raise the cause of errors that no lost worker explains; pass connections that broke."""
        if errors:
            raise_cause(errors[0])
        if self._attempt >= CUTS_TOLERATED:
            raise SideFailed(
                f"the workers could not reach one another in {self._attempt} attempts",
                "let the machines of the cluster connect with each other on all ports",
            )

    def _drain(self) -> list[RayError]:
        """Take what the calls under way have still come to; return what they raised."""
        errors: list[RayError] = []
        for place, calls in self._calls.items():
            for call in calls:
                try:
                    self._take(place, ray.get(call))
                except RayError as error:
                    errors.append(error)
            calls.clear()
        return errors

    def _origin(self, reached: dict[int, int]) -> tuple[int, Any]:
        """Return (steps combined, state) to rebuild from (None: only the start is left)."""
        if reached:
            behind = min(reached, key=lambda place: reached[place])
            return reached[behind], self._snapshot(behind)[1]
        for combined, state in reversed(self._snapshots):
            try:
                return ray.get(combined), state
            except RayError:
                continue  # its worker was lost before it was made
        return 0, None
