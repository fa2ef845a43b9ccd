"""Baselines that wait, and machines that are busy: what is refused, what is said, and what is not.

One pair of 40 s and 22 s on two workers of one host with four cores, and what differs.
"""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from harness.claims.rule import Evidence
from harness.claims.rules import caveats, refusals
from harness.model import Results, Side
from harness.show.export_numbers import as_csv, as_json
from harness.show.headline_text import final_lines, headline_text
from harness.show.phrases import DISTURBED
from harness.show.slide import svg
from tests.builders import (
    a_host,
    a_process,
    a_report,
    a_results,
    a_spec,
    a_trial,
    a_worker,
    an_observer,
    some_words,
)

BASELINE_S, CORES = 40.0, 4
NETWORK = {"waits": "reads from the network"}
CACHE = {"superlinear": "the shards fit the cache"}
ABOUT_TIME = {
    "baseline-waited",
    "baseline-crowded-out",
    "baseline-idle",
    "baseline-waits",
    "baseline-crowded",
    "work-lost",
    "work-unclear",
    "faster-than-hardware",
    "superlinear",
    "shared-machine",
}


@dataclass(frozen=True)
class Case:
    """Shares of the baseline's time, what others used of the machine, and what must be raised.

    The baseline ``computed`` and was ``ready`` without a core (None: that is not known). The
    workers did ``work`` times its core-seconds.
    """

    says: str
    raised: tuple[str, ...]
    computed: float = 1.0
    ready: float | None = 0.0
    foreign: float = 0.01
    work: float = 1.0
    distributed_s: float = 22.0
    threads: int = 1
    declared: tuple[tuple[str, str], ...] = ()


def case(says: str, *raised: str, declared: dict[str, str] | None = None, **facts: Any) -> Case:
    return Case(says, raised, declared=tuple((declared or {}).items()), **facts)


BUSY: dict[str, Any] = {"foreign": 0.6}

CASES = (
    case("it computes all the time"),
    case("it computes for four fifths", computed=0.8),
    case("it sleeps", "baseline-waited", computed=0.001),
    case("it sleeps for more than half", "baseline-waited", computed=0.49),
    case("it sleeps for half", "baseline-idle", computed=0.5),
    case("it sleeps a little too much", "baseline-idle", computed=0.79),
    case(
        "it sleeps while others are at work, and was not ready",
        "baseline-waited",
        "shared-machine",
        computed=0.3,
        **BUSY,
    ),
    case(
        "it sleeps, and is a little delayed",
        "baseline-waited",
        "shared-machine",
        computed=0.3,
        ready=0.3,
        **BUSY,
    ),
    case(
        "others have its core for most of its time",
        "baseline-crowded-out",
        "shared-machine",
        computed=0.3,
        ready=0.7,
        **BUSY,
    ),
    case(
        "others have its core for a third",
        "baseline-crowded",
        "shared-machine",
        computed=0.65,
        ready=0.35,
        **BUSY,
    ),
    case(
        "others have its core for a little, and it sleeps besides",
        "baseline-idle",
        "shared-machine",
        computed=0.6,
        ready=0.1,
        **BUSY,
    ),
    case("its own threads wait for each other", "baseline-idle", computed=0.6, ready=0.9),
    case(
        "others do too little to have kept it off its core",
        "baseline-waited",
        "shared-machine",
        computed=0.2,
        ready=0.8,
        foreign=0.08,
    ),
    case(
        "how long it was ready is not known, and others are at work",
        "baseline-crowded",
        "shared-machine",
        computed=0.6,
        ready=None,
        **BUSY,
    ),
    case(
        "how long it was ready is not known, and nobody else is there",
        "baseline-idle",
        computed=0.6,
        ready=None,
    ),
    case(
        "it sleeps, how long it was ready is not known, and others are at work",
        "baseline-waited",
        "shared-machine",
        computed=0.001,
        ready=None,
        **BUSY,
    ),
    case(
        "it says that it waits, and how long it was ready is not known",
        "baseline-waits",
        "shared-machine",
        computed=0.001,
        ready=None,
        declared=NETWORK,
        **BUSY,
    ),
    case("it leaves one of two threads idle", "baseline-idle", computed=0.5, threads=2),
    case("it waits and says so", "baseline-waits", computed=0.1, declared=NETWORK),
    case("it says that it waits, and computes", declared=NETWORK),
    case(
        "it says that it waits, and others have its core",
        "baseline-crowded-out",
        "shared-machine",
        computed=0.2,
        ready=0.8,
        declared=NETWORK,
        **BUSY,
    ),
    case("the workers do a tenth less", work=0.9),
    case("the workers do less", "work-lost", work=0.8),
    case(
        "the workers use less, on a busy machine",
        "work-unclear",
        "shared-machine",
        work=0.8,
        **BUSY,
    ),
    case(
        "the workers do less than half, on a busy machine",
        "work-lost",
        "shared-machine",
        work=0.4,
        **BUSY,
    ),
    case("twice as fast on two workers", distributed_s=20.0),
    case("a little faster than its hardware", "superlinear", distributed_s=19.0),
    case("far faster than its hardware", "faster-than-hardware", "superlinear", distributed_s=17.0),
    case("far faster for a reason", "superlinear", distributed_s=17.0, declared=CACHE),
    case(
        "far faster on a busy machine",
        "faster-than-hardware",
        "superlinear",
        "shared-machine",
        distributed_s=17.0,
        **BUSY,
    ),
)


def session(case: Case) -> Results:
    """Return the session of a case."""
    worked_s = BASELINE_S * case.threads * case.computed
    process = a_process(threads=case.threads, affinity=tuple(range(case.threads)))
    baseline = a_trial(
        Side.BASELINE,
        BASELINE_S,
        cpu_s=worked_s,
        waited_s=None if case.ready is None else case.ready * BASELINE_S * case.threads,
        workers_detail=(a_worker(process, cpu_s=0.0),),
    )
    distributed = a_trial(
        Side.DISTRIBUTED, case.distributed_s, cpu_s=case.work * worked_s, workers_detail=()
    )
    spec = a_spec(workload=some_words(**dict(case.declared)), baseline_cores=case.threads)
    return a_results(
        spec=replace(spec, cores_per_worker=case.threads),
        trials=(baseline, distributed),
        hosts=(a_host(cores=CORES),),
        observer=an_observer(foreign_cpu=case.foreign),
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.says)
def test_of_a_session_it_is_said(case: Case) -> None:
    evidence = Evidence.of(session(case))
    raised = [one.key for one in (*refusals(evidence), *caveats(evidence))]
    assert sorted(ABOUT_TIME.intersection(raised)) == sorted(case.raised)


def stamps(results: Results) -> list[str]:
    """Return what says DISTURBED: each place where a number is read."""
    claims = a_report(results)
    places = {
        "headline": headline_text(claims),
        "end of a recording": "\n".join(final_lines(claims)),
        "slide": svg(claims).decode(),
        "JSON": as_json(claims),
        "CSV": as_csv(claims),
    }
    return [place for place, said in places.items() if DISTURBED in said]


def test_a_disturbed_number_is_stamped_wherever_it_is_read() -> None:
    everywhere = ["headline", "end of a recording", "slide", "JSON", "CSV"]
    assert stamps(session(case("others take half of the machine", **BUSY))) == everywhere
    assert stamps(session(case("nobody is there"))) == []


@pytest.mark.parametrize("declared", [NETWORK, CACHE], ids=["waits", "superlinear"])
def test_a_declared_reason_stands_in_its_caveat(declared: dict[str, str]) -> None:
    facts: dict[str, Any] = {"computed": 0.1} if declared is NETWORK else {"distributed_s": 17.0}
    (reason,) = declared.values()
    evidence = Evidence.of(session(case("declared", declared=declared, **facts)))
    assert any(caveat.sentence.endswith(f": {reason}") for caveat in caveats(evidence))


@pytest.mark.parametrize(
    ("used_s", "foreign", "is_refused"),
    [(0.7, 0.01, False), (0.8, 0.01, True), (1.2, 0.6, False), (1.3, 0.6, True)],
    ids=["too little", "enough", "too little beside busy programs", "enough beside busy programs"],
)
def test_work_off_the_clock_is_told_from_what_busy_programs_make_dearer(
    used_s: float, foreign: float, is_refused: bool
) -> None:
    one, other = a_results().trials
    short = replace(one, cpu_s=3.0), replace(other, cpu_s=3.0, off_clock_cpu_s=used_s)
    results = a_results(trials=short, observer=an_observer(foreign_cpu=foreign))
    keys = {refusal.key for refusal in refusals(Evidence.of(results))}
    assert ("worked-off-clock" in keys) == is_refused
