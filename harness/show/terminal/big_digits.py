"""The big digits of the clocks, drawn in the largest face that the room has space for.

Glyphs come from pyfiglet's bitmap fonts; each dot becomes half a terminal cell, or two cells where there is
space, so that dots look square. Every digit of a face has one width: a running clock does not wobble.
May import pyfiglet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pyfiglet import Figlet

_DIGITS, _MARKS = "0123456789", ":."
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


@dataclass(frozen=True)
class Face:
    """A pyfiglet font in one of two sizes; ``rows`` is the height of its clocks in terminal rows."""

    font: str
    doubled: bool
    rows: int


FACES = (
    Face("clb6x10", doubled=True, rows=8),
    Face("clr4x6", doubled=True, rows=5),
    Face("clb6x10", doubled=False, rows=4),
)
SMALLEST = FACES[-1]


def largest_face(width: int, rows: int) -> Face:
    """Return the largest face whose ``mm:ss.t`` fits into ``width`` cells and ``rows`` rows, else the smallest."""
    return next(
        (face for face in FACES if face.rows <= rows and _width("00:00.0", face) <= width), SMALLEST
    )


def draw_digits(clock: str, face: Face, width: int) -> tuple[str, ...]:
    """Return the rows of a clock's big digits.

    What does not fit is shortened: first the tenths go, then the digits are small ones on the last row.
    """
    for text in (clock, clock.partition(".")[0]):
        if _width(text, face) <= width:
            glyphs = [_glyph(character, face) for character in text]
            return tuple(" ".join(row) for row in zip(*glyphs, strict=True))
    return ("",) * (face.rows - 1) + (clock[:width],)


def _width(clock: str, face: Face) -> int:
    return sum(len(_glyph(character, face)[0]) + 1 for character in clock) - 1


@lru_cache(maxsize=64)
def _glyph(character: str, face: Face) -> tuple[str, ...]:
    """Return one character's rows, all of its kind's width and of the face's height."""
    kind = _DIGITS if character in _DIGITS else _MARKS
    left, right, top, bottom = _box(face.font, kind)
    dots = [line[left:right] for line in _dots(character, face.font)[top:bottom]]
    if face.doubled:
        return tuple("".join(("█" if dot else " ") * 2 for dot in line) for line in dots)
    pairs = zip(dots[::2], dots[1::2], strict=True)
    return tuple(
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs
    )


@lru_cache(maxsize=16)
def _box(font: str, kind: str) -> tuple[int, int, int, int]:
    """Return the columns that the kind's glyphs use, and the rows that the digits use."""
    dots = [_dots(character, font) for character in kind]
    columns = [place for glyph in dots for line in glyph for place, dot in enumerate(line) if dot]
    used = [
        place
        for character in _DIGITS
        for place, line in enumerate(_dots(character, font))
        if any(line)
    ]
    return min(columns), max(columns) + 1, min(used), max(used) + 1


@lru_cache(maxsize=64)
def _dots(character: str, font: str) -> tuple[tuple[bool, ...], ...]:
    lines = _figlet(font).renderText(character).rstrip("\n").split("\n")
    width = max(map(len, lines))
    return tuple(tuple(mark != " " for mark in line.ljust(width)) for line in lines)


@lru_cache(maxsize=4)
def _figlet(font: str) -> Figlet:
    return Figlet(font=font)


def read_digits(rows: Sequence[str]) -> str:
    """Return the clock that stands in some rows of a screen, in any face, at their left end; empty where there is none.

    The reverse of ``drawn``: what it draws, this reads.
    """
    for face in FACES:
        for first in range(len(rows) - face.rows + 1):
            if text := _read(rows[first : first + face.rows], face):
                return text
    return ""


def _read(rows: Sequence[str], face: Face) -> str:
    """Return the characters whose glyphs stand in the rows one after the other; empty unless nothing else does."""
    text, left = "", [row.rstrip() for row in rows]
    while any(left):
        found = next(
            (character for character in _DIGITS + _MARKS if _begins(left, _glyph(character, face))),
            "",
        )
        if not found:
            return ""
        text += found
        left = [row[len(_glyph(found, face)[0]) + 1 :] for row in left]
    return text


def _begins(rows: Sequence[str], glyph: Sequence[str]) -> bool:
    return all(
        row[: len(part)].ljust(len(part)) == part for row, part in zip(rows, glyph, strict=True)
    )
