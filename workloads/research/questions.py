"""Questions of two to four hops about the standard library, and their answers from ``inspect``.

The answers are the held-out set: no side ever receives them. Imports this package and NumPy.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from workloads.research import inspection
from workloads.research.library import docstring_parts
from workloads.research.planner import LONGEST_QUESTION, hops, plan_question

FEWEST_WORDS = 5
MOST_OF_A_KIND = 2  # of one definition, so that no class with many methods is asked about most
HOPS = (2, 3, 4)
WITHIN_S = 300.0

Facts = dict[str, dict[str, Any]]


class Question(NamedTuple):
    """A question in words, and its answer."""

    text: str
    answer: str


class Key(NamedTuple):
    """The held-out set: the answer of each question, and how many hops it takes."""

    answers: tuple[str, ...]
    hops: tuple[int, ...]


def inspect_modules(modules: Sequence[str]) -> dict[str, Facts]:
    """Return the facts of modules by name, from a process of its own.

    Raises ``ValueError`` where that process fails, which no module can cause by an exception.
    """
    program = [sys.executable, "-I", "-S", str(Path(inspection.__file__)), *modules]
    done = subprocess.run(
        program,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=False,
        timeout=WITHIN_S,
    )
    if done.returncode != 0:
        raise ValueError(f"importing the standard library ended with {done.returncode}")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["module"]: line["facts"] for line in lines}


def draw_questions(facts: Mapping[str, Facts], most: int, seed: int) -> list[Question]:
    """Draw as many questions of two, three and four hops as there are, ``most`` in all."""
    generator = np.random.default_rng([seed, 7])
    by_hops: dict[int, list[Question]] = {count: [] for count in HOPS}
    for question in sorted(set(every_question(facts, generator))):
        by_hops[hops(plan_question(question.text))].append(question)
    drawn = list[Question]()
    for left, count in zip((3, 2, 1), reversed(HOPS), strict=True):
        pool = by_hops[count]
        wanted = min(len(pool), -(-(most - len(drawn)) // left))
        drawn += [pool[place] for place in sorted(generator.permutation(len(pool))[:wanted])]
    return drawn


def every_question(
    facts: Mapping[str, Facts], generator: np.random.Generator
) -> Iterator[Question]:
    """Yield questions about every definition that has a first sentence of its own.

    It has five words or more, and no other definition of these modules begins with it.
    """
    described = [
        (_found(fact["kind"], module, _first(fact)), fact)
        for module, definitions in sorted(facts.items())
        for fact in definitions.values()
        if len(_first(fact).split()) >= FEWEST_WORDS
    ]
    sentences = Counter(_first(fact) for _, fact in described)
    described = [(words, fact) for words, fact in described if sentences[_first(fact)] == 1]
    functions = [(words, fact) for words, fact in described if fact["kind"] == "function"]
    for words, fact in described:
        if fact["kind"] == "class":
            module, name = fact["base"]
            parent = facts.get(module, {}).get(name, {})
            questions = [*_about_class(words, fact), *_about_parent(words, parent)]
        else:
            questions = list(_about_function(words, fact))
        yield from _some(questions, generator)
    for first, second in zip(functions, _shuffled(functions, generator), strict=True):
        yield from _compared(first, second)


def _first(fact: Mapping[str, Any]) -> str:
    """Return a docstring's first sentence as a question quotes it."""
    return docstring_parts(fact["doc"])[0].replace('"', "'")[: LONGEST_QUESTION // 4]


def _found(kind: str, module: str, sentence: str) -> str:
    return f'the {kind} in {module} described as "{sentence}"'


def _some(questions: list[Question], generator: np.random.Generator) -> Iterator[Question]:
    """Yield at most two questions of each number of hops."""
    taken = Counter[int]()
    for question in _shuffled(questions, generator):
        count = hops(plan_question(question.text))
        if taken[count] < MOST_OF_A_KIND:
            taken[count] += 1
            yield question


def _shuffled(values: Sequence[Any], generator: np.random.Generator) -> list[Any]:
    return [values[place] for place in generator.permutation(len(values))]


def _about_class(words: str, fact: Mapping[str, Any]) -> Iterator[Question]:
    base = f"the first base of {words}"
    bases = fact["bases"]
    if len(bases) > 1:  # the last one is object
        yield Question(f"What is {base}?", bases[0])
    if len(bases) > 2:
        yield Question(f"What is the first base of {base}?", bases[1])
    for name, method in sorted(fact["methods"].items()):
        yield from _about_function(f"the method {name} of {words}", method)
    methods = [
        (f"the method {name} of {words}", method)
        for name, method in sorted(fact["methods"].items())
    ]
    for first, second in pairwise(methods):
        yield from _compared(first, second)


def _about_parent(words: str, parent: Mapping[str, Any]) -> Iterator[Question]:
    """Yield questions about the methods of the class that a class is first derived from."""
    for name, method in sorted(parent.get("methods", {}).items()):
        yield from _about_function(f"the method {name} of the first base of {words}", method)


def _about_function(words: str, fact: Mapping[str, Any]) -> Iterator[Question]:
    parameters = fact["parameters"]
    if parameters:
        yield Question(f"How many parameters has {words}?", str(len(parameters)))
        yield Question(f"What is parameter {len(parameters)} of {words}?", parameters[-1])
    for name, default in fact["defaults"].items():
        yield Question(f"What is the default of the parameter {name} of {words}?", default)
    if fact["raises"]:
        yield Question(f"Which exception does {words} raise?", fact["raises"])


def _compared(one: tuple[str, Any], other: tuple[str, Any]) -> Iterator[Question]:
    """Yield a question for which of two things has more parameters; none where neither has."""
    few, many = sorted((one, other), key=lambda thing: len(thing[1]["parameters"]))
    difference = len(many[1]["parameters"]) - len(few[1]["parameters"])
    if difference:
        words = f"How many more parameters has {many[0]} than {few[0]}?"
        yield Question(words, str(difference))


def scores(answers: Sequence[str], key: Key) -> list[float]:
    """Return 1 for each question that has exactly its answer, else 0."""
    return [float(given == right) for given, right in zip(answers, key.answers, strict=True)]
