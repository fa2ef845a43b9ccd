"""What must be said beside a headline, judged from the facts alone; each sentence advises.

May import ``model``, ``scaling``, ``evidence``, ``proof`` and the other judges: ``adoption``, ``conduct``, ``seconds``, ``standing``,
``surroundings``, ``terms`` and ``work``.
"""

from statistics import median

from harness.claims import scaling
from harness.claims.baseline_proof import proof
from harness.claims.pairs import Caveat, Measure, Pairs, Unit
from harness.claims.rules import baseline, commands, environment, resources, session, times, work
from harness.model import Kind, Schedule, Side, Trial, whole_machines

CONTENTION_LIMIT = 0.02
VARIATION_LIMIT = 0.10
STRAGGLER_LIMIT = 1.25


def caveats(seen: Pairs) -> tuple[Caveat, ...]:
    """Return what must be said beside the headline, the gravest first."""
    return tuple(caveat for judge in _JUDGES if (caveat := judge(seen)) is not None)


def _declared(seen: Pairs) -> Caveat | None:
    if seen.results.kind is not Kind.DECLARED:
        return None
    return Caveat(
        "declared",
        "these numbers were declared, not measured by this program; measure them before relying on them",
    )


def _slowdown(seen: Pairs) -> Caveat | None:
    if seen.speedup > 1:
        return None
    sentence = "the distributed side was not faster; enlarge the input or the chunks until the work outweighs the exchange"
    return Caveat("slowdown", sentence, (Measure("speedup", seen.speedup, Unit.RATIO),))


def _undecided(seen: Pairs) -> Caveat | None:
    interval = seen.interval
    if seen.speedup <= 1 or interval is None or interval[0] > 1:
        return None
    measures = (
        Measure("low end", interval[0], Unit.RATIO),
        Measure("high end", interval[1], Unit.RATIO),
    )
    return Caveat(
        "undecided", "the interval of the speedup includes no gain at all; run more pairs", measures
    )


def _superlinear(seen: Pairs) -> Caveat | None:
    if seen.efficiency <= 1:
        return None
    sentence = "the speedup is more than the hardware added; name the reason (a cache that now fits, a weak baseline) before showing it"
    return Caveat("superlinear", sentence, (Measure("efficiency", seen.efficiency, Unit.FRACTION),))


def _observations(seen: Pairs) -> Caveat | None:
    pairs = len(seen.walls)
    count = (Measure("pairs", pairs, Unit.COUNT),)
    if pairs == 1:
        return Caveat(
            "one-observation",
            "one observation has no error bar; repeat with --trials to get an interval",
            count,
        )
    if pairs < scaling.FEWEST_PAIRS and seen.results.kind is Kind.DECLARED:
        return Caveat(
            "few-observations",
            "declared runs have no interval, since nobody here saw them in pairs",
            count,
        )
    if pairs < scaling.FEWEST_PAIRS:
        needed = Measure("needed", scaling.FEWEST_PAIRS, Unit.COUNT)
        return Caveat(
            "few-observations",
            "too few pairs for an interval; repeat with more --trials",
            (*count, needed),
        )
    return None


def _one_host(seen: Pairs) -> Caveat | None:
    """Judge whether a worker had a machine; where the baseline was timed on the whole host, that is said beside it."""
    shared = len({process.host for process in seen.workers}) == 1
    if len(seen.workers) < 2 or not (
        shared
        or not whole_machines(seen.workers, seen.results.hosts, seen.results.spec.cores_per_worker)
    ):
        return None
    why = "all workers share one host" if shared else "a worker is a part of its host"
    gain = _whole_host_gain(seen)
    if gain is None or gain < 1:
        advice = "show the baseline on the whole host with --prove-baseline or --baseline-cores all"
        return Caveat("cores-stand-for-machines", f"cores stand for machines: {why}; {advice}")
    measures = (
        Measure("baseline on all its cores", gain, Unit.RATIO),
        Measure("speedup over that", seen.speedup / gain, Unit.RATIO),
    )
    return Caveat(
        "cores-stand-for-machines",
        f"cores stand for machines: {why}; compare with what the whole host does",
        measures,
    )


def _whole_host_slower(seen: Pairs) -> Caveat | None:
    """Judge whether the proof on all the host's cores can be believed: it makes the host look worse than one of its cores."""
    gain = _whole_host_gain(seen)
    if gain is None or gain >= 1:
        return None
    sentence = "the baseline was slower on all the host's cores than on its own, so the host was busy; prove it again on a quiet one"
    return Caveat(
        "whole-host-slower", sentence, (Measure("baseline on all its cores", gain, Unit.RATIO),)
    )


def _whole_host_gain(seen: Pairs) -> float | None:
    known = proof(seen.results)
    return None if known is None else known.whole_speedup


def _replayed(seen: Pairs) -> Caveat | None:
    if seen.results.schedule is not Schedule.IN_TURN or seen.results.kind is Kind.DECLARED:
        return None
    return Caveat(
        "replayed",
        "the sides ran in turn, not at once; so neither slowed the other, and a baseline beside a live run is its replay",
    )


def _contention(seen: Pairs) -> Caveat | None:
    slowed = seen.results.observer.contention
    if (
        seen.results.schedule is not Schedule.TOGETHER
        or slowed is None
        or slowed <= CONTENTION_LIMIT
    ):
        return None
    sentence = "the baseline ran slower because both sides ran at once, which flatters the speedup; use --schedule in-turn"
    return Caveat(
        "contention",
        sentence,
        (
            Measure("slowed by", slowed, Unit.FRACTION),
            Measure("limit", CONTENTION_LIMIT, Unit.FRACTION),
        ),
    )


def _foreign(seen: Pairs) -> Caveat | None:
    share = seen.results.observer.foreign_cpu
    if share is None or share <= work.FOREIGN_CPU_LIMIT:
        return None
    measures = (
        Measure("foreign", share, Unit.FRACTION),
        Measure("limit", work.FOREIGN_CPU_LIMIT, Unit.FRACTION),
    )
    return Caveat(
        "shared-machine",
        "other programs used the machine during the run; close them and run again",
        measures,
    )


def _unstable(seen: Pairs) -> Caveat | None:
    for side, walls in zip(Side, zip(*seen.walls, strict=True), strict=True):
        spread = scaling.variation(walls) if len(walls) > 1 else 0.0
        strange = len(scaling.outliers(walls))
        if spread > VARIATION_LIMIT or strange:
            measures = (
                Measure("variation", spread, Unit.FRACTION),
                Measure("outliers", strange, Unit.COUNT),
            )
            return Caveat(
                "unstable",
                f"the {side} times vary too much; quiet the machine and run more pairs",
                measures,
            )
    return None


def _straggler(seen: Pairs) -> Caveat | None:
    worst = max((imbalance(trial) for trial in seen.distributed), default=1.0)
    if worst <= STRAGGLER_LIMIT:
        return None
    measures = (
        Measure("slowest over median", worst, Unit.RATIO),
        Measure("limit", STRAGGLER_LIMIT, Unit.RATIO),
    )
    return Caveat(
        "straggler",
        "one worker was busy much longer than the others; cut smaller chunks or spread them evenly",
        measures,
    )


def imbalance(trial: Trial) -> float:
    """Return the longest busy time of a trial's workers over their median (1: none was busy)."""
    busy = [worker.busy_s for worker in trial.workers_detail]
    usual = median(busy) if busy else 0.0
    return max(busy) / usual if usual > 0 else 1.0


def _lost(seen: Pairs) -> Caveat | None:
    """Judge the trials of every scale: workers that were lost in another than the headline's are told of too."""
    faults = work.lost_workers(seen.results)
    if not faults:
        return None
    measures = (
        Measure("lost", len(faults), Unit.COUNT),
        Measure("recovery", sum(fault.cost_s or 0.0 for fault in faults), Unit.SECONDS),
    )
    return Caveat(
        "lost-worker",
        "a worker was lost during the run and its work redone; the wall time includes it",
        measures,
    )


def _unlike(seen: Pairs) -> Caveat | None:
    """Judge whether the baseline's machine is one of the workers' kind; a host that is not described may be of any kind."""
    machines = {host.id: (host.cpu_model, host.cores) for host in seen.results.hosts}
    homes = (worker.process.host for worker in seen.baseline[0].workers_detail)
    ours = {machines[home] for home in homes if home in machines}
    theirs = {machines[process.host] for process in seen.workers if process.host in machines}
    if not ours or not theirs or ours == theirs:
        return None
    return Caveat(
        "unlike-machines",
        "the baseline ran on another kind of machine than the workers; run it on one of theirs",
    )


def _unreported(seen: Pairs) -> Caveat | None:
    given = seen.results.input
    done = seen.distributed[0].items
    if given is None or done == given.items:
        return None
    measures = Measure("reported", done, Unit.COUNT), Measure("given", given.items, Unit.COUNT)
    return Caveat(
        "items-unreported",
        "the sides did not report all the items they were given; have both call report",
        measures,
    )


def _bits(seen: Pairs) -> Caveat | None:
    if seen.results.kind is Kind.DECLARED or seen.answers_identical:
        return None
    why = (
        seen.results.spec.workload.answers_differ
        or "unlike processors or thread counts round differently"
    )
    return Caveat(
        "answers-differ-in-bits", f"the answers agree in quality, not to the last bit: {why}"
    )


def _prices(seen: Pairs) -> Caveat | None:
    if not seen.results.spec.prices.illustrative:
        return None
    return Caveat(
        "illustrative-prices", "the prices are illustrative; set your own before you quote the cost"
    )


def _commit(seen: Pairs) -> Caveat | None:
    if seen.results.kind is Kind.DECLARED or seen.results.code.commit:
        return None
    return Caveat(
        "no-commit",
        "the source that ran is under no commit; run from a repository so that others can get the same code",
    )


def _dirty(seen: Pairs) -> Caveat | None:
    if not seen.results.code.dirty:
        return None
    return Caveat(
        "dirty-tree", "the source that ran has uncommitted changes; commit them and run again"
    )


_JUDGES = (
    _declared,
    session.combined,
    commands.start_up_on_clock,
    commands.input_unnamed,
    _replayed,
    _slowdown,
    _undecided,
    _superlinear,
    work.matched,
    baseline.untuned,
    baseline.outrun_by_host,
    _observations,
    _one_host,
    _whole_host_slower,
    baseline.beyond_limit,
    baseline.drifted,
    session.weak,
    _contention,
    _foreign,
    work.baseline_crowded,
    environment.on_battery,
    resources.oversubscribed,
    resources.unequal,
    _unlike,
    _unreported,
    session.unalternated,
    session.failed,
    _unstable,
    _straggler,
    _lost,
    work.unclean_scale,
    session.watched_noticeably,
    _bits,
    _prices,
    environment.unsourced_prices,
    environment.without_unit,
    times.start_up_unlisted,
    environment.undescribed,
    environment.without_seed,
    _commit,
    _dirty,
)
