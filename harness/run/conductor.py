"""The conductor: arms both sides, starts the clocks, and hands over what it observes, one batch of events a frame.

It says *when* (its own monotonic clock), the sides say *how long*. It neither draws nor judges: whoever
iterates over ``frames`` journals, folds and draws. May import ``model``, ``events``, ``errors`` and ``run``.
"""

import selectors
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import partial

from harness import events as e
from harness.errors import Interrupted, SideFailed
from harness.model import Schedule, Side, Variant
from harness.run import wire
from harness.run.baseline_variants import label
from harness.run.launch import Child, end_all, launch
from harness.run.plan import Session, Wishes, assignment, require_same_terms, whole_host
from harness.run.processes import Ledger
from harness.run.schedule import ScheduledStart, chosen, rounds, worth_probing
from harness.run.utilization import Watch

FRAME_S = 0.25
SETTLED_BELOW_CORES = 0.15
SETTLE_AT_MOST_S = 8.0
PROBE_S = 1.5
LEAVE_WITHIN_S = 6.0
LOOK_AGAIN_S = 0.02
PROVING = "proving the baseline"

Batch = tuple[e.Event, ...]


class Conductor:
    """One session in progress. ``schedule`` and ``doing`` tell a viewer what is going on; set as it goes.

    ``measured`` is set once every trial is scored: from then on nothing that fails or is stopped takes anything back.
    """

    def __init__(self, session: Session, wishes: Wishes) -> None:
        self._session, self._wishes = session, wishes
        self._began = time.monotonic()
        self._children: dict[Side | Variant, Child] = {}
        self._ready: dict[Side, e.Ready] = {}
        self._rates: dict[tuple[Side, bool], float] = {}
        self._rated = 0
        self._running: set[Side] = set()
        self._failed: dict[Side, e.Failed] = {}
        self._wall_s: dict[Side, float] = {}
        self._went_at: dict[Side, float] = {}
        self._trial = dict.fromkeys(Side, 0)
        self._watch = Watch(trees=session.spec.commands is not None)
        self._contention: float | None = None
        self.schedule = session.spec.schedule
        self.doing = "arming"
        self.measured = False

    @property
    def now(self) -> float:
        """Return the seconds since the session began."""
        return time.monotonic() - self._began

    def frames(self) -> Generator[Batch, None, None]:
        """Yield a batch of stamped events per frame, to the end of the session; leave no process behind.

        Raises ``SideFailed``, ``Disagreement`` or ``Interrupted`` after the batch that shows why.
        """
        try:
            for side in Side:
                yield from self._arm(side)
            require_same_terms(self._ready[Side.BASELINE], self._ready[Side.DISTRIBUTED])
            yield from self._choose_schedule()
            yield from self._settle()
            self._wishes.begin()  # what was typed while arming counts for nothing
            yield from self._until(self._wishes.begin, doing="armed")
            yield from self._trials()
            yield (e.stamp(self._watch.event(self._contention), self.now, Side.BASELINE, 0),)
            self.measured = True
            yield from self._rest_of_replay()
            yield from self._proof()
            yield from self._leave()
        finally:
            survivors = end_all(list(self._children.values()), patience_s=0.0)
            self._children.clear()
        if survivors:
            raise SideFailed(f"processes {survivors} could not be ended", "end them by hand")

    def _arm(self, side: Side) -> Iterator[Batch]:
        """Start a side and wait until it is ready. One at a time, so that each start-up is measured alone."""
        self.doing = f"arming {side}"
        child = self._children[side] = launch(
            assignment(self._session, side), self._session.out / f"{side}.log"
        )
        yield self._stamped(side, [e.Launched(pid=child.process.pid)])
        yield from self._until(lambda: side in self._ready, doing=self.doing)
        child.recount()

    def _choose_schedule(self) -> Iterator[Batch]:
        asked = self.schedule
        hosts = {
            side: {worker.host for worker in ready.workers} for side, ready in self._ready.items()
        }
        baseline, workers = (
            self._ready[Side.BASELINE].workers[0],
            self._ready[Side.DISTRIBUTED].workers,
        )
        if (
            asked is Schedule.AUTO
            and not self._session.simulated
            and worth_probing(self._session.core_shares, baseline, workers)
        ):
            yield from self._probe_contention()
        one_host = (
            bool(hosts[Side.BASELINE] & hosts[Side.DISTRIBUTED]) and not self._session.simulated
        )
        self.schedule = chosen(
            asked,
            one_host=one_host,
            disjoint=self._session.core_shares.disjoint,
            slowdown=self._contention,
        )
        yield (e.stamp(e.Scheduled(schedule=self.schedule), self.now, Side.BASELINE, 0),)

    def _probe_contention(self) -> Iterator[Batch]:
        """Time a slice of each side alone, then both at once; the baseline's slowdown is the contention."""
        self.doing = "probing contention"
        for side in Side:
            self._children[side].order(wire.ProbeSpeed(PROBE_S, together=False))
            yield from self._until(
                partial(self._rates.__contains__, (side, False)), doing=self.doing
            )
        self._children[Side.DISTRIBUTED].order(
            wire.ProbeSpeed(3 * PROBE_S, together=True)
        )  # it must outlast the baseline's slice
        self._children[Side.BASELINE].order(wire.ProbeSpeed(PROBE_S, together=True))
        yield from self._until(
            lambda: all((side, True) in self._rates for side in Side), doing=self.doing
        )
        alone, shared = self._rates[Side.BASELINE, False], self._rates[Side.BASELINE, True]
        if alone > 0:
            self._contention = max(0.0, 1 - shared / alone)

    def _settle(self) -> Iterator[Batch]:
        """Wait until what arming stirred up has died down, but not for ever: what remains is measured as foreign load."""
        if self._session.simulated:
            return
        until, ledger = self.now + SETTLE_AT_MOST_S, Ledger(())
        calm_since = self.now

        def calm() -> bool:
            nonlocal calm_since
            if self.now - calm_since < 1.0:
                return False
            quiet = ledger.foreign() * ledger.cores < SETTLED_BELOW_CORES
            calm_since = self.now
            ledger.restart()
            return quiet or self.now > until

        yield from self._until(calm, doing="settling")

    def _trials(self) -> Iterator[Batch]:
        order = 0
        spec = self._session.spec
        plan = [*rounds(spec.trials, self.schedule, spec.scales)]
        for place, starting in enumerate(plan):
            at_rest = set(Side) - {side for side, _, _ in starting}
            workers_at_work = {side: workers for side, _, workers in starting}
            self._watch.begin(
                self.now, [self._children[side].process.pid for side in at_rest], workers_at_work
            )
            yield self._go(
                starting,
                order,
                {side: workers for later in plan[:place:-1] for side, _, workers in later},
            )
            order += len(starting)
            yield from self._until(lambda: not self._running, doing="running")
            self._watch.end()

    def _go(
        self, starting: tuple[ScheduledStart, ...], order: int, then: Mapping[Side, int]
    ) -> Batch:
        """Start the clocks of a round as close together as two writes allow; ``then`` are the workers of each side's next trial."""
        self.doing = "running"
        begun: list[e.Event] = []
        for offset, (side, index, workers) in enumerate(starting):
            self._running.add(side)
            self._trial[side] = index
            self._children[side].order(wire.StartTrial(workers, then=then.get(side)))
            self._went_at[side] = self.now
            begun.append(
                e.stamp(e.Go(order=order + offset, workers=workers), self.now, side, index)
            )
        return tuple(begun)

    def _rest_of_replay(self) -> Iterator[Batch]:
        """Keep the frames coming while the replayed baseline still crawls, unless the presenter skips it."""
        if not self._session.replay_rest or self.schedule is not Schedule.IN_TURN:
            return
        ends = self._went_at[Side.DISTRIBUTED] + self._wall_s[Side.BASELINE]
        if self._went_at[Side.DISTRIBUTED] > self._went_at[Side.BASELINE]:
            self._wishes.skip()  # what was typed before anybody was asked counts for nothing
            yield from self._until(
                lambda: self.now >= ends or self._wishes.skip(), doing="replaying"
            )

    def _proof(self) -> Iterator[Batch]:
        """Time the variants of the baseline one by one, now that nothing else runs; the presenter may skip what is left.

        A baseline that fails meanwhile ends the proof, not the session. Watching is not on any account.
        """
        self._wishes.skip()  # what was typed before anybody was asked counts for nothing
        for rated, study in enumerate(self._session.variant_plan.studies):
            if self._rated < rated:
                return  # the study before was skipped
            yield from self._study(study)
            if (failed := self._failed.get(Side.BASELINE)) is not None:
                yield (self._unproved(study, failed),)
                return

    def _study(self, study: wire.TimeVariant) -> Iterator[Batch]:
        before = self._rated
        self._student(study).order(study)
        yield from self._until(
            lambda: self._rated > before or Side.BASELINE in self._failed or self._wishes.skip(),
            doing=f"{PROVING}: {self._label(study)}",
        )

    def _unproved(self, study: wire.TimeVariant, failed: e.Failed) -> e.Event:
        ended = e.ProofStopped(
            variant=study.variant,
            label=self._label(study),
            reason=failed.reason,
            last_words=failed.last_words,
        )
        return e.stamp(ended, self.now, Side.BASELINE, self._trial[Side.BASELINE])

    def _leave(self) -> Iterator[Batch]:
        """Hang up on the sides and keep the frames coming while they end of themselves, but not for ever; a signal hurries them."""
        self.doing = "leaving"
        for child in self._children.values():
            child.recount()
            child.hang_up()
        until = self.now + LEAVE_WITHIN_S
        while not self._gone_within(FRAME_S) and self.now < until and self._wishes.stop() is None:
            yield ()

    def _gone_within(self, seconds: float) -> bool:
        """Return whether all sides have ended, as soon as they have or after that many seconds."""
        until = self.now + seconds
        while (
            not (gone := all(child.gone() for child in self._children.values()))
            and self.now < until
        ):
            time.sleep(LOOK_AGAIN_S)
        return gone

    def _label(self, study: wire.TimeVariant) -> str:
        return label(study, len(self._session.variant_plan.cores))

    def _student(self, study: wire.TimeVariant) -> Child:
        """Return the process that times a variant: the baseline's own, or another of its kind on all the host's cores."""
        if study.variant is not Variant.WHOLE:
            return self._children[Side.BASELINE]
        child = self._children[Variant.WHOLE] = launch(
            whole_host(self._session), self._session.out / f"{Side.BASELINE}.log"
        )
        return child

    def _until(self, done: Callable[[], bool], doing: str) -> Iterator[Batch]:
        """Yield frames until something is so; raise for a signal or a side that failed, once that is shown."""
        self.doing = doing
        while not done():
            batch = self._frame()
            yield batch
            failed = next((event for event in batch if isinstance(event, e.Failed)), None)
            if failed is not None:
                raise SideFailed(
                    f"the {failed.side} side failed: {failed.reason}", self._hint(failed)
                )
            if (signal_number := self._wishes.stop()) is not None:
                raise Interrupted(signal_number)

    def _hint(self, failed: e.Failed) -> str:
        if failed.hint:
            return failed.hint
        words = failed.last_words.strip().splitlines()
        return (
            f"its last words: {words[-1].strip()}"
            if words
            else f"see {failed.side}.log in the take's folder"
        )

    def _frame(self) -> Batch:
        """Listen for one frame's time; every event is stamped as it arrives."""
        heard: list[e.Event] = []
        ends = time.monotonic() + FRAME_S
        with selectors.DefaultSelector() as ready:
            for child in self._children.values():
                if not child.reader.closed:
                    ready.register(child.reader.descriptor, selectors.EVENT_READ, child)
            while (left := ends - time.monotonic()) > 0:
                for key, _ in ready.select(left):
                    heard += self._heard(key.data)
                    if key.data.reader.closed:
                        ready.unregister(key.fd)
        if not self._session.simulated:
            heard += self._watch.looks(self.now, self._running, self._trial)
        self._watch.frame(self.now)
        return tuple(heard)

    def _heard(self, child: Child) -> Batch:
        """Return what a side has said; one that hangs up has failed, unless it said so itself.

        Once the session is measured, a side that fails takes nothing back: it is noted, and its lane stays as it is.
        """
        said = child.reader.listen()
        if child is self._children.get(Variant.WHOLE):
            said = tuple(
                event for event in said if isinstance(event, e.Rated | e.Failed)
            )  # it has no lane of its own
        if (
            child.reader.closed
            and child.side not in self._failed
            and not any(isinstance(event, e.Failed) for event in said)
        ):
            said = (*said, child.ending())
        events = self._stamped(child.side, said)
        for event in events:
            self._note(event)
        return tuple(
            event for event in events if not (self.measured and isinstance(event, e.Failed))
        )

    def _stamped(self, side: Side, events: Iterable[e.Event]) -> Batch:
        now = self.now
        return tuple(e.stamp(event, now, side, self._trial[side]) for event in events)

    def _note(self, event: e.Event) -> None:
        """Keep what the conducting itself depends on."""
        match event:
            case e.Ready():
                self._ready[event.side] = event
                self._watch.follow(event.side, event.workers)
            case e.Probed(rate=rate, together=together):
                self._rates[event.side, together] = rate
            case e.Rated():
                self._rated += 1
            case e.Finished(wall_s=wall_s):
                self._wall_s[event.side] = wall_s
            case e.Scored():
                self._running.discard(event.side)
            case e.Failed():
                self._failed[event.side] = event
            case e.Recovered(process=process):
                self._watch.follow(event.side, [process])
                self._children[event.side].recount()
