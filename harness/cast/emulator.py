"""A recording played into a terminal that is not there: what a person would have seen, moment by moment.

The emulation is pyte's, with the alternate screen that it lacks. The one importer of pyte.
May import ``cast.format``.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import pyte
from pyte.screens import Char

from harness.cast.format import OUTPUT, Cast

PIECES_APART_S = 0.03
"""Output that comes within this time is one drawing: a terminal hands a large one over in pieces."""

_ALTERNATE = 1049


@dataclass(frozen=True)
class Drawing:
    """Output that belongs together, and that stands from ``at`` until ``until``, in seconds since the beginning."""

    at: float
    until: float
    text: str


@dataclass(frozen=True)
class ScreenState:
    """What stood on the screen from ``at`` until ``until``, in seconds since the beginning."""

    at: float
    until: float
    lines: tuple[str, ...]
    alternate: bool

    @property
    def text(self) -> str:
        """Return the screen as one text."""
        return "\n".join(line.rstrip() for line in self.lines)


class Screen(pyte.Screen):
    """A terminal's screen, with an alternate one; ``cells`` tells the letters with their paint."""

    alternate = False
    _normal: Any = None

    def set_mode(self, *modes: int, **kwargs: Any) -> None:
        """Set modes; the alternate screen begins empty."""
        super().set_mode(*modes, **kwargs)
        if kwargs.get("private") and _ALTERNATE in modes and not self.alternate:
            self.alternate, self._normal = (
                True,
                (copy.deepcopy(self.buffer), copy.copy(self.cursor)),
            )
            self.erase_in_display(2)

    def reset_mode(self, *modes: int, **kwargs: Any) -> None:
        """Reset modes; the normal screen comes back as it was left."""
        super().reset_mode(*modes, **kwargs)
        if kwargs.get("private") and _ALTERNATE in modes and self.alternate:
            self.alternate, hidden = False, self.cursor.hidden
            self.buffer, self.cursor = self._normal
            self.cursor.hidden = hidden

    def cells(self, row: int) -> Mapping[int, Char]:
        """Return a row's painted letters by column; a column that is missing is blank."""
        return self.buffer[row]


def drawings(cast: Cast) -> Iterator[Drawing]:
    """Yield the recording's output, the pieces of one drawing put together."""
    output = [event for event in cast.events if event.code == OUTPUT]
    began, pieces = 0.0, ""
    for event, later in zip_longest(output, output[1:]):
        began, pieces = (event.at, event.text) if not pieces else (began, pieces + event.text)
        until = later.at if later is not None else cast.duration_s
        if later is None or until - event.at >= PIECES_APART_S:
            yield Drawing(began, until, pieces)
            pieces = ""


def screens(cast: Cast) -> Iterator[tuple[float, float, Screen]]:
    """Yield (from, until, the screen) for every drawing of a recording; it is one screen, to be read before the next is asked for."""
    screen = Screen(cast.columns, cast.rows)
    stream = pyte.Stream(screen)
    for drawing in drawings(cast):
        stream.feed(drawing.text)
        yield drawing.at, drawing.until, screen


def screen_states(cast: Cast) -> Iterator[ScreenState]:
    """Yield what was to be seen, a value for every drawing."""
    for at, until, screen in screens(cast):
        yield ScreenState(at, until, tuple(screen.display), screen.alternate)
