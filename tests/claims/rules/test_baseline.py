from dataclasses import replace

import pytest

from harness.model import (
    Host,
    Process,
    Rate,
    Side,
    Trial,
    Variant,
)
from tests.builders import (
    a_host,
    a_results,
    a_spec,
    some_pairs,
)
from tests.claims.rules.sessions import (
    BARE,
    SIX,
    UNDESCRIBED,
    a_proof_against,
    a_session_where,
    a_spotless_session,
    a_swept_session,
    beside_one_worker,
    caveat_keys,
    caveats_of,
    machines,
    proved_beside,
    refusal_keys,
    with_processes,
)


def one_host(process: Process) -> Process:
    """Return the process on host h1."""
    return replace(process, host="h1")


def on_all_cores(gain: float) -> tuple[Rate, ...]:
    """Return the proof of a baseline that all its host's cores make so many times as fast."""
    return proved_beside(Rate(Variant.WHOLE, 500.0 * gain, 5.0, 16))


def lasting(trial: Trial, wall_s: float) -> Trial:
    """Return the trial as if it had taken so long."""
    detail = tuple(replace(worker, busy_s=wall_s, cpu_s=wall_s) for worker in trial.workers_detail)
    curve = ((0.0, 0), (wall_s, trial.items))
    return replace(
        trial,
        wall_s=wall_s,
        phases={"run": wall_s},
        core_seconds=None,
        curve=curve,
        workers_detail=detail,
    )


def copies_at_once(seconds: float) -> tuple[Rate, ...]:
    """Return the proof of a baseline of 40 s of which two copies at once take so long."""
    return proved_beside(Rate(Variant.COPIES, 1.0, seconds, 2, value=2.0, pass_s=seconds))


CAVEATS = {
    "cores-stand-for-machines": replace(
        a_session_where(Side.DISTRIBUTED, one_host), hosts=machines()
    ),
    "whole-host-wins": a_spotless_session(rates=on_all_cores(1.85)),
    "limit-implausible": a_spotless_session(rates=a_proof_against(Variant.LIMIT, 0.9)),
    "proof-drifted": a_spotless_session(rates=a_proof_against(Variant.OWN, 1.051)),
    "whole-host-slower": a_spotless_session(rates=on_all_cores(0.99)),
    "copies-slower": a_spotless_session(rates=copies_at_once(46.3)),
    "baseline-matched": beside_one_worker(39.0),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert caveat_keys(CAVEATS[key]) == [key]


AT_ITS_LIMIT = {
    "limit": a_spotless_session(rates=a_proof_against(Variant.LIMIT, 0.91)),
    "drift": a_spotless_session(rates=a_proof_against(Variant.OWN, 1.0499)),
    "whole-host": a_spotless_session(rates=on_all_cores(1.81)),
    "copies": a_spotless_session(rates=copies_at_once(46.1)),
    "one-worker": beside_one_worker(39.2),
}


@pytest.mark.parametrize("measured", AT_ITS_LIMIT)
def test_at_its_limit_nothing_is_said(measured: str) -> None:
    assert caveat_keys(AT_ITS_LIMIT[measured]) == []


REFUSED = {
    "a weak baseline": ("baseline-beaten", a_swept_session(lambda trial: lasting(trial, 37.9))),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_doctored_session_is_refused_for_its_fault_alone(fault: str) -> None:
    key, results = REFUSED[fault]
    assert refusal_keys(results) == [key]


JUST_ALLOWED = {
    "tax": a_swept_session(lambda trial: lasting(trial, 38.0)),
}


@pytest.mark.parametrize("measured", JUST_ALLOWED)
def test_at_its_limit_nothing_is_refused(measured: str) -> None:
    assert refusal_keys(JUST_ALLOWED[measured]) == []


@pytest.mark.parametrize(
    "host", [a_host(id="h2", cores=2), a_host(id="h2", cores=16)], ids=["half", "a sixteenth"]
)
def test_a_worker_that_is_a_part_of_its_host_stands_for_a_machine(host: Host) -> None:
    results = a_spotless_session(hosts=(a_host(id="h0", cores=1), a_host(id="h1", cores=1), host))
    raised = [caveat for caveat in caveats_of(results) if caveat.key == "cores-stand-for-machines"]
    assert [caveat.sentence.partition(";")[0] for caveat in raised] == [
        "cores stand for machines: a worker is a part of its host"
    ]


def test_cores_that_stand_for_machines_are_compared_with_a_whole_host_that_was_timed() -> None:
    one = replace(CAVEATS["cores-stand-for-machines"], rates=on_all_cores(1.5))
    (measures,) = (caveat.measures for caveat in caveats_of(one))
    assert [measure.name for measure in measures] == [
        "baseline on all its cores",
        "speedup over that",
    ]
    assert [measure.value for measure in measures] == [1.5, pytest.approx(1.82 / 1.5, rel=0.01)]


def test_two_workers_on_an_undescribed_host_stand_for_machines() -> None:
    doubled = {"core": "h0", "w0": "h1", "w1": "h1", "w2": "h2"}
    pairs = some_pairs(*SIX, workers=3)
    trials = tuple(
        with_processes(trial, lambda process: replace(process, host=doubled[process.id]))
        for trial in pairs
    )
    assert caveat_keys(a_spotless_session(spec=a_spec(workers=3), hosts=(), trials=trials)) == [
        "cores-stand-for-machines",
        UNDESCRIBED,
    ]


def test_workers_as_wide_as_their_hosts_are_machines() -> None:
    spec = a_spec(baseline_cores=16, cores_per_worker=16)
    session = a_session_where(Side.BASELINE, lambda one: replace(one, affinity=tuple(range(16))))
    assert caveat_keys(replace(session, spec=spec, hosts=machines())) == []


def test_on_one_worker_a_speedup_does_not_make_the_baseline_a_weak_one() -> None:
    assert (
        refusal_keys(
            a_results(
                spec=replace(BARE, workers=1),
                trials=some_pairs([40.0], [37.0], workers=1, cpu_s=36.0),
            )
        )
        == []
    )
