"""The chaos engine: a thread beside the driver that strikes workers while the side's clock runs.

It stands in the driver's process, since only the driver knows which process fills a place now, how
much is done before that is reported, and when the answer is there. While it waits it costs nothing.
May import ``chaos`` and ``run``.
"""

import contextlib
import heapq
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from harness.chaos import Strike
from harness.model import ChaosKind
from harness.run.losses import Losses
from harness.run.progress_reports import report_quality
from harness.run.strikes import TrialStrikes
from harness.workload import QualityReporter, Reporter

TRY_AGAIN_S = 0.02  # whoever is away now may be struck once it is back


class Victims(Protocol):
    """The workers that can be struck, by their places."""

    def places(self, strike: Strike) -> Sequence[int]:
        """Return the places at work that a strike is about (empty: there are none)."""

    def kill(self, place: int) -> None:
        """Kill a worker with all that it has started."""

    def freeze(self, place: int) -> None:
        """Stop a worker with all that it has started."""

    def thaw(self, place: int) -> None:
        """Have it go on."""

    def announce(self, place: int, notice_s: float) -> None:
        """Say to whom it concerns that a worker will be killed so many seconds from now."""

    def end_overdue(self) -> None:
        """Kill whoever has left its place and still works when its notice is over."""

    def kill_host(self, host: int) -> None:
        """Kill a host's own process of the cluster, and so all workers there."""


class ChaosEngine:
    """Strikes in one trial of ``items`` items."""

    def __init__(self, strikes: TrialStrikes, victims: Victims, losses: Losses, items: int) -> None:
        self._strikes = strikes
        self._victims = victims
        self._losses = losses
        self._items = items
        self._done = 0
        self._began = 0.0
        self._put_off: list[Strike] = []
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._frozen: dict[int, Strike] = {}
        self._gate = threading.Lock()
        self._is_over = False
        self._wake = threading.Event()

    @contextlib.contextmanager
    def at_work(self, report: Reporter) -> Iterator[QualityReporter]:
        """Strike until this is left; yield the report that the side is to call instead."""

        def note(done: int, quality: float | None = None, /) -> None:
            report_quality(report, done, quality)
            if done > self._done:
                self._losses.progressed()
            self._done = done
            self._wake.set()

        self._began = time.perf_counter()
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield note
        finally:
            with self._gate:
                self._is_over = True
            self._wake.set()
            thread.join()
            for place in [*self._frozen]:
                self._thaw(place)

    @property
    def not_come(self) -> list[str]:
        """Return the strikes that were asked for by themselves and hit nobody."""
        missed = [*self._put_off, *self._strikes.not_come]
        return [str(strike) for strike in missed if strike.planned]

    @property
    def _elapsed_s(self) -> float:
        return time.perf_counter() - self._began

    def _run(self) -> None:
        while True:
            self._wake.wait(self._pause_s())
            self._wake.clear()
            with self._gate:
                if self._is_over:
                    return
                self._do_what_is_due()

    def _pause_s(self) -> float | None:
        """Return how long nothing is due by the clock (None: until something is reported)."""
        moments = [self._strikes.next_at_s, *(at_s for at_s, _, _ in self._later[:1])]
        until_s = max(0.0, min(moments) - self._elapsed_s)
        pause_s = min(until_s, TRY_AGAIN_S) if self._put_off else until_s
        return pause_s if pause_s < threading.TIMEOUT_MAX else None

    def _do_what_is_due(self) -> None:
        while self._later and self._later[0][0] <= self._elapsed_s:
            heapq.heappop(self._later)[2]()
        share = self._done / self._items if self._items else 0.0
        due = [*self._put_off, *self._strikes.due(self._elapsed_s, share)]
        missed = [strike for strike in due if not self._strike(strike)]
        self._put_off = [strike for strike in missed if strike.planned]

    def _strike(self, strike: Strike) -> bool:
        """Strike whoever is there; return whether anybody was."""
        places = self._victims.places(strike)
        if strike.is_at_host:
            return self._strike_host(strike, places)
        return any([self._strike_worker(strike, place) for place in places])

    def _strike_host(self, strike: Strike, places: Sequence[int]) -> bool:
        """Kill a host: all of its workers are struck at once, by one act at the first."""
        acts = [lambda: self._victims.kill_host(strike.number)]

        def act() -> None:
            while acts:
                acts.pop()()

        return any([self._losses.strike(place, strike.kind, act) for place in places])

    def _strike_worker(self, strike: Strike, place: int) -> bool:
        victims = self._victims
        match strike.kind:
            case ChaosKind.FREEZE:
                if hit := self._losses.strike(place, strike.kind, lambda: victims.freeze(place)):
                    self._frozen[place] = strike
                    self._after(strike.lasts_s, lambda: self._end_freeze(place, strike))
            case ChaosKind.DRAIN:
                notice_s = strike.notice_s
                hit = self._losses.strike(
                    place, strike.kind, lambda: victims.announce(place, notice_s), notice_s
                )
                if hit:
                    self._after(notice_s, lambda: self._end_notice(place))
            case _:
                hit = self._losses.strike(place, strike.kind, lambda: victims.kill(place))
        return hit

    def _after(self, seconds: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._later, (self._elapsed_s + seconds, len(self._later), act))

    def _end_freeze(self, place: int, strike: Strike) -> None:
        """Have a worker go on, unless it was lost and this is another one's freeze."""
        if self._frozen.get(place) is strike:
            self._thaw(place)

    def _thaw(self, place: int) -> None:
        self._frozen.pop(place, None)
        self._losses.thaw(place, lambda: self._victims.thaw(place))

    def _end_notice(self, place: int) -> None:
        self._losses.end_notice(place, lambda: self._victims.kill(place))
        self._victims.end_overdue()
