"""A proof that the baseline is a good one: its work done in other ways, each timed in the same session as the trials.

What there is to time is read off the workload before anything starts; the baseline's own process times it,
and one of its kind on all the host's cores. May import ``model``, ``events``, ``errors``, ``workload`` and ``run``.
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
from harness.workload import Problem, Reporter, Workload

AT_LEAST_S = 1.5
FEWEST_PASSES = 3
AFFORDABLE = 3

Run = Callable[[Any, Reporter], Any]


@dataclass(frozen=True)
class VariantPlan:
    """What a session times of its baseline, in this order; ``cores`` are those of the variant that gets the whole host."""

    studies: tuple[TimeVariant, ...] = ()
    cores: Cores = ()


NO_PROOF = VariantPlan()


def variant_plan(declared: tuple[TimeVariant, ...], spec: Spec, cores: Cores) -> VariantPlan:
    """Return what to time on a host of these cores; nothing unless a proof was asked for, or where a pretend side has no cores.

    The baseline as it runs comes first and last, so that a clock that drifted shows. The whole host comes before
    that, where the baseline has fewer cores.
    """
    if not (spec.prove_baseline and cores):
        return NO_PROOF
    whole = (TimeVariant(Variant.WHOLE, 0.0),) if spec.baseline_cores < len(cores) else ()
    own = TimeVariant(Variant.OWN, AT_LEAST_S)
    return VariantPlan((own, *declared, *whole, own), cores if whole else ())


def declared(workload: Workload, params: Parameters) -> tuple[TimeVariant, ...]:
    """Return what a workload with these parameters can have timed beside the baseline as it runs.

    Values that it refuses are left out; raises ``BadRequest`` if it is tuned by no parameter of its own.
    """
    limit = (TimeVariant(Variant.LIMIT, AT_LEAST_S, workload.limit.name),) if workload.limit else ()
    naive = (TimeVariant(Variant.NAIVE, AT_LEAST_S),) if workload.naive else ()
    return (*limit, *_tuned(workload, params), *naive)


def _tuned(workload: Workload, params: Parameters) -> tuple[TimeVariant, ...]:
    if workload.tuned is None:
        return ()
    name, values = workload.tuned
    in_use = params.get(name)
    if isinstance(in_use, bool) or not isinstance(in_use, int | float):
        raise BadRequest(
            f"{workload.name} cannot be tuned by {name!r}",
            "name a parameter of its own that is a number",
        )
    tried = (
        TimeVariant(Variant.TUNED, AT_LEAST_S, name, value) for value in sorted({*values, in_use})
    )
    return tuple(study for study in tried if _accepted(workload, tuned(params, study)))


def _accepted(workload: Workload, params: Parameters) -> bool:
    try:
        if workload.check is not None:
            workload.check(params)
    except ValueError:
        return False
    return True


def tuned(params: Parameters, study: TimeVariant) -> Parameters:
    """Return the parameters with the study's value, typed like the one it stands in for."""
    return params | {study.name: type(params[study.name])(study.value)}


def label(study: TimeVariant, cores: int) -> str:
    """Return a variant of the baseline in a few words; ``cores`` is how many the whole host has."""
    match study.variant:
        case Variant.OWN:
            return "as it runs"
        case Variant.TUNED:
            return f"{study.name} {study.value:,}"
        case Variant.NAIVE:
            return "without care"
        case Variant.LIMIT:
            return study.name
        case Variant.WHOLE:
            return f"on all {cores} cores"


def rated(
    study: TimeVariant, workload: Workload, params: Parameters, problem: Problem, cores: int
) -> Rated:
    """Time a variant in this process, which has so many cores, and return its rate."""
    items_per_s, seconds = _measured(study, workload, params, problem)
    if not 0 <= items_per_s < math.inf:
        raise ValueError(f"the rate of {label(study, cores)} is {items_per_s}, which is none")
    return Rated(
        variant=study.variant,
        items_per_s=items_per_s,
        seconds=seconds,
        cores=cores,
        name=study.name,
        value=float(study.value),
    )


def _measured(
    study: TimeVariant, workload: Workload, params: Parameters, problem: Problem
) -> tuple[float, float]:
    """Return items per second, and the seconds that it was measured for."""
    match study.variant:
        case Variant.OWN:
            return _pace(workload.baseline, *_slice(problem), study.seconds)
        case Variant.TUNED:
            return _pace(
                workload.baseline, *_slice(workload.load(tuned(params, study))), study.seconds
            )
        case Variant.NAIVE if workload.naive is not None:
            return _pace(workload.naive, *_slice(problem), study.seconds)
        case Variant.LIMIT if workload.limit is not None:
            began = time.perf_counter()
            rate = float(workload.limit.rate(_slice(problem)[0], study.seconds))
            return rate, time.perf_counter() - began
        case Variant.WHOLE:
            return _pace(workload.baseline, problem.input, problem.items, study.seconds)
        case absent:
            raise BadRequest(
                f"{workload.name} has no {absent} variant of its baseline",
                "declare it in its WORKLOAD",
            )


def _slice(problem: Problem) -> tuple[Any, int]:
    """Return the warm-up slice and its items; the whole input where there is none, or none that is counted."""
    if problem.warmup is None or not problem.warmup_items:
        return problem.input, problem.items
    return problem.warmup, problem.warmup_items


def _pace(run: Run, given: Any, items: int, at_least_s: float) -> tuple[float, float]:
    """Return the items per second of the median pass, and the seconds of all passes."""
    passes: list[float] = []
    began = time.perf_counter()
    while another(passes, time.perf_counter() - began, at_least_s):
        since = time.perf_counter()
        run(given, lambda _: None)
        passes.append(time.perf_counter() - since)
    return items / median(passes), time.perf_counter() - began


def another(passes: Sequence[float], elapsed: float, at_least_s: float) -> bool:
    """Return whether a pass is due after those that took so long: until the time is up, and a third one where that is cheap."""
    if not passes or elapsed < at_least_s:
        return True
    return len(passes) < FEWEST_PASSES and elapsed + passes[-1] <= AFFORDABLE * at_least_s
