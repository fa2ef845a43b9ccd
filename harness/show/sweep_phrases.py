"""What a sweep says in sentences: the law, where more machines stop to pay, what they cost, and whether the baseline was real.

May import ``model``, ``score``, ``phrases`` and ``words``. Everything returned is safe to print; empty is nothing to say.
"""

import math
from collections.abc import Iterator

from harness import text
from harness.claims.baseline_proof import DRIFT_LIMIT, Proof
from harness.claims.core_time import CoreTime, TimePart
from harness.claims.curve import WORTHWHILE_EFFICIENCY, Curve, Law, Origin, Point
from harness.claims.headline import Cost
from harness.model import Kind, Prices, Rate, Results, Variant
from harness.show import phrases

NOT_CLEAN = "not a clean win: quality moved"
OVERSUBSCRIBED = "oversubscribed: more threads than cores"
CHOSEN = "the value it runs with"
LEGEND_OF_PARTS = (
    "core time is cores × wall time; useful: computing that the baseline does too, extra: computing beyond it, comm.:"
    " exchange, serialization, Ray's scheduling and lost workers, waiting: for stragglers or at barriers, driver: it works alone"
)


def observations(curve: Curve) -> str:
    """Return how often every scale was measured; of declared runs nobody saw pairs."""
    fewest, most = (
        min(point.pairs for point in curve.points),
        max(point.pairs for point in curve.points),
    )
    if most == 1:
        return "one observation"
    noun = "observations" if curve.results.kind is Kind.DECLARED else "pairs"
    return f"median of {text.count(fewest)}{'' if fewest == most else f' to {text.count(most)}'} {noun}"


def flags(point: Point) -> tuple[str, ...]:
    """Return what forbids to take a measured scale as a clean win."""
    told = (NOT_CLEAN, not point.quality_held), (OVERSUBSCRIBED, point.oversubscribed)
    return tuple(flag for flag, raised in told if raised)


def law(curve: Curve) -> str:
    """Return Amdahl's law as the points have it, with its ceiling and how closely they follow it."""
    if curve.rejected_law is not None:
        missed = text.percent(curve.rejected_law.misfit)
        return f"the scales do not follow Amdahl's law, which misses one of them by {missed}, so nothing is predicted"
    if curve.law is None:
        return "no serial share follows from these scales, so nothing is predicted"
    share = (
        f"serial share {text.percent(curve.law.serial_fraction)}, so {ceiling(curve.law.ceiling)}"
    )
    return f"Amdahl's law {origin(curve.law)}: {share}"


def origin(law: Law) -> str:
    """Return from how many scales a law is, and whether they test it: one worker has no say in it."""
    if law.origin is Origin.IMPLIED:
        return "implied by one scale, which cannot test it"
    return f"fitted to {text.number_of(law.scales, 'scale')} beyond one worker, which it misses by {text.percent(law.misfit)} at most"


def ceiling(most: float) -> str:
    """Return the largest speedup that a law allows."""
    return f"at most {text.times(most)}" if math.isfinite(most) else "no ceiling"


def largest_worthwhile(curve: Curve) -> str:
    """Return how far it is worth going on by the law."""
    limit = text.percent(WORTHWHILE_EFFICIENCY)
    if curve.law is None:
        return ""
    if curve.largest_worthwhile is None:
        return f"by this law efficiency stays at {limit} or more on any number of workers"
    return f"by this law efficiency stays at {limit} or more up to {text.number_of(curve.largest_worthwhile, 'worker')}"


def next_scale_cost(curve: Curve) -> str:
    """Return what the next scale would save and cost, and from what worth of an hour on it pays."""
    step = curve.next_step
    if step is None:
        return ""
    going = "doubling to" if step.after == 2 * step.before else "going on to"
    would, how = ("would ", ", predicted") if step.predicted else ("", ", measured")
    time = text.seconds(abs(step.saved_s))
    money = f"{text.money(abs(step.extra_cost), curve.results.spec.prices.currency)} {'more' if step.extra_cost >= 0 else 'less'}"
    saves = "save" if step.saved_s >= 0 else "lose"
    said = f"{going} {text.number_of(step.after, 'worker')} {would}{saves if would else f'{saves}s'} {time} a run for {money}{how}"
    if step.price_per_hour is None:
        return said
    worth = text.money(step.price_per_hour, curve.results.spec.prices.currency)
    return f"{said}: worth it if finishing an hour earlier is worth {worth} or more"


def cost_scale(curve: Curve) -> str:
    """Return COST, the configuration that outperforms a single thread."""
    if curve.cost_scale is None:
        return "COST is unbounded: no measured number of workers beats the baseline"
    return f"COST is {text.number_of(curve.cost_scale, 'worker')}: the fewest measured that beat the baseline"


def framework_tax(curve: Curve) -> str:
    """Return how much slower one worker is than the baseline."""
    return (
        ""
        if curve.framework_tax is None
        else f"framework tax: one worker takes {text.times(curve.framework_tax)} the baseline's time"
    )


def prices(results: Results) -> str:
    """Return whose prices they are and of when."""
    given: Prices = results.spec.prices
    kind = "illustrative prices" if given.illustrative else "prices"
    return f"{kind} in {text.printable(given.currency)}, {text.printable(given.source)}, {text.printable(given.date)}"


def parts_of_cost(cost: Cost) -> str:
    """Return how much of the change of the cost is scaling out and how much is price."""
    head = " and the head node" if cost.head_hours else ""
    parts = (
        _added(cost.scaling_part, "scaling out alone", "s"),
        _added(cost.price_part, f"prices{head}", ""),
    )
    return f"a run costs {cost_change(-cost.drop)}: of the baseline's cost {', '.join(parts)}"


def _added(saved: float, what: str, ending: str) -> str:
    """Return what a part of the drop does to the cost, as a fraction of the baseline's."""
    return f"{what} {'take' if saved > 0 else 'add'}{ending} {text.percent(abs(saved))}"


def break_even(cost: Cost) -> str:
    """Return below which price a worker saves money."""
    if cost.break_even_ratio <= 0:
        return "no worker, however cheap, would save money: the head node alone costs more than is gained"
    most, now = text.percent(cost.break_even_ratio), text.percent(cost.price_ratio)
    whose = (
        "the baseline's machine"
        if cost.baseline_machines == 1
        else "as large a share of the baseline's machine"
    )
    return f"a worker saves money below {most} of the price of {whose}; it is at {now}"


def billed_hours(cost: Cost) -> str:
    """Return what was billed on either side, idle or not."""
    one, other, head = (
        text.three_digits(hours)
        for hours in (cost.baseline_hours, cost.distributed_hours, cost.head_hours)
    )
    beside = (
        f" and {head} of the head node ({text.percent(cost.head_share)} of the bill)"
        if cost.head_hours
        else ", no head node"
    )
    shares = (
        ""
        if cost.baseline_machines == 1
        else f" (as {setting_value(cost.baseline_machines)} machines of a worker's size)"
    )
    return f"billed: {one} machine-hours of the baseline{shares}, {other} of the workers{beside}, idle time included"


def baseline_proof(proof: Proof, unit: str) -> Iterator[str]:
    """Yield what the rates prove of the baseline; a false speedup is called that."""
    if proof.limit is not None and proof.share_of_limit is not None:
        limit = text.printable(proof.limit.name) or "the machine's own limit"
        yield f"the baseline does {text.rate(proof.own.items_per_s, unit)}, {text.percent(proof.share_of_limit)} of {limit}"
    if proof.best is not None:
        tried = f"{text.printable(proof.tuned_by)} was tried at {text.number_of(len(proof.tuned), 'value')}"
        chosen = (
            ""
            if proof.chosen is None
            else f"; the baseline runs with {setting_value(proof.chosen)}"
        )
        yield f"{tried}, {setting_value(proof.best.value)} was the fastest{chosen}"
    if proof.whole is not None and proof.whole_speedup is not None:
        whole = f"on all {text.number_of(proof.whole.cores, 'core')} the baseline is {text.times(proof.whole_speedup)} as fast, in one pass"
        over = proof.speedup_over_whole
        yield (
            whole
            if over is None
            else f"{whole}; over that the distributed side's speedup is {text.times(over)}"
        )
    if proof.naive_factor is not None and proof.fake_speedup is not None:
        longer = f"a baseline written without care takes {text.times(proof.naive_factor)} as long"
        yield f"FAKE SPEEDUP: {longer}; beside it the same run would have looked {text.times(proof.fake_speedup)} as fast"
    if proof.drift > DRIFT_LIMIT:
        yield f"the baseline's own rate drifted by {text.percent(proof.drift)} while this was measured"


def lost_core_time(splits: tuple[CoreTime, ...]) -> str:
    """Return how much more core time the largest scale that had its cores took than the baseline, and where most of it went."""
    baseline, last = splits[0], [split for split in splits if not split.oversubscribed][-1]
    part, spent = max(
        (pair for pair in last.parts if pair[0] is not TimePart.USEFUL), key=lambda pair: pair[1]
    )
    if last.given_s <= baseline.given_s:
        return ""
    more, most = text.durations(last.given_s - baseline.given_s, spent)
    return f"{text.number_of(last.workers, 'worker')} took {more} more of core time than the baseline; most went on {part}, {most}"


def variant(rate: Rate) -> str:
    """Return a variant of the baseline in a few words."""
    match rate.variant:
        case Variant.OWN:
            return "as it runs"
        case Variant.TUNED:
            return f"{text.printable(rate.name)[:24]} {setting_value(rate.value)}"
        case Variant.NAIVE:
            return "written without care"
        case Variant.LIMIT:
            return (
                f"limit of {text.number_of(rate.cores, 'core')}: {text.printable(rate.name)[:24]}"
            )
        case Variant.WHOLE:
            return f"on all {text.number_of(rate.cores, 'core')}"


def rate(timed: Rate, unit: str) -> str:
    """Return how fast a variant of the baseline went: ``baseline with micro_batch 384: 12,300 samples/s``."""
    match timed.variant:
        case Variant.LIMIT:
            told = f"the machine's own {variant(timed)}"
        case Variant.TUNED:
            told = f"baseline with {variant(timed)}"
        case _:
            told = f"baseline {variant(timed)}"
    return f"{told}: {text.rate(timed.items_per_s, unit)}"


def setting_value(value: float) -> str:
    """Return a parameter's value as it is written: whole ones in full."""
    return text.count(int(value)) if value == int(value) else text.three_digits(value)


def metric(results: Results) -> str:
    """Return the metric's name with its tolerance."""
    limit = results.spec.workload.tolerance
    return f"{text.printable(results.spec.workload.metric)[:48]}, tolerance {text.tolerance(limit)}"


def title(curve: Curve) -> str:
    """Return what the sweep is of: workload, the baseline it is held against, and how often it was measured."""
    results = curve.results
    named = text.printable(results.spec.workload.name)[:32]
    parts = (
        phrases.label(results),
        f"{named}: speedup on more workers, against {phrases.sides(results)[0]}",
        observations(curve),
    )
    return " · ".join(filter(None, parts))


def cost_change(share: float) -> str:
    """Return by how much a cost rose or fell: ``13 % more``."""
    return f"{text.percent(abs(share))} {'more' if share > 0 else 'less'}"
