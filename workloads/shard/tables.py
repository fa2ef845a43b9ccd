"""The model of ``shard``: a table for every length of context, whose rows are added.

That is a multinomial logistic regression on hashed contexts of 0 to ``orders`` - 1 bytes, trained
by row-wise Adagrad. Tables of long contexts come first, so that rows are added in one order
wherever the tables lie. Imports ``harness.workload`` and this package.
"""

import mmap
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations, pairwise

import numpy as np

from harness.workload import BadRequest, Pipeline
from workloads.shard.device import lift_limit, limit_memory, zeros
from workloads.shard.kernel import (
    LOGITS,
    SYMBOLS,
    Array,
    add_rows,
    change_rows,
    compile_all,
    find_rows,
    turn_to_errors,
)
from workloads.shard.recipe import ROW_BYTES, Corpus, Recipe

TABLE_COST, BYTE_COST, TURN_COST = 14, 1, 48  # relative, as measured: long contexts are all over

Tables = tuple[Array, ...]


@dataclass
class Stage:
    """The tables of some orders, longest first, and the micro-batches that are under way.

    The first tables are ``in_memory``; the others are mapped from a file.
    """

    orders: range
    in_memory: int
    tables: list[Array]
    rows: list[Array] = field(default_factory=list)
    errors: list[Array] = field(default_factory=list)

    @cached_property
    def sizes(self) -> Array:
        """Return the rows of the tables, shortest contexts first."""
        return np.array([len(table) for table in reversed(self.tables)])

    def __deepcopy__(self, memo: object) -> "Stage":
        """Return a copy whose tables lie where these do."""
        tables = make_tables([len(table) for table in self.tables], self.in_memory)
        for table, original in zip(tables, self.tables, strict=True):
            table[:] = original
        return Stage(self.orders, self.in_memory, tables, [*self.rows], [*self.errors])


def split_orders(recipe: Recipe, workers: int) -> list[range]:
    """Return each worker's orders, longest contexts first, so that all take about as long.

    Of all ways of cutting them whose tables fit onto devices it is the fastest; where none fits,
    the one whose largest share is the least. Raises ``BadRequest`` for more workers than tables.
    """
    if workers > recipe.orders:
        raise BadRequest(
            f"{recipe.orders} tables cannot be shared out to {workers} workers",
            f"use at most {recipe.orders} workers, or --set orders={workers}",
        )
    return min(
        (
            [range(low, high) for low, high in pairwise((0, *cuts, recipe.orders))][::-1]
            for cuts in combinations(range(1, recipe.orders), workers - 1)
        ),
        key=lambda shares: (excess_bytes(recipe, shares), longest(shares)),
    )


def excess_bytes(recipe: Recipe, shares: Sequence[range]) -> int:
    """Return by how much the largest share exceeds a device (0: all fit)."""
    largest = max(bytes_needed(recipe, share) for share in shares)
    return max(0, largest - recipe.device_bytes)


def bytes_needed(recipe: Recipe, orders: range) -> int:
    """Return the bytes of these orders' tables, and of a step."""
    rows = sum(recipe.rows_of(order) for order in orders)
    return rows * ROW_BYTES + step_bytes(recipe, len(orders))


def step_bytes(recipe: Recipe, orders: int) -> int:
    """Return the bytes that a step keeps: rows, and logits or errors, of all micro-batches."""
    return recipe.batch * SYMBOLS * 4 * (orders + 2 * LOGITS)


def longest(shares: Sequence[range]) -> int:
    """Return how long the slowest share takes, relatively; softmax is the last one's.

    A table takes the longer, the longer its contexts are: fewer of its rows are met again soon.
    """
    costs = [sum(TABLE_COST + BYTE_COST * order for order in share) for share in shares]
    costs[-1] += TURN_COST
    return max(costs)


def start(orders: range, corpus: Corpus) -> Stage:
    """Return the stage of these orders, all zeros: in this device's memory as far as that goes.

    The other tables are mapped from a file.
    """
    return start_with(tables_in_memory(corpus.recipe, orders), orders, corpus)


def start_with(in_memory: int, orders: range, corpus: Corpus) -> Stage:
    """Return the stage of these orders with so many tables in memory, longest contexts first."""
    compile_all()
    limit_memory(corpus.recipe.device_bytes)
    sizes = [corpus.recipe.rows_of(order) for order in reversed(orders)]
    return Stage(orders, in_memory, make_tables(sizes, in_memory))


def make_tables(sizes: Sequence[int], in_memory: int) -> list[Array]:
    """Return tables of so many rows, all zeros: some in memory, the others mapped from a file."""
    return [*(zeros(rows, LOGITS) for rows in sizes[:in_memory]), *mapped(sizes[in_memory:])]


def mapped(sizes: Sequence[int]) -> Iterator[Array]:
    """Yield tables of so many rows, all zeros, in a file that is gone when they are."""
    if not sizes:
        return
    with tempfile.TemporaryFile(prefix="twoclocks-") as file:
        file.truncate(sum(sizes) * ROW_BYTES)
        room = np.frombuffer(mmap.mmap(file.fileno(), 0), np.float32).reshape(-1, LOGITS)
    begin = 0
    for rows in sizes:
        yield room[begin : begin + rows]
        begin += rows


def tables_in_memory(recipe: Recipe, orders: range) -> int:
    """Return how many tables of these orders a device holds, longest contexts first."""
    left = recipe.device_bytes - step_bytes(recipe, len(orders))
    for count, order in enumerate(reversed(orders)):
        left -= recipe.rows_of(order) * ROW_BYTES
        if left < 0:
            return count
    return len(orders)


def forward(stage: Stage, step: int, micro_batch: int, part: Array | None, corpus: Corpus) -> Array:
    """Return the logits (bytes, 2, 16) of a micro-batch as far as this stage's tables add them."""
    recipe = corpus.recipe
    logits = part
    if logits is None:
        logits = np.zeros((recipe.micro_batch, SYMBOLS, LOGITS), np.float32)
    rows = np.empty((recipe.micro_batch, len(stage.orders), SYMBOLS), np.int32)
    begin = begin_of(recipe, step, micro_batch)
    find_rows(corpus.text, begin, stage.orders.start, stage.sizes, rows)
    add_all(stage.tables, rows, logits)
    stage.rows.append(rows)
    return logits


def add_all(tables: Sequence[Array], rows: Array, into: Array) -> None:
    """Add the rows (bytes, orders, 2) of all tables, longest contexts first."""
    for place, table in enumerate(tables, 1):
        add_rows(table, rows[:, -place], into)


def begin_of(recipe: Recipe, step: int, micro_batch: int) -> int:
    """Return where a micro-batch begins in the text."""
    return step * recipe.batch + micro_batch * recipe.micro_batch


def turn(stage: Stage, step: int, micro_batch: int, part: Array, corpus: Corpus) -> Array:
    """Return the errors (bytes, 2, 16) of logits, which they take the place of."""
    turn_to_errors(part, corpus.text, begin_of(corpus.recipe, step, micro_batch))
    return part


def backward(stage: Stage, step: int, micro_batch: int, part: Array, corpus: Corpus) -> Array:
    """Keep the errors, and pass them on: rows that are added have the error of their sum."""
    stage.errors.append(part)
    return part


def update(stage: Stage, step: int, micro_batch: int, corpus: Corpus) -> None:
    """Change the rows of a micro-batch by its errors: others may still be on their way."""
    rows, errors = stage.rows.pop(0), stage.errors.pop(0)
    rate = np.float32(corpus.recipe.rate)
    for place, table in enumerate(stage.tables, 1):
        change_rows(table, rows[:, -place], errors, rate)


def conclude(stage: Stage, corpus: Corpus) -> Tables:
    """Return the tables, longest contexts first; the process has its memory again."""
    lift_limit()
    return tuple(stage.tables)


PROGRAM = Pipeline(start, forward, turn, backward, update, conclude)
