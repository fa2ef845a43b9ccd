from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

from harness.run.digest import digest
from harness.workload import AnyProblem, BadRequest, ChunkResult
from tests.pools import Finished, Function, InProcessPool, ignore_progress, warmup_of
from tests.workloads.embed.support import needs_extra
from tests.workloads.research.support import ANSWERS, UNANSWERED, backlog
from workloads import research
from workloads.embed.encoder import cached_encoder
from workloads.research import calculator
from workloads.research.agents import Answers, Work, do_work
from workloads.research.library import Library
from workloads.research.planner import plan_question
from workloads.research.reference import by_words, ceiling, textbook
from workloads.research.waves import NO_INDEX, steps_of, work_off

pytestmark = needs_extra

QUESTIONS = tuple(question for question, _ in ANSWERS)


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def problem() -> AnyProblem:
    settings = research.WORKLOAD.defaults | {"modules": "json,queue,heapq", "questions": 40}
    return research.load(research.WORKLOAD.configure(settings))


@pytest.fixture(scope="module")
def answer(problem: AnyProblem) -> Answers:
    return research.baseline(problem.input, ignore_progress)


def test_forty_questions_have_the_answers_that_a_reader_finds(library: Library) -> None:
    answers = research.baseline(backlog(library, QUESTIONS), ignore_progress)
    assert len(ANSWERS) == 40
    assert dict(zip(QUESTIONS, answers, strict=True)) == dict(ANSWERS)


def test_what_cannot_be_answered_is_left_open(library: Library) -> None:
    given = backlog(library, UNANSWERED, again=0)
    assert research.baseline(given, ignore_progress) == ("",) * len(UNANSWERED)


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_both_sides_come_to_the_same_answers(
    problem: AnyProblem, answer: Answers, workers: int
) -> None:
    pool = InProcessPool(workers)
    distributed = research.distributed(problem.input, pool, ignore_progress)
    assert digest(distributed, 0) == digest(answer, 0)


class LosingPool(InProcessPool):
    """A pool whose workers are lost: each third chunk is done again, later, by a new process."""

    def run_map(
        self,
        function: Function,
        chunks: Sequence[Any],
        shared: tuple[Any, ...],
        finished: Finished,
    ) -> list[ChunkResult[Any]]:
        super().run_map(function, chunks[::3], shared, ignore_progress)
        calculator.close_own()
        cached_encoder.cache_clear()
        return super().run_map(function, chunks, shared, finished)


def test_workers_that_are_lost_change_no_answer(problem: AnyProblem, answer: Answers) -> None:
    distributed = research.distributed(problem.input, LosingPool(2), ignore_progress)
    assert digest(distributed, 0) == digest(answer, 0)


def test_most_answers_about_the_standard_library_are_right(
    problem: AnyProblem, answer: Answers
) -> None:
    scores = research.quality(answer, problem.held_out)
    assert len(scores) == problem.held_out_items == 40
    assert sum(scores) > 20


def test_an_answer_is_right_only_if_it_is_exactly_that_of_the_key(problem: AnyProblem) -> None:
    key = problem.held_out
    assert sum(research.quality(key.answers, key)) == 40
    assert sum(research.quality(tuple(f"{one} " for one in key.answers), key)) == 0


def test_no_answer_of_the_key_is_in_the_input_but_in_what_may_be_read(problem: AnyProblem) -> None:
    assert not any(isinstance(part, type(problem.held_out)) for part in problem.input)
    assert set(problem.input._fields) == {
        *("questions", "library", "model", "passages", "again", "batch", "endpoint", "planner")
    }


def test_other_answers_make_another_held_out_set(problem: AnyProblem) -> None:
    key = problem.held_out
    other = key._replace(answers=("9", *key.answers[1:]))
    assert digest(other, 40).sha256 != digest(key, 40).sha256


def test_loading_twice_makes_the_same_problem(problem: AnyProblem) -> None:
    settings = research.WORKLOAD.defaults | {"modules": "json,queue,heapq", "questions": 40}
    again = research.load(research.WORKLOAD.configure(settings))
    assert digest(again.input, 0) == digest(problem.input, 0)
    assert digest(again.held_out, 0) == digest(problem.held_out, 0)


def test_all_steps_are_reported_on_both_sides(problem: AnyProblem) -> None:
    alone, on_pool = list[int](), list[int]()
    research.baseline(problem.input, alone.append)
    research.distributed(problem.input, InProcessPool(2), on_pool.append)
    assert alone[-1] == on_pool[-1] == problem.items
    assert alone == sorted(alone)
    assert on_pool == sorted(on_pool)


def test_no_sub_question_is_answered_twice(library: Library) -> None:
    asked = Counter[Any]()

    class Counting(research.Alone):
        def work(self, works: Any, index: Any, report: Any) -> list[Any]:
            asked.update(one for work in works for one in work.asked)
            return super().work(works, index, report)

    given = backlog(library, QUESTIONS)
    board = work_off(given, Counting(given), ignore_progress)
    assert set(asked.values()) == {1}
    assert set(asked) == set(board.answers)
    assert len(asked) < sum(len(plan_question(one)) for one in QUESTIONS)


def test_the_warm_up_does_everything_once(problem: AnyProblem) -> None:
    roles = set[str]()

    class Noting(research.Alone):
        def work(self, works: Any, index: Any, report: Any) -> list[Any]:
            roles.update(work.role for work in works)
            return super().work(works, index, report)

    small = warmup_of(problem)
    work_off(small, Noting(small), ignore_progress)
    assert roles == {
        *("planner", "reader of declarations", "reader of details"),
        *("reader of source code", "seeker", "calculator"),
    }
    assert 0 < (problem.warmup_items or 0) < problem.items


def test_a_textbook_program_answers_as_well(library: Library) -> None:
    given = backlog(library, QUESTIONS[:12])
    heard = list[int]()
    answers = textbook(given, heard.append)
    assert answers == tuple(right for _, right in ANSWERS[:12])
    assert heard[-1] == steps_of(given)


def test_words_alone_find_less_than_vectors(library: Library) -> None:
    right = [answer for _, answer in ANSWERS]
    given = backlog(library, QUESTIONS)
    found = by_words(given, ignore_progress)
    assert 0 < sum(map(str.__eq__, found, right)) < 40


def test_the_encoder_alone_takes_more_steps_a_second(problem: AnyProblem) -> None:
    assert ceiling(warmup_of(problem), 0.01) > 0


def test_the_judge_asks_again_about_the_next_candidate(library: Library) -> None:
    words = 'the class in farm described as "An animal that gives milk, no engine"'
    question = f"How many parameters has the method plough of {words}?"
    once, again = (
        research.baseline(backlog(library, (question,), again), ignore_progress) for again in (0, 8)
    )
    assert (once, again) == (("",), ("3",))


def test_a_chunk_of_work_needs_no_other(library: Library) -> None:
    given = backlog(library, QUESTIONS)
    whole = do_work(Work("planner", tuple(range(40))), given, NO_INDEX)
    halves = [
        do_work(Work("planner", tuple(places)), given, NO_INDEX)
        for places in (range(20), range(20, 40))
    ]
    assert whole == [plan for half in halves for plan in half]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"questions": 29}, "questions=29 is not between 30 and 50,000"),
        ({"passages": 3}, "passages=3 is not between 1 and 2"),
        ({"again": 9}, "again=9 is not between 0 and 8"),
        ({"max_tokens": 513}, "max_tokens=513 is not between 8 and 512"),
        ({"precision": "int4"}, "precision=int4 is neither int8 nor float32"),
        (
            {"model": "tiny.gguf"},
            "model=tiny.gguf is a model's name at an endpoint, and endpoint is not set: a file of "
            "weights is served by llama.cpp, for example",
        ),
        ({"modules": "json, re"}, "modules=json, re are not names separated by commas"),
        (
            {"modules": "json,nowhere"},
            "modules=nowhere is no public module of the standard library that is written in Python",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=f"^{sentence}$"):
        research.WORKLOAD.configure(research.WORKLOAD.defaults | settings)


def test_modules_that_are_good_for_few_questions_are_refused() -> None:
    settings = research.WORKLOAD.defaults | {"modules": "this_is_none"}
    with pytest.raises(ValueError, match="modules=this_is_none is no public module"):
        research.WORKLOAD.configure(settings)
    with pytest.raises(BadRequest, match="modules=bisect are good for"):
        research.WORKLOAD.configure(research.WORKLOAD.defaults | {"modules": "bisect"})
