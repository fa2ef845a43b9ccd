import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from harness.model import Parameters
from harness.run.digest import digest
from harness.workload import AnyProblem, BadRequest, Reporter
from tests.pools import InProcessPool, ignore_progress, warmup_of
from tests.workloads.embed.support import LINES, needs_extra, small
from workloads import embed
from workloads.embed import kernel
from workloads.embed.corpus import ReadCorpus
from workloads.embed.encoder import cached_encoder
from workloads.embed.model import Model, as_exported
from workloads.embed.onnx_file import Array
from workloads.embed.queries import Queries

pytestmark = needs_extra


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield
    cached_encoder.cache_clear()


@pytest.fixture(scope="module")
def params(tmp_path_factory: pytest.TempPathFactory) -> Parameters:
    return small(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def problem(params: Parameters) -> AnyProblem:
    return embed.load(embed.WORKLOAD.configure(params))


class Ran(NamedTuple):
    """The vectors of a run, and the tokens done that it reported on the way."""

    vectors: Array
    heard: list[int]


Run = Callable[[Any, Reporter], Array]

RUNS: dict[str, Run] = {
    "baseline": embed.baseline,
    "textbook": embed.textbook,
    "distributed": lambda encoding, report: embed.distributed(encoding, InProcessPool(3), report),
}


def ran(run: Run, encoding: embed.Encoding) -> Ran:
    heard = list[int]()
    return Ran(run(encoding, heard.append), heard)


@pytest.fixture(scope="module")
def baseline(problem: AnyProblem) -> Ran:
    return ran(embed.baseline, problem.input)


@pytest.fixture(scope="module")
def answer(baseline: Ran) -> Array:
    return baseline.vectors


@pytest.fixture(scope="module")
def warmed_up(problem: AnyProblem) -> dict[str, Ran]:
    return {name: ran(run, warmup_of(problem)) for name, run in RUNS.items()}


@pytest.fixture(scope="module")
def exact(problem: AnyProblem) -> Array:
    exported = as_exported(problem.input.model)
    return np.array([alone(exported, text) for text in texts(problem.input)])


@pytest.fixture(scope="module")
def in_float32(params: Parameters) -> Array:
    loaded = embed.load(embed.WORKLOAD.configure(params | {"precision": "float32"}))
    return embed.baseline(loaded.input, ignore_progress)


def texts(encoding: embed.Encoding) -> list[str]:
    return encoding.corpus.texts((0, len(encoding.corpus.ends)))


def alone(model: Model, text: str) -> Array:
    """Return a text's unit vector from a batch of one, without padding and with a mask of ones."""
    encoder = cached_encoder(model)
    ids = np.array(encoder.tokens([text]), np.int64)
    mean = encoder.run(ids, np.ones_like(ids))[0].mean(axis=0)
    unit: Array = mean / np.linalg.norm(mean)
    return unit


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_any_number_of_workers_makes_the_same_bits_as_the_baseline(
    workers: int, problem: AnyProblem, answer: Array
) -> None:
    assert digest(
        embed.distributed(problem.input, InProcessPool(workers), ignore_progress), 0
    ) == digest(answer, 0)


def test_encoding_twice_in_one_process_makes_the_same_bits(
    problem: AnyProblem, answer: Array
) -> None:
    assert np.array_equal(embed.baseline(problem.input, ignore_progress), answer)


def test_the_passages_are_of_many_lengths_and_in_no_order_of_them(problem: AnyProblem) -> None:
    encoding = problem.input
    lengths = kernel.tokenize((0, 64), encoding.corpus, encoding.model).lengths
    assert len(set(lengths.tolist())) > 5
    assert np.any(np.diff(lengths) > 0)
    assert np.any(np.diff(lengths) < 0)


def test_every_vector_is_that_of_its_own_passage_encoded_alone(
    in_float32: Array, exact: Array
) -> None:
    assert np.allclose(in_float32, exact, rtol=0, atol=1e-5)


def test_integers_turn_a_vector_a_little(answer: Array, exact: Array) -> None:
    cosines = np.sum(answer * exact, axis=1)
    assert 0.97 < cosines.min() < cosines.max() < 0.9999


def test_the_exported_graph_comes_to_the_same_vectors(problem: AnyProblem, exact: Array) -> None:
    assert np.allclose(embed.exported(problem.input, ignore_progress), exact, rtol=0, atol=1e-5)


def test_a_first_draft_comes_to_vectors_as_near(warmed_up: dict[str, Ran]) -> None:
    near = np.sum(warmed_up["textbook"].vectors * warmed_up["baseline"].vectors, axis=1)
    assert near.min() > 0.97


def test_the_nearest_neighbours_are_those_of_passages_encoded_one_by_one(
    problem: AnyProblem, answer: Array, in_float32: Array, exact: Array
) -> None:
    queries = problem.held_out.vectors
    whole, rounded, true = (
        np.argsort(-(queries @ vectors.T), axis=1, kind="stable")[:, :10]
        for vectors in (in_float32, answer, exact)
    )
    assert shared(whole, true) >= 0.995
    assert shared(rounded, true) >= 0.9


def shared(found: Array, true: Array) -> float:
    """Return the share of neighbours that both have."""
    return float(np.mean([len({*a} & {*b}) / len(a) for a, b in zip(found, true, strict=True)]))


def test_a_vector_has_length_one_and_384_numbers_in_single_precision(answer: Array) -> None:
    assert answer.shape == (64, 384)
    assert answer.dtype == np.float32
    assert np.allclose(np.linalg.norm(answer, axis=1), 1, atol=1e-6)


def test_held_out_sentences_find_the_passage_they_were_cut_out_of(
    problem: AnyProblem, answer: Array
) -> None:
    assert embed.quality(answer, problem.held_out).mean() >= 0.7


def test_vectors_in_the_wrong_order_are_found_out(problem: AnyProblem, answer: Array) -> None:
    assert embed.quality(answer[::-1].copy(), problem.held_out).mean() < 0.5


def test_recall_counts_a_source_that_nine_others_precede_and_not_one_that_ten_do() -> None:
    vectors = np.eye(12, dtype=np.float32)
    ranked = np.linspace(1, 0.1, 12, dtype=np.float32)[None]
    asked = (Queries(ranked, np.array([place])) for place in (0, 9, 10))
    assert [embed.quality(vectors, query).tolist() for query in asked] == [[1.0], [1.0], [0.0]]


@pytest.mark.parametrize(
    "vectors",
    [np.zeros((30, 8)), np.ones((30, 8)), np.full((30, 8), np.nan)],
    ids=["zero", "all alike", "no number"],
)
def test_vectors_that_tell_no_passage_from_another_find_none(vectors: Array) -> None:
    queries = Queries(np.ones((30, 8), np.float32), np.arange(30))
    assert not embed.quality(vectors.astype(np.float32), queries).any()


def test_every_query_is_scored_in_its_place_beyond_one_block_of_them() -> None:
    vectors = np.eye(30, dtype=np.float32)
    queries = Queries(vectors[[0] * 100], np.array([0] * 75 + [29] * 25))
    far = Queries(queries.vectors - np.float32(0.5) * (np.arange(30) == 29), queries.sources)
    assert embed.quality(vectors, far).tolist() == [1.0] * 75 + [0.0] * 25


def test_loading_twice_gives_the_same_digests(params: Parameters, problem: AnyProblem) -> None:
    again = embed.load(embed.WORKLOAD.configure(params))
    assert digest(again.input, 0) == digest(problem.input, 0)
    assert digest(again.held_out, 0) == digest(problem.held_out, 0)


def test_another_seed_cuts_out_other_queries(params: Parameters, problem: AnyProblem) -> None:
    assert digest(embed.load(embed.WORKLOAD.configure(params | {"seed": 2})).held_out, 0) != digest(
        problem.held_out, 0
    )


def test_another_batch_leaves_texts_and_queries_as_they_are(
    params: Parameters, problem: AnyProblem
) -> None:
    other = embed.load(embed.WORKLOAD.configure(params | {"batch": 512}))
    assert digest(other.input.corpus, 0) == digest(problem.input.corpus, 0)
    assert digest(other.held_out, 0) == digest(problem.held_out, 0)


def test_no_query_stands_in_the_input(problem: AnyProblem) -> None:
    kept = "\n".join(texts(problem.input))
    first_sentences = [line[: line.index(".") + 1] for line in LINES]
    assert sum(sentence not in kept for sentence in first_sentences) == problem.held_out_items == 16


def test_the_tokens_of_input_and_warm_up_are_counted(
    problem: AnyProblem, baseline: Ran, warmed_up: dict[str, Ran]
) -> None:
    assert baseline.heard[-1] == problem.items
    assert warmed_up["baseline"].heard[-1] == problem.warmup_items


@pytest.mark.parametrize("run", RUNS)
def test_tokens_done_are_reported_on_the_way(
    run: str, problem: AnyProblem, warmed_up: dict[str, Ran]
) -> None:
    heard = warmed_up[run].heard
    assert len(heard) >= 16
    assert heard == sorted(heard)
    assert heard[-1] == problem.warmup_items


def test_the_warm_up_spans_the_longest_and_the_shortest_text_and_neighbors_of_each() -> None:
    lengths = np.random.default_rng(0).integers(5, 300, 1000)
    places = embed.spread(lengths)
    taken = sorted(lengths[places].tolist())
    assert len(set(places)) == 128
    assert taken[:8] + taken[-8:] == [*np.sort(lengths)[:8], *np.sort(lengths)[-8:]]


@pytest.mark.parametrize("texts", [1, 7, 8, 9])
def test_a_warm_up_of_few_texts_has_all_of_them(texts: int) -> None:
    assert sorted(embed.spread(np.arange(texts))) == [*range(texts)]


def test_the_warm_up_has_chunks_for_sixteen_workers_at_least(problem: AnyProblem) -> None:
    corpus, model, batch = warmup_of(problem)
    batching = kernel.make_batching(kernel.tokenize((0, len(corpus.ends)), corpus, model), batch)
    assert len(kernel.chunks(batching)) >= 16


def test_the_ceiling_is_measured_for_as_long_as_asked(problem: AnyProblem) -> None:
    before = sum(os.times()[:2])
    assert embed.ceiling(warmup_of(problem), 0.05) > 0
    assert sum(os.times()[:2]) - before >= 0.05


def test_the_documentation_of_what_is_installed_is_the_corpus_by_default() -> None:
    loaded = embed.load(
        embed.WORKLOAD.configure(
            embed.WORKLOAD.defaults | {"passages": 64, "queries": 4, "max_tokens": 16}
        )
    )
    assert len(loaded.input.corpus.ends) == 64
    assert loaded.held_out_items == 4


def test_a_corpus_of_too_short_passages_is_refused(params: Parameters, tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("one passage\nand another one", encoding="utf-8")
    with pytest.raises(BadRequest, match="the corpus has 2 different passages, of at least 64"):
        embed.load(embed.WORKLOAD.configure(params | {"corpus": str(tmp_path / "short.txt")}))


def test_an_empty_corpus_is_refused(params: Parameters, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_text("\n \n", encoding="utf-8")
    with pytest.raises(BadRequest, match="the corpus has 0 different passages, of at least 64"):
        embed.load(embed.WORKLOAD.configure(params | {"corpus": str(tmp_path / "empty.txt")}))


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("passages", 0, "passages=0 is not between 64 and 1,000,000"),
        ("batch", 0, "batch=0 is not between 1 and 65,536"),
        ("max_tokens", 7, "max_tokens=7 is not between 8 and 4,096"),
        ("max_tokens", 513, "max_tokens=513 is more than the 512 that MiniLM has places for"),
        ("queries", 0, "queries=0 is not between 1 and 10,000"),
        ("precision", "int4", "precision=int4 is neither int8 nor float32"),
        ("seed", -1, "seed=-1 is not between 0 and"),
        ("queries", 8000, "queries=8000 are more than passages=5000"),
        ("corpus", "/nowhere/at/all", "corpus=all is neither a file nor a folder"),
        ("model", "/nowhere/at/all", "model=/nowhere/at/all is not a folder"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(name: str, value: Any, sentence: str) -> None:
    with pytest.raises((ValueError, BadRequest), match=sentence):
        embed.WORKLOAD.configure(embed.WORKLOAD.defaults | {name: value})


def test_the_values_to_tune_by_fit_the_defaults() -> None:
    name, values = embed.WORKLOAD.proof.tuned or ("", ())
    for value in values:
        embed.WORKLOAD.configure(embed.WORKLOAD.defaults | {name: value})
    assert embed.WORKLOAD.defaults[name] not in values


def test_every_setting_of_less_effort_is_allowed_and_cuts_passages_shorter() -> None:
    for settings in embed.SHORTER:
        embed.WORKLOAD.configure(embed.WORKLOAD.defaults | settings)
        assert settings["max_tokens"] < embed.WORKLOAD.params.max_tokens


def test_every_other_way_of_encoding_is_a_setting_that_is_allowed_or_a_program() -> None:
    for way in embed.WORKLOAD.proof.variants.values():
        assert callable(way) or embed.WORKLOAD.configure({**embed.WORKLOAD.defaults, **way})


def test_the_defaults_are_accepted() -> None:
    embed.WORKLOAD.configure(embed.WORKLOAD.defaults)


def test_more_queries_than_can_be_cut_out_of_the_documentation_are_refused_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embed, "read_corpus", lambda *_: ReadCorpus(["too short"] * 64))
    embed._check_corpus.cache_clear()
    with pytest.raises(BadRequest, match="queries=64 are more than the 0 that can be cut"):
        embed.WORKLOAD.configure(embed.WORKLOAD.defaults | {"passages": 64, "queries": 64})


def test_of_the_documentation_nothing_is_read_before_anything_starts_where_there_is_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(embed, "read_corpus", lambda *_: pytest.fail("it was read"))
    embed.WORKLOAD.configure(embed.WORKLOAD.defaults)
    embed.WORKLOAD.configure(embed.WORKLOAD.defaults | {"passages": 1_000_000})
