"""What is asked of a session, complete before anything starts: who runs, how often, at what prices.

Every value is frozen. Others import these nouns from ``model``. Imports ``quantities``.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any

from msgspec import Meta

from harness.quantities import (
    LARGEST_COUNT,
    MOST_STRIKES,
    Amount,
    Count,
    Number,
    PositiveCount,
    Price,
    PriceOrNothing,
    Seconds,
)

Scalar = Annotated[int, Meta(ge=-LARGEST_COUNT, le=LARGEST_COUNT)] | Number | str | bool
Parameters = dict[str, Scalar]

MOST_SCALES = 1_000
ANSWERS_ALIKE = "answers alike"
"""The metric of two programs whose answers have no other quality."""

_ROUNDING = 1e-9

FORMER_FIELDS = {"adopted": "commands"}


class Schedule(StrEnum):
    """When the sides run: at once, one after the other, or whichever is fair here."""

    AUTO = "auto"
    IN_TURN = "in-turn"
    TOGETHER = "together"


class Scaling(StrEnum):
    """What stays equal as workers are added: all work (strong), or each worker's (weak)."""

    STRONG = "strong"
    WEAK = "weak"


@dataclass(frozen=True)
class Description:
    """What a workload says of itself; shown on slides, never computed with but for its metric.

    ``tolerance`` is the largest accepted absolute change in quality, fixed before the run;
    ``higher_is_better`` tells which way the quality is better.
    ``answers_differ`` is why the two answers need not be equal to the last bit; empty: they must
    be, wherever both sides ran on like processors with as many threads. ``until`` is the result at
    which either side stops, after whatever work that takes it; empty: both do a fixed amount.
    ``waits`` is what the baseline waits for instead of computing, ``superlinear`` why the speedup
    may be more than the hardware added; empty: neither is so. ``bound`` is the number that proves
    the bottleneck; empty: none is stated.
    """

    name: str
    axis: str
    unit: str
    bottleneck: str
    partition: str
    communication: str
    consistency: str
    neighbour: str
    limitation: str
    metric: str
    tolerance: Annotated[
        Amount, Meta(description="the largest accepted change of quality, in units of the metric")
    ]
    answers_differ: str = ""
    until: str = ""
    higher_is_better: bool = True
    waits: str = ""
    superlinear: str = ""
    bound: str = ""

    def tolerates(self, change: float) -> bool:
        """Return whether a change of quality stays within the tolerance, whichever way it goes."""
        return abs(change) <= self.tolerance + _ROUNDING

    def reaches(self, quality: float, other: float) -> bool:
        """Return whether a quality is as good as another one, but for the tolerance."""
        gain = quality - other if self.higher_is_better else other - quality
        return gain >= 0 or self.tolerates(gain)


@dataclass(frozen=True)
class CommandFacts:
    """The sides are a command pair, and this is what can be known of its programs.

    ``says_ready`` tells that their start-up is off the clock, ``input_named`` that what both read
    has a digest. ``compared`` is what is compared of their answers: a ``file``, the ``output``, or
    only their quality (empty). ``same_command`` tells that both sides run one and the same program.
    Before the clocks each program ran ``warm_ups`` times, and before every run a command of the
    presenter's, if it ``is_prepared``. ``environment`` names what the race changes in the
    presenter's environment, the same for both programs.
    """

    says_ready: bool
    input_named: bool
    compared: str
    same_command: bool = False
    warm_ups: Count = 0
    is_prepared: bool = False
    environment: tuple[str, ...] = ()


@dataclass(frozen=True)
class Offer:
    """The same machines at other prices, in the list's currency per machine-hour.

    ``name`` is for example spot.
    """

    name: str
    baseline_per_hour: Price
    worker_per_hour: PriceOrNothing
    head_per_hour: PriceOrNothing


@dataclass(frozen=True)
class SpotPrices:
    """What machines cost that may be taken away in mid-run, in the list's currency per hour."""

    worker_per_hour: PriceOrNothing
    head_per_hour: PriceOrNothing


@dataclass(frozen=True)
class Prices:
    """Money per machine-hour of the baseline's machine, of one worker's and of the head node.

    A machine is a worker's share: a baseline with the cores of several is billed as several, so
    that at equal prices the cost ratio is exactly 1/E. ``offers`` are the other prices on the list;
    every claim is made at the first ones, or at the ``spot`` prices of the distributed side's
    machines where that was asked for (None: the list has none).
    """

    currency: str
    baseline_per_hour: Price
    worker_per_hour: PriceOrNothing
    head_per_hour: PriceOrNothing
    source: str
    date: str
    illustrative: bool
    offers: tuple[Offer, ...] = ()
    spot: SpotPrices | None = None


@dataclass(frozen=True)
class Spec:
    """What was asked of this session, complete before anything starts.

    ``workers`` is the scale that the headline is about, ``points`` are all scales of a sweep,
    ascending (empty: only ``workers``). ``insecure`` tells that the joined cluster can be reached
    by other machines and that no token protects it. ``oversubscribe`` allows more workers than
    cores, ``prove_baseline`` asks for ``Results.rates``. ``commands`` is None where the sides are a
    workload's own two functions. ``chaos`` are the strikes at the distributed side, each as
    ``chaos`` writes it, ``spares`` the warm workers that stand by beyond the ``workers``.
    ``spot`` bills the distributed side at the spot prices. ``checkpoint_s`` is how long the
    baseline is assumed to take for a checkpoint (None: nothing is assumed).
    ``baseline_on_node``: the baseline runs on a host of the cluster that was joined.
    """

    workload: Description
    params: Parameters
    workers: PositiveCount
    cores_per_worker: PositiveCount
    baseline_cores: PositiveCount
    schedule: Schedule
    trials: PositiveCount
    prices: Prices
    joined_cluster: bool = False
    points: Annotated[tuple[PositiveCount, ...], Meta(max_length=MOST_SCALES)] = ()
    oversubscribe: bool = False
    prove_baseline: bool = False
    scaling: Scaling = Scaling.STRONG
    commands: CommandFacts | None = None
    insecure: bool = False
    chaos: Annotated[tuple[str, ...], Meta(max_length=MOST_STRIKES)] = ()
    spares: Count = 0
    spot: bool = False
    checkpoint_s: Seconds | None = None
    baseline_on_node: bool = False

    @property
    def has_input(self) -> bool:
        """Return whether it is known what both sides read.

        A command pair need not say it.
        """
        return self.commands is None or self.commands.input_named

    @property
    def billed_prices(self) -> Prices:
        """Return the prices that a run is billed at."""
        spot = self.prices.spot
        if not self.spot or spot is None:
            return self.prices
        return replace(
            self.prices,
            worker_per_hour=spot.worker_per_hour,
            head_per_hour=spot.head_per_hour,
        )

    @property
    def scales(self) -> tuple[int, ...]:
        """Return every number of workers that is measured, ascending."""
        return self.points or (self.workers,)


def with_current_fields(spec: dict[str, Any]) -> dict[str, Any]:
    """Return a spec, as decoded from JSON, with the current names of its fields."""
    return {FORMER_FIELDS.get(name, name): value for name, value in spec.items()}
