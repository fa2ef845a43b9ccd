"""What a frame of the panel is made of: lines of painted pieces, cut to the terminal's cells, and bars.

A frame is finished before rich sees it, so that printing it costs next to nothing and nothing can wrap,
vanish or grow. Text stands in the terminal's own colour, which can always be read; only bars are coloured.
May import ``words`` and rich.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.style import Style

from harness import text as words

Line = tuple[Segment, ...]

STRONG = Style(bold=True)
LABEL = Style(bold=True, reverse=True)
# Both stand out from black and from white by 4.5:1, and from each other in every common kind of colour blindness.
BASELINE_PAINT = Style(color="#bf5700")
DISTRIBUTED_PAINT = Style(color="#007ac0")

_EIGHTHS = " ▏▎▍▌▋▊▉"
_FULL, _TRACK, _ELLIPSIS = "█", "░", "…"


@dataclass(frozen=True)
class Frame:
    """A drawn panel: lines of one width. Printed by rich as it is, in plain strokes where colours are few."""

    lines: tuple[Line, ...]

    @property
    def plain(self) -> str:
        """Return the frame's text, its lines ended by newlines."""
        return "".join(f"{''.join(piece.text for piece in line).rstrip()}\n" for line in self.lines)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the lines; the sixteen colours of an old terminal have unknown contrast and are not used."""
        painted = console.color_system in ("truecolor", "256")
        for line in self.lines:
            yield from (
                line
                if painted
                else (Segment(piece.text, _colourless(piece.style)) for piece in line)
            )
            yield Segment.line()


def piece(text: str, style: Style | None = None) -> Segment:
    """Return a piece of a line."""
    return Segment(text, style)


def cut(text: str, width: int) -> str:
    """Return untrusted text made safe and cut to at most ``width`` cells, with an ellipsis where it was cut."""
    return shorten(text if text.isascii() and text.isprintable() else words.printable(text), width)


def shorten(text: str, width: int) -> str:
    """Return safe text in at most ``width`` cells, with an ellipsis where it was cut."""
    if cell_len(text) <= width:
        return text
    return set_cell_size(text, width - 1).rstrip() + _ELLIPSIS if width > 0 else ""


def pad(line: Iterable[Segment], width: int) -> Line:
    """Return the line brought to exactly ``width`` cells: filled with spaces or cut off."""
    pieces, room = [], width
    for part in line:
        cells = cell_len(part.text)
        if cells > room:
            part, cells = Segment(set_cell_size(part.text, room), part.style), room
        pieces.append(part)
        room -= cells
    return (*pieces, Segment(" " * room)) if room else tuple(pieces)


def justify(left: str, right: str, width: int) -> str:
    """Return a line of ``width`` cells with ``right`` at its end, which ``left`` must make room for."""
    end = cut(right, width)
    room = width - cell_len(end) - (1 if end else 0)
    return set_cell_size(cut(left, max(0, room)), width - cell_len(end)) + end


def first_fitting(variants: Sequence[str], width: int) -> str:
    """Return the first variant that fits into ``width`` cells, else the last one cut."""
    return next((text for text in variants if cell_len(text) <= width), None) or cut(
        variants[-1], width
    )


def join_fitting(parts: Iterable[str], width: int) -> str:
    """Return the parts with dots between them, as many from the front as fit; a part that does not fit is left out."""
    line = ""
    for part in filter(None, parts):
        longer = f"{line} · {part}" if line else part
        if cell_len(longer) <= width:
            line = longer
    return line


def bar(fraction: float, width: int) -> str:
    """Return a bar in eighths of a cell, never fuller than the fraction; below zero is none, above one is all."""
    eighths = int(min(1.0, max(0.0, fraction)) * width * 8 + 1e-9) if fraction == fraction else 0
    full, rest = divmod(eighths, 8)
    return (_FULL * full + (_EIGHTHS[rest] if rest else "")).ljust(width, _TRACK)


def _colourless(style: Style | None) -> Style | None:
    return style.without_color if style is not None and style.color is not None else style
