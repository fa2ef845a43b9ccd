"""What hostile files hold: texts, numbers and packings that broke other programs.

A text that should be run by nobody writes the file ``RUN`` beside the canary if somebody does.
"""

import bz2
import gzip
import lzma
import os
import pickle
import random
from functools import cache
from typing import Any

RUN = "was-run"
MARK = "kanary"
"""A word in every text of markup, by which what was written of it is found again."""

RUNS = f"touch {RUN}"
MARKUP = (
    f"<script>{MARK}</script>",
    f'"><img src=x onerror={MARK}()>',
    f"</title><svg onload={MARK}>",
    f"]]><{MARK}/>",
    f"[bold red]{MARK}[/bold red]",
    f"[link=file:///etc/passwd]{MARK}[/link]",
    f"[/{MARK}]",
    f"[{MARK}](javascript:{MARK}())",
    f"![{MARK}](http://192.0.2.1/{MARK}.png)",
    f"`{MARK}` | {MARK} | **{MARK}**",
    f"\\write18{{{RUNS}}} {MARK}",
    f"\\input{{/etc/passwd}} {MARK}",
    f"\\end{{tabular}}^^5cwrite18{{{RUNS}}}{MARK}",
    f"=cmd|'/C {RUNS}'!{MARK}",
    f"+{MARK}()",
    f"-{MARK}()",
    f'@SUM({MARK})","={MARK}',
    f"$({RUNS}) `{RUNS}` {MARK}",
    f"'; {RUNS}; '{MARK}",
    f"${{{MARK}}} {{{MARK}}} %({MARK})s {{0.__class__}} $x$",
    f"!!python/object/apply:os.system ['{RUNS}'] {MARK}",
    f"{{{{ {MARK} }}}} <%= {MARK} %> &{MARK}; &#x3c;{MARK}&#x3e;",
)
UNSHOWABLE = (
    "\x1b[2J\x1b]0;title\x07",
    "\x1b]52;c;YQ==\x07",
    "\x1b]8;;http://192.0.2.1\x1b\\link\x1b]8;;\x1b\\",
    "\x1bP+q544e\x1b\\",
    "\x9b31m",
    "a\rb",
    "a\nb",
    "a\x00b",
    "a\x08\x08b",
    "\u202eright to left",
    "\u2066isolated\u2069",
    "zero\u200bwidth\u200djoined\ufeff",
    "a\u2028b\u2029c\x85d",
    "\ud800",
    "\U000e0041\ufe0f",
    "e" + "\u0301" * 60,
    "\ufdfa" * 30,
)
PATHS = (
    "../canary/secret",
    "../../canary/secret",
    "../" * 12 + "etc/passwd",
    "/etc/passwd",
    "/dev/zero",
    "/proc/self/environ",
    "file:///etc/passwd",
    "~root/.ssh/id_rsa",
    "C:\\Windows\\win.ini",
    "a/../../b",
    "-rf",
    ".",
    "..",
    "nul\x00byte",
    "x" * 300,
)
WORDS = ("", " ", "漢字", "👩‍👩‍👧", "nan", "null", "1e999", "0" * 64, "declared", "x" * 3_000)
TEXTS = (*MARKUP, *UNSHOWABLE, *PATHS, *WORDS)
NUMBERS = (
    *(0, 1, -1, 2, 255, 2**31, 2**53 + 1, 2**63, 2**64, 10**30, -(2**63) - 1),
    *(0.0, -0.0, 5e-324, 1e-300, 0.999999, 1.0000001, 1e15, 1e300, -1e300),
    *(float("inf"), float("-inf"), float("nan")),
)
VALUES: tuple[Any, ...] = (*NUMBERS, *TEXTS, None, True, False, [], {}, [[1.0, 2]], {"a": 1})
ENDLESS_NUMBERS = (b"1e999", b"-1e999", b"NaN", b"Infinity", b"-Infinity", b"9" * 5_000, b"0x10")
LINES = (
    *(b"", b"# a comment", b"[]", b"{}", b"null", b"-0", b"\xff", b"\xef\xbb\xbf{}", b"\x00"),
    *(b"[" * 5_000, b'{"a":' * 5_000, b'"\\ud800"', b'{"a":1,"a":2}', b"{'a': 1}"),
)
STARTS = (
    *(b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"\x00" * 9, b"#!/bin/sh\n", b"PK\x03\x04"),
    *(b"\x1f\x8b", b"BZh9", b"\xfd7zXZ\x00", b"(\xb5/\xfd", b"PAR1", b"ARROW1", b"WARC/1.0\r\n"),
    *(b"%PDF-1.7\n", b"<!DOCTYPE html>", b"\x80\x04", b"\x89PNG\r\n\x1a\n", b"%TAG ! x\n---\n"),
)


class _Runs:
    """An object that writes the file ``RUN`` where somebody unpickles it."""

    def __reduce__(self) -> Any:
        return os.system, (RUNS,)


@cache
def pickled() -> bytes:
    """Return a pickle that runs a command where somebody loads it."""
    return pickle.dumps(_Runs())


@cache
def bomb(kind: str = "gz", megabytes: int = 1_024, letter: bytes = b"x") -> bytes:
    """Return a small file that unpacks to so many megabytes of one letter, without a newline."""
    part = letter * (1 << 22)
    packed = gzip.compress(part) if kind == "gz" else bz2.compress(part)
    return packed * (megabytes // 4)


def pack(draw: random.Random, content: bytes) -> bytes:
    """Return the content packed in some way, perhaps several times or with something behind it."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        content = draw.choice((gzip.compress, bz2.compress, lzma.compress))(content)
    return content + draw.choice((b"", b"", b"", b"rest", bytes(50)))


def a_text(draw: random.Random) -> str:
    """Return a hostile text, perhaps two of them in one."""
    return draw.choice(TEXTS) + (draw.choice(TEXTS) if draw.random() < 0.2 else "")
