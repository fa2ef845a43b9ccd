"""What the baseline is compared with: a textbook program, search by words, the encoder alone.

Imports this package, ``workloads.embed`` and NumPy.
"""

import re
import time
from collections import Counter
from collections.abc import Sequence
from itertools import chain
from statistics import median
from typing import Any

import numpy as np

from harness.workload import Reporter
from workloads.embed import kernel
from workloads.embed.encoder import cached_encoder
from workloads.embed.model import as_exported
from workloads.embed.onnx_file import Array
from workloads.research.agents import (
    MOST_CANDIDATES,
    Answers,
    Backlog,
    SubAnswer,
    SubQuestion,
    Work,
    do_work,
    read,
)
from workloads.research.board import Board
from workloads.research.calculator import Calculator
from workloads.research.library import Library, catalogue
from workloads.research.planner import plan_question
from workloads.research.tools import name_of
from workloads.research.waves import role_of, steps_of, work_off

WORD = re.compile(r"[a-z0-9]+")
SATURATION, LENGTHS = 1.2, 0.75  # of BM25, as Robertson and Zaragoza 2009 recommend


def textbook(backlog: Backlog, report: Reporter) -> Answers:
    """Answer one question after the other, encode one text at a time, and share no answers.

    The graph is that of the exported model, and every calculation has a process of its own.
    """
    backlog = backlog._replace(model=as_exported(backlog.model))
    library = backlog.library
    rows = []
    for place in range(library.size):
        one = (place, place + 1)
        texts = [library.declarations.texts(one), library.details.texts(one)]
        vectors = [read(text, backlog.model, backlog.batch)[0] for text in texts]
        rows.append(sum(vectors[: backlog.passages]))
        report(len(rows) * backlog.passages)
    index = np.array(rows, np.float32)
    answers = [
        _answer(question, backlog, index)
        for question in backlog.questions.texts((0, len(backlog.questions.ends)))
    ]
    report(steps_of(backlog))
    return tuple(answers)


def _answer(question: str, backlog: Backlog, index: Array) -> str:
    board = Board([plan_question(question)], backlog.again)
    while waiting := board.wave():
        for asked in waiting:
            board.answers[asked] = _alone(asked, backlog, index)
    return board.results()[0]


def _alone(asked: SubQuestion, backlog: Backlog, index: Array) -> SubAnswer:
    if asked.action != "subtract":
        (answer,) = do_work(Work(role_of(asked), asked=(asked,)), backlog, index)
        return tuple(answer)
    calculator = Calculator.start()
    try:
        return tuple(calculator.calculate([" - ".join(asked.about)]))
    finally:
        calculator.close()


def by_words(backlog: Backlog, report: Reporter) -> Answers:
    """Answer all questions with BM25 in the place of the encoder; all else stays the same."""
    return work_off(backlog, _ByWords(backlog), report).results()


class _ByWords:
    """A crew of this process alone, which finds by words what is described."""

    def __init__(self, backlog: Backlog) -> None:
        self._backlog = backlog
        self._words = _Words(backlog.library)

    def share(self, index: Array) -> Array:
        return index

    def work(self, works: Sequence[Work], index: Array, report: Reporter) -> list[Any]:
        results = []
        done = 0
        for work in works:
            results.append(self._do(work, index))
            done += work.steps
            report(done)
        return results

    def _do(self, work: Work, index: Array) -> Any:
        if work.role.startswith("reader of d"):  # an index without meaning: all are equally near
            return np.zeros((len(work.places), 1), np.float32)
        if work.role == "seeker":
            return [self._words.find(asked) for asked in work.asked]
        return do_work(work, self._backlog, index)


class _Words:
    """The words of all passages, for BM25 among the definitions of one kind and module."""

    def __init__(self, library: Library) -> None:
        everything = (0, library.size)
        pairs = zip(
            library.declarations.texts(everything), library.details.texts(everything), strict=True
        )
        self._counts = [Counter(WORD.findall(" ".join(pair).lower())) for pair in pairs]
        self._lengths = np.array([max(1, counts.total()) for counts in self._counts])
        containing = Counter(chain.from_iterable(self._counts))
        self._weights = {
            word: float(np.log(1 + (library.size - count + 0.5) / (count + 0.5)))
            for word, count in containing.items()
        }
        self._mean = float(self._lengths.mean())
        self._library = library

    def find(self, asked: SubQuestion) -> SubAnswer:
        """Return the candidates for a description."""
        kind, module, description = asked.detail.split(" ", 2)
        words = set(WORD.findall(description.lower()))
        places = catalogue(self._library).modules.get((kind, module), ())
        ranked = sorted(places, key=lambda place: -self._score(words, place))
        return tuple(name_of(place, self._library) for place in ranked[:MOST_CANDIDATES])

    def _score(self, words: set[str], place: int) -> float:
        counts = self._counts[place]
        ratio = 1 - LENGTHS + LENGTHS * self._lengths[place] / self._mean
        scores = (
            self._weights[word]
            * counts[word]
            * (SATURATION + 1)
            / (counts[word] + SATURATION * ratio)
            for word in words
            if word in counts
        )
        return float(sum(scores))


def ceiling(backlog: Backlog, seconds: float) -> float:
    """Return the steps per second if the encoder alone took time, on batches made beforehand."""
    encoder = cached_encoder(backlog.model)
    library = backlog.library
    columns = (library.declarations, library.details)[: backlog.passages]
    texts = [text for column in columns for text in column.texts((0, library.size))]
    batching = kernel.make_batching(kernel.tokenize_with(encoder, texts), backlog.batch)
    batches = [kernel.batch_ids(batching, number) for number in range(len(batching.bounds) - 1)]
    passes: list[float] = []
    while sum(passes) < seconds:
        began = time.perf_counter()
        for ids in batches:
            encoder.run(ids, np.ones_like(ids))
        passes.append(time.perf_counter() - began)
    return steps_of(backlog) / median(passes)
