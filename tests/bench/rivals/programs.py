"""Small programs for the tests of the pools: an error of a pool shows in what they return.

They have a module of their own, so that worker processes can import them.
"""

import os
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.run.host import numeric_threads
from harness.workload import Lockstep

Array = npt.NDArray[np.int64]

COPIES: list[Array] = []
LENGTH = 100_000  # such arrays travel beside their pickle
SHORT = 3  # steps until the short diary is full


class Terms(NamedTuple):
    """A process, its cores, the threads that its numeric libraries use, and its niceness."""

    pid: int
    cores: int
    threads: int
    nice: int


def worker_terms(_: int) -> Terms:
    """Return the terms on which this process runs; slowly, so that no worker takes all chunks."""
    time.sleep(0.02)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    return Terms(os.getpid(), cores, numeric_threads(), os.nice(0))


def scale_table(chunk: int, table: Array, name: str) -> tuple[str, Array]:
    """Return what was passed, so that a test can compare every argument."""
    return f"{name} {chunk}", table * chunk


def table_address(_: int, table: Array) -> tuple[int, int]:
    """Return where the shared table lies: the process, and the address in it."""
    COPIES.append(table)  # so that another copy would lie elsewhere
    time.sleep(0.02)
    return os.getpid(), table.ctypes.data


def fail_on_fourth(chunk: int) -> int:
    """Raise ``LookupError`` for the fourth chunk."""
    if chunk == 3:
        raise LookupError("chunk 3 is broken")
    return chunk


def scatter_table(chunk: int, table: Array) -> list[tuple[int, Array]]:
    """Return a piece for each of four partitions, with the number of its chunk."""
    return [(chunk, table[partition::4] + chunk) for partition in range(4)]


def gather_pieces(
    partition: int, pieces: Sequence[tuple[int, Array]], table: Array
) -> tuple[int, list[int], Array]:
    """Return the pieces of a partition in the order they came."""
    return partition, [chunk for chunk, _ in pieces], np.concatenate([piece for _, piece in pieces])


class Diary:
    """A lockstep's state: all parts of all steps so far, and the next part's buffer."""

    def __init__(self, table: Array) -> None:
        self.total = table.copy()
        self.entries: list[tuple[int, tuple[str, ...]]] = []
        self.buffer = np.zeros_like(table)


def begin(table: Array) -> Diary:
    return Diary(table)


def contribute(state: Diary, step: int, share: str, table: Array) -> tuple[str, Array]:
    """Return a view of the state's buffer, good until the next call."""
    np.multiply(state.total, step + len(share), out=state.buffer)
    return f"{share} after {len(state.entries)}", state.buffer[len(share) :]


def combine(state: Diary, step: int, parts: Sequence[tuple[str, Array]], table: Array) -> Diary:
    state.entries.append((step, tuple(words for words, _ in parts)))
    for place, (_, numbers) in enumerate(parts):
        state.total[-len(numbers) :] += (place + 1) * numbers
    np.remainder(state.total, 1_000_003, out=state.total)
    return state


def contribute_or_fail(state: Diary, step: int, share: str, table: Array) -> tuple[str, Array]:
    """Raise ``LookupError`` on one worker at the third step."""
    if step == 2 and share == "bb":
        raise LookupError("bb stumbled")
    return contribute(state, step, share, table)


def is_short(state: Diary, steps: int, table: Array) -> bool:
    """Return whether a short diary is full."""
    return steps == len(state.entries) == SHORT


DIARY = Lockstep(begin, contribute, combine)
SHORT_DIARY = Lockstep(begin, contribute, combine, is_short)
FAILING_DIARY = Lockstep(begin, contribute_or_fail, combine)
