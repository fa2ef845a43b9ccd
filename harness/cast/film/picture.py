"""What a screen looks like: a picture that is drawn anew only where the screen changed, with the label in a strip below it.

A pixel is the number of a colour. May import ``cast``, ``errors``, Pillow and its neighbours in ``film``.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol

from PIL import Image

from harness import text
from harness.cast.emulator import Screen
from harness.cast.film.glyphs import INKED, Alphabet
from harness.errors import BadRequest

Colour = tuple[int, int, int]

PAPER: Colour = (10, 10, 12)
INK: Colour = (240, 240, 240)
UNUSED = 255
"""The number that is no colour's, left free for what a file format may need it for."""

_STRIP: Colour = (44, 44, 50)
_SHADES = 16
_LARGEST_PIXELS = 4096 * 2560
_HEX = re.compile("[0-9a-f]{6}")
# The sixteen that a terminal has names for, each readable on PAPER; what is called brown there is yellow
_NAMED = {
    "black": PAPER,
    "red": (255, 123, 114),
    "green": (95, 211, 122),
    "brown": (227, 179, 65),
    "blue": (108, 182, 255),
    "magenta": (226, 155, 255),
    "cyan": (86, 212, 221),
    "white": (217, 217, 217),
    "brightblack": (138, 138, 144),
    "brightred": (255, 154, 147),
    "brightgreen": (138, 230, 160),
    "brightbrown": (242, 204, 96),
    "brightblue": (153, 204, 255),
    "brightmagenta": (237, 186, 255),
    "brightcyan": (140, 232, 239),
    "brightwhite": (255, 255, 255),
}
_NAMED["bfightmagenta"] = _NAMED[
    "brightmagenta"
]  # so pyte spells it where it stands behind a letter


class Cell(Protocol):
    """A letter on a screen with its paint, as the emulator tells it; one that is empty is the second half of a wide letter."""

    @property
    def data(self) -> str:
        """Return the letter."""

    @property
    def fg(self) -> str:
        """Return the colour of the letter: a name, ``default``, or six hexadecimal digits."""

    @property
    def bg(self) -> str:
        """Return the colour behind it."""

    @property
    def bold(self) -> bool:
        """Return whether it is bold."""

    @property
    def reverse(self) -> bool:
        """Return whether its colours are exchanged."""

    @property
    def underscore(self) -> bool:
        """Return whether a line is drawn under it."""

    @property
    def strikethrough(self) -> bool:
        """Return whether a line is drawn through it."""


class Palette:
    """The colours of a picture by number, as many as a GIF can have; beyond those the nearest one is used."""

    def __init__(self) -> None:
        self._numbers: dict[Colour, int] = {}
        self._nearest = lru_cache(maxsize=None)(self._near)

    def number(self, colour: Colour) -> int:
        """Return a colour's number."""
        known = self._numbers.get(colour)
        if known is not None:
            return known
        if len(self._numbers) < UNUSED:
            return self._numbers.setdefault(colour, len(self._numbers))
        red, green, blue = colour
        return self._nearest((red // 16, green // 16, blue // 16))

    def _near(self, coarse: Colour) -> int:
        """Return the number of the colour that is nearest; told coarsely, so that there are few to look for."""
        red, green, blue = (16 * part + 8 for part in coarse)
        return min(
            self._numbers.items(),
            key=lambda one: (
                (one[0][0] - red) ** 2 + (one[0][1] - green) ** 2 + (one[0][2] - blue) ** 2
            ),
        )[1]

    @property
    def bytes(self) -> bytes:
        """Return red, green and blue of all 256 numbers."""
        return bytes(part for colour in self._numbers for part in colour).ljust(3 * 256, b"\0")


class _Tile(NamedTuple):
    """All that decides how a letter looks."""

    letter: str
    ink: Colour
    paper: Colour
    bold: bool = False
    underscore: bool = False
    strikethrough: bool = False
    cells: int = 1


class ScreenPicture:
    """A screen of so many columns and rows, drawn in cells of a width in pixels, with a label below; its sides are even."""

    def __init__(self, columns: int, rows: int, cell_width: int, label: str) -> None:
        self.palette = Palette()
        self._alphabet = Alphabet(cell_width)
        self._columns, self._rows = columns, rows
        high = self._alphabet.height
        self.size = _even(columns * cell_width), _even(rows * high + high * 3 // 2)
        if self.size[0] * self.size[1] > _LARGEST_PIXELS:
            raise BadRequest(
                f"a screen of {text.count(columns)}×{text.count(rows)} is too large for a film",
                "record at a smaller --size, such as 100x30",
            )
        self.image = Image.new("L", self.size, self.palette.number(PAPER))
        self._tile = lru_cache(maxsize=8192)(self._drawn)
        self._ramp = lru_cache(maxsize=8192)(self._shades)
        self._shown: list[Mapping[int, Cell]] = [{}] * rows
        self._write(label)

    def update(self, screen: Screen) -> None:
        """Bring the picture up to date with a screen."""
        for row in range(self._rows):
            cells = screen.cells(row)
            if cells != self._shown[row]:
                self._shown[row] = dict(cells)
                self._draw(row, cells)

    @property
    def rgb(self) -> bytes:
        """Return the picture in red, green and blue, a byte each, row by row."""
        coloured = self.image.copy()
        coloured.putpalette(self.palette.bytes)
        return coloured.convert("RGB").tobytes()

    def _draw(self, row: int, cells: Mapping[int, Cell]) -> None:
        width, high = self._alphabet.width, self._alphabet.height
        top = row * high
        self.image.paste(self.palette.number(PAPER), (0, top, self._columns * width, top + high))
        for column in sorted(cells):
            cell = cells[column]
            if cell.data and column < self._columns:
                follower = cells.get(column + 1)
                wide = 2 if follower is not None and not follower.data else 1
                self.image.paste(self._tile(_tile(cell, wide)), (column * width, top))

    def _write(self, label: str) -> None:
        """Write the label into its strip, cut where the strip ends."""
        width, high = self._alphabet.width, self._alphabet.height
        top = self._rows * high
        self.image.paste(self.palette.number(_STRIP), (0, top, *self.size))
        for column, letter in enumerate(text.printable(label)[: max(0, self._columns - 2)], 1):
            tile = self._tile(_Tile(letter, INK, _STRIP, bold=True))
            self.image.paste(tile, (column * width, top + (self.size[1] - top - high) // 2))

    def _drawn(self, tile: _Tile) -> Image.Image:
        shape = self._alphabet.shape(tile.letter, tile.bold, tile.cells)
        thickness = max(1, self._alphabet.width // 8)
        for wanted, part in ((tile.underscore, 0.92), (tile.strikethrough, 0.55)):
            if wanted:
                top = int(shape.height * part)
                shape.paste(INKED, (0, top, shape.width, top + thickness))
        return shape.point(self._ramp(tile.ink, tile.paper))

    def _shades(self, ink: Colour, paper: Colour) -> list[int]:
        """Return the number of the colour for each shade of a shape, from none of the ink to all of it."""
        most = _SHADES - 1
        mixed = [
            tuple(
                round(behind + (before - behind) * step / most)
                for before, behind in zip(ink, paper, strict=True)
            )
            for step in range(_SHADES)
        ]
        numbers = [self.palette.number((red, green, blue)) for red, green, blue in mixed]
        return [numbers[round(shade / INKED * most)] for shade in range(INKED + 1)]


def _tile(cell: Cell, cells: int) -> _Tile:
    ink, paper = _colour(cell.fg, INK), _colour(cell.bg, PAPER)
    if cell.reverse:
        ink, paper = paper, ink
    return _Tile(cell.data, ink, paper, cell.bold, cell.underscore, cell.strikethrough, cells)


@lru_cache(maxsize=4096)
def _colour(name: str, default: Colour) -> Colour:
    """Return a colour by its name or its digits; one that nobody knows is the default."""
    if _HEX.fullmatch(name):
        return int(name[:2], 16), int(name[2:4], 16), int(name[4:], 16)
    return _NAMED.get(name, default)


def _even(length: int) -> int:
    return length + length % 2
