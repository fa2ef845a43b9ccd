"""Recordings of a terminal in which anybody put anything."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from demo.recording.play import only_drawing
from harness.cast.emulator import drawings
from harness.cast.format import CAST, encode, parse
from harness.cast.markers import extract_markers
from harness.cast.page import PageFacts, render_page
from harness.cast.verify import verify
from harness.errors import BadRequest
from harness.files import results
from harness.files.results import RESULTS_NAME
from harness.model import Status
from harness.takes.privacy import Identity, scan
from harness.takes.recordings import VERDICT_NAME
from tests.casts import race_cast, race_results
from tests.fuzz import hostile
from tests.fuzz.example import Example
from tests.fuzz.mutations import change_bytes, change_number, change_somehow, nested, write_json
from tests.fuzz.outputs import faults_of_document, unshowable
from tests.fuzz.target import Run, Target, verb_faults

LINES_KEPT = 6
NUMBERS = ("", "0", "1", "5", "24", "38;5", "48;2;1;2;999", "1049", "9" * 5_000, "-1", "?", ":1")
LETTERS = ("漢", "e\u0301", "\u0301", "\u200d", "👩‍👩‍👧", "\x00", "\x0b", "\x0e", "\t", "a" * 120)
STARTS = ("\x1b[", "\x1b[?", "\x1b[>", "\x9b", "\x1b]", "\x1b", "\x1bP")
FIELDS = ("version", "width", "height", "timestamp", "idle_time_limit", "title", "env", "term")
OBEYED = ("\x1b]", "\x9b", "\x07", "\x1bP")
FACTS = PageFacts(title="", run_id="7c21", workload="train")
PAGE = ("play", ".", "--into", "out.html")
ASKED = (
    ("verify-cast", "."),
    ("verify-cast", CAST, "--results", RESULTS_NAME, "--size", "90x30"),
    PAGE,
)


@cache
def race() -> tuple[bytes, ...]:
    """Return the lines of a race's recording."""
    return tuple(encode(race_cast()).splitlines(keepends=True))


@cache
def facts() -> bytes:
    """Return the results file of that race."""
    return results.encode(race_results())


@cache
def facts_without_pictures() -> bytes:
    """Return the results file of that race, had it been stopped.

    A page has its pictures from the results alone, and the same ones would be drawn each time.
    """
    return results.encode(replace(race_results(), status=Status.ABORTED))


def _make(draw: random.Random) -> Example:
    kept = sorted(draw.sample(range(1, len(race())), LINES_KEPT))
    lines = [race()[0], *(race()[place] for place in kept)]
    for _ in range(draw.randrange(1, 4)):
        place = draw.randrange(1, len(lines) + 1)
        match draw.randrange(4):
            case 0:
                lines[0] = _change_header(draw, lines[0])
            case _:
                lines[place:place] = [_event(draw)]
    content = b"".join(lines)
    if draw.random() < 0.3:
        content = change_somehow(draw, content, change_bytes, change_number)
    verdict = json.dumps({"schema": hostile.a_text(draw), "cast_sha256": 1}).encode()
    asked = draw.choice(ASKED)
    told = facts_without_pictures() if asked == PAGE else facts()
    return Example({CAST: content, RESULTS_NAME: told, VERDICT_NAME: verdict}, asked)


def _event(draw: random.Random) -> bytes:
    """Return an event that draws something, or no event."""
    pieces = (draw.choice((_sequence(draw), *LETTERS, hostile.a_text(draw))) for _ in range(9))
    event = [draw.random() * 9, draw.choice("omrix"), "".join(pieces)]
    if draw.random() < 0.1:
        event[draw.randrange(3)] = nested(draw, draw.choice(hostile.VALUES))
    return write_json(draw, event) + b"\n"


def _sequence(draw: random.Random) -> str:
    numbers = ";".join(draw.choice(NUMBERS) for _ in range(draw.randrange(4)))
    return f"{draw.choice(STARTS)}{numbers}{chr(draw.randrange(0x20, 0x7F))}"


def _change_header(draw: random.Random, line: bytes) -> bytes:
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):  # a change before this one
        return line
    value = draw.choice((0, 1, 3, 90, -1, 10**9, 1e-9, *hostile.VALUES))
    return write_json(draw, header | {draw.choice(FIELDS): value}) + b"\n"


def _faults(example: Example, run: Run) -> Iterator[str]:
    content = example.files[CAST]
    scan(CAST, content, Identity("/home/me", "me", "here"))
    try:
        cast = parse(content, CAST)
    except BadRequest:
        cast = None
    if cast is not None:
        played = "".join(only_drawing(drawing.text) for drawing in drawings(cast))
        for sign in OBEYED:
            if sign in played:
                yield f"a terminal that plays it is sent {sign!r}"
        inspection = verify(cast, race_results(), ["a headline"])
        if not inspection.reasons:
            yield "a recording of another session is verified"
        for reason in inspection.reasons:
            yield from unshowable("a reason", reason.sentence)
        if parse(encode(extract_markers(cast)), CAST).columns != cast.columns:
            yield "it is written otherwise than it was read"
        words = "\n".join(event.text for event in cast.events[:20])
        facts = replace(FACTS, label=cast.title or "", report=words)
        yield from faults_of_document("html", render_page(cast, facts))
    yield from verb_faults(run, example.words)
    page = Path("out.html")
    if page.is_file():
        yield from faults_of_document("html", page.read_bytes())


TARGETS = (
    Target(
        name="cast",
        reads="run.cast of a take: verify-cast, play, and the page",
        holds="only drawing is sent to a terminal; no other session's recording is verified",
        make=_make,
        faults=_faults,
        examples=60,
        runs_verbs=True,
    ),
)
