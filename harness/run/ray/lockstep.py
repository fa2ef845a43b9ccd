"""One lockstep on Ray: which worker has contributed what, and the parts of the last two steps.

May import ``workload`` and ``run``.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import ray
from ray.exceptions import RayError

from harness.run.core_seconds import CoreTimeAccount, Timing
from harness.run.ray.ray_errors import loss_reason, raise_cause
from harness.run.ray.workers import Workers
from harness.workload import AnyLockstep, Reporter

STEPS_AHEAD = 4
STEPS_BETWEEN_SNAPSHOTS = 32


class LockstepRun:
    """One ``lockstep``, run once.

    Parts pass from worker to worker by reference. The driver hands out the references several steps
    ahead and never sees a part. A lost worker fails its own steps and those of everybody who waits
    for them. A step that fails for want of its parts touches no state, so that each survivor stands
    at a known step.
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
        self._sent: dict[tuple[int, int], tuple[Any, Any]] = {}
        self._snapshots: list[tuple[Any, Any]] = []
        self._begun: dict[int, Any] = {}
        self._restored: dict[int, Any] = {}
        self._next = 0

    def run(self, report: Reporter, items_a_step: int) -> Any:
        """Run the steps until the program stops; return the final state.

        ``items_a_step`` counts those of all workers.
        """
        for place in range(self._workers.size):
            self._begin(place)
        self._until_done(self._wait_for_states)
        for step in range(self._steps):
            timings = self._until_done(partial(self._complete, step))
            self._account.step_done(timings)
            if timings[0].over:  # and so are all: equal states stop alike
                self._steps = step
                break
            for place, timing in enumerate(timings):
                self._workers.span(place, step, items_a_step // self._workers.size, timing)
            self._forget(step)
            report((step + 1) * items_a_step)
        return self._until_done(self._conclude)

    def _wait_for_states(self) -> None:
        """Wait until every worker has its first state, or a restored one.

        Raises here what was raised in making it.
        """
        timings: list[Timing] = ray.get([*self._begun.values()])
        ray.get([*self._restored.values()])
        self._account.step_done(timings)
        self._begun = {}
        self._restored = {}
        self._workers.take_in_all()

    def _begin(self, place: int) -> None:
        self._begun[place] = self._workers.actor(place).begin.remote(
            self._program, self._shares[place], place, self._workers.size, *self._shared
        )

    def _until_done(self, attempt: Callable[[], Any]) -> Any:
        """Return what the attempt returns, however often a worker is lost on the way."""
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
        timings: list[Timing] = ray.get(
            [self._sent[step, place][1] for place in range(self._workers.size)]
        )
        return timings

    def _conclude(self) -> Any:
        self._send_up_to(self._steps - 1)
        concluding = self._workers.actor(0).conclude.options(num_returns=2)
        state, timing = ray.get(
            [*concluding.remote(self._steps, *self._others(0, self._steps - 1))]
        )
        self._account.lockstep_done(timing)
        return state

    def _send_up_to(self, last: int) -> None:
        for step in range(self._next, last + 1):
            for place in range(self._workers.size):
                if (step, place) not in self._sent:
                    sent = self._workers.actor(place).advance.options(num_returns=2)
                    self._sent[step, place] = sent.remote(step, *self._others(place, step - 1))
            if step % STEPS_BETWEEN_SNAPSHOTS == 0 and step:
                self._snapshots = [*self._snapshots[-1:], self._snapshot(0)]
        self._next = max(self._next, last + 1)

    def _others(self, place: int, step: int) -> list[Any]:
        """Return the other workers' parts of a step, in order.

        None before the first step, or where nobody needs them again.
        """
        return [
            self._sent[step, other][0]
            for other in range(self._workers.size)
            if other != place and (step, other) in self._sent
        ]

    def _snapshot(self, place: int) -> tuple[Any, Any]:
        combined, state = self._workers.actor(place).snapshot.options(num_returns=2).remote()
        return combined, state

    def _forget(self, step: int) -> None:
        for place in range(self._workers.size):
            self._sent.pop((step - 2, place), None)

    def _recover(self, error: RayError) -> None:
        """Fill the lost places from the survivor that is furthest behind, or from a snapshot.

        Then drop what has to be sent again: everything that the lost workers owed since that
        state, and what failed on the survivors for want of it.
        """
        noticed = time.perf_counter()
        lost = self._workers.lost()
        if not lost:
            raise_cause(error)
        stood = {
            place: ray.get(self._workers.actor(place).stand.remote())
            for place in range(self._workers.size)
            if place not in lost
        }
        origin, state = self._origin({place: combined for place, (combined, _) in stood.items()})
        for place in lost:
            self._workers.replace(place, loss_reason(error), noticed)
            self._begin(place)
            self._restored.pop(place, None)
            if state is not None:
                self._restored[place] = self._workers.actor(place).restore.remote(origin, state)
        contributed = {place: last for place, (_, last) in stood.items()} | dict.fromkeys(
            lost, origin - 1
        )
        self._sent = {
            (step, place): sent
            for (step, place), sent in self._sent.items()
            if step <= contributed[place]
        }
        self._next = min(self._next, origin)
        self._wait_for_states()

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
