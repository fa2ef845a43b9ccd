"""The talk as it is given at the terminal: beat after beat, each until Enter is pressed.

Every beat is timed, shown, and published for the presenter view in another terminal.
May import ``harness`` and ``demo.terminal``.
"""

import contextlib
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from demo.terminal import FullScreen, Keys, Signals, in_foreground, terminal_size
from harness.errors import Interrupted
from harness.show.terminal import agenda as pictures
from harness.show.terminal.lines import Frame, cut
from harness.talk.agenda import (
    Agenda,
    AgendaPosition,
    TalkProgress,
    Words,
    begin_talk,
    end_beat,
    fill_in,
    position_at,
)
from harness.talk.broadcast import Broadcast
from harness.talk.history import Configuration

LOOK_EVERY_S = 0.05
FRAME_S = 0.25

Clock = Callable[[], float]


class TalkRunner:
    """Runs a talk with words for its sentences, and publishes it below a folder.

    ``progress`` is how it has gone so far.
    """

    def __init__(
        self,
        agenda: Agenda,
        words: Words,
        *,
        configuration: Configuration,
        root: Path,
        clock: Clock,
    ) -> None:
        self._words = words
        self._configuration = configuration
        self._root = root
        self._clock = clock
        self._broadcast: Broadcast | None = None
        self.progress = TalkProgress(agenda)

    def run_until(self, place: int) -> None:
        """Show the beats before ``place`` one by one, each until Enter; the first Enter begins.

        Raises ``Interrupted`` for a signal.
        """
        keys = Keys()
        signals = Signals()
        screen = FullScreen(keys)
        keys.pressed()  # what was typed before the first question counts for nothing
        with signals.catch(), screen.open():
            while self.progress.began is None or len(self.progress.ended) < place:
                _wait_for_enter(keys, signals, partial(screen.draw, self._picture))
                self._next()

    def wait_below_headline(self) -> None:
        """Leave the normal screen as it is, with both clocks in its last line, until Enter."""
        keys = Keys()
        signals = Signals()
        keys.pressed()
        with signals.catch():
            _wait_for_enter(keys, signals, self._write_clocks)
        self._next()

    def clocks(self) -> str:
        """Return the clocks of the talk and its beat in a few words."""
        return pictures.both_clocks_short(self._position)

    def race(self, run_id: str, folder: Path) -> None:
        """Publish which session the race of this talk is, and its take's folder."""
        if self._broadcast is not None:
            self._broadcast.race(run_id, folder)

    def reword(self, words: Words) -> None:
        """Say the sentences with other words from now on, here and in the presenter view."""
        self._words = words
        if self._broadcast is not None:
            self._broadcast.reword(words)

    def close(self) -> None:
        """Publish that the talk is over."""
        if self._broadcast is not None:
            self._broadcast.close(self._clock())

    @property
    def _position(self) -> AgendaPosition:
        return position_at(self.progress, self._clock())

    def _next(self) -> None:
        """Begin the talk, or end the present beat."""
        now = self._clock()
        if self._broadcast is None:
            self._broadcast = Broadcast.start(
                self.progress.agenda, self._words, self._configuration, at=now, root=self._root
            )
            self.progress = begin_talk(self.progress, now)
            return
        self.progress = end_beat(self.progress, now)
        self._broadcast.end_beat(now)

    def _picture(self, *, columns: int, rows: int) -> Frame:
        position = self._position
        begun = self.progress.began is not None
        prompt = "Enter ends this beat" if begun else "Enter begins the talk"
        sentence = fill_in(position.beat, self._words) if position.beat is not None else ""
        return pictures.draw_beat(position, sentence, prompt, columns=columns, rows=rows)

    def _write_clocks(self) -> None:
        """Write the clocks over the last line, unless another job owns the terminal."""
        if in_foreground(sys.stdout.fileno()):
            columns, _ = terminal_size()
            clocks = pictures.both_clocks(self._position)
            line = cut(f"Enter ends this beat · {clocks}", columns - 1)
            with contextlib.suppress(OSError):  # a signal reports a terminal that is gone
                os.write(sys.stdout.fileno(), f"\r{line}\x1b[K".encode())


def _wait_for_enter(keys: Keys, signals: Signals, show: Callable[[], None]) -> None:
    """Call ``show`` until Enter is pressed or the keyboard is gone; raise ``Interrupted``."""
    due = 0.0
    while not any(key in b"\r\n" for key in keys.pressed()):
        if signals.first is not None:
            raise Interrupted(signals.first, "")
        if not keys.present and in_foreground(sys.stdin.fileno()):
            return
        if (now := time.monotonic()) >= due:
            show()
            due = now + FRAME_S
        time.sleep(LOOK_EVERY_S)
