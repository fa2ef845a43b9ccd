"""The workers as a workload's ``distributed`` sees them: ``Pool`` and what passes through it.

Part of the workload contract, types only; ``workload`` hands it on to workload files. May import
``fleet``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, Generic, Protocol, TypeVar

from harness.fleet import Asked, Fleet, Queries, Reply, Requests, Shard

Chunk = TypeVar("Chunk")
Piece = TypeVar("Piece")
Result = TypeVar("Result")
State = TypeVar("State")
Share = TypeVar("Share")
Stage = TypeVar("Stage")
Part = TypeVar("Part")

Reporter = Callable[[int], None]
"""What a side calls with the items done so far."""


class QualityReporter(Protocol):
    """A reporter that also takes the quality that the answer has so far."""

    def __call__(self, done: int, quality: float | None = None, /) -> None:
        """Report the items done so far, and the quality so far.

        It is measured by the side itself, for screens alone: not on the held-out set, which no side
        sees (None: there is none, or no new one).
        """


@dataclass(frozen=True, kw_only=True)
class ChunkResult(Generic[Result]):
    """The result of one chunk, the worker that computed it and the seconds it took there."""

    value: Result
    chunk: int
    worker: str
    busy_s: float
    cpu_s: float


@dataclass(frozen=True)
class Lockstep(Generic[State, Share, Part]):
    """A replicated computation: every worker holds the same state and exchanges parts every step.

    ``start(*shared)`` makes the state. ``contribute(state, step, share, *shared)`` computes a
    worker's part from its element of ``shares``. ``combine(state, step, parts, *shared)`` returns
    the next state from all parts, in worker order. ``stop(state, steps, *shared)`` is asked after
    each number of ``steps``, perhaps not the last, and says whether the state is good enough
    (None: all steps are taken). ``measure(state, steps, *shared)`` returns the quality that the
    state is known to have (None: not known yet), for ``report`` and so for screens. Equal arguments
    must give equal bits, and leave the state as it is but for ``combine``: while a worker is lost
    the others contribute its share's part as well, who comes in its place takes over the state of
    another one, and the answer stays the same. All workers stop after the same step.
    """

    start: Callable[..., State]
    contribute: Callable[Concatenate[State, int, Share, ...], Part]
    combine: Callable[Concatenate[State, int, Sequence[Part], ...], State]
    stop: Callable[Concatenate[State, int, ...], bool] | None = None
    measure: Callable[Concatenate[State, int, ...], float | None] | None = None

    def quality_so_far(self, state: State, steps: int, *shared: Any) -> float | None:
        """Return the quality that the state is known to have after so many steps (None: none)."""
        return None if self.measure is None else self.measure(state, steps, *shared)

    def is_over(self, state: State, steps: int, *shared: Any) -> bool:
        """Return whether the state after so many steps, one at least, is good enough."""
        return self.stop is not None and steps > 0 and self.stop(state, steps, *shared)


@dataclass(frozen=True)
class Pipeline(Generic[Stage, Share, Part, Result]):
    """A computation whose state is split: every worker holds a stage of it, one after the other.

    A step consists of micro-batches, known by number, that pass through all stages and back.
    ``start(share, *shared)`` makes a worker's stage from its element of ``shares``.
    ``forward(stage, step, micro_batch, part, *shared)`` returns what goes to the next stage, given
    what came from the one before (None: this is the first). ``turn(stage, step, micro_batch, part,
    *shared)`` makes of the last stage's part what goes back. ``backward(stage, step, micro_batch,
    part, *shared)`` returns what goes to the stage before. It may run before other forwards of the
    step and changes nothing that these read. ``update(stage, step, micro_batch, *shared)`` changes
    the stage, once all its forwards of the step are done, and this micro-batch's backward.
    ``conclude(stage, *shared)`` returns what of the stage belongs to the answer.

    Each of these functions is called for the micro-batches in their order. Equal arguments must
    give equal bits: while a worker is lost, all stages go back to an earlier step, which they
    compute again. ``start`` may be called anew in the same process after a loss.
    """

    start: Callable[Concatenate[Share, ...], Stage]
    forward: Callable[Concatenate[Stage, int, int, Part | None, ...], Part]
    turn: Callable[Concatenate[Stage, int, int, Part, ...], Part]
    backward: Callable[Concatenate[Stage, int, int, Part, ...], Part]
    update: Callable[Concatenate[Stage, int, int, ...], None]
    conclude: Callable[Concatenate[Stage, ...], Result]

    def take_step(
        self, stages: Sequence[Stage], step: int, micro_batches: int, *shared: Any
    ) -> None:
        """Take a step of all stages here, micro-batch by micro-batch: what a pool computes."""
        for number in range(micro_batches):
            part: Any = None
            for stage in stages:
                part = self.forward(stage, step, number, part, *shared)
            part = self.turn(stages[-1], step, number, part, *shared)
            for stage in reversed(stages):
                part = self.backward(stage, step, number, part, *shared)
        for number in range(micro_batches):
            for stage in stages:
                self.update(stage, step, number, *shared)


class Pool(Protocol):
    """The workers, as ``distributed`` sees them.

    In every method ``items`` counts a chunk (or a share) in the workload's unit, one by default,
    and ``report`` is called with the number of items done so far.
    """

    @property
    def size(self) -> int:
        """Return the number of workers, p."""

    def share(self, value: Any) -> Any:
        """Put a value where every worker reads it without a copy; return its handle."""

    def map(
        self,
        function: Callable[Concatenate[Chunk, ...], Result],
        chunks: Sequence[Chunk],
        *shared: Any,
        items: Callable[[Chunk], int] = ...,
        report: Reporter = ...,
        activity: Callable[[Chunk], str] = ...,
    ) -> list[ChunkResult[Result]]:
        """Run ``function(chunk, *shared)`` on every chunk; return the results in chunk order.

        A worker that is free pulls the next chunk. ``activity`` says in a few words what a worker
        does with a chunk, for screens; they name nothing secret, since the journal keeps them.
        """

    def shuffle(
        self,
        scatter: Callable[Concatenate[Chunk, ...], Sequence[Piece]],
        chunks: Sequence[Chunk],
        gather: Callable[..., Result],
        partitions: int,
        *shared: Any,
        items: Callable[[Chunk], int] = ...,
        report: Reporter = ...,
    ) -> list[ChunkResult[Result]]:
        """Exchange pieces all to all; return one result per partition, in order.

        ``scatter(chunk, *shared)`` returns one piece per partition. ``gather(partition, pieces,
        *shared)`` is given a partition's pieces in chunk order. Pieces go from worker to worker,
        never through the driver. ``report`` counts the items that are scattered.
        """

    def lockstep(
        self,
        program: Lockstep[State, Share, Part],
        shares: Sequence[Share],
        steps: int,
        *shared: Any,
        items: Callable[[Share], int] = ...,
        report: Reporter = ...,
    ) -> State:
        """Run ``steps`` synchronous steps, one share per worker; return the final state.

        Fewer where the program stops before. Where it has a ``measure``, ``report`` is also given
        the quality so far.
        """

    def pipeline(
        self,
        program: Pipeline[Stage, Share, Part, Result],
        shares: Sequence[Share],
        steps: int,
        micro_batches: int,
        *shared: Any,
        items: int = ...,
        report: Reporter = ...,
    ) -> list[Result]:
        """Run ``steps`` steps of so many micro-batches each, with one stage per worker.

        Return what each stage concludes, in their order. ``items`` counts a step in the workload's
        unit.
        """

    def serve(
        self,
        program: Fleet[Share, Shard, Asked, Queries, Part, Reply],
        shares: Sequence[Share],
        asked: Sequence[Asked],
        requests: Requests,
        micro_batch: int,
        *shared: Any,
        report: Reporter = ...,
    ) -> list[Reply | None]:
        """Answer requests until they are over, with one shard per worker; return the replies.

        ``asked`` is what each request asks, by its number, and so is what is returned (None: it was
        not answered). Micro-batches have at most so many requests; what has come by the time a
        worker is free is one. A worker has at most two in flight. While a worker is lost others
        search its shard.
        """


AnyLockstep = Lockstep[Any, Any, Any]
AnyPipeline = Pipeline[Any, Any, Any, Any]
