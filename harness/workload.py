"""The plug-in contract: a workload is one value, ``WORKLOAD``, in one file.

No base class, no registration. A workload file imports this module and its own numerics, nothing else of
ours. ``harness.run.find`` imports it by name.
May import ``model``, ``errors``, ``extras``, ``params``, ``client`` and ``command_pair``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Protocol

from harness.client import Voice as Voice
from harness.client import ready as ready
from harness.command_pair import CommandPair as CommandPair
from harness.errors import BadRequest as BadRequest
from harness.extras import install_command as install_command
from harness.extras import require_package as require_package
from harness.model import Description
from harness.model import Parameters as Parameters

Reporter = Callable[[int], None]
Tuned = tuple[str, tuple[int | float, ...]]


@dataclass(frozen=True)
class Problem:
    """What ``load`` returns: the same on both sides, digested on both.

    ``items`` counts the input in the workload's unit. ``warmup`` is a small input of the same shape, run
    once through each side before ``ready`` so that no kernel is cold; None: the side needs no warming.
    ``held_out_items`` counts the held-out set (0: it has no count). ``warmup_items`` counts the warm-up
    slice in the workload's unit: a proof of the baseline times it (0: the proof takes the whole input instead).
    """

    input: Any
    held_out: Any
    items: int
    warmup: Any = None
    held_out_items: int = 0
    warmup_items: int = 0


@dataclass(frozen=True)
class Limit:
    """What this machine could do of the work at most, such as its own rate of matrix products.

    ``rate(input, seconds)`` measures for at least so many seconds and returns items per second; ``name`` says what of.
    """

    name: str
    rate: Callable[[Any, float], float]


@dataclass(frozen=True)
class ChunkResult:
    """One chunk's result, with the worker that made it and the seconds it took there."""

    value: Any
    chunk: int
    worker: str
    busy_s: float
    cpu_s: float


@dataclass(frozen=True)
class Lockstep:
    """A replicated computation: every worker holds the same state and meets the others once a step.

    ``start(*shared)`` makes the state; ``contribute(state, step, share, *shared)`` computes this worker's
    part, ``share`` being its element of ``shares``; ``combine(state, step, parts, *shared)`` moves the state one step on, given all
    parts in worker order. Given equal inputs all three must return equal bits: a lost worker is rebuilt
    from a peer's state, and the answer does not change.
    """

    start: Callable[..., Any]
    contribute: Callable[..., Any]
    combine: Callable[..., Any]


class Pool(Protocol):
    """The workers as a workload's ``distributed`` sees them."""

    @property
    def size(self) -> int:
        """Return the number of workers, p."""

    def share(self, value: Any) -> Any:
        """Put a value where every worker can read it without a copy; return its handle."""

    def map(
        self,
        function: Callable[..., Any],
        chunks: Sequence[Any],
        *shared: Any,
        items: Callable[[Any], int] = ...,
        report: Reporter = ...,
    ) -> list[ChunkResult]:
        """Run ``function(chunk, *shared)`` over the chunks, pulled dynamically; return parts in chunk order.

        ``items(chunk)`` counts a chunk in the workload's unit; ``report`` is given the items done so far.
        """

    def shuffle(
        self,
        scatter: Callable[..., Any],
        chunks: Sequence[Any],
        gather: Callable[..., Any],
        partitions: int,
        *shared: Any,
        items: Callable[[Any], int] = ...,
        report: Reporter = ...,
    ) -> list[ChunkResult]:
        """Run ``scatter(chunk, *shared)`` over the chunks, then ``gather(partition, pieces, *shared)``; return its parts in order.

        ``scatter`` returns one piece per partition, ``gather`` is given a partition's pieces in chunk order: all to all. Pieces pass
        from worker to worker, the driver never sees one. ``items(chunk)`` counts a chunk; ``report`` is given the items scattered so far.
        """

    def lockstep(
        self,
        program: Lockstep,
        shares: Sequence[Any],
        steps: int,
        *shared: Any,
        items: Callable[[Any], int] = ...,
        report: Reporter = ...,
    ) -> Any:
        """Run ``steps`` synchronous steps with one share per worker; return the final state.

        ``items(share)`` counts what a worker does of a share in one step; ``report`` is given the items done so far.
        """


@dataclass(frozen=True)
class Workload:
    """A workload: its words, its parameters with their defaults, and its four functions.

    ``load(params)`` returns a ``Problem``; ``baseline(input, report)`` and ``distributed(input, pool,
    report)`` return an answer; ``quality(answer, held_out)`` returns a float. ``check(params)`` raises
    ``ValueError`` with one sentence for values that make no sense. ``simulated`` marks a pretend workload,
    whose results never make a headline.

    The last three are for a proof that the baseline is a good one, timed beside it; each may be left out. ``tuned``
    names the parameter that the baseline is tuned by, and values to try beside the one in use; ``naive(input, report)``
    does the baseline's work as it is written without care; ``limit`` is what the machine could do at most.
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
    tolerance: float
    load: Callable[[Parameters], Problem]
    baseline: Callable[[Any, Reporter], Any]
    distributed: Callable[[Any, Pool, Reporter], Any]
    quality: Callable[[Any, Any], float]
    params: Parameters = field(default_factory=dict)
    answers_differ: str = ""
    check: Callable[[Parameters], None] | None = None
    simulated: bool = False
    tuned: Tuned | None = None
    naive: Callable[[Any, Reporter], Any] | None = None
    limit: Limit | None = None

    @property
    def defaults(self) -> Parameters:
        """Return everything that a setting may change."""
        return self.params

    @property
    def words(self) -> Description:
        """Return what the workload says of itself."""
        return Description(**{word.name: getattr(self, word.name) for word in fields(Description)})
