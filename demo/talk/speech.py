"""The talk as it is given at a terminal: beat after beat, each until Enter, timed, shown, and told to the cue.

May import ``harness`` and its neighbours in ``demo``.
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
from harness.model import Description
from harness.show.terminal import agenda as pictures
from harness.show.terminal.lines import Frame, cut
from harness.talk.agenda import Course, Standing, Talk, begin, end_beat, said, standing
from harness.talk.broadcast import Announcement

LOOK_EVERY_S = 0.05
FRAME_S = 0.25
INCOMPLETE = "the rehearsal is kept as incomplete"

Clock = Callable[[], float]


def steady() -> Clock:
    """Return a clock that tells seconds since 1970 and that nobody can set meanwhile."""
    ahead = time.time() - time.monotonic()
    return lambda: ahead + time.monotonic()


class Speech:
    """A talk about a workload, given here and announced below a folder. ``course`` is how it has gone so far."""

    def __init__(self, talk: Talk, words: Description, root: Path, clock: Clock) -> None:
        self._words, self._root, self._clock = words, root, clock
        self._announcement: Announcement | None = None
        self.course = Course(talk)

    def until(self, place: int) -> None:
        """Show beat after beat up to one, each until Enter; the first Enter begins the talk. Raises ``Interrupted`` for a signal."""
        keys, signals = Keys(), Signals()
        full_screen = FullScreen(keys)
        keys.pressed()  # what was typed before anybody was asked counts for nothing
        with signals.catch(), full_screen.open():
            while self.course.began is None or len(self.course.ended) < place:
                _await_enter(keys, signals, partial(full_screen.draw, self._picture))
                self._enter()

    def stay(self) -> None:
        """Let the present beat go on below what stands on the normal screen, its clock in one line, until Enter."""
        keys, signals = Keys(), Signals()
        keys.pressed()
        with signals.catch():
            _await_enter(keys, signals, self._tell)
        self._enter()

    def aside(self) -> str:
        """Return the talk's clock in a few words."""
        return pictures.both_clocks_short(self._stands)

    def close(self) -> None:
        """Tell the cue that the talk is over."""
        if self._announcement is not None:
            self._announcement.close(self._clock())

    @property
    def _stands(self) -> Standing:
        return standing(self.course, self._clock())

    def _enter(self) -> None:
        """Begin the talk, or end the present beat."""
        now = self._clock()
        if self._announcement is None:
            self._announcement = Announcement(self.course.talk, self._words, now, self._root)
            self.course = begin(self.course, now)
            return
        self.course = end_beat(self.course, now)
        self._announcement.end_beat(now)

    def _picture(self, *, columns: int, rows: int) -> Frame:
        stands = self._stands
        prompt = "Enter begins the talk" if self.course.began is None else "Enter ends this beat"
        sentence = said(stands.beat, self._words) if stands.beat is not None else ""
        return pictures.draw_beat(stands, sentence, prompt, columns=columns, rows=rows)

    def _tell(self) -> None:
        """Write the clocks over the last line, where nobody else writes."""
        if in_foreground(sys.stdout.fileno()):
            columns, _ = terminal_size()
            line = cut(f"Enter ends this beat · {pictures.both_clocks(self._stands)}", columns - 1)
            with contextlib.suppress(OSError):  # a terminal that is gone is noticed by its signal
                os.write(sys.stdout.fileno(), f"\r{line}\x1b[K".encode())


def _await_enter(keys: Keys, signals: Signals, show: Callable[[], None]) -> None:
    """Show until Enter is pressed, or there is no keyboard any more; raise ``Interrupted`` for a signal."""
    due = 0.0
    while not any(key in b"\r\n" for key in keys.pressed()):
        if signals.first is not None:
            raise Interrupted(signals.first, INCOMPLETE)
        if not keys.present and in_foreground(sys.stdin.fileno()):
            return
        if (now := time.monotonic()) >= due:
            show()
            due = now + FRAME_S
        time.sleep(LOOK_EVERY_S)
