import gc
from collections.abc import Callable

import pytest

from tests.pools import InProcessPool
from tests.workloads.shard.support import problem
from workloads.shard import WORKLOAD, device
from workloads.shard.capacity import (
    CAPACITY,
    IN_MEMORY,
    LARGEST_SIZE,
    MOST_ROWS,
    OWN_SIZE,
    SIZES_TO_DOUBLE,
    parameters,
    sized,
)
from workloads.shard.recipe import Corpus
from workloads.shard.tables import PROGRAM, bytes_needed, excess_bytes, split_orders

GIVEN = problem(rows=1 << 14, device="2MiB").input


def fits_alone(size: int) -> bool:
    """Return whether one device holds a size, as the step shows."""
    return is_held(lambda: CAPACITY.alone(size, GIVEN))


def fits_on(pool: InProcessPool, size: int) -> bool:
    """Return whether the workers hold a size."""
    return is_held(lambda: CAPACITY.on_pool(size, GIVEN, pool))


def is_held(step: Callable[[], None]) -> bool:
    try:
        step()
    except MemoryError:
        return False
    return True


def test_128_sizes_further_on_there_are_twice_as_many_rows() -> None:
    assert sized(OWN_SIZE, GIVEN).recipe == GIVEN.recipe
    assert sized(OWN_SIZE + SIZES_TO_DOUBLE, GIVEN).recipe.rows == 2 * GIVEN.recipe.rows
    assert sized(OWN_SIZE - SIZES_TO_DOUBLE, GIVEN).recipe.rows == GIVEN.recipe.rows // 2


@pytest.mark.parametrize("rows", [1, 1 << 14, 1 << 26])
def test_a_larger_size_never_has_fewer_parameters(rows: int) -> None:
    given = Corpus(GIVEN.text, GIVEN.recipe._replace(rows=rows))
    counts = [parameters(size, given) for size in range(1, LARGEST_SIZE + 1)]
    assert counts == sorted(counts)
    assert counts[0] > 0
    assert sized(LARGEST_SIZE, given).recipe.rows <= MOST_ROWS


def has_room(size: int) -> bool:
    """Return whether a device has the bytes that the tables of a size and a step need."""
    recipe = sized(size, GIVEN).recipe
    return bytes_needed(recipe, range(recipe.orders)) <= recipe.device_bytes


def test_a_model_fits_exactly_where_its_tables_and_a_step_do() -> None:
    least_without = next(size for size in range(OWN_SIZE - 220, OWN_SIZE) if not has_room(size))
    near = [least_without - 40, *range(least_without - 3, least_without + 3), least_without + 40]
    fits = {size: fits_alone(size) for size in near}
    assert fits == {size: has_room(size) for size in near}
    assert {*fits.values()} == {True, False}


@pytest.mark.parametrize(
    "fits",
    [fits_alone, lambda size: fits_on(InProcessPool(1), size)],
    ids=["on one device", "on a worker"],
)
def test_a_size_that_does_not_fit_leaves_no_memory_in_use_and_no_limit(
    fits: Callable[[int], bool],
) -> None:
    assert not fits(LARGEST_SIZE)
    gc.collect()
    assert device._used_bytes == 0
    assert device.zeros(1, (GIVEN.recipe.device_bytes >> 2) + 1).size > 0


def test_workers_hold_what_one_device_does_not_and_no_more_than_their_shares_need() -> None:
    sizes = range(OWN_SIZE - 220, OWN_SIZE + 220, 20)
    recipes = {size: sized(size, GIVEN).recipe for size in sizes}
    fits = {size: fits_on(InProcessPool(2), size) for size in sizes}
    assert fits == {
        size: excess_bytes(recipe, split_orders(recipe, 2)) == 0 for size, recipe in recipes.items()
    }
    assert {True, False} <= {fits[size] for size in sizes if not fits_alone(size)}


def test_the_step_is_that_of_the_race() -> None:
    step = (IN_MEMORY.forward, IN_MEMORY.turn, IN_MEMORY.backward, IN_MEMORY.update)
    assert step == (PROGRAM.forward, PROGRAM.turn, PROGRAM.backward, PROGRAM.update)


def test_the_memory_of_a_device_is_the_sessions_own() -> None:
    assert WORKLOAD.capacity is CAPACITY
    assert CAPACITY.budget_bytes(GIVEN) == GIVEN.recipe.device_bytes == 2 << 20
