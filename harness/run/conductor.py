"""The conductor: arms both sides, starts the clocks, and hands over one batch of events a frame.

It says *when*, by its own monotonic clock; the sides say *how long*. It neither draws nor judges:
whoever iterates over ``frames`` journals, folds and draws.
May import ``model``, ``events``, ``errors`` and ``run``.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from functools import partial

from harness import events as e
from harness.errors import SideFailed
from harness.model import Schedule, SessionStage, Side
from harness.run import processes, wire
from harness.run.arming import Armed
from harness.run.frames import Batch
from harness.run.handed_over import FILE_NAME
from harness.run.plan import Controls, Session, require_same_terms
from harness.run.protocol import HINT
from harness.run.proving import ProofFrames
from harness.run.schedule import ScheduledStart, choose_schedule, rounds, worth_probing
from harness.run.utilization import ForeignLoadMeter

QUIET_BELOW_CORES = 0.15
ARM_ONLY_WITHIN_S = 120.0


class Conductor(ProofFrames):
    """One session from arming to its end. ``schedule`` is AUTO until it is chosen."""

    def __init__(
        self, session: Session, controls: Controls, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(session, controls, clock)
        self.schedule = session.plan.spec.schedule
        self._started_at: dict[Side, float] = {}
        self._contention: float | None = None

    @property
    def foreign_now(self) -> float | None:
        """Return the share of the machine that other programs use now (None: not measured)."""
        return self.observation.foreign_now

    def frames(self) -> Generator[Batch, None, None]:
        """Yield a batch of stamped events per frame to the end of the session.

        Leaves no process behind. Raises ``SideFailed``, ``Disagreement`` or ``Interrupted`` after
        the batch that shows why.
        """
        try:
            for side in Side:
                yield from self.arm(side)
            require_same_terms(self.ready[Side.BASELINE], self.ready[Side.DISTRIBUTED])
            yield from self._choose_schedule()
            yield from self._settle()
            self.controls.begin()  # keys that were pressed while arming do not count
            yield from self.until(self.controls.begin, SessionStage.ARMED)
            yield from self._trials()
            observed = self.observation.event(self._contention)
            yield (e.stamp(observed, self.now, Side.BASELINE, 0),)
            self.measured = True
            yield from self._rest_of_replay()
            yield from self.prove()
            yield from self.end_sides()
        finally:
            self.processes.end()

    def arm_only(self, within_s: float = ARM_ONLY_WITHIN_S) -> Armed:
        """Arm both sides one after the other, look at them, and end them; no clock starts.

        Leaves no process behind. Raises ``SideFailed`` for a side that fails or is not ready
        ``within_s``, ``Interrupted`` for a signal.
        """
        try:
            for side in Side:
                until = self.now + within_s
                for _ in self.arm(side):
                    if side not in self.ready and self.now >= until:
                        raise SideFailed(
                            f"the {side} side was not ready within {within_s:.0f} s",
                            self.session.log_hint.format(side=side),
                        )
            listening = processes.listening(self.processes[Side.DISTRIBUTED].known_processes)
            for _ in self.end_sides():
                pass
        finally:
            self.processes.end()
        baseline, distributed = (self.ready[side] for side in Side)
        return Armed(baseline, distributed, tuple(sorted(listening)))

    def _choose_schedule(self) -> Iterator[Batch]:
        plan = self.plan
        baseline = self.ready[Side.BASELINE].workers[0]
        workers = self.ready[Side.DISTRIBUTED].workers
        if (
            self.schedule is Schedule.AUTO
            and not plan.simulated
            and worth_probing(plan.core_shares, baseline, workers)
        ):
            yield from self._probe_contention()
        one_host = any(worker.host == baseline.host for worker in workers) and not plan.simulated
        self.schedule = choose_schedule(
            self.schedule,
            one_host=one_host,
            disjoint=plan.core_shares.disjoint,
            slowdown=self._contention,
        )
        yield (e.stamp(e.Scheduled(schedule=self.schedule), self.now, Side.BASELINE, 0),)

    def _probe_contention(self) -> Iterator[Batch]:
        """Time a slice of each side alone, then both at once.

        The baseline's loss of speed is the contention.
        """
        seconds = self.waits.probe_s
        stage = SessionStage.PROBING
        for side in Side:
            self.processes[side].send(wire.ProbeSpeed(seconds, together=False))
            yield from self.until(partial(self.probed.__contains__, (side, False)), stage)
        # the distributed side must outlast the baseline's slice
        self.processes[Side.DISTRIBUTED].send(wire.ProbeSpeed(3 * seconds, together=True))
        self.processes[Side.BASELINE].send(wire.ProbeSpeed(seconds, together=True))
        yield from self.until(lambda: all((side, True) in self.probed for side in Side), stage)
        alone = self.probed[Side.BASELINE, False]
        together = self.probed[Side.BASELINE, True]
        if alone > 0:
            self._contention = max(0.0, 1 - together / alone)

    def _settle(self) -> Iterator[Batch]:
        """Wait until the load of arming is over, but not for ever.

        What remains is measured as foreign load.
        """
        if self.plan.simulated:
            return
        until = self.now + self.waits.settle_within_s
        meter = ForeignLoadMeter((), clock=self.clock)
        measured_since = self.now

        def quiet() -> bool:
            nonlocal measured_since
            if self.now - measured_since < self.waits.quiet_for_s:
                return False
            foreign_cores = meter.share() * meter.cores
            measured_since = self.now
            meter.restart()
            return foreign_cores < QUIET_BELOW_CORES or self.now > until

        yield from self.until(quiet, SessionStage.SETTLING)

    def _trials(self) -> Iterator[Batch]:
        order = 0
        spec = self.plan.spec
        starts = [*rounds(spec.trials, self.schedule, spec.scales)]
        for place, starting in enumerate(starts):
            yield from self._prepare(starting)
            at_rest = set(Side) - {start.side for start in starting}
            self.observation.begin_trial(
                self.now,
                [self.processes[side].process.pid for side in at_rest],
                {start.side: start.workers for start in starting},
            )
            next_workers = {
                start.side: start.workers for later in starts[:place:-1] for start in later
            }
            yield self._go(starting, order, next_workers)
            order += len(starting)
            yield from self.until(lambda: not self.running, SessionStage.RUNNING)
            self.observation.end_trial()
            if Side.DISTRIBUTED in next_workers or not next_workers:
                yield from self._rescore()

    def _rescore(self) -> Iterator[Batch]:
        """Have the baseline's process score the last distributed answer, with its held-out set.

        After the last trial of all, too: whoever has not come to its end by then cannot reply.
        """
        if self.to_rescore is None:
            return
        path = self.processes[Side.DISTRIBUTED].scratch / FILE_NAME
        if reason := self.to_rescore.kept_back:
            self.to_rescore = None
            kept_back = e.Rescored(order=self.order[Side.DISTRIBUTED], reason=reason)
            yield self.stamped(Side.DISTRIBUTED, [kept_back])
            return
        if not path.is_file():
            reason = "it scored its answer but did not hand it over"
            yield self.stamped(Side.DISTRIBUTED, [e.Failed(reason=reason, hint=HINT)])
            raise SideFailed(f"the {Side.DISTRIBUTED} side failed: {reason}", HINT)
        self.processes[Side.BASELINE].send(wire.ScoreAnswer(str(path)))
        yield from self.until(lambda: self.to_rescore is None, SessionStage.RUNNING)
        path.unlink(missing_ok=True)

    def _prepare(self, starting: tuple[ScheduledStart, ...]) -> Iterator[Batch]:
        """Have each program that starts now prepared for, one after the other, if the pair is."""
        commands = self.plan.spec.commands
        if commands is None or not commands.is_prepared:
            return
        for start in starting:
            self.prepared.discard(start.side)
            self.processes[start.side].send(wire.PrepareTrial(start.workers))
            prepared = partial(self.prepared.__contains__, start.side)
            yield from self.until(prepared, SessionStage.PREPARING, start.side)

    def _go(
        self, starting: tuple[ScheduledStart, ...], order: int, next_workers: Mapping[Side, int]
    ) -> Batch:
        """Start the clocks of a round as close together as two writes allow."""
        self.stage, self.subject = SessionStage.RUNNING, ""
        events: list[e.Event] = []
        for offset, start in enumerate(starting):
            side = start.side
            self.running.add(side)
            self.trial[side] = start.trial
            self.order[side] = order + offset
            hands_over = side is Side.DISTRIBUTED and self.plan.spec.commands is None
            command = wire.StartTrial(
                start.workers, next_workers.get(side), hands_over, self._expected_items(side)
            )
            now = self.now  # before the side can begin, so that no trial outlasts its time here
            self._started_at[side] = now
            self.processes[side].send(command)
            go = e.Go(order=order + offset, workers=start.workers)
            events.append(e.stamp(go, now, side, start.trial))
        return tuple(events)

    def _expected_items(self, side: Side) -> int | None:
        """Return how many items a side will take to the result at which both stop.

        As many as the first baseline took, so that strikes come at the same shares in every trial.
        None: it takes all items, or, where both clocks run at once, that is not known beforehand.
        """
        stops_early = self.ready[Side.BASELINE].stops_early
        if side is Side.BASELINE or not stops_early or self.schedule is Schedule.TOGETHER:
            return None
        return self.first_items.get(Side.BASELINE)

    def _rest_of_replay(self) -> Iterator[Batch]:
        """Keep the frames coming until the replayed baseline has ended, or is skipped."""
        if not self.session.replay_rest or self.schedule is not Schedule.IN_TURN:
            return
        started_at = self._started_at[Side.DISTRIBUTED]
        ends_at = started_at + self.wall_s[Side.BASELINE]
        if started_at > self._started_at[Side.BASELINE]:
            self.controls.skip()  # keys that were pressed before do not count
            yield from self.until(
                lambda: self.now >= ends_at or self.controls.skip(), SessionStage.REPLAYING
            )
