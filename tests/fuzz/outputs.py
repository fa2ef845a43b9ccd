"""What must be true of all that the program prints and writes, whatever it was given to read."""

import csv
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from xml.etree import ElementTree

from tests.fuzz.hostile import MARK

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
ERROR = re.compile(r"(?:warning: [^\n]+\n(?:hint: [^\n]+\n)?)*error: [^\n]+\n(?:hint: [^\n]+\n)?")
FAULT_OF_OURS = ("Traceback (most recent", "twoclocks itself failed", "cannot be loaded: ")
LONGEST_ERROR = 5_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
OWN_LINK = re.compile(r"#[a-z0-9-]+|run\.html")
OWN_PICTURE = re.compile(r"data:image/webp;base64,[A-Za-z0-9+/%=]+")
NUMBER = re.compile(r"[-+]?[0-9.]+(?:e[-+]?\d+)?")
TEX_COMMANDS = re.compile(
    r"\\(?:write|input|include|immediate|openout|read|catcode|def|let|csname|usepackage|special)(?![a-zA-Z])"
)
MARKUP_OF_MARKDOWN = re.compile(r"(?<!\\)(?:\\\\)*[<\[`*_$]")
OWN_ELEMENTS = frozenset(
    {
        *("html", "head", "meta", "title", "style", "body", "main", "header", "h1", "p", "dl"),
        *("dt", "dd", "div", "ol", "li", "button", "span", "time", "footer", "script"),
        *("noscript", "template", "nav", "section", "kbd", "aside", "article", "pre"),
        *(
            "figure",
            "figcaption",
            "details",
            "summary",
            "h2",
            "h3",
            "ul",
            "a",
            "b",
            "small",
            "code",
        ),
        *("table", "thead", "tbody", "tr", "th", "td"),
        *("svg", "g", "defs", "path", "use", "rect", "clippath"),
    }
)


@dataclass(frozen=True)
class Outcome:
    """How a run ended: its exit code, what it printed, and the files that it wrote by name."""

    code: int
    out: str = ""
    err: str = ""
    files: Mapping[str, bytes] = field(default_factory=dict)


def faults_of(outcome: Outcome, form: str = "") -> Iterator[str]:
    """Yield a sentence for everything that is wrong with an outcome.

    ``form`` is the format of what it printed: empty for text, else as ``slide --format`` names it.
    """
    for words in FAULT_OF_OURS:
        if words in outcome.out + outcome.err:
            yield f"it says {words!r}: {outcome.err[-400:]}"
    yield from _faults_of_errors(outcome)
    yield from unshowable("standard output", outcome.out)
    yield from unshowable("standard error", outcome.err)
    if outcome.out and outcome.code in (0, 4, 5):
        yield from faults_of_document(form, outcome.out.encode())
    for name, content in outcome.files.items():
        yield from faults_of_document(name.rpartition(".")[2], content)


def _faults_of_errors(outcome: Outcome) -> Iterator[str]:
    if outcome.code not in (0, 2, 4, 5):
        yield f"it ends with {outcome.code}: {outcome.err[-400:]}"
    if outcome.code == 2 and not ERROR.fullmatch(outcome.err):
        yield f"its error is not one sentence and a hint: {outcome.err[-400:]!r}"
    if len(outcome.err) > LONGEST_ERROR:
        yield f"its error has {len(outcome.err):,} characters: {outcome.err[:80]!r}"


def unshowable(where: str, text: str) -> Iterator[str]:
    """Yield a sentence if a text has what a terminal obeys, or what nobody sees."""
    bad = sorted({letter for letter in text if unicodedata.category(letter) in HIDDEN} - {"\n"})
    if bad and bad != ["\r"]:
        yield f"{where} holds {bad[:5]!r}"


def faults_of_document(form: str, content: bytes) -> Iterator[str]:
    """Yield a sentence for everything in a document that does more than say something."""
    match form:
        case "json":
            yield from _faults_of_json(content)
        case "csv":
            yield from _faults_of_csv(content.decode())
        case "tex":
            yield from _faults_of_tex(content.decode())
        case "md":
            yield from _faults_of_markdown(content.decode())
        case "svg":
            yield from _faults_of_svg(content)
        case "html":
            yield from _faults_of_html(content.decode())
        case "pptx":
            yield from _faults_of_deck(content)
        case "txt":
            yield from unshowable("a text", content.decode())


def _faults_of_json(content: bytes) -> Iterator[str]:
    def refuse(constant: str) -> None:
        raise ValueError(f"{constant} is no number of JSON")

    try:
        json.loads(content, parse_constant=refuse)
    except ValueError as error:
        yield f"it writes no JSON: {error}"


def _faults_of_csv(text: str) -> Iterator[str]:
    for row in csv.reader(io.StringIO(text)):
        for cell in row:
            if cell.startswith(FORMULA) and not NUMBER.fullmatch(cell):
                yield f"a spreadsheet runs the cell {cell[:60]!r}"


def _faults_of_tex(text: str) -> Iterator[str]:
    if command := TEX_COMMANDS.search(text):
        yield f"LaTeX runs {command[0]!r}"
    if "^^" in text:
        yield "LaTeX reads characters by their numbers"


def _faults_of_markdown(text: str) -> Iterator[str]:
    for line in text.split("\n"):
        if MARK in line and (markup := MARKUP_OF_MARKDOWN.search(line)):
            yield f"Markdown obeys {markup[0]!r} in {line[:80]!r}"
            return


def _faults_of_svg(content: bytes) -> Iterator[str]:
    try:
        tree = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        yield f"it writes no SVG: {error}"
        return
    for element in tree.iter():
        name = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else "comment"
        if name in ("script", "foreignObject", "iframe", "image", "a", MARK):
            yield f"a picture holds <{name}>"
        for attribute, value in element.attrib.items():
            bare = attribute.rpartition("}")[2]
            if bare.startswith("on") or (bare == "href" and not value.startswith("#")):
                yield f"a picture has {bare}={value[:60]!r}"


class _Elements(HTMLParser):
    """Collects what in a page is more than text."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, or an attribute, that is none of ours."""
        own_picture = OWN_PICTURE.fullmatch(dict(attrs).get("src") or "")
        if tag not in OWN_ELEMENTS and not (tag == "img" and own_picture):
            self.faults.append(f"a page holds <{tag[:40]}>")
        for name, value in attrs:
            ours = OWN_LINK if name == "href" else OWN_PICTURE
            leads = name in ("src", "href") and value and not ours.fullmatch(value)
            if name.startswith("on") or MARK in name or leads:
                self.faults.append(f"a page has {name[:40]}={str(value)[:60]!r}")


def _faults_of_html(text: str) -> Iterator[str]:
    page = _Elements()
    page.feed(text)
    yield from page.faults


def _faults_of_deck(content: bytes) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            damaged = package.testzip()
    except (zipfile.BadZipFile, OSError) as error:
        yield f"it writes no deck: {error}"
        return
    if damaged is not None:
        yield f"it writes a deck of which {damaged} is damaged"
