"""How long workers have owed an answer, and when that is too long: a stopped one, a hung one.

A worker that is slow is waited for. What it does is counted, not what the clock says alone:

- A process that is stopped does nothing, however large its chunk: twice ``--stall-after``.
- One that neither computes nor is ready to run may wait for something: ``IDLE`` times
  ``--stall-after``, and ``IDLE_CHUNKS`` times the longest chunk so far if that is more.
- One that computes counts by its core-seconds, of which a machine with ten times the load gives no
  more in ten times as long: ``BUSY`` times ``--stall-after``, and ``BUSY_CHUNKS`` times the most
  that a chunk took so far if that is more.

Time is counted between looks, so that a closed lid, or a stopped driver, counts for nothing.
Pure but for its ``look`` and its ``clock``. May import ``model``, ``events``, ``text`` and ``run``.
"""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from harness import text
from harness.events import Resumed, Stalled
from harness.model import ProcessState
from harness.run.core_seconds import Timing
from harness.run.processes import Signs
from harness.run.stalls import BUSY_UNHEARD_S, LONGER, LONGEST_FRAME_S, has_changed
from harness.run.wire import SendEvent

LOOK_EVERY_S = 1.0
BUSY_CORES = 0.05  # what is left on a core that twenty programs want
STOPPED, IDLE, IDLE_CHUNKS, BUSY, BUSY_CHUNKS = 2, 12, 20, 60, 100


@dataclass
class _Debt:
    """How long a worker owes an answer, and was stopped or idle at last, in seconds.

    ``cpu_s`` is what it has used since somebody looked, ``read_s`` its counter then (None: nobody
    has looked). ``reported_state`` is its state when it was said to be stalled.
    """

    silent_s: float = 0.0
    stopped_s: float = 0.0
    idle_s: float = 0.0
    cpu_s: float = 0.0
    read_s: float | None = None
    state: ProcessState = ProcessState.UNKNOWN
    reported_state: ProcessState | None = None

    @property
    def busy(self) -> bool:
        """Return whether it computes, as far as is known."""
        return self.idle_s == 0.0 and self.stopped_s == 0.0


class Overdue(NamedTuple):
    """Why a worker is not to be waited for; ``stopped``: its chunk is not to blame."""

    reason: str
    stopped: bool = False


class WorkerWatch:
    """Looks at workers that owe an answer.

    ``look`` returns what the process of a place shows (None: it is gone, or on another machine).
    """

    def __init__(
        self,
        stall_after_s: float,
        look: Callable[[int], Signs | None],
        send: SendEvent,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stall_after_s = stall_after_s
        self._look = look
        self._send = send
        self._clock = clock
        self._debts: dict[int, _Debt] = {}
        self._longest = Timing(0.0, 0.0)
        self._looked_at = clock()

    def add(self, timing: Timing) -> None:
        """Note how long a chunk, or a step, has taken."""
        busy_s, cpu_s = max(self._longest.busy_s, timing.busy_s), timing.cpu_s
        self._longest = Timing(busy_s, max(self._longest.cpu_s, cpu_s))

    def owe(self, places: Collection[int]) -> None:
        """Note whose answer is waited for; the others owe nothing.

        While nobody waited, nothing was owed.
        """
        if self._clock() > self._looked_at + LONGEST_FRAME_S:
            self._looked_at = self._clock()
        self._debts = {place: self._debts.get(place, _Debt()) for place in places}

    def note_answer(self, place: int) -> None:
        """Note that a worker has answered: what it owes now, it owes from now on."""
        debt = self._debts.get(place)
        if debt is None:
            return
        if debt.reported_state is not None:
            self._send(Resumed(worker=f"w{place}"))
        self._debts[place] = _Debt()

    @property
    def longest_s(self) -> float:
        """Return how long the longest chunk, or step, took so far."""
        return self._longest.busy_s

    @property
    def idle_limit_s(self) -> float:
        """Return how long a worker may be idle that owes an answer."""
        return max(IDLE * self._stall_after_s, IDLE_CHUNKS * self._longest.busy_s)

    @property
    def busy_limit_s(self) -> float:
        """Return how many core-seconds a worker may use for one answer."""
        return max(BUSY * self._stall_after_s, BUSY_CHUNKS * self._longest.cpu_s)

    def overdue(
        self, forgiven: Collection[int] = (), *, together: bool = False
    ) -> dict[int, Overdue]:
        """Look if that is due; return the places that are not to be waited for, and why.

        Those that are ``forgiven`` are only if they are stopped. ``together``: some may be idle
        only because they wait for the others.
        """
        now = self._clock()
        if now < self._looked_at + LOOK_EVERY_S:
            return {}
        passed_s = min(LONGEST_FRAME_S, now - self._looked_at)
        self._looked_at = now
        for place, debt in self._debts.items():
            self._count(place, debt, passed_s)
        self._say(together=together)
        return dict(self._reasons(forgiven, together=together))

    def _count(self, place: int, debt: _Debt, passed_s: float) -> None:
        debt.silent_s += passed_s
        if debt.silent_s < self._stall_after_s / 2:
            return
        signs = self._look(place)
        if signs is None:
            debt.state = ProcessState.UNKNOWN
            return
        used_s = signs.cpu_s - (debt.read_s if debt.read_s is not None else signs.cpu_s)
        first, debt.read_s, debt.state = debt.read_s is None, signs.cpu_s, signs.state
        debt.cpu_s += used_s
        stopped = signs.state is ProcessState.STOPPED
        working = signs.state is ProcessState.RUNNING or used_s >= BUSY_CORES * passed_s
        debt.stopped_s = debt.stopped_s + passed_s if stopped else 0.0
        debt.idle_s = 0.0 if first or working or stopped else debt.idle_s + passed_s

    def _say(self, *, together: bool) -> None:
        """Say who is stalled: of those who wait for one another, those who may be the cause."""
        silent = {
            place: debt
            for place, debt in self._debts.items()
            if debt.silent_s >= self._limit_s(debt) and debt.state is not ProcessState.UNKNOWN
        }
        suspects = [debt for debt in self._debts.values() if debt.stopped_s]
        suspects = suspects or [debt for debt in self._debts.values() if debt.busy]
        for place, debt in silent.items():
            cause = not together or not suspects or debt in suspects
            if cause and (
                debt.reported_state is None or has_changed(debt.reported_state, debt.state)
            ):
                debt.reported_state = debt.state
                self._send(Stalled(worker=f"w{place}", state=debt.state, seconds=debt.silent_s))

    def _limit_s(self, debt: _Debt) -> float:
        """Return how long a silence may be before it is said."""
        if not debt.busy:
            return self._stall_after_s
        longest_s = self._longest.busy_s
        return max(self._stall_after_s, LONGER * longest_s if longest_s else BUSY_UNHEARD_S)

    def _reasons(
        self, forgiven: Collection[int], *, together: bool
    ) -> Iterator[tuple[int, Overdue]]:
        for place, debt in self._debts.items():
            state = debt.state.words
            if debt.stopped_s >= STOPPED * self._stall_after_s:
                yield place, Overdue(f"stalled: {state} for {text.seconds(debt.stopped_s)}", True)
            elif place in forgiven:
                continue
            elif not together and debt.idle_s >= self.idle_limit_s:
                yield place, Overdue(f"stalled: {state} for {text.seconds(debt.idle_s)}")
            elif debt.busy and debt.cpu_s >= self.busy_limit_s:
                yield place, Overdue(f"stalled: {state} for {text.seconds(debt.cpu_s)} of a core")
