"""What a side uses while no clock runs: between ready and go, and after it has finished.

May import ``model``, ``events`` and ``run``.
"""

from typing import Any

from harness.run.loaded import LoadedProblem, quality_of
from harness.run.sides.runner import SideRunner, usage_between


class OffClockMeter:
    """Core-seconds of a side since the last look. Nothing is due while it waits for its go."""

    def __init__(self, side: SideRunner) -> None:
        self._side = side
        self._before = side.usage(0)

    def lap(self) -> float:
        """Return the core-seconds since the last look."""
        before, self._before = self._before, self._side.usage(0)
        return usage_between(before, self._before)[0]


def score_twice(meter: OffClockMeter, loaded: LoadedProblem, answer: Any) -> tuple[float, float]:
    """Return an answer's quality, and the core-seconds that only its first scoring took.

    Those are work that was left undone in the answer, or went on beside it. Raises ``ValueError``
    if the second scoring says something else.
    """
    meter.lap()
    first = quality_of(loaded.workload, loaded.own, answer)
    first_s = meter.lap()
    second = quality_of(loaded.workload, loaded.own, answer)
    second_s = meter.lap()
    if second != first:
        raise ValueError(
            f"quality came to {first} and then to {second} for the same answer:"
            " make it depend on its arguments alone"
        )
    return first, max(0.0, first_s - second_s)
