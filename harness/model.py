"""The nouns of the product: what was asked, what ran where, and what a results file keeps.

Every value is frozen; change is a new value. They are facts only: no speedup and no efficiency is a
field here, since claims are derived in ``claims``. Seconds are bare floats, any other unit is in
the name. Hands on the nouns of ``capacity``, ``quantities``, ``serving``, ``spec`` and ``trial``.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from harness.capacity import CapacitySearch as CapacitySearch
from harness.quantities import (
    Amount,
    Bytes,
    CommitOrEmpty,
    Count,
    Number,
    RunId,
    Seconds,
    Sha256,
    Sha256OrEmpty,
    Version,
)
from harness.serving import RateSearch as RateSearch
from harness.spec import CommandFacts as CommandFacts
from harness.spec import Description as Description
from harness.spec import Offer as Offer
from harness.spec import Parameters as Parameters
from harness.spec import Prices as Prices
from harness.spec import Scalar as Scalar
from harness.spec import Scaling as Scaling
from harness.spec import Schedule as Schedule
from harness.spec import Spec as Spec
from harness.spec import SpotPrices as SpotPrices
from harness.trial import AnswerDifference as AnswerDifference
from harness.trial import ChaosKind as ChaosKind
from harness.trial import CoreSeconds as CoreSeconds
from harness.trial import Difference as Difference
from harness.trial import Fault as Fault
from harness.trial import FaultKind as FaultKind
from harness.trial import Process as Process
from harness.trial import ScoreDifferences as ScoreDifferences
from harness.trial import Side as Side
from harness.trial import Trial as Trial
from harness.trial import WorkerTrial as WorkerTrial

SCHEMA = "twoclocks.results/1"
MOST_TRIALS = 1_000
MOST_RATES = 500
MOST_REVISIONS = 100
FOREIGN_CPU_LIMIT = 0.05


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
    SETTLING = "waiting for quiet cores"
    ARMED = "armed"
    PREPARING = "preparing"
    RUNNING = "running"
    REPLAYING = "replaying"
    PROVING = "proving the baseline"
    ENDING = "ending"


class ProcessState(StrEnum):
    """What the system says that a process does."""

    STOPPED = "stopped"
    DISK = "disk"
    RUNNING = "running"
    SLEEPING = "sleeping"
    UNKNOWN = "unknown"

    @property
    def words(self) -> str:
        """Return what such a process is, with the letter that ``ps`` has for it."""
        return {
            self.STOPPED: "stopped (T)",
            self.DISK: "waiting for a disk (D)",
            self.RUNNING: "running (R)",
            self.SLEEPING: "sleeping (S)",
            self.UNKNOWN: "silent",
        }[self]


class Variant(StrEnum):
    """A way to do the baseline's work, timed beside it to show that the baseline is a good one.

    The baseline as it runs, with another value of the parameter it is tuned by, as a textbook
    writes it, the machine's own limit, the baseline on all the host's cores, with less work,
    another way of doing the same on these cores, and as many copies at once as there are workers.
    """

    OWN = "own"
    TUNED = "tuned"
    TEXTBOOK = "naive"
    LIMIT = "limit"
    WHOLE = "whole"
    EFFORT = "effort"
    ALTERNATIVE = "alternative"
    COPIES = "copies"


@dataclass(frozen=True)
class Digest:
    """A canonical SHA-256 (hex) of a value, its item count and its size."""

    sha256: Sha256
    items: Count
    bytes: Bytes


@dataclass(frozen=True)
class Host:
    """One machine: an allow-list of facts, without names, users or addresses.

    ``on_mains`` is None where unknown. In a results file ``alike`` are the ids of further machines
    of which the same is known; once it is read, each is a value of its own. ``round_trip_s`` is how
    long a message took from here to the baseline's process there and back (None: nobody asked).
    """

    id: str
    cpu_model: str
    cores: Count
    memory_bytes: Bytes
    system: str
    python: str
    packages: dict[str, str]
    blas: str
    on_mains: bool | None = None
    alike: tuple[str, ...] = ()
    round_trip_s: Annotated[
        Seconds | None, Meta(description="seconds; null where it was not measured")
    ] = None


@dataclass(frozen=True)
class Revision:
    """The commit that files are of (empty: of none), and whether they differ from it.

    ``dirty`` None: the commit is not known, as where git is not installed.
    """

    commit: CommitOrEmpty
    dirty: bool | None


@dataclass(frozen=True)
class Code:
    """The source that ran: its commit, whether it had uncommitted changes, its files' digest.

    ``commit`` is empty outside a repository, as where a ``version`` was installed (empty: it runs
    from a clone, or it is not known). ``workload`` are the revisions of the presenter's own files,
    one for each repository (empty: the workload is built in, or it is not known).
    """

    commit: CommitOrEmpty
    dirty: bool
    source_sha256: Sha256OrEmpty
    version: Version = ""
    workload: Annotated[tuple[Revision, ...], Meta(max_length=MOST_REVISIONS)] = ()


@dataclass(frozen=True)
class Rate:
    """How fast a variant of the baseline went in the same session, measured over ``seconds``.

    ``name`` is the parameter that was varied, what the limit is of, or what the alternative is
    called (else empty), and ``value`` the parameter's value or the number of copies (else 0).
    ``settings`` are those of an effort. The variant had ``cores`` cores and as many threads.
    ``pass_s`` are the seconds of its median pass over the whole input, of copies those of the last
    to end (None: only a slice was passed), and ``quality`` is its answer's on the held-out set
    (None: it was not scored).
    """

    variant: Variant
    items_per_s: Annotated[Amount, Meta(description="items per second")]
    seconds: Seconds
    cores: Count
    name: str = ""
    value: Number = 0.0
    settings: Parameters = field(default_factory=dict)
    quality: Number | None = None
    pass_s: Annotated[
        Seconds | None, Meta(description="seconds; null where no whole pass was timed")
    ] = None


@dataclass(frozen=True)
class Observer:
    """The cost of watching and what else the machine did.

    ``foreign_cpu`` is the share of all the host's cores that other processes used during trials,
    and during searches for a rate: that of the worst (None: unknown). ``contention`` is the
    baseline's slowdown with both sides at once (None: not probed). ``dashboard_cpu_s`` is what of
    ``cpu_s`` Ray's own dashboard used (None: there was none).
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
    dashboard_cpu_s: Seconds | None = None


@dataclass(frozen=True)
class Results:
    """One session, as kept on disk: facts only.

    ``rates`` show how good the baseline is (empty: not asked). ``combined`` holds the run ids of
    sessions that were combined afterwards (empty: this is one). ``reading`` says how the user's own
    input was read (empty: nothing was, or it is unknown). ``*_capacity`` and ``*_service`` are what
    a side was searched for (None: it was not).
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
    reading: str = ""
    baseline_capacity: CapacitySearch | None = None
    distributed_capacity: CapacitySearch | None = None
    baseline_service: RateSearch | None = None
    distributed_service: RateSearch | None = None

    @property
    def disturbed(self) -> bool:
        """Return whether other programs are known to have used too much of the machine."""
        return self.kind is Kind.MEASURED and is_disturbed(self.observer.foreign_cpu)


def is_disturbed(foreign_cpu: float | None) -> bool:
    """Return whether other programs used too much of the machine (None: it is not known)."""
    return foreign_cpu is not None and foreign_cpu > FOREIGN_CPU_LIMIT


@dataclass(frozen=True)
class JournalHeader:
    """A journal's first line: what the rest is, and of which session."""

    schema: str = ""
    run_id: str = ""
    began_utc: str = ""


def whole_machines(processes: Iterable[Process], hosts: Iterable[Host], cores: int) -> bool:
    """Return whether each process has a host to itself, and all of its host's ``cores``.

    A host that is not described counts as one with no more cores than these.
    """
    offered = {host.id: host.cores for host in hosts}
    homes = [process.host for process in processes]
    whole = all(offered.get(home, cores) <= cores for home in homes)
    return whole and len(homes) == len(set(homes))
