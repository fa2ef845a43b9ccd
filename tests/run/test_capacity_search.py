from collections.abc import Callable
from typing import Any

import pytest

from harness.capacity import MOST_PROBES
from harness.model import CapacitySearch
from harness.run.capacity_search import LONGEST_S, search_capacity
from harness.run.sides.runner import OneProcess
from harness.workload import AnyCapacity
from tests.capacities import BUDGET_BYTES, HELD_BY_ONE, WORKLOAD, a_probe
from tests.pools import InProcessPool


class Holding(OneProcess):
    """A side of some devices that notes what it was asked for."""

    run: Any = None
    serve: Any = None
    worker_processes: Any = None
    time_parts: Any = None

    def __init__(self, devices: int) -> None:
        super().__init__()
        self.devices = devices
        self.asked: list[object] = []

    def try_size(self, capacity: AnyCapacity, size: int, given: Any) -> None:
        self.asked.append(size)
        capacity.on_pool(size, given, InProcessPool(self.devices))

    def rest(self, next_workers: int | None) -> None:
        self.asked.append("rest")


def searched(side: Holding, clock: Callable[[], float] = lambda: 0.0) -> CapacitySearch:
    assert WORKLOAD.capacity is not None
    return search_capacity(
        WORKLOAD.capacity,
        side,
        (HELD_BY_ONE,),
        input_sha256="ab" * 32,
        devices=side.devices,
        clock=clock,
    )


@pytest.mark.parametrize("devices", [1, 2, 3])
def test_as_much_fits_as_the_devices_hold_and_that_is_shown_with_few_probes(devices: int) -> None:
    found = searched(Holding(devices))
    assert found.largest == devices * HELD_BY_ONE
    assert (found.devices, found.budget_bytes) == (devices, BUDGET_BYTES)
    assert a_probe(devices * HELD_BY_ONE, fits=True) in found.probes
    assert a_probe(devices * HELD_BY_ONE + 1, fits=False) in found.probes
    assert len(found.probes) <= MOST_PROBES
    assert found.contradiction == ""


def test_the_sessions_own_model_is_tried_first_and_the_side_rests_at_the_end() -> None:
    side = Holding(1)
    searched(side)
    assert (side.asked[0], side.asked[-1], side.asked.count("rest")) == (600, "rest", 1)


def test_a_search_that_takes_too_long_tells_what_it_tried_and_no_largest() -> None:
    now = iter([0.0, 1.0, LONGEST_S, LONGEST_S + 1.0, LONGEST_S + 2.0])
    found = searched(Holding(1), now.__next__)
    assert [probe.size for probe in found.probes] == [600, 300]
    assert (found.largest, found.seconds) == (None, LONGEST_S + 2.0)


def test_another_error_than_a_lack_of_memory_is_not_taken_for_one() -> None:
    side = Holding(1)
    side.devices = "two"  # type: ignore[assignment]
    with pytest.raises(TypeError):
        searched(side)
