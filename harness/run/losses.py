"""What became of workers that were struck or lost, measured by one clock of the side.

A strike, and what the driver notices, come from two threads: each is said under one lock, so that
no worker is struck that is lost already. Pure but for its clock. May import ``errors``, ``model``,
``events`` and ``run``.
"""

import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from harness.errors import SideFailed
from harness.events import CaughtUp, Faulted, Recovered, Struck, Thawed, Unstruck
from harness.model import ChaosKind, Process
from harness.run.wire import SendEvent

SLACK_S = 1e-3
MOST_IN_VAIN = 40  # losses on purpose with nothing done between them, and
MOST_IN_VAIN_A_WORKER = 20  # of each: a chunk as long as the time between two is nearly always done


@dataclass
class _Strike:
    """A strike that was not noticed yet; ``lost_cpu_s`` is what it threw away (None: unknown).

    ``ends_at`` is when its notice is over, ``killed_at`` when it was killed for that (None: it was
    not).
    """

    kind: ChaosKind
    at: float
    ends_at: float
    lost_cpu_s: float | None
    thawed: bool = False
    killed_at: float | None = None

    @property
    def is_dead(self) -> bool:
        """Return whether its process is gone, whoever has noticed that."""
        return self.kind in (ChaosKind.KILL, ChaosKind.NODE) or self.killed_at is not None


@dataclass
class _Loss:
    """A loss that is not made up for; ``owed`` are the chunks to be done again (None: steps)."""

    since: float
    lost_cpu_s: float | None
    owed: set[int] | None = None
    redone: int = 0


@dataclass
class Losses:
    """The losses of one side, by the places of its workers.

    ``read_cpu_s`` returns the core-seconds that the process of a place has used so far (None: they
    are not known).
    """

    send: SendEvent
    read_cpu_s: Callable[[int], float | None] = lambda place: None
    clock: Callable[[], float] = time.perf_counter
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _absent: set[int] = field(default_factory=set)
    _struck: dict[int, _Strike] = field(default_factory=dict)
    _open: dict[int, list[_Loss]] = field(default_factory=dict)
    _noticed: dict[int, float] = field(default_factory=dict)
    _reported_cpu_s: dict[int, float | None] = field(default_factory=dict)
    _measures: bool = False
    _began: float = 0.0
    _in_vain: int = 0
    _most_in_vain: int = MOST_IN_VAIN

    def begin(self, places: Collection[int], *, measures: bool) -> None:
        """Begin a run on these places; ``measures`` tells that strikes are to come."""
        with self._lock:
            self._began = self.clock()
            self._struck.clear()
            self._open.clear()
            self._measures = measures
            self._in_vain = 0
            self._most_in_vain = max(MOST_IN_VAIN, MOST_IN_VAIN_A_WORKER * len(places))
            for place in places:
                self.reported(place)

    def reported(self, place: int) -> None:
        """Note that what a worker has used up to now went into a result."""
        if self._measures:
            self._reported_cpu_s[place] = self.read_cpu_s(place)

    def strike(
        self, place: int, kind: ChaosKind, act: Callable[[], None], notice_s: float = 0.0
    ) -> bool:
        """Strike a worker by an act, and say so; return False, and do neither, if it is away."""
        with self._lock:
            if place in self._absent or place in self._struck:
                return False
            used_s = self._unreported_cpu_s(place)
            lost_cpu_s = 0.0 if kind in (ChaosKind.DRAIN, ChaosKind.FREEZE) else used_s
            now = self.clock()
            self._struck[place] = _Strike(kind, now, now + notice_s, lost_cpu_s)
            after_s = max(0.0, now - self._began)
            self.send(Struck(worker=f"w{place}", kind=kind, notice_s=notice_s, after_s=after_s))
            act()
            return True

    def end_notice(self, place: int, act: Callable[[], None]) -> None:
        """End a worker, whose end was announced, by an act if it is still there."""
        with self._lock:
            strike = self._struck.get(place)
            if strike is None or strike.kind is not ChaosKind.DRAIN:
                return
            if self.clock() >= strike.ends_at - SLACK_S:  # else it is another one's notice
                strike.lost_cpu_s = self._unreported_cpu_s(place)
                strike.killed_at = self.clock()
                act()

    def thaw(self, place: int, act: Callable[[], None]) -> None:
        """Have a frozen worker go on by an act, unless it was taken for lost meanwhile."""
        with self._lock:
            strike = self._struck.get(place)
            if strike is None or strike.kind is not ChaosKind.FREEZE or strike.thawed:
                return
            strike.thawed = True
            act()
            self.send(Thawed(worker=f"w{place}", seconds=self.clock() - strike.at))

    def answered(self, place: int) -> None:
        """Note an answer of a worker: if it was frozen and goes on, it has caught up."""
        strike = self._struck.get(place)
        if strike is None or not strike.thawed:
            return
        with self._lock:
            del self._struck[place]
            self._say_caught_up(place, _Loss(strike.at, 0.0), self.clock())

    def noticed(self, place: int, reason: str, at: float) -> bool:
        """Say that a worker is lost, which was noticed at that reading of the clock.

        Return whether it was struck. Raises ``SideFailed`` where strikes leave no time for work.
        """
        with self._lock:
            strike = self._struck.pop(place, None)
            if strike is not None and strike.kind is ChaosKind.FREEZE:
                strike.lost_cpu_s = self._unreported_cpu_s(place)
            if strike is not None and strike.killed_at is not None:
                at = strike.killed_at  # nobody had to notice that
            self._absent.add(place)
            self._noticed[place] = at
            loss = _Loss(at, None) if strike is None else _Loss(strike.at, strike.lost_cpu_s)
            self._open.setdefault(place, []).append(loss)
            after_s = None if strike is None else max(0.0, at - strike.at)
            self.send(Faulted(worker=f"w{place}", reason=reason, after_s=after_s))
            if strike is not None:
                self._require_progress()
            return strike is not None

    def _require_progress(self) -> None:
        self._in_vain += 1
        if self._in_vain > self._most_in_vain:
            raise SideFailed(
                f"workers were struck {self._in_vain} times, and no work was done in between",
                "have them come less often, such as poisson:mtbf=60s, or make chunks smaller",
            )

    def progressed(self) -> None:
        """Note that work is done that no strike will undo."""
        self._in_vain = 0

    def replaced(self, place: int, process: Process, spare: str | None = None) -> None:
        """Say that a lost worker's place is filled again; ``spare`` is as in ``Recovered``."""
        with self._lock:
            seconds = self.clock() - self._noticed.pop(place)
            self._absent.discard(place)
            self.send(Recovered(worker=f"w{place}", process=process, seconds=seconds, spare=spare))
            self.reported(place)

    def owe(self, place: int, chunks: Collection[int], begun: int) -> None:
        """Note the chunks that went down with a worker, of which so many had begun.

        Or that it has when it leaves its place; those of them that it does not finish are told of
        once more. What it threw away with them is not known.
        """
        with self._lock:
            losses = self._open[place]
            again = [one for one in losses if one.owed and not one.owed.isdisjoint(chunks)]
            loss = again[0] if again else losses[-1]
            if again:
                loss.lost_cpu_s = None
            loss.owed, loss.redone = set(chunks), begun
            self._close_paid(place, self.clock())

    def nothing_undone(self, place: int, at: float) -> None:
        """Note that all was done at that reading of the clock, without a worker that was lost."""
        with self._lock:
            self._open[place][-1].owed = set()
            self._close_paid(place, at)

    def chunk_done(self, chunk: int) -> None:
        """Note that a chunk is done: it may be what a loss had undone."""
        self.progressed()
        if not self._open:
            return
        with self._lock:
            for place, losses in [*self._open.items()]:
                for loss in losses:
                    if loss.owed is not None:
                        loss.owed.discard(chunk)
                self._close_paid(place, self.clock())

    def caught_up(self, place: int, *, redone: int, lost_cpu_s: float) -> None:
        """Note that all workers are as far as anybody was when this one was lost.

        ``lost_cpu_s`` are the core-seconds of steps that were done again.
        """
        with self._lock:
            for loss in self._open.pop(place, []):
                known = loss.lost_cpu_s
                loss.lost_cpu_s = None if known is None else known + lost_cpu_s
                loss.redone = redone
                self._say_caught_up(place, loss, self.clock())

    def end(self, unstruck: Collection[str]) -> list[int]:
        """End a run, of whose strikes these never came; return whose loss nobody has noticed."""
        with self._lock:
            for strike in unstruck:
                self.send(Unstruck(strike=strike))
            for place in [place for place, strike in self._struck.items() if strike.thawed]:
                self.answered(place)  # nobody waits for it any more
            unnoticed = [place for place, strike in self._struck.items() if strike.is_dead]
            self._struck = {place: self._struck[place] for place in unnoticed}
            return unnoticed

    def _unreported_cpu_s(self, place: int) -> float | None:
        before_s, now_s = self._reported_cpu_s.get(place), self.read_cpu_s(place)
        return None if before_s is None or now_s is None else max(0.0, now_s - before_s)

    def _close_paid(self, place: int, at: float) -> None:
        losses = self._open[place]
        while losses and losses[0].owed is not None and not losses[0].owed:
            self._say_caught_up(place, losses.pop(0), at)
        if not losses:
            del self._open[place]

    def _say_caught_up(self, place: int, loss: _Loss, at: float) -> None:
        self.send(
            CaughtUp(
                worker=f"w{place}",
                seconds=max(0.0, at - loss.since),
                redone=loss.redone,
                lost_cpu_s=loss.lost_cpu_s,
            )
        )
