"""Terminal recordings as strangers have them: each is drawn, or refused in one sentence."""

import codecs
import gzip
import json
from dataclasses import dataclass

import pytest

from harness.cast.emulator import screen_states
from harness.cast.format import Cast, parse
from harness.cast.markers import extract_markers
from harness.errors import BadRequest
from harness.takes.privacy import Identity, scan

HEAD = {"version": 2, "width": 20, "height": 3}
OF_3 = {"version": 3, "term": {"cols": 20, "rows": 3}}


def lines(*documents: object) -> bytes:
    return "".join(f"{json.dumps(document)}\n" for document in documents).encode()


def cast_of(text: str) -> bytes:
    return lines(HEAD, [1.0, "o", text])


@dataclass(frozen=True)
class Read:
    """A recording's bytes, and its last screen."""

    sentence: str
    content: bytes
    screen: str


READ = (
    Read("a byte order mark", codecs.BOM_UTF8 + cast_of("ab"), "ab"),
    Read("lines that end as on Windows", cast_of("ab").replace(b"\n", b"\r\n"), "ab"),
    Read("version 3", lines(OF_3, [1.0, "o", "a"], [0.5, "o", "b"]), "ab"),
    Read("an event of a code that nobody knows", lines(HEAD, [0.5, "z", "?"], [1, "o", "a"]), "a"),
    Read("no event", lines(HEAD), ""),
    Read("a private colour", cast_of("a\x1b[?4mb"), "ab"),
    Read("a private margin", cast_of("a\x1b[?1;2rb"), "ab"),
    Read("a wide letter of which the left half is left over", cast_of("漢b\x1b[2Gx"), " xb"),
    Read("a wide letter of which the right half is left over", cast_of("漢b\r\x1b[Ga"), "a b"),
    Read("a combining mark in the first column", cast_of("\u0301a"), "a"),
    Read("a cursor off the screen", cast_of("\x1b[99;99Ha"), "\n\n                   a"),
    Read("a number without end", lines(HEAD, [1, "o", f"\x1b[{'9' * 5000}C"], [2, "o", "a"]), "a"),
    Read("an unfinished sequence", cast_of("a\x1b[12"), "a"),
    Read("a title", cast_of("\x1b]0;title\x07a"), "a"),
    Read("a title without an end", lines(HEAD, [1, "o", "\x1b]0;ti"], [2, "o", "\x1b[1ma"]), "a"),
    Read("a device's string", cast_of("\x1bP+q544e\x1b\\a"), "a"),
    Read("a sign with a variation and a joiner", cast_of("⚠\ufe0f a\u200db"), "⚠ ab"),
    Read("a control character of no meaning", cast_of("a\x01b"), "ab"),
    Read("text cut at no line separator", cast_of("a\u2028b"), "ab"),
    Read("times that fall", lines(HEAD, [2.0, "o", "a"], [1.0, "o", "b"]), "ab"),
    Read("a terminal that changes its size", lines(HEAD, [1, "r", "9x9"], [2, "o", "a"]), "a"),
    Read("a size that is none", lines(HEAD, [1, "r", "²x-1"], [2, "o", "a"]), "a"),
)


def last_screen(cast: Cast) -> str:
    states = list(screen_states(cast))
    return states[-1].text.rstrip() if states else ""


@pytest.mark.parametrize("case", READ, ids=lambda case: case.sentence)
def test_a_recording_is_drawn_as_a_terminal_shows_it(case: Read) -> None:
    assert last_screen(parse(case.content, "run.cast")) == case.screen


@dataclass(frozen=True)
class Refusal:
    """A file's bytes, and why it is no recording."""

    what: str
    content: bytes
    sentence: str


NO_HEADER = "run.cast is not a recording: its first line is not an asciicast header"
REFUSED = (
    Refusal("nothing", b"", NO_HEADER),
    Refusal("a picture", b"\x89PNG\r\n\x1a\n", NO_HEADER),
    Refusal("gzip", gzip.compress(cast_of("a")), "run.cast is compressed by gzip"),
    Refusal("UTF-16", cast_of("a").decode().encode("utf-16"), "run.cast is UTF-16, not UTF-8"),
    Refusal(
        "version 1",
        lines({"version": 1, "width": 80, "height": 24, "stdout": []}),
        "run.cast is an asciicast of version 1, this program reads 2 and 3",
    ),
    Refusal("no columns", lines({**HEAD, "width": 0}), NO_HEADER),
    Refusal("a million columns", lines({**HEAD, "width": 10**6}), NO_HEADER),
    Refusal("a million rows", lines({"version": 3, "term": {"cols": 1, "rows": 10**6}}), NO_HEADER),
    Refusal(
        "a time before the beginning", lines(HEAD, [-1, "o", "a"]), "line 2 of run.cast is not"
    ),
    Refusal(
        "a time that is no number", cast_of("a").replace(b"1.0", b"NaN"), "line 2 of run.cast is"
    ),
    Refusal(
        "a time without end", cast_of("a").replace(b"1.0", b"1e999"), "line 2 of run.cast is not"
    ),
    Refusal("a time of years", lines(HEAD, [1e9, "o", "a"]), "line 2 of run.cast is not an event"),
    Refusal("half a pair of surrogates", cast_of("\ud800"), "line 2 of run.cast is not an event"),
    Refusal(
        "no UTF-8", cast_of("a").replace(b'"a"', b'"\xff"'), "line 2 of run.cast is not an event"
    ),
    Refusal(
        "a line of 9 MB",
        cast_of("a" * 9_000_000),
        "its 9,000,014 bytes are more than a line may have",
    ),
    Refusal("a line that was cut", cast_of("ab")[:-5], "line 2 of run.cast is not an event"),
)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.what)
def test_what_is_no_recording_is_refused_in_one_sentence(case: Refusal) -> None:
    with pytest.raises(BadRequest) as refused:
        parse(case.content, "run.cast")
    assert case.sentence in refused.value.sentence
    assert refused.value.sentence.isprintable()


def test_a_marker_of_another_time_than_a_program_writes_is_no_marker() -> None:
    endless = parse(cast_of(f"\x1b]7719;twoclocks;{'9' * 5000};go\x1b\\"), "run.cast")
    assert extract_markers(endless).markers == ()


def test_a_home_is_looked_for_behind_a_separator_that_is_no_line_end() -> None:
    cast = json.dumps(HEAD) + '\n[1.0, "o", "\u2028 see \\u001b[1m/home/nobody\\u001b[0m"]\n'
    leaks = scan("run.cast", cast.encode(), Identity())
    assert [leak.masked for leak in leaks] == ["/ho***"]
