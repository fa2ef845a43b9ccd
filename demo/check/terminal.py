"""The terminal that the audience sees: its size, its colours, and whether it shows our letters.

Reading it is one function, judging it another. May import ``harness``, rich, ``demo.terminal`` and
its neighbours.
"""

import io
import os
import sys
from dataclasses import dataclass

from rich.console import Console

from demo.check.result import CheckResult, fail, ok, warn
from demo.terminal import term_can_draw
from harness import text
from harness.show.terminal.panel import SMALLEST_COLUMNS, SMALLEST_ROWS

MOST_ROWS = 30
"""With more rows, the letters are too small a part of the picture for the back row."""

_COLOURS = {"truecolor": "16 million colours", "256": "256 colours"}
_USE_XTERM = "export TERM=xterm-256color"


@dataclass(frozen=True, kw_only=True)
class Display:
    """Standard output as it is.

    ``size`` is its columns and rows (None: no terminal, or it does not report them), ``draws``
    whether it can draw the panel, ``colours`` rich's name for its colours (empty: none).
    """

    terminal: bool
    size: tuple[int, int] | None
    draws: bool
    colours: str
    no_color: bool
    encoding: str

    @property
    def columns(self) -> int:
        """Return the width; 80 if it is unknown."""
        return self.size[0] if self.size else SMALLEST_COLUMNS


def read_display() -> Display:
    """Return what standard output is now, whatever the environment claims of its size."""
    terminal = sys.stdout.isatty()
    console = Console(file=io.StringIO(), force_terminal=True)
    draws = term_can_draw()
    return Display(
        terminal=terminal,
        size=_size() if terminal else None,
        draws=draws,
        colours=str(console.color_system or "") if draws else "",
        no_color=console.no_color,
        encoding=sys.stdout.encoding or "ascii",
    )


def _size() -> tuple[int, int] | None:
    try:
        columns, rows = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return None
    return (columns, rows) if columns and rows else None


def judge_size(display: Display) -> CheckResult:
    """Judge whether the panel fits, and whether the back row can read it."""
    name = "terminal"
    if not display.terminal:
        return warn(
            name,
            "standard output is not a terminal, so its size is unknown",
            "run the check again in the terminal on the projector",
        )
    if display.size is None:
        return warn(
            name,
            "it does not report its size; 80×24 is assumed",
            "look at the test card: `twoclocks check --card`",
        )
    columns, rows = display.size
    size = f"{text.count(columns)}×{text.count(rows)}"
    if columns < SMALLEST_COLUMNS or rows < SMALLEST_ROWS:
        return fail(
            name,
            f"{size} is too small for the panel, which needs {SMALLEST_COLUMNS}×{SMALLEST_ROWS}",
            "enlarge the window, or make its letters smaller",
        )
    if rows > MOST_ROWS:
        return warn(
            name,
            f"{size}: with {text.count(rows)} rows the letters are too small for the back row",
            f"enlarge the letters (Ctrl and +) until there are {MOST_ROWS} rows or fewer",
        )
    return ok(name, f"{size}: with {text.count(rows)} rows the back row can read it")


def judge_colours(display: Display) -> CheckResult:
    """Judge whether the panel's colours can be shown."""
    name = "colours"
    if not display.draws:
        judge = fail if display.terminal else warn
        return judge(
            name,
            "TERM says that this terminal cannot draw: the race would be lines of text",
            _USE_XTERM,
        )
    if display.no_color:
        return warn(
            name,
            "none, because NO_COLOR is set: the bars have the colour of the text",
            "unset NO_COLOR to tell the bars apart at once",
        )
    if display.colours == "standard":
        mixed = "sixteen, as this terminal mixes them: the bars are a bright red and blue"
        return warn(name, mixed, _USE_XTERM)
    if display.colours not in _COLOURS:
        return warn(name, "too few: the bars have the colour of the text", _USE_XTERM)
    return ok(name, f"{_COLOURS[display.colours]}: the bars are orange and blue")


def judge_letters(display: Display) -> CheckResult:
    """Judge whether block and box characters can be shown."""
    if display.encoding.lower().replace("_", "-") in ("utf-8", "utf8"):
        return ok("letters", "UTF-8: block and box characters can be shown")
    judge = fail if display.terminal else warn
    encoding = text.printable(display.encoding)
    return judge(
        "letters",
        f"{encoding}: bars, boxes and signs such as × would appear as question marks",
        "export PYTHONUTF8=1, and set the terminal to UTF-8",
    )
