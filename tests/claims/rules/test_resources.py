from dataclasses import replace
from typing import Any

import pytest

from harness.model import (
    Results,
    Schedule,
    Side,
)
from tests.builders import (
    a_results,
    a_spec,
    an_observer,
    some_pairs,
)
from tests.claims.rules.sessions import (
    SIX,
    UNDESCRIBED,
    a_session_where,
    a_spotless_session,
    a_sweep_changed_at,
    caveat_keys,
    caveats_of,
    machines,
    refusal_keys,
    with_processes,
)

WIDE = a_spec(baseline_cores=4)


BROAD: dict[str, Any] = {"cores_per_worker": 2, "baseline_cores": 2}


def a_session_of_processes(**changes: Any) -> Results:
    """Return the spotless session with every process changed."""
    results = a_spotless_session()
    return replace(
        results,
        trials=tuple(
            with_processes(trial, lambda process: replace(process, **changes))
            for trial in results.trials
        ),
    )


CAVEATS = {
    "contention": a_spotless_session(observer=an_observer(contention=0.021)),
    "shared-machine": a_spotless_session(observer=an_observer(foreign_cpu=0.051)),
    "oversubscribed": replace(
        a_session_of_processes(threads=2, affinity=(0,)),
        spec=a_spec(**BROAD),
        hosts=machines(cores=2),
    ),
    "unequal-terms": a_session_where(Side.DISTRIBUTED, lambda process: replace(process, nice=15)),
    "on-battery": a_spotless_session(hosts=machines(cores=1, on_mains=False)),
    "watching-noticed": a_spotless_session(observer=an_observer(cpu_s=0.03 * 372)),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert caveat_keys(CAVEATS[key]) == [key]


AT_ITS_LIMIT = {
    "contention": a_spotless_session(observer=an_observer(contention=0.02)),
    "faster-together": a_spotless_session(observer=an_observer(contention=-0.1)),
    "foreign": a_spotless_session(observer=an_observer(foreign_cpu=0.05)),
    "foreign-unknown": a_spotless_session(observer=an_observer(foreign_cpu=None)),
    "just-enough-cores": a_spotless_session(hosts=machines(cores=1)),
    "unpinned": a_session_where(Side.DISTRIBUTED, lambda process: replace(process, affinity=())),
    "watching": a_spotless_session(observer=an_observer(cpu_s=0.02 * 372)),
    "power-unknown": a_spotless_session(hosts=machines(cores=1, on_mains=None)),
}


@pytest.mark.parametrize("measured", AT_ITS_LIMIT)
def test_at_its_limit_nothing_is_said(measured: str) -> None:
    assert caveat_keys(AT_ITS_LIMIT[measured]) == []


REFUSED = {
    "a greedy screen": ("watching-costly", a_results(observer=an_observer(cpu_s=0.051 * 62))),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_doctored_session_is_refused_for_its_fault_alone(fault: str) -> None:
    key, results = REFUSED[fault]
    assert refusal_keys(results) == [key]


JUST_ALLOWED = {
    "watching": a_results(observer=an_observer(cpu_s=0.05 * 62)),
}


@pytest.mark.parametrize("measured", JUST_ALLOWED)
def test_at_its_limit_nothing_is_refused(measured: str) -> None:
    assert refusal_keys(JUST_ALLOWED[measured]) == []


def test_what_a_dashboard_took_of_watching_is_said_with_its_caveat() -> None:
    observer = an_observer(cpu_s=0.03 * 372, dashboard_cpu_s=0.02 * 372)
    (noticed,) = caveats_of(a_spotless_session(observer=observer))
    said = {measure.name: measure.value for measure in noticed.measures}
    assert said == pytest.approx({"watching": 0.03, "of it Ray's dashboard": 0.02, "good": 0.02})


def test_sides_that_ran_in_turn_did_not_slow_each_other() -> None:
    results = a_spotless_session(schedule=Schedule.IN_TURN, observer=an_observer(contention=0.5))
    assert caveat_keys(results) == ["replayed"]


def test_workers_with_more_threads_than_their_host_has_cores_are_oversubscribed() -> None:
    results = a_session_where(
        Side.DISTRIBUTED, lambda process: replace(process, host="h1", threads=9, affinity=())
    )
    roomy = replace(results, hosts=machines())
    counted = {
        measure.name: measure.value
        for caveat in caveats_of(roomy)
        if caveat.key == "oversubscribed"
        for measure in caveat.measures
    }
    assert counted == {"threads": 18, "cores": 16}


def test_workers_that_share_a_core_are_oversubscribed() -> None:
    results = a_session_where(
        Side.DISTRIBUTED, lambda process: replace(process, host="h1", affinity=(0, 1))
    )
    assert "oversubscribed" in caveat_keys(replace(results, hosts=machines()))


def test_sides_that_ran_together_on_one_core_are_oversubscribed() -> None:
    results = a_session_where(
        Side.DISTRIBUTED, lambda process: replace(process, host="h0", affinity=(process.pid % 2,))
    )
    assert "oversubscribed" in caveat_keys(replace(results, hosts=machines()))


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize(
    "change", [{"nice": 5}, {"threads": 2, "affinity": (0, 1)}], ids=["niceness", "threads"]
)
def test_terms_are_equal_in_every_trial_at_every_scale(change: dict[str, Any], scale: int) -> None:
    assert "unequal-terms" in caveat_keys(
        a_sweep_changed_at(lambda process: replace(process, **change), scale)
    )


@pytest.mark.parametrize(
    ("scale", "expected"), [(2, True), (4, False)], ids=["headline", "beyond its cores"]
)
def test_a_core_is_shared_in_any_trial_but_those_meant_to_be_oversubscribed(
    scale: int, expected: bool
) -> None:
    assert (
        "oversubscribed"
        in caveat_keys(a_sweep_changed_at(lambda process: replace(process, affinity=(0,)), scale))
    ) is expected


def test_sides_that_ran_in_turn_may_use_the_same_core() -> None:
    assert caveat_keys(a_results(trials=some_pairs(*SIX))) == [
        "replayed",
        "cores-stand-for-machines",
    ]


def test_a_process_with_more_threads_than_its_own_cores_is_oversubscribed() -> None:
    results = a_session_where(Side.BASELINE, lambda process: replace(process, threads=2))
    assert caveat_keys(replace(results, hosts=())) == [
        "oversubscribed",
        "unequal-terms",
        UNDESCRIBED,
    ]


def test_a_baseline_widened_on_purpose_is_on_equal_terms() -> None:
    wide = a_session_where(
        Side.BASELINE, lambda process: replace(process, threads=4, affinity=(0, 1, 2, 3))
    )
    assert caveat_keys(replace(wide, spec=WIDE, hosts=())) == ["superlinear", UNDESCRIBED]


def test_a_widened_baseline_is_still_held_to_the_same_niceness() -> None:
    wide = a_session_where(
        Side.BASELINE, lambda process: replace(process, threads=4, affinity=(0, 1, 2, 3), nice=5)
    )
    assert "unequal-terms" in caveat_keys(replace(wide, spec=WIDE))
