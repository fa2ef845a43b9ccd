from dataclasses import replace

import pytest

from harness.model import (
    Trial,
)
from tests.builders import (
    a_digest_of,
    a_host,
    a_process,
    a_results,
    a_spec,
    a_worker,
)
from tests.claims.rules.sessions import (
    BARE,
    UNDESCRIBED,
    a_pair_whose_distributed_side,
    a_session_ending_with,
    a_spotless_session,
    a_swept_session,
    caveat_keys,
    machines,
    refusal_keys,
)


def running_old_source(trial: Trial) -> Trial:
    """Return the trial as if its first worker had run other source."""
    first, *others = trial.workers_detail
    old = replace(
        first, process=replace(first.process, source_sha256=a_digest_of("yesterday's source"))
    )
    return replace(trial, workers_detail=(old, *others))


CAVEATS = {
    "unlike-machines": a_spotless_session(
        hosts=(a_host(id="h0", cores=1, cpu_model="another"), *machines(cores=1)[1:])
    ),
    "no-commit": a_spotless_session(code=replace(a_results().code, commit="")),
    "dirty-tree": a_spotless_session(code=replace(a_results().code, dirty=True)),
    "environment-incomplete": a_spotless_session(hosts=machines(cores=1, cpu_model="")),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert caveat_keys(CAVEATS[key]) == [key]


AT_ITS_LIMIT = {
    "same-answers": a_spotless_session(spec=a_spec(params={})),
}


@pytest.mark.parametrize("measured", AT_ITS_LIMIT)
def test_at_its_limit_nothing_is_said(measured: str) -> None:
    assert caveat_keys(AT_ITS_LIMIT[measured]) == []


REFUSED = {
    "other source at another scale": ("source-differs", a_swept_session(running_old_source)),
    "other source than the session's": (
        "source-differs",
        a_results(
            spec=BARE,
            code=replace(a_results().code, source_sha256=a_digest_of("yesterday's source")),
        ),
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_doctored_session_is_refused_for_its_fault_alone(fault: str) -> None:
    key, results = REFUSED[fault]
    assert refusal_keys(results) == [key]


JUST_ALLOWED = {
    "source": a_results(spec=BARE, code=replace(a_results().code, source_sha256="")),
}


@pytest.mark.parametrize("measured", JUST_ALLOWED)
def test_at_its_limit_nothing_is_refused(measured: str) -> None:
    assert refusal_keys(JUST_ALLOWED[measured]) == []


def test_a_baseline_with_other_cores_than_the_workers_hosts_ran_on_an_unlike_machine() -> None:
    assert caveat_keys(
        a_spotless_session(hosts=(a_host(id="h0", cores=8), *machines(cores=1)[1:]))
    ) == ["unlike-machines"]


@pytest.mark.parametrize("known", [(), (0,), (1,), (1, 2), (0, 1)], ids=str)
def test_a_host_that_is_not_described_is_not_called_unlike(known: tuple[int, ...]) -> None:
    assert caveat_keys(
        a_spotless_session(hosts=tuple(machines(cores=1)[place] for place in known))
    ) == [UNDESCRIBED]


def test_a_host_that_took_no_part_is_not_compared() -> None:
    assert (
        caveat_keys(a_spotless_session(hosts=(*machines(cores=1), a_host(id="h9", cores=64)))) == []
    )


def test_where_answers_differ_a_seed_must_be_a_parameter() -> None:
    results = a_session_ending_with(
        lambda trial: replace(trial, answer_sha256=a_digest_of("other"))
    )
    assert caveat_keys(replace(results, spec=a_spec(params={}))) == [
        "answers-differ-in-bits",
        "no-seed",
    ]


def test_a_worker_that_ran_other_source_is_refused() -> None:
    stale = a_worker(a_process("w1", source_sha256=a_digest_of("yesterday's source")))
    assert refusal_keys(
        a_pair_whose_distributed_side(workers_detail=(a_worker(a_process("w0")), stale))
    ) == ["source-differs"]
