"""Rules about the machines while the clocks ran: nothing else was at work on them.

May import ``model``, ``rule`` and ``pairs``.
"""

from harness.claims.pairs import Pairs, hosts_of
from harness.claims.rule import (
    Caveat,
    Measure,
    Measured,
    Rule,
    Topic,
    Unknown,
    caveat,
    fraction,
    refuse,
)
from harness.model import FOREIGN_CPU_LIMIT, Kind, Results, Schedule, is_disturbed

CONTENTION_LIMIT = 0.02
WATCHING_NOTICED = 0.02
WATCHING_LIMIT = 0.05


def _contention(pairs: Pairs) -> Caveat | None:
    slowed = pairs.results.observer.contention
    together = pairs.results.schedule is Schedule.TOGETHER
    if not together or slowed is None or slowed <= CONTENTION_LIMIT:
        return None
    return Caveat(
        "contention",
        "the baseline ran slower because both sides ran at once, which flatters the speedup;"
        " use --schedule in-turn",
        (fraction("slowed by", slowed), fraction("limit", CONTENTION_LIMIT)),
    )


def _shared_machine(pairs: Pairs) -> Caveat | None:
    share = pairs.results.observer.foreign_cpu
    if share is None or not is_disturbed(share):
        return None
    return Caveat(
        "shared-machine",
        "other programs used the machine during the run; close them and run again",
        (fraction("foreign", share), fraction("limit", FOREIGN_CPU_LIMIT)),
    )


def _search_unwatched(pairs: Pairs) -> Caveat | None:
    """Judge whether a side searched its rate where other programs are not seen meanwhile."""
    spec = pairs.results.spec
    if not spec.joined_cluster or pairs.results.distributed_service is None:
        return None
    return Caveat(
        "search-unwatched",
        "what other programs used while rates were searched on a cluster that was joined is not"
        " known; keep its hosts quiet and say so",
    )


def _on_battery(pairs: Pairs) -> Caveat | None:
    if all(host.on_mains is not False for host in pairs.results.hosts):
        return None
    return Caveat(
        "on-battery",
        "a machine ran on battery, which may slow it at any time; plug it in and run again",
    )


def _foreign_cpu(pairs: Pairs) -> Measured:
    results = pairs.results
    foreign = results.observer.foreign_cpu
    if foreign is None:
        return Unknown("what other programs did was not measured")
    together = results.schedule is Schedule.TOGETHER
    if together and results.observer.contention is None and _sides_share_a_host(pairs):
        return Unknown(
            "the sides ran at once on one machine; how much that slowed the baseline was not probed"
        )
    if any(host.on_mains is None for host in results.hosts):
        return Unknown(
            "other programs kept quiet; whether the machine ran on mains power is not known"
        )
    return fraction("foreign CPU", foreign), fraction("limit", FOREIGN_CPU_LIMIT)


def _sides_share_a_host(pairs: Pairs) -> bool:
    return bool(hosts_of(pairs.baseline[:1]) & hosts_of(pairs.distributed[:1]))


def _watching(results: Results) -> float | None:
    """Return the screen's core-seconds over the wall time of all trials (None: not measured)."""
    total_s = sum(trial.wall_s for trial in results.trials)
    if results.kind is not Kind.MEASURED or not total_s or not results.observer.frames:
        return None
    return results.observer.cpu_s / total_s


def _watching_costly(pairs: Pairs) -> Caveat | None:
    """Judge whether watching took so much that the times are not the work's."""
    share = _watching(pairs.results)
    if share is None or share <= WATCHING_LIMIT or pairs.is_too_short:
        return None
    return Caveat(
        "watching-costly",
        "watching took too much of the machine while the clocks ran;"
        " measure more work, or with --ui plain and no dashboard",
        (*_shares(pairs.results, share), fraction("limit", WATCHING_LIMIT)),
    )


def _watching_noticed(pairs: Pairs) -> Caveat | None:
    share = _watching(pairs.results)
    if share is None or not WATCHING_NOTICED < share <= WATCHING_LIMIT:
        return None
    return Caveat(
        "watching-noticed",
        "watching took a noticeable part of the machine;"
        " measure more work, or with --ui plain and no dashboard",
        (*_shares(pairs.results, share), fraction("good", WATCHING_NOTICED)),
    )


def _shares(results: Results, share: float) -> tuple[Measure, ...]:
    """Return what watching took, and what of that Ray's dashboard took, if it ran."""
    dashboard_s = results.observer.dashboard_cpu_s
    if dashboard_s is None:
        return (fraction("screen", share),)
    total_s = sum(trial.wall_s for trial in results.trials)
    part = fraction("of it Ray's dashboard", dashboard_s / total_s)
    return fraction("watching", share), part


def _cost_of_watching(pairs: Pairs) -> Measured:
    share = _watching(pairs.results)
    if share is None:
        return Unknown("what the screen cost was not measured")
    return *_shares(pairs.results, share), fraction("good", WATCHING_NOTICED)


QUIET_MACHINE = Rule(
    id="R11",
    title="quiet machine",
    demand="neither the other side nor other programs nor a battery slowed a side",
    source="pyperf",
    measure=_foreign_cpu,
    judges=(
        caveat(_contention, Topic.MACHINES),
        caveat(_shared_machine, Topic.MACHINES),
        caveat(_search_unwatched, Topic.MACHINES),
        caveat(_on_battery, Topic.MACHINES),
    ),
)
CHEAP_TO_WATCH = Rule(
    id="R20",
    title="cheap to watch",
    demand="watching cost next to nothing",
    source="Hoefler, Lightning#21321",
    measure=_cost_of_watching,
    judges=(refuse(_watching_costly), caveat(_watching_noticed, Topic.RUN)),
)
