"""What a sweep says in sentences: the law, how far more machines pay, and what they cost.

Everything returned is printable, and empty where there is nothing to say. May import
``harness.claims``, for its values, ``harness.model``, ``harness.text`` and ``phrases``.
"""

import math

from harness import text
from harness.claims.curve import WORTHWHILE_EFFICIENCY, Curve, Law, Origin, Point, Step
from harness.model import Kind, Results
from harness.show import phrases

NOT_CLEAN = "not a clean win: quality moved"
OVERSUBSCRIBED = "oversubscribed: more threads than cores"


def title(curve: Curve) -> str:
    """Return what the sweep is of: its workload, its baseline and how often it was measured."""
    workload = text.printable(curve.results.spec.workload.name)[:32]
    baseline = phrases.sides(curve.results)[0]
    measured = f"{workload}: speedup on more workers, against {baseline}"
    return " · ".join(filter(None, (phrases.label(curve.results), measured, observations(curve))))


def observations(curve: Curve) -> str:
    """Return how often each scale was measured; declared runs are not known to be in pairs."""
    fewest = min(point.pairs for point in curve.points)
    most = max(point.pairs for point in curve.points)
    if most == 1:
        return "one observation"
    noun = "observations" if curve.results.kind is Kind.DECLARED else "pairs"
    number = text.count(fewest) if fewest == most else f"{text.count(fewest)} to {text.count(most)}"
    return f"median of {number} {noun}"


def metric(results: Results) -> str:
    """Return the metric's name with its tolerance."""
    limit = results.spec.workload.tolerance
    return f"{text.printable(results.spec.workload.metric)[:48]}, tolerance {text.tolerance(limit)}"


def flags(point: Point) -> tuple[str, ...]:
    """Return why a measured scale is no clean win (empty: it is one)."""
    possible = ((NOT_CLEAN, not point.quality_tolerated), (OVERSUBSCRIBED, point.oversubscribed))
    return tuple(flag for flag, is_raised in possible if is_raised)


def law(curve: Curve) -> str:
    """Return Amdahl's law as the points have it, its ceiling and how closely they follow it."""
    if curve.rejected_law is not None:
        missed = text.percent(curve.rejected_law.misfit)
        return (
            f"the scales do not follow Amdahl's law, which misses one of them by {missed},"
            " so nothing is predicted"
        )
    if curve.law is None:
        return "no serial share follows from these scales, so nothing is predicted"
    share = text.percent(curve.law.serial_fraction)
    return f"Amdahl's law {origin(curve.law)}: serial share {share}, so {ceiling(curve.law)}"


def origin(law: Law) -> str:
    """Return how many scales a law is from, and whether they test it; one worker does not."""
    if law.origin is Origin.IMPLIED:
        return "implied by one scale, which cannot test it"
    scales = text.number_of(law.scales, "scale")
    missed = text.percent(law.misfit)
    return f"fitted to {scales} beyond one worker, which it misses by {missed} at most"


def ceiling(law: Law) -> str:
    """Return the largest speedup that a law allows."""
    return f"at most {text.times(law.ceiling)}" if math.isfinite(law.ceiling) else "no ceiling"


def largest_worthwhile(curve: Curve) -> str:
    """Return up to how many workers the efficiency stays worthwhile by the law."""
    if curve.law is None:
        return ""
    stays = f"by this law efficiency stays at {text.percent(WORTHWHILE_EFFICIENCY)} or more"
    if curve.largest_worthwhile is None:
        return f"{stays} on any number of workers"
    return f"{stays} up to {text.number_of(curve.largest_worthwhile, 'worker')}"


def next_scale_cost(curve: Curve) -> str:
    """Return what the next scale would save and cost, and how dear an hour makes it pay."""
    step = curve.next_step
    if step is None:
        return ""
    currency = curve.results.spec.prices.currency
    further = "doubling to" if step.after == 2 * step.before else "going on to"
    change = f"{_time_saved(step)} a run for {_extra_cost(step, currency)}"
    source = "predicted" if step.predicted else "measured"
    sentence = f"{further} {text.number_of(step.after, 'worker')} {change}, {source}"
    if step.price_per_hour is None:
        return sentence
    worth = text.money(step.price_per_hour, currency)
    return f"{sentence}: worth it if finishing an hour earlier is worth {worth} or more"


def _time_saved(step: Step) -> str:
    verb = "save" if step.saved_s >= 0 else "lose"
    time = text.seconds(abs(step.saved_s))
    return f"would {verb} {time}" if step.predicted else f"{verb}s {time}"


def _extra_cost(step: Step, currency: str) -> str:
    direction = "more" if step.extra_cost >= 0 else "less"
    return f"{text.money(abs(step.extra_cost), currency)} {direction}"


def cost_scale(curve: Curve) -> str:
    """Return COST, the configuration that outperforms a single thread.

    Source: McSherry, Isard, Murray, "Scalability! But at what COST?", HotOS 2015.
    """
    if curve.cost_scale is None:
        return "COST is unbounded: no measured number of workers beats the baseline"
    workers = text.number_of(curve.cost_scale, "worker")
    return f"COST is {workers}: the fewest measured that beat the baseline"


def framework_tax(curve: Curve) -> str:
    """Return how much slower one worker is than the baseline."""
    if curve.framework_tax is None:
        return ""
    return f"framework tax: one worker takes {text.times(curve.framework_tax)} the baseline's time"
