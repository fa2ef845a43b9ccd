"""Time a variant of the baseline in this process: on the warm-up slice, or on the whole input.

May import ``model``, ``events``, ``errors``, ``workload`` and ``run``.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.errors import BadRequest
from harness.events import Rated
from harness.model import Variant
from harness.run.baseline_variants import variant_label
from harness.run.loaded import LoadedProblem, score_of
from harness.run.wire import TimeVariant
from harness.workload import AnyProblem, AnyWorkload, QualityReporter

FEWEST_PASSES = 3
AFFORDABLE = 3

Run = Callable[[Any, QualityReporter], Any]


@dataclass(frozen=True, kw_only=True)
class _Timing:
    """Items per second, and the seconds that they were measured for.

    ``pass_s`` and ``quality`` are as in ``model.Rate``.
    """

    items_per_s: float
    seconds: float
    pass_s: float | None = None
    quality: float | None = None


def time_variant(timing: TimeVariant, loaded: LoadedProblem, cores: int) -> Rated:
    """Time a variant in this process, which has so many cores, and return its rate."""
    timed = _time(timing, loaded)
    if not 0 <= timed.items_per_s < math.inf:
        raise ValueError(
            f"the rate of {variant_label(timing, cores)} is {timed.items_per_s}, not above 0"
        )
    return Rated(
        variant=timing.variant,
        items_per_s=timed.items_per_s,
        seconds=timed.seconds,
        cores=cores,
        name=timing.name,
        value=float(timing.value),
        settings=timing.settings if timing.variant is Variant.EFFORT else {},
        quality=timed.quality,
        pass_s=timed.pass_s,
    )


def _time(timing: TimeVariant, loaded: LoadedProblem) -> _Timing:
    workload, proof = loaded.workload, loaded.workload.proof
    match timing.variant:
        case Variant.OWN:
            return _time_slice(workload.baseline, loaded.own, timing.seconds)
        case Variant.TUNED:
            tuned = loaded.with_settings(timing.settings)
            return _time_slice(workload.baseline, tuned, timing.seconds)
        case Variant.TEXTBOOK if proof.reference is not None:
            return _time_slice(proof.reference, loaded.own, timing.seconds)
        case Variant.LIMIT if proof.ceiling is not None:
            return _time_limit(proof.ceiling.rate, loaded.own, timing.seconds)
        case Variant.WHOLE | Variant.COPIES:
            return _time_passes(workload.baseline, loaded.own, timing.seconds)
        case Variant.EFFORT:
            return _time_and_score(
                workload, workload.baseline, loaded.with_settings(timing.settings)
            )
        case Variant.ALTERNATIVE if timing.name in proof.variants:
            declared = proof.variants[timing.name]
            run = declared if callable(declared) else workload.baseline
            return _time_and_score(workload, run, loaded.with_settings(timing.settings))
        case absent:
            raise BadRequest(
                f"{workload.name} has no {absent} variant of its baseline",
                "declare it in its WORKLOAD",
            )


def _time_limit(
    rate: Callable[[Any, float], float], problem: AnyProblem, seconds: float
) -> _Timing:
    began = time.perf_counter()
    items_per_s = float(rate(_slice(problem)[0], seconds))
    return _Timing(items_per_s=items_per_s, seconds=time.perf_counter() - began)


def _slice(problem: AnyProblem) -> tuple[Any, int]:
    """Return the warm-up slice and its items; the whole input if there is none to count."""
    if problem.warmup is None or not problem.warmup_items:
        return problem.input, problem.items
    return problem.warmup, problem.warmup_items


def _time_slice(run: Run, problem: AnyProblem, at_least_s: float) -> _Timing:
    """Return the rate of the median pass over the warm-up slice."""
    given, items = _slice(problem)
    passes, seconds = _passes(run, given, at_least_s, _ItemCount())
    return _Timing(items_per_s=items / median(passes), seconds=seconds)


def _time_passes(run: Run, problem: AnyProblem, at_least_s: float) -> _Timing:
    """Return the rate and the seconds of the median pass over the whole input."""
    count = _ItemCount()
    passes, seconds = _passes(run, problem.input, at_least_s, count)
    pass_s = median(passes)
    items = count.done or problem.items
    return _Timing(items_per_s=items / pass_s, seconds=seconds, pass_s=pass_s)


def _passes(
    run: Run, given: Any, at_least_s: float, report: QualityReporter
) -> tuple[list[float], float]:
    """Return the seconds of each pass, and of all passes together."""
    passes: list[float] = []
    began = time.perf_counter()
    while needs_another_pass(passes, time.perf_counter() - began, at_least_s):
        since = time.perf_counter()
        run(given, report)
        passes.append(time.perf_counter() - since)
    return passes, time.perf_counter() - began


def _time_and_score(workload: AnyWorkload, run: Run, problem: AnyProblem) -> _Timing:
    """Time one pass over the whole input with warm kernels, then score its answer."""
    if problem.warmup is not None:
        run(problem.warmup, _ItemCount())
    count = _ItemCount()
    began = time.perf_counter()
    answer = run(problem.input, count)
    pass_s = time.perf_counter() - began
    return _Timing(
        items_per_s=(count.done or problem.items) / pass_s,
        seconds=pass_s,
        pass_s=pass_s,
        quality=score_of(workload, problem, answer).quality,
    )


class _ItemCount:
    """The ``report(done)`` of a variant, which has no lane: it keeps the last count.

    A program that stops at a result does fewer items than its problem has.
    """

    done = 0

    def __call__(self, done: int, quality: float | None = None, /) -> None:
        self.done = done


def needs_another_pass(passes: Sequence[float], elapsed: float, at_least_s: float) -> bool:
    """Return whether another pass is due, ``elapsed`` seconds after the first began.

    Passes go on until the time is up; a third one is added where that is cheap.
    """
    if not passes or elapsed < at_least_s:
        return True
    return len(passes) < FEWEST_PASSES and elapsed + passes[-1] <= AFFORDABLE * at_least_s
