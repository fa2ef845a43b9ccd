"""What the workers of a rival do, whoever started them, and the half of a pool that follows.

Tasks, chunks, shared values and results all lie in shared memory. What a framework passes itself
is only where something lies. May import ``harness.workload`` and its neighbours.
"""

import os
import tempfile
import time
from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any, NamedTuple

from harness.workload import AnyLockstep, ChunkResult, QualityReporter
from tests.bench.rivals.parcels import (
    Parcel,
    append_value,
    memory_folder,
    read_parcels,
    resolve,
    write_file,
)
from tests.pools import CountingPool, Finished, Function, ignore_progress

WaitForAll = Callable[[int], object]


def require_all_pieces(pieces: Sequence[Any], partitions: int) -> tuple[Any, ...]:
    """Return the pieces; raise ``ValueError`` unless there is one for every partition."""
    if len(pieces) != partitions:
        raise ValueError(f"scatter returned {len(pieces)} pieces for {partitions} partitions")
    return tuple(pieces)


class Outcome(NamedTuple):
    """The result of a chunk or a partition, or a chunk's pieces, and the process that made it."""

    number: int
    parcels: tuple[Parcel, ...]
    pid: int
    busy_s: float
    cpu_s: float


@dataclass(frozen=True)
class MapTask:
    """A function over chunks."""

    function: Function
    chunks: Sequence[Any]
    shared: tuple[Any, ...]

    def __call__(self, number: int) -> tuple[Any, ...]:
        return (self.function(resolve(self.chunks[number]), *map(resolve, self.shared)),)


@dataclass(frozen=True)
class ScatterTask(MapTask):
    """The first half of a shuffle."""

    partitions: int

    def __call__(self, number: int) -> tuple[Any, ...]:
        (pieces,) = super().__call__(number)
        return require_all_pieces(pieces, self.partitions)


@dataclass(frozen=True)
class GatherTask:
    """The second half of a shuffle: ``pieces`` holds each partition's, in chunk order."""

    function: Function
    pieces: Sequence[Sequence[Parcel]]
    shared: tuple[Any, ...]

    def __call__(self, number: int) -> tuple[Any, ...]:
        pieces = read_parcels(self.pieces[number])
        return (self.function(number, pieces, *map(resolve, self.shared)),)


def run_chunk(task: Parcel, number: int, file: IO[bytes]) -> Outcome:
    """Do one chunk or partition of a task and append its outcome to the file."""
    function = resolve(task)
    began_s = time.perf_counter()
    cpu_began_s = time.process_time()
    values = function(number)
    busy_s = time.perf_counter() - began_s
    cpu_s = time.process_time() - cpu_began_s
    parcels = tuple(append_value(value, file) for value in values)
    return Outcome(number=number, parcels=parcels, pid=os.getpid(), busy_s=busy_s, cpu_s=cpu_s)


@dataclass(frozen=True, kw_only=True)
class LockstepTask:
    """A lockstep: every worker has its state and puts its part of a step where the others look."""

    program: AnyLockstep
    shares: Sequence[Any]
    steps: int
    shared: tuple[Any, ...]
    folder: str

    def __call__(self, place: int, wait_for_all: WaitForAll) -> tuple[int, Any]:
        """Return the steps taken, and the state after them.

        ``wait_for_all(step)`` returns when everybody's part of the step is there.
        """
        shared = [resolve(value) for value in self.shared]
        share = resolve(self.shares[place])
        state = self.program.start(*shared)
        for step in range(self.steps):
            if self.program.is_over(state, step, *shared):
                return step, state
            own = self.program.contribute(state, step, share, *shared)
            parts = self._exchange(step, place, own, wait_for_all)
            state = self.program.combine(state, step, parts, *shared)
        return self.steps, state

    def _exchange(self, step: int, place: int, own: Any, wait_for_all: WaitForAll) -> list[Any]:
        if len(self.shares) == 1:
            return [own]
        files = self.part_files(step)
        write_file(own, files[place])
        wait_for_all(step)
        if step:
            # whoever is at this step has opened all parts of the one before
            os.unlink(self.part_files(step - 1)[place])
        others = read_parcels([Parcel(file, 0) for file in files[:place] + files[place + 1 :]])
        return [*others[:place], own, *others[place:]]

    def part_files(self, step: int) -> list[str]:
        """Return where the workers put their parts of a step."""
        return [f"{self.folder}/{step}-{place}" for place in range(len(self.shares))]


class SharedMemoryPool(CountingPool):
    """A pool whose workers meet in shared memory; the framework starts them and gives the orders.

    After an error it is only good for closing: its workers may be gone.
    """

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self._memory = tempfile.TemporaryDirectory(dir=memory_folder(), prefix="pool-")
        self._numbers = count()

    @abstractmethod
    def run_chunks(self, task: Parcel, number: int, folder: str) -> Iterable[Outcome]:
        """Yield the outcome of every number below ``number``, in files of the folder.

        A worker that is free pulls the next number.
        """

    @abstractmethod
    def run_together(self, task: Parcel, folder: str) -> Parcel:
        """Run a lockstep's task on every worker at once; return what the first one returns."""

    def forget(self) -> None:
        """Give back what was shared or made so far; what is open stays open."""
        for folder, _, files in os.walk(self._memory.name):
            for file in files:
                Path(folder, file).unlink()

    def close(self) -> None:
        """End the workers and give the memory back."""
        self._memory.cleanup()

    def share(self, value: Any) -> Parcel:
        with open(f"{self._memory.name}/{next(self._numbers)}", "xb") as file:
            return append_value(value, file)

    def run_map(
        self,
        function: Function,
        chunks: Sequence[Any],
        shared: tuple[Any, ...],
        finished: Finished,
    ) -> list[ChunkResult[Any]]:
        task = MapTask(function, chunks, shared)
        return _results(self._outcomes(task, len(chunks), finished))

    def run_shuffle(
        self,
        scatter: Function,
        chunks: Sequence[Any],
        gather: Function,
        partitions: int,
        shared: tuple[Any, ...],
        finished: Finished,
    ) -> list[ChunkResult[Any]]:
        scattering = ScatterTask(scatter, chunks, shared, partitions)
        rows = [one.parcels for one in self._outcomes(scattering, len(chunks), finished)]
        pieces = [[row[partition] for row in rows] for partition in range(partitions)]
        gathering = GatherTask(gather, pieces, shared)
        return _results(self._outcomes(gathering, partitions, ignore_progress))

    def run_lockstep(
        self,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        shared: tuple[Any, ...],
        reached: QualityReporter,
    ) -> Any:
        folder = self._new_folder()
        task = LockstepTask(
            program=program, shares=shares, steps=steps, shared=shared, folder=folder
        )
        ((taken, state),) = read_parcels([self.run_together(self.share(task), folder)])
        reached(taken)
        return state

    def _outcomes(
        self, task: Callable[[int], Any], number: int, finished: Finished
    ) -> list[Outcome]:
        outcomes = []
        for outcome in self.run_chunks(self.share(task), number, self._new_folder()):
            outcomes.append(outcome)
            finished(outcome.number)
        return sorted(outcomes)

    def _new_folder(self) -> str:
        return tempfile.mkdtemp(dir=self._memory.name)


def _results(outcomes: Sequence[Outcome]) -> list[ChunkResult[Any]]:
    values = read_parcels([parcel for outcome in outcomes for parcel in outcome.parcels])
    return [
        ChunkResult(
            value=value,
            chunk=outcome.number,
            worker=f"process {outcome.pid}",
            busy_s=outcome.busy_s,
            cpu_s=outcome.cpu_s,
        )
        for value, outcome in zip(values, outcomes, strict=True)
    ]
