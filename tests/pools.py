"""A pool without processes, for the workloads' tests: its workers take turns.

What passes between them is copied and made read-only.
"""

import pickle
from collections.abc import Callable, Sequence
from typing import Any

from harness.workload import AnyLockstep, AnyProblem, ChunkResult, Reporter


def _one(_: Any) -> int:
    return 1


def ignore_progress(_: int) -> None:
    """Report to nobody."""


def warmup_of(problem: AnyProblem) -> Any:
    """Return the warm-up of a problem that has one."""
    assert problem.warmup is not None
    return problem.warmup


class InProcessPool:
    """So many workers in this one process, as ``harness.workload.Pool`` describes them.

    A worker's own part stays as it is; others are given an unpickled copy with read-only arrays.
    ``states`` are the replicas of the last lockstep.
    """

    def __init__(self, workers: int) -> None:
        self.size = workers
        self.states: list[Any] = []

    def share(self, value: Any) -> Any:
        return sealed(value)

    def map(
        self,
        function: Callable[..., Any],
        chunks: Sequence[Any],
        *shared: Any,
        items: Callable[[Any], int] = _one,
        report: Reporter = ignore_progress,
    ) -> list[ChunkResult[Any]]:
        parts, done = [], 0
        for place, chunk in enumerate(chunks):
            parts.append(
                ChunkResult(
                    value=sealed(function(sealed(chunk), *shared)),
                    chunk=place,
                    worker=f"w{place % self.size}",
                    busy_s=0.0,
                    cpu_s=0.0,
                )
            )
            done += items(chunk)
            report(done)
        return parts

    def shuffle(
        self,
        scatter: Callable[..., Any],
        chunks: Sequence[Any],
        gather: Callable[..., Any],
        partitions: int,
        *shared: Any,
        items: Callable[[Any], int] = _one,
        report: Reporter = ignore_progress,
    ) -> list[ChunkResult[Any]]:
        pieces = [
            part.value for part in self.map(scatter, chunks, *shared, items=items, report=report)
        ]
        assert all(len(scattered) == partitions for scattered in pieces)
        return self.map(
            lambda partition, *given: gather(
                partition, [scattered[partition] for scattered in pieces], *given
            ),
            range(partitions),
            *shared,
        )

    def lockstep(
        self,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        *shared: Any,
        items: Callable[[Any], int] = _one,
        report: Reporter = ignore_progress,
    ) -> Any:
        states = [program.start(*shared) for _ in shares]
        for step in range(steps):
            own = [
                program.contribute(state, step, share, *shared)
                for state, share in zip(states, shares, strict=True)
            ]
            sent = [sealed(part) for part in own]
            for place, state in enumerate(states):
                parts = [*sent[:place], own[place], *sent[place + 1 :]]
                states[place] = program.combine(state, step, parts, *shared)
            report((step + 1) * sum(map(items, shares)))
        self.states = states
        return states[0]


def sealed(value: Any) -> Any:
    """Return a copy whose arrays are read-only, as what comes out of shared memory is."""
    buffers: list[pickle.PickleBuffer] = []
    pickled = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(pickled, buffers=[bytes(buffer.raw()) for buffer in buffers])
