"""The workload contract: a workload is one value, ``WORKLOAD``, in one file. Types only.

There is no base class and no registration. A workload file imports this module and its own
numerics, nothing else of ours; ``harness.run.find`` imports it by name.
May import ``capacity``, ``client``, ``command_pair``, ``description``, ``errors``, ``extras``,
``fleet``, ``params``, ``pool`` and ``spec``.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from harness.capacity import MOST_SIZES
from harness.client import ready as ready
from harness.command_pair import CommandPair as CommandPair
from harness.description import Axis as Axis
from harness.description import Metric as Metric
from harness.description import Slide as Slide
from harness.description import words
from harness.errors import BadRequest as BadRequest
from harness.extras import install_command as install_command
from harness.extras import require_package as require_package
from harness.fleet import AnyFleet as AnyFleet
from harness.fleet import Backlog as Backlog
from harness.fleet import Fleet as Fleet
from harness.fleet import Requests as Requests
from harness.params import NoParams, values_of, with_values
from harness.params import require_between as require_between
from harness.pool import AnyLockstep as AnyLockstep
from harness.pool import AnyPipeline as AnyPipeline
from harness.pool import ChunkResult as ChunkResult
from harness.pool import Lockstep as Lockstep
from harness.pool import Pipeline as Pipeline
from harness.pool import Pool as Pool
from harness.pool import QualityReporter as QualityReporter
from harness.pool import Reporter as Reporter
from harness.spec import Description, Parameters

Input = TypeVar("Input")
HeldOut = TypeVar("HeldOut")
Answer = TypeVar("Answer")
Params = TypeVar("Params")

Setting = bool | int | float | str
"""The value of a setting, of the type that its field in ``params`` has."""

ItemScores = Collection[float]
"""A score for each held-out item, such as a NumPy array or a list, in the order of the items.

At most 50,000: of more, score groups of as many items each.
"""

NO_PARAMS: Any = NoParams()


@dataclass(frozen=True, kw_only=True)
class Problem(Generic[Input, HeldOut]):
    """What ``load`` returns: equal on both sides, which is checked by its digest.

    ``items`` counts the work in the workload's unit: all of it, or the most that a side may do
    before it stops. ``warmup`` is a small input of the same
    shape that each side runs once before its clock starts, so that no kernel is cold (None: no
    warm-up is needed). ``warmup_items`` counts it (None: a proof of the baseline times the whole
    input instead); ``held_out_items`` counts the held-out set (None: it cannot be counted).
    ``reading`` says in a few words how a file of the user's was read, such as "300 users, 7,500
    ratings, columns user_id and book_id" (empty: there was none); every screen shows it before the
    clocks start, and the results keep it, so it names no folder. ``state_bytes`` are those of a
    large answer, or of a pipeline's state, for which Ray's store has to have room (0: it is small).
    """

    input: Input
    held_out: HeldOut
    items: int
    warmup: Input | None = None
    held_out_items: int | None = None
    warmup_items: int | None = None
    reading: str = ""
    state_bytes: int = 0


@dataclass(frozen=True)
class Ceiling(Generic[Input]):
    """An upper bound for the baseline's rate on this machine, such as its matrix products alone.

    ``rate(input, seconds)`` measures for at least that long and returns items per second.
    """

    name: str
    rate: Callable[[Input, float], float]


@dataclass(frozen=True, kw_only=True)
class Proof(Generic[Input, Answer]):
    """What ``--prove-baseline`` times beside the baseline (None or empty: nothing of the kind).

    ``effort`` are settings that mean less work, such as ``({"iterations": 2}, {"iterations": 4})``,
    each laid over the session's: does one of them reach the same quality? ``variants`` are other
    ways of doing the same on the same cores, by name: settings, or a program of its own such as a
    library's, ``(input, report) -> answer``. Both run on the whole input and are scored.
    ``tuned`` names a setting of the baseline and other values to try for it.
    ``reference(input, report)`` does the baseline's work as a textbook writes it. ``ceiling`` is
    the most that this machine could do.
    """

    effort: tuple[Mapping[str, Setting], ...] = ()
    variants: Mapping[str, Mapping[str, Setting] | Callable[[Input, Reporter], Answer]] = field(
        default_factory=dict
    )
    tuned: tuple[str, tuple[int | float, ...]] | None = None
    reference: Callable[[Input, Reporter], Answer] | None = None
    ceiling: Ceiling[Input] | None = None


@dataclass(frozen=True, kw_only=True)
class Capacity(Generic[Input]):
    """What is searched on both sides for the largest size that fits, before they are ready.

    ``name`` and ``unit`` are words for it, such as "trainable" and "parameters". Sizes are the
    integers from ``least`` to ``most``, at most 2,047 of them, and ``own`` is the session's own
    model. ``units(size, input)`` is how many units a size has: no fewer than a smaller one.
    ``alone(size, input)`` takes one step with a model of a size in the memory of one device, and
    ``on_pool(size, input, pool)`` in that of the pool's workers, one device each. Both raise
    ``MemoryError`` where it does not fit, and hold nothing afterwards. ``budget_bytes(input)`` is
    the memory of a device, the same as in the race. ``superlinear`` is why p devices hold more than
    p times as much as one (empty: that would be a fault).
    """

    name: str
    unit: str
    least: int
    most: int
    own: int
    units: Callable[[int, Input], int]
    budget_bytes: Callable[[Input], int]
    alone: Callable[[int, Input], None]
    on_pool: Callable[[int, Input, Pool], None]
    superlinear: str = ""

    def __post_init__(self) -> None:
        if not 1 <= self.least <= self.own <= self.most < self.least + MOST_SIZES:
            raise ValueError(
                f"sizes from {self.least} to {self.most} with {self.own} among them:"
                f" they start at 1 or later, and are at most {MOST_SIZES:,}"
            )


@dataclass(frozen=True, kw_only=True)
class Service(Generic[Input, Answer]):
    """Requests that come one by one, at the largest rate at which each side holds a budget.

    That rate is searched before a side is ready, and its trials run at it. ``budget_s(input)`` is
    for the 99th percentile of latency. A trial has ``count(input)`` requests, which come by a
    schedule of that ``seed``. ``alone(input, requests, report)`` answers them in one process, and
    ``on_pool(input, pool, requests, report)`` on the pool's workers. Both return the answer that
    ``quality`` scores. The workload's ``baseline`` and ``distributed`` answer a ``Backlog``: they
    warm up, and are what a proof of the baseline times.
    """

    seed: int
    budget_s: Callable[[Input], float]
    count: Callable[[Input], int]
    alone: Callable[[Input, Requests, Reporter], Answer]
    on_pool: Callable[[Input, Pool, Requests, Reporter], Answer]


@dataclass(frozen=True, kw_only=True)
class Workload(Generic[Input, HeldOut, Answer, Params]):
    """A workload: its name, its four functions, its settings, and what judges it.

    ``load(params)`` is deterministic and runs outside both clocks. ``baseline(input, report)``
    and ``distributed(input, pool, report)`` return an answer, which ``quality(answer, held_out)``
    scores: by one number, or by one for each held-out item, whose mean is then the quality and
    whose differences between the sides say how sure its change is. ``params`` is a frozen dataclass
    whose fields are the settings; its ``__post_init__`` raises ``ValueError`` for values out of
    range. ``check(params)`` does so for what it must look up outside, such as the first megabytes
    of a file, before anything starts; it may raise ``BadRequest`` with a hint of its own. ``unit``
    is what ``items`` count. ``answers_differ`` is the reason why the two answers need not be equal
    to the last bit (None: they must be). ``until`` is the result at which either side stops, such
    as "a validation loss of {target}" with settings in braces (None: both do a fixed amount of
    work). ``waits`` is what the baseline waits for, such as "reads from the network" (None: it
    computes all the time); it may be a function of the settings, and so may ``answers_differ``.
    ``superlinear`` is why more is gained than hardware was added, such as
    "a worker's share fits its cache" (None: that would be a fault). ``capacity`` says how the
    largest model that devices hold is searched (None: it is not), and ``service`` how requests are
    served that come one by one (None: none do). ``own_slide(params)`` are words
    for other settings, such as an input of the user's own, about which those of ``slide`` would not
    be true. ``simulated`` marks work that is not real; its results never make a headline.
    """

    name: str
    load: Callable[[Params], Problem[Input, HeldOut]]
    baseline: Callable[[Input, QualityReporter], Answer]
    distributed: Callable[[Input, Pool, QualityReporter], Answer]
    quality: Callable[[Answer, HeldOut], float | ItemScores]
    params: Params = NO_PARAMS
    check: Callable[[Params], None] | None = None
    unit: str = "items"
    metric: Metric = field(default_factory=lambda: Metric("quality"))
    slide: Slide = field(default_factory=Slide)
    own_slide: Callable[[Params], Slide] | None = None
    proof: Proof[Input, Answer] = field(default_factory=lambda: Proof[Input, Answer]())
    answers_differ: str | Callable[[Params], str | None] | None = None
    until: str | None = None
    waits: str | Callable[[Params], str | None] | None = None
    superlinear: str | None = None
    capacity: Capacity[Input] | None = None
    service: Service[Input, Answer] | None = None
    simulated: bool = False

    def __post_init__(self) -> None:
        _ = self.words  # an author sees at import that params or until are wrong

    @property
    def defaults(self) -> Parameters:
        """Return every setting with its default."""
        return values_of(self.params)

    def configure(self, values: Parameters) -> Params:
        """Return the settings with these values; raise ``ValueError`` where they are refused."""
        params = with_values(self.params, values)
        if self.check is not None:
            self.check(params)
        return params

    def require_valid(self, values: Parameters) -> None:
        """Raise ``ValueError``, with one sentence, for values that it cannot run with."""
        self.configure(values)

    @property
    def words(self) -> Description:
        """Return what the workload says about itself with its default settings."""
        return self.words_with(self.defaults)

    def words_with(self, values: Parameters) -> Description:
        """Return what the workload says about itself with these settings."""
        params = with_values(self.params, values)
        slide = self.slide
        if self.own_slide is not None:
            slide = self.own_slide(params).with_defaults(slide)
        return words(
            name=self.name,
            unit=self.unit,
            metric=self.metric,
            slide=slide,
            answers_differ=_stated(self.answers_differ, params),
            waits=_stated(self.waits, params),
            superlinear=self.superlinear,
            until=None if self.until is None else self.until.format_map(values),
        )


def _stated(words: str | Callable[[Params], str | None] | None, params: Params) -> str | None:
    """Return words that may depend on the settings (None: there are none)."""
    return words(params) if callable(words) else words


AnyWorkload = Workload[Any, Any, Any, Any]
AnyProblem = Problem[Any, Any]
AnyCapacity = Capacity[Any]
AnyService = Service[Any, Any]
