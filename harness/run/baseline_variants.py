"""Variants of the baseline: which ways to do its work are timed in the same session as the trials.

They show whether the baseline is a good one, and whether its work is needed. A workload declares
them; the baseline's own process times them, but for the host's whole cores and for copies at once,
which need more processes of its kind.
May import ``model``, ``errors``, ``workload`` and ``run``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.errors import BadRequest
from harness.model import Parameters, Scalar, Spec, Variant
from harness.run.schedule import Cores
from harness.run.wire import TimeVariant
from harness.workload import AnyWorkload

AT_LEAST_S = 1.5
ONE_PASS_S = 0.0


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
    clock that drifts shows. What takes other processes comes before that: the whole host, if the
    baseline has fewer cores, and copies of the baseline.
    """
    if not (spec.prove_baseline and cores):
        return NO_PROOF
    here = not spec.baseline_on_node
    whole = (
        (TimeVariant(Variant.WHOLE, ONE_PASS_S),)
        if here and spec.baseline_cores < len(cores)
        else ()
    )
    copies = (
        (TimeVariant(Variant.COPIES, ONE_PASS_S, value=spec.workers),)
        if _can_copy(spec, len(cores))
        else ()
    )
    own = TimeVariant(Variant.OWN, AT_LEAST_S)
    return VariantPlan((own, *declared, *whole, *copies, own), cores if whole else ())


def _can_copy(spec: Spec, cores: int) -> bool:
    """Return whether a baseline for each worker can run at once on this host's cores.

    It must have a worker's cores, and the workers must be here. Two programs of the user's could
    write to the same files.
    """
    return (
        spec.workers >= 2
        and spec.baseline_cores == spec.cores_per_worker
        and spec.workers * spec.cores_per_worker <= cores
        and not spec.joined_cluster
        and spec.commands is None
    )


def declared_variants(workload: AnyWorkload, params: Parameters) -> tuple[TimeVariant, ...]:
    """Return what a workload with these parameters can have timed beside its baseline.

    Those on the session's own problem come first, so that it is loaded again only once. Values that
    the workload refuses are left out. Raises ``BadRequest`` for a parameter that it does not have.
    """
    proof = workload.proof
    limit = (TimeVariant(Variant.LIMIT, AT_LEAST_S, proof.ceiling.name),) if proof.ceiling else ()
    textbook = (TimeVariant(Variant.TEXTBOOK, AT_LEAST_S),) if proof.reference else ()
    programs = (
        TimeVariant(Variant.ALTERNATIVE, ONE_PASS_S, name)
        for name, declared in proof.variants.items()
        if callable(declared)
    )
    return (
        *limit,
        *textbook,
        *programs,
        *_efforts(workload, params),
        *_other_settings(workload, params),
        *_tuned_variants(workload, params),
    )


def _efforts(workload: AnyWorkload, params: Parameters) -> Iterator[TimeVariant]:
    for declared in workload.proof.effort:
        settings = _typed(workload, params, declared)
        if _is_another(workload, params, settings):
            yield TimeVariant(Variant.EFFORT, ONE_PASS_S, settings=settings)


def _other_settings(workload: AnyWorkload, params: Parameters) -> Iterator[TimeVariant]:
    for name, declared in workload.proof.variants.items():
        if not callable(declared):
            settings = _typed(workload, params, declared)
            if _is_another(workload, params, settings):
                yield TimeVariant(Variant.ALTERNATIVE, ONE_PASS_S, name, settings=settings)


def _typed(workload: AnyWorkload, params: Parameters, declared: Mapping[str, Scalar]) -> Parameters:
    """Return declared settings, each typed like the parameter of the session that it replaces."""
    for name, value in declared.items():
        if name not in params or not _is_like(value, params[name]):
            raise BadRequest(
                f"the proof of {workload.name} cannot set {name!r} to {value!r}",
                "name a parameter of its own, with a value of its type",
            )
    return {name: type(params[name])(value) for name, value in declared.items()}


def _is_like(value: Scalar, other: Scalar) -> bool:
    """Return whether both are numbers, or of one type; a bool is no number."""
    return (_is_number(value) and _is_number(other)) or type(value) is type(other)


def _is_number(value: Scalar | None) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_another(workload: AnyWorkload, params: Parameters, settings: Parameters) -> bool:
    """Return whether settings differ from the session's, and the workload does not refuse them."""
    laid_over = params | settings
    return laid_over != params and _is_valid(workload, laid_over)


def _tuned_variants(workload: AnyWorkload, params: Parameters) -> Iterator[TimeVariant]:
    if workload.proof.tuned is None:
        return
    name, values = workload.proof.tuned
    in_use = params.get(name)
    if not isinstance(in_use, int | float) or isinstance(in_use, bool):
        raise BadRequest(
            f"{workload.name} cannot be tuned by {name!r}",
            "name a parameter of its own that is a number",
        )
    for value in sorted({*values, in_use}):
        setting: Parameters = {name: type(in_use)(value)}
        if _is_valid(workload, params | setting):
            yield TimeVariant(Variant.TUNED, AT_LEAST_S, name, value, setting)


def _is_valid(workload: AnyWorkload, params: Parameters) -> bool:
    try:
        workload.require_valid(params)
    except (BadRequest, ValueError):
        return False
    return True


def variant_label(timing: TimeVariant, cores: int) -> str:
    """Return a variant of the baseline in a few words; ``cores`` is how many the whole host has."""
    match timing.variant:
        case Variant.OWN:
            return "as it runs"
        case Variant.TUNED:
            return _setting_label(timing.name, timing.value)
        case Variant.TEXTBOOK:
            return "textbook program"
        case Variant.LIMIT | Variant.ALTERNATIVE:
            return timing.name
        case Variant.WHOLE:
            return f"on all {cores} cores"
        case Variant.EFFORT:
            return ", ".join(_setting_label(name, value) for name, value in timing.settings.items())
        case Variant.COPIES:
            return f"{timing.value} copies at once"


def _setting_label(name: str, value: Scalar) -> str:
    return f"{name} {value:,}" if _is_number(value) else f"{name} {value}"
