"""A language model of source code that one device cannot hold: its tables are shared out.

A table for each length of context lies on one device; the logits of a micro-batch pass through all
of them (``tables``), so both sides come to the same bits. Imports ``harness.workload`` and this
package.
"""

import numpy as np

from harness.workload import (
    Axis,
    Ceiling,
    Metric,
    Pool,
    Problem,
    Proof,
    Reporter,
    Slide,
    Workload,
)
from workloads.shard.capacity import CAPACITY
from workloads.shard.corpus import Text, read_library, require_megabytes
from workloads.shard.device import lift_limit
from workloads.shard.kernel import LOGITS, SYMBOLS, Array, count_bits, find_rows
from workloads.shard.recipe import Corpus, Settings
from workloads.shard.reference import bytes_per_second, textbook
from workloads.shard.tables import (
    PROGRAM,
    Tables,
    add_all,
    split_orders,
    start_with,
    tables_in_memory,
)

WARMUP_STEPS = 32  # so many that to make the tables is little of what the proof times
SCORED_BYTES = 1000  # of the held-out text for each score


def check(settings: Settings) -> None:
    """Raise ``BadRequest`` for more text than there is."""
    require_megabytes(settings.megabytes)


def load(settings: Settings) -> Problem[Corpus, Text]:
    """Read the source code of the standard library; some of its files are held out."""
    split = read_library(settings.megabytes)
    return make_problem(split.training, split.held_out, settings)


def make_problem(training: Text, held_out: Text, settings: Settings) -> Problem[Corpus, Text]:
    """Make the problem of two texts. What is left over of whole batches is not trained on."""
    recipe = settings.recipe
    corpus = Corpus(training, recipe)
    warmup = Corpus(training[: WARMUP_STEPS * recipe.batch], recipe)
    return Problem(
        input=corpus,
        held_out=held_out[: len(held_out) // SCORED_BYTES * SCORED_BYTES],
        items=corpus.steps * recipe.batch,
        held_out_items=len(held_out) // SCORED_BYTES * SCORED_BYTES,
        warmup=warmup,
        warmup_items=warmup.steps * recipe.batch,
        state_bytes=recipe.table_bytes,
    )


def baseline(corpus: Corpus, report: Reporter) -> Tables:
    """Train on one device: it holds what fits, and the rest is mapped from a file."""
    orders = range(corpus.recipe.orders)
    return train_with(tables_in_memory(corpus.recipe, orders), corpus, report)


def all_mapped(corpus: Corpus, report: Reporter) -> Tables:
    """Train on one device with all tables mapped from a file."""
    return train_with(0, corpus, report)


def train_with(in_memory: int, corpus: Corpus, report: Reporter) -> Tables:
    """Train on one device that has so many tables in its memory."""
    recipe = corpus.recipe.of_the_baseline
    whole = corpus._replace(recipe=recipe)
    try:
        stage = start_with(in_memory, range(recipe.orders), whole)
        for step in range(whole.steps):
            PROGRAM.take_step([stage], step, recipe.micro_batches, whole)
            report((step + 1) * recipe.batch)
    finally:
        lift_limit()
    return tuple(stage.tables)


def distributed(corpus: Corpus, pool: Pool, report: Reporter) -> Tables:
    """Train on the pool: each worker holds the tables of some lengths of context."""
    recipe = corpus.recipe
    stages = pool.pipeline(
        PROGRAM,
        split_orders(recipe, pool.size),
        corpus.steps,
        recipe.micro_batches,
        pool.share(corpus),
        items=recipe.batch,
        report=report,
    )
    return tuple(table for tables in stages for table in tables)


def ceiling(corpus: Corpus, seconds: float) -> float:
    """Return the bytes per second of a training that only visits the rows."""
    return bytes_per_second(corpus.recipe, seconds)


def quality(answer: Tables, held_out: Text) -> Array:
    """Return the bits per byte of every 1,000 bytes of held-out text; their mean is the quality."""
    bits = np.empty(len(held_out))
    sizes = np.array([len(table) for table in reversed(answer)])
    for begin in range(0, len(held_out), SCORED_BYTES):
        rows = np.empty((SCORED_BYTES, len(answer), SYMBOLS), np.int32)
        logits = np.zeros((SCORED_BYTES, SYMBOLS, LOGITS), np.float32)
        find_rows(held_out, begin, 0, sizes, rows)
        add_all(answer, rows, logits)
        count_bits(logits, held_out, begin, bits[begin : begin + SCORED_BYTES])
    scores: Array = bits.reshape(-1, SCORED_BYTES).mean(axis=1)
    return scores


WORKLOAD = Workload(
    name="shard",
    params=Settings(),
    check=check,
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    unit="bytes",
    metric=Metric("bits per byte", tolerance=0.005, higher_is_better=False),
    slide=Slide(
        axis=Axis.MODEL,
        bottleneck="the model does not fit into a device's memory",
        partition="each worker holds the tables of some lengths of context",
        communication="logits of a micro-batch to the next worker, their errors back",
        consistency="synchronous: all logits of a step are computed before a row of it changes",
        why_not_another_axis="not the training axis: every worker would have to hold the whole "
        "model",
        limitation="a table is never split: there are no more workers than tables",
    ),
    capacity=CAPACITY,
    proof=Proof(
        effort=(
            {"megabytes": 8.0},
            {"orders": 12},
            {"rows": 1 << 17},
            {"batch": 8192, "megabytes": 8.0},
        ),
        variants={"all tables mapped": all_mapped, "batches of 8,192": {"batch": 8192}},
        tuned=("baseline_micro_batches", (4, 16, 64)),
        reference=textbook,
        ceiling=Ceiling("two visits of each row", ceiling),
    ),
)
