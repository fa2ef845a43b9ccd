"""The letters of every picture: their font, how wide a text is, and where it breaks into lines.

Sizes and widths are in pixels. May import ``text`` and, when something is measured, matplotlib.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

from harness import text

if TYPE_CHECKING:
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

_USUAL_WIDTH = 0.55  # of a letter, in sizes


@lru_cache(maxsize=64)
def font(size: float, bold: bool = False) -> "FontProperties":
    """Return the font that matplotlib ships, in that size."""
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties

    folder = f"{mpl.get_data_path()}/fonts/ttf"
    return FontProperties(fname=f"{folder}/DejaVuSans{'-Bold' if bold else ''}.ttf", size=size)


def width_of(content: str, size: float, bold: bool) -> float:
    """Return the width of a text as it is drawn."""
    return _width(drawable(content), size, bold)


def wrap(content: str, width: float, size: float, bold: bool) -> list[str]:
    """Return the text in lines no wider than ``width``, numbers kept with their units."""
    words = list(filter(None, text.with_no_break_spaces(content).split(" ")))
    lines = []
    while words:
        count = _how_many_fit(words, width, size, bold)
        lines.append(" ".join(words[:count]))
        words = words[count:]
    return lines


@lru_cache(maxsize=512)
def drawable(content: str) -> str:
    """Return the text with an empty square for each character that the font lacks."""
    from matplotlib.font_manager import get_font

    glyphs = get_font(str(font(1).get_file()))
    return "".join(
        character if glyphs.get_char_index(ord(character)) else "\N{WHITE SQUARE}"
        for character in content
    )


def _how_many_fit(words: Sequence[str], width: float, size: float, bold: bool) -> int:
    """Return how many of the words fit on a line, at least one.

    The search begins at a guess, since whatever is measured takes the time to load all its letters.
    """
    ends = accumulate(len(word) + 1 for word in words)
    count = max(1, bisect_right(list(ends), width / (_USUAL_WIDTH * size)))
    while count < len(words) and width_of(" ".join(words[: count + 1]), size, bold) <= width:
        count += 1
    while count > 1 and width_of(" ".join(words[:count]), size, bold) > width:
        count -= 1
    return count


@lru_cache(maxsize=8192)
def _width(content: str, size: float, bold: bool) -> float:
    """Return the width of a text, which is measured once: that loads every letter of it."""
    # matplotlib's class that draws on pixels has no types
    width, _, _ = _measuring_renderer().get_text_width_height_descent(
        content, font(size, bold), ismath=False
    )  # type: ignore[no-untyped-call]
    return float(width)


@cache
def _measuring_renderer() -> "RendererAgg":
    """Return what measures texts on every page: there a point is a pixel, too."""
    from matplotlib.backends.backend_agg import RendererAgg

    # as above: matplotlib's class has no types
    return RendererAgg(1, 1, 72)  # type: ignore[no-untyped-call]
