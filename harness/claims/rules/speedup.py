"""Rules about what the times imply: COST, how sure the speedup is, its limit and its parts.

May import ``model``, ``scaling``, ``rule`` and ``pairs``.
"""

from harness.claims import scaling
from harness.claims.pairs import Pairs, framework_tax, pairs_by_scale
from harness.claims.rule import (
    Caveat,
    Measure,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    count,
    fraction,
    ratio,
    refuse,
)
from harness.model import Kind, Side

VARIATION_LIMIT = 0.10
MOST_EFFICIENCY = 1.1


def _slowdown(pairs: Pairs) -> Caveat | None:
    if pairs.speedup > 1:
        return None
    return Caveat(
        "slowdown",
        "the distributed side was not faster;"
        " enlarge the input or the chunks until the work outweighs the exchange",
        (ratio("speedup", pairs.speedup),),
    )


def _cost_scale(pairs: Pairs) -> Measured:
    """Return COST, the smallest measured p that beats the baseline, and the framework tax."""
    faster = [other.scale for other in pairs_by_scale(pairs.results) if other.speedup > 1]
    if not faster:
        return Unknown("no number of workers beat the baseline, so COST is unbounded")
    tax = framework_tax(pairs.results)
    taxed = () if tax is None else (ratio("framework tax", tax),)
    return (count("fewest workers that beat the baseline", min(faster)), *taxed)


def _undecided(pairs: Pairs) -> Caveat | None:
    interval = pairs.interval
    if pairs.speedup <= 1 or interval is None or interval[0] > 1:
        return None
    low, high = interval
    return Caveat(
        "undecided",
        "the interval of the speedup reaches down to no gain; run more pairs",
        (ratio("low end", low), ratio("high end", high)),
    )


def _too_few_pairs(pairs: Pairs) -> Caveat | None:
    number = count("pairs", len(pairs))
    if len(pairs) >= scaling.FEWEST_PAIRS:
        return None
    if len(pairs) == 1:
        return Caveat(
            "one-observation",
            "one observation has no error bar; repeat with --trials to get an interval",
            (number,),
        )
    if pairs.results.kind is Kind.DECLARED:
        return Caveat(
            "few-observations",
            "declared runs have no interval, because this program did not see them in pairs",
            (number,),
        )
    return Caveat(
        "few-observations",
        "too few pairs for an interval; repeat with more --trials",
        (number, count("needed", scaling.FEWEST_PAIRS)),
    )


def _interval(pairs: Pairs) -> Measured:
    low, high = pairs.interval or (pairs.speedup, pairs.speedup)
    return (
        count("pairs", len(pairs)),
        count("needed", scaling.FEWEST_PAIRS),
        ratio("low end", low),
        ratio("high end", high),
    )


def _unstable(pairs: Pairs) -> Caveat | None:
    """Judge each side's times; the first that varies too much is named."""
    for side, times in zip(Side, zip(*pairs.wall_times, strict=True), strict=True):
        spread = scaling.variation(times) if len(times) > 1 else 0.0
        strange = len(scaling.outliers(times))
        if spread > VARIATION_LIMIT or strange:
            return Caveat(
                "unstable",
                f"the {side} times vary too much; quiet the machine and run more pairs",
                (fraction("variation", spread), count("outliers", strange)),
            )
    return None


def _variation(pairs: Pairs) -> Measured:
    if len(pairs) < 2:
        return Unknown("one observation has no spread")
    sides = list(zip(*pairs.wall_times, strict=True))
    return (
        fraction("variation", max(scaling.variation(times) for times in sides)),
        fraction("limit", VARIATION_LIMIT),
        count("outliers", sum(len(scaling.outliers(times)) for times in sides)),
    )


def _faster_than_hardware(pairs: Pairs) -> Caveat | None:
    """Judge whether the speedup is far more than the hardware added, and nothing says why.

    Where other programs used the machine, they may have held up the baseline.
    """
    if pairs.efficiency <= MOST_EFFICIENCY or pairs.results.spec.workload.superlinear:
        return None
    if pairs.results.kind is not Kind.MEASURED:
        return None  # the label says that nobody here measured it
    if pairs.results.disturbed:
        so = (
            "the speedup is far more than the hardware added, but other programs used the machine,"
            " so nothing can be concluded; close them and run again"
        )
    else:
        so = (
            "the distributed side was faster than its hardware;"
            " explain this before you show it: find the cause, or declare it in superlinear"
        )
    return Caveat("faster-than-hardware", so, _efficiency_above(pairs, MOST_EFFICIENCY))


def _superlinear(pairs: Pairs) -> Caveat | None:
    if pairs.efficiency <= 1:
        return None
    reason = pairs.results.spec.workload.superlinear
    sentence = "the speedup is more than the hardware added"
    advice = "; name the reason (a cache that now fits, a weak baseline) before showing it"
    return Caveat(
        "superlinear",
        f"{sentence}: {reason}" if reason else sentence + advice,
        _efficiency_above(pairs, 1.0),
    )


def _efficiency_above(pairs: Pairs, most: float) -> tuple[Measure, ...]:
    return fraction("efficiency", pairs.efficiency), fraction("at most", most)


def _efficiency(pairs: Pairs) -> Measured:
    serial = pairs.serial_fraction
    implied = () if serial is None else (fraction("serial share", serial),)
    return (fraction("efficiency", pairs.efficiency), fraction("limit", 1.0), *implied)


def _work_differs(pairs: Pairs) -> Caveat | None:
    """Judge whether one side needed more work than the other to come to the same result."""
    statistical, hardware = pairs.statistical_efficiency, pairs.hardware_efficiency
    if statistical is None or hardware is None or statistical == 1:
        return None
    return Caveat(
        "work-differs",
        "the sides did different amounts of work to reach the same result;"
        " say what of the efficiency is the hardware's and what the method's",
        (
            fraction("hardware efficiency", hardware),
            fraction("statistical efficiency", statistical),
        ),
    )


def _efficiency_split(pairs: Pairs) -> Measured:
    statistical, hardware = pairs.statistical_efficiency, pairs.hardware_efficiency
    if statistical is None or hardware is None:
        return Unknown("both sides do a fixed amount of work")
    return (
        fraction("efficiency", pairs.efficiency),
        fraction("hardware efficiency", hardware),
        fraction("statistical efficiency", statistical),
    )


COST = Rule(
    id="R03",
    title="COST",
    demand="COST is reported: the smallest number of workers that beats the baseline",
    source="COST",
    measure=_cost_scale,
    of_declared=True,
    judges=(caveat(_slowdown, Topic.GAIN),),
)
ENOUGH_PAIRS = Rule(
    id="R14",
    title="enough pairs",
    demand="six pairs or more give an interval, fewer give none;"
    " faster means an interval above one",
    source="Hoefler 5–8",
    measure=_interval,
    of_declared=True,
    judges=(caveat(_undecided, Topic.GAIN), caveat(_too_few_pairs, Topic.GAIN)),
)
STABLE_TIMES = Rule(
    id="R17",
    title="stable times",
    demand="the times are stable, and outliers are counted, never dropped",
    source="pyperf, hyperfine",
    measure=_variation,
    judges=(caveat(_unstable, Topic.RUN),),
)
WITHIN_HARDWARE = Rule(
    id="R18",
    title="within hardware",
    demand="the speedup stays within the hardware added, and the serial share between none and all",
    source="Hoefler 11, Karp–Flatt",
    measure=_efficiency,
    of_declared=True,
    judges=(refuse(_faster_than_hardware), caveat(_superlinear, Topic.GAIN)),
)
EFFICIENCY_SPLIT = Rule(
    id="R28",
    title="efficiency split",
    demand="where the sides do different work to reach one result,"
    " efficiency is shown as hardware efficiency × statistical efficiency",
    source="Pollux, OSDI'21",
    measure=_efficiency_split,
    judges=(caveat(_work_differs, Topic.GAIN),),
)
