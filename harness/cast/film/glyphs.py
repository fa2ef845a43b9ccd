"""Letters as shapes that fill a cell: blocks and lines drawn edge to edge, so that they join, and all others from the font.

A shape is a grey picture of one cell, white where the letter is. Imports Pillow only.
"""

import re
import unicodedata
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from harness.errors import BadRequest

Box = tuple[int, int, int, int]

INKED = 255
_FULL = (0, 0, 8, 8)
_SHADES = {"░": 64, "▒": 128, "▓": 191}
_FINER = 4
_LETTER_EM, _LINE_EM = (
    0.6021,
    1.1641,
)  # of DejaVu Sans Mono: how far a letter advances, and from ascent to descent
_ARMS = {"LEFT": "l", "RIGHT": "r", "UP": "u", "DOWN": "d", "HORIZONTAL": "lr", "VERTICAL": "ud"}
_DASHES = {"DOUBLE": 2, "TRIPLE": 3, "QUADRUPLE": 4}
_NAME = re.compile(
    r"BOX DRAWINGS (LIGHT|HEAVY) (ARC )?(?:(\w+) DASH )?(LEFT|RIGHT|UP|DOWN|HORIZONTAL|VERTICAL)(?: AND (\w+))?"
)


@dataclass(frozen=True)
class _Line:
    """Lines of one weight from the middle of a cell to some of its edges; ``dashes`` is none where they are whole."""

    arms: str
    heavy: bool
    dashes: int
    arc: bool


def _eighths() -> dict[str, tuple[Box, ...]]:
    """Return the blocks as rectangles in eighths of a cell: left, top, right, bottom."""
    upper, lower, left = (0, 0, 8, 4), (0, 4, 8, 8), (0, 0, 4, 8)
    one, two, three, four = (0, 0, 4, 4), (4, 0, 8, 4), (0, 4, 4, 8), (4, 4, 8, 8)
    blocks: dict[str, tuple[Box, ...]] = {
        "█": (_FULL,),
        "▀": (upper,),
        "▔": ((0, 0, 8, 1),),
        "▐": ((4, 0, 8, 8),),
        "▕": ((7, 0, 8, 8),),
    }
    blocks |= {letter: ((0, 8 - size, 8, 8),) for size, letter in enumerate("▁▂▃▄▅▆▇", 1)}
    blocks |= {letter: ((0, 0, size, 8),) for size, letter in enumerate("▏▎▍▌▋▊▉", 1)}
    quarters = {
        "▖": (three,),
        "▗": (four,),
        "▘": (one,),
        "▙": (left, four),
        "▚": (one, four),
        "▛": (upper, three),
    }
    return (
        blocks | quarters | {"▜": (upper, four), "▝": (two,), "▞": (two, three), "▟": (lower, two)}
    )


_BLOCKS = _eighths()


class Alphabet:
    """The letters of DejaVu Sans Mono in cells of one size, in pixels; a cell is twice as high as it is wide."""

    def __init__(self, width: int) -> None:
        self.width, self.height = width, 2 * width
        size = min(width / _LETTER_EM, self.height / _LINE_EM)
        self._fonts = {bold: ImageFont.truetype(_font(bold), size) for bold in (False, True)}
        self._baseline = round(
            self.height / 2 + size * 0.346
        )  # ascent and descent leave as much room above as below

    def shape(self, letter: str, bold: bool, cells: int = 1) -> Image.Image:
        """Return the shape of a letter that takes so many cells in a row."""
        blocks = _BLOCKS.get(letter, ())
        if blocks or letter in _SHADES:
            return self._blocks(blocks or (_FULL,), _SHADES.get(letter, INKED))
        line = _line(letter)
        return self._written(letter, bold, cells) if line is None else self._lines(line)

    def _blocks(self, blocks: tuple[Box, ...], shade: int) -> Image.Image:
        shape = Image.new("L", (self.width, self.height))
        for left, top, right, bottom in blocks:
            x0, x1 = (round(edge * self.width / 8) for edge in (left, right))
            y0, y1 = (round(edge * self.height / 8) for edge in (top, bottom))
            shape.paste(shade, (x0, y0, x1, y1))
        return shape

    def _lines(self, line: _Line) -> Image.Image:
        """Return the shape of lines, drawn large and made smaller, so that an arc has no steps."""
        wide, high = self.width * _FINER, self.height * _FINER
        shape = Image.new("L", (wide, high))
        draw = ImageDraw.Draw(shape)
        left, top, right, bottom = self._crossing(line.heavy)
        if line.arc:
            self._arc(draw, line)
        else:
            reach = {
                "l": (0, top, right, bottom),
                "r": (left, top, wide, bottom),
                "u": (left, 0, right, bottom),
                "d": (left, top, right, high),
            }
            for arm in line.arms:
                draw.rectangle(reach[arm], fill=INKED)
        for dash in range(line.dashes):
            start, end = (
                round((dash + part) / line.dashes * (wide if "l" in line.arms else high))
                for part in (0.7, 1)
            )
            shape.paste(0, (start, 0, end, high) if "l" in line.arms else (0, start, wide, end))
        return shape.reduce(_FINER)

    def _crossing(self, heavy: bool) -> Box:
        """Return the square in the middle of the large cell where its lines cross, its last pixels included."""
        thickness = max(1, round(self.width / 8)) * (3 if heavy else 1)
        left, top = ((length - thickness) // 2 * _FINER for length in (self.width, self.height))
        return left, top, left + thickness * _FINER - 1, top + thickness * _FINER - 1

    def _arc(self, draw: ImageDraw.ImageDraw, line: _Line) -> None:
        """Draw a rounded corner from one side to below or above, and the rest of the upright arm."""
        left, top, right, bottom = self._crossing(line.heavy)
        wide, high = self.width * _FINER, self.height * _FINER
        to_right, downwards = "r" in line.arms, "d" in line.arms
        radius = wide - left if to_right else right + 1
        x = left if to_right else right + 1 - 2 * radius
        y = top if downwards else bottom + 1 - 2 * radius
        begins = {(True, True): 180, (False, True): 270, (False, False): 0, (True, False): 90}[
            to_right, downwards
        ]
        draw.arc(
            (x, y, x + 2 * radius - 1, y + 2 * radius - 1),
            begins,
            begins + 90,
            INKED,
            right - left + 1,
        )
        draw.rectangle(
            (left, top + radius, right, high) if downwards else (left, 0, right, bottom - radius),
            fill=INKED,
        )

    def _written(self, letter: str, bold: bool, cells: int) -> Image.Image:
        shape = Image.new("L", (self.width * cells, self.height))
        place, anchor = (
            (self.width, "ms") if cells > 1 else (0, "ls")
        )  # a letter of the font itself is as wide as its cell
        ImageDraw.Draw(shape).text(
            (place, self._baseline), letter, INKED, self._fonts[bold], anchor=anchor
        )
        return shape


def _line(letter: str) -> _Line | None:
    """Return the lines that a letter is made of, as its name in Unicode has them (None: of none, or not of one weight)."""
    found = _NAME.fullmatch(unicodedata.name(letter, "")) if len(letter) == 1 else None
    if found is None or (found[5] is not None and found[5] not in _ARMS):
        return None
    arms = _ARMS[found[4]] + _ARMS.get(found[5] or "", "")
    return _Line(
        arms, found[1] == "HEAVY", _DASHES.get(found[3] or "", 0), arc=found[2] is not None
    )


def _font(bold: bool) -> Path:
    """Return the font file that matplotlib ships, found without importing matplotlib, which takes a third of a second."""
    found = find_spec("matplotlib")
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        path = (
            Path(place)
            / "mpl-data"
            / "fonts"
            / "ttf"
            / f"DejaVuSansMono{'-Bold' if bold else ''}.ttf"
        )
        if path.exists():
            return path
    raise BadRequest(
        "the font DejaVu Sans Mono is not installed", "install matplotlib anew, which ships it"
    )
