"""The link to a race elsewhere: a command, read frame by frame and started again where that helps.

May import ``harness`` and ``demo.terminal``.
"""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from demo.terminal import Keys, Signals
from harness import text
from harness.errors import Interrupted
from harness.events import Event
from harness.follow.command import FollowedCommand, begins_a_race
from harness.follow.follower import Follower
from harness.follow.retries import Reading, Retries

FRAME_S = 0.25
ONCE_MORE = 1.0
GOES_ON = "the command was ended; a race that runs apart from it goes on"


class LinkState(StrEnum):
    """How the link does: it is read, nothing has come for a while, or the command has ended."""

    OPEN = "open"
    SILENT = "silent"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class LinkPatience:
    """How often in a row the command is started again in vain, and how long silence may last.

    Silence is said after ``silent_after_s``; without a keyboard it ends all after
    ``give_up_after_s``. A silent command that began no race is started anew after
    ``read_again_after_s``, and then after twice as long.
    """

    retries: int = 5
    silent_after_s: float = 10.0
    give_up_after_s: float = 900.0
    read_again_after_s: float = 60.0


class Link:
    """Reads the command's output into a follower; ``words`` say how the link does.

    ``state`` is as of the last frame. ``over`` says why nothing more will come (empty: more may).
    """

    def __init__(
        self,
        command: Sequence[str],
        follower: Follower,
        patience: LinkPatience,
        signals: Signals,
        keys: Keys,
    ) -> None:
        self.state = LinkState.OPEN
        self.words = "the command runs"
        self.over = ""
        self.last_error = ""
        self._words_of_command = tuple(command)
        self._follower = follower
        self._patience = patience
        self._signals = signals
        self._keys = keys
        self._retries = Retries(patience.retries)
        self._read_again_after_s = patience.read_again_after_s
        self._command: FollowedCommand | None = None
        self._heard_at = time.monotonic()
        self._first = True
        self._filled_in = False

    @property
    def silent_s(self) -> float:
        """Return the seconds since the last line that was new, or a sign of life."""
        return time.monotonic() - self._heard_at

    def batches(self) -> Generator[tuple[Event, ...], None, None]:
        """Yield the new events of every frame until the session's end or that of the link.

        Leaves no process behind. Raises ``Interrupted`` for a signal.
        """
        try:
            while not self.over:
                yield from self._read_once()
                if self._is_complete():
                    return
                yield from self._wait_for_next()
        finally:
            self.end()

    def end(self) -> None:
        """End the command."""
        command, self._command = self._command, None
        if command is not None:
            command.end()

    def _read_once(self) -> Generator[tuple[Event, ...], None, None]:
        """Read until the command has ended, the session has, or it was silent for too long."""
        self._command = command = FollowedCommand.start(self._words_of_command)
        self._lines_before, self._exit_code = self._follower.lines, None
        opened_at = time.monotonic()
        while command.exit_code is None and not self._follower.take_is_new:
            yield self._take_in(command.read(FRAME_S))
            since = min(self.silent_s, time.monotonic() - opened_at)
            if self._follower.other_run or self._gives_up() or self._reads_again(since):
                break
        self._exit_code = command.exit_code
        self.last_error = command.last_error or self.last_error
        self.end()
        yield self._follower.end_reading()

    def _take_in(self, content: bytes) -> tuple[Event, ...]:
        before = self._follower.lines, self._follower.heartbeats
        events = self._follower.take_in(content)
        if (self._follower.lines, self._follower.heartbeats) != before:
            self._heard_at = time.monotonic()
            self._read_again_after_s = self._patience.read_again_after_s
        silent = self.silent_s >= self._patience.silent_after_s
        self.state = LinkState.SILENT if silent else LinkState.OPEN
        self.words = f"no news for {seconds(self.silent_s)}" if silent else "the command runs"
        self._raise_signal()
        return events

    def _is_complete(self) -> bool:
        """Return whether all has come; lines that are missing are read for once more, if ever."""
        if self._follower.take is None:
            return False
        self._follower.restore_doubtful()
        if self._follower.is_whole or self._filled_in or self._is_read_once_only:
            return True
        self._filled_in = True
        return False

    @property
    def _is_read_once_only(self) -> bool:
        return begins_a_race(self._words_of_command) or self._patience.retries == 0

    def _wait_for_next(self) -> Generator[tuple[Event, ...], None, None]:
        """Say that the link broke, and wait until the command is started again, if it is."""
        self.state = LinkState.BROKEN
        wait_s = self._wait_s()
        if self.over or wait_s is None:
            return
        until = time.monotonic() + wait_s
        while (left := until - time.monotonic()) > 0:
            self.words = f"{self._why_broken()}, again in {seconds(left + 0.5)}"
            self._raise_signal()
            yield ()
            time.sleep(min(FRAME_S, max(0.0, left)))
        if self._exit_code is None:
            self._read_again_after_s *= 2
        self.state = LinkState.OPEN

    def _wait_s(self) -> float | None:
        """Return the seconds until the next start; note why there is none."""
        if self._follower.other_run:
            self.over = f"another session, {self._follower.other_run}, begins on the same stream"
        elif self._gives_up():
            self.over = f"nothing new has come for {seconds(self.silent_s)}"
        elif begins_a_race(self._words_of_command):
            self.over = f"{self._why_broken()}, and a second start would begin another race"
        elif self._filled_in and self._follower.take is not None:
            return ONCE_MORE
        if self.over:
            return None
        news = self._follower.lines > self._lines_before
        reading = Reading(exit_code=self._exit_code, news=news, first=self._first)
        self._first = False
        wait_s = self._retries.wait_s(reading)
        if wait_s is None:
            self.over = self._why_broken()
        return wait_s

    def _why_broken(self) -> str:
        if self._exit_code is None:
            return f"nothing new came for {seconds(self.silent_s)}"
        if self._exit_code < 0:
            return f"the command was ended by signal {-self._exit_code}"
        return f"the command ended with {self._exit_code}"

    def _reads_again(self, silent_s: float) -> bool:
        """Return whether the command is ended, so that another start can bring more.

        One that began a race is not: that may arm for longer, and would end with the command.
        """
        return silent_s >= self._read_again_after_s and not begins_a_race(self._words_of_command)

    def _gives_up(self) -> bool:
        """Return whether it was silent for too long, and nobody is there to end it."""
        return not self._keys.present and self.silent_s >= self._patience.give_up_after_s

    def _raise_signal(self) -> None:
        if self._signals.first is not None:
            raise Interrupted(self._signals.first, GOES_ON)


def seconds(duration: float) -> str:
    """Return whole seconds, as they are counted on a screen."""
    return text.seconds(float(int(duration))) if duration >= 999 else f"{int(duration)} s"
