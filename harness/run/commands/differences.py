"""Where two answers differ first, and whether they differ in more than the order of their lines.

May import ``model``, ``text`` and ``run``.
"""

import re
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

from harness.model import AnswerDifference, Difference, Side
from harness.run.home import hide_home, home_folder
from harness.text import printable

LONGEST_SHOWN = 160
COMPARED_BYTES = 16 << 20
BLOCK_BYTES = 1 << 16
RAY_LOG = (
    rb"^(?:\x1b\[[\d;]*m)*(?:\([^()]*\bpid=\d+[^()]*\)|\(raylet[^()]*\)|\(autoscaler[^()]*\)|"
    rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d[,.]\d+\s+(?:DEBUG|INFO|WARNING)\s+\w+\.py:\d+).*"
)
_RAY_LOG = re.compile(RAY_LOG)


def copy_beginning(path: Path, into: Path) -> None:
    """Keep as much of an answer as another one is compared with to see where they differ."""
    with path.open("rb") as answer, into.open("wb") as beginning:
        left = COMPARED_BYTES
        while left and (block := answer.read(min(left, BLOCK_BYTES))):
            beginning.write(block)
            left -= len(block)


def first_difference(first: Path, first_side: Side, other: Path) -> AnswerDifference:
    """Return how an answer differs from the session's first, which that side gave."""
    ours, theirs = _beginning(first), _beginning(other)
    whole = max(len(ours), len(theirs)) < COMPARED_BYTES
    if b"\0" in ours or b"\0" in theirs:
        place = next(
            (place for place, (a, b) in enumerate(zip_longest(ours, theirs)) if a != b), len(ours)
        )
        return AnswerDifference(kind=Difference.BYTES, place=place, first_side=first_side)
    one, two = ours.splitlines(keepends=True), theirs.splitlines(keepends=True)
    kind = _kind(one, two) if whole else Difference.LINES
    places = ((n, a, b) for n, (a, b) in enumerate(zip_longest(one, two), 1) if a != b)
    place, line, changed = next(places, (len(one) + 1, None, None))
    return AnswerDifference(
        kind=kind,
        place=place,
        first=_extract(line, changed),
        other=_extract(changed, line),
        first_side=first_side,
    )


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(COMPARED_BYTES)


def _kind(one: list[bytes], two: list[bytes]) -> Difference:
    """Return what two lists of lines differ in."""
    before, after = list(_ended(one)), list(_ended(two))
    if before != after and sorted(before) == sorted(after):
        return Difference.ORDER
    ours, theirs = (list(_without_ray_log(lines)) for lines in (one, two))
    if before != after and sorted(ours) == sorted(theirs):
        return Difference.RAY_LOG
    return Difference.LINES


def _ended(lines: list[bytes]) -> Iterator[bytes]:
    return (line.rstrip(b"\r\n") for line in lines)


def _without_ray_log(lines: list[bytes]) -> Iterator[bytes]:
    return (line for line in _ended(lines) if not _RAY_LOG.match(line))


def _extract(line: bytes | None, beside: bytes | None) -> str:
    """Return a line as it is shown beside another: short, and around where the two part.

    Blanks at its end are shown where nothing else differs. Empty: there is no such line.
    """
    if line is None:
        return ""
    text, other = (part.decode(errors="replace") for part in (line, beside or b""))
    if text.strip() == other.strip():
        return repr(text[:LONGEST_SHOWN])
    parts = next((n for n, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), 0)
    begins = max(0, parts - LONGEST_SHOWN // 2)
    body = hide_home(text[begins : begins + LONGEST_SHOWN].strip(), home_folder())
    return f"{'…' if begins else ''}{printable(body)}"
