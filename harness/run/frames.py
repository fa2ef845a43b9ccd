"""A session frame by frame: arm the sides, read their events, note what matters, end the sides.

May import ``model``, ``events``, ``errors`` and ``run``.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from msgspec.structs import replace

from harness import events as e
from harness.errors import Interrupted, SideFailed
from harness.model import SessionStage, Side, Variant
from harness.run.dashboard import RayDashboard, read_dashboard
from harness.run.handed_over import largest_gap
from harness.run.host import host_key
from harness.run.item_scores import RoundScores
from harness.run.launch import SideProcess
from harness.run.observation import Observation
from harness.run.plan import Controls, Session, assignment
from harness.run.processes import Signs, cpu_seconds_of_trees, signs, watching_cpu_seconds
from harness.run.protocol import HINT, Rights
from harness.run.side_processes import SideProcesses
from harness.run.stalls import StallWatch, sides_elsewhere

Batch = tuple[e.Event, ...]


class SessionFrames:
    """The mechanics of a session in progress; what happens when is the conductor's.

    ``stage`` and ``subject`` (what the stage is about; empty: nothing in particular) tell a viewer
    what is going on. ``measured`` is set once every trial is scored: from then on nothing that
    fails or is stopped takes anything back. ``rated`` and ``variants_ready`` are what the processes
    that time a variant have sent; ``skipped`` tells that the rest of the proof is left out.
    ``first_items`` is how many items a side did in its first trial.
    ``to_rescore`` is the score of a distributed answer that the baseline's process has yet to score
    (None: there is none).
    """

    def __init__(
        self, session: Session, controls: Controls, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.session = session
        self.plan = session.plan
        self.waits = session.waits
        self.controls = controls
        self.clock = clock
        self._began = clock()
        rights = Rights(
            host=host_key(),
            own_samples=session.plan.simulated,
            new_programs=session.plan.spec.commands is not None,
            chaos=bool(session.plan.spec.chaos),
        )
        self.processes = SideProcesses(clock, rights)
        self._watchers = [*session.watchers]
        self.observation = Observation(
            trees=rights.new_programs, cpu_clock=partial(watching_cpu_seconds, self._watchers)
        )
        self.ready: dict[Side, e.Ready] = {}
        self.probed: dict[tuple[Side, bool], float] = {}
        self.prepared: set[Side] = set()
        self.rated: list[e.Rated] = []
        self.variants_ready: list[e.Ready] = []
        self.skipped = False
        self.running: set[Side] = set()
        self.failed: dict[Side, e.Failed] = {}
        self.wall_s: dict[Side, float] = {}
        self.first_items: dict[Side, int] = {}
        self.peak_rss_bytes: dict[Side, int] = {}
        self.trial = dict.fromkeys(Side, 0)
        self.order = dict.fromkeys(Side, 0)
        self._scores = RoundScores()
        self._elsewhere = sides_elsewhere(self.plan.spec)
        self._stall_watch = StallWatch(self.plan.patience, self._look, self._elsewhere)
        self.to_rescore: e.Scored | None = None
        self.stage = SessionStage.ARMING
        self.subject = ""
        self.measured = False

    @property
    def now(self) -> float:
        """Return the seconds since the session began."""
        return self.clock() - self._began

    def arm(self, side: Side) -> Iterator[Batch]:
        """Start a side and wait until it is ready.

        One at a time, so that each start-up is measured alone.
        """
        self.stage, self.subject = SessionStage.ARMING, side
        process = self.processes.start(
            side, assignment(self.session, side), self.session.out / f"{side}.log"
        )
        yield self.stamped(side, [e.Launched(pid=process.pid)])
        yield from self.until(lambda: side in self.ready, SessionStage.ARMING, side)
        process.note_tree()

    def end_sides(self) -> Iterator[Batch]:
        """Let the sides end by themselves, and keep the frames coming meanwhile.

        A side that takes too long is left for ``SideProcesses.end``; so are all at a signal.
        """
        self.stage, self.subject = SessionStage.ENDING, ""
        self.processes.close_commands()
        until = self.now + self.waits.end_within_s
        while not self.processes.ended_within(self.waits.frame_s):
            if self.now >= until or self.controls.stop() is not None:
                return
            yield ()

    def until(
        self, done: Callable[[], bool], stage: SessionStage, subject: str = ""
    ) -> Iterator[Batch]:
        """Yield frames until something is so; raise for a signal, or for a side that failed."""
        self.stage, self.subject = stage, subject
        while not done():
            batch = self._frame()
            yield batch
            failed = next((event for event in batch if isinstance(event, e.Failed)), None)
            if failed is not None:
                sentence = f"the {failed.side} side failed: {failed.reason}"
                raise SideFailed(sentence, self._hint(failed))
            if (signal_number := self.controls.stop()) is not None:
                raise Interrupted(signal_number, self.session.stop_hint)

    def _hint(self, failed: e.Failed) -> str:
        if failed.hint:
            return failed.hint
        words = failed.last_words.strip().splitlines()
        if words:
            return f"its last line: {words[-1].strip()}"
        return self.session.log_hint.format(side=failed.side)

    def _frame(self) -> Batch:
        """Listen for one frame's time; every event is stamped with when it arrived."""
        events: list[e.Event] = []

        def receive(process: SideProcess, received: Batch, arrived: float) -> None:
            events.extend(self._note_events(process, received, arrived - self._began))

        self.processes.listen(self.waits.frame_s, receive)
        if not self.plan.simulated:
            events += self.observation.samples(self.now, self.running, self.trial)
        self.observation.count_frame(self.now)
        return tuple(events) + self._stalls()

    def _stalls(self) -> Batch:
        """Return who is stalled; one that is given up has failed."""
        now, at_work = self.now, self.processes.at_work()
        ticked = self._stall_watch.tick(now, at_work, attended=self.controls.attended())
        events = [e.stamp(event, now, side, self.trial[side]) for side, event in ticked]
        for event in events:
            self._note(event)
        return tuple(filter(self._is_passed_on, events))

    def _look(self, side: Side) -> tuple[str, Signs] | None:
        """Look at a side's processes; of one that is no worker, say the program's name."""
        roots, names = self.processes.at_work().get(side, []), self.observation.names(side)
        found = signs(roots, names)
        if found is None:
            return None
        found = self.observation.with_other_hosts(side, found, self.now)
        program = "" if found.pid in roots else found.name
        return names.get(found.pid, program), found

    def _note_events(self, process: SideProcess, received: Sequence[e.Event], at: float) -> Batch:
        """Note the events of a process, which arrived at a time; return those to pass on.

        The process of a variant has no lane: only its rate and its failure are passed on, and of
        copies that run at once only their failures. Once the session is measured, a failure is
        noted and not passed on.
        """
        if process.side is Side.BASELINE and process is not self.processes[Side.BASELINE]:
            self.variants_ready += [event for event in received if isinstance(event, e.Ready)]
            received = [event for event in received if isinstance(event, e.Rated | e.Failed)]
        going_on = self._stall_watch.note_reports(process.side, received)
        events = self._stamped_at(at, process.side, [*going_on, *received])
        for event in events:
            self._note(event)
        passed_on = filter(self._is_passed_on, events)
        return tuple(one for event in passed_on for one in self._compared(event))

    def _compared(self, event: e.Event) -> Batch:
        """Return the event; of scores only how those of a pair or of one answer differ."""
        match event:
            case e.Scored():
                comparisons = self._scores.compare(event, self.order[event.side])
                return replace(event, scores=b"", kept_back=""), *comparisons
            case e.AnswerScored() if self.to_rescore is not None:
                own, self.to_rescore = self.to_rescore, None
                return self._stamped_at(event.at, Side.DISTRIBUTED, [self._rescored(own, event)])
            case _:
                return (event,)

    def _rescored(self, own: e.Scored, again: e.AnswerScored) -> e.Event:
        """Return what the baseline's process made of the answer that was handed over to it."""
        order = self.order[Side.DISTRIBUTED]
        if again.reason:
            return e.Rescored(order=order, reason=again.reason)
        if again.answer_sha256 != own.answer_sha256:
            return e.Failed(
                reason="it handed over an answer other than the one it scored", hint=HINT
            )
        return e.Rescored(order=order, gap=largest_gap(own, again))

    def _is_passed_on(self, event: e.Event) -> bool:
        match event:
            case e.Failed():
                return not self.measured
            case e.Rated(variant=variant):
                return variant is not Variant.COPIES
            case _:
                return True

    def stamped(self, side: Side, events: Iterable[e.Event]) -> Batch:
        """Return a side's events with the time now, the side and its trial on them."""
        return self._stamped_at(self.now, side, events)

    def _stamped_at(self, at: float, side: Side, events: Iterable[e.Event]) -> Batch:
        return tuple([e.stamp(event, at, side, self.trial[side]) for event in events])

    def _note(self, event: e.Event) -> None:
        """Keep what the conducting itself depends on."""
        side = event.side
        match event:
            case e.Offered() if not (self.plan.simulated or side in self._elsewhere):
                # on a cluster a side's own processes are not known before it is ready
                at_rest = [self.processes[other].process.pid for other in self.ready]
                self.observation.begin_search(at_rest)
            case e.Ready():
                self.observation.end_search()
                self.ready[side] = event
                if side is Side.DISTRIBUTED and self.session.dashboard is not None:
                    self._tell_dashboard(self.session.dashboard)
                alone = side is Side.BASELINE  # what its guard has adopted is its work
                guard_pid = self.processes[side].process.pid if alone else None
                self.observation.follow(side, event.workers, guard_pid)
            case e.Sample():
                self.observation.note_sample(side, event, event.at)
            case e.Probed(rate=rate, together=together):
                self.probed[side, together] = rate
            case e.Prepared():
                self.prepared.add(side)
            case e.Rated():
                self.rated.append(event)
            case e.Finished(wall_s=wall_s, items=items, peak_rss_bytes=peak_rss_bytes):
                self.wall_s[side] = wall_s
                self.first_items.setdefault(side, items)
                self.peak_rss_bytes[side] = peak_rss_bytes
            case e.Scored():
                self.running.discard(side)
                if side is Side.DISTRIBUTED and self.plan.spec.commands is None:
                    self.to_rescore = event
            case e.Failed():
                self.failed[side] = event
            case e.Recovered(process=process):
                self.observation.follow(side, [process])
                self.processes[side].note_tree()

    def _tell_dashboard(self, tell: Callable[[RayDashboard], None]) -> None:
        """Tell where Ray's dashboard is; what it uses here is a part of what watching costs."""
        side = self.processes[Side.DISTRIBUTED]
        dashboard = read_dashboard(side.scratch, side.pid)
        if dashboard.pids:
            self._watchers += dashboard.pids
            self.observation.follow_dashboard(partial(cpu_seconds_of_trees, dashboard.pids))
        tell(dashboard)
