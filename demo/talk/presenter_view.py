"""The cue: the presenter's second terminal beside a race or a rehearsal, which it follows and never touches.

On a terminal it is drawn on the alternate screen, else told in lines until the session ends. May import everything.
"""

import select
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from demo.race.screens import say
from demo.talk.presenter_state import Prompter
from demo.talk.speech import steady
from demo.terminal import FullScreen, Keys, Signals
from harness import text
from harness.errors import ExitCode, Interrupted
from harness.show.terminal import log_lines
from harness.show.terminal import presenter_view as pictures
from harness.show.terminal.agenda import beat_title, talk_clock
from harness.state.board import Board
from harness.takes.folder import DEFAULT_ROOT
from harness.talk.agenda import Talk

LOOK_EVERY_S = 0.5
HINT = "the race is not touched by that"


def cue(
    take: Path | None, talk: Talk, stall_after: float, *, live: bool, root: Path = DEFAULT_ROOT
) -> int:
    """Follow a take, or the newest session below ``root``, until q is pressed or, without a terminal, the session has ended.

    Returns the exit code; raises ``Interrupted`` for a signal.
    """
    prompter = Prompter(take, talk, stall_after, root=root, clock=steady(), ticks=time.monotonic)
    signals = Signals()
    with signals.catch():
        if live:
            _shown(prompter, signals)
        else:
            _told(prompter, signals)
    return ExitCode.DONE


def _shown(prompter: Prompter, signals: Signals) -> None:
    """Draw a frame a look; a key is heeded at once."""
    keys = Keys()
    full_screen, due = FullScreen(keys), 0.0
    with full_screen.open():
        while not _holds(typed := keys.pressed(), b"qQ"):
            if _holds(typed, b"\r\n"):
                prompter.enter()
            if time.monotonic() >= due:
                due = time.monotonic() + LOOK_EVERY_S
                prompter.look()
            full_screen.draw(partial(pictures.draw_presenter_view, prompter.scene()))
            _wait(due, signals, keys)


def _holds(typed: bytes, wanted: bytes) -> bool:
    return any(key in wanted for key in typed)


def _wait(due: float, signals: Signals, keys: Keys | None = None) -> None:
    """Wait for a moment, or for a key before it; raise ``Interrupted`` for a signal."""
    left = max(0.0, due - time.monotonic())
    if keys is not None and keys.present:
        select.select([sys.stdin], [], [], left)
    else:
        time.sleep(left)
    if signals.first is not None:
        raise Interrupted(signals.first, HINT)


class Teller:
    """What is to be said from look to look: what happened, what goes wrong, and where things stand if nothing did for a while."""

    def __init__(self) -> None:
        self._said_at = 0.0
        self._trouble = ""
        self._beat = ""
        self._alarm = ""

    def lines(self, prompter: Prompter, before: Board, now: float) -> Iterator[str]:
        """Yield the lines that are due; ``before`` is the board as it was at the last look, ``now`` in seconds on any one clock."""
        scene, quiet = prompter.scene(), now - self._said_at >= log_lines.HEARTBEAT_S
        told = [*self._talk(scene), *self._news(scene, before), *self._alarms(scene, quiet=quiet)]
        if not told and quiet:
            told = [pictures.heartbeat(scene)]
        if told:
            self._said_at = now
        yield from [*self._troubles(scene), *told]

    def _troubles(self, scene: pictures.Scene) -> Iterator[str]:
        """Yield what could not be read, once."""
        if scene.trouble != self._trouble:
            yield text.printable(scene.trouble)
        self._trouble = scene.trouble

    def _talk(self, scene: pictures.Scene) -> Iterator[str]:
        beat = beat_title(scene.stands) if scene.course.began is not None else ""
        if beat != self._beat and beat:
            yield f"{talk_clock(scene.stands)}, {beat}"
        self._beat = beat

    def _news(self, scene: pictures.Scene, before: Board) -> Iterator[str]:
        run = scene.run
        if run is None or run.board.opened is None:
            return
        yield from log_lines.new_lines(
            before, run.board, run.board.opened.spec, at=run.at, last_said=run.at
        )
        if run.board.closed is not None and before.closed is None:
            yield pictures.describe_run(run, scene.record)

    def _alarms(self, scene: pictures.Scene, *, quiet: bool) -> Iterator[str]:
        """Yield what goes wrong, when it begins to and then at every heartbeat."""
        alarm = pictures.warning(scene.run, scene.stall_after)
        kind = alarm.partition(":")[0]
        if alarm and (quiet or kind != self._alarm):
            yield alarm
        self._alarm = kind


def _told(prompter: Prompter, signals: Signals) -> None:
    """Say lines until the session that is followed has ended."""
    teller = Teller()
    while True:
        due, session, before = time.monotonic() + LOOK_EVERY_S, prompter.session, prompter.board
        prompter.look()
        for line in teller.lines(
            prompter, before if prompter.session is session else Board(), time.monotonic()
        ):
            say(f"{line}\n".encode(sys.stdout.encoding, "replace"), HINT)
        if prompter.ended:
            return
        _wait(due, signals)
