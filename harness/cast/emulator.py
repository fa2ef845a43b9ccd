"""Play a recording into an emulated terminal: what a viewer would see, moment by moment.

pyte emulates the terminal; the alternate screen, which it lacks, is added here. The only importer
of pyte. May import ``cast.format``.
"""

import copy
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache, wraps
from inspect import Parameter, signature
from itertools import zip_longest
from typing import Any

import pyte
import pyte.modes
import pyte.screens

from harness.cast.format import OUTPUT, Cast

PIECES_APART_S = 0.03
"""Outputs closer together than this are one drawing: a terminal passes on large ones in pieces."""

Cell = pyte.screens.Char
"""A character on a screen with its colours; an empty one is the right half of a wide one."""

_ALTERNATE_SCREEN = 1049
# Titles, palettes and the like draw nothing. pyte waits without end for one that was cut.
_STRINGS = re.compile(r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x9c|\x1b\\)?")


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
    """A terminal's screen, with an alternate one beside it.

    Frames repeat most of what the one before drew, so cells are made once, and only rows that
    changed are put together again.
    """

    alternate = False
    _normal: Any = None

    def __init__(self, columns: int, lines: int) -> None:
        self._rows: dict[int, str] = {}
        super().__init__(columns, lines)
        for name in set(pyte.Stream.csi.values()):
            setattr(self, name, _ignoring_what_it_does_not_know(getattr(self, name)))

    @property
    def display(self) -> list[str]:
        """Return the rows as text."""
        self._rows.update((row, self._row_text(row)) for row in self.dirty)
        self.dirty.clear()
        return [self._rows[row] for row in range(self.lines)]

    def draw(self, data: str) -> None:
        """Write text at the cursor; quickly, where each character fills a cell of this row."""
        cursor, end = self.cursor, self.cursor.x + len(data)
        cells = None
        if end <= self.columns and not self.charset and pyte.modes.IRM not in self.mode:
            cells = _cells(data, cursor.attrs)
        if cells is None:
            super().draw("".join(filter(_is_drawn, data)))
            self._touch_all()  # a character can have joined one on the row above
            return
        self.buffer[cursor.y].update(zip(range(cursor.x, end), cells, strict=True))
        cursor.x = end
        self.dirty.add(cursor.y)

    def erase_in_display(self, how: int = 0, *, private: bool = False) -> None:
        """Erase a part of the screen; pyte fails for a part that it does not know."""
        if how in range(4):
            super().erase_in_display(how, private=private)

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        """Erase a part of the line; pyte fails for a part that it does not know."""
        if how in range(3):
            super().erase_in_line(how, private=private)

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
            self._touch_all()

    def cells(self, row: int) -> Mapping[int, Cell]:
        """Return a row's characters and colours by column; a missing column is blank."""
        return self.buffer[row]

    def _row_text(self, row: int) -> str:
        """Return a row; the column that a wide character covers adds nothing to it.

        Half a wide character that is left over is blank.
        """
        cells, blank = self.buffer[row], self.default_char
        texts = [cells.get(column, blank).data for column in range(self.columns)]
        if all(texts) and not any(map(_is_wide, texts)):
            return "".join(texts)
        return "".join(map(_visible, [" ", *texts], texts, [*texts[1:], ""]))

    def _touch_all(self) -> None:
        self.dirty.update(range(self.lines))


def _ignoring_what_it_does_not_know(method: Callable[..., None]) -> Callable[..., None]:
    """Return the method for a control sequence as terminals have it, which never fails.

    Numbers beyond those that the sequence has are ignored, and so is a sequence marked as private
    that has no private meaning. pyte passes on whatever is written.
    """
    parameters = signature(method).parameters.values()
    kinds = [one.kind for one in parameters if one.name != "private"]
    most = (
        None if Parameter.VAR_POSITIONAL in kinds else kinds.count(Parameter.POSITIONAL_OR_KEYWORD)
    )
    takes_private = len(kinds) < len(parameters) or Parameter.VAR_KEYWORD in kinds

    @wraps(method)
    def call(*numbers: int, private: bool = False) -> None:
        if not private:
            method(*numbers[:most])
        elif takes_private:
            method(*numbers[:most], private=True)

    return call


@lru_cache(maxsize=2048)
def _cells(text: str, style: Cell) -> tuple[Cell, ...] | None:
    """Return text as cells of one style (None: some character fills none or two)."""
    if any(pyte.screens.wcwidth(character) != 1 for character in text):
        return None
    return tuple(_cell(character, style) for character in text)


@lru_cache(maxsize=4096)
def _is_wide(text: str) -> bool:
    return bool(text) and pyte.screens.wcwidth(text[0]) == 2


def _visible(left: str, text: str, right: str) -> str:
    """Return what is seen of a cell between two others."""
    if not text:
        return "" if _is_wide(left) else " "
    return " " if right and _is_wide(text) else text


@lru_cache(maxsize=4096)
def _is_drawn(character: str) -> bool:
    """Return whether a character fills a cell or joins one: pyte drops what is behind another."""
    return pyte.screens.wcwidth(character) > 0 or unicodedata.combining(character) > 0


@lru_cache(maxsize=8192)
def _cell(character: str, style: Cell) -> Cell:
    return style._replace(data=character)


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
        try:
            stream.feed(_STRINGS.sub("", drawing.text))
        except ValueError:  # a number of thousands of digits, with which pyte's parser ends
            stream = pyte.Stream(screen)
        yield drawing.at, drawing.until, screen


def screen_states(cast: Cast) -> Iterator[ScreenState]:
    """Yield what was on the screen after every drawing of a recording."""
    for at, until, screen in screens(cast):
        lines = tuple(screen.display)
        yield ScreenState(at=at, until=until, lines=lines, alternate=screen.alternate)
