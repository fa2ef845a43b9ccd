"""What the appendix says in sentences: prices, the cost of a run, the baseline and core time.

Everything returned is printable, and empty where there is nothing to say. May import
``harness.claims``, for its values, ``harness.model`` and ``harness.text``.
"""

from collections.abc import Iterator, Sequence

from harness import text
from harness.claims.baseline_proof import DRIFT_LIMIT, BaselineProof
from harness.claims.core_time import CoreTime, TimePart
from harness.claims.headline import Cost
from harness.claims.quality_change import QualityChange
from harness.model import Description, Parameters, Rate, Results, Scalar, Variant

CHOSEN = "the value it runs with"
LEGEND_OF_PARTS = (
    "core time is cores × wall time; useful: computing that the baseline does too;"
    " extra: computing beyond it; comm.: exchange, serialization, Ray's scheduling and lost"
    " workers; waiting: for stragglers or at barriers; driver: only the driver works"
)
_LONGEST_NAME = 24
_LONGEST_SETTINGS = 32


def prices(results: Results) -> str:
    """Return whose prices they are and of when."""
    listed = results.spec.prices
    kind = "made-up prices" if listed.illustrative else "prices"
    currency, source, date = map(text.printable, (listed.currency, listed.source, listed.date))
    spot = ", the workers' at spot prices" if results.spec.spot else ""
    return f"{kind} in {currency}, {source}, {date}{spot}"


def kind_of_prices(cost: Cost) -> str:
    """Return which prices of the list the headline is at."""
    return "workers at spot prices" if cost.is_spot else "at these prices"


def cost_change(share: float) -> str:
    """Return by how much a cost rose or fell: ``13 % more``."""
    return f"{text.percent(abs(share))} {'more' if share > 0 else 'less'}"


def parts_of_cost(cost: Cost) -> str:
    """Return how much of the change of the cost is scaling out and how much is price."""
    prices = "prices and the head node" if cost.head_hours else "prices"
    what = "scaling out, spares included," if cost.spares else "scaling out"
    parts = _part_of_cost(what, cost.scaling_part), _part_of_cost(prices, cost.price_part)
    return f"a run costs {cost_change(-cost.drop)}: {'; '.join(parts)}"


def _part_of_cost(what: str, saved: float) -> str:
    """Return what made a run dearer or cheaper, by how much of the baseline's cost."""
    if (share := text.percent(abs(saved))) == text.percent(0.0):
        return f"{what} changed nothing"
    return f"{what} made it {share} {'cheaper' if saved > 0 else 'dearer'}"


def break_even(cost: Cost) -> str:
    """Return below which price a worker saves money."""
    if cost.break_even_ratio <= 0:
        return (
            "no worker, however cheap, would save money:"
            " the head node alone costs more than is gained"
        )
    machine = "the baseline's machine"
    if cost.baseline_machines != 1:
        machine = f"as large a share of {machine}"
    limit = text.percent(cost.break_even_ratio)
    now = text.percent(cost.price_ratio)
    saves = f"scaling out saves money where a worker costs less than {limit} of {machine}"
    return f"{saves}; it costs {now}"


def billed_hours(cost: Cost) -> str:
    """Return the machine-hours that are billed on both sides, idle or not."""
    baseline = f"{text.three_digits(cost.baseline_hours)} machine-hours of the baseline"
    if cost.baseline_machines != 1:
        baseline += f" (as {setting_value(cost.baseline_machines)} machines of a worker's size)"
    workers = f"{text.three_digits(cost.distributed_hours)} of the workers"
    if cost.spares:
        workers += f" and {text.number_of(cost.spares, 'spare')}"
    return f"billed: {baseline}, {workers}{_head_hours(cost)}, idle time included"


def _head_hours(cost: Cost) -> str:
    if not cost.head_hours:
        return ", no head node"
    hours = text.three_digits(cost.head_hours)
    return f" and {hours} of the head node ({text.percent(cost.head_share)} of the bill)"


def baseline_proof(proof: BaselineProof, unit: str) -> Iterator[str]:
    """Yield what the rates prove of the baseline; a false speedup is called that."""
    if proof.limit is not None and proof.share_of_limit is not None:
        limit = text.printable(proof.limit.name) or "the machine's own limit"
        rate = text.rate(proof.own.items_per_s, unit)
        yield f"the baseline does {rate}, {text.percent(proof.share_of_limit)} of {limit}"
    yield from _tuning(proof)
    yield from _whole_host(proof)
    yield from _copies(proof)
    if proof.textbook_factor is not None and proof.speedup_over_textbook is not None:
        factor, over = text.times(proof.textbook_factor), text.times(proof.speedup_over_textbook)
        longer = f"a textbook program takes {factor} as long"
        fake = f"beside it the same run would have looked {over} as fast"
        yield f"FAKE SPEEDUP: {longer}; {fake}"
    if proof.drift > DRIFT_LIMIT:
        drift = text.percent(proof.drift)
        yield f"the baseline's own rate drifted by {drift} while this was measured"


def needed_work(proof: BaselineProof) -> Iterator[str]:
    """Yield whether less work would do, where less work was tried."""
    if not proof.tried_less_work:
        return
    least = proof.least_work
    if least is None:
        tried = text.number_of(len(proof.cheaper_efforts), "cheaper setting")
        yield f"the work is needed: none of {tried} is as good, within the tolerance"
    else:
        cheaper, factor = settings(least.rate.settings), text.times(1 / least.share)
        yield f"{cheaper} is as good: the work done is {factor} the work needed"


def alternatives(proof: BaselineProof) -> Iterator[str]:
    """Yield whether another way of doing the same is faster and as good, where any was timed."""
    if proof.behind_alternative is None:
        return
    if proof.behind_alternative > 0:
        behind = text.percent(proof.behind_alternative)
        yield f"the baseline is {behind} behind the fastest variant that is as good"
    else:
        yield "no variant on the same cores is faster and as good"


def _tuning(proof: BaselineProof) -> Iterator[str]:
    if proof.best is None:
        return
    values = text.number_of(len(proof.tuned), "value")
    best = f"{setting_value(proof.best.value)} was the fastest"
    tuning = f"{values} of {text.printable(proof.tuned_by)} were tried, {best}"
    if proof.chosen is None:
        yield tuning
    else:
        yield f"{tuning}; the baseline runs with {setting_value(proof.chosen)}"


def _whole_host(proof: BaselineProof) -> Iterator[str]:
    if proof.whole is None or proof.whole_speedup is None:
        return
    cores = text.number_of(proof.whole.cores, "core")
    gain = text.times(proof.whole_speedup)
    whole = f"on all {cores} the baseline is {gain} as fast, in one pass"
    if proof.speedup_over_whole is None:
        yield whole
    else:
        over = text.times(proof.speedup_over_whole)
        yield f"{whole}; against that the distributed side is {over} as fast"


def _copies(proof: BaselineProof) -> Iterator[str]:
    if proof.copies is None or proof.copies.pass_s is None or proof.possible_efficiency is None:
        return
    number, taken = setting_value(proof.copies.value), text.seconds(proof.copies.pass_s)
    copies = f"{number} copies of the baseline at once, which exchange nothing, take {taken}"
    allowed = f"allows an efficiency of at most {text.percent(proof.possible_efficiency)}"
    follows = f"so this host {allowed}"
    if (proof.speedup or 0.0) / proof.copies.value > proof.possible_efficiency:
        follows = f"which {allowed}; the workers did better, so the host was slower then"
    yield f"{copies}, {follows}"


def lost_core_time(splits: Sequence[CoreTime]) -> str:
    """Return how much core time the largest scale took, and the largest part that was of no use.

    It is the largest scale that had a core for every thread.
    """
    baseline = splits[0]
    last = [split for split in splits if not split.oversubscribed][-1]
    if last.available_s <= baseline.available_s:
        return ""
    losses = [(spent, part) for part, spent in last.parts if part is not TimePart.USEFUL]
    spent, part = max(losses, key=lambda loss: loss[0])
    taken, alone = text.durations(last.available_s, baseline.available_s)
    workers = text.number_of(last.workers, "worker")
    return (
        f"{workers} took {taken} of core time, the baseline {alone}; "
        f"the largest part that was no useful work is {last.name(part)}, {text.seconds(spent)}"
    )


def variant(rate: Rate) -> str:
    """Return a variant of the baseline in a few words."""
    cores = text.number_of(rate.cores, "core")
    name = text.printable(rate.name)[:_LONGEST_NAME]
    match rate.variant:
        case Variant.OWN:
            return "as it runs"
        case Variant.TUNED:
            return f"{name} {setting_value(rate.value)}"
        case Variant.TEXTBOOK:
            return "textbook program"
        case Variant.LIMIT:
            return f"limit of {cores}: {name}"
        case Variant.WHOLE:
            return f"on all {cores}"
        case Variant.EFFORT:
            return settings(rate.settings)
        case Variant.ALTERNATIVE:
            return name
        case Variant.COPIES:
            return f"{setting_value(rate.value)} copies at once"


def settings(values: Parameters) -> str:
    """Return some settings with their names: ``permutations 64, bands 8``."""
    words = (f"{text.printable(name)} {setting_value(value)}" for name, value in values.items())
    return ", ".join(words)[:_LONGEST_SETTINGS]


def rate(timed: Rate, workload: Description) -> str:
    """Return how fast a variant was: ``baseline with micro_batch 384: 12,300 samples/s``.

    One that passed the whole input has seconds, and the quality of its answer where it has one.
    """
    match timed.variant:
        case Variant.LIMIT:
            lead = "the machine's own "
        case Variant.TUNED | Variant.EFFORT:
            lead = "baseline with "
        case Variant.TEXTBOOK:
            lead = ""
        case Variant.ALTERNATIVE:
            lead = "variant "
        case _:
            lead = "baseline "
    return f"{lead}{variant(timed)}: {_speed(timed, workload)}"


def _speed(timed: Rate, workload: Description) -> str:
    is_rate = timed.variant not in (Variant.EFFORT, Variant.ALTERNATIVE, Variant.COPIES)
    if is_rate or timed.pass_s is None:
        return text.rate(timed.items_per_s, workload.unit)
    if timed.quality is None:
        return text.seconds(timed.pass_s)
    quality = text.quality(timed.quality, workload.tolerance)
    metric = text.printable(workload.metric)[:_LONGEST_NAME]
    return f"{text.seconds(timed.pass_s)}, {metric} {quality}"


def setting_value(value: Scalar) -> str:
    """Return a parameter's value as it is written: whole numbers in full."""
    match value:
        case bool() | str():
            return text.printable(str(value))
        case _:
            return text.count(int(value)) if value == int(value) else text.three_digits(value)


def quality_interval(words: Description) -> str:
    """Return what the interval of the change of quality is of, beside the tolerance."""
    limit = text.tolerance(words.tolerance)
    return (
        f"Δ is the largest change of {text.printable(words.metric)[:_LONGEST_NAME]} in any pair,"
        f" tolerance {limit}; the interval is that of the mean difference of the items' scores,"
        " the items taken as a random sample, and covers all pairs"
    )


def interval_of_change(change: QualityChange, tolerance: float) -> str:
    """Return the interval of a change of quality: ``−0.006 to +0.001``."""
    if change.answers_identical:
        return "equal to the last bit"
    if change.interval is None:
        return text.NOTHING
    return " to ".join(text.change(end, tolerance) for end in change.interval)
