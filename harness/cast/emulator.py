"""Play a recording into an emulated terminal: what a viewer would see, moment by moment.

pyte emulates the terminal; the alternate screen, which it lacks, is added here. The only importer
of pyte. May import ``cast.format``.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import pyte
import pyte.screens

from harness.cast.format import OUTPUT, Cast

PIECES_APART_S = 0.03
"""Outputs closer together than this are one drawing: a terminal passes on large ones in pieces."""

Cell = pyte.screens.Char
"""A character on a screen with its colours; an empty one is the right half of a wide one."""

_ALTERNATE_SCREEN = 1049


@dataclass(frozen=True)
class Drawing:
    """Output that belongs together, on the screen from ``at`` until ``until``, in seconds."""

    at: float
    until: float
    text: str


@dataclass(frozen=True, kw_only=True)
class ScreenState:
    """What was on the screen from ``at`` until ``until``, in seconds since the beginning."""

    at: float
    until: float
    lines: tuple[str, ...]
    alternate: bool

    @property
    def text(self) -> str:
        """Return the screen as one text."""
        return "\n".join(line.rstrip() for line in self.lines)


class Screen(pyte.Screen):
    """A terminal's screen, with an alternate one beside it."""

    alternate = False
    _normal: Any = None

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        """Set modes; the alternate screen starts empty."""
        super().set_mode(*modes, **kwargs)
        if kwargs.get("private") and _ALTERNATE_SCREEN in modes and not self.alternate:
            self.alternate = True
            self._normal = (copy.deepcopy(self.buffer), copy.copy(self.cursor))
            self.erase_in_display(2)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        """Reset modes; the normal screen returns as it was left."""
        super().reset_mode(*modes, **kwargs)
        if kwargs.get("private") and _ALTERNATE_SCREEN in modes and self.alternate:
            self.alternate = False
            hidden = self.cursor.hidden
            self.buffer, self.cursor = self._normal
            self.cursor.hidden = hidden

    def cells(self, row: int) -> Mapping[int, Cell]:
        """Return a row's characters and colours by column; a missing column is blank."""
        return self.buffer[row]


def drawings(cast: Cast) -> Iterator[Drawing]:
    """Yield the recording's output, with the pieces of one drawing joined."""
    output = [event for event in cast.events if event.code == OUTPUT]
    began, pieces = 0.0, ""
    for event, later in zip_longest(output, output[1:]):
        if not pieces:
            began = event.at
        pieces += event.text
        until = later.at if later is not None else cast.duration_s
        if later is None or until - event.at >= PIECES_APART_S:
            yield Drawing(began, until, pieces)
            pieces = ""


def screens(cast: Cast) -> Iterator[tuple[float, float, Screen]]:
    """Yield (from, until, screen) for every drawing of a recording.

    It is one screen that changes: read it before asking for the next.
    """
    screen = Screen(cast.columns, cast.rows)
    stream = pyte.Stream(screen)
    for drawing in drawings(cast):
        stream.feed(drawing.text)
        yield drawing.at, drawing.until, screen


def screen_states(cast: Cast) -> Iterator[ScreenState]:
    """Yield what was on the screen after every drawing of a recording."""
    for at, until, screen in screens(cast):
        lines = tuple(screen.display)
        yield ScreenState(at=at, until=until, lines=lines, alternate=screen.alternate)
