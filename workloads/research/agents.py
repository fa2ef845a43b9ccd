"""What each agent does with a chunk of work; pure functions, so that any worker gives the same.

A *planner* splits questions into steps, a *reader* encodes passages for the index, a *seeker* finds
what a description means or looks something up in source code, a *calculator* calculates. What
passes between them is text; a passage, a question and an answer are never run. Imports this package
and ``workloads.embed``.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from workloads.embed import kernel
from workloads.embed.encoder import cached_encoder
from workloads.embed.model import Model
from workloads.embed.onnx_file import Array
from workloads.research import calculator, tools
from workloads.research.endpoint import ask_for_plan
from workloads.research.library import Library, catalogue, texts_at
from workloads.research.planner import Plan, plan_question

MOST_CANDIDATES = 9  # the first one, and one for each time that the judge asks again

Texts = Sequence[str]

Answers = tuple[str, ...]
"""The answer of each question, in their order (empty: there is none)."""


class Backlog(NamedTuple):
    """The input of both sides: questions, what may be read, and the encoder.

    ``passages``, ``again``, ``batch`` and ``endpoint`` are as in the settings, and ``planner`` is
    the ``model`` of these.
    """

    questions: kernel.Corpus
    library: Library
    model: Model
    passages: int
    again: int
    batch: int
    endpoint: str = ""
    planner: str = ""


class SubQuestion(NamedTuple):
    """A step with the answers that it builds on: what is asked, and known on the board by."""

    action: str
    detail: str
    about: tuple[str, ...] = ()


SubAnswer = tuple[str, ...]
"""The candidates for an answer, the best first; it is empty where there is none."""


class Work(NamedTuple):
    """A chunk of work for one agent: places of questions or definitions, or sub-questions.

    ``steps`` is what it counts.
    """

    role: str
    places: tuple[int, ...] = ()
    asked: tuple[SubQuestion, ...] = ()
    steps: int = 0


SAYS = {
    "find": "{detail}",
    "method": "method {detail} of {about}",
    "parameter": "parameter {detail} of {about}",
    "default": "default of {detail}, {about}",
    "count": "parameters of {about}",
    "raises": "exception of {about}",
    "base": "base of {about}",
}


def activity_of(work: Work) -> str:
    """Return in a few words what an agent does with a chunk of work: its role, and one thing."""
    if not work.asked:
        role, _, kind = work.role.partition(" of ")
        return f"{role} · {kind or 'questions'}"
    action, detail, about = work.asked[0]
    if action == "subtract":
        return f"calculator · {' - '.join(about)}"
    if action == "find":
        detail = " in ".join(detail.split(" ")[:2])
    thing = tools.short_name(about[0]) if about else ""
    return f"seeker · {SAYS[action].format(detail=detail, about=thing)}"


def do_work(work: Work, backlog: Backlog, index: Array) -> Any:
    """Do a chunk of work: plans, vectors, or an answer to each sub-question.

    Until there is an ``index`` it is empty.
    """
    library, model, batch = backlog.library, backlog.model, backlog.batch
    match work.role:
        case "planner":
            return plan(texts_at(backlog.questions, work.places), backlog.endpoint, backlog.planner)
        case "reader of declarations":
            return read(texts_at(library.declarations, work.places), model, batch)
        case "reader of details":
            return read(texts_at(library.details, work.places), model, batch)
        case "seeker":
            return find(work.asked, library, index, model, batch)
        case "calculator":
            return subtract(work.asked)
        case _:
            return look_up(work.asked, library, index)


def plan(questions: Texts, endpoint: str, planner: str) -> list[Plan]:
    """Return the plan of each question, by the grammar or by a language model at an endpoint."""
    if endpoint:
        return [ask_for_plan(question, endpoint, planner) for question in questions]
    return [plan_question(question) for question in questions]


def read(texts: Texts, model: Model, batch: int) -> Array:
    """Return the unit vectors (texts, width) of texts; those of equal length share batches."""
    encoder = cached_encoder(model)
    batching = kernel.make_batching(kernel.tokenize_with(encoder, list(texts)), batch)
    everything = (0, len(batching.bounds) - 1)
    return kernel.restore_order(batching, [kernel.embed_with(encoder, everything, batching)])


def find(
    asked: Sequence[SubQuestion], library: Library, index: Array, model: Model, batch: int
) -> list[SubAnswer]:
    """Return the definitions of a kind and module that are nearest to each description."""
    known = catalogue(library)
    words = [one.detail.split(" ", 2) for one in asked]
    vectors = read([description for _, _, description in words], model, batch)
    answers = list[SubAnswer]()
    for vector, (kind, module, _) in zip(vectors, words, strict=True):
        places = known.modules.get((kind, module), ())
        found = tools.nearest(vector, places, index, MOST_CANDIDATES) if places else []
        answers.append(tuple(tools.name_of(place, library) for place in found))
    return answers


def look_up(asked: Sequence[SubQuestion], library: Library, index: Array) -> list[SubAnswer]:
    """Return what the source code says about each sub-question."""
    found = (_look_up(one, library, index) for one in asked)
    return [(answer,) if answer else () for answer in found]


def _look_up(asked: SubQuestion, library: Library, index: Array) -> str:
    (thing,) = asked.about
    match asked.action:
        case "base":
            return tools.base(thing, library, index)
        case "method":
            return tools.method(thing, asked.detail, library, index)
        case "parameter":
            return tools.parameter(thing, asked.detail, library)
        case "default":
            return tools.default(thing, asked.detail, library)
        case "raises":
            return tools.raises(thing, library)
        case _:
            return tools.count(thing, library)


def subtract(asked: Sequence[SubQuestion]) -> list[SubAnswer]:
    """Return the difference of the two numbers that each sub-question is about."""
    results = calculator.calculate([" - ".join(one.about) for one in asked])
    return [(result,) if result else () for result in results]
