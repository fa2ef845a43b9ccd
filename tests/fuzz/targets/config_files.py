"""Agendas, price lists and declared results: TOML that people write, and what a talk leaves."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from demo.options import EXAMPLE_PRICES, read_prices
from harness.files.journal import JOURNAL_NAME
from harness.files.results import RESULTS_NAME
from harness.model import Results
from harness.report import Report
from harness.show.export import Form
from harness.talk.agenda_file import DEFAULT_AGENDA
from harness.talk.broadcast import BROADCAST_NAME
from harness.talk.history import REHEARSALS_NAME
from tests.builders import a_results
from tests.fuzz import hostile
from tests.fuzz.example import Example
from tests.fuzz.mutations import (
    change_bytes,
    change_json_line,
    change_lines,
    change_somehow,
    change_toml,
)
from tests.fuzz.outputs import faults_of, faults_of_document
from tests.fuzz.target import Run, Target, outcome_of, verb_faults
from tests.fuzz.targets.takes import JOURNAL, RESULTS
from tests.show.decks import a_deck

EXAMPLE_RESULT = Path(__file__).parents[3] / "demo" / "examples" / "nightly-retrain.toml"
TALK, PRICES, RESULT = (
    path.read_text("utf-8") for path in (DEFAULT_AGENDA, EXAMPLE_PRICES, EXAMPLE_RESULT)
)
CONFIGURATION = {
    "workload": "train",
    "params": {},
    "workers": 2,
    "cores_per_worker": 1,
    "baseline_cores": 1,
    "schedule": "in-turn",
    "trials": 1,
    "simulated": False,
}
BROADCAST = {
    "type": "begun",
    "at": 1.0,
    "pid": 1,
    "length": 720.0,
    "beats": [{"name": "demo", "budget": 60.0, "say": "look"}],
    "configuration": CONFIGURATION,
    "schema": "twoclocks.talk/1",
}
REHEARSAL = {
    "schema": "twoclocks.rehearsals/1",
    "began_utc": "2026-11-22T09:14:07Z",
    "status": "complete",
    "alone": False,
    "configuration": CONFIGURATION,
    "length": 720.0,
    "beats": [{"name": "demo", "budget": 60.0, "taken": 61.0}],
    "baseline_s": [40.0],
    "distributed_s": [20.0],
}
DECLARED = (
    *(("slide", "mine.toml", "--format", form) for form in ("md", "csv", "json", "tex")),
    *(
        ("slide", "mine.toml", "--appendix"),
        ("audit", "mine.toml"),
        ("audit", "mine.toml", "--json"),
    ),
)
DRAWN = (
    ("slide", "mine.toml", "--out", "out"),
    ("slide", "mine.toml", "--into", "deck.pptx"),
)


def _changed(draw: random.Random, text: str) -> bytes:
    """Return a file of TOML with a few of its values changed, or its bytes."""
    for _ in range(draw.choice((1, 1, 2, 4))):
        text = change_toml(draw, text)
    content = text.encode("utf-8", "surrogatepass")
    return change_somehow(draw, content) if draw.random() < 0.2 else content


def _with_words(draw: random.Random, text: str) -> bytes:
    """Return a file of TOML that is valid, and whose words are markup."""
    lines = text.split("\n")
    worded = [place for place, line in enumerate(lines) if _is_worded(line)]
    for place in draw.sample(worded, min(len(worded), draw.choice((1, 3, 9)))):
        name = lines[place].partition("=")[0]
        lines[place] = f"{name}= {json.dumps(draw.choice(hostile.MARKUP))}"
    return "\n".join(lines).encode()


def _is_worded(line: str) -> bool:
    return '= "' in line and not line.startswith(("date", "length", "slack", "budget", "time"))


def _make_declared(draw: random.Random) -> Example:
    change = draw.choice((_changed, _with_words))
    files = {"mine.toml": change(draw, RESULT), "deck.pptx": a_deck("say", "cost", "provenance")}
    return Example(files, draw.choice(DRAWN if draw.random() < 0.02 else DECLARED))


def _declared_faults(example: Example, run: Run) -> Iterator[str]:
    form = example.words[-1] if "--format" in example.words else ""
    form = "json" if "--json" in example.words else form
    yield from verb_faults(run, example.words, form=form)
    deck = Path("deck.pptx")
    if deck.is_file() and not example.nodes:
        yield from faults_of_document("pptx", deck.read_bytes())


def _make_prices(draw: random.Random) -> Example:
    change = draw.choice((_changed, _with_words))
    return Example({"mine.toml": change(draw, PRICES)})


def _prices_faults(_: Example, __: Run) -> Iterator[str]:
    """Read the price list, and write a session with these prices in every format."""
    read = outcome_of(lambda: Report.of(_priced()).text)
    yield from faults_of(read)
    if read.code == 0:
        report = Report.of(_priced())
        for form in Form:
            yield from faults_of_document(str(form), report.export(form).encode())


def _priced() -> Results:
    facts = a_results()
    return replace(facts, spec=replace(facts.spec, prices=read_prices(Path("mine.toml"))))


def _make_talk(draw: random.Random) -> Example:
    """Draw a talk of which one file is hostile: the agenda, the broadcast or the rehearsals."""
    broadcast, rehearsals = (json.dumps(tree).encode() + b"\n" for tree in (BROADCAST, REHEARSAL))
    agenda = TALK.encode()
    match draw.randrange(4):
        case 0:
            agenda = _with_words(draw, TALK)
        case 1:
            agenda = _changed(draw, TALK)
        case 2:
            broadcast = change_somehow(draw, broadcast, change_json_line, change_lines)
        case _:
            rehearsals = change_somehow(draw, rehearsals, change_json_line, change_bytes)
    files = {
        "talk.toml": agenda,
        f"recordings/{BROADCAST_NAME}": broadcast,
        f"recordings/{REHEARSALS_NAME}": rehearsals,
        f"recordings/take/{RESULTS_NAME}": RESULTS,
        f"recordings/take/{JOURNAL_NAME}": JOURNAL,
    }
    return Example(files, ("cue", "recordings/take", "--talk", "talk.toml"))


def _talk_faults(example: Example, run: Run) -> Iterator[str]:
    if f"recordings/take/{JOURNAL_NAME}" not in example.nodes:  # one without an end is waited for
        yield from verb_faults(run, example.words)


TARGETS = (
    Target(
        name="declared",
        reads="a declared result: slide in every format, audit, a deck",
        make=_make_declared,
        faults=_declared_faults,
        examples=60,
        runs_verbs=True,
    ),
    Target(
        name="prices",
        reads="a price list, and the exports that name it",
        make=_make_prices,
        faults=_prices_faults,
        examples=60,
    ),
    Target(
        name="talk",
        reads="talk.toml, the broadcast of a talk and the list of rehearsals: cue",
        make=_make_talk,
        faults=_talk_faults,
        examples=30,
        runs_verbs=True,
    ),
)
