"""The picture of a screen, with a label in a strip below it; only changed cells are redrawn.

A pixel is the number of a colour. May import ``cast``, ``errors``, ``text``, Pillow and its
neighbours in ``film``.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain
from typing import NamedTuple, Self

from PIL import Image

from harness import text
from harness.cast.emulator import Cell, Screen
from harness.cast.film.glyphs import INKED, Glyphs
from harness.errors import BadRequest

Colour = tuple[int, int, int]

PAPER: Colour = (10, 10, 12)
INK: Colour = (240, 240, 240)
UNUSED = 255
"""The number of no colour, for what a file format needs it for."""

_STRIP: Colour = (44, 44, 50)
_SHADES = 16
_LARGEST_PIXELS = 4096 * 2560
_HEX = re.compile("[0-9a-f]{6}")
# The sixteen colours that a terminal has names for, readable on PAPER; brown is its yellow.
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
_NAMED["bfightmagenta"] = _NAMED["brightmagenta"]  # pyte's spelling of a background


class Palette:
    """The colours of a picture by number: as many as a GIF can have, then the nearest of them."""

    def __init__(self) -> None:
        self._numbers: dict[Colour, int] = {}
        self._nearest = lru_cache(maxsize=None)(self._find_nearest)

    def number(self, colour: Colour) -> int:
        """Return a colour's number."""
        number = self._numbers.get(colour)
        if number is not None:
            return number
        if len(self._numbers) < UNUSED:
            return self._numbers.setdefault(colour, len(self._numbers))
        red, green, blue = colour
        return self._nearest((red // 16, green // 16, blue // 16))

    def _find_nearest(self, coarse: Colour) -> int:
        """Return the number of the nearest colour, given in steps of 16, so that the cache hits."""
        wanted = tuple(16 * part + 8 for part in coarse)

        def distance(colour: Colour) -> int:
            return sum((one - other) ** 2 for one, other in zip(colour, wanted, strict=True))

        return self._numbers[min(self._numbers, key=distance)]

    @property
    def bytes(self) -> bytes:
        """Return red, green and blue of all 256 numbers."""
        return bytes(part for colour in self._numbers for part in colour).ljust(3 * 256, b"\0")


class _Tile(NamedTuple):
    """Everything that decides how a character looks."""

    character: str
    ink: Colour
    paper: Colour
    bold: bool = False
    underscore: bool = False
    strikethrough: bool = False
    cells: int = 1


class ScreenPicture:
    """The picture of a screen with a label below it; ``size`` in pixels is even both ways."""

    def __init__(self, columns: int, rows: int, glyphs: Glyphs) -> None:
        self.palette = Palette()
        self.size = _size(columns, rows, glyphs.width)
        self.image = Image.new("L", self.size, self.palette.number(PAPER))
        self._glyphs = glyphs
        self._columns = columns
        self._rows = rows
        self._tile = lru_cache(maxsize=8192)(self._draw_tile)
        self._shades = lru_cache(maxsize=8192)(self._mix_shades)
        self._shown: list[Mapping[int, Cell]] = [{}] * rows

    @classmethod
    def blank(cls, columns: int, rows: int, cell_width: int, label: str) -> Self:
        """Return an empty screen in cells of a width in pixels, with its label written.

        Raises ``BadRequest`` if it is too large, or the font is not installed.
        """
        width, height = _size(columns, rows, cell_width)
        if width * height > _LARGEST_PIXELS:
            raise BadRequest(
                f"a screen of {text.count(columns)}×{text.count(rows)} is too large for a film",
                "record at a smaller --size, such as 100x30",
            )
        picture = cls(columns, rows, Glyphs.load(cell_width))
        picture._write(label)
        return picture

    def update(self, screen: Screen) -> None:
        """Redraw what changed on a screen."""
        for row in range(self._rows):
            cells, shown = screen.cells(row), self._shown[row]
            if cells != shown:
                self._shown[row] = dict(cells)
                columns = _columns_to_draw(cells, shown)
                self._draw_cells(row, cells, [one for one in columns if one < self._columns])

    @property
    def rgb(self) -> bytes:
        """Return the picture row by row, a byte each for red, green and blue."""
        coloured = self.image.copy()
        coloured.putpalette(self.palette.bytes)
        return coloured.convert("RGB").tobytes()

    def _draw_cells(self, row: int, cells: Mapping[int, Cell], columns: Iterable[int]) -> None:
        """Draw some columns of a row: the blank ones first, which wide characters may cover."""
        width, height = self._glyphs.width, self._glyphs.height
        top, paper = row * height, self.palette.number(PAPER)
        written = []
        for column in columns:
            cell = cells.get(column)
            if cell is not None and cell.data:
                written.append((column, cell))
            else:
                left = column * width
                self.image.paste(paper, (left, top, left + width, top + height))
        for column, cell in written:
            right = cells.get(column + 1)
            reach = 2 if right is not None and not right.data else 1
            self.image.paste(self._tile(_tile_of(cell, reach)), (column * width, top))

    def _write(self, label: str) -> None:
        """Write the label into its strip, cut where the strip ends."""
        width, height = self._glyphs.width, self._glyphs.height
        top = self._rows * height
        middle = top + (self.size[1] - top - height) // 2
        self.image.paste(self.palette.number(_STRIP), (0, top, *self.size))
        for column, character in enumerate(text.printable(label)[: max(0, self._columns - 2)], 1):
            tile = self._tile(_Tile(character, INK, _STRIP, bold=True))
            self.image.paste(tile, (column * width, middle))

    def _draw_tile(self, tile: _Tile) -> Image.Image:
        glyph = self._glyphs.draw(tile.character, tile.bold, tile.cells)
        thickness = max(1, self._glyphs.width // 8)
        for drawn, height in ((tile.underscore, 0.92), (tile.strikethrough, 0.55)):
            if drawn:
                top = int(glyph.height * height)
                glyph.paste(INKED, (0, top, glyph.width, top + thickness))
        return glyph.point(self._shades(tile.ink, tile.paper))

    def _mix_shades(self, ink: Colour, paper: Colour) -> list[int]:
        """Return the colour's number for each shade of grey, from no ink to all of it."""
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


def _columns_to_draw(cells: Mapping[int, Cell], shown: Mapping[int, Cell]) -> list[int]:
    """Return the columns that differ from what is shown, in order."""
    columns = sorted(cells.keys() | shown.keys())
    if not all(cell.data for cell in chain(cells.values(), shown.values())):
        return columns  # a wide character reaches into the next column: all are drawn anew
    return [column for column in columns if cells.get(column) != shown.get(column)]


def _tile_of(cell: Cell, cells: int) -> _Tile:
    ink, paper = _colour(cell.fg, INK), _colour(cell.bg, PAPER)
    if cell.reverse:
        ink, paper = paper, ink
    return _Tile(
        character=cell.data,
        ink=ink,
        paper=paper,
        bold=cell.bold,
        underscore=cell.underscore,
        strikethrough=cell.strikethrough,
        cells=cells,
    )


@lru_cache(maxsize=4096)
def _colour(name: str, default: Colour) -> Colour:
    """Return a colour by its name or its digits; an unknown one is the default."""
    if _HEX.fullmatch(name):
        return int(name[:2], 16), int(name[2:4], 16), int(name[4:], 16)
    return _NAMED.get(name, default)


def _size(columns: int, rows: int, cell_width: int) -> tuple[int, int]:
    """Return width and height in pixels, even as video needs them; the label takes 1½ rows."""
    cell_height = 2 * cell_width
    return _even(columns * cell_width), _even(rows * cell_height + cell_height * 3 // 2)


def _even(length: int) -> int:
    return length + length % 2
