"""What a headline says, in short phrases: the same on the terminal, the slide and in the talk.

Everything returned is printable, and empty where there is nothing to say. May import
``harness.claims``, for its values, ``harness.model``, ``harness.spec``, ``harness.text`` and
``show.machines``.
"""

from collections.abc import Iterator

from harness import text
from harness.claims.headline import Caveat, Headline, Measure, Unit
from harness.model import Code, Kind, Process, Results, Revision, Side, whole_machines
from harness.show import machines
from harness.spec import ANSWERS_ALIKE

_PACKAGES = ("ray", "numpy")
_LONGEST_NAME = 48
_LONGEST_REMARK = 90
_MOST_REVISIONS = 2
DISTURBED = "DISTURBED BY OTHER PROGRAMS"
_LABELS = {
    Kind.MEASURED: "",
    Kind.SIMULATED: "SIMULATED",
    Kind.DECLARED: "DECLARED, NOT MEASURED HERE",
}


def speedup(headline: Headline) -> str:
    """Return the headline number: ``7.04×``."""
    return text.times(headline.speed.speedup)


def sides(results: Results) -> tuple[str, str]:
    """Return what each side ran on: ``1 machine`` and ``8 machines``.

    On one host they are cores and workers.
    """
    spec = results.spec
    baseline = _processes(results, Side.BASELINE)
    workers = _processes(results, Side.DISTRIBUTED)
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
    share = f"a serial share of {text.percent(fraction)}, so at most {text.times(ceiling)}"
    return f"all scales fit {share}" if headline.speed.fitted else f"implies {share}"


def quality(headline: Headline) -> tuple[str, str]:
    """Return the metric on both sides, and the change beside its tolerance.

    It has ± half the 95 % interval where there is one, and then leaves out the word tolerance, so
    that a slide has room for both. It held only where that is shown.
    """
    found, limit = headline.quality, headline.results.spec.workload.tolerance
    before, after = (text.quality(side, limit) for side in (found.baseline, found.distributed))
    change, held = f"Δ {text.change(found.change, limit)}", " held" if found.held else ""
    if found.half_width is None:
        return f"{before} → {after}", f"{change}{held}, tolerance {text.tolerance(limit)}"
    around = text.movement(found.half_width, limit)
    return f"{before} → {after}", f"{change} ± {around}{held} (≤ {text.tolerance(limit)})"


def equal_answers(headline: Headline) -> str:
    """Return that both sides gave the same answer, bit for bit; empty where they did not."""
    return "both answers are equal to the last bit" if headline.quality.answers_identical else ""


def metric(headline: Headline) -> str:
    """Return the name of the metric."""
    return _short_name(headline.results.spec.workload.metric)


def cost(headline: Headline) -> tuple[str, str]:
    """Return the cost of a run on both sides, and its change with the kind of prices."""
    before, after = text.amounts(
        headline.cost.baseline, headline.cost.distributed, currency=headline.cost.currency
    )
    kind = ", illustrative prices" if headline.results.spec.prices.illustrative else ""
    return f"{before} → {after}", f"{_less(headline.cost.drop)}{kind}"


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


def provenance(results: Results) -> str:
    """Return where the numbers come from: run, moment, input, commit, machine and versions.

    A declared result has its remark instead of the moment.
    """
    parts = [label(results), *_session(results), *_machine(results)]
    return " · ".join(filter(None, parts))


def sentence_to_say(headline: Headline) -> str:
    """Return the sentence to say: p, S, E, and how far cost and quality moved."""
    results = headline.results
    limit = results.spec.workload.tolerance
    many = sides(results)[1]
    quiet = "Beside other programs, on" if results.disturbed else "On"
    fast = f"{quiet} {many} it ran {text.times_aloud(headline.speed.speedup)} as fast"
    cost = f"a run cost {_less(headline.cost.drop)}"
    priced = " at illustrative prices" if results.spec.prices.illustrative else ""
    moved = f"{metric(headline)} moved by {text.movement(headline.quality.change, limit)}"
    if results.spec.commands is not None and results.spec.workload.metric == ANSWERS_ALIKE:
        moved = "both gave the same answer"
    return f"{fast}, at {efficiency(headline)} efficiency; {cost}{priced}, and {moved}."


def _session(results: Results) -> Iterator[str]:
    yield f"run {_short_name(results.run_id)}"
    declared = results.kind is Kind.DECLARED
    yield _short_remark(results.remark) if declared else text.moment_of(results.began_utc)
    if results.input is not None and results.spec.has_input:
        yield f"input {text.digest(results.input.sha256)}"
    yield from _code(results.code)


def _code(code: Code) -> Iterator[str]:
    """Yield the commit that ran; with a workload of the presenter's, its own and then ours."""
    yield from map(_revision, code.workload[:_MOST_REVISIONS])
    if code.commit:
        name = "twoclocks" if code.workload else "commit"
        yield _commit(name, code.commit, dirty=code.dirty)
    elif code.version:
        yield f"twoclocks {code.version}"


def _revision(revision: Revision) -> str:
    if revision.dirty is None:
        return "commit unknown"
    if not revision.commit:
        return "under no commit"
    return _commit("commit", revision.commit, dirty=revision.dirty)


def _commit(name: str, commit: str, *, dirty: bool) -> str:
    return f"{name} {text.digest(commit)}{' with changes' if dirty else ''}"


def _machine(results: Results) -> Iterator[str]:
    """Yield what the first host is; what the two programs of a command pair use is not known."""
    if not results.hosts:
        return
    host = results.hosts[0]
    yield _short_name(host.cpu_model)
    if host.blas not in ("", "none"):
        yield f"BLAS {_short_name(host.blas)}"
    yield f"Python {_short_name(host.python)}"
    if results.spec.commands is None:
        for name in _PACKAGES:
            if name in host.packages:
                yield f"{name} {_short_name(host.packages[name])}"


def _short_name(name: str) -> str:
    return text.printable(name)[:_LONGEST_NAME]


def _short_remark(remark: str) -> str:
    line = text.printable(remark)
    return line if len(line) <= _LONGEST_REMARK else f"{line[: _LONGEST_REMARK - 1].rstrip()}…"


def _processes(results: Results, side: Side) -> list[Process]:
    """Return the processes of a side's last trial (empty: declared, so of whole machines)."""
    trials = [trial for trial in results.trials if trial.side is side]
    return [worker.process for worker in trials[-1].workers_detail] if trials else []


def _less(drop: float) -> str:
    return f"{text.percent(abs(drop))} {'less' if drop >= 0 else 'more'}"


def _measures(caveat: Caveat, tolerance: float) -> str:
    """Return a caveat's numbers; its sentence already says a single pair: one observation."""
    numbers = [one for one in caveat.measures if (one.name, one.value) != ("pairs", 1)]
    listed = ", ".join(measure(one, tolerance) for one in numbers)
    return f" ({listed})" if listed else ""
