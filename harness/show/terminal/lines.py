"""What the terminal's pictures are made of: frames of lines, lines of styled pieces, and bars.

A frame is finished before rich prints it, so that printing costs next to nothing and nothing can
wrap, vanish or grow. Text keeps the terminal's own colour, which is always readable; only bars are
coloured. May import ``text`` and rich.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rich.cells import cell_len, chop_cells, set_cell_size
from rich.color import Color
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from harness import text

Line = tuple[Segment, ...]

STRONG = Style(bold=True)
LABEL = Style(bold=True, reverse=True)
# Both have a contrast of 4.5:1 on black and on white, and differ in every common colour blindness.
BASELINE_PAINT = Style(color="#bf5700")
DISTRIBUTED_PAINT = Style(color="#007ac0")
SHADED = Style(meta={"shaded": True})
"""Added to the paint of a bar right below another one: without colours its blocks are shaded."""

# Of the sixteen colours, which every terminal mixes as it likes, these two stand out on black and
# on white in the usual palettes: by 3:1, as graphics and large letters must.
_OF_SIXTEEN = {"#bf5700": Color.parse("bright_red"), "#007ac0": Color.parse("bright_blue")}

_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL, _SHADE = "█", "▒"
_RAIL = "─"
_ELLIPSIS = "…"


@dataclass(frozen=True)
class Frame:
    """A picture for a terminal: lines of one width, which rich prints as they are."""

    lines: tuple[Line, ...]

    @property
    def plain(self) -> str:
        """Return the frame's text, each line ended by a newline."""
        return "".join(f"{''.join(piece.text for piece in line).rstrip()}\n" for line in self.lines)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines as they are in as many colours as the terminal has."""
        printed = as_printed(console)
        for line in self.lines:
            yield from map(printed, line)
            yield Segment.line()


@lru_cache(maxsize=4096)
def piece(content: str, style: Style | None = None) -> Segment:
    """Return a piece of a line: the same one for the same text, which is quick to compare."""
    return Segment(content, style)


def cut(content: str, width: int) -> str:
    """Return untrusted text, printable and in at most ``width`` cells, as ``shorten`` does."""
    harmless = content.isascii() and content.isprintable()
    return shorten(content if harmless else text.printable(content), width)


def shorten(content: str, width: int) -> str:
    """Return printable text in at most ``width`` cells, with an ellipsis where it was cut."""
    if cell_len(content) <= width:
        return content
    return set_cell_size(content, width - 1).rstrip() + _ELLIPSIS if width > 0 else ""


def pad(line: Iterable[Segment], width: int) -> Line:
    """Return the line in exactly ``width`` cells: filled with spaces or cut off."""
    pieces = []
    room = width
    for one in line:
        cells = cell_len(one.text)
        if cells > room:
            one = piece(set_cell_size(one.text, room), one.style)
            cells = room
        pieces.append(one)
        room -= cells
    return (*pieces, piece(" " * room)) if room else tuple(pieces)


def justify(left: str, right: str, width: int) -> str:
    """Return a line of ``width`` cells that ends with ``right``; ``left`` gets the rest."""
    end = cut(right, width)
    room = width - cell_len(end) - (1 if end else 0)
    return set_cell_size(cut(left, max(0, room)), width - cell_len(end)) + end


def first_fitting(variants: Sequence[str], width: int) -> str:
    """Return the first variant that fits into ``width`` cells, else the last one cut."""
    fitting = next((variant for variant in variants if cell_len(variant) <= width), None)
    return fitting or cut(variants[-1], width)


def join_fitting(parts: Iterable[str], width: int) -> str:
    """Return the parts with dots between them; a part that does not fit is left out."""
    line = ""
    for part in filter(None, parts):
        longer = f"{line} · {part}" if line else part
        if cell_len(longer) <= width:
            line = longer
    return line


def wrap(content: str, width: int, most: int) -> list[str]:
    """Return untrusted text in at most ``most`` lines, the last cut with an ellipsis.

    Numbers are kept with their units.
    """
    return [*_wrapped(content, width, most)]


@lru_cache(maxsize=64)
def _wrapped(content: str, width: int, most: int) -> Sequence[str]:
    words = (
        part.replace("\N{NO-BREAK SPACE}", " ")
        for word in text.with_no_break_spaces(text.printable(content)).split(" ")
        for part in chop_cells(word, max(2, width))
    )
    lines, line = list[str](), ""
    for word in words:
        longer = f"{line} {word}" if line else word
        if cell_len(longer) > width and line:
            lines.append(line)
            longer = word
        line = longer
    lines += [line] if line else []
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), width)] if most > 0 else []


def bar(fraction: float, width: int, rail: str = _RAIL) -> str:
    """Return a bar in eighths of a cell, never fuller than the fraction (cut to 0 and 1).

    What is missing is a ``rail``, one letter a cell.
    """
    eighths = int(min(1.0, max(0.0, fraction)) * width * 8 + 1e-9) if fraction == fraction else 0
    full, rest = divmod(eighths, 8)
    return (_FULL * full + (_EIGHTHS[rest] if rest else "")).ljust(width, rail)


def as_printed(console: Console) -> Callable[[Segment], Segment]:
    """Return what makes a piece one that the terminal's colours can show.

    Of sixteen, each paint has a bright one for its own; of none, shaded blocks are told apart.
    """
    if console.no_color or console.color_system is None:
        return _shaded
    if console.color_system == "standard":
        return lambda one: Segment(one.text, _of_sixteen(one.style))
    return lambda one: one


def _shaded(one: Segment) -> Segment:
    is_shaded = one.style is not None and "shaded" in one.style.meta
    return Segment(one.text.replace(_FULL, _SHADE), one.style) if is_shaded else one


def _of_sixteen(style: Style | None) -> Style | None:
    """Return the style with one of the sixteen colours, or without one where none will do."""
    if style is None or style.color is None:
        return style
    known = _OF_SIXTEEN.get(style.color.name)
    return style.without_color if known is None else style + Style.from_color(known)
