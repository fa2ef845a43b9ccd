"""What a workload says about itself on the slide: its axis, its metric, its sentences.

These are values that authors of workloads fill in. May import ``spec``.
"""

from dataclasses import dataclass, fields, replace
from enum import StrEnum

from harness.spec import Description


class Axis(StrEnum):
    """What is distributed: the answer to "which axis of scale is this?"."""

    DATA = "data"
    TRAINING = "training"
    MODEL = "model"
    INFERENCE = "inference"
    COORDINATION = "coordination"
    INTELLIGENCE = "intelligence"


@dataclass(frozen=True)
class Metric:
    """The name of the quality, and the largest accepted absolute difference between the sides.

    Fix ``tolerance`` before the first run. ``higher_is_better`` is False for an error or a loss.
    """

    name: str
    tolerance: float = 0.0
    higher_is_better: bool = True


@dataclass(frozen=True, kw_only=True)
class Slide:
    """The sentences of the slide, each at most about 100 characters (None: not stated).

    ``bottleneck`` is the sentence at the top, and ``bound`` the number that proves it, such as
    "retrain 11.4 h, window 8 h". ``partition``, ``communication`` and ``consistency`` say what each
    worker owns, what it sends and what it waits for. ``why_not_another_axis`` defends the axis;
    ``limitation`` says where the result stops holding.
    """

    axis: Axis | None = None
    bottleneck: str | None = None
    bound: str | None = None
    partition: str | None = None
    communication: str | None = None
    consistency: str | None = None
    why_not_another_axis: str | None = None
    limitation: str | None = None

    def with_defaults(self, defaults: "Slide") -> "Slide":
        """Return the slide with ``defaults`` for what it does not state."""
        stated = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(defaults, **{name: text for name, text in stated.items() if text})


def words(
    *,
    name: str,
    unit: str,
    metric: Metric,
    slide: Slide,
    answers_differ: str | None,
    until: str | None = None,
    waits: str | None = None,
    superlinear: str | None = None,
) -> Description:
    """Return the description that a results file keeps; what is not stated says so."""
    return Description(
        name=name,
        axis=slide.axis or "axis not stated",
        unit=unit,
        bottleneck=slide.bottleneck or "bottleneck not stated",
        partition=slide.partition or "partition not stated",
        communication=slide.communication or "communication not stated",
        consistency=slide.consistency or "consistency not stated",
        neighbour=slide.why_not_another_axis or "reason for the axis not stated",
        limitation=slide.limitation or "limitation not stated",
        metric=metric.name,
        tolerance=metric.tolerance,
        answers_differ=answers_differ or "",
        until=until or "",
        waits=waits or "",
        superlinear=superlinear or "",
        bound=slide.bound or "",
        higher_is_better=metric.higher_is_better,
    )
