"""One pipeline on Ray: how far every stage is, and what is done when a worker is lost.

May import ``workload`` and ``run``.
"""

import secrets
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from typing import Any

import ray
from ray.exceptions import RayActorError, RayError

from harness.run.core_seconds import CoreTimeAccount, Timing, together
from harness.run.ray.attempts import Attempts, drain
from harness.run.ray.catching_up import CatchUps
from harness.run.ray.crew import Cut
from harness.run.ray.peers import TOKEN_BYTES
from harness.run.ray.ray_errors import loss_reason
from harness.run.ray.stage import StageAdvanced
from harness.run.ray.stage_copies import StageCopies
from harness.run.ray.workers import Workers
from harness.workload import AnyPipeline, Reporter

CALL_S = 0.2  # so long a stage takes steps in one call of Ray's, whose cost is then small
MOST_STEPS = 1000
CALLS_AHEAD = 2  # the next one is there when one ends
LEAVE_WITHIN_S = 1.5  # before the end that was announced


class PipelineRun:
    """One ``pipeline``, run once.

    All stages are asked for the same steps, call by call, and pass their parts to one another
    directly (``channel``). Between two calls all of them stand at the same step: there they are
    copied now and then. When a worker is lost, another one takes its place, all stages go back to
    the last step of which there is a copy of each, and go on from there.
    """

    def __init__(
        self,
        workers: Workers,
        account: CoreTimeAccount,
        program: AnyPipeline,
        shares: Sequence[Any],
        steps: int,
        micro_batches: int,
        shared: tuple[Any, ...],
        items: int,
    ) -> None:
        self._workers = workers
        self._account = account
        self._program = ray.put(program)
        self._shares = shares
        self._steps = steps
        self._micro_batches = micro_batches
        self._shared = shared
        self._items = items
        self._places = range(workers.size)
        self._token = secrets.token_bytes(TOKEN_BYTES)
        self._links = 0
        self._attempts = Attempts()
        self._stuck_at: set[int] = set()
        self._boundaries: list[int] = []
        self._calls: dict[int, deque[Any]] = defaultdict(deque)
        self._called: dict[int, int] = dict.fromkeys(self._places, 0)
        self._combined: dict[int, int] = {}
        self._taken: dict[int, dict[int, Timing]] = defaultdict(dict)
        self._step_s = dict.fromkeys(self._places, CALL_S)  # until it is known, one step a call
        self._done = 0
        self._catch_ups = CatchUps(workers)
        self._copies = StageCopies()

    def run(self, report: Reporter) -> list[Any]:
        """Run all steps; return what each stage concludes."""
        broken: RayError | Cut | None = None
        while True:
            try:
                if broken is None:
                    self._start()
                else:
                    self._recover(broken)
                return self._finish(report)
            except (RayError, Cut) as error:
                broken = error

    def _start(self) -> None:
        self._await_returning()
        self._begin(self._places)
        self._connect(0)

    def _finish(self, report: Reporter) -> list[Any]:
        while self._done < self._steps:
            self._send_calls()
            self._collect()
            self._pass_on(report)
        due = {self._workers.actor(place).conclude_stage.remote(): place for place in self._places}
        return self._workers.gather(due)

    def _begin(self, places: Iterable[int]) -> None:
        """Have workers make their stages as they are before the first step."""
        due = {
            self._workers.actor(place).begin_stage.remote(
                self._program, self._micro_batches, self._shares[place], *self._shared
            ): place
            for place in places
        }
        self._account.step_done(self._workers.gather(due))

    def _connect(self, origin: int) -> None:
        """Connect all stages, which stand at a step, with their neighbours."""
        self._links += 1
        actors = {place: self._workers.actor(place) for place in self._places}
        addresses = self._workers.gather(
            {actor.listen.remote(): place for place, actor in actors.items()}
        )
        linked = {
            actor.link_stage.remote(addresses, place, self._token, self._links): place
            for place, actor in actors.items()
        }
        if not all(self._workers.gather(linked, together=True)):
            raise Cut
        self._boundaries = [origin]
        self._calls.clear()
        self._called = dict.fromkeys(self._places, 1)
        self._combined = dict.fromkeys(self._places, origin)
        self._catch_ups.go_on_from(origin)

    def _send_calls(self) -> None:
        """Have every stage at work, and a call ahead."""
        for place in self._places:
            while len(self._calls[place]) < CALLS_AHEAD and self._is_more_for(place):
                self._send_call(place, self._boundaries[self._called[place]])
                self._called[place] += 1

    def _is_more_for(self, place: int) -> bool:
        """Return whether a stage is to go beyond its last call; if so there is a boundary for it.

        Where a worker leaves now, nobody goes further than others have been asked to.
        """
        if self._called[place] < len(self._boundaries):
            return True
        last = self._boundaries[-1]
        if last == self._steps or self._leaving:
            return False
        slowest_s = max(self._step_s.values())
        steps = max(1, int(CALL_S / max(slowest_s, CALL_S / MOST_STEPS)))
        self._boundaries.append(min(self._steps, last + steps))
        self._copies.expect_if_due(self._boundaries[-1], self._steps)
        return True

    @property
    def _leaving(self) -> list[int]:
        """Return whose end is announced, if somebody has come for them, or it is near."""
        return [
            place
            for place, departure in self._workers.departures().items()
            if departure.left_s
            < LEAVE_WITHIN_S + CALLS_AHEAD * CALL_S + self._workers.watch.longest_s
            or ray.wait([departure.newcomer.description], timeout=0)[0]
        ]

    def _send_call(self, place: int, boundary: int) -> None:
        actor = self._workers.actor(place)
        call = actor.advance_stage.remote(boundary, self._workers.watch.idle_limit_s)
        self._calls[place].append(call)
        self._copies.copy_if_expected(boundary, place, actor)

    def _collect(self) -> None:
        """Wait until a call has ended. Raises ``Cut`` if its stage could not go on."""
        first_calls = {calls[0]: place for place, calls in self._calls.items() if calls}
        if not first_calls:
            self._hand_over()
            return
        answers = self._workers.wait(
            first_calls,
            self._copies.pending,
            forgiven=self._places if self._stuck_at else (),
            together=len(self._places) > 1,
            until_notice=True,
        )
        for call in [answer for answer in answers if answer in first_calls]:
            advanced: StageAdvanced = ray.get(call)
            self._calls[first_calls[call]].popleft()
            self._take(first_calls[call], advanced)
            if advanced.cut:
                raise Cut
        self._copies.settle(min(self._combined.values()), self._places)

    def _take(self, place: int, advanced: StageAdvanced) -> None:
        """Note how far a stage has come, and what its steps took."""
        self._combined[place] = advanced.combined
        self._account.waited(advanced.waited_s)
        first = advanced.combined - len(advanced.timings)
        for step, timing in enumerate(advanced.timings, first):
            self._workers.watch.add(timing)
            if step >= self._done:
                self._taken[step].setdefault(place, timing)
            else:
                self._catch_ups.taken_again(timing.cpu_s)
        if advanced.timings:
            self._step_s[place] = min(timing.busy_s for timing in advanced.timings)

    def _pass_on(self, report: Reporter) -> None:
        """Account for the steps that all stages have taken; each has one span of them all."""
        first, done = self._done, min(self._combined.values())
        by_place: dict[int, list[Timing]] = defaultdict(list)
        while self._done < done:
            for place, timing in self._taken.pop(self._done, {}).items():
                self._account.kernel_done(timing)
                by_place[place].append(timing)
            self._done += 1
        for place, timings in sorted(by_place.items()):
            items = (self._done - first) * self._items_of(place)
            self._workers.span(place, first, items, together(timings))
        if self._done > first:
            report(self._done * self._items)
        self._catch_ups.note(done)

    def _items_of(self, place: int) -> int:
        """Return a stage's share of a step's items: all pass through all stages, so it is even."""
        size = len(self._places)
        return (place + 1) * self._items // size - place * self._items // size

    def _hand_over(self) -> None:
        """Have those take over who come for workers that leave: all stages stand at one step.

        Who leaves is given up once its state is there: it may be lost before that.
        """
        origin = min(self._combined.values())
        states = {place: self._workers.actor(place).copy_stage.remote() for place in self._leaving}
        self._workers.gather({state: place for place, state in states.items()})
        leavers = [self._workers.give_up(place) for place in states]
        self._await_returning()
        self._begin(states)
        self._restore(origin, states)
        self._catch_ups.expect(states, origin)
        self._connect(origin)
        self._catch_ups.note(origin)
        for leaver in leavers:
            self._workers.retire(leaver)

    def _restore(self, origin: int, states: dict[int, Any]) -> None:
        due = {
            self._workers.actor(place).restore_stage.remote(origin, state): place
            for place, state in states.items()
        }
        self._workers.gather(due)

    def _recover(self, cause: RayError | Cut) -> None:
        """Fill the places of lost workers, and have all stages go back to one step."""
        noticed = time.perf_counter()
        lost = self._workers.lost(self._places, self._stuck_at.__contains__)
        if any(map(self._workers.was_stuck, lost)):
            self._stuck_at.add(min(self._combined.values(), default=0))
        errors = [
            *([cause] if isinstance(cause, RayError) else []),
            *drain(self._calls, self._take),
        ]
        if not lost:
            self._attempts.require_another(errors)
        for place, reason in lost.items():
            self._workers.replace(place, reason, noticed)
        self._await_returning()
        origin, states = self._copies.newest()
        self._catch_ups.expect(lost, max(self._combined.values(), default=0))
        self._begin(lost if states else self._places)
        self._restore(origin, states)
        self._connect(origin)

    def _await_returning(self) -> None:
        """Wait until all places are filled; who is lost before that is replaced again."""
        while back := self._workers.returning_employed:
            for answer in self._workers.wait({}, back):
                place = self._workers.returning[answer]
                try:
                    self._workers.take_in(answer)
                except RayActorError as loss:
                    self._workers.replace(place, loss_reason(loss), time.perf_counter())
