"""The doctor: for every honesty rule a results file that breaks it and no other, made from a good one.

``python -m tests.doctor results.json OUTDIR`` writes them as ``R01.json`` … ``R25.json``. A lie is told well: what
follows from it is changed with it, so that each file can be loaded and only the rule it is about stands in its way.
May import ``harness``.
"""

import sys
from collections.abc import Callable
from dataclasses import fields, replace
from hashlib import sha256
from itertools import chain
from pathlib import Path

import msgspec

from harness.model import CoreSeconds, Fault, Process, Results, Side, Status, Trial
from harness.results import encode, load

BASE = Path(__file__).parent / "real" / "results.json"

OTHER = sha256(b"another").hexdigest()

Choice = Callable[[Trial], bool]
Change = Callable[[Trial], Trial]


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
    return replace(results, trials=tuple(change(trial) if choice(trial) else trial for trial in results.trials))


def timed(factor: float) -> Change:
    """Return a change that makes a trial take so many times as long, in everything that adds up to its wall time."""

    def change(trial: Trial) -> Trial:
        return replace(
            trial,
            wall_s=trial.wall_s * factor,
            phases={name: seconds * factor for name, seconds in trial.phases.items()},
            curve=tuple((at * factor, done) for at, done in trial.curve),
            core_seconds=None if trial.core_seconds is None else _scaled(trial.core_seconds, factor),
        )

    return change


def _scaled(spent: CoreSeconds, factor: float) -> CoreSeconds:
    return CoreSeconds(*(getattr(spent, part.name) * factor for part in fields(spent)))


def relaid(results: Results) -> Results:
    """Return the results with their trials one after the other in their order, two seconds apart."""
    ordered = sorted(results.trials, key=lambda trial: trial.order)
    began_s, placed = ordered[0].began_s, []
    for order, trial in enumerate(ordered):
        placed.append(replace(trial, order=order, began_s=began_s))
        began_s += trial.wall_s + 2.0
    return replace(results, trials=tuple(placed))


def processed(results: Results, choice: Choice, change: Callable[[Process], Process]) -> Results:
    """Return the results with every process of the chosen trials changed."""

    def altered(trial: Trial) -> Trial:
        detail = (replace(worker, process=change(worker.process)) for worker in trial.workers_detail)
        return replace(trial, workers_detail=tuple(detail))

    return changed(results, choice, altered)


def without_pairs(results: Results) -> Results:
    """R01: none of the headline's trials came to its end."""
    return changed(results, at_headline(results), lambda trial: replace(trial, failure="stopped"))


def beaten_baseline(results: Results) -> Results:
    """R02: one worker alone is twice as fast as the baseline."""
    ones = [trial.wall_s for trial in results.trials if trial.side is Side.BASELINE]
    return relaid(changed(results, elsewhere(results), lambda trial: timed(0.5 * min(ones) / trial.wall_s)(trial)))


def slowed(results: Results) -> Results:
    """R03: no number of workers beats the baseline."""
    return relaid(changed(results, lambda trial: trial.side is Side.DISTRIBUTED, timed(4.0)))


def overlapping(results: Results) -> Results:
    """R04: a trial began before the one before it had ended."""
    before, after = sorted(results.trials, key=lambda trial: trial.order)[-2:]
    return changed(results, last(results, lambda _: True), lambda _: replace(after, began_s=before.began_s + 0.5 * before.wall_s))


def other_input(results: Results) -> Results:
    """R05: one worker saw another input."""
    return processed(results, last(results, at_headline(results)), lambda process: replace(process, input_sha256=OTHER))


def moved_quality(results: Results) -> Results:
    """R06: the quality of one trial is better than its tolerance allows."""
    better = 3 * results.spec.workload.tolerance + 0.001
    return changed(results, last(results, at_headline(results)), lambda trial: replace(trial, quality=trial.quality + better))


def other_answers(results: Results) -> Results:
    """R07: one answer differs, and the workload gives no reason."""
    bare = replace(results, spec=replace(results.spec, workload=replace(results.spec.workload, answers_differ="")))
    return changed(bare, last(bare, at_headline(bare)), lambda trial: replace(trial, answer_sha256=OTHER))


def half_the_work(results: Results) -> Results:
    """R08: the workers used half the CPU time that they did."""

    def halved(trial: Trial) -> Trial:
        detail = tuple(replace(worker, cpu_s=0.5 * worker.cpu_s) for worker in trial.workers_detail)
        return replace(trial, cpu_s=0.5 * trial.cpu_s, workers_detail=detail)

    return changed(results, at_headline(results), halved)


def other_source(results: Results) -> Results:
    """R09: one worker ran other source."""
    return processed(results, last(results, at_headline(results)), lambda process: replace(process, source_sha256=OTHER))


def niced(results: Results) -> Results:
    """R10: the baseline was made to give way."""
    return processed(results, lambda trial: trial.side is Side.BASELINE, lambda process: replace(process, nice=process.nice + 10))


def unplugged(results: Results) -> Results:
    """R11: the machine ran on its battery."""
    return replace(results, hosts=tuple(replace(host, on_mains=False) for host in results.hosts))


def less_work_elsewhere(results: Results) -> Results:
    """R12: the other scales had fewer items."""
    return changed(results, elsewhere(results), lambda trial: replace(trial, items=trial.items // 2))


def unsummed(results: Results) -> Results:
    """R13: the phases of a trial leave out a tenth of its wall time."""

    def shortened(trial: Trial) -> Trial:
        return replace(trial, phases={name: 0.9 * seconds for name, seconds in trial.phases.items()})

    return changed(results, last(results, at_headline(results)), shortened)


def few_pairs(results: Results) -> Results:
    """R14: three rounds, told as all that were asked for."""
    spec = replace(results.spec, trials=3)
    return replace(results, spec=spec, trials=tuple(trial for trial in results.trials if trial.index < 3))


def baseline_first(results: Results) -> Results:
    """R15: every round begins with the baseline."""
    rounds: dict[int, list[Trial]] = {}
    for trial in results.trials:
        rounds.setdefault(trial.index, []).append(trial)
    lines = (sorted(rounds[index], key=lambda trial: (trial.side is Side.DISTRIBUTED, trial.workers)) for index in sorted(rounds))
    ordered = tuple(replace(trial, order=order) for order, trial in enumerate(chain.from_iterable(lines)))
    return relaid(replace(results, trials=ordered))


def one_hidden(results: Results) -> Results:
    """R16: a trial at another scale was left out."""
    hidden = last(results, elsewhere(results))
    return replace(results, trials=tuple(trial for trial in results.trials if not hidden(trial)))


def one_strange(results: Results) -> Results:
    """R17: one of the headline's trials took half as long again."""
    return relaid(changed(results, last(results, at_headline(results)), timed(1.5)))


def too_fast(results: Results) -> Results:
    """R18: more speed than hardware."""
    ones = [trial.wall_s for trial in results.trials if trial.side is Side.BASELINE]
    wanted = min(ones) / (1.2 * results.spec.workers)
    return relaid(changed(results, at_headline(results), lambda trial: timed(wanted / trial.wall_s)(trial)))


def unsourced(results: Results) -> Results:
    """R19: prices from nowhere."""
    return replace(results, spec=replace(results.spec, prices=replace(results.spec.prices, source="")))


def watched_dearly(results: Results) -> Results:
    """R20: the screen used a tenth of a core while the clocks ran."""
    total_s = sum(trial.wall_s for trial in results.trials)
    return replace(results, observer=replace(results.observer, cpu_s=0.1 * total_s, frames=max(1, results.observer.frames)))


def as_it_was(results: Results) -> Results:
    """R21: the facts are the same; it is the file that was written by something else."""
    return results


def aborted(results: Results) -> Results:
    """R22: the session was cut short."""
    return replace(results, status=Status.ABORTED)


def undescribed(results: Results) -> Results:
    """R23: nobody knows on which processor."""
    return replace(results, hosts=tuple(replace(host, memory_bytes=0) for host in results.hosts))


def without_unit(results: Results) -> Results:
    """R24: so many of what?"""
    return replace(results, spec=replace(results.spec, workload=replace(results.spec.workload, unit="")))


def one_lost(results: Results) -> Results:
    """R25: a worker was lost and came back."""
    lost = Fault(worker="w0", reason="killed", at_s=0.1, cost_s=1.0)
    return changed(results, last(results, at_headline(results)), lambda trial: replace(trial, faults=(lost,)))


DOCTORS: dict[str, Callable[[Results], Results]] = {
    "R01": without_pairs,
    "R02": beaten_baseline,
    "R03": slowed,
    "R04": overlapping,
    "R05": other_input,
    "R06": moved_quality,
    "R07": other_answers,
    "R08": half_the_work,
    "R09": other_source,
    "R10": niced,
    "R11": unplugged,
    "R12": less_work_elsewhere,
    "R13": unsummed,
    "R14": few_pairs,
    "R15": baseline_first,
    "R16": one_hidden,
    "R17": one_strange,
    "R18": too_fast,
    "R19": unsourced,
    "R20": watched_dearly,
    "R21": as_it_was,
    "R22": aborted,
    "R23": undescribed,
    "R24": without_unit,
    "R25": one_lost,
}


def doctored(rule: str, results: Results) -> bytes:
    """Return a file that breaks the rule and no other."""
    text = encode(DOCTORS[rule](results))
    return msgspec.json.format(text, indent=4) if rule == "R21" else text


def main(source: str, folder: str) -> None:
    """Write a file for every rule."""
    results, into = load(Path(source)), Path(folder)
    into.mkdir(parents=True, exist_ok=True)
    for rule in DOCTORS:
        (into / f"{rule}.json").write_bytes(doctored(rule, results))


if __name__ == "__main__":
    main(*sys.argv[1:3])
