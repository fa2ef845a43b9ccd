"""What a headline says, in short phrases: the same on the terminal, the slide and in the talk.

Everything returned is printable, and empty where there is nothing to say. May import
``harness.claims``, for its values, ``harness.model``, ``harness.spec``, ``harness.text`` and, of
``show``, ``machines``, ``money`` and ``recovery_phrases``.
"""

from harness import text
from harness.claims.headline import Caveat, Headline, Measure, Unit
from harness.model import Kind, Process, Results, Side, whole_machines
from harness.show import machines, money, recovery_phrases
from harness.spec import ANSWERS_ALIKE

DISTURBED = "DISTURBED BY OTHER PROGRAMS"
_LONGEST_NAME = 48
_ROUNDING = 1e-9  # binary fractions cannot hold every decimal one: 1.95 is to become 2.0
_LABELS = {
    Kind.MEASURED: "",
    Kind.SIMULATED: "SIMULATED",
    Kind.DECLARED: "DECLARED, NOT MEASURED HERE",
}


def bound(headline: Headline) -> str:
    """Return the number that proves the bottleneck; none stated: what the baseline takes for it."""
    workload = headline.results.spec.workload
    if workload.bound:
        return text.printable(workload.bound)
    one, _ = sides(headline.results)
    items = headline.pairs.baseline[0].items
    work = f" for {text.count(items)} {short_name(workload.unit)}" if items else ""
    return f"{one} takes {times(headline)[0]}{work}"


def axis(headline: Headline) -> str:
    """Return along which axis the work is distributed."""
    named = text.printable(headline.results.spec.workload.axis)
    return named if named.startswith("axis") else f"axis: {named}"


def speedup(headline: Headline) -> str:
    """Return the headline number: ``7.04×``."""
    return text.times(headline.speed.speedup)


def speedup_aloud(headline: Headline) -> str:
    """Return S as it is said: to one decimal, or as it is shown where that would round otherwise.

    A room that reads 1.95× is not to hear 1.9 times.
    """
    shown = text.three_digits(headline.speed.speedup)
    aloud = text.times_aloud(headline.speed.speedup)
    alike = text.times_aloud(float(shown.replace(",", "")) + _ROUNDING) == aloud
    return aloud if alike else f"{shown} times"


def sides(results: Results) -> tuple[str, str]:
    """Return what each side ran on: ``1 machine`` and ``8 machines``.

    On one host they are cores and workers.
    """
    spec = results.spec
    baseline = processes_of(results, Side.BASELINE)
    workers = processes_of(results, Side.DISTRIBUTED)
    hosts = len({process.host for process in workers}) or spec.workers
    whole_host = whole_machines(baseline, results.hosts, spec.baseline_cores)
    whole_hosts = whole_machines(workers, results.hosts, spec.cores_per_worker)
    one = machines.cores(spec.baseline_cores, hosts, whole=whole_host)
    return one, machines.workers(spec.workers, hosts, whole=whole_hosts)


def times(headline: Headline) -> tuple[str, str, str]:
    """Return the baseline's time, the distributed side's and the gap, in one unit."""
    one = headline.speed.baseline_s
    other = headline.speed.distributed_s
    baseline, distributed, gap = text.durations(one, other, abs(one - other))
    return baseline, distributed, gap


def observations(headline: Headline) -> str:
    """Return how often the session measured, with the interval where there is one."""
    if len(headline.pairs) == 1:
        return "one observation"
    noun = "observations" if headline.results.kind is Kind.DECLARED else "pairs"
    median = f"median of {text.count(len(headline.pairs))} {noun}"
    if headline.speed.interval is None:
        return median
    low, high = headline.speed.interval
    return f"{median}, 95 % interval {text.times(low)} to {text.times(high)}"


def efficiency(headline: Headline) -> str:
    """Return E in percent."""
    return text.percent(headline.speed.efficiency)


def efficiency_of_possible(headline: Headline) -> str:
    """Return E beside what copies that exchange nothing reach: ``84 % of a possible 94 %``."""
    return " ".join(filter(None, (efficiency(headline), of_possible(headline))))


def of_possible(headline: Headline) -> str:
    """Return what efficiency the machine leaves possible: ``of a possible 94 %``.

    Empty where no copies were timed.
    """
    possible = headline.speed.possible_efficiency
    return "" if possible is None else f"of a possible {text.percent(possible)}"


def serial_share(headline: Headline) -> str:
    """Return the serial share that S implies by Amdahl's law, or that fits a sweep's scales.

    Empty where the law does not apply.
    """
    fraction = headline.speed.serial_fraction
    ceiling = headline.speed.ceiling
    if fraction is None or ceiling is None:
        return ""
    share, most = text.percent(fraction), text.times(ceiling)
    fit = f"all scales fit a serial share of {share},"
    held = fit if headline.speed.fitted else f"if Amdahl's law holds, the serial share is {share}"
    return f"{held} and no number of machines gives more than {most}"


def ceiling(headline: Headline) -> str:
    """Return the serial share and Amdahl's ceiling in short: ``f 2.0 % · ceiling 51.2×``."""
    fraction, most = headline.speed.serial_fraction, headline.speed.ceiling
    if fraction is None or most is None:
        return "no f implied"
    return f"f {text.percent(fraction)} · ceiling {text.times(most)}"


def quality(headline: Headline) -> tuple[str, str]:
    """Return the metric on both sides, and the change beside its tolerance.

    It has ± half the 95 % interval where there is one, and then leaves out the word tolerance, so
    that a slide has room for both. It held only where that is shown.
    """
    found, limit = headline.quality, headline.results.spec.workload.tolerance
    before, after = (text.quality(side, limit) for side in (found.baseline, found.distributed))
    if found.half_width is None:
        return f"{before} → {after}", f"{change(headline)}, tolerance {text.tolerance(limit)}"
    return f"{before} → {after}", f"{change(headline)} (≤ {text.tolerance(limit)})"


def change(headline: Headline) -> str:
    """Return the change of quality, and that it held where that is shown: ``Δ +0.000 held``."""
    found, limit = headline.quality, headline.results.spec.workload.tolerance
    moved = f"Δ {text.change(found.change, limit)}"
    around = "" if found.half_width is None else f" ± {text.movement(found.half_width, limit)}"
    return f"{moved}{around}{' held' if found.held else ''}"


def equal_answers(headline: Headline) -> str:
    """Return that both sides gave the same answer, bit for bit; empty where they did not."""
    return "both answers are equal to the last bit" if headline.quality.answers_identical else ""


def metric(headline: Headline) -> str:
    """Return the name of the metric."""
    return short_name(headline.results.spec.workload.metric)


def claim(headline: Headline) -> str:
    """Return the claim in one line: S, E, the change of quality and that of the cost."""
    return " · ".join(
        (
            f"S {speedup(headline)}",
            f"E {efficiency(headline)}",
            change_within(headline),
            f"cost {cost_change(headline)}",
        )
    )


def change_within(headline: Headline) -> str:
    """Return the change of quality, and beside one that is not shown to have held its limit."""
    if headline.quality.held:
        return change(headline)
    return f"{change(headline)} within {text.tolerance(headline.results.spec.workload.tolerance)}"


def cost(headline: Headline) -> tuple[str, str]:
    """Return the cost of runs on both sides, and its change with the kind of prices."""
    before, after, runs = money.of_runs(headline)
    return f"{before} → {after} {runs}", ", ".join((cost_change(headline), *price_kinds(headline)))


def cost_change(headline: Headline) -> str:
    """Return how much less or more a run costs: ``68 % less``."""
    drop = headline.cost.drop
    return f"{text.percent(abs(drop))} {'less' if drop >= 0 else 'more'}"


def price_kinds(headline: Headline) -> tuple[str, ...]:
    """Return what must be said of the prices (empty: they are the ones paid)."""
    spot = "priced spot" if headline.cost.is_spot else ""
    made_up = "made-up prices" if headline.results.spec.prices.illustrative else ""
    return tuple(filter(None, (spot, made_up)))


def start_up(headline: Headline) -> str:
    """Return the start-up times, which are not on the clocks, and the speedup with them."""
    speed = headline.speed
    commands = headline.results.spec.commands
    if commands is not None and not commands.says_ready:
        return "start-up is on both clocks: the programs do not say when they are ready"
    if speed.baseline_startup_s <= 0 and speed.distributed_startup_s <= 0:
        return ""
    one, other = text.durations(speed.baseline_startup_s, speed.distributed_startup_s)
    with_it = text.times(speed.speedup_with_startup)
    return f"start-up not on the clock: {one} and {other}; with it {with_it}"


def caveat(caveat: Caveat, tolerance: float) -> str:
    """Return a caveat's whole sentence with its measures."""
    return f"{text.printable(caveat.sentence)}{_measures(caveat, tolerance)}"


def short_caveat(caveat: Caveat, tolerance: float) -> str:
    """Return a caveat without its advice, which follows the semicolon, and with its measures."""
    return f"{text.printable(caveat.sentence).partition(';')[0]}{_measures(caveat, tolerance)}"


def measure(measure: Measure, tolerance: float) -> str:
    """Return a number with its name and unit: ``limit 5.0 %``."""
    match measure.unit:
        case Unit.COUNT:
            number = text.count(int(measure.value))
        case Unit.FRACTION:
            number = text.percent(measure.value)
        case Unit.RATIO:
            number = text.times(measure.value)
        case Unit.SECONDS:
            number = text.seconds(measure.value)
        case Unit.QUALITY if measure.name == "change":
            number = text.change(measure.value, tolerance)
        case Unit.QUALITY:
            number = text.quality(measure.value, tolerance)
    return f"{text.printable(measure.name)} {number}"


def label(results: Results) -> str:
    """Return the label that no picture may omit: not measured here, or not on a quiet machine.

    Empty for a measured session that nothing disturbed.
    """
    return DISTURBED if results.disturbed else _LABELS[results.kind]


def stamp(results: Results) -> str:
    """Return the label in one word, to stand across the number; empty where there is none."""
    return label(results).partition(" ")[0].rstrip(",")


def result(headline: Headline) -> str:
    """Return the speedup as it is said: ``On 8 machines it ran 7.0 times as fast``."""
    quiet = "Beside other programs, on" if headline.results.disturbed else "On"
    return f"{quiet} {sides(headline.results)[1]} it ran {speedup_aloud(headline)} as fast"


def sentence_to_say(headline: Headline) -> str:
    """Return the sentence to say: p, S, E, and how far cost and quality moved."""
    results = headline.results
    limit = results.spec.workload.tolerance
    cost = f"a run cost {cost_change(headline)}"
    kinds = ("made-up" if results.spec.prices.illustrative else "", _spot(headline))
    priced = f" at {kind} prices" if (kind := " ".join(filter(None, kinds))) else ""
    moved = f"{metric(headline)} moved by {text.movement(headline.quality.change, limit)}"
    if results.spec.commands is not None and results.spec.workload.metric == ANSWERS_ALIKE:
        moved = "both gave the same answer"
    said = f"{result(headline)}, at {efficiency(headline)} efficiency; {cost}{priced}, and {moved}."
    return " ".join(filter(None, (said, recovery_phrases.to_say(headline.recovery))))


def _spot(headline: Headline) -> str:
    return "spot" if headline.cost.is_spot else ""


def short_name(name: str) -> str:
    """Return a name from a file, cut to what a line has room for."""
    return text.printable(name)[:_LONGEST_NAME]


def processes_of(results: Results, side: Side) -> list[Process]:
    """Return the processes of a side's last trial (empty: declared, so of whole machines)."""
    trials = [trial for trial in results.trials if trial.side is side]
    return [*trials[-1].processes] if trials else []


def _measures(caveat: Caveat, tolerance: float) -> str:
    """Return a caveat's numbers; its sentence already says a single pair: one observation."""
    numbers = [one for one in caveat.measures if (one.name, one.value) != ("pairs", 1)]
    listed = ", ".join(measure(one, tolerance) for one in numbers)
    return f" ({listed})" if listed else ""
