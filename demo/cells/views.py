"""What shows a race where it was begun: a cell of Jupyter or marimo, or lines of text elsewhere.

A cell is drawn in place by the board that a follower has; in a plain Python, a terminal of IPython
or a script a line is printed for what happens. No notebook's package is imported that is not there
already. May import ``harness`` and ``demo.follow``.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from importlib import import_module
from typing import Protocol

from demo.follow.caption import stage_of
from harness.follow.follower import Follower
from harness.model import Kind, Status
from harness.show.displays import Note, Screen
from harness.show.terminal.lines import Frame
from harness.show.terminal.log_lines import new_lines
from harness.show.terminal.panel import Caption, draw_panel
from harness.state.board import Board

COLUMNS, ROWS = 90, 28
STARTING = "the race is starting"
STOPS = ("interrupting the cell ends the race and keeps what was observed",)

Show = Callable[[object], None]


class View(Protocol):
    """Something that shows a race where it was begun."""

    def show(self, before: Board, follower: Follower) -> None:
        """Show what a follower knows now; ``before`` is its board of the last time."""

    def show_end(self, words: str) -> None:
        """Show how the race has ended, below what was shown last."""


class _Handle(Protocol):
    """What Jupyter returns of something that is shown, to put something else in its place."""

    def update(self, view: object) -> None:
        """Show something else there."""


class PanelInCell:
    """The panel, drawn in place; what is shown last is kept with the notebook."""

    def __init__(self, show: Show) -> None:
        self._show = show
        self._begun: Follower | None = None
        show(Note(STARTING))

    def show(self, before: Board, follower: Follower) -> None:
        """Draw a frame, once the race has begun."""
        if follower.board.opened is None:
            return
        self._begun = follower
        caption = caption_of(follower, datetime.now(UTC))
        self._show(Screen(draw(follower, caption)))

    def show_end(self, words: str) -> None:
        """Show the last frame, without what could still be done, and the words below it."""
        if self._begun is None:
            self._show(Note(words))
            return
        caption = replace(caption_of(self._begun, datetime.now(UTC)), prompt="", keys=())
        self._show(Screen(draw(self._begun, caption), words))


class Lines:
    """A line for what happens, and a heartbeat where nothing does."""

    def __init__(self) -> None:
        self._last_line_at = 0.0

    def show(self, before: Board, follower: Follower) -> None:
        """Print what happened, if anything did."""
        board = follower.board
        if board.opened is None:
            return
        at = max(follower.at, board.at)
        for line in new_lines(
            before, board, board.opened.spec, at=at, last_line_at=self._last_line_at
        ):
            print(line, flush=True)
            self._last_line_at = at

    def show_end(self, words: str) -> None:
        """Print the words."""
        print(words)


def view_here() -> View:
    """Return what shows a race in this process: a cell of the notebook that it belongs to."""
    show = _in_jupyter() or _in_marimo()
    return Lines() if show is None else PanelInCell(show)


def caption_of(follower: Follower, utc: datetime) -> Caption:
    """Return the caption of a race that has begun."""
    board = follower.board
    assert board.opened is not None
    over = board.closed is not None
    return Caption(
        run_id=board.opened.run_id,
        schedule=board.schedule or board.opened.spec.schedule,
        utc=utc,
        badge="SIMULATED" if board.opened.kind is Kind.SIMULATED else "",
        prompt="the take is written and drawn" if over else "",
        keys=() if over else (STOPS,),
        foreign_now=follower.foreign_now,
        stage=stage_of(board),
    )


def draw(follower: Follower, caption: Caption) -> Frame:
    """Return a frame of a race that has begun."""
    board = follower.board
    assert board.opened is not None
    at = moment_of(follower)
    return draw_panel(board, board.opened.spec, caption, at=at, columns=COLUMNS, rows=ROWS)


def moment_of(follower: Follower) -> float:
    """Return the time that is drawn; once a race is over one at which its replay is over, too."""
    board = follower.board
    at = max(follower.at, board.at)
    if board.closed is None or board.closed.status is not Status.COMPLETE:
        return at
    return max(at, (board.distributed.started_at or 0.0) + (board.baseline.wall_s or 0.0))


def _in_jupyter() -> Show | None:
    """Return what shows something in the cell of a Jupyter kernel (None: this is none)."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    if not hasattr(shell, "kernel"):
        return None
    handles: list[_Handle] = []

    def show(view: object) -> None:
        if handles:
            handles[0].update(view)
        else:
            handles.append(import_module("IPython.display").display(view, display_id=True))

    return show


def _in_marimo() -> Show | None:
    """Return what shows something in the cell of a marimo notebook (None: this is none)."""
    marimo = sys.modules.get("marimo")
    if marimo is None or not marimo.running_in_notebook():
        return None
    output = marimo.output

    def show(view: object) -> None:
        output.replace(view)

    return show
