"""Presenters' own decks, of which a part is not what it should be."""

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from pptx import Presentation

from demo.report import update_deck
from harness.files import atomic
from harness.show.deck.build import deck_of
from harness.show.deck.canvas import LAYOUT
from harness.show.deck.presentation import Template, as_pptx
from harness.show.deck.values import Deck
from harness.show.pptx import LARGEST_BYTES
from harness.talk.agenda_file import read_agenda
from tests.fuzz import hostile
from tests.fuzz.example import Example
from tests.fuzz.mutations import change_bytes, change_somehow, write_zip
from tests.fuzz.outputs import faults_of, faults_of_document
from tests.fuzz.target import Run, Target, outcome_of
from tests.show.decks import REPORT, a_deck, parts, saved

CHANGED = (
    *("ppt/slides/slide2.xml", "ppt/presentation.xml", "[Content_Types].xml"),
    *("ppt/_rels/presentation.xml.rels", "ppt/slides/_rels/slide2.xml.rels"),
)
OF_TEMPLATE = (
    *("ppt/slideLayouts/slideLayout6.xml", "ppt/slideMasters/slideMaster1.xml"),
    *("ppt/presentation.xml", "[Content_Types].xml", "ppt/theme/theme1.xml"),
    *("ppt/_rels/presentation.xml.rels", "ppt/slideMasters/_rels/slideMaster1.xml.rels"),
)
ENTITIES = (
    b'<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]>',
    b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:../canary/secret">]>',
    b'<!DOCTYPE a SYSTEM "../canary/secret">',
    b'<?xml-stylesheet href="../canary/secret"?>',
)
ADDED = (
    "ppt/embeddings/a.bin",
    "ppt/vbaProject.bin",
    "ppt/slides/SLIDE2.xml",
    "ppt/media/a.svg",
    "customXml/item1.xml",
)


@cache
def _parts() -> dict[str, bytes]:
    return parts(a_deck("speedup", "caveats", "say"))


def _make(draw: random.Random) -> Example:
    content = dict(_parts())
    for name in draw.sample(CHANGED, draw.choice((1, 1, 2))):
        content[name] = _changed_part(draw, content[name])
    if draw.random() < 0.2:
        content[draw.choice(ADDED)] = draw.choice((hostile.pickled(), b"<a/>", bytes(5_000_000)))
    deck = write_zip(draw, content)
    return Example({"deck.pptx": change_somehow(draw, deck) if draw.random() < 0.1 else deck})


def _changed_part(draw: random.Random, part: bytes) -> bytes:
    match draw.randrange(6):
        case 0:
            head, end, rest = part.partition(b"?>")
            return head + end + draw.choice(ENTITIES) + rest
        case 1:
            text = hostile.a_text(draw).encode("utf-8", "surrogatepass")
            return part.replace(b"twoclocks:speedup", b"twoclocks:" + text, 1)
        case 2:
            target = draw.choice(hostile.PATHS).encode()
            return part.replace(b'Target="', b'TargetMode="External" Target="' + target, 1)
        case 3:
            depth = draw.choice((100, 50_000))
            return part.replace(b"<p:sp>", b"<p:grpSp>" * depth + b"<p:sp>", 1)
        case 4:
            return part.replace(draw.choice((b"speedup", b"p:", b"rId2", b"slide2")), b"caveats")
        case _:
            return change_bytes(draw, part)


def _faults(example: Example, _: Run) -> Iterator[str]:
    path = Path("deck.pptx")
    outcome = outcome_of(lambda: update_deck(path, REPORT)[0])
    yield from faults_of(outcome)
    if example.nodes:
        return
    if outcome.code == 0:
        yield from faults_of_document("pptx", path.read_bytes())
    elif path.read_bytes() != example.files["deck.pptx"]:
        yield "a deck that is refused is changed"


@cache
def _template_parts() -> dict[str, bytes]:
    return parts(saved(Presentation()))


@cache
def _short_deck() -> Deck:
    """Return a talk of its first two slides, which are texts and quickly written."""
    deck = deck_of(REPORT, read_agenda())
    assert deck is not None
    return replace(deck, slides=deck.slides[:2])


def _make_template(draw: random.Random) -> Example:
    content = dict(_template_parts())
    for name in draw.sample(OF_TEMPLATE, draw.choice((1, 1, 2))):
        content[name] = _changed_part(draw, content[name])
    if draw.random() < 0.2:
        content[draw.choice(ADDED)] = draw.choice((hostile.pickled(), b"<a/>", bytes(5_000_000)))
    template = write_zip(draw, content)
    changed = change_somehow(draw, template) if draw.random() < 0.1 else template
    return Example({"master.potx": changed})


def _faults_of_template(example: Example, _: Run) -> Iterator[str]:
    written: list[bytes] = []

    def write() -> str:
        content = atomic.read(Path("master.potx"), LARGEST_BYTES, "template", "name another")
        template = Template(content, LAYOUT)
        written.append(as_pptx(_short_deck(), None, template=template))
        return ""

    outcome = outcome_of(write)
    yield from faults_of(outcome)
    if written:
        yield from faults_of_document("pptx", written[0])


TARGETS = (
    Target(
        name="deck",
        reads="a deck of the presenter's: slide --into",
        holds="a deck that is refused stays as it was",
        make=_make,
        faults=_faults,
        examples=60,
    ),
    Target(
        name="template",
        reads="a template of the presenter's: deck --template",
        make=_make_template,
        faults=_faults_of_template,
        examples=40,
    ),
)
