"""The options of a race as somebody types them, for the tests. May import ``demo.options``."""

from dataclasses import replace
from typing import Any

from demo.options import Options

SIMULATED = Options(
    workload="simulated",
    cores_per_worker=1,
    baseline_cores="",
    schedule="in-turn",
    trials=1,
    settings=(),
    address="",
    prices=None,
)


def some_options(**changes: Any) -> Options:
    """Return the options of a simulated race with some changes."""
    return replace(SIMULATED, **changes)
