import copy
from itertools import chain

import numpy as np
import pytest

from tests.workloads.shard.support import configured
from workloads.shard.recipe import ROW_BYTES, Recipe
from workloads.shard.tables import (
    Stage,
    bytes_needed,
    excess_bytes,
    make_tables,
    mapped,
    split_orders,
    step_bytes,
    tables_in_memory,
)

DEFAULT = configured(orders=14, rows=1 << 18, batch=16_384, megabytes=9.0, device="144MiB").recipe


@pytest.mark.parametrize("workers", range(1, 15))
def test_every_order_lies_on_one_worker_longest_contexts_first(workers: int) -> None:
    shares = split_orders(DEFAULT, workers)
    assert len(shares) == workers
    assert [*chain.from_iterable(reversed(share) for share in shares)] == [*reversed(range(14))]


def test_one_device_does_not_hold_the_default_model_and_two_do() -> None:
    assert excess_bytes(DEFAULT, split_orders(DEFAULT, 1)) > 0
    assert excess_bytes(DEFAULT, split_orders(DEFAULT, 2)) == 0


def test_the_last_worker_has_less_to_look_up_since_it_has_more_to_do() -> None:
    first, last = split_orders(DEFAULT._replace(device_bytes=1 << 40), 2)
    costs = [sum(14 + order for order in share) for share in (first, last)]
    assert 0 < costs[0] - costs[1] < 2 * 48


def test_shares_that_fit_are_preferred_to_shares_that_are_faster() -> None:
    tight = DEFAULT._replace(device_bytes=bytes_needed(DEFAULT, range(7, 14)))
    assert excess_bytes(tight, split_orders(tight, 2)) == 0


def test_a_table_has_no_more_rows_than_there_are_contexts() -> None:
    assert [DEFAULT.rows_of(order) for order in range(4)] == [17, 17 * 256, 1 << 18, 1 << 18]


def test_a_device_holds_tables_beside_what_a_step_needs() -> None:
    def held(room: int) -> int:
        return tables_in_memory(DEFAULT._replace(device_bytes=room), range(14))

    for tables in range(13):
        room = tables * (1 << 18) * ROW_BYTES + step_bytes(DEFAULT, 14)
        assert held(room) == tables
        assert held(room - 1) == max(0, tables - 1)
    assert held(1 << 40) == 14


def test_parameters_are_counted_without_the_sums_of_squares() -> None:
    small = Recipe(
        orders=2,
        rows=100,
        batch=1,
        micro_batches=1,
        baseline_micro_batches=1,
        rate=0.1,
        device_bytes=1,
    )
    assert small.parameters == (17 + 100) * 15


def test_mapped_tables_are_zeros_that_can_be_changed() -> None:
    first, second = mapped([2, 3])
    assert (first.shape, second.shape) == ((2, 16), (3, 16))
    second += 1
    assert (first.sum(), second.sum()) == (0, 48)


@pytest.mark.parametrize("in_memory", [0, 1, 2])
def test_a_copied_stage_has_its_tables_where_they_were(in_memory: int) -> None:
    stage = Stage(range(2), in_memory, make_tables([2, 3], in_memory), [np.ones(1)])
    stage.tables[1] += 1
    copied = copy.deepcopy(stage)
    stage.tables[1] += 1
    assert (copied.tables[0].sum(), copied.tables[1].sum(), len(copied.rows)) == (0, 48, 1)
    assert (copied.in_memory, [*map(len, copied.tables)]) == (in_memory, [2, 3])


def test_no_table_needs_no_file() -> None:
    assert [*mapped([])] == []
