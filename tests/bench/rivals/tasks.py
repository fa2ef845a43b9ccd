"""What the worker processes of a rival do, whoever started them, and the half of a pool that it follows from.

Tasks, chunks and what is shared lie in shared memory, and so does all that is made of them: what a framework
passes itself is where something lies.
"""

import os
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import IO, Any, NamedTuple

from harness.workload import AnyLockstep, ChunkResult, Reporter
from tests.bench.rivals.parcels import Parcel, given, leave, memory, opened, put
from tests.pools import ignore_progress

Meet = Callable[[int], object]


def one_each(_: Any) -> int:
    """Count a chunk, or a share, as one item."""
    return 1


def complete(pieces: Sequence[Any], partitions: int) -> tuple[Any, ...]:
    """Return the pieces; raise ``ValueError`` unless there is one for every partition."""
    if len(pieces) != partitions:
        raise ValueError(f"scatter returned {len(pieces)} pieces for {partitions} partitions")
    return tuple(pieces)


class Made(NamedTuple):
    """What became of a chunk, or of a partition: its outcome, or a piece for every partition, and the process and the seconds it took."""

    number: int
    outcomes: tuple[Parcel, ...]
    worker: int
    busy_s: float
    cpu_s: float


@dataclass(frozen=True)
class Mapping:
    """A function over chunks."""

    function: Callable[..., Any]
    chunks: Sequence[Any]
    shared: tuple[Any, ...]

    def __call__(self, number: int) -> tuple[Any, ...]:
        return (self.function(given(self.chunks[number]), *map(given, self.shared)),)


@dataclass(frozen=True)
class Scattering(Mapping):
    """The first half of a shuffle."""

    partitions: int

    def __call__(self, number: int) -> tuple[Any, ...]:
        (pieces,) = super().__call__(number)
        return complete(pieces, self.partitions)


@dataclass(frozen=True)
class Gathering:
    """The second half: a partition's pieces lie in a row, in chunk order."""

    function: Callable[..., Any]
    pieces: Sequence[Sequence[Parcel]]
    shared: tuple[Any, ...]

    def __call__(self, number: int) -> tuple[Any, ...]:
        return (self.function(number, opened(self.pieces[number]), *map(given, self.shared)),)


def perform(task: Parcel, number: int, file: IO[bytes]) -> Made:
    """Do one chunk or partition of a task and put its outcome into the file."""
    work, busy, cpu = given(task), time.perf_counter(), time.process_time()
    values = work(number)
    busy_s, cpu_s = time.perf_counter() - busy, time.process_time() - cpu
    return Made(number, tuple(put(value, file) for value in values), os.getpid(), busy_s, cpu_s)


@dataclass(frozen=True)
class Walk:
    """A lockstep: every worker keeps its state, and leaves its part of a step where the others find it, in a folder."""

    program: AnyLockstep
    shares: Sequence[Any]
    steps: int
    shared: tuple[Any, ...]
    folder: str

    def __call__(self, place: int, meet: Meet) -> Any:
        """Return the state after all steps; ``meet(step)`` returns when everybody's part of it is there."""
        shared, share = [given(value) for value in self.shared], given(self.shares[place])
        state = self.program.start(*shared)
        for step in range(self.steps):
            own = self.program.contribute(state, step, share, *shared)
            state = self.program.combine(
                state, step, self._exchanged(step, place, own, meet), *shared
            )
        return state

    def _exchanged(self, step: int, place: int, own: Any, meet: Meet) -> list[Any]:
        if len(self.shares) == 1:
            return [own]
        left = self.parts(step)
        leave(own, left[place])
        meet(step)
        if step:
            os.unlink(
                self.parts(step - 1)[place]
            )  # whoever is at this step has opened all parts of the last
        others = opened([Parcel(file, 0) for file in left[:place] + left[place + 1 :]])
        return [*others[:place], own, *others[place:]]

    def parts(self, step: int) -> list[str]:
        """Return where the workers leave their parts of a step."""
        return [f"{self.folder}/{step}-{place}" for place in range(len(self.shares))]


class MemoryPool(ABC):
    """A pool whose workers meet in shared memory; how they are started and told what to do is the framework's part.

    One that has raised is over: its workers may be gone.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self._held = tempfile.TemporaryDirectory(dir=memory(), prefix="pool-")
        self._numbers = count()

    @abstractmethod
    def pull(self, task: Parcel, number: int, folder: str) -> Iterable[Made]:
        """Have a task done for every number below ``number``, pulled dynamically, with outcomes in files of the folder."""

    @abstractmethod
    def walk(self, task: Parcel, folder: str) -> Parcel:
        """Have every worker walk at once, and return the first one's state."""

    def forget(self) -> None:
        """Give back what was shared or made so far; what is open stays open."""
        for folder, _, files in os.walk(self._held.name):
            for file in files:
                Path(folder, file).unlink()

    def close(self) -> None:
        """End the workers and give the memory back."""
        self._held.cleanup()

    def share(self, value: Any) -> Parcel:
        with open(f"{self._held.name}/{next(self._numbers)}", "xb") as file:
            return put(value, file)

    def map(
        self,
        function: Callable[..., Any],
        chunks: Sequence[Any],
        *shared: Any,
        items: Callable[[Any], int] = one_each,
        report: Reporter = ignore_progress,
    ) -> list[ChunkResult[Any]]:
        return _parts(
            self._pulled(
                Mapping(function, chunks, shared),
                len(chunks),
                lambda number: items(chunks[number]),
                report,
            )
        )

    def shuffle(
        self,
        scatter: Callable[..., Any],
        chunks: Sequence[Any],
        gather: Callable[..., Any],
        partitions: int,
        *shared: Any,
        items: Callable[[Any], int] = one_each,
        report: Reporter = ignore_progress,
    ) -> list[ChunkResult[Any]]:
        dealing = Scattering(scatter, chunks, shared, partitions)
        dealt = [
            made.outcomes
            for made in self._pulled(
                dealing, len(chunks), lambda number: items(chunks[number]), report
            )
        ]
        pieces = [[outcomes[partition] for outcomes in dealt] for partition in range(partitions)]
        return _parts(
            self._pulled(
                Gathering(gather, pieces, shared), partitions, lambda _: 0, ignore_progress
            )
        )

    def lockstep(
        self,
        program: AnyLockstep,
        shares: Sequence[Any],
        steps: int,
        *shared: Any,
        items: Callable[[Any], int] = one_each,
        report: Reporter = ignore_progress,
    ) -> Any:
        if len(shares) != self.size:
            raise ValueError(f"{self.size} workers need {self.size} shares, not {len(shares)}")
        folder = self._folder()
        (state,) = opened(
            [self.walk(self.share(Walk(program, shares, steps, shared, folder)), folder)]
        )
        report(steps * sum(map(items, shares)))
        return state

    def _pulled(
        self, task: Callable[[int], Any], number: int, items: Callable[[int], int], report: Reporter
    ) -> list[Made]:
        done, made = 0, []
        for one in self.pull(self.share(task), number, self._folder()):
            made.append(one)
            done += items(one.number)
            report(done)
        return sorted(made)

    def _folder(self) -> str:
        return tempfile.mkdtemp(dir=self._held.name)


def _parts(made: Sequence[Made]) -> list[ChunkResult[Any]]:
    values = opened([outcome for one in made for outcome in one.outcomes])
    return [
        ChunkResult(
            value=value,
            chunk=one.number,
            worker=f"process {one.worker}",
            busy_s=one.busy_s,
            cpu_s=one.cpu_s,
        )
        for value, one in zip(values, made, strict=True)
    ]
