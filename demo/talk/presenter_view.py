"""The presenter view: a second terminal that follows a race or a rehearsal and never touches it.

It is drawn on the alternate screen of a terminal. Elsewhere it is printed line by line until the
session ends. May import ``harness`` and the rest of ``demo``.
"""

import select
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from demo.race.screens import write_stdout
from demo.talk import steady_clock
from demo.talk.presenter_state import PresenterState
from demo.terminal import FullScreen, Keys, Signals
from harness import text
from harness.errors import ExitCode, Interrupted
from harness.show.terminal import log_lines
from harness.show.terminal import presenter_view as pictures
from harness.show.terminal.agenda import beat_title, talk_clock
from harness.show.terminal.presenter_phrases import describe_run, find_warning
from harness.state.board import Board
from harness.takes.folder import DEFAULT_ROOT
from harness.talk.agenda import Agenda

LOOK_EVERY_S = 0.5
RACE_GOES_ON = "the race itself goes on"


def cue(
    take: Path | None, agenda: Agenda, stall_after: float, *, live: bool, root: Path = DEFAULT_ROOT
) -> int:
    """Follow a take, or the newest session in ``root`` (None), and return the exit code.

    In a terminal q ends it, elsewhere the end of the session. Raises ``Interrupted`` for a signal.
    """
    clock = steady_clock()
    state = PresenterState.start(
        take, agenda, stall_after, root=root, clock=clock, ticks=time.monotonic
    )
    signals = Signals()
    with signals.catch():
        if live:
            _draw_until_q(state, signals)
        else:
            _print_until_end(state, signals)
    return ExitCode.DONE


def _draw_until_q(state: PresenterState, signals: Signals) -> None:
    """Draw one frame a look, and one at once when a key is pressed."""
    keys = Keys()
    screen = FullScreen(keys)
    due = 0.0
    with screen.open():
        while not _holds(typed := keys.pressed(), b"qQ"):
            if _holds(typed, b"\r\n"):
                state.enter()
            if time.monotonic() >= due:
                due = time.monotonic() + LOOK_EVERY_S
                state.look()
            screen.draw(partial(pictures.draw_presenter_view, state.scene()))
            _wait_until(due, signals, keys)


def _print_until_end(state: PresenterState, signals: Signals) -> None:
    """Print what is new at every look until the followed session has ended."""
    news = NewsLines()
    while True:
        due = time.monotonic() + LOOK_EVERY_S
        session, board = state.session, state.board
        state.look()
        before = board if state.session is session else Board()
        for line in news.lines(state, before, time.monotonic()):
            write_stdout(f"{line}\n".encode(sys.stdout.encoding, "replace"), RACE_GOES_ON)
        if state.ended:
            return
        _wait_until(due, signals)


def _holds(typed: bytes, wanted: bytes) -> bool:
    return any(key in wanted for key in typed)


def _wait_until(due: float, signals: Signals, keys: Keys | None = None) -> None:
    """Wait for a moment, or for a key before it; raise ``Interrupted`` for a signal."""
    left = max(0.0, due - time.monotonic())
    if keys is not None and keys.present:
        select.select([sys.stdin], [], [], left)
    else:
        time.sleep(left)
    if signals.first is not None:
        raise Interrupted(signals.first, RACE_GOES_ON)


class NewsLines:
    """The lines to print from look to look: news, warnings, and a heartbeat after a silence."""

    def __init__(self) -> None:
        self._printed_at = 0.0
        self._trouble = ""
        self._beat = ""
        self._warning = ""

    def lines(self, state: PresenterState, before: Board, now: float) -> Iterator[str]:
        """Yield the lines that are due ``now``, in seconds of any one clock.

        ``before`` is the board of the session at the last look.
        """
        scene = state.scene()
        silent = now - self._printed_at >= log_lines.HEARTBEAT_S
        lines = [
            *self._new_beat(scene),
            *self._events(scene, before),
            *self._warnings(scene, repeat=silent),
        ]
        if not lines and silent:
            lines = [pictures.heartbeat(scene)]
        if lines:
            self._printed_at = now
        yield from [*self._new_trouble(scene), *lines]

    def _new_trouble(self, scene: pictures.Scene) -> Iterator[str]:
        """Yield what could not be read, once."""
        if scene.trouble != self._trouble:
            yield text.printable(scene.trouble)
        self._trouble = scene.trouble

    def _new_beat(self, scene: pictures.Scene) -> Iterator[str]:
        beat = beat_title(scene.position) if scene.progress.began is not None else ""
        if beat != self._beat and beat:
            yield f"{talk_clock(scene.position)}, {beat}"
        self._beat = beat

    def _events(self, scene: pictures.Scene, before: Board) -> Iterator[str]:
        run = scene.run
        if run is None or run.board.opened is None:
            return
        yield from log_lines.new_lines(
            before, run.board, run.board.opened.spec, at=run.at, last_line_at=run.at
        )
        if run.board.closed is not None and before.closed is None:
            yield describe_run(run, scene.history)

    def _warnings(self, scene: pictures.Scene, *, repeat: bool) -> Iterator[str]:
        """Yield a warning when it is new, and again if it is to be repeated."""
        warning = find_warning(scene.run, scene.stall_after)
        kind = warning.partition(":")[0]
        if warning and (repeat or kind != self._warning):
            yield warning
        self._warning = kind
