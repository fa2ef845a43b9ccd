"""Searches for the largest model, and a workload without work that has one.

May import ``harness``.
"""

from dataclasses import replace
from typing import Any

from harness.capacity import CapacityProbe
from harness.model import CapacitySearch
from harness.workload import Capacity, Pool, Problem, Reporter, Workload
from tests.builders import an_input

BUDGET_BYTES = 144 << 20
UNITS = 30_000  # of one size more
HELD_BY_ONE = 487  # times the units: 14.6 million


def a_probe(size: int, *, fits: bool) -> CapacityProbe:
    """Return a step of a model of a size."""
    return CapacityProbe(size=size, units=UNITS * size, fits=fits)


def a_search(devices: int = 1, largest: int = HELD_BY_ONE, **changes: Any) -> CapacitySearch:
    """Return a search that found the largest size, in which the session's own is 600."""
    sizes = {600: largest >= 600, largest: True, largest + 1: False}
    search = CapacitySearch(
        name="trainable",
        unit="parameters",
        devices=devices,
        budget_bytes=BUDGET_BYTES,
        least=1,
        most=2_000,
        own=600,
        input_sha256=an_input().sha256,
        seconds=2.5,
        probes=tuple(a_probe(size, fits=fits) for size, fits in sizes.items()),
        largest=largest,
    )
    return replace(search, **changes)


def some_searches(ratio: float = 1.99) -> dict[str, Any]:
    """Return the searches of both sides, two devices on the second, as fields of the results."""
    return {
        "baseline_capacity": a_search(),
        "distributed_capacity": a_search(2, round(ratio * HELD_BY_ONE)),
    }


def hold_alone(size: int, given: tuple[int, ...]) -> None:
    """Hold a size in one device, which has room for some."""
    hold(size, given, 1)


def hold_on_pool(size: int, given: tuple[int, ...], pool: Pool) -> None:
    """Hold a size on the workers."""
    hold(size, given, pool.size)


def hold(size: int, given: tuple[int, ...], devices: int) -> None:
    """Raise ``MemoryError`` for more than the devices hold of this input."""
    if size > given[0] * devices:
        raise MemoryError(f"{size} does not fit")


def answer(given: tuple[int, ...], report: Reporter) -> int:
    """Answer at once."""
    report(5)
    return given[0]


def answer_on_pool(given: tuple[int, ...], pool: Pool, report: Reporter) -> int:
    """Answer at once, without the pool."""
    return answer(given, report)


WORKLOAD: Workload[tuple[int, ...], int, int, Any] = Workload(
    name="sizes",
    load=lambda _: Problem(input=(HELD_BY_ONE,), held_out=0, items=5),
    baseline=answer,
    distributed=answer_on_pool,
    quality=lambda answer, held_out: float(answer),
    capacity=Capacity(
        name="trainable",
        unit="parameters",
        least=1,
        most=2_000,
        own=600,
        units=lambda size, given: UNITS * size,
        budget_bytes=lambda given: BUDGET_BYTES,
        alone=hold_alone,
        on_pool=hold_on_pool,
    ),
    simulated=True,
)
