"""One map on simulated workers, event by event: chunks end, workers are struck, fall out, return.

Its times are computed, not measured, so that the facts of every loss are exact.
May import ``chaos``, ``events``, ``model`` and ``run``.
"""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.chaos import Strike
from harness.model import ChaosKind, Process
from harness.run.losses import Losses
from harness.run.strikes import TrialStrikes

DETECTED_S = 0.1  # from a kill until the driver knows
REPLACED_S = 1.5  # from then until a fresh worker is there
STEPS_IN_S = 0.05  # until a spare is


class DoneChunk(NamedTuple):
    """A chunk that a place has done at a moment after go."""

    at_s: float
    place: int
    chunk: int
    seconds: float


@dataclass
class _Place:
    """What a worker does: a chunk until ``ends_s``, and what is to come to it, at which moments."""

    chunk: int | None = None
    began_s: float = 0.0
    ends_s: float = math.inf
    used_s: float = 0.0
    noticed_at_s: float = math.inf
    returns_at_s: float = math.inf
    thaws_at_s: float = math.inf
    leaves_by_s: float = math.inf
    successor_at_s: float = math.inf
    spare: str = ""  # that comes to fill it

    @property
    def is_there(self) -> bool:
        return self.noticed_at_s == self.returns_at_s == math.inf

    def next_s(self, now_s: float) -> float:
        """Return when something comes to it next; a successor that is there already waits."""
        successor_at_s = self.successor_at_s if self.successor_at_s > now_s else math.inf
        return min(
            self.ends_s,
            self.noticed_at_s,
            self.returns_at_s,
            self.thaws_at_s,
            self.leaves_by_s,
            successor_at_s,
        )


class SimulatedCrew:
    """The simulated workers of one run, with whatever strikes them. ``now_s`` is after go."""

    def __init__(
        self,
        processes: Sequence[Process],
        losses: Losses,
        strikes: TrialStrikes,
        items: int,
        spares: Sequence[Process] = (),
    ) -> None:
        self.now_s = 0.0
        self._processes = processes
        self._losses = losses
        self._strikes = strikes
        self._items = items
        self._spares = spares
        self._spares_at_s = [0.0 for _ in spares]
        self._done = 0
        self._put_off: list[Strike] = []
        self._places = [_Place() for _ in processes]
        self._waiting: deque[int] = deque()
        losses.clock = lambda: self.now_s
        losses.read_cpu_s = lambda place: self.used_s(place, self.now_s)
        losses.begin(range(len(processes)), measures=True)

    @property
    def not_come(self) -> list[str]:
        """Return the strikes that were asked for by themselves and hit nobody."""
        missed = [*self._put_off, *self._strikes.not_come]
        return [str(strike) for strike in missed if strike.planned]

    def course(
        self,
        seconds: Sequence[float],
        items: Sequence[int],
        elapsed_s: float,
        sleep_until: Callable[[float], None],
    ) -> Iterator[DoneChunk]:
        """Yield each chunk when it is done, from ``elapsed_s`` after go on.

        ``sleep_until`` waits for a moment after go.
        """
        self.now_s = max(self.now_s, elapsed_s)
        self._waiting = deque(range(len(seconds)))
        left = len(seconds)
        while left:
            self._strike()
            self._hand_out(seconds)
            self.now_s = self._next_s()
            sleep_until(self.now_s)
            for place, state in enumerate(self._places):
                if state.ends_s <= self.now_s and state.chunk is not None:
                    left -= 1
                    self._done += items[state.chunk]
                    yield self._finish(place, seconds[state.chunk])
                self._go_on(place)

    def thaw_all(self) -> None:
        """Have those go on that are frozen: all is done."""
        for place, state in enumerate(self._places):
            if state.thaws_at_s < math.inf:
                self._losses.thaw(place, lambda: None)

    def _next_s(self) -> float:
        moments = [state.next_s(self.now_s) for state in self._places]
        return max(self.now_s, min(self._strikes.next_at_s, *moments))

    def _hand_out(self, seconds: Sequence[float]) -> None:
        for state in self._places:
            if not self._waiting or state.chunk is not None or not state.is_there:
                continue
            until_s = self.now_s + seconds[self._waiting[0]]
            if state.thaws_at_s < math.inf or until_s > state.leaves_by_s:
                continue
            state.chunk = self._waiting.popleft()
            state.began_s, state.ends_s = self.now_s, until_s

    def _finish(self, place: int, seconds: float) -> DoneChunk:
        state = self._places[place]
        done = DoneChunk(state.ends_s, place, state.chunk or 0, seconds)
        state.used_s = self.used_s(place, state.ends_s)
        state.chunk, state.ends_s = None, math.inf
        self._losses.reported(place)
        self._losses.answered(place)
        self._losses.chunk_done(done.chunk)
        return done

    def used_s(self, place: int, at_s: float) -> float:
        """Return what the process of a place would have used by a moment since the last event."""
        state = self._places[place]
        return state.used_s + (0.0 if state.chunk is None else max(0.0, at_s - state.began_s))

    def _go_on(self, place: int) -> None:
        """Do what has come to a place by now."""
        state, now_s = self._places[place], self.now_s
        if state.thaws_at_s <= now_s:
            state.thaws_at_s = math.inf
            self._losses.thaw(place, lambda: None)
        if state.leaves_by_s < math.inf:
            self._leave(place)
        if state.noticed_at_s <= now_s:
            self._notice(place, "killed", self._comes_after_s(place))
        if state.returns_at_s <= now_s:
            state.returns_at_s = math.inf
            self._losses.replaced(place, self._processes[place], state.spare)
            state.spare = ""

    def _leave(self, place: int) -> None:
        """Hand the place over once its chunk is done and its successor there, else at the end."""
        state, now_s = self._places[place], self.now_s
        if state.successor_at_s <= now_s and state.chunk is None:
            state.successor_at_s = state.leaves_by_s = math.inf
            self._notice(place, "left after notice", 0.0)
        elif state.leaves_by_s <= now_s:
            back_s = max(0.0, state.successor_at_s - now_s)
            state.successor_at_s = state.leaves_by_s = math.inf
            self._losses.end_notice(place, lambda: None)
            self._notice(place, "killed", back_s)

    def _notice(self, place: int, reason: str, back_after_s: float) -> None:
        state = self._places[place]
        state.noticed_at_s = math.inf
        self._losses.noticed(place, reason, self.now_s)
        undone = [] if state.chunk is None else [state.chunk]
        self._waiting.extendleft(undone)
        state.chunk, state.ends_s, state.used_s = None, math.inf, 0.0
        self._losses.owe(place, undone, begun=len(undone))
        state.returns_at_s = self.now_s + back_after_s

    def _comes_after_s(self, place: int) -> float:
        """Have a spare come for a place, and another one be started, else have a new worker come.

        Return how long that takes.
        """
        for number, there_at_s in enumerate(self._spares_at_s):
            if there_at_s <= self.now_s:
                self._spares_at_s[number] = self.now_s + REPLACED_S
                self._places[place].spare = self._spares[number].id
                return STEPS_IN_S
        return REPLACED_S

    def _strike(self) -> None:
        share = self._done / self._items if self._items else 0.0
        due = [*self._put_off, *self._strikes.due(self.now_s, share)]
        missed = [strike for strike in due if not self._hits(strike)]
        self._put_off = [strike for strike in missed if strike.planned]

    def _hits(self, strike: Strike) -> bool:
        """Strike whoever is there; return whether anybody was."""
        if not strike.is_at_host:
            places = [strike.number] if strike.number < len(self._places) else []
        else:
            hosts = [*dict.fromkeys(process.host for process in self._processes)]
            struck = hosts[strike.number - 1] if strike.number <= len(hosts) else None
            places = [place for place, one in enumerate(self._processes) if one.host == struck]
            for number, spare in enumerate(self._spares):
                if spare.host == struck:
                    self._spares_at_s[number] = self.now_s + DETECTED_S + REPLACED_S
        return any([self._hits_place(strike, place) for place in places])

    def _hits_place(self, strike: Strike, place: int) -> bool:
        state = self._places[place]

        def act() -> None:
            match strike.kind:
                case ChaosKind.FREEZE:
                    state.used_s = self.used_s(place, self.now_s)
                    state.thaws_at_s = state.began_s = self.now_s + strike.lasts_s
                    state.ends_s += strike.lasts_s
                case ChaosKind.DRAIN:
                    state.leaves_by_s = self.now_s + strike.notice_s
                    state.successor_at_s = self.now_s + self._comes_after_s(place)
                case _:
                    state.used_s = self.used_s(place, self.now_s)
                    state.noticed_at_s = self.now_s + DETECTED_S
                    state.began_s = state.ends_s = math.inf

        return state.is_there and self._losses.strike(place, strike.kind, act, strike.notice_s)
