from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.model import Host, Kind, Results, Side, Status, Trial
from harness.score.evidence import Measure, Unit
from harness.score.refusals import refusals
from tests.builders import a_digest_of, a_host, a_process, a_results, a_spec, a_trial, a_worker, golden_results, some_words

BARE = a_spec(workload=some_words(answers_differ=""))


def a_session_whose_distributed_side(**saw: Any) -> Results:
    """Return a session of one pair in which the distributed side differs by these facts, without an excuse."""
    return a_results(spec=BARE, trials=(a_trial(Side.BASELINE), a_trial(Side.DISTRIBUTED, **saw)))


def a_session_of(change: Callable[[Trial], Trial]) -> Results:
    """Return a session of one pair in which every trial is changed."""
    results = a_results(spec=BARE)
    return replace(results, trials=tuple(change(trial) for trial in results.trials))


def keys(results: Results) -> list[str]:
    """Return the keys of the reasons, in order."""
    return [reason.key for reason in refusals(results)]


def test_an_honest_session_is_not_refused() -> None:
    assert refusals(a_results(spec=BARE)) == ()


def test_declared_facts_may_make_a_headline() -> None:
    assert refusals(golden_results()) == ()


DOCTORED = {
    "pretend work": ("simulated", a_results(kind=Kind.SIMULATED)),
    "stopped": ("aborted", a_results(status=Status.ABORTED)),
    "a side died": ("failed", a_results(status=Status.FAILED)),
    "no trial": ("no-pair", a_results(trials=())),
    "one side only": ("no-pair", a_results(trials=(a_trial(Side.BASELINE),))),
    "no partner": ("no-pair", a_results(trials=(a_trial(Side.BASELINE), a_trial(Side.DISTRIBUTED, index=1)))),
    "a failed trial": ("no-pair", a_session_whose_distributed_side(failure="raised")),
    "no wall time": ("no-pair", a_session_whose_distributed_side(wall_s=0.0)),
    "another input": ("input-differs", a_session_whose_distributed_side(input_sha256=a_digest_of("other"))),
    "another held-out set": ("held-out-differs", a_session_whose_distributed_side(held_out_sha256=a_digest_of("other"))),
    "another answer": ("answers-differ", a_session_whose_distributed_side(answer_sha256=a_digest_of("other"))),
    "less work": ("items-differ", a_session_whose_distributed_side(items=19_999)),
    "worse": ("quality-moved", a_session_whose_distributed_side(quality=0.9719)),
    "too much better": ("quality-moved", a_session_whose_distributed_side(quality=0.9781)),
    "input unknown": ("input-differs", a_session_of(lambda trial: replace(trial, input_sha256=""))),
    "held-out set unknown": ("held-out-differs", a_session_of(lambda trial: replace(trial, held_out_sha256=""))),
    "answers unknown": ("answers-differ", a_session_of(lambda trial: replace(trial, answer_sha256=""))),
}


@pytest.mark.parametrize("fault", DOCTORED)
def test_a_doctored_session_is_refused_for_its_fault_alone(fault: str) -> None:
    key, results = DOCTORED[fault]
    assert keys(results) == [key]


@pytest.mark.parametrize("quality", [0.978, 0.972])
def test_a_quality_that_moved_by_just_the_tolerance_passes(quality: float) -> None:
    assert keys(a_session_whose_distributed_side(quality=quality)) == []


def test_the_pair_that_moved_most_decides() -> None:
    pairs = [a_trial(side, index=index, order=2 * index + place) for index in range(3) for place, side in enumerate(Side)]
    assert keys(a_results(trials=(*pairs[:5], replace(pairs[5], quality=0.9)))) == ["quality-moved"]


def test_a_quality_that_moved_is_named_with_its_numbers() -> None:
    (reason,) = refusals(a_session_whose_distributed_side(quality=0.9))
    assert reason.measures == (
        Measure("baseline", 0.975, Unit.QUALITY),
        Measure("distributed", 0.9, Unit.QUALITY),
        Measure("change", 0.9 - 0.975, Unit.QUALITY),
        Measure("tolerance", 0.003, Unit.QUALITY),
    )


def test_items_that_differ_are_named_with_their_counts() -> None:
    (reason,) = refusals(a_session_whose_distributed_side(items=19_999))
    assert [measure.value for measure in reason.measures] == [19_999, 20_000]


def test_answers_may_differ_where_the_workload_said_why() -> None:
    other = a_trial(Side.DISTRIBUTED, answer_sha256=a_digest_of("other"))
    assert keys(a_results(trials=(a_trial(Side.BASELINE), other))) == []


def other_bits(*hosts: Host, threads: int = 1) -> Results:
    """Return a session whose workers, on host h1 and with so many threads each, gave other bits than the baseline on h0, for no reason."""
    detail = tuple(a_worker(a_process(f"w{place}", host="h1", threads=threads)) for place in range(2))
    return replace(a_session_whose_distributed_side(answer_sha256=a_digest_of("other"), workers_detail=detail), hosts=hosts)


@pytest.mark.parametrize(
    "results",
    [
        other_bits(threads=2),
        other_bits(a_host(), a_host(id="h1", cpu_model="another")),
        other_bits(a_host(), a_host(id="h1", blas="openblas 0.3.29")),
    ],
    ids=["threads", "processor", "BLAS"],
)
def test_answers_may_differ_where_the_arithmetic_was_unlike(results: Results) -> None:
    assert keys(results) == []


@pytest.mark.parametrize(
    "results",
    [
        other_bits(a_host(), a_host(id="h1")),
        other_bits(a_host(), a_host(id="h1", cores=2, system="Linux 5.4", memory_bytes=1 << 30)),
        other_bits(a_host(), a_host(id="h1"), a_host(id="h2", cpu_model="another")),
        other_bits(a_host()),
        other_bits(),
    ],
    ids=["equal hosts", "other cores", "a host that took no part", "one host unknown", "both unknown"],
)
def test_answers_that_differ_on_like_processors_are_refused(results: Results) -> None:
    assert keys(results) == ["answers-differ"]


def test_unlike_arithmetic_excuses_nothing_but_bits() -> None:
    results = other_bits(threads=2)
    moved = tuple(replace(trial, quality=0.9) if trial.side is Side.DISTRIBUTED else trial for trial in results.trials)
    assert keys(replace(results, trials=moved)) == ["quality-moved"]


def test_a_worker_that_ran_other_source_is_refused() -> None:
    stale = a_worker(a_process("w1", source_sha256=a_digest_of("yesterday's source")))
    assert keys(a_session_whose_distributed_side(workers_detail=(a_worker(a_process("w0")), stale))) == ["source-differs"]


def test_every_reason_is_given() -> None:
    results = replace(a_session_whose_distributed_side(quality=0.5, items=1), kind=Kind.SIMULATED, status=Status.FAILED)
    assert keys(results) == ["simulated", "failed", "items-differ", "quality-moved"]
