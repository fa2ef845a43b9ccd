"""Variants of the baseline: its work done in other ways, timed in the same session as the trials.

They show whether the baseline is a good one. A workload declares them; the baseline's own process
times them, and one more of its kind times the variant with all the host's cores.
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
from harness.model import Parameters, Spec, Variant
from harness.run.schedule import Cores
from harness.run.wire import TimeVariant
from harness.workload import AnyProblem, AnyWorkload, Reporter

AT_LEAST_S = 1.5
FEWEST_PASSES = 3
AFFORDABLE = 3

Run = Callable[[Any, Reporter], Any]


@dataclass(frozen=True)
class VariantPlan:
    """The variants that a session times, in order.

    ``cores`` are those of the variant that gets the whole host (empty: there is none).
    """

    timings: tuple[TimeVariant, ...] = ()
    cores: Cores = ()


NO_PROOF = VariantPlan()


def plan_variants(declared: tuple[TimeVariant, ...], spec: Spec, cores: Cores) -> VariantPlan:
    """Return what to time on a host of these cores (none: the sides are simulated).

    Nothing unless a proof was asked for. The baseline as it runs comes first and last, so that a
    clock that drifts shows. The whole host comes before that, if the baseline has fewer cores.
    """
    if not (spec.prove_baseline and cores):
        return NO_PROOF
    whole = (TimeVariant(Variant.WHOLE, 0.0),) if spec.baseline_cores < len(cores) else ()
    own = TimeVariant(Variant.OWN, AT_LEAST_S)
    return VariantPlan((own, *declared, *whole, own), cores if whole else ())


def declared_variants(workload: AnyWorkload, params: Parameters) -> tuple[TimeVariant, ...]:
    """Return what a workload with these parameters can have timed beside its baseline.

    Values that it refuses are left out. Raises ``BadRequest`` if it is tuned by a parameter that it
    does not have.
    """
    limit = (
        (TimeVariant(Variant.LIMIT, AT_LEAST_S, workload.proof.ceiling.name),)
        if workload.proof.ceiling
        else ()
    )
    textbook = (TimeVariant(Variant.TEXTBOOK, AT_LEAST_S),) if workload.proof.reference else ()
    return (*limit, *_tuned_variants(workload, params), *textbook)


def _tuned_variants(workload: AnyWorkload, params: Parameters) -> tuple[TimeVariant, ...]:
    if workload.proof.tuned is None:
        return ()
    name, values = workload.proof.tuned
    in_use = params.get(name)
    if isinstance(in_use, bool) or not isinstance(in_use, int | float):
        raise BadRequest(
            f"{workload.name} cannot be tuned by {name!r}",
            "name a parameter of its own that is a number",
        )
    tried = (
        TimeVariant(Variant.TUNED, AT_LEAST_S, name, value) for value in sorted({*values, in_use})
    )
    return tuple(
        timing for timing in tried if _is_valid(workload, with_tuned_value(params, timing))
    )


def _is_valid(workload: AnyWorkload, params: Parameters) -> bool:
    try:
        workload.require_valid(params)
    except ValueError:
        return False
    return True


def with_tuned_value(params: Parameters, timing: TimeVariant) -> Parameters:
    """Return the parameters with the variant's value, typed like the one that it replaces."""
    return params | {timing.name: type(params[timing.name])(timing.value)}


def variant_label(timing: TimeVariant, cores: int) -> str:
    """Return a variant of the baseline in a few words; ``cores`` is how many the whole host has."""
    match timing.variant:
        case Variant.OWN:
            return "as it runs"
        case Variant.TUNED:
            return f"{timing.name} {timing.value:,}"
        case Variant.TEXTBOOK:
            return "textbook program"
        case Variant.LIMIT:
            return timing.name
        case Variant.WHOLE:
            return f"on all {cores} cores"


def time_variant(
    timing: TimeVariant, workload: AnyWorkload, params: Parameters, problem: AnyProblem, cores: int
) -> Rated:
    """Time a variant in this process, which has so many cores, and return its rate."""
    items_per_s, seconds = _measure(timing, workload, params, problem)
    if not 0 <= items_per_s < math.inf:
        raise ValueError(
            f"the rate of {variant_label(timing, cores)} is {items_per_s}, which is none"
        )
    return Rated(
        variant=timing.variant,
        items_per_s=items_per_s,
        seconds=seconds,
        cores=cores,
        name=timing.name,
        value=float(timing.value),
    )


def _measure(
    timing: TimeVariant, workload: AnyWorkload, params: Parameters, problem: AnyProblem
) -> tuple[float, float]:
    """Return items per second, and the seconds that it was measured for."""
    match timing.variant:
        case Variant.OWN:
            return _pace(workload.baseline, *_slice(problem), timing.seconds)
        case Variant.TUNED:
            return _pace(
                workload.baseline,
                *_slice(workload.load(workload.configure(with_tuned_value(params, timing)))),
                timing.seconds,
            )
        case Variant.TEXTBOOK if workload.proof.reference is not None:
            return _pace(workload.proof.reference, *_slice(problem), timing.seconds)
        case Variant.LIMIT if workload.proof.ceiling is not None:
            began = time.perf_counter()
            rate = float(workload.proof.ceiling.rate(_slice(problem)[0], timing.seconds))
            return rate, time.perf_counter() - began
        case Variant.WHOLE:
            return _pace(workload.baseline, problem.input, problem.items, timing.seconds)
        case absent:
            raise BadRequest(
                f"{workload.name} has no {absent} variant of its baseline",
                "declare it in its WORKLOAD",
            )


def _slice(problem: AnyProblem) -> tuple[Any, int]:
    """Return the warm-up slice and its items; the whole input if there is none to count."""
    if problem.warmup is None or not problem.warmup_items:
        return problem.input, problem.items
    return problem.warmup, problem.warmup_items


def _pace(run: Run, given: Any, items: int, at_least_s: float) -> tuple[float, float]:
    """Return the items per second of the median pass, and the seconds of all passes."""
    passes: list[float] = []
    began = time.perf_counter()
    while needs_another_pass(passes, time.perf_counter() - began, at_least_s):
        since = time.perf_counter()
        run(given, lambda _: None)
        passes.append(time.perf_counter() - since)
    return items / median(passes), time.perf_counter() - began


def needs_another_pass(passes: Sequence[float], elapsed: float, at_least_s: float) -> bool:
    """Return whether another pass is due, ``elapsed`` seconds after the first began.

    Passes go on until the time is up; a third one is added where that is cheap.
    """
    if not passes or elapsed < at_least_s:
        return True
    return len(passes) < FEWEST_PASSES and elapsed + passes[-1] <= AFFORDABLE * at_least_s
