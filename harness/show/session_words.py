"""The command line that a session's spec stands for, so that the session can be run again.

Imports ``harness.model``.
"""

from collections.abc import Iterator, Mapping

from harness.model import Results, Schedule, Spec


def session_words(
    results: Results, workload: str, settings: Mapping[str, str] | None = None
) -> list[str]:
    """Return verb and options that ask for the same session, but for its prices and its cluster.

    ``workload`` is the name to find the workload by, and ``settings`` take the place of the
    session's own.
    """
    spec = results.spec
    verb = "sweep" if spec.points else "race"
    words = [verb, "--workload", workload, *_scales(spec), *_terms(results), *_losses(spec)]
    values = {name: _word_of(value) for name, value in spec.params.items()} | dict(settings or {})
    return [*words, *(word for pair in values.items() for word in ("--set", "=".join(pair)))]


def _word_of(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _scales(spec: Spec) -> Iterator[str]:
    yield from ("--workers", ",".join(map(str, spec.scales)))
    if spec.points and spec.oversubscribe:
        yield "--oversubscribe"


def _terms(results: Results) -> Iterator[str]:
    """Yield what both sides shared; a sweep runs in turn, whatever is asked for."""
    spec = results.spec
    yield from ("--trials", str(spec.trials))
    yield from ("--cores-per-worker", str(spec.cores_per_worker))
    yield from ("--baseline-cores", str(spec.baseline_cores))
    if not spec.points and results.schedule is not Schedule.AUTO:
        yield from ("--schedule", results.schedule.value)
    if spec.prove_baseline != bool(spec.points):
        yield "--prove-baseline" if spec.prove_baseline else "--no-prove-baseline"


def _losses(spec: Spec) -> Iterator[str]:
    for strike in spec.chaos:
        yield from ("--chaos", strike)
    if spec.spares:
        yield from ("--spares", str(spec.spares))
    if spec.spot:
        yield "--spot"
    if spec.checkpoint_s is not None:
        yield from ("--checkpoint", f"{spec.checkpoint_s:g}")
