"""What ``shard``'s baseline is compared with: its visits of rows alone, and a textbook's program.

Imports NumPy, ``prefetch`` and this package.
"""

import time

import numpy as np

from harness.workload import Reporter
from workloads.prefetch import prefetch
from workloads.shard.kernel import (
    AHEAD,
    FIRST_SQUARES,
    LOGITS,
    SQUARES,
    SYMBOLS,
    Array,
    compiled,
    find_rows,
)
from workloads.shard.recipe import Corpus, Recipe
from workloads.shard.tables import Tables, begin_of

VISITS = 1 << 16


@compiled
def visit(table: Array, rows: Array) -> None:
    """Read and write every row that is listed, and compute nothing."""
    for i in range(len(rows)):
        prefetch(table, rows[min(i + AHEAD, len(rows) - 1)], 0)
        row = table[rows[i]]
        for j in range(LOGITS):
            row[j] += np.float32(1)


def bytes_per_second(recipe: Recipe, seconds: float) -> float:
    """Return the bytes of text per second if each were two visits of all its rows, and no more.

    In one table in memory; the median over ``seconds``.
    """
    random = np.random.default_rng(1)
    table = np.zeros((recipe.rows_of(recipe.orders - 1), LOGITS), np.float32)
    rows = random.integers(len(table), size=VISITS)
    visit(table, rows)
    took: list[float] = []
    until = time.perf_counter() + seconds
    while not took or time.perf_counter() < until:
        began = time.perf_counter()
        visit(table, rows)
        took.append(time.perf_counter() - began)
    return VISITS / float(np.median(took)) / (2 * SYMBOLS * recipe.orders)


def textbook(corpus: Corpus, report: Reporter) -> Tables:
    """Train as a textbook writes it: arrays of rows, gathered and scattered, in float64.

    A row that several symbols of a micro-batch change is changed by each from where it stood, while
    the kernel lets one follow the other.
    """
    recipe = corpus.recipe
    orders = range(recipe.orders)
    tables = [np.zeros((recipe.rows_of(order), LOGITS)) for order in reversed(orders)]
    sizes = np.array([recipe.rows_of(order) for order in orders])
    for step in range(corpus.steps):
        found, errors = [], []
        for number in range(recipe.micro_batches):
            rows = np.empty((recipe.micro_batch, recipe.orders, SYMBOLS), np.int32)
            begin = begin_of(recipe, step, number)
            find_rows(corpus.text, begin, 0, sizes, rows)
            logits = sum(table[rows[:, -place]] for place, table in enumerate(tables, 1))
            found.append(rows)
            errors.append(errors_of(np.asarray(logits), corpus.text[begin:][: len(rows)]))
        for rows, error in zip(found, errors, strict=True):
            for place, table in enumerate(tables, 1):
                change(table, rows[:, -place], error, recipe.rate)
        report((step + 1) * recipe.batch)
    return tuple(table.astype(np.float32) for table in tables)


def errors_of(logits: Array, text: Array) -> Array:
    """Return what softmax expects of logits (bytes, 2, 16) less what came."""
    logits[..., SQUARES] = 0
    expected = np.exp(logits - logits.max(axis=2, keepdims=True))
    expected /= expected.sum(axis=2, keepdims=True)
    came = np.stack([text >> 4, text & 15], axis=1)
    errors: Array = expected - np.eye(LOGITS)[came]
    errors[..., SQUARES] = (errors[..., :SQUARES] ** 2).sum(axis=2)
    return errors


def change(table: Array, rows: Array, errors: Array, rate: float) -> None:
    """Change the rows of one table by the errors of all symbols."""
    np.add.at(table[:, SQUARES], rows, errors[..., SQUARES])
    steps = rate / np.sqrt(FIRST_SQUARES + table[rows, SQUARES])
    moved = -steps[..., np.newaxis] * errors
    moved[..., SQUARES] = 0
    np.add.at(table, rows, moved)
