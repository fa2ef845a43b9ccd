"""What one side of the panel shows: its state, the word for it, its clock, and derived shares.

Pure. May import ``model``, ``state`` and ``text``.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from rich.style import Style

from harness import text
from harness.state.side import SideState
from harness.state.worker import WorkerState


class SideStatus(StrEnum):
    """The word at the top of a side's box."""

    WAITING = "WAITING"
    ARMING = "ARMING"
    READY = "READY"
    LIVE = "LIVE"
    REPLAY = "REPLAY"
    NO_NEWS = "NO NEWS"
    DONE = "DONE"
    FAILED = "FAILED"


@dataclass(frozen=True)
class PastRun:
    """How far an earlier run had come by now; ``words`` name it, the longest first."""

    words: tuple[str, ...]
    done: int
    items: int


@dataclass(frozen=True, kw_only=True)
class SideView:
    """What to show of one side.

    ``titles`` and ``quality_lines`` are worded in several lengths, the longest first; the first
    that fits is shown. ``elapsed`` is what the clock has run, in seconds; ``at`` is the conductor's
    time now. It does not tell two views apart: nothing is drawn from it where one is still. A
    worker's bar is full when it uses all of its ``cores``. ``workers`` is how many
    were asked for, the only number known until the side is ready, and ``spares`` beside them.
    ``starts`` words in several lengths when a side starts that awaits its turn, and ``coming`` what
    comes then, a paragraph each (empty: it does not wait). ``past`` is the side's run in the last
    take, shown meanwhile (None: nothing is).
    """

    elapsed: float
    status: SideStatus
    lane: SideState
    titles: tuple[str, ...]
    at: float = field(compare=False)
    cores: int
    workers: int
    quality_lines: tuple[str, ...]
    paint: Style
    spares: int = 0
    starts: tuple[str, ...] = ()
    coming: tuple[str, ...] = ()
    past: PastRun | None = None

    @property
    def name(self) -> str:
        """Return what the side is called: BASELINE, RAY or DISTRIBUTED."""
        return self.titles[0].partition(" ")[0]

    @property
    def clock(self) -> str:
        """Return what the clock shows."""
        return text.clock(self.elapsed, stopped=self.lane.wall_s is not None)

    @property
    def budget_bytes(self) -> int | None:
        """Return the memory that each worker may take (None: there is no budget)."""
        capacity = self.lane.armed.capacity
        return None if capacity is None else capacity.budget_bytes

    @property
    def is_stopped(self) -> bool:
        """Return whether the clock has run and stands still."""
        return self.status in (SideStatus.DONE, SideStatus.FAILED) and self.elapsed > 0

    @property
    def is_still(self) -> bool:
        """Return whether nothing of it moves by itself: no clock runs, nobody is lost or silent."""
        return self.status in _STILL and not (
            self.lane.stalls
            or any(worker.lost_at is not None or worker.struck for worker in self.lane.workers)
        )


_STILL = frozenset({SideStatus.READY, SideStatus.DONE})


def progress_percent(lane: SideState) -> str:
    """Return how far the side is, in percent: 100 only once it has finished."""
    done = min(lane.done, lane.items if lane.wall_s is not None else lane.items - 1)
    return text.progress(max(0, done), lane.items)


def utilization(worker: WorkerState, view: SideView) -> float | None:
    """Return the share of its cores that a worker uses (None: unknown).

    It is the latest sample while the side runs, and the mean of all once it has finished.
    """
    points = worker.utilization.points
    if view.status is SideStatus.DONE:
        return sum(value for _, value in points) / len(points) / view.cores if points else None
    return worker.cpu / view.cores if worker.cpu is not None else None


def taken_bytes(worker: WorkerState, view: SideView) -> int | None:
    """Return how much of its budget of memory a worker has taken (None: unknown).

    It is the latest sample while the side runs, and the most of all once it has finished.
    """
    return worker.peak_taken_bytes if view.status is SideStatus.DONE else worker.taken_bytes
