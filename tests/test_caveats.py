import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.model import Process, Results, Schedule, Side, Trial
from harness.score.caveats import caveats
from harness.score.evidence import Caveat, evidence
from tests.builders import (
    a_digest_of,
    a_fault,
    a_host,
    a_process,
    a_results,
    a_spec,
    a_trial,
    a_worker,
    an_observer,
    golden_results,
    some_pairs,
    some_prices,
)

SIX = [40.0] * 6, [22.0] * 6


def a_spotless_session(**changes: Any) -> Results:
    """Return six equal pairs on three hosts of their own, run together: nothing to be said against it."""
    results = a_results(
        schedule=Schedule.TOGETHER,
        hosts=tuple(a_host(id=f"h{place}") for place in range(3)),
        trials=tuple(spread(trial) for trial in some_pairs(*SIX)),
    )
    return replace(results, **changes)


def spread(trial: Trial) -> Trial:
    """Return the trial with each of its workers on a host of its own, apart from the baseline's."""
    return changed(trial, lambda process: replace(process, host="h0" if process.id == "core" else f"h{int(process.id[1:]) + 1}"))


def changed(trial: Trial, change: Callable[[Process], Process]) -> Trial:
    """Return the trial with each of its processes changed."""
    return replace(trial, workers_detail=tuple(replace(worker, process=change(worker.process)) for worker in trial.workers_detail))


def a_session_where(side: Side, change: Callable[[Process], Process]) -> Results:
    """Return the spotless session with each of one side's processes changed."""
    results = a_spotless_session()
    return replace(results, trials=tuple(changed(trial, change) if trial.side is side else trial for trial in results.trials))


def a_session_of(change: Callable[[Trial], Trial]) -> Results:
    """Return the spotless session with its last distributed trial changed."""
    results = a_spotless_session()
    last = max(place for place, trial in enumerate(results.trials) if trial.side is Side.DISTRIBUTED)
    return replace(results, trials=tuple(change(trial) if place == last else trial for place, trial in enumerate(results.trials)))


def a_session_timed(baseline_s: list[float], distributed_s: list[float]) -> Results:
    """Return the spotless session with other wall times."""
    return a_spotless_session(trials=tuple(spread(trial) for trial in some_pairs(baseline_s, distributed_s)))


def told(results: Results) -> tuple[Caveat, ...]:
    """Return the caveats of a session that has at least one pair."""
    seen = evidence(results)
    assert seen is not None
    return caveats(seen)


def keys(results: Results) -> list[str]:
    """Return the keys of the caveats, in order."""
    return [caveat.key for caveat in told(results)]


def measures(results: Results) -> dict[str, float]:
    """Return the measures of the only caveat, by name."""
    (caveat,) = told(results)
    return {measure.name: measure.value for measure in caveat.measures}


def one_host(process: Process) -> Process:
    """Return the process on host h1."""
    return replace(process, host="h1")


def busy(seconds: float) -> Callable[[Trial], Trial]:
    """Return a change that makes three workers busy for 10 s, 10 s and so many seconds."""
    records = (a_worker(a_process(f"w{place}", host=f"h{place}"), busy_s=spent) for place, spent in enumerate((10.0, 10.0, seconds)))
    detail = tuple(records)
    return lambda trial: replace(trial, workers_detail=detail)


WIDE = a_spec(baseline_cores=4)
DOCTORED = {
    "slowdown": a_session_timed([22.0] * 6, [40.0] * 6),
    "undecided": a_session_timed([40.0, 41.0, 40.0, 39.0, 40.0, 41.0], [39.0, 41.5, 39.5, 39.5, 41.0, 39.5]),
    "superlinear": a_session_timed([40.0] * 6, [19.0] * 6),
    "one-observation": a_session_timed([40.0], [22.0]),
    "few-observations": a_session_timed([40.0] * 5, [22.0] * 5),
    "cores-stand-for-machines": a_session_where(Side.DISTRIBUTED, one_host),
    "contention": a_spotless_session(observer=an_observer(contention=0.021)),
    "shared-machine": a_spotless_session(observer=an_observer(foreign_cpu=0.051)),
    "oversubscribed": a_spotless_session(hosts=(a_host(id="h1", cores=0),)),
    "unequal-terms": a_session_where(Side.DISTRIBUTED, lambda process: replace(process, nice=15)),
    "unstable": a_session_timed([40.0, 40.0, 40.0, 60.0, 60.0, 40.0], [22.0] * 6),
    "straggler": a_session_of(busy(12.6)),
    "lost-worker": a_session_of(lambda trial: replace(trial, faults=(a_fault(),))),
    "replayed": a_spotless_session(schedule=Schedule.IN_TURN),
    "answers-differ-in-bits": a_session_of(lambda trial: replace(trial, answer_sha256=a_digest_of("other"))),
    "illustrative-prices": a_spotless_session(spec=a_spec(prices=some_prices(illustrative=True))),
    "no-commit": a_spotless_session(code=replace(a_results().code, commit="")),
    "dirty-tree": a_spotless_session(code=replace(a_results().code, dirty=True)),
}


def test_nothing_is_said_against_a_spotless_session() -> None:
    assert keys(a_spotless_session()) == []


@pytest.mark.parametrize("key", DOCTORED)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert keys(DOCTORED[key]) == [key]


def test_declared_facts_are_called_declared() -> None:
    assert keys(golden_results()) == ["declared", "one-observation"]


@pytest.mark.parametrize("key", DOCTORED)
def test_a_sentence_advises_after_a_semicolon_and_holds_no_number(key: str) -> None:
    (caveat,) = told(DOCTORED[key])
    fact, _, advice = caveat.sentence.partition("; ")
    assert fact
    assert advice or key == "answers-differ-in-bits"
    assert not re.search(r"\d", caveat.sentence)


def test_the_gravest_comes_first() -> None:
    results = replace(DOCTORED["dirty-tree"], trials=DOCTORED["slowdown"].trials)
    assert keys(results) == ["slowdown", "dirty-tree"]


@pytest.mark.parametrize(
    "results",
    [
        a_spotless_session(observer=an_observer(contention=0.02)),
        a_spotless_session(observer=an_observer(contention=-0.1)),
        a_spotless_session(observer=an_observer(foreign_cpu=0.05)),
        a_spotless_session(observer=an_observer(foreign_cpu=None)),
        a_session_of(busy(12.5)),
        a_session_timed([40.0] * 6, [20.0] * 6),
        a_spotless_session(hosts=(a_host(id="h1", cores=1),)),
        a_session_where(Side.DISTRIBUTED, lambda process: replace(process, affinity=())),
        a_session_of(lambda trial: replace(trial, workers_detail=())),
    ],
    ids=["contention", "faster-together", "foreign", "foreign-unknown", "busy", "ideal", "just-enough-cores", "unpinned", "no-details"],
)
def test_at_its_limit_nothing_is_said(results: Results) -> None:
    assert keys(results) == []


def test_sides_that_ran_in_turn_did_not_slow_each_other() -> None:
    results = a_spotless_session(schedule=Schedule.IN_TURN, observer=an_observer(contention=0.5))
    assert keys(results) == ["replayed"]


def test_one_worker_stands_for_itself() -> None:
    trials = tuple(spread(trial) for trial in some_pairs([40.0] * 6, [40.0] * 6, workers=1))
    assert keys(a_spotless_session(spec=a_spec(workers=1), trials=trials)) == ["slowdown"]


def test_few_pairs_tell_how_many_are_needed() -> None:
    assert measures(DOCTORED["few-observations"]) == {"pairs": 5, "needed": 6}


def test_an_outlier_is_counted_even_where_the_rest_is_steady() -> None:
    assert measures(a_session_timed([40.0, 40.1, 39.9, 40.0, 40.1, 43.0], [22.0] * 6))["outliers"] == 1


def test_the_cost_of_lost_workers_is_added_up() -> None:
    faults = (a_fault(), a_fault(cost_s=2.5), a_fault(cost_s=None))
    assert measures(a_session_of(lambda trial: replace(trial, faults=faults))) == {"lost": 3, "recovery": 4.0}


def test_workers_with_more_threads_than_their_host_has_cores_are_oversubscribed() -> None:
    results = a_session_where(Side.DISTRIBUTED, lambda process: replace(process, host="h1", threads=9, affinity=()))
    counted = {measure.name: measure.value for caveat in told(results) if caveat.key == "oversubscribed" for measure in caveat.measures}
    assert counted == {"threads": 18, "cores": 16}


def test_workers_that_share_a_core_are_oversubscribed() -> None:
    results = a_session_where(Side.DISTRIBUTED, lambda process: replace(process, host="h1", affinity=(0, 1)))
    assert "oversubscribed" in keys(results)


def test_sides_that_ran_together_on_one_core_are_oversubscribed() -> None:
    results = a_session_where(Side.DISTRIBUTED, lambda process: replace(process, host="h0", affinity=(process.pid % 2,)))
    assert "oversubscribed" in keys(results)


def test_sides_that_ran_in_turn_may_use_the_same_core() -> None:
    assert keys(a_results(trials=some_pairs(*SIX))) == ["cores-stand-for-machines", "replayed"]


def test_a_process_with_more_threads_than_its_own_cores_is_oversubscribed() -> None:
    results = a_session_where(Side.BASELINE, lambda process: replace(process, threads=2))
    assert keys(results) == ["oversubscribed", "unequal-terms"]


def test_a_baseline_widened_on_purpose_is_on_equal_terms() -> None:
    wide = a_session_where(Side.BASELINE, lambda process: replace(process, threads=4, affinity=(0, 1, 2, 3)))
    assert keys(replace(wide, spec=WIDE)) == ["superlinear"]


def test_a_widened_baseline_is_still_held_to_the_same_niceness() -> None:
    wide = a_session_where(Side.BASELINE, lambda process: replace(process, threads=4, affinity=(0, 1, 2, 3), nice=5))
    assert "unequal-terms" in keys(replace(wide, spec=WIDE))


def test_the_reason_why_answers_differ_is_told() -> None:
    (caveat,) = told(DOCTORED["answers-differ-in-bits"])
    assert a_spec().workload.answers_differ in caveat.sentence


def test_a_trial_without_details_is_still_judged() -> None:
    pair = a_trial(Side.BASELINE, workers_detail=()), a_trial(Side.DISTRIBUTED, workers_detail=())
    assert keys(a_spotless_session(trials=pair)) == ["one-observation"]
