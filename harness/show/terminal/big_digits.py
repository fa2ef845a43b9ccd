"""The big digits of the clocks, drawn in the largest face that there is room for, and read back.

Glyphs come from pyfiglet's bitmap fonts. Each dot becomes half a terminal cell, or two cells in the
doubled faces, so that dots look square. All digits of a face have one width, so that a running
clock does not wobble. May import pyfiglet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pyfiglet import Figlet

_DIGITS = "0123456789"
_MARKS = ":."
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


@dataclass(frozen=True)
class Face:
    """A pyfiglet font in one of two sizes; ``rows`` is the height of a clock in terminal rows."""

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
    """Return the largest face whose ``mm:ss.t`` fits into the cells and rows, else the smallest."""
    fitting = (face for face in FACES if face.rows <= rows and _width("00:00.0", face) <= width)
    return next(fitting, SMALLEST)


def draw_digits(clock: str, face: Face, width: int) -> tuple[str, ...]:
    """Return the rows of a clock's big digits.

    Where ``width`` is too small the tenths go first; then small digits stand in the last row.
    """
    for written in (clock, clock.partition(".")[0]):
        if _width(written, face) <= width:
            glyphs = [_glyph(character, face) for character in written]
            return tuple(" ".join(row) for row in zip(*glyphs, strict=True))
    return ("",) * (face.rows - 1) + (clock[:width],)


def read_digits(rows: Sequence[str]) -> str:
    """Return the clock at the left end of some rows of a screen, in any face; empty if none.

    The reverse of ``draw_digits``.
    """
    for face in FACES:
        for first in range(len(rows) - face.rows + 1):
            if clock := _read(rows[first : first + face.rows], face):
                return clock
    return ""


def _read(rows: Sequence[str], face: Face) -> str:
    """Return the characters whose glyphs fill the rows; empty if anything else is in them."""
    written = [row.rstrip() for row in rows]
    clock, at, end = "", 0, max(map(len, written))
    while at < end:
        character = _character_at(at, written, face)
        if not character:
            return ""
        clock += character
        at += len(_glyph(character, face)[0]) + 1
    return clock


def _character_at(at: int, rows: Sequence[str], face: Face) -> str:
    """Return the character whose glyph begins at a column; empty if none does."""
    for width, characters in _alphabet(face):
        glyph = tuple([row[at : at + width].ljust(width) for row in rows])
        if glyph in characters:
            return characters[glyph]
    return ""


@lru_cache(maxsize=len(FACES))
def _alphabet(face: Face) -> tuple[tuple[int, dict[tuple[str, ...], str]], ...]:
    """Return digits by their glyphs, and marks by theirs, each with the width of their kind."""
    return tuple(
        (len(_glyph(kind[0], face)[0]), {_glyph(character, face): character for character in kind})
        for kind in (_DIGITS, _MARKS)
    )


def _width(clock: str, face: Face) -> int:
    return sum(len(_glyph(character, face)[0]) + 1 for character in clock) - 1


@lru_cache(maxsize=64)
def _glyph(character: str, face: Face) -> tuple[str, ...]:
    """Return a character's rows, as wide as all of its kind and as high as the face."""
    kind = _DIGITS if character in _DIGITS else _MARKS
    left, right, top, bottom = _bounds(face.font, kind)
    dots = [line[left:right] for line in _dots(character, face.font)[top:bottom]]
    if face.doubled:
        return tuple("".join(("█" if dot else " ") * 2 for dot in line) for line in dots)
    pairs = zip(dots[::2], dots[1::2], strict=True)
    return tuple(
        "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True)) for upper, lower in pairs
    )


@lru_cache(maxsize=16)
def _bounds(font: str, kind: str) -> tuple[int, int, int, int]:
    """Return left and right of the kind's glyphs, and top and bottom of the digits, in dots."""
    glyphs = [_dots(character, font) for character in kind]
    columns = [place for glyph in glyphs for row in glyph for place, dot in enumerate(row) if dot]
    digits = [_dots(character, font) for character in _DIGITS]
    rows = [place for glyph in digits for place, row in enumerate(glyph) if any(row)]
    return min(columns), max(columns) + 1, min(rows), max(rows) + 1


@lru_cache(maxsize=64)
def _dots(character: str, font: str) -> tuple[tuple[bool, ...], ...]:
    lines = _figlet(font).renderText(character).rstrip("\n").split("\n")
    width = max(map(len, lines))
    return tuple(tuple(mark != " " for mark in line.ljust(width)) for line in lines)


@lru_cache(maxsize=4)
def _figlet(font: str) -> Figlet:
    return Figlet(font=font)
