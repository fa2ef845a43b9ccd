"""What each honesty rule measures where there is nothing to say against the session: values and thresholds, or why there are none.

May import ``model`` and the rest of ``score``.
"""

from harness.claims import scaling
from harness.claims.pairs import Measure, Pairs, Unit, median_of
from harness.claims.rules import environment as surroundings
from harness.claims.rules import session as conduct
from harness.claims.rules import times as seconds
from harness.claims.rules import work
from harness.claims.rules.caveats import STRAGGLER_LIMIT, VARIATION_LIMIT, imbalance
from harness.claims.rules.resources import at_once
from harness.claims.run_cost import cost_of
from harness.model import Schedule


class Unknown(str):
    """Why a rule cannot be checked."""


Measured = tuple[Measure, ...] | Unknown


def times(seen: Pairs) -> Measured:
    """R01."""
    return (
        Measure("baseline", median_of(seen.baseline, lambda trial: trial.wall_s), Unit.SECONDS),
        Measure(
            "distributed", median_of(seen.distributed, lambda trial: trial.wall_s), Unit.SECONDS
        ),
    )


def single_machine(seen: Pairs) -> Measured:
    """R02: T_ray(1) beside the baseline."""
    tax = work.one_worker(seen.results)
    if tax is None:
        return Unknown("one worker alone was not measured against a baseline of as many cores")
    return Measure("T of one worker over baseline", tax, Unit.RATIO), Measure(
        "at least", work.BASELINE_MATCHED, Unit.RATIO
    )


def cost_scale(seen: Pairs) -> Measured:
    """R03: COST, the smallest measured p that beats the baseline, and the framework tax."""
    faster = [other.scale for other in work.at_every_scale(seen.results) if other.speedup > 1]
    tax = work.framework_tax(seen.results)
    taxed = () if tax is None else (Measure("framework tax", tax, Unit.RATIO),)
    return (Measure("COST in workers", min(faster, default=0), Unit.COUNT), *taxed)


def session(seen: Pairs) -> Measured:
    """R04: what it was, for there is no threshold."""
    ended = max(trial.began_s + trial.wall_s for trial in seen.results.trials)
    return Measure("trials", len(seen.results.trials), Unit.COUNT), Measure(
        "the last one ended after", ended, Unit.SECONDS
    )


def inputs(seen: Pairs) -> Measured:
    """R05."""
    given = seen.results.input
    if given is None:
        return Unknown("the digest of the input is not in the file")
    if seen.results.spec.commands is not None:
        return Unknown(
            "both programs were given one input; what each of their processes saw of it was not asked"
        )
    asked = [
        worker.process.input_sha256 for trial in seen.distributed for worker in trial.workers_detail
    ]
    if not asked or not all(asked):
        return Unknown("both sides loaded one input; what each worker saw of it was not asked")
    return Measure("items", given.items, Unit.COUNT), Measure("bytes", given.bytes, Unit.COUNT)


def quality(seen: Pairs) -> Measured:
    """R06."""
    pairs = zip(seen.baseline, seen.distributed, strict=True)
    change = max((many.quality - one.quality for one, many in pairs), key=abs)
    return Measure("change", change, Unit.QUALITY), Measure(
        "tolerance", seen.results.spec.workload.tolerance, Unit.QUALITY
    )


def answers(seen: Pairs) -> Measured:
    """R07."""
    digests = {trial.answer_sha256 for trial in seen.trials}
    return Measure("items", seen.baseline[0].items, Unit.COUNT), Measure(
        "answers", len(digests), Unit.COUNT
    )


def conserved(seen: Pairs) -> Measured:
    """R08."""
    ratio, busy = work.work_ratio(seen), work.baseline_busy(seen)
    if ratio is None or busy is None:
        return Unknown("nobody worked in this rehearsal")
    return (
        Measure("CPU ratio", ratio, Unit.RATIO),
        Measure("at least", work.WORK_CONSERVED, Unit.RATIO),
        Measure("baseline busy", busy, Unit.FRACTION),
        Measure("at least", work.BASELINE_BUSY, Unit.FRACTION),
    )


def source(seen: Pairs) -> Measured:
    """R09."""
    processes = surroundings.processes(seen)
    if not processes or not all(process.source_sha256 for process in processes):
        return Unknown("not every process said which source it ran")
    if not seen.results.code.source_sha256:
        return Unknown(
            "the processes ran one source; which one the session was asked to run is not in the file"
        )
    seed = surroundings.seed(seen)
    drawn = () if seed is None else (Measure("seed", seed, Unit.COUNT),)
    return (Measure("processes", len({process.pid for process in processes}), Unit.COUNT), *drawn)


def cores(seen: Pairs) -> Measured:
    """R10: the host with the least room."""
    if seen.results.spec.commands is not None:
        return Unknown(
            "the programs were adopted as they are: how many threads and what niceness each process has was not asked"
        )
    offered = {host.id: host.cores for host in seen.results.hosts}
    crowds = [
        (sum(process.threads for process in at_work), offered.get(home, 0))
        for home, at_work in at_once(seen)
    ]
    if not crowds or not all(room for _, room in crowds):
        return Unknown("how many cores each machine has is not told")
    threads, room = max(crowds, key=lambda crowd: crowd[0] / crowd[1])
    return Measure("threads at once", threads, Unit.COUNT), Measure("cores", room, Unit.COUNT)


def apart(seen: Pairs) -> Measured:
    """R11."""
    foreign = seen.results.observer.foreign_cpu
    if foreign is None:
        return Unknown("what other programs did meanwhile was not measured")
    if (
        seen.results.schedule is Schedule.TOGETHER
        and seen.results.observer.contention is None
        and _share_a_host(seen)
    ):
        return Unknown(
            "the sides ran at once on one machine; how much that slowed the baseline was not probed"
        )
    if any(host.on_mains is None for host in seen.results.hosts):
        return Unknown(
            "other programs kept away; whether the machine ran on mains power is not known"
        )
    return Measure("foreign CPU", foreign, Unit.FRACTION), Measure(
        "limit", work.FOREIGN_CPU_LIMIT, Unit.FRACTION
    )


def _share_a_host(seen: Pairs) -> bool:
    ours = {worker.process.host for worker in seen.baseline[0].workers_detail}
    return any(process.host in ours for process in seen.workers)


def equal_work(seen: Pairs) -> Measured:
    """R12."""
    scales = seen.results.spec.scales
    return Measure("items", seen.baseline[0].items, Unit.COUNT), Measure(
        "scales", len(scales), Unit.COUNT
    )


def sums(seen: Pairs) -> Measured:
    """R13."""
    trials = work.finished(seen.results)
    phases = [gap for trial in trials if (gap := seconds.phase_gap(trial)) is not None]
    cores = [gap for trial in trials if (gap := seconds.core_gap(seen.results, trial)) is not None]
    if len(phases) < len(trials):
        return Unknown("a trial does not tell the phases of its wall time")
    if len(cores) < len(trials):
        return Unknown("the phases add up; a trial does not tell where its core-seconds went")
    return (
        Measure("phases off by", max(phases), Unit.FRACTION),
        Measure("core-seconds off by", max(cores), Unit.FRACTION),
        Measure("limit", seconds.SUM_LIMIT, Unit.FRACTION),
    )


def pairs(seen: Pairs) -> Measured:
    """R14."""
    low, high = seen.interval or (seen.speedup, seen.speedup)
    return (
        Measure("pairs", len(seen.walls), Unit.COUNT),
        Measure("needed", scaling.FEWEST_PAIRS, Unit.COUNT),
        Measure("low end", low, Unit.RATIO),
        Measure("high end", high, Unit.RATIO),
    )


def order(seen: Pairs) -> Measured:
    """R15."""
    if not conduct.one_session(seen.results):
        return Unknown("the trials are of several sessions")
    return (Measure("trials", len(seen.results.trials), Unit.COUNT),)


def launched(seen: Pairs) -> Measured:
    """R16."""
    if not conduct.one_session(seen.results):
        return Unknown("the trials are of several sessions; audit each of them")
    return Measure("recorded", len(seen.results.trials), Unit.COUNT), Measure(
        "in each median", len(seen.walls), Unit.COUNT
    )


def spread(seen: Pairs) -> Measured:
    """R17."""
    if len(seen.walls) < 2:
        return Unknown("one observation has no spread")
    sides = list(zip(*seen.walls, strict=True))
    return (
        Measure("variation", max(scaling.variation(walls) for walls in sides), Unit.FRACTION),
        Measure("limit", VARIATION_LIMIT, Unit.FRACTION),
        Measure("outliers", sum(len(scaling.outliers(walls)) for walls in sides), Unit.COUNT),
    )


def law(seen: Pairs) -> Measured:
    """R18."""
    fraction = seen.serial_fraction
    implied = () if fraction is None else (Measure("serial share", fraction, Unit.FRACTION),)
    return (
        Measure("efficiency", seen.efficiency, Unit.FRACTION),
        Measure("limit", 1.0, Unit.FRACTION),
        *implied,
    )


def price(seen: Pairs) -> Measured:
    """R19: cost after over cost before; it follows from the times and the prices, so there is nothing to hold it against."""
    paid = cost_of(seen)
    return (Measure("cost after over before", paid.distributed / paid.baseline, Unit.RATIO),)


def watching(seen: Pairs) -> Measured:
    """R20."""
    share = conduct.watching(seen.results)
    if share is None:
        return Unknown("what the screen cost was not measured")
    return Measure("screen", share, Unit.FRACTION), Measure(
        "good", conduct.WATCHING_NOTICED, Unit.FRACTION
    )


def recomputed(seen: Pairs) -> Measured:
    """R21: the speedup, which no field holds: it is computed from the times of the trials whenever it is shown."""
    return (Measure("speedup from the trials", seen.speedup, Unit.RATIO),)


def kind(seen: Pairs) -> Measured:
    """R22."""
    return ()


def environment(seen: Pairs) -> Measured:
    """R23."""
    hosts = {process.host for process in surroundings.processes(seen)}
    return (
        (Measure("machines", len(hosts), Unit.COUNT),)
        if hosts
        else Unknown("which machines worked is not told")
    )


def units(seen: Pairs) -> Measured:
    """R24."""
    return ()


def stragglers(seen: Pairs) -> Measured:
    """R25."""
    if not all(trial.workers_detail for trial in seen.distributed):
        return Unknown("how long each worker was busy is not told")
    worst = max(imbalance(trial) for trial in seen.distributed)
    return (
        Measure("slowest over median", worst, Unit.RATIO),
        Measure("limit", STRAGGLER_LIMIT, Unit.RATIO),
        Measure("lost workers", len(work.lost_workers(seen.results)), Unit.COUNT),
    )
