"""What a side may report, and when: one conversation for each process that the conductor started.

The code of a workload runs in its side's process, and what runs there can write to the event pipe.
So every report is held against a table of turns, against what the process was ordered to do and
what it said of itself, and against the conductor's own clock. What only the conductor says is not
in the table. May import ``model``, ``events`` and ``run.wire``.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from harness import events as e
from harness.model import ChaosKind, RateSearch, Side
from harness.run import wire

HINT = (
    "nothing but twoclocks may write to a side's event pipe:"
    " have the workload call report(done) and return its answer"
)
CLOCK_SLACK_S = 0.3
CLOCK_SLACK = 0.02


class Turn(StrEnum):
    """What a process is at, as a sentence says it."""

    ARMING = "before it was ready"
    RESTING = "while it had no order"
    PROBING = "while its speed was probed"
    PREPARING = "while its run was prepared for"
    RUNNING = "while its clock ran"
    SCORING = "after its clock had stopped"
    JUDGING = "while it scored the other side's answer"
    TIMING = "while it timed a variant"
    OVER = "after it had failed"


AT_REST = frozenset({Turn.RESTING, Turn.OVER})
_RUNS = frozenset({Turn.ARMING, Turn.PROBING, Turn.RUNNING})
_ALIVE = frozenset(Turn) - {Turn.OVER}

MAY_REPORT: Mapping[type[e.Event], frozenset[Turn]] = {
    e.AwaitsHosts: frozenset({Turn.ARMING}),
    e.Ready: frozenset({Turn.ARMING}),
    e.Offered: frozenset({Turn.ARMING}),
    e.Probed: frozenset({Turn.PROBING}),
    e.Prepared: frozenset({Turn.PREPARING}),
    e.Progress: frozenset({Turn.RUNNING}),
    e.Span: _RUNS | {Turn.SCORING},  # a program's last spans are read once it has ended
    e.Struck: frozenset({Turn.RUNNING}),
    e.Unstruck: frozenset({Turn.RUNNING}),
    e.Thawed: frozenset({Turn.RUNNING, Turn.SCORING}),
    e.CaughtUp: _RUNS | {Turn.SCORING},
    e.Faulted: _RUNS | {Turn.SCORING},
    e.Recovered: _RUNS | {Turn.SCORING},
    e.Stalled: _RUNS | {Turn.SCORING},
    e.Resumed: _RUNS | {Turn.SCORING},
    e.Sample: _ALIVE,  # a thread sends those of other hosts
    e.Phase: frozenset({Turn.RUNNING}),
    e.CoreTime: frozenset({Turn.RUNNING}),
    e.Finished: frozenset({Turn.RUNNING}),
    e.Inspected: frozenset({Turn.SCORING}),
    e.Scored: frozenset({Turn.SCORING}),
    e.AnswerScored: frozenset({Turn.JUDGING}),
    e.Rated: frozenset({Turn.TIMING}),
    e.Failed: _ALIVE,
}
"""Every kind of event that a process may report, and in which turns."""

_TURN_AFTER_REPORT: Mapping[type[e.Event], Turn] = {
    e.Ready: Turn.RESTING,
    e.Probed: Turn.RESTING,
    e.Prepared: Turn.RESTING,
    e.Finished: Turn.SCORING,
    e.Scored: Turn.RESTING,
    e.AnswerScored: Turn.RESTING,
    e.Rated: Turn.RESTING,
    e.Failed: Turn.OVER,
}
_TURN_AFTER_ORDER: Mapping[type[wire.Command], Turn] = {
    wire.ProbeSpeed: Turn.PROBING,
    wire.PrepareTrial: Turn.PREPARING,
    wire.StartTrial: Turn.RUNNING,
    wire.ScoreAnswer: Turn.JUDGING,
    wire.TimeVariant: Turn.TIMING,
}

_UNSTAMPED = 0.0, Side.BASELINE, 0

OfWorker = (
    e.Span
    | e.Sample
    | e.Struck
    | e.Thawed
    | e.Faulted
    | e.Recovered
    | e.CaughtUp
    | e.Stalled
    | e.Resumed
    | e.Inspected
)


class Rights(NamedTuple):
    """What depends on the session and the process.

    Its reports may come ``late_s`` after it has sent them, as from another host.

    It has ``workers``, of which the conductor samples those on its own ``host``. ``own_samples``:
    it samples none, since they are simulated. ``new_programs``: a worker may be another process
    although none was lost. ``chaos``: its workers may be struck on purpose.
    """

    workers: int = 1
    host: str = ""
    own_samples: bool = False
    new_programs: bool = False
    late_s: float = 0.0
    chaos: bool = False


class Elapsed(NamedTuple):
    """The seconds from go to a report; of both only the earliest and the latest are known."""

    least_s: float
    most_s: float


class Conversation:
    """The conductor's side of what is said between it and one process.

    The ``clock`` is the conductor's.
    """

    def __init__(
        self, rights: Rights | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rights = rights or Rights()
        self._clock = clock
        self.turn = Turn.ARMING
        self._order: wire.Command | None = None
        self._ordered_at = self._delivered_at = 0.0
        self._hosts: dict[str, str] = {}
        self._lost: set[str] = set()
        self._frozen: set[str] = set()
        self._done = 0
        self._once: set[object] = set()

    def begin_order(self, order: wire.Command) -> None:
        """Note an order that is about to be written."""
        if (turn := _TURN_AFTER_ORDER.get(type(order))) is None:
            return
        self.turn, self._order = turn, order
        self._done = 0
        self._once.clear()
        self._ordered_at = self._delivered_at = self._clock()

    def order_delivered(self) -> None:
        """Note that the order was written: the process may have begun earlier, but not later."""
        self._delivered_at = self._clock()

    def fault(self, event: e.Event, heard_at: float, at: float | None = None) -> str:
        """Return what is wrong with a report (empty: nothing), and note it.

        It was received ``at`` a time by the clock (None: now). At ``heard_at`` there was nothing to
        read from the process.
        """
        at = self._clock() if at is None else at
        elapsed = Elapsed(heard_at - self._delivered_at, at - self._ordered_at)
        sentence = next(self._faults(event, elapsed), "")
        if not sentence:
            self._note(event)
        return sentence

    def _faults(self, event: e.Event, elapsed: Elapsed) -> Iterator[str]:
        kind = event.__struct_config__.tag
        turns = MAY_REPORT.get(type(event))
        if turns is None:
            yield f"it sent {kind!r}, which only the conductor says"
        elif self.turn not in turns:
            yield f"it sent {kind!r} {self.turn}"
        elif (event.at, event.side, event.trial) != _UNSTAMPED:
            yield f"it sent {kind!r} with a time, a side or a trial, which only the conductor says"
        match event:
            case e.Struck() | e.Unstruck() if not self._rights.chaos:
                yield f"it sent {kind!r}, and no strike was planned"
            case e.Ready():
                yield from self._faults_of_ready(event)
            case e.Progress(done=done) if done < self._done:
                yield f"its progress fell from {self._done:,} to {done:,}"
            case e.Phase(name=key) if key in self._once:
                yield f"it sent the phase {key!r} twice"
            case e.CoreTime() if e.CoreTime in self._once:
                yield f"it sent {kind!r} twice"
            case e.Finished():
                yield from self._faults_of_finished(event, elapsed)
            case e.Probed(together=together) if together != getattr(self._order, "together", None):
                yield "it sent the speed of a probe that it was not asked for"
            case e.Rated() if not self._is_asked_for(event):
                yield f"it sent the rate of a variant that it was not asked for: {event.variant}"
        if isinstance(event, OfWorker):
            yield from self._faults_of_worker(event, kind)

    def _faults_of_ready(self, event: e.Ready) -> Iterator[str]:
        names = [worker.id for worker in event.workers]
        if len(names) != self._rights.workers:
            yield f"it has {len(names)} workers, and was given {self._rights.workers}"
        if len({*names}) != len(names):
            yield "two of its workers have one name"
        if (rates := event.service) is not None:
            yield from self._faults_of_rates(event, rates)
        if (search := event.capacity) is None:
            return
        if search.devices != self._rights.workers:
            yield f"it searched on {search.devices} devices, and has {self._rights.workers} workers"
        if search.input_sha256 != event.input.sha256:
            yield "it searched with another input than it has loaded"
        if search.contradiction:
            yield f"its search of the largest model contradicts itself: {search.contradiction}"

    def _faults_of_rates(self, event: e.Ready, rates: RateSearch) -> Iterator[str]:
        if rates.workers != self._rights.workers:
            yield f"it served with {rates.workers} workers, and has {self._rights.workers}"
        if rates.input_sha256 != event.input.sha256:
            yield "it served with another input than it has loaded"
        if rates.contradiction:
            yield f"its search of the largest rate contradicts itself: {rates.contradiction}"

    def _faults_of_finished(self, event: e.Finished, elapsed: Elapsed) -> Iterator[str]:
        if event.items < self._done:
            yield f"it finished with {event.items:,} items after a progress of {self._done:,}"
        slack_s = max(CLOCK_SLACK_S, CLOCK_SLACK * elapsed.most_s)
        least_s = elapsed.least_s - slack_s - self._rights.late_s
        said_s = event.wall_s + (event.unclocked_s or 0.0)
        if event.wall_s > elapsed.most_s + slack_s or said_s < least_s:
            yield (
                f"it says that its clock ran for {event.wall_s:.2f} s,"
                f" and finished {elapsed.most_s:.2f} s after go"
            )

    def _is_asked_for(self, event: e.Rated) -> bool:
        order = self._order
        return isinstance(order, wire.TimeVariant) and (
            (order.variant, order.name) == (event.variant, event.name)
        )

    def _faults_of_worker(self, event: OfWorker, kind: object) -> Iterator[str]:
        """Yield what is wrong with a report of a worker, as far as the workers are known by now."""
        if self._hosts and event.worker not in self._hosts:
            yield f"it sent {kind!r} of a worker that it does not have: {event.worker}"
        match event:
            case e.Sample(worker=worker) if not self._rights.own_samples:
                if self._hosts.get(worker) == self._rights.host:
                    yield f"it sent {kind!r} of a worker that only the conductor samples: {worker}"
            case e.Struck(worker=worker) if worker in self._lost | self._frozen:
                yield f"it sent {kind!r} of a worker that was lost or frozen already: {worker}"
            case e.Thawed(worker=worker) if worker not in self._frozen:
                yield f"it sent {kind!r} of a worker that was not frozen: {worker}"
            case e.Recovered(worker=worker, process=process):
                if process.id != worker:
                    yield f"it sent {kind!r} of {worker} with the process of {process.id}"
                if worker not in self._lost and not self._rights.new_programs:
                    yield f"it sent {kind!r} of a worker that was not lost: {worker}"

    def _note(self, event: e.Event) -> None:
        self.turn = _TURN_AFTER_REPORT.get(type(event), self.turn)
        match event:
            case e.Ready(workers=workers):
                self._hosts = {worker.id: worker.host for worker in workers}
            case e.Progress(done=done):
                self._done = done
            case e.Phase(name=name):
                self._once.add(name)
            case e.CoreTime():
                self._once.add(e.CoreTime)
            case e.Struck(worker=worker, kind=ChaosKind.FREEZE):
                self._frozen.add(worker)
            case e.Thawed(worker=worker):
                self._frozen.discard(worker)
            case e.Faulted(worker=worker):
                self._lost.add(worker)
                self._frozen.discard(worker)
            case e.Recovered(worker=worker, process=process):
                self._lost.discard(worker)
                if self._hosts:  # else the workers are not known yet: all of them come with Ready
                    self._hosts[worker] = process.host
