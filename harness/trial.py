"""What one side did in one trial: its processes, its times, and where its core-seconds went.

Every value is frozen. Others import these nouns from ``model``. Imports ``quantities`` and
``serving``.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from harness.quantities import (
    MOST_STRIKES,
    Amount,
    Bytes,
    Count,
    Nice,
    Number,
    PositiveCount,
    Seconds,
    Sha256OrEmpty,
    WallSeconds,
)
from harness.serving import ServedLoad

LONGEST_CURVE = 200
LONGEST_UTILIZATION = 100


class Side(StrEnum):
    """One of the two competitors."""

    BASELINE = "baseline"
    DISTRIBUTED = "distributed"


@dataclass(frozen=True)
class Process:
    """What a process says of itself, read from inside it.

    ``host`` is an opaque label of the machine, never its name. ``threads`` is the largest thread
    pool of its numeric libraries, ``affinity`` the cores it may run on, ``input_sha256`` the digest
    of the input as this process sees it (empty: it was not asked).
    """

    id: str
    pid: Count
    host: str
    nice: Nice
    threads: Count
    affinity: tuple[Count, ...]
    source_sha256: Sha256OrEmpty
    input_sha256: Sha256OrEmpty = ""


class ChaosKind(StrEnum):
    """What a strike does: end a worker, stop it for a while, announce its end, end a host."""

    KILL = "kill"
    FREEZE = "freeze"
    DRAIN = "drain"
    NODE = "node"


class FaultKind(StrEnum):
    """How a worker was lost: by itself, or by a strike of that ``ChaosKind``."""

    LOST = "lost"
    KILL = "kill"
    FREEZE = "freeze"
    DRAIN = "drain"
    NODE = "node"


@dataclass(frozen=True)
class Fault:
    """A worker lost in mid-run, or frozen, which was noticed ``at_s`` after go.

    A freeze that nobody took for a loss was noticed when it struck. The worker, or another one in
    its place, worked again ``cost_s`` later (None: never). It was struck ``struck_at_s`` after go
    (None: nobody of ours struck it), and ``notice_s`` before its end that was announced (None: it
    was not). ``caught_up_s`` after the strike, or after it was noticed where there was none, all
    that the loss had undone was done again (None: never, or it is not known), ``redone`` chunks or
    steps of it. ``lost_cpu_s`` are the core-seconds whose result was thrown away. Both are None
    where they are not known.
    """

    worker: str
    reason: str
    at_s: Seconds
    cost_s: Seconds | None = None
    kind: FaultKind = FaultKind.LOST
    struck_at_s: Seconds | None = None
    notice_s: Seconds | None = None
    caught_up_s: Seconds | None = None
    redone: Count | None = None
    lost_cpu_s: Seconds | None = None

    @property
    def was_away(self) -> bool:
        """Return whether the worker was away: one whose end is announced works until it leaves."""
        announced = self.kind is FaultKind.DRAIN and self.at_s == self.struck_at_s
        return not announced or self.cost_s is not None


@dataclass(frozen=True)
class WorkerTrial:
    """What one process did in one trial, or as many ``workers`` as are told as one.

    ``utilization`` holds fractions of one core at even intervals, ≤ 100 of them. Of several
    workers, all on one host and under equal terms, ``process`` is the first (its cores are left
    out), ``chunks``, ``busy_s`` and ``cpu_s`` are sums, and the utilization is their mean;
    ``usual_busy_s`` and ``most_busy_s`` are the median and the largest of their busy times
    (None: it is one worker).
    """

    process: Process
    chunks: Count
    busy_s: Seconds
    cpu_s: Seconds
    utilization: Annotated[
        tuple[Amount, ...],
        Meta(max_length=LONGEST_UTILIZATION, description="fractions of one core, evenly spaced"),
    ] = ()
    workers: PositiveCount = 1
    usual_busy_s: Seconds | None = None
    most_busy_s: Seconds | None = None

    @property
    def longest_busy_s(self) -> float:
        """Return how long the busiest of these workers was busy."""
        return self.busy_s if self.most_busy_s is None else self.most_busy_s

    @property
    def median_busy_s(self) -> float:
        """Return the median of how long these workers were busy."""
        return self.busy_s if self.usual_busy_s is None else self.usual_busy_s


@dataclass(frozen=True)
class CoreSeconds:
    """Where a trial's core-seconds went: the parts add up to the wall time of all its cores.

    ``compute_s`` was spent on a processor inside kernels, ``waiting_s`` on stragglers or at
    barriers, ``serial_s`` while the driver worked alone, ``idle_s`` inside kernels but off the
    processor. ``exchange_s`` is the rest of the pool's time: communication, serialization, Ray's
    scheduling and what lost workers cost.
    """

    compute_s: Seconds
    exchange_s: Seconds
    waiting_s: Seconds
    serial_s: Seconds
    idle_s: Seconds

    @property
    def total_s(self) -> float:
        """Return the sum of the parts."""
        return self.compute_s + self.exchange_s + self.waiting_s + self.serial_s + self.idle_s


@dataclass(frozen=True)
class ScoreDifferences:
    """How the scores of held-out items differ within a pair: distributed minus baseline.

    Both sides scored ``items`` of them, the same and in the same order. ``sd`` is the standard
    deviation of the differences (n - 1 below; 0 for one item); their mean is the change of quality.
    ``span`` is the largest score of both sides minus the smallest, ``step`` the least difference of
    two unequal scores (0: all are equal).
    """

    items: PositiveCount
    sd: Amount
    span: Amount
    step: Amount


class Difference(StrEnum):
    """What two answers of a command pair differ in.

    Their lines, only the order of these, only lines of Ray's log, or bytes that are no text.
    """

    LINES = "lines"
    ORDER = "order"
    RAY_LOG = "ray-log"
    BYTES = "bytes"


@dataclass(frozen=True, kw_only=True)
class AnswerDifference:
    """Where an answer differs from the session's first, which ``first_side`` gave.

    ``place`` is the number of the line, counted from 1, or of the byte, from 0. ``first`` and
    ``other`` are short extracts of that line in the first answer and in this one (empty: it has no
    such line, or is no text).
    """

    kind: Difference
    place: Count
    first_side: Side
    first: str = ""
    other: str = ""


@dataclass(frozen=True)
class Trial:
    """One run of one side, from go to finished, with everything that was observed of it.

    ``workers`` is p (1 for the baseline), ``index`` counts this side's trials and ``order`` all
    trials of the session. The process spent ``startup_s`` before go, which is not in ``wall_s``.
    ``began_s`` and ``ended_s`` are by the conductor's clock, from the session's beginning, when it
    sent go and when it read that the side had finished (None: it did not, or an earlier version did
    not say).
    ``curve`` holds (seconds since go, items done), ≤ 200 points. ``cpu_s`` is that of the side's
    own processes: the driver, the workers and what they started, without Ray's daemons.
    The digests are of the input and the held-out set as this side saw them (empty: unknown).
    ``failure`` is why the trial has no answer (empty: it has one); its ``wall_s`` is then the time
    until it stopped. ``phases`` are parts of the wall time by name. ``core_seconds`` is None where
    not known, and so is ``part_bytes``, the size of what the workers handed over.
    ``off_clock_cpu_s`` are the core-seconds that the side's own processes used while they waited
    for go, and those that scoring the answer took the first time more than the second (None:
    unknown). ``waited_s`` is how long the baseline's threads were ready to run and had no core
    (None: unknown). ``score_differences`` compare a distributed trial with the baseline's of its
    pair (None: the quality of either is one number, or they scored unlike numbers of items).
    ``answer_difference`` is where a program's answer differs from the session's first (None: it
    does not, or is not compared by its bytes). ``prepared_cpu_s`` are the core-seconds of a
    command pair's command to prepare (None: it has none). ``rescoring_gap`` is how far the scores
    of a distributed answer are apart at most, where the baseline's process gave it others than its
    own side (None: that was not compared), ``not_rescored`` why it could not score the answer.
    ``unstruck`` are the planned strikes that found nobody to strike before the end. ``served`` is
    what became of the requests (None: none came one by one).
    """

    side: Side
    workers: PositiveCount
    index: Count
    order: Count
    began_s: Seconds
    startup_s: Seconds
    wall_s: WallSeconds
    cpu_s: Seconds
    items: Count
    answer_sha256: Sha256OrEmpty
    quality: Number
    peak_rss_bytes: Bytes
    phases: Annotated[dict[str, Seconds], Meta(description="seconds by name")] = field(
        default_factory=dict
    )
    faults: tuple[Fault, ...] = ()
    curve: Annotated[
        tuple[tuple[Seconds, Count], ...],
        Meta(max_length=LONGEST_CURVE, description="pairs of seconds since go and items done"),
    ] = ()
    workers_detail: tuple[WorkerTrial, ...] = ()
    input_sha256: Sha256OrEmpty = ""
    held_out_sha256: Sha256OrEmpty = ""
    failure: str = ""
    core_seconds: CoreSeconds | None = None
    part_bytes: Bytes | None = None
    off_clock_cpu_s: Seconds | None = None
    waited_s: Seconds | None = None
    score_differences: ScoreDifferences | None = None
    ended_s: Seconds | None = None
    answer_difference: AnswerDifference | None = None
    prepared_cpu_s: Seconds | None = None
    rescoring_gap: Amount | None = None
    not_rescored: str = ""
    unstruck: Annotated[tuple[str, ...], Meta(max_length=MOST_STRIKES)] = ()
    served: ServedLoad | None = None

    @property
    def processes(self) -> tuple[Process, ...]:
        """Return the process of each worker; of those told as one the first, as often."""
        return tuple(
            worker.process for worker in self.workers_detail for _ in range(worker.workers)
        )

    @property
    def describes_each(self) -> bool:
        """Return whether each worker is described by itself, and none with others as one."""
        return all(worker.workers == 1 for worker in self.workers_detail)
