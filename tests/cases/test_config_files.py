"""Agendas, price lists and declared results as people write them: read, or one sentence why not."""

import codecs
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from demo.options import EXAMPLE_PRICES, read_prices
from harness.errors import BadRequest
from harness.files import declared
from harness.talk.agenda_file import DEFAULT_AGENDA, read_agenda

EXAMPLE_RESULT = Path(__file__).parents[2] / "demo" / "examples" / "nightly-retrain.toml"
Reader = Callable[[Path], Any]


@dataclass(frozen=True)
class Kind:
    """A kind of file: its reader, the text of the example, and the name of its first value."""

    name: str
    read: Reader
    text: str
    first: str

    def file(self, folder: Path, content: bytes) -> Path:
        path = folder / "mine.toml"
        path.write_bytes(content)
        return path


PRICES = Kind("price list", read_prices, EXAMPLE_PRICES.read_text("utf-8"), "currency")
TALK = Kind("talk", read_agenda, DEFAULT_AGENDA.read_text("utf-8"), "length")
RESULT = Kind("declared result", declared.load, EXAMPLE_RESULT.read_text("utf-8"), "source")
KINDS = (PRICES, TALK, RESULT)
of_every_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)


def first_line(kind: Kind) -> str:
    return next(line for line in kind.text.split("\n") if line.startswith(f"{kind.first} ="))


def refusal(kind: Kind, path: Path) -> BadRequest:
    with pytest.raises(BadRequest) as refused:
        kind.read(path)
    assert refused.value.sentence.isprintable()
    assert len(refused.value.sentence) < 500
    assert refused.value.hint
    return refused.value


@of_every_kind
@pytest.mark.parametrize(
    ("start", "line_end"),
    [(codecs.BOM_UTF8, "\n"), (b"", "\r\n"), (codecs.BOM_UTF8, "\r\n")],
    ids=["byte order mark", "CRLF", "both"],
)
def test_a_file_of_another_system_is_the_same(
    kind: Kind, start: bytes, line_end: str, tmp_path: Path
) -> None:
    content = start + kind.text.replace("\n", line_end).encode()
    plain = kind.read(kind.file(tmp_path, kind.text.encode()))
    assert kind.read(kind.file(tmp_path, content)) == plain


@dataclass(frozen=True)
class Fault:
    """What is done to a file of any kind, and what the sentence says then; braces are filled in."""

    what: str
    change: Callable[[Kind], bytes]
    sentence: str


def after(text: str) -> Callable[[Kind], bytes]:
    return lambda kind: f"{kind.text}\n{text}".encode()


def before(text: str) -> Callable[[Kind], bytes]:
    return lambda kind: f"{text}\n{kind.text}".encode()


FAULTS = (
    Fault("nothing", lambda _: b"", "{first} is missing"),
    Fault("UTF-16", lambda kind: kind.text.encode("utf-16"), "line 1, byte 1 is not UTF-8"),
    Fault(
        "Latin-1", lambda kind: b"# a\n# \xe4\n" + kind.text.encode(), "line 2, byte 3 is not UTF-8"
    ),
    Fault(
        "a name given twice",
        lambda kind: f"{first_line(kind)}\n{kind.text}".encode(),
        "its name is given twice",
    ),
    Fault("JSON", lambda _: b'{"a": 1}', "line 1, '{{\"a\": 1}}': invalid statement"),
    Fault("YAML", lambda _: b"length: 5\n", "line 1, 'length: 5': expected '=' after a key"),
    Fault("a zero byte", lambda kind: b"\x00" + kind.text.encode(), "line 1, "),
    Fault("an unknown name", before("zzz = 1"), "'zzz' is not known"),
    Fault("a name without end", before(f'"{"k" * 5000}" = 1'), f"'{'k' * 40}' is not known"),
    Fault("a name that draws", before('"a\\u001b[2J" = 1'), "'a\\x1b[2J' is not known"),
    Fault(
        "a number of 5,000 digits", before(f"zzz = {'9' * 5000}"), "a number has too many digits"
    ),
    Fault("a list of 50,000 in each other", after("zzz = " + "[" * 50_000), "is not TOML"),
    Fault("a table of 5,000 in each other", after(f"[a{'.a' * 5_000}]"), "'a' is not known"),
    Fault("a text without an end", after('zzz = "abc'), "unterminated string"),
    Fault("100,000 entries", after("k = 1\n" * 100_000), "is larger than any {name}"),
    Fault("a day that no calendar has", after("zzz = 2026-02-31"), "is not TOML"),
)


@of_every_kind
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.what)
def test_what_cannot_be_read_is_refused_with_its_line_or_its_name(
    kind: Kind, fault: Fault, tmp_path: Path
) -> None:
    refused = refusal(kind, kind.file(tmp_path, fault.change(kind)))
    sentence = fault.sentence.format(first=kind.first, name=kind.name)
    assert sentence.lower() in refused.sentence.lower()


@dataclass(frozen=True)
class Value:
    """A part of an example, what stands in its place, and the sentence for it."""

    kind: Kind
    old: str
    new: str
    sentence: str


VALUES = (
    Value(PRICES, "0.34", "nan", "baseline_per_hour is nan, the least is 1e-06"),
    Value(PRICES, "0.34", "1e400", "baseline_per_hour is inf, the most is 1e+06"),
    Value(PRICES, "0.34", "9" * 30, "baseline_per_hour is too large, the most is 1e+06"),
    Value(PRICES, "0.34", "-1", "baseline_per_hour is -1, the least is 1e-06"),
    Value(PRICES, "0.34", "true", "baseline_per_hour is true, not a number"),
    Value(PRICES, "0.34", "0,34", "'baseline_per_hour = 0,34': expected newline"),
    Value(PRICES, '"USD"', '["USD"]', "currency is a list, not a text"),
    Value(PRICES, '"2026-01-01"', "07:32:00", "date is '07:32:00', not a day"),
    Value(
        PRICES, "illustrative = true", "illustrative = 1", "illustrative is 1, not true or false"
    ),
    Value(PRICES, "illustrative = true", 'illustrative = true\noffers = ["a"]', "offers[0] is 'a'"),
    Value(TALK, '"12:00"', "12", "length is '12', not a time such as 1:30"),
    Value(TALK, '"12:00"', '"١٢:٠٠"', "length is '١٢:٠٠', not a time such as 1:30"),
    Value(
        TALK, "{axis}", "{0.__class__}", "beats[1].say names {0.__class__}, which no workload says"
    ),
    Value(TALK, "{axis}", "{axis:>999999999}", "beats[1].say names {axis:>999999999}, which no"),
    Value(RESULT, '"11.4 h"', '["11.4 h", "x"]', "baseline.time is 'x', not a time"),
    Value(RESULT, '"11.4 h"', "nan", "baseline.time is nan, not between 1e-09 and 1e+09"),
    Value(
        RESULT, '"11.4 h"', f"[{'1,' * 200}1]", "baseline.time has 201 values, not between 1 and"
    ),
    Value(RESULT, "0.741", '"0.741"', "baseline.quality is '0.741', not a number"),
    Value(RESULT, "workers = 8\n", "workers = 8.0\n", "distributed[0].workers is 8.0, not a whole"),
    Value(
        RESULT, "workers = 8\n", "workers = 10_000_000\n", "distributed[0].workers is 10,000,000"
    ),
    Value(RESULT, "9.40", "-1", "baseline.cost is -1, the least is 1e-09"),
    Value(RESULT, "0.005", "-0.005", "words.tolerance is -0.005, the least is 0"),
)


@pytest.mark.parametrize("case", VALUES, ids=lambda case: case.sentence[:50])
def test_a_value_that_cannot_be_is_refused_with_its_name_and_itself(
    case: Value, tmp_path: Path
) -> None:
    text = case.kind.text.replace(case.old, case.new)
    assert case.sentence in refusal(case.kind, case.kind.file(tmp_path, text.encode())).sentence


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def a_loop(folder: Path) -> Path:
    (folder / "loop").symlink_to(folder / "loop")
    return folder / "loop"


NO_FILES: dict[str, tuple[Callable[[Path], Path], str]] = {
    "a folder": (lambda folder: folder, "is not a file"),
    "a pipe": (a_pipe, "is not a file"),
    "a device": (lambda _: Path("/dev/zero"), "is not a file"),
    "links in a circle": (a_loop, "Too many levels of symbolic links"),
    "nothing": (lambda folder: folder / "missing.toml", "there is no "),
    "no name": (lambda folder: folder / "a\0b", "embedded null byte"),
}


@of_every_kind
@pytest.mark.parametrize("what", NO_FILES)
def test_what_is_no_file_is_refused_and_not_waited_for(
    kind: Kind, what: str, tmp_path: Path
) -> None:
    make, sentence = NO_FILES[what]
    assert sentence in refusal(kind, make(tmp_path)).sentence
