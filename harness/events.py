"""The events: everything that can be observed of a session, one JSON line per event.

Children send events unstamped (they know how long, not when). The conductor stamps ``at``, ``side``
and ``trial``, and appends them to the journal. How they are written is said in ``event_lines``.
May import ``model``, ``event_base`` and ``loss_events``, whose events are taken from here.
"""

import msgspec

from harness.event_base import Count as Count
from harness.event_base import Duration as Duration
from harness.event_base import Event as Event
from harness.loss_events import CaughtUp as CaughtUp
from harness.loss_events import Faulted as Faulted
from harness.loss_events import Recovered as Recovered
from harness.loss_events import Resumed as Resumed
from harness.loss_events import Stalled as Stalled
from harness.loss_events import Struck as Struck
from harness.loss_events import Thawed as Thawed
from harness.loss_events import Unstruck as Unstruck
from harness.model import (
    AnswerDifference,
    CapacitySearch,
    Code,
    Digest,
    Host,
    Kind,
    Parameters,
    Process,
    RateSearch,
    Schedule,
    ScoreDifferences,
    Side,
    Spec,
    Status,
    Variant,
)
from harness.serving import ServedLoad


class Opened(Event, frozen=True, tag="opened"):
    """The session begins. It is first in every journal, with all that is known beforehand."""

    run_id: str
    began_utc: str
    kind: Kind
    spec: Spec
    code: Code


class Scheduled(Event, frozen=True, tag="scheduled"):
    """How the sides will run, now that both are armed."""

    schedule: Schedule


class Launched(Event, frozen=True, tag="launched"):
    """The side's process exists."""

    pid: Count


class AwaitsHosts(Event, frozen=True, tag="awaits-hosts"):
    """The side waits, for ``seconds`` so far, for hosts with room for so many more workers.

    Once there is room for all, it says so with 0.
    """

    workers: Count
    seconds: Duration


class Ready(Event, frozen=True, tag="ready"):
    """The side is armed: input loaded, workers answering, kernels warm.

    ``startup`` splits the seconds since the process began by phase; ``workers`` do the work (the
    baseline's own process is its one worker ``core``). ``items`` are those of a trial, or the most
    that it may do where it stops at a result (``stops_early``). ``reading`` is as in ``Results``.
    ``spares`` stand by to take the place of a worker that is lost. ``capacity`` is how the largest
    model was searched that its devices hold, ``service`` how the rate was at which its trials run
    (None: it was not).
    """

    items: Count
    unit: str
    workers: tuple[Process, ...]
    input: Digest
    held_out: Digest
    startup: dict[str, float]
    hosts: tuple[Host, ...]
    stops_early: bool = False
    reading: str = ""
    spares: tuple[Process, ...] = ()
    capacity: CapacitySearch | None = None
    service: RateSearch | None = None


class Offered(Event, frozen=True, tag="offered"):
    """While it armed, the side was offered requests at a rate."""

    load: ServedLoad


class Probed(Event, frozen=True, tag="probed"):
    """Passes per second through the warm-up slice, ``together`` with the other side or alone."""

    rate: Duration
    together: bool


class Prepared(Event, frozen=True, tag="prepared"):
    """A program's run was prepared for, off the clock, in so many core-seconds."""

    cpu_s: Duration


class Go(Event, frozen=True, tag="go"):
    """The side's clock starts.

    ``order`` counts the session's trials. The first ``workers`` of those armed work (0: all).
    """

    order: Count
    workers: Count = 0


class Progress(Event, frozen=True, tag="progress"):
    """Items done since go, cumulative, and the quality that the answer has so far.

    The side measures it by itself (None: it does not), and nothing is claimed from it.
    """

    done: Count
    quality: float | None = None


class Span(Event, frozen=True, tag="span"):
    """One chunk on one worker: seconds inside the kernel and core-seconds used there.

    ``activity`` is in words what the worker did (empty: the workload does not say).
    """

    worker: str
    chunk: Count
    items: Count
    busy_s: Duration
    cpu_s: Duration
    activity: str = ""


class Sample(Event, frozen=True, tag="sample"):
    """A worker seen from outside: fraction of one core since the last look, and resident memory.

    ``taken_bytes`` is how much more memory of its own it has than before it was held to a budget of
    that (None: it is held to none, or its system does not say).
    """

    worker: str
    cpu: Duration
    rss_bytes: Count
    taken_bytes: Count | None = None


class Phase(Event, frozen=True, tag="phase"):
    """A named part of the wall time, in seconds."""

    name: str
    seconds: Duration


class Inspected(Event, frozen=True, tag="inspected"):
    """A worker was asked, off the clock, about its input (if it came in mid-run) or its terms."""

    worker: str
    input_sha256: str = ""
    nice: int | None = None
    affinity: tuple[Count, ...] | None = None


class CoreTime(Event, frozen=True, tag="spent"):
    """Where the trial's core-seconds went; fields as in ``CoreSeconds`` and ``Trial``."""

    compute_s: Duration
    exchange_s: Duration
    waiting_s: Duration
    serial_s: Duration
    idle_s: Duration
    part_bytes: Count | None = None


class Finished(Event, frozen=True, tag="finished"):
    """The side's clock has stopped: wall time by its own clock; fields as in ``model.Trial``.

    ``unclocked_s`` passed from the order to start until now while that clock did not run.
    ``served`` is what became of the requests (None: none came one by one).
    """

    wall_s: Duration
    cpu_s: Duration
    peak_rss_bytes: Count
    items: Count
    waited_s: Duration | None = None
    unclocked_s: Duration | None = None
    served: ServedLoad | None = None


class Scored(Event, frozen=True, tag="scored"):
    """The answer's digest and its quality on the held-out set, computed after the clock stopped.

    ``off_clock_cpu_s`` and ``difference`` are as in ``model.Trial``. ``scores`` are those of the
    held-out items, packed (empty: it is one number), which the conductor compares and keeps.
    ``kept_back`` is why the answer was not handed over to be scored again (empty: it was).
    """

    answer_sha256: str
    quality: float
    off_clock_cpu_s: Duration | None = None
    scores: bytes = b""
    difference: AnswerDifference | None = None
    kept_back: str = ""


class AnswerScored(Event, frozen=True, tag="answer-scored"):
    """The handed over answer's score, or the ``reason`` why there is none; it is not passed on."""

    answer_sha256: str
    quality: float
    scores: bytes = b""
    reason: str = ""


class Rescored(Event, frozen=True, tag="rescored"):
    """The baseline's process scored a distributed trial's answer; fields as in ``model.Trial``."""

    order: Count
    gap: float | None = None
    reason: str = ""


class Compared(Event, frozen=True, tag="compared"):
    """The items' scores of a distributed trial, known by its ``order``, and of its baseline's."""

    order: Count
    differences: ScoreDifferences


class Failed(Event, frozen=True, tag="failed"):
    """The side ended without an answer: why, the end of what it said, and what to look at."""

    reason: str
    last_words: str = ""
    hint: str = ""


class Rated(Event, frozen=True, tag="rated"):
    """A variant of the baseline was timed; fields as in ``model.Rate``."""

    variant: Variant
    items_per_s: Duration
    seconds: Duration
    cores: Count
    name: str = ""
    value: float = 0.0
    settings: Parameters = msgspec.field(default_factory=dict)
    quality: float | None = None
    pass_s: Duration | None = None


class ProofStopped(Event, frozen=True, tag="unproved"):
    """The proof ends here: the variant of that ``label`` failed, its output with ``last_words``."""

    variant: Variant
    label: str
    reason: str
    last_words: str = ""


class Observed(Event, frozen=True, tag="watched"):
    """What observing cost, sent once when the trials are over; fields as in ``model.Observer``."""

    cpu_s: Duration
    frames: Count
    longest_gap_s: Duration
    foreign_cpu: float | None = None
    contention: float | None = None
    dashboard_cpu_s: Duration | None = None


class Closed(Event, frozen=True, tag="closed"):
    """The session is over: how it ended, and why if early. Last in every journal."""

    status: Status
    remark: str = ""


def stamp(event: Event, at: float, side: Side, trial: int) -> Event:
    """Return the event with the conductor's time, side and trial on it."""
    return msgspec.structs.replace(event, at=at, side=side, trial=trial)
