"""The order of a journal's events: what comes once, what comes first, and that time never falls.

A session's events come in one order only. The fold passes over an event that makes no sense where
it stands; here it is a contradiction. Pure; may import ``events`` and ``model``.
"""

from dataclasses import dataclass, field

from harness import events as e
from harness.model import MOST_RATES, MOST_TRIALS, Side, Status
from harness.state.fold import FREQUENT

MOST_PHASES = 1_000
STAMP_LIMIT_S = 0.05
MOST_RARE = 200_000  # a sweep with 1,000 workers has 40,000 or so
MOST_FAULTS = 1_000  # of a trial; a side ends at 17

IN_TRIAL = (
    e.Progress,
    e.Span,
    e.Sample,
    e.Phase,
    e.CoreTime,
    e.Finished,
    e.Scored,
    e.Struck,
    e.Unstruck,
    e.Thawed,
    e.Faulted,
    e.Recovered,
    e.CaughtUp,
    e.Inspected,
)


_Arming = e.Launched | e.AwaitsHosts | e.Offered | e.Ready | e.Probed


class Contradiction(ValueError):
    """A journal that no session can have written."""


@dataclass
class _SideOrder:
    """How far a side has come: when it is armed, and what is awaited of its trial."""

    launched: bool = False
    launched_at: float = 0.0
    ready: bool = False
    has_gone: bool = False
    awaited: type[e.Event] | None = None
    failed: bool = False
    trial: int = 0
    order: int = 0
    phases: int = 0
    faults: int = 0
    uncompared: set[int] = field(default_factory=set)
    not_rescored: set[int] = field(default_factory=set)


class EventOrder:
    """Checks a journal's events one after the other."""

    def __init__(self) -> None:
        self._count = 0
        self._at = self._rated_at = 0.0
        self._opened = self._scheduled = self._observed = self._closed = False
        self._sides = {side: _SideOrder() for side in Side}
        self._is_open = False
        self._trials = self._rates = self._rare = 0

    def check(self, event: e.Event) -> None:
        """Take in the next event; raise ``Contradiction`` if it cannot come here."""
        self._count += 1
        at = event.at
        if at < self._at:
            self._refuse(event, f"is {at:.3f} s after the start, and {self._at:.3f} s were")
        self._at = at
        side = self._sides[event.side]
        if type(event) in FREQUENT and event.trial == side.trial and self._is_open:
            return
        self._rare += 1
        if self._rare > MOST_RARE:
            self._refuse(event, "is one report of sides and workers too many")
        if reason := self._reason(event, side):
            self._refuse(event, reason)
        self._is_open = self._opened and not self._closed

    def _refuse(self, event: e.Event, reason: str) -> None:
        tag = event.__struct_config__.tag
        raise Contradiction(f"its event {self._count:,} ({tag}) {reason}")

    def _reason(self, event: e.Event, side: _SideOrder) -> str:
        """Return why an event cannot come here (empty: it can)."""
        if isinstance(event, e.Opened):
            was_opened, self._opened = self._opened, True
            return "opens the session a second time" if was_opened else ""
        if not self._opened:
            return "comes before the session is opened"
        if self._closed:
            return "comes after the session was closed"
        match event:
            case e.Scheduled() | e.Observed() | e.Closed():
                return self._session_reason(event)
            case e.Launched() | e.AwaitsHosts() | e.Offered() | e.Ready() | e.Probed():
                return self._arming_reason(event, side)
            case e.Rated() | e.ProofStopped():
                return self._proof_reason(event)
            case e.Compared() | e.Rescored():
                return self._comparison_reason(event, side)
            case e.Prepared():
                ready = self._all_ready and side.awaited is None
                return "" if ready else "comes before its side is ready for a trial"
            case e.Go():
                return self._go_reason(event, side)
            case e.Failed():
                side.failed = True
                return ""
            case _:
                return self._trial_reason(event, side)

    def _session_reason(self, event: e.Scheduled | e.Observed | e.Closed) -> str:
        unscored = any(side.awaited is not None for side in self._sides.values())
        match event:
            case e.Scheduled():
                was_scheduled, self._scheduled = self._scheduled, True
                if was_scheduled:
                    return "schedules the sides a second time"
                return "" if self._all_ready else "comes before both sides are ready"
            case e.Observed():
                was_observed, self._observed = self._observed, True
                self._rated_at = event.at
                if was_observed:
                    return "comes a second time"
                return "comes before the last trial is scored" if unscored else ""
            case e.Closed(status=status):
                self._closed = True
                complete = self._observed and not unscored
                is_early = status is Status.COMPLETE and not complete
                return "says that the session is complete, and it is not" if is_early else ""

    @property
    def _all_ready(self) -> bool:
        return all(side.ready for side in self._sides.values())

    def _arming_reason(self, event: _Arming, side: _SideOrder) -> str:
        """Judge arming: a side may be armed anew until its first clock starts."""
        if side.has_gone:
            return "comes after its side's first clock has started"
        match event:
            case e.Launched():
                side.launched, side.ready, side.launched_at = True, False, event.at
            case e.AwaitsHosts() if not side.launched or side.ready:
                return "waits for hosts of a side that is not being armed"
            case e.Offered() if not side.launched or side.ready:
                return "offers requests to a side that is not being armed"
            case e.Ready(workers=workers):
                if not side.launched or side.ready:
                    return "says that a side is ready which was not launched for it"
                if sum(event.startup.values()) > event.at - side.launched_at + STAMP_LIMIT_S:
                    return "says that it took longer to start than it did"
                if len({process.id for process in workers}) < len(workers):
                    return "names a worker twice"
                side.ready = True
        return ""

    def _proof_reason(self, event: e.Rated | e.ProofStopped) -> str:
        """Judge the proof: variants are timed one after the other, once the trials are over."""
        if not self._observed:
            return "comes before the trials are over"
        since_s, self._rated_at = event.at - self._rated_at, event.at
        self._rates += 1
        if isinstance(event, e.Rated) and event.seconds > since_s + STAMP_LIMIT_S:
            return f"says that it took {event.seconds:.3f} s, and {since_s:.3f} s were left for it"
        return "is one rate too many" if self._rates > MOST_RATES else ""

    def _comparison_reason(self, event: e.Compared | e.Rescored, side: _SideOrder) -> str:
        due = side.uncompared if isinstance(event, e.Compared) else side.not_rescored
        if event.order not in due or event.side is not Side.DISTRIBUTED:
            return f"compares the scores of trial {event.order}, of which there are none to compare"
        due.remove(event.order)
        return ""

    def _go_reason(self, event: e.Go, side: _SideOrder) -> str:
        order, self._trials = self._trials, self._trials + 1
        if not (self._scheduled and self._all_ready):
            return "comes before the sides are ready and scheduled"
        if self._observed:
            return "comes after the trials are over"
        if side.awaited is not None or side.failed:
            return "comes before its side's last trial is scored"
        if event.order != order or order >= MOST_TRIALS:
            return f"says that it is trial {event.order} of the session, and it is {order}"
        side.has_gone, side.awaited, side.phases, side.faults = True, e.Finished, 0, 0
        side.trial, side.order = event.trial, event.order
        return ""

    def _trial_reason(self, event: e.Event, side: _SideOrder) -> str:
        """Judge what comes in a trial, or of a worker at rest before or after it."""
        if isinstance(event, IN_TRIAL) and event.trial != side.trial:
            return f"is of trial {event.trial} of its side, and the side is at {side.trial}"
        match event:
            case e.Finished():
                if side.awaited is not e.Finished:
                    return "stops a clock that does not run"
                side.awaited = e.Scored
            case e.Scored():
                if side.awaited is not e.Scored:
                    return "scores an answer that has not come, or was scored before"
                side.awaited = None
                side.uncompared.add(side.order)
                side.not_rescored.add(side.order)
            case e.Phase():
                side.phases += 1
                return "is one phase too many" if side.phases > MOST_PHASES else ""
            case e.Struck() | e.Unstruck() if side.awaited is not e.Finished:
                return "strikes, and no clock runs"
            case e.Faulted() | e.Struck() | e.Unstruck():
                side.faults += 1
                return "is one lost worker too many" if side.faults > MOST_FAULTS else ""
        return ""
