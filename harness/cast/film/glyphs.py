"""Characters as pictures of one cell: grey pictures, white where the character is.

Blocks and lines are drawn from edge to edge, so that they join without seams; all other characters
come from the font. May import ``errors`` and Pillow.
"""

import re
import unicodedata
from collections.abc import Mapping
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
_ADVANCE_EM = 0.6021  # of DejaVu Sans Mono, as are the two below
_LINE_EM = 1.1641
_BASELINE_EM = 0.346  # below the middle of the line: as much space above as below
_ARMS = {"LEFT": "l", "RIGHT": "r", "UP": "u", "DOWN": "d", "HORIZONTAL": "lr", "VERTICAL": "ud"}
_DASHES = {"DOUBLE": 2, "TRIPLE": 3, "QUADRUPLE": 4}
_NAME = re.compile(
    r"BOX DRAWINGS (LIGHT|HEAVY) (ARC )?(?:(\w+) DASH )?"
    r"(LEFT|RIGHT|UP|DOWN|HORIZONTAL|VERTICAL)(?: AND (\w+))?"
)


@dataclass(frozen=True, kw_only=True)
class _Line:
    """Lines of one weight from the middle of a cell to some of its edges.

    ``arms`` names the edges: l, r, u, d. ``dashes`` is 0 for solid lines.
    """

    arms: str
    heavy: bool
    dashes: int
    arc: bool


def _eighths() -> dict[str, tuple[Box, ...]]:
    """Return the blocks as rectangles in eighths of a cell: left, top, right, bottom."""
    upper, lower, left = (0, 0, 8, 4), (0, 4, 8, 8), (0, 0, 4, 8)
    top_left, top_right = (0, 0, 4, 4), (4, 0, 8, 4)
    bottom_left, bottom_right = (0, 4, 4, 8), (4, 4, 8, 8)
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
        "▖": (bottom_left,),
        "▗": (bottom_right,),
        "▘": (top_left,),
        "▝": (top_right,),
        "▙": (left, bottom_right),
        "▚": (top_left, bottom_right),
        "▛": (upper, bottom_left),
        "▜": (upper, bottom_right),
        "▞": (top_right, bottom_left),
        "▟": (lower, top_right),
    }
    return blocks | quarters


_BLOCKS = _eighths()


class Glyphs:
    """The characters of DejaVu Sans Mono in cells of one width in pixels, twice as high."""

    def __init__(self, width: int, fonts: Mapping[bool, ImageFont.FreeTypeFont]) -> None:
        """Take the fonts by whether they are bold."""
        self.width = width
        self.height = 2 * width
        self._fonts = fonts
        self._baseline = round(self.height / 2 + fonts[False].size * _BASELINE_EM)

    @classmethod
    def load(cls, width: int) -> "Glyphs":
        """Load the fonts; raise ``BadRequest`` if they are not installed."""
        size = min(width / _ADVANCE_EM, 2 * width / _LINE_EM)
        fonts = {bold: ImageFont.truetype(_font_file(bold), size) for bold in (False, True)}
        return cls(width, fonts)

    def draw(self, character: str, bold: bool, cells: int = 1) -> Image.Image:
        """Return the picture of a character that is ``cells`` cells wide."""
        blocks = _BLOCKS.get(character, ())
        if blocks or character in _SHADES:
            return self._draw_blocks(blocks or (_FULL,), _SHADES.get(character, INKED))
        line = _parse_line(character)
        if line is not None:
            return self._draw_lines(line)
        return self._draw_from_font(character, bold, cells)

    def _draw_blocks(self, blocks: tuple[Box, ...], shade: int) -> Image.Image:
        shape = Image.new("L", (self.width, self.height))
        for left, top, right, bottom in blocks:
            x0, x1 = (round(edge * self.width / 8) for edge in (left, right))
            y0, y1 = (round(edge * self.height / 8) for edge in (top, bottom))
            shape.paste(shade, (x0, y0, x1, y1))
        return shape

    def _draw_lines(self, line: _Line) -> Image.Image:
        """Return lines, drawn large and then reduced, so that an arc has no steps."""
        wide, high = self.width * _FINER, self.height * _FINER
        shape = Image.new("L", (wide, high))
        draw = ImageDraw.Draw(shape)
        left, top, right, bottom = self._crossing(line.heavy)
        if line.arc:
            self._draw_arc(draw, line)
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
        """Return the square where the large cell's lines cross, last pixels included."""
        thickness = max(1, round(self.width / 8)) * (3 if heavy else 1)
        left, top = ((length - thickness) // 2 * _FINER for length in (self.width, self.height))
        return left, top, left + thickness * _FINER - 1, top + thickness * _FINER - 1

    def _draw_arc(self, draw: ImageDraw.ImageDraw, line: _Line) -> None:
        """Draw a rounded corner from one side up or down, and the rest of the upright arm."""
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

    def _draw_from_font(self, character: str, bold: bool, cells: int) -> Image.Image:
        picture = Image.new("L", (self.width * cells, self.height))
        # A wide character comes from no monospaced font: it is centred in its cells.
        x, anchor = (self.width, "ms") if cells > 1 else (0, "ls")
        at = (x, self._baseline)
        ImageDraw.Draw(picture).text(at, character, INKED, self._fonts[bold], anchor=anchor)
        return picture


def _parse_line(character: str) -> _Line | None:
    """Return the lines that a character consists of, by its Unicode name.

    None: it has no lines, or lines of several weights.
    """
    name = unicodedata.name(character, "") if len(character) == 1 else ""
    match = _NAME.fullmatch(name)
    if match is None:
        return None
    weight, arc, dashes, first, second = match.groups()
    if second is not None and second not in _ARMS:
        return None
    return _Line(
        arms=_ARMS[first] + _ARMS.get(second or "", ""),
        heavy=weight == "HEAVY",
        dashes=_DASHES.get(dashes or "", 0),
        arc=arc is not None,
    )


def _font_file(bold: bool) -> Path:
    """Return the font file that matplotlib ships; raise ``BadRequest`` if it is not installed.

    matplotlib is not imported for it: that takes a third of a second.
    """
    package = find_spec("matplotlib")
    folders = (package.submodule_search_locations or ()) if package is not None else ()
    name = f"DejaVuSansMono{'-Bold' if bold else ''}.ttf"
    for folder in folders:
        path = Path(folder) / "mpl-data" / "fonts" / "ttf" / name
        if path.exists():
            return path
    raise BadRequest(
        "the font DejaVu Sans Mono is not installed", "reinstall matplotlib, which ships it"
    )
