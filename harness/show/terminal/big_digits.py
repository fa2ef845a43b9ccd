"""The big digits of the clocks, drawn in the largest face that there is room for, and read back.

Glyphs come from pyfiglet's bitmap fonts. A dot becomes a square of half cells, one or several to a
side. All digits of a face have one width, so that a running clock does not wobble. May import
pyfiglet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from pyfiglet import Figlet

_DIGITS = "0123456789"
_MARKS = ":."
_TIMES = "×"
_SHAPES = str.maketrans(_DIGITS, "0" * len(_DIGITS))
"""All digits of a face have one width."""

# no font has the sign for times, and this one's zero is slashed
_LETTERS = {("×", "clb6x10"): "x", ("×", "clr5x8"): "x", ("×", "clr4x6"): "x", ("0", "clr5x8"): "O"}
_HALVES = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


@dataclass(frozen=True)
class Face:
    """A pyfiglet font, and how many half rows a dot is high and columns it is wide.

    ``rows`` is the height of a clock in terminal rows, ``gap`` the columns between its digits.
    """

    font: str
    scale: int
    rows: int
    gap: int = 1


FACES = (
    Face("clb6x10", scale=4, rows=16),
    Face("clb6x10", scale=3, rows=12),
    Face("clr5x8", scale=3, rows=11),
    Face("clb6x10", scale=2, rows=8),
    Face("clr5x8", scale=2, rows=7, gap=2),
    Face("clr4x6", scale=2, rows=5, gap=2),
    Face("clr4x6", scale=2, rows=5),
    Face("clb6x10", scale=1, rows=4),
)
SMALLEST, MEDIUM, LARGE = FACES[-1], FACES[-2], FACES[3]
TALLEST_ROWS = FACES[0].rows
NUMBER_FACES = (Face("clb6x10", scale=6, rows=24), Face("clb6x10", scale=5, rows=20), *FACES)
"""The faces of a number that stands alone; no clock is as large."""


def largest_face(width: int, rows: int) -> Face:
    """Return the largest face whose ``mm:ss.t`` fits into the cells and rows, else the smallest."""
    fitting = (
        face for face in FACES if face.rows <= rows and digits_width("00:00.0", face) <= width
    )
    return next(fitting, SMALLEST)


def draw_digits(clock: str, face: Face, width: int) -> tuple[str, ...]:
    """Return the rows of a clock's big digits.

    Where ``width`` is too small the tenths go first, then the face is a smaller one; at last small
    digits stand in the last row.
    """
    for smaller in _faces_from(face):
        for written in (clock, clock.partition(".")[0]):
            if digits_width(written, smaller) <= width:
                glyphs = [_glyph(character, smaller) for character in written]
                rows = ((" " * smaller.gap).join(row) for row in zip(*glyphs, strict=True))
                return ("",) * (face.rows - smaller.rows) + tuple(rows)
    return ("",) * (face.rows - 1) + (clock[:width],)


@lru_cache(maxsize=len(NUMBER_FACES))
def _faces_from(face: Face) -> tuple[Face, ...]:
    """Return a face and all that are smaller."""
    return NUMBER_FACES[NUMBER_FACES.index(face) :]


def read_digits(rows: Sequence[str]) -> str:
    """Return the clock at the left end of some rows of a screen, in any face; empty if none.

    The reverse of ``draw_digits``.
    """
    return _read_any_face(tuple([row.rstrip() for row in rows]))


@lru_cache(maxsize=2)  # a clock that stands shows the same rows again and again
def _read_any_face(rows: tuple[str, ...]) -> str:
    for face in FACES:
        for first in range(len(rows) - face.rows + 1):
            if rows[first] and (clock := _read(rows[first : first + face.rows], face)):
                return clock
    return ""


def _read(rows: Sequence[str], face: Face) -> str:
    """Return the characters whose glyphs fill the rows; empty if anything else is in them."""
    clock, at, end = "", 0, max(map(len, rows))
    while at < end:
        character = _character_at(at, rows, face)
        if not character:
            return ""
        clock += character
        at += len(_glyph(character, face)[0]) + face.gap
    return clock


def _character_at(at: int, rows: Sequence[str], face: Face) -> str:
    """Return the character whose glyph begins at a column; empty if none does.

    The first row alone rules out most of what a screen shows, so it is looked at first.
    """
    for width, tops, characters in _alphabet(face):
        if rows[0][at : at + width].ljust(width) in tops:
            glyph = tuple([row[at : at + width].ljust(width) for row in rows])
            if glyph in characters:
                return characters[glyph]
    return ""


@lru_cache(maxsize=len(FACES))
def _alphabet(face: Face) -> tuple[tuple[int, frozenset[str], dict[tuple[str, ...], str]], ...]:
    """Return the width, the first rows and the characters by their glyphs, of digits and marks."""
    glyphs = [{_glyph(mark, face): mark for mark in kind} for kind in (_DIGITS, _MARKS)]
    return tuple(
        (len(next(iter(kind))[0]), frozenset(top for top, *_ in kind), kind) for kind in glyphs
    )


def digits_width(written: str, face: Face) -> int:
    """Return how many cells wide a clock or a number is in a face."""
    return _shape_width(written.translate(_SHAPES), face)


@lru_cache(maxsize=128)
def _shape_width(shape: str, face: Face) -> int:
    return sum(len(_glyph(character, face)[0]) + face.gap for character in shape) - face.gap


@lru_cache(maxsize=128)
def _glyph(character: str, face: Face) -> tuple[str, ...]:
    """Return a character's rows, as wide as all of its kind and as high as the face."""
    kind = next(kind for kind in (_DIGITS, _MARKS, _TIMES) if character in kind)
    left, right, top, bottom = _bounds(face.font, kind)
    dots = [line[left:right] for line in _dots(character, face.font)[top:bottom]]
    halves = [
        [dot for dot in line for _ in range(face.scale)] for line in dots for _ in range(face.scale)
    ]
    if len(halves) % 2:  # half a row is left: above, so that the digits stand on the line
        halves.insert(0, [False] * len(halves[0]))
    pairs = zip(halves[::2], halves[1::2], strict=True)
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
    letter = _LETTERS.get((character, font), character)
    lines = _figlet(font).renderText(letter).rstrip("\n").split("\n")
    width = max(map(len, lines))
    return tuple(tuple(mark != " " for mark in line.ljust(width)) for line in lines)


@lru_cache(maxsize=4)
def _figlet(font: str) -> Figlet:
    return Figlet(font=font)
