"""Agents that answer questions about the standard library: they split, look up, share and judge.

Questions of two to four hops are split into steps by a planner. What a description means is found
in a vector index that all share; what the source code says is looked up; differences are
calculated in a confined process. No sub-question is answered twice. Imports ``harness.workload``,
``workloads.embed`` and this package.
"""

import functools
from collections.abc import Sequence
from typing import Any

from harness.workload import (
    Axis,
    BadRequest,
    Ceiling,
    Metric,
    Pool,
    Problem,
    Proof,
    Reporter,
    Slide,
    Workload,
)
from workloads.embed import kernel
from workloads.embed.model import read_model, require_extra
from workloads.embed.onnx_file import Array
from workloads.research.agents import Answers, Backlog, Work, activity_of, do_work
from workloads.research.library import Library, catalogue, read_library, require_modules
from workloads.research.planner import hops, plan_question
from workloads.research.questions import Key, Question, draw_questions, inspect_modules, scores
from workloads.research.recipe import FEWEST_QUESTIONS, Settings
from workloads.research.reference import by_words, ceiling, textbook
from workloads.research.waves import small_backlog, steps_of, work_off

BATCHES = (128, 256, 512, 1024)


class Alone:
    """A crew of one process, the baseline's own."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog

    def share(self, index: Array) -> Array:
        """Return the index itself."""
        return index

    def work(self, works: Sequence[Work], index: Array, report: Reporter) -> list[Any]:
        """Do chunks of work, one after the other."""
        results = []
        done = 0
        for work in works:
            results.append(do_work(work, self._backlog, index))
            done += work.steps
            report(done)
        return results


class OnPool:
    """The workers of a pool as the crew: whoever is free pulls the next chunk."""

    def __init__(self, backlog: Backlog, pool: Pool) -> None:
        self._pool = pool
        self._backlog = pool.share(backlog)

    def share(self, index: Array) -> Any:
        """Put the index where all workers of a machine read it without a copy."""
        return self._pool.share(index)

    def work(self, works: Sequence[Work], index: Any, report: Reporter) -> list[Any]:
        """Do chunks of work on the pool."""
        results = self._pool.map(
            do_work,
            works,
            self._backlog,
            index,
            items=lambda work: work.steps,
            report=report,
            activity=activity_of,
        )
        return [result.value for result in results]


def check(settings: Settings) -> None:
    """Raise ``ValueError`` for an unknown module.

    Raises ``BadRequest`` where the extra is missing, or for modules with too few questions.
    """
    require_extra("", "research")
    require_modules(settings.module_names)
    if settings.module_names:  # all of them together have thousands
        _require_questions(settings.module_names, settings.questions, settings.seed)


@functools.lru_cache(maxsize=1)  # variants of the baseline are checked too
def _require_questions(modules: tuple[str, ...], questions: int, seed: int) -> None:
    drawn = _draw(read_library(modules), questions, seed)
    if len(drawn) < FEWEST_QUESTIONS:
        raise BadRequest(
            f"modules={','.join(modules)} are good for {len(drawn)} questions, of at least "
            f"{FEWEST_QUESTIONS}",
            "name more modules, or none for all of them",
        )


def _draw(library: Library, questions: int, seed: int) -> list[Question]:
    modules = sorted({module for _, module, _ in catalogue(library).entries})
    return draw_questions(inspect_modules(modules), questions, seed)


def load(settings: Settings) -> Problem[Backlog, Key]:
    """Read the standard library, and make questions about it with their answers.

    The settings have passed ``check``.
    """
    library = read_library(settings.module_names)
    drawn = _draw(library, settings.questions, settings.seed)
    plans = [plan_question(question.text) for question in drawn]
    backlog = Backlog(
        questions=kernel.make_corpus([question.text for question in drawn]),
        library=library,
        model=read_model("", settings.max_tokens, settings.precision),
        passages=settings.passages,
        again=settings.again,
        batch=settings.batch,
        endpoint=settings.endpoint,
        planner=settings.model,
    )
    warmup = small_backlog(backlog)
    return Problem(
        input=backlog,
        held_out=Key(tuple(question.answer for question in drawn), tuple(map(hops, plans))),
        held_out_items=len(drawn),
        items=steps_of(backlog),
        warmup=warmup,
        warmup_items=steps_of(warmup),
    )


def baseline(backlog: Backlog, report: Reporter) -> Answers:
    """Answer all questions in this process alone; return an answer to each (empty: none)."""
    return work_off(backlog, Alone(backlog), report).results()


def distributed(backlog: Backlog, pool: Pool, report: Reporter) -> Answers:
    """Answer all questions by agents on the pool, who share the index and the board."""
    return work_off(backlog, OnPool(backlog, pool), report).results()


def quality(answer: Answers, held_out: Key) -> list[float]:
    """Return 1 for each question that is answered as ``inspect`` does: the mean is exact match."""
    return scores(answer, held_out)


def why_answers_differ(settings: Settings) -> str | None:
    """Return why answers need not be equal where a language model plans (None: they must be)."""
    return "a language model plans, and need not say the same twice" if settings.endpoint else None


def what_it_waits_for(settings: Settings) -> str | None:
    """Return what a baseline waits for where a language model plans (None: for nothing)."""
    return "plans from a language model at an endpoint" if settings.endpoint else None


def own_slide(settings: Settings) -> Slide:
    """Return the words that are other ones where a language model plans."""
    if not settings.endpoint:
        return Slide()
    return Slide(
        limitation="a language model at an endpoint plans: the clock measures that endpoint, too"
    )


WORKLOAD = Workload(
    name="research",
    params=Settings(),
    check=check,
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    unit="steps",
    metric=Metric("exact match", tolerance=0.005),
    answers_differ=why_answers_differ,
    waits=what_it_waits_for,
    own_slide=own_slide,
    slide=Slide(
        axis=Axis.INTELLIGENCE,
        bottleneck="questions about the code wait for one agent after the other",
        partition="agents pull chunks: passages to encode, descriptions to find, look-ups in "
        "source code",
        communication="vectors once to every machine; sub-questions and answers of a few words "
        "through a board",
        consistency="waves: what depends on an answer is asked once it is on the board; nothing "
        "is asked twice",
        why_not_another_axis="not the inference axis: an answer takes several steps, each on the "
        "answer of another",
        limitation="a grammar plans, so that questions have its forms; no language model takes "
        "part",
    ),
    proof=Proof(
        effort=(
            {"passages": 1},
            {"max_tokens": 24},
            {"max_tokens": 32},
            {"again": 0},
        ),
        variants={
            "float32": {"precision": "float32"},
            "words instead of vectors": by_words,
        },
        tuned=("batch", BATCHES),
        reference=textbook,
        ceiling=Ceiling("the encoder alone", ceiling),
    ),
)
