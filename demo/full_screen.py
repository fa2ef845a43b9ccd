"""Frames of ``harness.show`` on the alternate screen, each drawn at the terminal's present size.

May import ``harness.show``, rich and ``demo.terminal``.
"""

import io
from contextlib import AbstractContextManager
from typing import Protocol

from rich.console import Console

from demo.terminal import Canvas, Keys
from harness.show.terminal.lines import Frame


class Picture(Protocol):
    """Something that can be drawn at any size."""

    def __call__(self, *, columns: int, rows: int) -> Frame:
        """Return the frame for a terminal of that size."""


class Easel:
    """Draws pictures on the terminal that standard output is."""

    def __init__(self, keys: Keys) -> None:
        self._canvas = Canvas(keys)
        self._console = Console(
            file=io.StringIO(), force_terminal=True
        )  # a console of its own terminal would flush that too

    def open(self) -> AbstractContextManager[None]:
        """Return the block in which the alternate screen is shown."""
        return self._canvas.open()

    def draw(self, picture: Picture) -> None:
        """Show one frame."""
        columns, rows = self._canvas.size
        self._console.size = (columns, rows)
        with self._console.capture() as drawn:
            self._console.print(picture(columns=columns, rows=rows), end="")
        self._canvas.draw(drawn.get())
