"""The planner: a question in words to the steps that answer it, by a small grammar.

    question = "Which exception does " thing " raise?"
             | "How many parameters has " thing "?"
             | "How many more parameters has " thing " than " thing "?"
             | "What is parameter " number " of " thing "?"
             | "What is the default of the parameter " name " of " thing "?"
             | "What is " base "?"
    thing    = "the method " name " of " (base | found) | base | found
    base     = "the first base of " (base | found)
    found    = "the " kind " in " module ' described as "' text '"'

A question is not trusted: what the grammar does not describe has no plan. Imports the standard
library only.
"""

import re
from typing import NamedTuple

LONGEST_QUESTION = 2000
DEEPEST = 8
NAME = r"[^\W\d]\w{0,99}"
FOUND = re.compile(
    rf'the (class|function) in ({NAME}(?:\.{NAME}){{0,9}}) described as "([^"]{{1,1000}})"'
)
METHOD = re.compile(rf"the method ({NAME}) of ")
BASE = "the first base of "
MORE = "How many more parameters has "
FORMS = (
    ("raises", re.compile(r"Which exception does (?P<thing>.*) raise\?")),
    ("count", re.compile(r"How many parameters has (?P<thing>.*)\?")),
    ("parameter", re.compile(r"What is parameter (?P<detail>[1-9]\d?) of (?P<thing>.*)\?")),
    (
        "default",
        re.compile(rf"What is the default of the parameter (?P<detail>{NAME}) of (?P<thing>.*)\?"),
    ),
    ("name", re.compile(r"What is (?P<thing>the first base of .*)\?")),
)


class Step(NamedTuple):
    """One step of a plan: what is done, with what words, on the answers of which earlier steps.

    ``find`` has no earlier step, and ``kind module description`` as its words; ``subtract`` has
    two.
    """

    action: str
    detail: str = ""
    on: tuple[int, ...] = ()


Plan = tuple[Step, ...]
"""Steps in an order in which they can be taken; the last one's answer is that of the question.

A plan without steps is none.
"""


class NoPlan(ValueError):
    """The grammar does not describe a question."""


def plan_question(question: str) -> Plan:
    """Return the plan of a question; it is empty where the grammar does not describe it."""
    steps = list[Step]()
    try:
        if len(question) > LONGEST_QUESTION:
            raise NoPlan
        _plan(question, steps)
    except NoPlan:
        return ()
    return tuple(steps)


def _plan(question: str, steps: list[Step]) -> None:
    if question.startswith(MORE) and question.endswith("?"):
        counts = []
        rest = question.removeprefix(MORE).removesuffix("?")
        for begins in ("", " than "):
            if not rest.startswith(begins):
                raise NoPlan
            thing, rest = _thing(rest.removeprefix(begins), steps, DEEPEST)
            counts.append(_add(steps, Step("count", "", (thing,))))
        _require_end(rest)
        _add(steps, Step("subtract", "", tuple(counts)))
        return
    for action, form in FORMS:
        matched = form.fullmatch(question)
        if matched:
            place, rest = _thing(matched["thing"], steps, DEEPEST)
            _require_end(rest)
            if action != "name":  # what was asked for is known by its name already
                _add(steps, Step(action, matched.groupdict().get("detail", ""), (place,)))
            return
    raise NoPlan


def _thing(words: str, steps: list[Step], depth: int) -> tuple[int, str]:
    """Add the steps to what the words begin with; return the last one's place, and other words."""
    if depth == 0:
        raise NoPlan
    method = METHOD.match(words)
    if words.startswith(BASE):
        place, rest = _thing(words.removeprefix(BASE), steps, depth - 1)
        return _add(steps, Step("base", "", (place,))), rest
    if method:
        place, rest = _thing(words[method.end() :], steps, depth - 1)
        return _add(steps, Step("method", method[1], (place,))), rest
    found = FOUND.match(words)
    if found is None:
        raise NoPlan
    return _add(steps, Step("find", " ".join(found.groups()))), words[found.end() :]


def _add(steps: list[Step], step: Step) -> int:
    """Return the place of a step, which is added unless it is there."""
    if step not in steps:
        steps.append(step)
    return steps.index(step)


def _require_end(words: str) -> None:
    if words:
        raise NoPlan


def hops(plan: Plan) -> int:
    """Return the length of the longest chain of steps in a plan, of which each needs the last."""
    lengths = list[int]()
    for step in plan:
        lengths.append(1 + max((lengths[place] for place in step.on), default=0))
    return max(lengths, default=0)
