"""What a side uses while no clock runs: between ready and go, and after it has finished.

May import ``model``, ``events`` and ``run``.
"""

from typing import Any

from harness.events import Scored
from harness.run.digest import digest
from harness.run.item_scores import pack
from harness.run.loaded import LoadedProblem, Score, score_of
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


def scored_event(
    meter: OffClockMeter, loaded: LoadedProblem, answer: Any, before_go_s: float
) -> Scored:
    """Return what to report of an answer, given the core-seconds between ready and go."""
    score, after_s = score_twice(meter, loaded, answer)
    return Scored(
        answer_sha256=digest(answer, 0).sha256,
        quality=score.quality,
        off_clock_cpu_s=before_go_s + after_s,
        scores=pack(score.items),
    )


def score_twice(meter: OffClockMeter, loaded: LoadedProblem, answer: Any) -> tuple[Score, float]:
    """Return an answer's score, and the core-seconds that only its first scoring took.

    Those are work that was left undone in the answer, or went on beside it. Raises ``ValueError``
    if the second scoring says something else.
    """
    meter.lap()
    first = score_of(loaded.workload, loaded.own, answer)
    first_s = meter.lap()
    second = score_of(loaded.workload, loaded.own, answer)
    second_s = meter.lap()
    if second != first:
        raise ValueError(
            f"quality came to {first.quality} and then to {second.quality} for the same answer:"
            " make it depend on its arguments alone"
            if second.quality != first.quality
            else "quality gave the same answer other scores the second time:"
            " make them depend on its arguments alone, and keep the items in one order"
        )
    return first, max(0.0, first_s - second_s)
