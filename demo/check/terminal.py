"""The terminal that the audience will see: its size, its colours, and whether it can be sent the panel's letters.

May import ``harness``, rich and its neighbours in ``demo``.
"""

import io
import os
import sys
from dataclasses import dataclass

from rich.console import Console

from demo.check.result import Finding, failure, warning, well
from demo.terminal import term_can_draw
from harness import text
from harness.show.terminal.panel import SMALLEST_COLUMNS, SMALLEST_ROWS

MOST_ROWS = 30
"""So many rows at most: with more, a letter is too small a part of the picture's height for the back row."""

_COLOURED = {"truecolor": "16 million colours", "256": "256 colours"}


@dataclass(frozen=True)
class Display:
    """Standard output as it is: its size (None: it is no terminal, or does not say), what it draws with, and its encoding.

    ``draws`` is whether the panel can be drawn at all; ``colours`` is rich's name for what there is (empty: none).
    """

    terminal: bool
    size: tuple[int, int] | None
    draws: bool
    colours: str
    no_color: bool
    encoding: str

    @property
    def columns(self) -> int:
        """Return its width; 80 where that is not known."""
        return self.size[0] if self.size else SMALLEST_COLUMNS


def look() -> Display:
    """Return what standard output is now, whatever the environment claims of its size."""
    terminal = sys.stdout.isatty()
    console = Console(file=io.StringIO(), force_terminal=True)
    draws = term_can_draw()
    colours = str(console.color_system or "") if draws else ""
    return Display(
        terminal,
        _size() if terminal else None,
        draws,
        colours,
        console.no_color,
        sys.stdout.encoding or "ascii",
    )


def _size() -> tuple[int, int] | None:
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return None
    return (columns, rows) if columns and rows else None


def size(seen: Display) -> Finding:
    """Judge whether the panel fits, and whether its letters are large enough for the back row."""
    name = "terminal"
    if not seen.terminal:
        return warning(
            name,
            "standard output is no terminal, so that its size is not known",
            "check again in the terminal on the projector",
        )
    if seen.size is None:
        return warning(
            name,
            "it does not tell its size, and is taken for 80×24",
            "look at the test card: `twoclocks check --card`",
        )
    columns, rows = seen.size
    told = f"{text.count(columns)}×{text.count(rows)}"
    if columns < SMALLEST_COLUMNS or rows < SMALLEST_ROWS:
        hint = "make the window larger, or its letters smaller"
        return failure(
            name,
            f"{told} is too small for the panel, which needs {SMALLEST_COLUMNS}×{SMALLEST_ROWS}",
            hint,
        )
    if rows > MOST_ROWS:
        hint = f"make the letters larger, as with Ctrl and +, until there are {MOST_ROWS} rows or fewer"
        return warning(
            name,
            f"{told}: with {text.count(rows)} rows the letters are too small for the back row",
            hint,
        )
    return well(name, f"{told}: with {text.count(rows)} rows the back row can read it")


def colours(seen: Display) -> Finding:
    """Judge what the panel can be painted with."""
    name = "colours"
    if not seen.draws:
        judge = failure if seen.terminal else warning
        return judge(
            name,
            "TERM says that this terminal cannot draw: there would be lines of text, no panel",
            "export TERM=xterm-256color",
        )
    if seen.no_color:
        return warning(
            name,
            "none, since NO_COLOR is set: the bars are in the text's own colour",
            "unset NO_COLOR to tell the bars apart at once",
        )
    if seen.colours not in _COLOURED:
        return warning(
            name,
            "too few for the panel's own: the bars are in the text's own colour",
            "export TERM=xterm-256color",
        )
    return well(name, f"{_COLOURED[seen.colours]}: the bars are orange and blue")


def letters(seen: Display) -> Finding:
    """Judge whether block and box characters can be sent."""
    if seen.encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        return well("letters", "UTF-8: block and box characters can be drawn")
    judge = failure if seen.terminal else warning
    sentence = (
        f"{text.printable(seen.encoding)}: bars, boxes and signs such as × would be question marks"
    )
    return judge("letters", sentence, "export PYTHONUTF8=1, and set the terminal to UTF-8")
