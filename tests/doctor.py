"""The doctor: for every rule a results file that breaks this rule and no other, from a good one.

``python -m tests.doctor results.json OUTDIR`` writes them, each as ``KEY.json``. Each lie is
consistent: what follows from it is changed with it, so that the file can be loaded and only its own
rule objects.
May import ``harness``, ``capacities`` and ``services``.
"""

import sys
from collections.abc import Callable
from dataclasses import astuple, fields, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any

import msgspec

from harness.files.results import encode, load
from harness.model import (
    CommandFacts,
    CoreSeconds,
    Fault,
    FaultKind,
    Kind,
    Process,
    Rate,
    Results,
    Scaling,
    Schedule,
    ScoreDifferences,
    Side,
    SpotPrices,
    Status,
    Trial,
    Variant,
)
from harness.serving import ServedLoad
from tests.capacities import a_probe, a_search
from tests.services import a_rate_search, serving

BASE = Path(__file__).parent / "real" / "results.json"

OTHER = sha256(b"another").hexdigest()

Choice = Callable[[Trial], bool]
Change = Callable[[Trial], Trial]
Doctor = Callable[[Results], Results]


def at_headline(results: Results) -> Choice:
    """Return a choice of the distributed trials that the headline is about."""
    return lambda trial: trial.side is Side.DISTRIBUTED and trial.workers == results.spec.workers


def elsewhere(results: Results) -> Choice:
    """Return a choice of the distributed trials at the other scales."""
    return lambda trial: trial.side is Side.DISTRIBUTED and trial.workers != results.spec.workers


def last(results: Results, choice: Choice) -> Choice:
    """Return a choice of the last trial among those chosen."""
    order = max(trial.order for trial in results.trials if choice(trial))
    return lambda trial: trial.order == order


def changed(results: Results, choice: Choice, change: Change) -> Results:
    """Return the results with the chosen trials changed."""
    return replace(
        results, trials=tuple(change(trial) if choice(trial) else trial for trial in results.trials)
    )


def timed(factor: float) -> Change:
    """Return a change that makes a trial take so many times as long, in all its seconds."""

    def change(trial: Trial) -> Trial:
        workers = (
            replace(worker, busy_s=worker.busy_s * factor, cpu_s=worker.cpu_s * factor)
            for worker in trial.workers_detail
        )
        return replace(
            trial,
            wall_s=trial.wall_s * factor,
            cpu_s=trial.cpu_s * factor,
            phases={name: seconds * factor for name, seconds in trial.phases.items()},
            curve=tuple((at * factor, done) for at, done in trial.curve),
            core_seconds=None
            if trial.core_seconds is None
            else _scaled(trial.core_seconds, factor),
            workers_detail=tuple(workers),
        )

    return change


def _scaled(spent: CoreSeconds, factor: float) -> CoreSeconds:
    return CoreSeconds(*(getattr(spent, part.name) * factor for part in fields(spent)))


def lazier(factor: float) -> Change:
    """Return a change that scales a trial's CPU time; its kernels idle for the difference."""

    def change(trial: Trial) -> Trial:
        workers = (replace(worker, cpu_s=worker.cpu_s * factor) for worker in trial.workers_detail)
        spent = trial.core_seconds
        if spent is not None:
            left = spent.compute_s * (1 - factor)
            spent = replace(spent, compute_s=spent.compute_s - left, idle_s=spent.idle_s + left)
        return replace(
            trial, cpu_s=trial.cpu_s * factor, core_seconds=spent, workers_detail=tuple(workers)
        )

    return change


def taking(results: Results, choice: Choice, seconds: Callable[[Trial], float]) -> Results:
    """Return the results with the chosen trials taking that long, laid out anew."""
    return relaid(
        changed(results, choice, lambda trial: timed(seconds(trial) / trial.wall_s)(trial))
    )


def usual(results: Results, choice: Choice) -> float:
    """Return the median wall time of the chosen trials."""
    return median(trial.wall_s for trial in results.trials if choice(trial))


def baselines(trial: Trial) -> bool:
    """Choose the baseline's trials."""
    return trial.side is Side.BASELINE


def every(trial: Trial) -> bool:
    """Choose every trial."""
    return True


def rated(results: Results, variant: Variant, factor: float) -> Results:
    """Return the results with a variant's fastest rate at ``factor`` times the baseline's own."""
    own = median(rate.items_per_s for rate in results.rates if rate.variant is Variant.OWN)
    best = max(
        (rate for rate in results.rates if rate.variant is variant),
        key=lambda rate: rate.items_per_s,
    )
    rates = tuple(
        replace(rate, items_per_s=own * factor) if rate is best else rate for rate in results.rates
    )
    return replace(results, rates=rates)


def passing(
    results: Results, variant: Variant, share: float, worse: float = 0.0, **facts: Any
) -> Results:
    """Return the results with a variant's whole pass in a share of the baseline's time."""
    seconds = share * usual(results, baselines)
    quality = median(trial.quality for trial in results.trials if baselines(trial)) - worse
    items = results.input.items if results.input else 0
    rate = Rate(variant, items / seconds, seconds, 1, quality=quality, pass_s=seconds, **facts)
    return replace(results, rates=(*results.rates, rate))


def less_work(results: Results, share: float) -> Results:
    """Some settings mean less work, and some of those are as good as the baseline's."""
    far_less = passing(results, Variant.EFFORT, 0.2, worse=0.5, settings={"steps": 2})
    return passing(far_less, Variant.EFFORT, share, settings={"steps": 8})


def searched(results: Results, ratio: float, **changes: Any) -> Results:
    """Both sides searched the largest model, and p devices held so many times as much as one."""
    sha256 = results.input.sha256 if results.input else OTHER
    one = a_search(input_sha256=sha256)
    many = a_search(results.spec.workers, round(ratio * 487), input_sha256=sha256)
    return replace(results, baseline_capacity=one, distributed_capacity=replace(many, **changes))


def of_last_load(results: Results, **changes: Any) -> Results:
    """Both sides served requests, and what became of those of the last trial is told otherwise."""
    return of_last(lambda trial: replace(trial, served=changed_load(trial, changes)))(
        serving(results)
    )


def changed_load(trial: Trial, changes: dict[str, Any]) -> ServedLoad:
    """Return what became of a trial's requests, told otherwise."""
    assert trial.served is not None
    return replace(trial.served, **changes)


def digest_of(results: Results) -> str:
    """Return the digest of the input."""
    return results.input.sha256 if results.input else OTHER


def unrated(results: Results) -> Results:
    """Return the results without a proof on all the host's cores."""
    return replace(
        results, rates=tuple(rate for rate in results.rates if rate.variant is not Variant.WHOLE)
    )


def worded(results: Results, **changes: Any) -> Results:
    """Return the results of a workload that says otherwise of itself."""
    return replace(
        results, spec=replace(results.spec, workload=replace(results.spec.workload, **changes))
    )


def relaid(results: Results) -> Results:
    """Return the results with their trials in order, one after the other, two seconds apart."""
    ordered = sorted(results.trials, key=lambda trial: trial.order)
    began_s, placed = ordered[0].began_s, []
    for order, trial in enumerate(ordered):
        placed.append(replace(trial, order=order, began_s=began_s))
        began_s += trial.wall_s + 2.0
    return replace(results, trials=tuple(placed))


def processed(results: Results, choice: Choice, change: Callable[[Process], Process]) -> Results:
    """Return the results with every process of the chosen trials changed."""

    def altered(trial: Trial) -> Trial:
        detail = (
            replace(worker, process=change(worker.process)) for worker in trial.workers_detail
        )
        return replace(trial, workers_detail=tuple(detail))

    return changed(results, choice, altered)


def of_last(change: Change) -> Doctor:
    """Return a doctor who changes the headline's last trial."""
    return lambda results: changed(results, last(results, at_headline(results)), change)


def of_last_process(change: Callable[[Process], Process]) -> Doctor:
    """Return a doctor who changes the processes of the headline's last trial."""
    return lambda results: processed(results, last(results, at_headline(results)), change)


def stopped_headline(results: Results) -> Results:
    """None of the headline's trials came to its end."""
    return changed(results, at_headline(results), lambda trial: replace(trial, failure="stopped"))


def faster_alone(share: float) -> Doctor:
    """One worker alone takes that share of the baseline's time."""
    return lambda results: taking(
        results, elsewhere(results), lambda _: share * usual(results, baselines)
    )


def faster_whole(results: Results) -> Results:
    """The host does on all its cores what its workers cannot."""
    return rated(
        results,
        Variant.WHOLE,
        1.2 * usual(results, baselines) / usual(results, at_headline(results)),
    )


def slow_copies(results: Results) -> Results:
    """Copies of the baseline at once reach less efficiency than the workers."""
    workers = results.spec.workers
    efficiency = usual(results, baselines) / usual(results, at_headline(results)) / workers
    seconds = usual(results, baselines) / (0.94 * efficiency)
    copies = Rate(Variant.COPIES, 1.0, seconds, workers, value=float(workers), pass_s=seconds)
    return replace(results, rates=(*results.rates, copies))


def drifting(results: Results) -> Results:
    """The baseline was proved at one speed, and at the end at another."""
    return rated(results, Variant.OWN, 1.08)


def slowed(results: Results) -> Results:
    """No number of workers beats the baseline; nobody timed the whole host."""
    return relaid(
        changed(unrated(results), lambda trial: trial.side is Side.DISTRIBUTED, timed(4.0))
    )


def overlapping(results: Results) -> Results:
    """A trial began before the one before it had ended."""
    before, after = sorted(results.trials, key=lambda trial: trial.order)[-2:]
    return changed(
        results,
        last(results, every),
        lambda _: replace(after, began_s=before.began_s + 0.5 * before.wall_s),
    )


def unarmed(results: Results) -> Results:
    """The first trial began before its side can have been armed."""
    first = min(trial.order for trial in results.trials)
    return changed(
        results,
        lambda trial: trial.order == first,
        lambda trial: replace(trial, startup_s=trial.began_s + 1.0),
    )


def scored_on_input(results: Results) -> Results:
    """The held-out set is the input itself."""
    changes = changed(
        results, every, lambda trial: replace(trial, held_out_sha256=trial.input_sha256)
    )
    return replace(changes, held_out=results.input)


def better(results: Results) -> Change:
    """Return a change to a quality that is better than its tolerance allows."""
    more = 3 * results.spec.workload.tolerance + 0.001
    return lambda trial: replace(trial, quality=trial.quality + more)


def slightly_better(results: Results) -> Change:
    """Return a change to a quality that is better, within its tolerance."""
    more = results.spec.workload.tolerance / 4
    return lambda trial: replace(trial, quality=trial.quality + more)


def compared(results: Results, **changes: Any) -> Results:
    """Return the results with held-out items scored one by one, very few of them differently."""
    found = replace(ScoreDifferences(items=2_000, sd=0.02, span=1.0, step=0.001), **changes)
    return changed(
        results,
        lambda trial: trial.side is Side.DISTRIBUTED,
        lambda trial: replace(trial, score_differences=found),
    )


def repeated_run(results: Results) -> Results:
    """The last run of the baseline is told twice."""
    first, *_, last = (trial for trial in results.trials if trial.side is Side.BASELINE)
    same = replace(last, wall_s=first.wall_s, cpu_s=first.cpu_s, phases=first.phases)
    again = replace(same, peak_rss_bytes=first.peak_rss_bytes, curve=first.curve)
    detail = replace(again, workers_detail=first.workers_detail, core_seconds=first.core_seconds)
    return changed(results, lambda trial: trial is last, lambda _: detail)


def other_answers(results: Results, reason: str = "", **differences: Any) -> Results:
    """One answer differs, the workload gives this reason, and the items' scores hardly do."""
    return of_last(lambda trial: replace(trial, answer_sha256=OTHER))(
        worded(compared(results, **differences), answers_differ=reason)
    )


def unscored(results: Results) -> Results:
    """One answer differs for a reason, and nobody scored the held-out items one by one."""
    return changed(
        other_answers(results, REASON), every, lambda trial: replace(trial, score_differences=None)
    )


def unseeded(results: Results) -> Results:
    """One answer differs for a reason, and nothing says how to draw it again."""
    drawn = {name: value for name, value in results.spec.params.items() if "seed" not in name}
    return other_answers(replace(results, spec=replace(results.spec, params=drawn)), REASON)


def computing(results: Results, share: float) -> Results:
    """The baseline computed for that share of its time, on a quiet machine."""
    quiet = replace(results, observer=replace(results.observer, foreign_cpu=0.0))
    return changed(quiet, baselines, lazier(share))


def crowded_out(results: Results, share: float) -> Results:
    """The baseline computed for that share of its time, and others used all of the machine.

    The rest of the time it was ready to run, and had no core.
    """
    observer = replace(results.observer, foreign_cpu=1.0)
    return changed(
        replace(computing(results, share), observer=observer),
        baselines,
        lambda trial: replace(trial, waited_s=(1 - share) * trial.wall_s),
    )


def less_work_on_a_busy_machine(results: Results) -> Results:
    """The workers used less CPU time than the baseline, while others used half of the machine."""
    busy = replace(results, observer=replace(results.observer, foreign_cpu=0.5))
    return changed(busy, at_headline(busy), lazier(0.8))


def scored_otherwise(results: Results) -> Change:
    """Return a change to a quality within its tolerance, though the answer is the same."""
    more = results.spec.workload.tolerance / 2
    return lambda trial: replace(trial, quality=trial.quality + more)


def moved_out(results: Results, **changes: Any) -> Results:
    """The baseline ran on another machine, which differs from the workers' by these facts."""
    home = replace(results.hosts[0], id="another", **changes)
    apart = processed(results, baselines, lambda process: replace(process, host=home.id))
    spec = replace(results.spec, joined_cluster=True)
    return replace(apart, spec=spec, hosts=(*results.hosts, home))


def contended(results: Results) -> Results:
    """Both sides ran at once, each on a machine of its own, and slowed each other all the same."""
    observer = replace(results.observer, contention=0.5)
    began_s = {trial.index: trial.began_s for trial in results.trials if baselines(trial)}
    at_once = changed(
        moved_out(results),
        at_headline(results),
        lambda trial: replace(trial, began_s=began_s[trial.index]),
    )
    spec = replace(at_once.spec, schedule=Schedule.AUTO)
    return replace(at_once, spec=spec, schedule=Schedule.TOGETHER, observer=observer)


def several_hosts(results: Results) -> Results:
    """A cluster of this machine alone names another machine."""
    return replace(results, hosts=(*results.hosts, replace(results.hosts[0], id="another")))


def everywhere(results: Results) -> Results:
    """The baseline might run on more cores than its host has."""
    cores = tuple(range(results.hosts[0].cores + 1))
    return processed(results, baselines, lambda process: replace(process, affinity=cores))


def sharing_a_core(results: Results) -> Results:
    """All workers of the headline's last trial were pinned to one core."""
    return of_last_process(lambda process: replace(process, affinity=(0,)))(results)


def unsummed(trial: Trial) -> Trial:
    """The phases of a trial leave out a tenth of its wall time."""
    return replace(trial, phases={name: 0.9 * seconds for name, seconds in trial.phases.items()})


def unspent(trial: Trial) -> Trial:
    """A tenth of the core-seconds went nowhere."""
    return replace(
        trial, core_seconds=None if trial.core_seconds is None else _scaled(trial.core_seconds, 0.9)
    )


def busier_than_time(trial: Trial) -> Trial:
    """A worker was busy for longer than there was time."""
    return replace(
        trial,
        workers_detail=tuple(
            replace(worker, busy_s=1.5 * trial.wall_s) for worker in trial.workers_detail
        ),
    )


def rounds(count: int) -> Doctor:
    """Only that many rounds, as if no more were asked for."""

    def keep(results: Results) -> Results:
        trials = tuple(trial for trial in results.trials if trial.index < count)
        observer = replace(
            results.observer, cpu_s=results.observer.cpu_s * len(trials) / len(results.trials)
        )
        return replace(
            results, spec=replace(results.spec, trials=count), trials=trials, observer=observer
        )

    return keep


def no_faster(results: Results) -> Results:
    """The workers were as fast as the baseline, now a little faster and now a little slower."""
    base_s = 0.998 * usual(results, baselines)
    return taking(
        unrated(results),
        at_headline(results),
        lambda trial: base_s * (1 + 0.04 * (-1) ** trial.index),
    )


def swapped(results: Results) -> Results:
    """The last two trials tell each other's place."""
    end = max(trial.order for trial in results.trials)
    return changed(
        results,
        lambda trial: trial.order >= end - 1,
        lambda trial: replace(trial, order=2 * end - 1 - trial.order),
    )


def baseline_first(results: Results) -> Results:
    """Every round begins with the baseline."""
    turns: dict[int, list[Trial]] = {}
    for trial in results.trials:
        turns.setdefault(trial.index, []).append(trial)
    lines = (
        sorted(turns[index], key=lambda trial: (trial.side is Side.DISTRIBUTED, trial.workers))
        for index in sorted(turns)
    )
    ordered = tuple(
        replace(trial, order=order) for order, trial in enumerate(chain.from_iterable(lines))
    )
    return relaid(replace(results, trials=ordered))


def one_hidden(results: Results) -> Results:
    """A trial at another scale was left out."""
    hidden = last(results, elsewhere(results))
    return replace(results, trials=tuple(trial for trial in results.trials if not hidden(trial)))


def one_stopped(results: Results) -> Results:
    """A trial at another scale did not come to its end."""
    return changed(
        results, last(results, elsewhere(results)), lambda trial: replace(trial, failure="stopped")
    )


def too_fast(results: Results, efficiency: float = 1.03) -> Results:
    """More speed than hardware, with all the work done."""
    wanted_s = usual(results, baselines) / (efficiency * results.spec.workers)
    return taking(results, at_headline(results), lambda _: wanted_s)


def faster_together(results: Results, factor: float) -> Results:
    """All seconds of the headline's trials are that much fewer; nothing contradicts them."""
    return relaid(changed(results, at_headline(results), timed(factor)))


def watched(share: float) -> Doctor:
    """The screen used that share of a core while the clocks ran."""

    def watch(results: Results) -> Results:
        total_s = sum(trial.wall_s for trial in results.trials)
        return replace(
            results,
            observer=replace(
                results.observer, cpu_s=share * total_s, frames=max(1, results.observer.frames)
            ),
        )

    return watch


def one_slow(trial: Trial) -> Trial:
    """All workers but the first were busy for half of their time."""
    first, *others = trial.workers_detail
    return replace(
        trial,
        workers_detail=(first, *(replace(worker, busy_s=0.5 * worker.busy_s) for worker in others)),
    )


def more_work(results: Results) -> Results:
    """Both sides stopped at a result, which took the workers a little more work."""
    until = worded(unrated(results), until="a validation accuracy of 0.95")
    sooner = changed(until, every, lambda trial: replace(trial, items=trial.items // 2))
    return changed(
        sooner, at_headline(sooner), lambda trial: replace(trial, items=trial.items * 51 // 50)
    )


def using(cores: float) -> Change:
    """Return a change to a trial that used so many times the core-seconds of its cores."""

    def change(trial: Trial) -> Trial:
        spent = trial.core_seconds
        return trial if spent is None else replace(trial, cpu_s=cores * spent.total_s)

    return change


def off_clock(share: float) -> Change:
    """Return a change to a trial whose side did so much of its work while no clock ran."""
    return lambda trial: replace(trial, off_clock_cpu_s=share * trial.cpu_s)


def as_it_was(results: Results) -> Results:
    """Nothing is changed: the good file, or how it was written, breaks the rule already."""
    return results


def adopted(results: Results, **facts: Any) -> Results:
    """Two programs were adopted, of which everything else is known."""
    known = CommandFacts(says_ready=True, input_named=True, compared="file")
    commands = replace(known, **facts)
    return replace(results, spec=replace(results.spec, commands=commands))


def one_command(results: Results) -> Results:
    """Both sides are one command on one core."""
    good = adopted(results, same_command=True)
    return replace(good, spec=replace(good.spec, workers=1))


def prepared(results: Results, seconds: float) -> Results:
    """A command took no time to prepare for the baseline, and so much for the other side."""

    def prepare(trial: Trial) -> Trial:
        took = seconds if trial.side is Side.DISTRIBUTED else 0.0
        return replace(trial, prepared_cpu_s=took)

    good = adopted(results, is_prepared=seconds < 1.0)
    return replace(good, trials=tuple(map(prepare, good.trials)))


def hurried(results: Results, factor: float) -> Results:
    """Everything took a small part of its time."""

    def hurry(trial: Trial) -> Trial:
        fields = {field: getattr(trial, field) * factor for field in ("wall_s", "cpu_s")}
        core_seconds = trial.core_seconds and CoreSeconds(
            *(factor * seconds for seconds in astuple(trial.core_seconds))
        )
        return replace(
            trial,
            **fields,
            phases={name: factor * seconds for name, seconds in trial.phases.items()},
            core_seconds=core_seconds,
            curve=tuple((factor * at, done) for at, done in trial.curve),
            waited_s=trial.waited_s and factor * trial.waited_s,
            workers_detail=tuple(
                replace(worker, busy_s=factor * worker.busy_s, cpu_s=factor * worker.cpu_s)
                for worker in trial.workers_detail
            ),
        )

    def hurry_rate(rate: Rate) -> Rate:
        return replace(
            rate, items_per_s=rate.items_per_s / factor, pass_s=rate.pass_s and factor * rate.pass_s
        )

    return replace(
        results,
        trials=tuple(map(hurry, results.trials)),
        rates=tuple(map(hurry_rate, results.rates)),
        observer=replace(results.observer, cpu_s=factor * results.observer.cpu_s),
    )


LOST = Fault(worker="w0", reason="killed", at_s=0.1, cost_s=1.0)
STRUCK = replace(LOST, kind=FaultKind.KILL, struck_at_s=0.05, caught_up_s=1.2, lost_cpu_s=0.01)
REASON = "sums of floats are grouped differently"


def struck(results: Results, **changes: Any) -> Results:
    """A worker was killed on purpose in every distributed trial, as was asked for."""
    planned = replace(results, spec=replace(results.spec, chaos=("kill:w0@33%",)))
    return changed(
        planned,
        lambda trial: trial.side is Side.DISTRIBUTED,
        lambda trial: replace(trial, **({"faults": (STRUCK,)} | changes)),
    )


def priced_spot(results: Results) -> Results:
    """The workers are billed at spot prices."""
    spot = SpotPrices(worker_per_hour=0.1, head_per_hour=0.0)
    prices = replace(results.spec.prices, spot=spot)
    return replace(results, spec=replace(results.spec, prices=prices, spot=True))


REFUSING: dict[str, Doctor] = {
    "no-pair": stopped_headline,
    "too-short": lambda good: hurried(good, 1e-3),
    "beats-itself": lambda good: one_command(good),
    "prepared-unequally": lambda good: prepared(good, 100.0),
    "baseline-beaten": faster_alone(0.92),
    "capacity-unequal": lambda good: searched(good, 1.9, budget_bytes=288 << 20),
    "capacity-not-shown": lambda good: searched(good, 1.9, probes=(a_probe(925, fits=True),)),
    "capacity-beyond-devices": lambda good: searched(good, 2.3),
    "latency-over-budget": lambda good: of_last_load(good, p99_s=0.12, late=11),
    "requests-too-few": lambda good: of_last_load(good, requests=458),
    "requests-failed": lambda good: of_last_load(good, failed=1),
    "service-unequal": lambda good: replace(
        serving(good), baseline_service=a_rate_search(seed=2, input_sha256=digest_of(good))
    ),
    "rate-not-shown": lambda good: of_last_load(good, rate=80.0),
    "requests-sent-too-late": lambda good: of_last_load(good, sent_late_p99_s=0.0051),
    "baseline-weak": lambda good: rated(good, Variant.TUNED, 1.5),
    "padded-work": lambda good: less_work(good, 0.79),
    "variant-far-faster": lambda good: passing(good, Variant.ALTERNATIVE, 0.79, name="int8"),
    "trials-overlap": overlapping,
    "outside-session": unarmed,
    "input-differs": of_last(lambda trial: replace(trial, input_sha256=OTHER)),
    "worker-input-differs": of_last_process(lambda process: replace(process, input_sha256=OTHER)),
    "held-out-differs": of_last(lambda trial: replace(trial, held_out_sha256=OTHER)),
    "held-out-is-input": scored_on_input,
    "quality-by-process": of_last(lambda trial: replace(trial, rescoring_gap=0.001)),
    "quality-moved": lambda good: of_last(better(good))(good),
    "quality-unrepeatable": lambda good: of_last(scored_otherwise(good))(good),
    "items-differ": of_last(lambda trial: replace(trial, items=trial.items - 1)),
    "answers-differ": other_answers,
    "work-lost": lambda good: changed(good, at_headline(good), lazier(0.5)),
    "baseline-waited": lambda good: computing(good, 0.4),
    "baseline-crowded-out": lambda good: crowded_out(good, 0.4),
    "baseline-idle": lambda good: computing(good, 0.7),
    "cores-exceeded": of_last(using(1.3)),
    "source-differs": of_last_process(lambda process: replace(process, source_sha256=OTHER)),
    "faster-than-hardware": lambda good: too_fast(computing(good, 0.91), 1.12),
    "scales-unequal": lambda good: changed(
        good, elsewhere(good), lambda trial: replace(trial, items=trial.items // 2)
    ),
    "phases-unequal": of_last(unsummed),
    "core-seconds-unequal": of_last(unspent),
    "impossible-seconds": of_last(busier_than_time),
    "order-contradicted": swapped,
    "trials-missing": one_hidden,
    "watching-costly": watched(0.1),
    "worked-off-clock": of_last(off_clock(0.3)),
    "simulated": lambda good: replace(good, kind=Kind.SIMULATED),
    "second-host": several_hosts,
    "host-unlisted": of_last_process(lambda process: replace(process, host="another")),
    "worker-twice": of_last_process(lambda process: replace(process, pid=77)),
    "cores-not-there": everywhere,
    "trial-unasked": lambda good: replace(
        good, spec=replace(good.spec, trials=good.spec.trials - 1)
    ),
    "trial-repeated": repeated_run,
    "scores-contradicted": lambda good: of_last(slightly_better(good))(
        other_answers(good, REASON, sd=1e-4, step=1.0)
    ),
    "scale-unasked": lambda good: replace(good, spec=replace(good.spec, points=())),
    "schedule-changed": lambda good: replace(moved_out(good), schedule=Schedule.TOGETHER),
    "fault-elsewhere": of_last(lambda trial: replace(trial, faults=(replace(LOST, worker="w9"),))),
    "strike-unasked": of_last(lambda trial: replace(trial, faults=(STRUCK,))),
    "strike-untold": lambda good: of_last(lambda trial: replace(trial, faults=()))(struck(good)),
    "recovery-impossible": of_last(
        lambda trial: replace(trial, faults=(replace(LOST, lost_cpu_s=1e6),))
    ),
    "aborted": lambda good: replace(good, status=Status.ABORTED),
    "failed": lambda good: replace(good, status=Status.FAILED),
}
QUALIFYING: dict[str, Doctor] = {
    "cores-stand-for-machines": as_it_was,
    "whole-host-slower": lambda good: rated(good, Variant.WHOLE, 0.9),
    "whole-host-wins": faster_whole,
    "requests-sent-late": lambda good: of_last_load(good, sent_late_p99_s=0.0011),
    "sender-busy": lambda good: of_last_load(good, generator_s=0.7),
    "capacity-superlinear": lambda good: searched(good, 2.3, superlinear="room is shared"),
    "baseline-matched": faster_alone(0.965),
    "baseline-untuned": lambda good: rated(good, Variant.TUNED, 1.12),
    "spare-work": lambda good: less_work(good, 0.89),
    "variant-faster": lambda good: passing(good, Variant.ALTERNATIVE, 0.94, name="int8"),
    "copies-slower": slow_copies,
    "limit-implausible": lambda good: rated(good, Variant.LIMIT, 0.8),
    "proof-drifted": drifting,
    "slowdown": slowed,
    "combined": lambda good: replace(good, combined=("7c21", "8d32")),
    "unclean-scale": lambda good: changed(good, last(good, elsewhere(good)), better(good)),
    "scored-by-its-own-side": of_last(lambda trial: replace(trial, not_rescored="it is a lambda")),
    "items-unreported": lambda good: changed(
        good, every, lambda trial: replace(trial, items=trial.items - 1)
    ),
    "answers-differ-in-bits": lambda good: other_answers(good, REASON),
    "tolerance-too-fine": lambda good: compared(good, items=100, step=1.0),
    "too-few-scores": lambda good: other_answers(good, REASON, items=20, step=1e-6),
    "quality-unsure": lambda good: other_answers(good, REASON, sd=0.1),
    "baseline-waits": lambda good: worded(computing(good, 0.3), waits="reads from the network"),
    "baseline-crowded": lambda good: crowded_out(good, 0.6),
    "baseline-partly-idle": lambda good: computing(good, 0.87),
    "work-unclear": less_work_on_a_busy_machine,
    "unlike-machines": lambda good: moved_out(good, cpu_model="another"),
    "no-seed": unseeded,
    "no-commit": lambda good: replace(good, code=replace(good.code, commit="")),
    "dirty-tree": lambda good: replace(good, code=replace(good.code, dirty=True)),
    "oversubscribed": sharing_a_core,
    "unequal-terms": of_last_process(lambda process: replace(process, nice=process.nice + 10)),
    "worked-beside-workers": of_last(using(1.15)),
    "contention": contended,
    "shared-machine": lambda good: replace(good, observer=replace(good.observer, foreign_cpu=0.5)),
    "search-unwatched": lambda good: replace(
        serving(good), spec=replace(good.spec, joined_cluster=True)
    ),
    "on-battery": lambda good: replace(
        good, hosts=tuple(replace(host, on_mains=False) for host in good.hosts)
    ),
    "weak-scaling": lambda good: replace(good, spec=replace(good.spec, scaling=Scaling.WEAK)),
    "same-command": lambda good: adopted(good, same_command=True),
    "prepared": lambda good: prepared(good, 0.5),
    "start-up-on-clock": lambda good: adopted(good, says_ready=False),
    "input-unnamed": lambda good: adopted(good, input_named=False),
    "start-up-unlisted": of_last(lambda trial: replace(trial, startup_s=0.0)),
    "one-observation": rounds(1),
    "few-observations": rounds(3),
    "undecided": no_faster,
    "order-unalternated": baseline_first,
    "trial-failed": one_stopped,
    "unstable": lambda good: relaid(of_last(timed(1.5))(good)),
    "superlinear": too_fast,
    "illustrative-prices": as_it_was,
    "prices-unsourced": lambda good: replace(
        good, spec=replace(good.spec, prices=replace(good.spec.prices, source=""))
    ),
    "watching-noticed": watched(0.03),
    "no-journal": as_it_was,
    "rewritten": as_it_was,
    "replayed": as_it_was,
    "declared": lambda good: replace(good, kind=Kind.DECLARED),
    "environment-incomplete": lambda good: replace(
        good, hosts=tuple(replace(host, memory_bytes=0) for host in good.hosts)
    ),
    "unit-missing": lambda good: worded(good, unit=""),
    "straggler": of_last(one_slow),
    "lost-worker": of_last(lambda trial: replace(trial, faults=(LOST,))),
    "struck-on-purpose": struck,
    "strike-missed": lambda good: struck(good, faults=(), unstruck=("kill:w0@33%",)),
    "priced-spot": lambda good: priced_spot(struck(good)),
    "spot-unproved": priced_spot,
    "work-differs": more_work,
    "busy-off-clock": of_last(off_clock(0.18)),
}
UNCHECKABLE: dict[str, Doctor] = {
    "need-not-shown": as_it_was,
    "change-without-interval": unscored,
}
DOCTORS = REFUSING | QUALIFYING | UNCHECKABLE

# Rules that cannot be broken alone: those who crowd a baseline share its machine, and where a seed
# is missed, or the quality may have moved, answers differ.
COMPANIONS = {
    "scores-contradicted": {"answers-differ-in-bits", "tolerance-too-fine"},
    "baseline-crowded": {"shared-machine"},
    "priced-spot": {"struck-on-purpose"},
    "beats-itself": {"slowdown"},
    "baseline-crowded-out": {"shared-machine"},
    "work-unclear": {"shared-machine"},
    "no-seed": {"answers-differ-in-bits"},
    "too-few-scores": {"answers-differ-in-bits"},
    "quality-unsure": {"answers-differ-in-bits"},
    "change-without-interval": {"answers-differ-in-bits"},
}


def doctored(key: str, results: Results) -> bytes:
    """Return a file that breaks this rule, and otherwise only what the good one breaks."""
    text = encode(DOCTORS[key](results))
    return msgspec.json.format(text, indent=4) if key == "rewritten" else text


def main(source: str, folder: str) -> None:
    """Write a file for every key."""
    results, into = load(Path(source)), Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    for key in DOCTORS:
        (into / f"{key}.json").write_bytes(doctored(key, results))


if __name__ == "__main__":
    main(*sys.argv[1:3])
