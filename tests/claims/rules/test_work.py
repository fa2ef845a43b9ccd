from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.model import (
    Results,
    Scaling,
    Side,
    Trial,
)
from tests.builders import (
    a_fault,
    a_host,
    a_process,
    a_results,
    a_spec,
    a_strike,
    a_trial,
    a_worker,
    an_observer,
)
from tests.claims.rules.sessions import (
    BARE,
    a_pair_whose_baseline,
    a_pair_whose_distributed_side,
    a_session_ending_with,
    a_spotless_session,
    a_sweep_changed_at,
    a_swept_session,
    caveat_keys,
    caveats_of,
    machines,
    measures,
    refusal_keys,
)


def with_one_busy_for(seconds: float) -> Callable[[Trial], Trial]:
    """Return a change that makes workers on three hosts busy for 10 s, 10 s and these seconds."""
    records = (
        a_worker(a_process(f"w{place}", host=f"h{place + 1}"), busy_s=spent)
        for place, spent in enumerate((10.0, 10.0, seconds))
    )
    detail = tuple(records)
    return lambda trial: replace(trial, workers_detail=detail)


def struck(**changes: Any) -> Results:
    """Return the spotless session with a strike planned and its distributed trials changed."""
    results = a_spotless_session()
    trials = (
        replace(trial, **changes) if trial.side is Side.DISTRIBUTED else trial
        for trial in results.trials
    )
    planned = replace(results.spec, chaos=("kill:w0@33%",))
    return replace(results, spec=planned, trials=tuple(trials))


CAVEATS = {
    "straggler": a_session_ending_with(with_one_busy_for(12.6)),
    "lost-worker": a_session_ending_with(lambda trial: replace(trial, faults=(a_fault(),))),
    "struck-on-purpose": struck(faults=(a_strike(worker="w0"),)),
    "strike-missed": struck(unstruck=("kill:w0@33%",)),
    "weak-scaling": a_spotless_session(spec=a_spec(scaling=Scaling.WEAK)),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert caveat_keys(CAVEATS[key]) == [key]


AT_ITS_LIMIT = {
    "busy": a_session_ending_with(with_one_busy_for(12.5)),
    "no-details": a_session_ending_with(lambda trial: replace(trial, workers_detail=())),
}


@pytest.mark.parametrize("measured", AT_ITS_LIMIT)
def test_at_its_limit_nothing_is_said(measured: str) -> None:
    assert caveat_keys(AT_ITS_LIMIT[measured]) == []


REFUSED = {
    "less work at another scale": (
        "scales-unequal",
        a_swept_session(lambda trial: replace(trial, items=1)),
    ),
    "lost work": ("work-lost", a_pair_whose_distributed_side(cpu_s=35.9, workers_detail=())),
    "a sleeping baseline": (
        "baseline-idle",
        a_pair_whose_baseline(cpu_s=31.9, workers_detail=()),
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_doctored_session_is_refused_for_its_fault_alone(fault: str) -> None:
    key, results = REFUSED[fault]
    assert refusal_keys(results) == [key]


JUST_ALLOWED = {
    "work": a_pair_whose_distributed_side(cpu_s=36.0, workers_detail=()),
    "busy": a_pair_whose_baseline(cpu_s=32.0, workers_detail=()),
}


@pytest.mark.parametrize("measured", JUST_ALLOWED)
def test_at_its_limit_nothing_is_refused(measured: str) -> None:
    assert refusal_keys(JUST_ALLOWED[measured]) == []


def test_the_cost_of_lost_workers_is_added_up() -> None:
    faults = (a_fault(), a_fault(cost_s=2.5), a_fault(cost_s=None))
    assert measures(a_session_ending_with(lambda trial: replace(trial, faults=faults))) == {
        "lost": 3,
        "recovery": 4.0,
    }


def test_the_recovery_from_strikes_is_until_all_have_caught_up_where_that_is_known() -> None:
    faults = (a_strike(worker="w0"), a_strike(worker="w1", caught_up_s=None))

    results = struck(faults=faults)
    trials = sum(bool(trial.faults) for trial in results.trials)

    assert measures(results) == {
        "struck": 2 * trials,
        "recovery": pytest.approx((1.9 + 1.3) * trials),
    }


def test_the_caveat_of_strikes_says_what_was_asked_for() -> None:
    (caveat,) = caveats_of(CAVEATS["struck-on-purpose"])

    assert caveat.sentence.startswith("workers were struck on purpose, as planned: kill:w0@33%;")


def test_chaos_that_came_to_no_strike_at_all_is_told_of() -> None:
    results = a_spotless_session()
    random = replace(results.spec, chaos=("poisson:mtbf=600s,kind=kill,seed=0",))

    assert caveat_keys(replace(results, spec=random)) == ["strike-missed"]


TOLD: dict[str, dict[str, Any]] = {
    "it came": {"faults": (a_strike(worker="w0"),)},
    "it did not come": {"unstruck": ("kill:w0@33%",)},
}


@pytest.mark.parametrize("outcome", TOLD)
def test_a_planned_strike_is_told_of_if(outcome: str) -> None:
    assert refusal_keys(struck(**TOLD[outcome])) == []


UNTOLD: dict[str, dict[str, Any]] = {
    "nothing is said": {},
    "another worker was struck": {"faults": (a_strike(worker="w1"),)},
    "it was lost by itself": {"faults": (a_fault(worker="w0"),)},
    "it is another strike that did not come": {"unstruck": ("kill:w1@33%",)},
}


@pytest.mark.parametrize("outcome", UNTOLD)
def test_a_planned_strike_of_which_nothing_is_said_is_refused_where(outcome: str) -> None:
    assert refusal_keys(struck(**UNTOLD[outcome])) == ["strike-untold"]


def test_a_strike_that_nobody_asked_for_is_refused() -> None:
    unasked = a_session_ending_with(lambda trial: replace(trial, faults=(a_strike(worker="w0"),)))

    assert refusal_keys(unasked) == ["strike-unasked"]


def test_more_core_seconds_thrown_away_than_there_were_are_refused() -> None:
    thrown = a_session_ending_with(lambda trial: replace(trial, faults=(a_fault(lost_cpu_s=44.1),)))

    assert refusal_keys(thrown) == ["recovery-impossible"]


def test_a_worker_lost_at_another_scale_is_told_of() -> None:
    results = a_sweep_changed_at(lambda process: process, 4)
    faulty = tuple(
        replace(trial, faults=(a_fault(),)) if trial.workers == 4 else trial
        for trial in results.trials
    )
    assert "lost-worker" in caveat_keys(replace(results, trials=faulty))


def test_a_baseline_that_other_programs_kept_off_its_core_is_told_of() -> None:
    results = a_spotless_session(observer=an_observer(foreign_cpu=0.4), hosts=machines(cores=1))
    waited = tuple(
        replace(trial, cpu_s=28.0) if trial.side is Side.BASELINE else trial
        for trial in results.trials
    )
    idle = tuple(
        replace(
            trial,
            workers_detail=tuple(replace(worker, cpu_s=0.0) for worker in trial.workers_detail),
        )
        for trial in waited
    )
    assert caveat_keys(replace(results, trials=idle)) == ["baseline-crowded", "shared-machine"]


def test_a_baseline_off_its_core_for_other_programs_is_not_called_asleep() -> None:
    results = replace(
        a_pair_whose_baseline(cpu_s=20.0, workers_detail=()),
        observer=an_observer(foreign_cpu=0.5),
    )
    crowded = replace(
        results,
        trials=(
            a_trial(Side.BASELINE, cpu_s=20.0, workers_detail=(a_worker(cpu_s=0.0),)),
            results.trials[1],
        ),
    )
    assert (refusal_keys(results), refusal_keys(crowded)) == (["baseline-idle"], [])


def test_a_little_foreign_work_on_a_host_of_many_cores_excuses_no_sleep() -> None:
    asleep = a_trial(Side.BASELINE, cpu_s=20.0, workers_detail=(a_worker(cpu_s=0.0),))
    pair = asleep, a_results().trials[1]
    results = a_results(
        spec=BARE, trials=pair, hosts=(a_host(cores=64),), observer=an_observer(foreign_cpu=0.05)
    )
    assert refusal_keys(results) == ["baseline-idle"]


def test_a_baseline_with_more_threads_than_it_kept_busy_is_idle() -> None:
    wide = a_worker(a_process(threads=2, affinity=(0, 1)), cpu_s=0.0)
    assert "baseline-idle" in refusal_keys(
        a_pair_whose_baseline(cpu_s=40.0, workers_detail=(wide,))
    )


def test_what_a_lost_worker_had_used_is_known_from_its_kernels() -> None:
    assert refusal_keys(a_pair_whose_distributed_side(cpu_s=20.0, faults=(a_fault(),))) == []


@pytest.mark.parametrize(
    ("waited_s", "refused"), [(0.0, ["baseline-idle"]), (11.0, ["baseline-idle"]), (12.0, [])]
)
def test_other_programs_excuse_no_baseline_that_was_not_even_ready(
    waited_s: float, refused: list[str]
) -> None:
    half_off = a_trial(
        Side.BASELINE, cpu_s=20.0, waited_s=waited_s, workers_detail=(a_worker(cpu_s=0.0),)
    )
    results = a_results(
        spec=BARE,
        trials=(half_off, a_results().trials[1]),
        hosts=(a_host(cores=2),),
        observer=an_observer(foreign_cpu=1.0),
    )
    assert refusal_keys(results) == refused
