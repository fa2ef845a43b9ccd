from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from harness.run.digest import digest
from harness.workload import AnyProblem, BadRequest
from tests.pools import InProcessPool, ignore_progress, warmup_of
from tests.workloads.embed.support import needs_extra
from workloads import serve
from workloads.embed.corpus import ReadCorpus
from workloads.embed.encoder import cached_encoder
from workloads.serve import fleet
from workloads.serve.fleet import NO_REPLY, alone, baseline, distributed, encode
from workloads.serve.index import nearest_passages
from workloads.serve.reference import textbook, together

pytestmark = needs_extra

SMALL = {
    "passages": 64,
    "queries": 16,
    "requests": 459,
    "lists": 8,
    "probes": 3,
    "max_tokens": 8,
}


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield
    cached_encoder.cache_clear()


@pytest.fixture(scope="module")
def problem() -> AnyProblem:
    return serve.load(serve.WORKLOAD.configure(serve.WORKLOAD.defaults | SMALL))


@pytest.fixture(scope="module")
def few(problem: AnyProblem) -> Any:
    return problem.input._replace(asked=problem.input.asked[:40])


@pytest.fixture(scope="module")
def answer(few: Any) -> Any:
    return baseline(few, ignore_progress)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_gives_the_same_bits_as_the_baseline(
    workers: int, few: Any, answer: Any
) -> None:
    pool = InProcessPool(workers)
    assert digest(distributed(few, pool, ignore_progress), 0) == digest(answer, 0)


@pytest.mark.parametrize("micro_batch", [1, 8, 64])
def test_a_reply_is_the_same_in_any_micro_batch(micro_batch: int, few: Any, answer: Any) -> None:
    other = baseline(few._replace(micro_batch=micro_batch), ignore_progress)
    assert np.array_equal(other, answer)


def test_a_request_has_one_reply_however_often_it_comes(few: Any, answer: Any) -> None:
    replies: dict[str, bytes] = {}
    for asked, reply in zip(few.asked, answer, strict=True):
        assert replies.setdefault(asked, reply.tobytes()) == reply.tobytes()
    assert len(replies) < len(few.asked)


def test_all_lists_find_the_exact_nearest(few: Any, problem: AnyProblem) -> None:
    every = baseline(few._replace(probes=8), ignore_progress)
    held_out = problem.held_out
    held_out = held_out._replace(queries=held_out.queries[:40])
    assert serve.quality(every, held_out).mean() > 0.98  # but for ties, by the last bit


def test_the_quality_is_the_share_of_the_exact_nearest_that_were_found(
    problem: AnyProblem,
) -> None:
    held_out = problem.held_out
    exact = held_out.exact[held_out.queries]
    assert serve.quality(exact, held_out).tolist() == [1.0] * 459
    assert serve.quality(exact[:, ::-1], held_out).tolist() == [1.0] * 459
    half = exact.copy()
    half[:, 5:] = NO_REPLY
    assert serve.quality(half, held_out).tolist() == [0.5] * 459


def test_fewer_lists_find_less(few: Any, problem: AnyProblem, answer: Any) -> None:
    held_out = problem.held_out._replace(queries=problem.held_out.queries[:40])
    one = baseline(few._replace(probes=1), ignore_progress)
    assert serve.quality(one, held_out).mean() < serve.quality(answer, held_out).mean() <= 1.0


def test_requests_that_are_not_answered_have_no_reply(few: Any) -> None:
    class TwoOfThem:
        """Four requests, of which two come."""

        count = 4
        over = False

        def __init__(self) -> None:
            self.noted: list[int] = []

        def take(self, most: int, within_s: float | None = None) -> list[int]:
            return [] if self.noted else [0, 2]

        def answered(self, numbers: Any) -> None:
            self.noted += numbers

        def descriptor(self) -> None:
            return None

    requests = TwoOfThem()
    replies = alone(few, requests, ignore_progress)
    assert requests.noted == [0, 2]
    assert (replies == NO_REPLY).all(axis=1).tolist() == [False, True, False, True]


def test_requests_done_are_reported_on_the_way(few: Any) -> None:
    heard: list[int] = []
    baseline(few, heard.append)
    assert heard == [8, 16, 24, 32, 40]


def test_texts_of_one_length_together_find_nearly_the_same(few: Any, answer: Any) -> None:
    batched = together(few, ignore_progress)
    shared = [len({*one} & {*other}) / 10 for one, other in zip(batched, answer, strict=True)]
    assert np.mean(shared) > 0.7


def test_the_textbook_searches_all_passages(few: Any) -> None:
    replies = textbook(few._replace(asked=few.asked[:3]), ignore_progress)
    assert replies.shape == (3, 10)
    assert {*replies.ravel().tolist()} <= {*range(64)}


def test_a_query_is_found_by_its_own_vector(few: Any) -> None:
    encoding = fleet.Encoding(few.model, few.corpus.centres, few.probes)
    queries = encode(few.asked[:5], encoding)
    exact = nearest_passages(few.corpus.vectors, queries.vectors)
    assert queries.probes.shape == (5, 3)
    assert (few.corpus.vectors[exact[:, 0]] * queries.vectors).sum(axis=1).min() > 0


def test_loading_twice_gives_the_same_digests(problem: AnyProblem) -> None:
    again = serve.load(serve.WORKLOAD.configure(serve.WORKLOAD.defaults | SMALL))
    assert digest(again.input, 0) == digest(problem.input, 0)
    assert digest(again.held_out, 0) == digest(problem.held_out, 0)


def test_the_warm_up_has_texts_of_many_lengths(problem: AnyProblem) -> None:
    warmup = warmup_of(problem)
    assert len(warmup.asked) == problem.warmup_items
    assert len({*map(len, warmup.asked)}) > 5


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("passages", 63, "passages=63 is not between 64 and 1,000,000"),
        ("requests", 458, "requests=458 is not between 459 and 50,000"),
        ("micro_batch", 0, "micro_batch=0 is not between 1 and 64"),
        ("probes", 65, "probes=65 are more than lists=64"),
        ("lists", 3001, "lists=3001 are more than passages=3000"),
        ("queries", 1501, "queries=1501 are more than half of passages=3000"),
        ("max_tokens", 7, "max_tokens=7 is not between 8 and 512"),
        ("budget_ms", 0, "budget_ms=0 is not between 1 and 60,000"),
        ("precision", "int4", "precision=int4 is neither int8 nor float32"),
        ("seed", -1, "seed=-1 is not between 0 and"),
    ],
)
def test_settings_that_make_no_sense_are_refused(name: str, value: Any, sentence: str) -> None:
    with pytest.raises((ValueError, BadRequest), match=sentence):
        serve.WORKLOAD.configure(serve.WORKLOAD.defaults | {name: value})


def test_every_variant_and_value_to_tune_by_fits_the_defaults() -> None:
    proof, defaults = serve.WORKLOAD.proof, serve.WORKLOAD.defaults
    name, values = proof.tuned or ("", ())
    for changes in (*proof.effort, *({name: value} for value in values)):
        serve.WORKLOAD.configure({**defaults, **changes})
    for way in proof.variants.values():
        assert callable(way) or serve.WORKLOAD.configure({**defaults, **way})


@pytest.mark.parametrize(("passages", "seed"), [(64, 5), (1000, 5)])
def test_more_queries_than_can_be_cut_are_refused_before_anything_starts(
    passages: int, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "cut_queries", refuse_to_cut)
    changes = {"passages": passages, "queries": passages // 2, "seed": seed}
    serve._split.cache_clear()
    with pytest.raises(BadRequest, match="fewer can be cut"):
        serve.WORKLOAD.configure(serve.WORKLOAD.defaults | changes)


def refuse_to_cut(*_: Any) -> None:
    """Find no query at all."""
    raise BadRequest("fewer can be cut")


def test_passages_that_are_surely_long_enough_are_not_read_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serve, "read_corpus", refuse_to_cut)
    serve.WORKLOAD.configure(serve.WORKLOAD.defaults)


def test_more_passages_than_are_installed_are_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serve, "read_corpus", lambda *_: ReadCorpus(["a passage"] * 7_945))
    serve._split.cache_clear()
    with pytest.raises(BadRequest) as refused:
        serve.WORKLOAD.configure(serve.WORKLOAD.defaults | {"passages": 9_000})
    assert refused.value.sentence == (
        "passages=9000 are more than the 7,945 that the installed documentation has"
    )
    assert refused.value.hint == "search no more: --set passages=7945"
