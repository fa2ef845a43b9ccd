"""The search for the largest model that a side's devices hold, while it arms.

May import ``model``, ``workload`` and ``run``.
"""

import time
from collections.abc import Callable
from typing import Any

from harness.capacity import CapacityProbe
from harness.model import CapacitySearch
from harness.run.bisection import bisect_sizes
from harness.run.sides.runner import SideRunner
from harness.workload import AnyCapacity

LONGEST_S = 60.0  # no probe is begun later


def search_capacity(
    capacity: AnyCapacity,
    side: SideRunner,
    given: Any,
    *,
    input_sha256: str,
    devices: int,
    clock: Callable[[], float] = time.perf_counter,
) -> CapacitySearch:
    """Search the largest size that fits on the side's devices, by steps with the input ``given``.

    The session's own size is tried first. A size that does not fit is no failure of the side.
    """
    began = clock()
    found = bisect_sizes(
        range(capacity.least, capacity.most + 1),
        capacity.own,
        lambda size: _fits(capacity, side, size, given),
        lambda: clock() - began > LONGEST_S,
    )
    side.rest(0)
    return CapacitySearch(
        name=capacity.name,
        unit=capacity.unit,
        devices=devices,
        budget_bytes=capacity.budget_bytes(given),
        least=capacity.least,
        most=capacity.most,
        own=capacity.own,
        input_sha256=input_sha256,
        seconds=clock() - began,
        probes=tuple(
            CapacityProbe(size=size, units=capacity.units(size, given), fits=fitted)
            for size, fitted in found.tried.items()
        ),
        largest=found.largest,
        superlinear=capacity.superlinear,
    )


def _fits(capacity: AnyCapacity, side: SideRunner, size: int, given: Any) -> bool:
    """Return whether a step with a model of a size fits."""
    try:
        side.try_size(capacity, size, given)
    except MemoryError:
        return False
    return True
