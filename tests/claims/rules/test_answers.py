from dataclasses import replace

import pytest

from harness.claims.rule import Measure, Unit
from harness.model import (
    Host,
    Results,
    Side,
)
from tests.builders import (
    a_digest_of,
    a_host,
    a_process,
    a_results,
    a_spec,
    a_trial,
    a_worker,
    an_input,
    some_pairs,
    some_words,
)
from tests.claims.rules.sessions import (
    BARE,
    a_pair_of,
    a_pair_whose_distributed_side,
    a_session_ending_with,
    a_spotless_session,
    a_swept_session,
    beside_one_worker,
    caveat_keys,
    caveats_of,
    measures,
    refusal_keys,
    refusals_of,
)


def a_session_done(items: int) -> Results:
    """Return the spotless session with so many items reported by every trial."""
    results = a_spotless_session()
    return replace(results, trials=tuple(replace(trial, items=items) for trial in results.trials))


SAME = {"held_out": an_input()}


def other_bits(*hosts: Host, threads: int = 1) -> Results:
    """Return a session whose workers, on host h1, gave other bits than the baseline on h0."""
    detail = tuple(
        a_worker(a_process(f"w{place}", host="h1", threads=threads)) for place in range(2)
    )
    return replace(
        a_pair_whose_distributed_side(answer_sha256=a_digest_of("other"), workers_detail=detail),
        hosts=hosts,
        spec=replace(BARE, joined_cluster=True),
    )


CAVEATS = {
    "items-unreported": a_session_done(19_999),
    "answers-differ-in-bits": a_session_ending_with(
        lambda trial: replace(trial, answer_sha256=a_digest_of("other"))
    ),
    "unclean-scale": replace(beside_one_worker(41.0, quality=0.979), spec=a_spec(points=(1, 2))),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert caveat_keys(CAVEATS[key]) == [key]


AT_ITS_LIMIT = {
    "one-worker-quality": replace(
        beside_one_worker(41.0, quality=0.978), spec=a_spec(points=(1, 2))
    ),
}


@pytest.mark.parametrize("measured", AT_ITS_LIMIT)
def test_at_its_limit_nothing_is_said(measured: str) -> None:
    assert caveat_keys(AT_ITS_LIMIT[measured]) == []


REFUSED = {
    "another held-out set": (
        "held-out-differs",
        a_pair_whose_distributed_side(held_out_sha256=a_digest_of("other")),
    ),
    "another answer": (
        "answers-differ",
        a_pair_whose_distributed_side(answer_sha256=a_digest_of("other")),
    ),
    "less work": ("items-differ", a_pair_whose_distributed_side(items=19_999)),
    "worse": ("quality-moved", a_pair_whose_distributed_side(quality=0.9719)),
    "too much better": ("quality-moved", a_pair_whose_distributed_side(quality=0.9781)),
    "held-out set unknown": (
        "held-out-differs",
        a_pair_of(lambda trial: replace(trial, held_out_sha256="")),
    ),
    "held out nothing": (
        "held-out-is-input",
        a_pair_of(lambda trial: replace(trial, held_out_sha256=a_digest_of("input")), SAME),
    ),
    "another answer at another scale": (
        "answers-differ",
        a_swept_session(lambda trial: replace(trial, answer_sha256=a_digest_of("other"))),
    ),
    "answers unknown": (
        "answers-differ",
        a_pair_of(lambda trial: replace(trial, answer_sha256="")),
    ),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_doctored_session_is_refused_for_its_fault_alone(fault: str) -> None:
    key, results = REFUSED[fault]
    assert refusal_keys(results) == [key]


def test_items_that_were_not_reported_are_counted() -> None:
    assert measures(CAVEATS["items-unreported"]) == {"reported": 19_999, "given": 20_000}


def test_of_an_input_that_was_not_counted_nothing_is_missing() -> None:
    assert caveat_keys(replace(CAVEATS["items-unreported"], input=None)) == []


def test_the_reason_why_answers_differ_is_told() -> None:
    (caveat,) = caveats_of(CAVEATS["answers-differ-in-bits"])
    assert a_spec().workload.answers_differ in caveat.sentence


def test_where_the_workload_gives_no_reason_the_unlike_arithmetic_is_it() -> None:
    bare = a_spec(workload=some_words(answers_differ=""))
    (caveat,) = caveats_of(replace(CAVEATS["answers-differ-in-bits"], spec=bare))
    assert caveat.sentence.endswith(
        "not to the last bit: unlike processors or thread counts round differently"
    )


def test_a_quality_that_moved_at_the_headlines_own_scale_is_no_matter_of_another() -> None:
    assert caveat_keys(a_session_ending_with(lambda trial: replace(trial, quality=0.9))) == []


@pytest.mark.parametrize("quality", [0.978, 0.972])
def test_a_quality_that_moved_by_just_the_tolerance_passes(quality: float) -> None:
    moved = a_pair_whose_distributed_side(quality=quality, answer_sha256=a_digest_of("other"))
    assert refusal_keys(replace(moved, spec=a_spec())) == []


@pytest.mark.parametrize("quality", [0.978, 0.972])
def test_one_answer_with_two_qualities_is_refused_though_they_are_close(quality: float) -> None:
    moved = a_pair_whose_distributed_side(quality=quality)
    assert refusal_keys(moved) == ["quality-unrepeatable"]


def test_unlike_machines_may_score_one_answer_differently_in_its_last_digits() -> None:
    apart = other_bits(a_host(), a_host(id="h1", cpu_model="another"))
    alike = tuple(
        replace(trial, answer_sha256=a_digest_of("answer"), quality=quality)
        for trial, quality in zip(apart.trials, (0.975, 0.9751), strict=True)
    )
    assert refusal_keys(replace(apart, trials=alike)) == []


def test_the_pair_that_moved_most_decides() -> None:
    pairs = some_pairs([40.0] * 3, [22.0] * 3)
    assert refusal_keys(a_results(trials=(*pairs[:5], replace(pairs[5], quality=0.9)))) == [
        "quality-moved"
    ]


def test_a_quality_that_moved_is_named_with_its_numbers() -> None:
    (reason,) = refusals_of(a_pair_whose_distributed_side(quality=0.9))
    assert reason.measures == (
        Measure("baseline", 0.975, Unit.QUALITY),
        Measure("distributed", 0.9, Unit.QUALITY),
        Measure("change", 0.9 - 0.975, Unit.QUALITY),
        Measure("tolerance", 0.003, Unit.QUALITY),
    )


def test_items_that_differ_are_named_with_their_counts() -> None:
    (reason,) = refusals_of(a_pair_whose_distributed_side(items=19_999))
    assert [measure.value for measure in reason.measures] == [19_999, 20_000]


def test_answers_may_differ_where_the_workload_said_why() -> None:
    other = a_trial(Side.DISTRIBUTED, answer_sha256=a_digest_of("other"))
    assert refusal_keys(a_results(trials=(a_trial(Side.BASELINE), other))) == []


@pytest.mark.parametrize(
    "results",
    [
        other_bits(a_host(), a_host(id="h1"), threads=2),
        other_bits(a_host(), a_host(id="h1", cpu_model="another")),
        other_bits(a_host(), a_host(id="h1", blas="openblas 0.3.29")),
    ],
    ids=["threads", "processor", "BLAS"],
)
def test_answers_may_differ_where_the_arithmetic_was_unlike(results: Results) -> None:
    assert refusal_keys(results) == []


@pytest.mark.parametrize(
    "results",
    [
        other_bits(a_host(), a_host(id="h1")),
        other_bits(a_host(), a_host(id="h1", cores=2, system="Linux 5.4", memory_bytes=1 << 30)),
        other_bits(a_host(), a_host(id="h1"), a_host(id="h2", cpu_model="another")),
    ],
    ids=["equal hosts", "other cores", "a host that took no part"],
)
def test_answers_that_differ_on_like_processors_are_refused(results: Results) -> None:
    assert refusal_keys(results) == ["answers-differ"]


@pytest.mark.parametrize("hosts", [(a_host(),), ()], ids=["one host unknown", "both unknown"])
def test_so_are_those_of_processors_that_nobody_knows(hosts: tuple[Host, ...]) -> None:
    assert refusal_keys(other_bits(*hosts)) == ["answers-differ", "host-unlisted"]


def test_unlike_arithmetic_excuses_nothing_but_bits() -> None:
    results = other_bits(a_host(), a_host(id="h1"), threads=2)
    moved = tuple(
        replace(trial, quality=0.9) if trial.side is Side.DISTRIBUTED else trial
        for trial in results.trials
    )
    assert refusal_keys(replace(results, trials=moved)) == ["quality-moved"]


def test_an_empty_held_out_set_is_not_taken_for_an_empty_input() -> None:
    nothing = an_input(bytes=0)
    unscored = tuple(replace(trial, held_out_sha256=nothing.sha256) for trial in a_results().trials)
    assert (
        refusal_keys(a_results(spec=BARE, trials=unscored, input=nothing, held_out=nothing)) == []
    )
