"""What turns one frame on a terminal into the next: the cells that changed, and no others.

A recording holds all that is written, so that whoever watches it pays for every cell. May import
``harness.show.terminal.lines`` and rich.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import compress, groupby, zip_longest
from operator import ne

from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import COLOR_SYSTEMS, Console
from rich.segment import Segment
from rich.style import Style

from harness.show.terminal.lines import Frame, Line, as_printed

_WORTH_A_MOVE = 6
"""More unchanged cells in a row than these cost more than to move the cursor over them."""

_CODES = re.compile(r"\x1b\[[\d;]*m")

_NARROW = re.compile(r"[ -~±·×Δ–—…→−≈≤≥─-▟]*")
"""What panels are made of, all of it one cell wide."""


def rewrite(frame: Frame, before: Frame | None, console: Console) -> str:
    """Return what turns a frame into one of as many lines, in the console's colours.

    Without a frame before, all lines are written and the rest of the screen is erased.
    """
    brush = _Brush(console)
    old_lines = () if before is None else before.lines
    for row, (line, old) in enumerate(zip_longest(frame.lines, old_lines), 1):
        if line != old:
            _rewrite_line(brush, row, line, old)
    return f"{brush.written}\x1b[J" if before is None else brush.written


class _Brush:
    """Collects what to write: whole lines, and then strokes, each style of which is set once."""

    def __init__(self, console: Console) -> None:
        system = console.color_system
        self._colors = COLOR_SYSTEMS[system] if system is not None else None
        self._has_colors = not console.no_color
        self._as_printed = as_printed(console)
        self._lines: list[str] = []
        self._strokes: dict[str, list[str]] = {}

    @property
    def written(self) -> str:
        strokes = ("".join(_styled(codes, *some)) for codes, some in self._strokes.items())
        return "".join([*self._lines, *strokes])

    def write_line(self, row: int, line: Iterable[Segment]) -> None:
        """Write a line from its first column, and make the rest of the row blank."""
        pieces = (part for one in line for part in _styled(*self._printed(one)))
        self._lines += [f"\x1b[{row}H", *pieces, "\x1b[K"]

    def write_stroke(self, row: int, column: int, stroke: Segment) -> None:
        """Write a text of one style at a column, counted from one."""
        codes, content = self._printed(stroke)
        self._strokes.setdefault(codes, []).append(f"\x1b[{row};{column}H{content}")

    def _printed(self, one: Segment) -> tuple[str, str]:
        """Return the codes of a text's style, empty for plain text, and the text."""
        content, style, _ = self._as_printed(one)
        if style is None:
            return "", content
        return _codes(style if self._has_colors else style.without_color, self._colors), content


@lru_cache(maxsize=64)
def _codes(style: Style, colors: ColorSystem | None) -> str:
    codes = _CODES.match(style.render(".", color_system=colors))
    return "" if codes is None else codes[0]


def _styled(codes: str, *contents: str) -> Iterable[str]:
    return (codes, *contents, "\x1b[0m") if codes else contents


def _rewrite_line(brush: _Brush, row: int, line: Line, old: Line | None) -> None:
    content, old_content = _content(line), _content(old or ())
    if len(content) != len(old_content) or not _fills_cells(content + old_content):
        brush.write_line(row, _without_end(line))
        return
    styles = _styles(line)
    for first, end in _runs(_changed(line, old or ())):
        for style, columns in groupby(range(first, end), styles.__getitem__):
            start, *more = columns
            stroke = Segment(content[start : start + 1 + len(more)], style)
            brush.write_stroke(row, start + 1, stroke)


def _changed(line: Line, old: Line) -> Iterator[int]:
    """Yield the columns of which the character or its style changed; the lines are equally long."""
    for column, one, before in _unlike(line, old):
        if one.style is before.style or one.style == before.style:
            columns = range(column, column + len(one.text))
            yield from compress(columns, map(ne, one.text, before.text))
        else:
            yield from range(column, column + len(one.text))


def _unlike(line: Line, old: Line) -> Iterator[tuple[int, Segment, Segment]]:
    """Yield pieces that stand at the same columns but are not the same, and their first column.

    They are cut where either line has a piece that ends.
    """
    column = 0
    pieces, olds = [*reversed(line)], [*reversed(old)]
    while pieces and olds:
        one, before = pieces.pop(), olds.pop()
        if one is before:
            column += len(one.text)
            continue
        length = min(len(one.text), len(before.text))
        if len(one.text) > length:
            pieces.append(Segment(one.text[length:], one.style))
            one = Segment(one.text[:length], one.style)
        if len(before.text) > length:
            olds.append(Segment(before.text[length:], before.style))
            before = Segment(before.text[:length], before.style)
        yield column, one, before
        column += length


def _content(line: Line) -> str:
    return "".join([one.text for one in line])


def _styles(line: Line) -> list[Style | None]:
    """Return the style of each of a line's characters."""
    styles: list[Style | None] = []
    for content, style, _ in line:
        styles += [style] * len(content)
    return styles


def _fills_cells(content: str) -> bool:
    """Return whether each character fills one cell."""
    return _NARROW.fullmatch(content) is not None or all(cell_len(one) == 1 for one in content)


def _runs(changed: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Yield from where to where columns changed; a little between two changes is in a run."""
    run: tuple[int, int] | None = None
    for column in changed:
        if run is not None and column - run[1] > _WORTH_A_MOVE:
            yield run
            run = None
        run = (column if run is None else run[0], column + 1)
    if run is not None:
        yield run


def _without_end(line: Line) -> Iterable[Segment]:
    """Return the line without the plain blanks at its end."""
    pieces = list(line)
    while pieces and pieces[-1].style is None and not pieces[-1].text.strip(" "):
        pieces.pop()
    return pieces
