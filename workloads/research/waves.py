"""How a backlog is worked off: the index is read, then wave after wave of sub-questions answered.

Both sides do the same with the same chunks, which do not depend on the number of workers: so all
encodings are of the same batches, and the answers are equal to the last bit. Imports this package
and NumPy.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from harness.workload import Reporter
from workloads.embed import kernel
from workloads.embed.onnx_file import Array
from workloads.research.agents import Backlog, SubQuestion, Work
from workloads.research.board import Board
from workloads.research.library import entries_in, make_library
from workloads.research.planner import Plan, plan_question

NO_INDEX = np.empty((0, 0), np.float32)
READERS = ("reader of declarations", "reader of details")
QUESTIONS_A_PLANNER = 250
QUESTIONS_AN_ENDPOINT = 4  # each takes as long as hundreds by the grammar
TEXTS_A_READER = 64
FEWEST_READERS = 16  # so that a warm-up has work for many workers
WARMUP_QUESTIONS = 24
WARMUP_DEFINITIONS = 96
SEEKER, CALCULATOR, LOOK_UP = "seeker", "calculator", "reader of source code"
ROLES = {"find": SEEKER, "subtract": CALCULATOR}
SUB_QUESTIONS = {SEEKER: 32, CALCULATOR: 100, LOOK_UP: 50}  # of a chunk


class Crew(Protocol):
    """Whoever does the work: this process, or the workers of a pool."""

    def share(self, index: Array) -> Any:
        """Put the index where all can read it; return its handle."""

    def work(self, works: Sequence[Work], index: Any, report: Reporter) -> list[Any]:
        """Do chunks of work; return their results in the same order."""


def work_off(backlog: Backlog, crew: Crew, report: Reporter) -> Board:
    """Answer all questions; return the board."""
    library = backlog.library
    steps = steps_of(backlog)
    report = _at_most(steps, report)
    kinds = [(READERS[0], library.declarations), (READERS[1], library.details)]
    planners = list(_planners(backlog))
    readers = [work for kind in kinds[: backlog.passages] for work in _readers(*kind)]
    readers.sort(key=lambda work: work.role, reverse=True)  # details take longer
    results = crew.work([*readers, *planners], crew.share(NO_INDEX), report)
    done = sum(work.steps for work in (*readers, *planners))
    index = crew.share(_index(library.size, readers, results))
    plans: list[Plan] = [plan for plans in results[len(readers) :] for plan in plans]
    board = Board(plans, backlog.again)
    while waiting := board.wave():
        works = list(_works(waiting))
        answers = crew.work(works, index, _from(done, report))
        for work, found in zip(works, answers, strict=True):
            board.answers.update(zip(work.asked, found, strict=True))
        done += sum(work.steps for work in works)
    report(steps)  # steps that nobody could take are done with, too
    return board


def _at_most(steps: int, report: Reporter) -> Reporter:
    """Return a reporter of no more steps than there are: a language model may plan others."""
    return lambda done: report(min(done, steps))


def _from(before: int, report: Reporter) -> Reporter:
    """Return a reporter of what is done after so many steps."""
    return lambda done: report(before + done)


def steps_of(backlog: Backlog) -> int:
    """Return how many steps there are at most, if nothing is asked again.

    A passage that is read is one, and so is a question that is planned, and each step of its plan.
    """
    questions = len(backlog.questions.ends)
    plans = map(plan_question, backlog.questions.texts((0, questions)))
    return backlog.passages * backlog.library.size + questions + sum(map(len, plans))


def small_backlog(backlog: Backlog) -> Backlog:
    """Return a few of the questions, and a few definitions of the modules that they name."""
    questions = backlog.questions.texts((0, len(backlog.questions.ends)))
    some = questions[:: -(-len(questions) // WARMUP_QUESTIONS)]
    steps = [step for question in some for step in plan_question(question)]
    modules = {step.detail.split(" ")[1] for step in steps if step.action == "find"}
    entries = entries_in(backlog.library)
    wanted = [entry for entry in entries if entry.module in modules]
    few = wanted[:: -(-len(wanted) // WARMUP_DEFINITIONS)]
    return backlog._replace(questions=kernel.make_corpus(some), library=make_library(few))


def _planners(backlog: Backlog) -> Iterator[Work]:
    questions = len(backlog.questions.ends)
    most = QUESTIONS_AN_ENDPOINT if backlog.endpoint else QUESTIONS_A_PLANNER
    for begin in range(0, questions, most):
        places = tuple(range(begin, min(questions, begin + most)))
        yield Work("planner", places, steps=len(places))


def _readers(role: str, texts: kernel.Corpus) -> Iterator[Work]:
    """Yield work on texts of about the same length, the longest first."""
    order = np.argsort(-np.diff(texts.ends, prepend=0), kind="stable").tolist()
    most = min(TEXTS_A_READER, -(-len(order) // FEWEST_READERS))
    for begin in range(0, len(order), most):
        places = tuple(order[begin : begin + most])
        yield Work(role, places, steps=len(places))


def _index(size: int, readers: Sequence[Work], results: Sequence[Array]) -> Array:
    """Return the index (definitions, width): the sum of the vectors of a definition's passages.

    Its product with the vector of a description is the sum of the similarities to each.
    """
    index = np.zeros((size, results[0].shape[1]), np.float32)
    for work, vectors in zip(readers, results, strict=False):
        index[list(work.places)] += vectors
    return index


def _works(waiting: Mapping[SubQuestion, int]) -> Iterator[Work]:
    """Yield work on sub-questions, those for the same agent together.

    Descriptions of about the same length are encoded together, and look-ups in the same source code
    follow one another.
    """
    by_role = dict[str, list[SubQuestion]]()
    for asked in waiting:
        by_role.setdefault(role_of(asked), []).append(asked)
    for role, all_asked in by_role.items():
        all_asked.sort(key=lambda asked: (asked.about, -len(asked.detail), asked))
        most = SUB_QUESTIONS[role]
        for begin in range(0, len(all_asked), most):
            some = tuple(all_asked[begin : begin + most])
            yield Work(role, asked=some, steps=sum(waiting[asked] for asked in some))


def role_of(asked: SubQuestion) -> str:
    """Return whose work a sub-question is."""
    return ROLES.get(asked.action, LOOK_UP)
