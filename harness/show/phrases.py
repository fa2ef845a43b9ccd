"""What a headline says: its parts as short texts, the same on the terminal, the slide and in the speaker's mouth.

May import ``model``, ``score.headline`` and ``words``. Everything returned is safe to print.
"""

from harness import text as words
from harness.claims.headline import Caveat, Headline, Measure, Unit
from harness.model import Kind, Process, Results, Side, whole_machines

_PACKAGES = ("ray", "numpy")
_LONGEST_NAME = 48
_LONGEST_REMARK = 90
_LABELS = {
    Kind.MEASURED: "",
    Kind.SIMULATED: "SIMULATED",
    Kind.DECLARED: "DECLARED, NOT MEASURED HERE",
}


def speedup(headline: Headline) -> str:
    """Return the headline number: ``7.04×``."""
    return words.times(headline.speed.speedup)


def sides(results: Results) -> tuple[str, str]:
    """Return what ran on either side: ``1 machine``, ``8 machines``; on one host they are cores and workers."""
    spec, baseline, workers = (
        results.spec,
        _processes(results, Side.BASELINE),
        _processes(results, Side.DISTRIBUTED),
    )
    hosts = len({process.host for process in workers}) or spec.workers
    one = words.cores(
        spec.baseline_cores,
        hosts,
        whole=whole_machines(baseline, results.hosts, spec.baseline_cores),
    )
    return one, words.workers(
        spec.workers, hosts, whole=whole_machines(workers, results.hosts, spec.cores_per_worker)
    )


def times(headline: Headline) -> tuple[str, str, str]:
    """Return the baseline's time, the distributed side's, and the gap between them, in one unit."""
    one, other = headline.speed.baseline_s, headline.speed.distributed_s
    baseline, distributed, gap = words.durations(one, other, abs(one - other))
    return baseline, distributed, gap


def observations(headline: Headline) -> str:
    """Return how often it was measured, with the interval where there is one."""
    if len(headline.pairs) == 1:
        return "one observation"
    noun = "observations" if headline.results.kind is Kind.DECLARED else "pairs"
    told = f"median of {words.count(len(headline.pairs))} {noun}"
    if headline.speed.interval is None:
        return told
    low, high = headline.speed.interval
    return f"{told}, 95 % interval {words.times(low)} to {words.times(high)}"


def efficiency(headline: Headline) -> str:
    """Return E in percent."""
    return words.percent(headline.speed.efficiency)


def serial_share(headline: Headline) -> str:
    """Return what S implies by Amdahl's law, or a sweep's scales fit, in a sentence's part; empty where there is no such law."""
    fraction, ceiling = headline.speed.serial_fraction, headline.speed.ceiling
    if fraction is None or ceiling is None:
        return ""
    share = f"a serial share of {words.percent(fraction)}, so at most {words.times(ceiling)}"
    return f"all scales fit {share}" if headline.speed.fitted else f"implies {share}"


def quality(headline: Headline) -> tuple[str, str]:
    """Return the metric on both sides, and the change beside its tolerance."""
    seen, limit = headline.quality, headline.results.spec.workload.tolerance
    both = f"{words.quality(seen.baseline, limit)} → {words.quality(seen.distributed, limit)}"
    return both, f"Δ {words.change(seen.change, limit)} held, tolerance {words.tolerance(limit)}"


def equal_answers(headline: Headline) -> str:
    """Return that both sides gave one answer, where their digests are equal; empty where they are not."""
    return "both answers are equal to the last bit" if headline.quality.answers_identical else ""


def metric(headline: Headline) -> str:
    """Return the name of the metric."""
    return _brief(headline.results.spec.workload.metric)


def cost(headline: Headline) -> tuple[str, str]:
    """Return the money of a run on both sides, and the change with what kind of prices made it."""
    before, after = words.amounts(
        headline.cost.baseline, headline.cost.distributed, currency=headline.cost.currency
    )
    kind = ", illustrative prices" if headline.results.spec.prices.illustrative else ""
    return f"{before} → {after}", f"{_less(headline.cost.drop)}{kind}"


def start_up(headline: Headline) -> str:
    """Return what was left outside the clocks and what it would change; empty where none is known."""
    speed, adopted = headline.speed, headline.results.spec.commands
    if adopted is not None and not adopted.says_ready:
        return "start-up is on both clocks: the programs do not say when they are ready"
    if speed.baseline_startup_s <= 0 and speed.distributed_startup_s <= 0:
        return ""
    one, other = words.durations(speed.baseline_startup_s, speed.distributed_startup_s)
    return f"start-up not on the clock: {one} and {other}; with it {words.times(speed.speedup_with_startup)}"


def caveat(caveat: Caveat, tolerance: float) -> str:
    """Return a caveat's whole sentence with its measures."""
    return f"{words.printable(caveat.sentence)}{_measures(caveat, tolerance)}"


def short_caveat(caveat: Caveat, tolerance: float) -> str:
    """Return a caveat without its advice: what comes before the semicolon, with its measures."""
    return f"{words.printable(caveat.sentence).partition(';')[0]}{_measures(caveat, tolerance)}"


def measure(measure: Measure, tolerance: float) -> str:
    """Return a number with its name and unit: ``limit 5.0 %``."""
    match measure.unit:
        case Unit.COUNT:
            number = words.count(int(measure.value))
        case Unit.FRACTION:
            number = words.percent(measure.value)
        case Unit.RATIO:
            number = words.times(measure.value)
        case Unit.SECONDS:
            number = words.seconds(measure.value)
        case Unit.QUALITY if measure.name == "change":
            number = words.change(measure.value, tolerance)
        case Unit.QUALITY:
            number = words.quality(measure.value, tolerance)
    return f"{words.printable(measure.name)} {number}"


def label(results: Results) -> str:
    """Return the words that no picture may leave out: that these numbers were not measured here; empty where they were."""
    return _LABELS[results.kind]


def provenance(results: Results) -> str:
    """Return where the numbers come from: run, moment, input, commit, machine and versions; declared ones from a remark."""
    host = results.hosts[0] if results.hosts else None
    commit = (
        f"commit {words.digest(results.code.commit)}{' with changes' if results.code.dirty else ''}"
        if results.code.commit
        else ""
    )
    parts = [
        label(results),
        f"run {_brief(results.run_id)}",
        _shortened(results.remark)
        if results.kind is Kind.DECLARED
        else words.moment_of(results.began_utc),
        f"input {words.digest(results.input.sha256)}"
        if results.input is not None and results.spec.input_known
        else "",
        commit,
        _brief(host.cpu_model) if host else "",
        f"BLAS {_brief(host.blas)}" if host and host.blas not in ("", "none") else "",
        f"Python {_brief(host.python)}" if host else "",
        *(
            f"{name} {_brief(host.packages[name])}"
            for name in _packages(results)
            if host and name in host.packages
        ),
    ]
    return " · ".join(filter(None, parts))


def _packages(results: Results) -> tuple[str, ...]:
    """Return the packages that the work was done with; what adopted programs use is not known."""
    return _PACKAGES if results.spec.commands is None else ()


def sentence_to_say(headline: Headline) -> str:
    """Return the sentence to say: p, S to one decimal, E and the cost change in percent, and how far the quality moved."""
    speed, results = headline.speed, headline.results
    limit = results.spec.workload.tolerance
    fast = f"On {sides(results)[1]} it ran {words.times_aloud(speed.speedup)} as fast, at {efficiency(headline)} efficiency"
    priced = " at illustrative prices" if results.spec.prices.illustrative else ""
    moved = f"{metric(headline)} moved by {words.movement(headline.quality.change, limit)}"
    return f"{fast}; a run cost {_less(headline.cost.drop)}{priced}, and {moved}."


def _brief(text: str) -> str:
    return words.printable(text)[:_LONGEST_NAME]


def _shortened(remark: str) -> str:
    told = words.printable(remark)
    return told if len(told) <= _LONGEST_REMARK else f"{told[: _LONGEST_REMARK - 1].rstrip()}…"


def _processes(results: Results, side: Side) -> list[Process]:
    """Return the processes of a side's last trial; declared facts have none, and speak of machines."""
    trials = [trial for trial in results.trials if trial.side is side]
    return [worker.process for worker in trials[-1].workers_detail] if trials else []


def _less(drop: float) -> str:
    return f"{words.percent(abs(drop))} {'less' if drop >= 0 else 'more'}"


def _measures(caveat: Caveat, tolerance: float) -> str:
    told = ", ".join(measure(number, tolerance) for number in caveat.measures if not _said(number))
    return f" ({told})" if told else ""


def _said(measure: Measure) -> bool:
    """Tell whether the sentence beside it says this number in a word: one observation."""
    return measure.name == "pairs" and measure.value == 1
