"""The nouns of the product: what was asked, what ran where, and the facts that a results file keeps.

Every value is frozen; change is a new value. Facts only: no speedup, efficiency or drop is ever a field
here, claims are derived in ``score``. Seconds are bare floats, any other unit is in the name.
Imports ``quantities`` and ``spec``, whose nouns are taken from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from harness.quantities import (
    Amount,
    Bytes,
    CommitOrEmpty,
    Count,
    Nice,
    Number,
    PositiveCount,
    RunId,
    Seconds,
    Sha256,
    Sha256OrEmpty,
    WallSeconds,
)
from harness.spec import CommandFacts as CommandFacts
from harness.spec import Description as Description
from harness.spec import Offer as Offer
from harness.spec import Parameters as Parameters
from harness.spec import Prices as Prices
from harness.spec import Scalar as Scalar
from harness.spec import Scaling as Scaling
from harness.spec import Schedule as Schedule
from harness.spec import Spec as Spec

SCHEMA = "twoclocks.results/1"
MOST_TRIALS = 1_000
MOST_RATES = 200
LONGEST_CURVE = 200
LONGEST_UTILIZATION = 100


class Side(StrEnum):
    """One of the two competitors."""

    BASELINE = "baseline"
    DISTRIBUTED = "distributed"


class Kind(StrEnum):
    """Where the facts come from."""

    MEASURED = "measured"
    SIMULATED = "simulated"
    DECLARED = "declared"


class Status(StrEnum):
    """How the session ended."""

    COMPLETE = "complete"
    ABORTED = "aborted"
    FAILED = "failed"


class SessionStage(StrEnum):
    """What a session in progress is doing, in words that a screen can show."""

    ARMING = "arming"
    PROBING = "probing contention"
    SETTLING = "settling"
    ARMED = "armed"
    RUNNING = "running"
    REPLAYING = "replaying"
    PROVING = "proving the baseline"
    LEAVING = "leaving"


class Variant(StrEnum):
    """A way to do the baseline's work, timed beside it to show that the baseline is a good one.

    The baseline as it runs; with another value of the parameter it is tuned by; written without care; the
    machine's own limit; the baseline on all the host's cores.
    """

    OWN = "own"
    TUNED = "tuned"
    NAIVE = "naive"
    LIMIT = "limit"
    WHOLE = "whole"


@dataclass(frozen=True)
class Digest:
    """A canonical SHA-256 (hex) of a value, its item count and its size."""

    sha256: Sha256
    items: Count
    bytes: Bytes


@dataclass(frozen=True)
class Process:
    """What a process says of itself, read from inside it.

    ``host`` is an opaque label of the machine (never its name); ``threads`` is the largest thread pool
    of its numeric libraries; ``affinity`` the cores it may run on; ``input_sha256`` the digest of the input
    as this process sees it (empty: it was not asked).
    """

    id: str
    pid: Count
    host: str
    nice: Nice
    threads: Count
    affinity: tuple[Count, ...]
    source_sha256: Sha256OrEmpty
    input_sha256: Sha256OrEmpty = ""


@dataclass(frozen=True)
class Host:
    """One machine: an allow-list of facts, no name, user or address. ``on_mains`` is None where unknown."""

    id: str
    cpu_model: str
    cores: Count
    memory_bytes: Bytes
    system: str
    python: str
    packages: dict[str, str]
    blas: str
    on_mains: bool | None = None


@dataclass(frozen=True)
class Code:
    """The source that ran: commit (empty outside a repository), uncommitted changes, digest of the files."""

    commit: CommitOrEmpty
    dirty: bool
    source_sha256: Sha256OrEmpty


@dataclass(frozen=True)
class Fault:
    """A worker lost in mid-run: noticed ``at_s`` after go; ``cost_s`` until it worked again (None: never)."""

    worker: str
    reason: str
    at_s: Seconds
    cost_s: Seconds | None = None


@dataclass(frozen=True)
class WorkerTrial:
    """What one process did in one trial. ``utilization`` holds fractions of one core, evenly spaced, ≤ 100."""

    process: Process
    chunks: Count
    busy_s: Seconds
    cpu_s: Seconds
    utilization: Annotated[
        tuple[Amount, ...],
        Meta(max_length=LONGEST_UTILIZATION, description="fractions of one core, evenly spaced"),
    ] = ()


@dataclass(frozen=True)
class CoreSeconds:
    """Where a trial's core-seconds went: the five parts add up to the wall time of every core that was given.

    ``compute_s`` was spent on a processor inside kernels; ``waiting_s`` for stragglers or at barriers; ``serial_s``
    while the driver worked alone; ``idle_s`` inside kernels, but off the processor. ``exchange_s`` is what is left in
    the pool's time beside kernels and waiting: communication, serialization, Ray's scheduling, what lost workers cost.
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
class Rate:
    """How fast a variant of the baseline went, in items per second over ``seconds``, measured in the same session.

    ``name`` is the parameter that was varied or what the limit is of (else empty), ``value`` the parameter's
    value (else 0). ``cores`` is how many cores it had, and as many threads.
    """

    variant: Variant
    items_per_s: Annotated[Amount, Meta(description="items per second")]
    seconds: Seconds
    cores: Count
    name: str = ""
    value: Number = 0.0


@dataclass(frozen=True)
class Trial:
    """One run of one side, from go to finished, with everything that was seen of it.

    ``workers`` is p (1 for the baseline); ``index`` counts this side's trials, ``order`` all trials of the
    session. ``startup_s`` was spent before go by the process the trial ran in, and is not in ``wall_s``.
    ``curve`` holds (seconds since go, items done), ≤ 200 points. ``cpu_s`` is that of the side's own
    processes: the driver and the workers, without Ray's daemons.
    The digests are of the input and the held-out set as this side saw them (empty: unknown). ``failure`` is
    why the trial has no answer (empty: it has one); its ``wall_s`` is then the time until it stopped.
    ``phases`` are parts of the wall time by name; ``core_seconds`` is None where the split is not known.
    ``part_bytes`` is the size of what the workers handed over, each part counted once (None: not known).
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


@dataclass(frozen=True)
class Observer:
    """The cost of watching and what else the machine did.

    ``foreign_cpu`` is the share of all the host's cores used by processes that are not ours while a trial
    ran (None: unknown); ``contention`` the baseline's slowdown with both sides at once (None: not probed).
    """

    cpu_s: Seconds
    frames: Count
    longest_gap_s: Seconds
    foreign_cpu: Annotated[
        Amount | None,
        Meta(description="a fraction of all the host's cores; null where unknown"),
    ] = None
    contention: Annotated[
        Number | None,
        Meta(
            description="a fraction: how much slower the baseline was with both sides at once; "
            "null where not probed"
        ),
    ] = None


@dataclass(frozen=True)
class Results:
    """One session, as kept on disk: facts only.

    ``rates`` show how good the baseline is (empty: not asked). ``combined`` holds the run ids of several
    sessions that were put together after the event (empty: this is one session).
    """

    run_id: RunId
    began_utc: Annotated[str, Meta(description="a moment in UTC, ISO 8601")]
    kind: Kind
    status: Status
    spec: Spec
    schedule: Schedule
    input: Digest | None
    held_out: Digest | None
    code: Code
    hosts: tuple[Host, ...]
    trials: Annotated[tuple[Trial, ...], Meta(max_length=MOST_TRIALS)]
    observer: Observer
    journal_sha256: Sha256OrEmpty
    schema: str = SCHEMA
    remark: str = ""
    rates: Annotated[tuple[Rate, ...], Meta(max_length=MOST_RATES)] = ()
    combined: tuple[str, ...] = ()


def whole_machines(processes: Iterable[Process], hosts: Iterable[Host], cores: int) -> bool:
    """Return whether each process has a host to itself, and all of its host's ``cores``.

    A host that is not described counts as one with no more cores than these.
    """
    offered = {host.id: host.cores for host in hosts}
    homes = [process.host for process in processes]
    return len(homes) == len(set(homes)) and all(
        offered.get(home, cores) <= cores for home in homes
    )
