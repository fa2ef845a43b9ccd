"""One lockstep on Ray: how far every worker is, and what is done when one is lost.

May import ``workload`` and ``run``.
"""

import time
from collections import defaultdict, deque
from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

import ray
from ray.exceptions import RayError

from harness.run.core_seconds import CoreTimeAccount, Timing, together
from harness.run.progress_reports import report_quality
from harness.run.ray.attempts import Attempts, drain
from harness.run.ray.catching_up import CatchUps
from harness.run.ray.crew import Crew, Cut
from harness.run.ray.replica import Advanced
from harness.run.ray.snapshots import Snapshots, snapshot
from harness.run.ray.workers import Workers
from harness.workload import AnyLockstep, Reporter

CALL_S = 0.2  # so long a worker takes steps in one call of Ray's, whose cost is then small
CALLS_AHEAD = 2  # the next one is there when one ends
LEAVE_WITHIN_S = 1.5  # before the end that was announced, and so many steps of the longest kind
STEPS_TO_STAND = 3


class StepTaken(NamedTuple):
    """A step on one worker: what its part took, and the items that it stands for."""

    timing: Timing
    items: int


class LockstepRun:
    """One ``lockstep``, run once.

    Workers take as many steps as fit into a call, and pass their parts to one another directly
    (``peers``). The driver is told how far each has come and never sees a part. When a worker is
    lost, the others cannot go on: each ends its call and stands at a known step. Then all take over
    the state of who is furthest ahead, the lost one's share is dealt to those who are there
    (``shares``), and they connect anew: no step is taken twice. Once another worker fills the
    place and is ready, they do so again, and it has its share.
    """

    def __init__(
        self,
        workers: Workers,
        account: CoreTimeAccount,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        shared: tuple[Any, ...],
        items: Sequence[int],
    ) -> None:
        self._workers = workers
        self._account = account
        self._crew = Crew(workers, program, shares, shared)
        self._steps = steps
        self._items = items
        self._attempts = Attempts()
        self._stuck_at: set[int] = set()
        self._calls: dict[int, deque[Any]] = defaultdict(deque)
        self._combined: dict[int, int] = {}
        self._taken: dict[int, dict[int, StepTaken]] = defaultdict(dict)
        self._done = 0
        self._quality: float | None = None
        self._catch_ups = CatchUps(workers)
        self._snapshots = Snapshots()

    def run(self, report: Reporter) -> Any:
        """Run the steps until the program stops; return the final state."""
        self._crew.begin()
        broken: RayError | Cut | None = None
        while True:
            try:
                if broken is None:
                    self._begin()
                else:
                    self._regroup(broken)
                return self._finish(report)
            except (RayError, Cut) as error:
                broken = error

    def _begin(self) -> None:
        """Wait for the first states, and connect who is there. Raises what was raised in them."""
        self._account.step_done(self._crew.first_timings())
        self._combined = dict.fromkeys(self._crew.places, 0)
        if self._workers.size > 1:
            self._connect({}, 0, None)

    def _finish(self, report: Reporter) -> Any:
        self._pass_on(report)
        while min(self._combined.values()) < self._steps:
            self._collect()
            self._pass_on(report)
        first = self._crew.places[0]
        [state] = self._workers.gather({self._workers.actor(first).conclude.remote(): first})
        return state

    @property
    def _forgiven(self) -> Collection[int]:
        """Return the places that are waited for: all, once a step has been stuck.

        It may be the step, not the worker.
        """
        return range(self._workers.size) if self._stuck_at else ()

    @property
    def _due_to_leave(self) -> list[int]:
        """Return who will be gone before all could stand at the boundary of a later step."""
        return self._crew.due_to_leave(
            LEAVE_WITHIN_S + STEPS_TO_STAND * self._workers.watch.longest_s
        )

    def _collect(self) -> None:
        """Wait until a call has ended. Raises ``Cut`` if its worker could not go on.

        Also if another worker is ready to join. Whoever has steps to take has another call at once:
        others may wait for its parts in a call of theirs, so that waiting here for all of them
        would never end.
        """
        going = [place for place, combined in self._combined.items() if combined < self._steps]
        for place in going:
            while len(self._calls[place]) < CALLS_AHEAD:
                call = self._workers.actor(place).advance.remote(
                    self._steps, CALL_S, self._workers.watch.idle_limit_s
                )
                self._calls[place].append(call)
        first = self._workers.actor(self._crew.places[0])
        self._snapshots.take_if_due(self._done, first)
        self._crew.expect_departures()
        first_calls = {self._calls[place][0]: place for place in going}
        answers = self._workers.wait(
            first_calls,
            self._crew.awaited,
            forgiven=self._forgiven,
            together=len(self._crew.places) > 1,
            until_notice=True,
        )
        for call in [answer for answer in answers if answer in first_calls]:
            advanced: Advanced = ray.get(call)
            self._calls[first_calls[call]].popleft()
            self._take(first_calls[call], advanced)
            if advanced.cut:
                raise Cut
        self._crew.take_in(answer for answer in answers if answer not in first_calls)
        if self._crew.has_ready or self._due_to_leave:
            raise Cut

    def _take(self, place: int, advanced: Advanced) -> None:
        """Note how far a worker has come, and what its steps took."""
        self._combined[place] = advanced.combined
        self._quality = advanced.quality
        first = advanced.combined - len(advanced.timings)
        items = sum(self._items[share] for share in advanced.shares)
        for step, timing in enumerate(advanced.timings, first):
            self._workers.watch.add(timing)
            if step >= self._done:
                self._taken[step].setdefault(place, StepTaken(timing, items))
            else:
                self._catch_ups.taken_again(timing.cpu_s)
        if advanced.over:  # equal states stop alike
            self._steps = advanced.combined

    def _pass_on(self, report: Reporter) -> None:
        """Account for the steps that all workers have taken; each worker has one span of them all.

        A lost worker took some of them without a word of how long.
        """
        first = self._done
        taken: dict[int, list[StepTaken]] = defaultdict(list)
        while self._done < min(self._combined.values()):
            by_place = self._taken.pop(self._done, {})
            self._account.step_done([step.timing for step in by_place.values()])
            for place, step in by_place.items():
                taken[place].append(step)
            self._done += 1
        for place, steps in sorted(taken.items()):
            items = sum(step.items for step in steps)
            self._workers.span(place, first, items, together([step.timing for step in steps]))
        if self._done > first:
            report_quality(report, self._done * sum(self._items), self._quality)
        self._catch_ups.note(min(self._combined.values()))

    def _regroup(self, cause: RayError | Cut) -> None:
        """Go on with who is there now: without those that are lost, with those that are ready."""
        noticed = time.perf_counter()
        changes = self._crew.has_ready or bool(self._due_to_leave)
        lost = self._workers.lost(self._crew.places, self._stuck_at.__contains__)
        stuck = any(map(self._workers.was_stuck, lost))
        errors = [
            *([cause] if isinstance(cause, RayError) else []),
            *drain(self._calls, self._take),
        ]
        if not lost and not changes:
            self._attempts.require_another(errors)
        for place, reason in lost.items():
            self._crew.replace(place, reason, noticed)
        reached = self._crew.stands()
        if stuck:
            self._stuck_at.add(min(reached.values(), default=0))
        furthest = max([*self._combined.values(), *reached.values()], default=0)
        origin, state = self._origin(reached)
        leaving = self._due_to_leave
        self._crew.dismiss(leaving)
        if not self._crew.places:
            self._keep(origin, state)
            self._crew.retire()  # they are gone before anybody joins
        joining = self._crew.admit()
        self._catch_ups.expect((*lost, *leaving, *joining), furthest)
        stayed = {place: steps for place, steps in reached.items() if place not in joining}
        if not stayed:
            self._keep(origin, state)
        self._connect(stayed, origin, state)
        self._catch_ups.note(min(self._combined.values()))

    def _connect(self, reached: dict[int, int], origin: int, state: Any) -> None:
        """Connect all, from a step whose state those have not who have not ``reached`` it."""
        self._crew.connect(reached, origin, state)
        self._account.step_done(self._crew.first_timings())
        self._combined = dict.fromkeys(self._crew.places, origin)
        self._catch_ups.go_on_from(origin)

    def _origin(self, reached: dict[int, int]) -> tuple[int, Any]:
        """Return (steps combined, state) of who is furthest ahead, else of a snapshot.

        The state is None where only the start is left, which everybody makes.
        """
        furthest = max(reached.values(), default=0)
        if (kept := self._snapshots.beyond(furthest)) is not None:
            return kept
        if not furthest:
            return 0, None
        ahead = max(reached, key=lambda place: reached[place])
        return furthest, snapshot(self._workers.actor(ahead))[1]

    def _keep(self, combined: int, state: Any) -> None:
        if state is not None:
            self._snapshots.keep(combined, state)
