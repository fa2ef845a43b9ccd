"""The largest model of ``shard`` that devices hold: its sizes, and one step with a model of each.

A size is a number of rows as a multiple of the session's own: 128 sizes further on they are twice
as many. All tables lie in memory, and beside them there is room for what a step keeps.
Imports ``harness.workload`` and this package.
"""

import gc

from harness.workload import Capacity, Pipeline, Pool
from workloads.shard.device import lift_limit, limit_memory, zeros
from workloads.shard.kernel import compile_all
from workloads.shard.recipe import Corpus
from workloads.shard.tables import (
    Stage,
    backward,
    forward,
    make_tables,
    split_orders,
    step_bytes,
    turn,
    update,
)

SIZES_TO_DOUBLE = 128
OWN_SIZE = 1024
LARGEST_SIZE = 2 * OWN_SIZE - 1  # 256 times the session's own rows; the smallest is 1/256
MOST_ROWS = 1 << 30  # their numbers have 32 bits


def sized(size: int, corpus: Corpus) -> Corpus:
    """Return the text of one step, and the recipe with the rows of a size."""
    rows = round(corpus.recipe.rows * 2 ** ((size - OWN_SIZE) / SIZES_TO_DOUBLE))
    recipe = corpus.recipe._replace(rows=min(MOST_ROWS, max(1, rows)))
    return Corpus(corpus.text[: recipe.batch], recipe)


def parameters(size: int, corpus: Corpus) -> int:
    """Return how many weights a model of a size has."""
    return sized(size, corpus).recipe.parameters


def device_bytes(corpus: Corpus) -> int:
    """Return the memory of a device."""
    return corpus.recipe.device_bytes


def alone(size: int, corpus: Corpus) -> None:
    """Train a model of a size for one step in the memory of one device.

    Raises ``MemoryError`` where it does not fit.
    """
    given = sized(size, corpus)
    try:
        stage = start(range(given.recipe.orders), given)
        IN_MEMORY.take_step([stage], 0, given.recipe.micro_batches, given)
    finally:
        lift_limit()


def on_pool(size: int, corpus: Corpus, pool: Pool) -> None:
    """Train a model of a size for one step in the memory of the workers.

    Raises ``MemoryError`` where a worker's tables do not fit into it.
    """
    given = sized(size, corpus)
    shares = split_orders(given.recipe, pool.size)
    pool.pipeline(IN_MEMORY, shares, 1, given.recipe.micro_batches, pool.share(given))


def start(orders: range, corpus: Corpus) -> Stage:
    """Return the stage of these orders with all tables in memory; raise ``MemoryError`` if not."""
    compile_all()
    gc.collect()  # an earlier model may not be gone yet, and would count as free once it is
    limit_memory(corpus.recipe.device_bytes)
    try:
        room = zeros(step_bytes(corpus.recipe, len(orders)) // 4)
        sizes = [corpus.recipe.rows_of(order) for order in reversed(orders)]
        tables = make_tables(sizes, len(orders))
    except MemoryError:
        lift_limit()
        raise
    del room  # the step itself takes its place
    return Stage(orders, len(orders), tables)


def let_go(stage: Stage, corpus: Corpus) -> None:
    """Give up the tables; the process has its memory again."""
    stage.tables.clear()
    lift_limit()


IN_MEMORY = Pipeline(start, forward, turn, backward, update, let_go)

CAPACITY = Capacity(
    name="trainable",
    unit="parameters",
    least=1,
    most=LARGEST_SIZE,
    own=OWN_SIZE,
    units=parameters,
    budget_bytes=device_bytes,
    alone=alone,
    on_pool=on_pool,
    superlinear="each device keeps the row numbers of its own tables only",
)
