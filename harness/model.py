"""The nouns of the product: what was asked, what ran where, and the facts that a results file keeps.

Every value is frozen; change is a new value. Facts only: no speedup, efficiency or drop is ever a field
here, claims are derived in ``score``. Seconds are bare floats, any other unit is in the name.
Imports the standard library and ``spec``, whose nouns are taken from here.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

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

    sha256: str
    items: int
    bytes: int


@dataclass(frozen=True)
class Process:
    """What a process says of itself, read from inside it.

    ``host`` is an opaque label of the machine (never its name); ``threads`` is the largest thread pool
    of its numeric libraries; ``affinity`` the cores it may run on; ``input_sha256`` the digest of the input
    as this process sees it (empty: it was not asked).
    """

    id: str
    pid: int
    host: str
    nice: int
    threads: int
    affinity: tuple[int, ...]
    source_sha256: str
    input_sha256: str = ""


@dataclass(frozen=True)
class Host:
    """One machine: an allow-list of facts, no name, user or address. ``on_mains`` is None where unknown."""

    id: str
    cpu_model: str
    cores: int
    memory_bytes: int
    system: str
    python: str
    packages: dict[str, str]
    blas: str
    on_mains: bool | None = None


@dataclass(frozen=True)
class Code:
    """The source that ran: commit (empty outside a repository), uncommitted changes, digest of the files."""

    commit: str
    dirty: bool
    source_sha256: str


@dataclass(frozen=True)
class Fault:
    """A worker lost in mid-run: noticed ``at_s`` after go; ``cost_s`` until it worked again (None: never)."""

    worker: str
    reason: str
    at_s: float
    cost_s: float | None = None


@dataclass(frozen=True)
class WorkerTrial:
    """What one process did in one trial. ``utilization`` holds fractions of one core, evenly spaced, ≤ 100."""

    process: Process
    chunks: int
    busy_s: float
    cpu_s: float
    utilization: tuple[float, ...] = ()


@dataclass(frozen=True)
class CoreSeconds:
    """Where a trial's core-seconds went: the five parts add up to the wall time of every core that was given.

    ``compute_s`` was spent on a processor inside kernels; ``waiting_s`` for stragglers or at barriers; ``serial_s``
    while the driver worked alone; ``idle_s`` inside kernels, but off the processor. ``exchange_s`` is what is left in
    the pool's time beside kernels and waiting: communication, serialization, Ray's scheduling, what lost workers cost.
    """

    compute_s: float
    exchange_s: float
    waiting_s: float
    serial_s: float
    idle_s: float

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
    items_per_s: float
    seconds: float
    cores: int
    name: str = ""
    value: float = 0.0


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
    workers: int
    index: int
    order: int
    began_s: float
    startup_s: float
    wall_s: float
    cpu_s: float
    items: int
    answer_sha256: str
    quality: float
    peak_rss_bytes: int
    phases: dict[str, float] = field(default_factory=dict)
    faults: tuple[Fault, ...] = ()
    curve: tuple[tuple[float, int], ...] = ()
    workers_detail: tuple[WorkerTrial, ...] = ()
    input_sha256: str = ""
    held_out_sha256: str = ""
    failure: str = ""
    core_seconds: CoreSeconds | None = None
    part_bytes: int | None = None


@dataclass(frozen=True)
class Observer:
    """The cost of watching and what else the machine did.

    ``foreign_cpu`` is the share of all the host's cores used by processes that are not ours while a trial
    ran (None: unknown); ``contention`` the baseline's slowdown with both sides at once (None: not probed).
    """

    cpu_s: float
    frames: int
    longest_gap_s: float
    foreign_cpu: float | None = None
    contention: float | None = None


@dataclass(frozen=True)
class Results:
    """One session, as kept on disk: facts only.

    ``rates`` show how good the baseline is (empty: not asked). ``combined`` holds the run ids of several
    sessions that were put together after the event (empty: this is one session).
    """

    run_id: str
    began_utc: str
    kind: Kind
    status: Status
    spec: Spec
    schedule: Schedule
    input: Digest | None
    held_out: Digest | None
    code: Code
    hosts: tuple[Host, ...]
    trials: tuple[Trial, ...]
    observer: Observer
    journal_sha256: str
    schema: str = SCHEMA
    remark: str = ""
    rates: tuple[Rate, ...] = ()
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
