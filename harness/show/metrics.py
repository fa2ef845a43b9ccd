"""A race as metrics for dashboards: what the board knows now, by the names of Prometheus.

Only what was measured is told: a replayed baseline has ended, and its clock stands. Pure. May
import ``harness.model`` and ``harness.state``.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from harness.model import Side
from harness.state.board import Board
from harness.state.side import SideStage, SideState

Labels = Mapping[str, str]


class MetricKind(StrEnum):
    """What a number is: one that goes up and down, or a count that only a new trial resets."""

    GAUGE = "gauge"
    COUNTER = "counter"


@dataclass(frozen=True)
class Metric:
    """A metric: its name, unit included, what it is, and a value for each set of labels."""

    name: str
    kind: MetricKind
    help: str
    values: tuple[tuple[Labels, float], ...]


def metrics_of(board: Board, at: float) -> Iterator[Metric]:
    """Yield the metrics of a session at a moment of the conductor's clock, in seconds."""
    sides = [board.state_of(side) for side in Side]
    if board.opened is not None:
        about = {
            "run": board.opened.run_id,
            "workload": board.opened.spec.workload.name,
            "kind": str(board.opened.kind),
            "schedule": "" if board.schedule is None else str(board.schedule),
        }
        yield Metric("twoclocks_run_info", MetricKind.GAUGE, "The session.", ((about, 1.0),))
    for name, kind, words, value_of in _OF_A_SIDE:
        values = [({"side": str(side.side)}, value_of(side, at)) for side in sides]
        known = tuple((labels, value) for labels, value in values if value is not None)
        yield Metric(name, kind, words, known)
    yield from _of_workers(sides)


def clock_s(side: SideState, at: float) -> float:
    """Return the seconds on a side's clock: it stands at 0 before go, and at its end after that."""
    if side.wall_s is not None:
        return side.wall_s
    if side.started_at is None:
        return 0.0
    return max(0.0, (side.finished_at or at) - side.started_at)


_OF_A_SIDE: tuple[tuple[str, MetricKind, str, Callable[[SideState, float], float | None]], ...] = (
    (
        "twoclocks_running",
        MetricKind.GAUGE,
        "1 while a side's clock runs, else 0.",
        lambda side, _: float(side.stage is SideStage.RUNNING),
    ),
    (
        "twoclocks_clock_seconds",
        MetricKind.GAUGE,
        "A side's clock in its present trial.",
        clock_s,
    ),
    (
        "twoclocks_items",
        MetricKind.COUNTER,
        "Items that a side has done in its present trial.",
        lambda side, _: float(side.done),
    ),
    (
        "twoclocks_workers_lost",
        MetricKind.COUNTER,
        "Workers that a side has lost in its present trial.",
        lambda side, _: float(len(side.faults)),
    ),
    (
        "twoclocks_quality",
        MetricKind.GAUGE,
        "A side's quality on the held-out set, once it is scored.",
        lambda side, _: side.quality,
    ),
)


def _of_workers(sides: list[SideState]) -> Iterator[Metric]:
    """Yield what was sampled of each worker; one that is lost has no values."""
    present = [
        ({"side": str(side.side), "worker": worker.process.id}, worker)
        for side in sides
        for worker in side.workers
        if worker.lost_at is None
    ]
    yield Metric(
        "twoclocks_worker_busy_ratio",
        MetricKind.GAUGE,
        "How much of one core a worker uses.",
        tuple((labels, worker.cpu) for labels, worker in present if worker.cpu is not None),
    )
    yield Metric(
        "twoclocks_worker_resident_bytes",
        MetricKind.GAUGE,
        "Memory that a worker holds.",
        tuple((labels, float(worker.rss_bytes)) for labels, worker in present if worker.rss_bytes),
    )
