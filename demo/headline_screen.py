"""The headline on the normal screen: as wide as the terminal and in its colours.

May import ``harness`` and ``demo.terminal``.
"""

from typing import TextIO

from demo.terminal import rendered, term_can_draw, terminal_size
from harness.report import Report


def screen_text(report: Report, stream: TextIO) -> str:
    """Return the headline as wide as the terminal and in its colours; else 80 columns of text."""
    if not (stream.isatty() and term_can_draw()):
        return report.text
    columns, _ = terminal_size(stream)
    return f"{rendered(report.screen(columns), columns)}{report.table_text}"
