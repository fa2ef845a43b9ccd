"""The presenter's terminal: signals, keys, the alternate screen, and leaving it all as it was found.

Restored after a normal end, an exception and every stopping signal, and around Ctrl-Z. While another job
has the terminal neither its keyboard nor its screen is touched.
Imports the standard library only.
"""

import contextlib
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from itertools import zip_longest
from types import FrameType
from typing import Any

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
ENTER_PICTURE = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H"
WHOLE_EVERY_FRAMES = 20
LEAVE_PICTURE = "\x1b[?25h\x1b[0m\x1b[?1049l"


class Signals:
    """Remembers the first signal that asked to stop; the conductor looks at it once a frame."""

    def __init__(self) -> None:
        self.asked: int | None = None

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        """Catch the stopping signals inside the block, and give their handlers back afterwards.

        A signal that we were started to ignore, as under nohup, stays ignored.
        """
        wanted = [number for number in STOPPING if signal.getsignal(number) is not signal.SIG_IGN]
        before = {number: signal.signal(number, self._note) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        self.asked = self.asked or number


class Keys:
    """Keys pressed so far, read without waiting; none where standard input is no terminal."""

    def __init__(self) -> None:
        self._terminal = sys.stdin is not None and sys.stdin.isatty()
        self._found: list[Any] | None = None

    @property
    def present(self) -> bool:
        """Return whether there is a keyboard that is ours to read now."""
        return self._terminal and in_foreground(sys.stdin.fileno())

    def pressed(self) -> bytes:
        """Return what was typed since the last call."""
        typed = b""
        while self.present and select.select([sys.stdin], [], [], 0)[0]:
            more = self._read()
            self._terminal = bool(more)
            typed += more
        return typed

    def take(self) -> None:
        """Let keys arrive at once and unseen; Ctrl-C and Ctrl-Z keep their meaning."""
        if self.present:
            with contextlib.suppress(termios.error):
                self._found = termios.tcgetattr(sys.stdin.fileno())
                tty.setcbreak(sys.stdin.fileno(), termios.TCSANOW)

    def give_back(self) -> None:
        """Set the keyboard as it was found when it was taken; a terminal that is gone or another job's is left alone."""
        found, self._found = self._found, None
        if found is not None and self.present:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, found)

    def _read(self) -> bytes:
        """Return some of what was typed; nothing from a terminal that is gone."""
        with contextlib.suppress(OSError):
            return os.read(sys.stdin.fileno(), 64)
        return b""


def in_foreground(descriptor: int) -> bool:
    """Tell whether the terminal is ours to use now; a job in the background would be stopped for setting its modes.

    There is no job control, hence no other job, on a terminal that does not control us.
    """
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True


class Canvas:
    """The alternate screen of the terminal on standard output, entered with a frame and left as often as needed."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._size = (0, 0)
        self._drawn: tuple[str, ...] = ()
        self._frames = 0
        self._shown = False

    @property
    def size(self) -> tuple[int, int]:
        """Return (columns, rows) of the terminal now, whatever the environment claims; 80×24 where it does not know."""
        try:
            columns, rows = os.get_terminal_size(sys.stdout.fileno())
        except OSError:
            columns, rows = 0, 0
        return columns or 80, rows or 24

    @property
    def shown(self) -> bool:
        """Return whether the alternate screen is there, with what was drawn last on it."""
        return self._shown

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Keep what is drawn inside the block on the alternate screen, and leave that around Ctrl-Z and at the end."""
        before = signal.signal(signal.SIGTSTP, self._suspend)
        try:
            yield
        finally:
            self.leave()
            signal.signal(signal.SIGTSTP, before)

    def draw(self, picture: str) -> None:
        """Replace what is shown by a picture: the lines that changed, and now and then all, which mends what others wrote over it."""
        size, lines = self.size, picture.rstrip("\n").split("\n")
        if (
            not self._shown
            or size != self._size
            or len(lines) != len(self._drawn)
            or self._frames % WHOLE_EVERY_FRAMES == 0
        ):
            self._drawn = ()
        wipe = "\x1b[2J" if size != self._size else ""
        changed = [
            (row, line)
            for row, (line, before) in enumerate(zip_longest(lines, self._drawn), 1)
            if line != before
        ]
        rest = "" if self._drawn else "\x1b[J"
        self._size, self._drawn, self._frames = size, tuple(lines), self._frames + 1
        self.put(
            f"\x1b[H{wipe}{''.join(f'{chr(27)}[{row}H{line}{chr(27)}[K' for row, line in changed)}{rest}"
        )

    def put(self, text: str) -> None:
        """Write text that moves the cursor itself onto the alternate screen, in one write that Ctrl-Z cannot cut.

        Nothing is written over another job's output.
        """
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTSTP])
        try:
            if in_foreground(sys.stdout.fileno()):
                self._enter()
                self._write(text)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTSTP])

    def leave(self, last_words: str = "") -> None:
        """Go back to the normal screen and write some words there at once, so that it is not seen empty."""
        if self._shown:
            self._write(f"{LEAVE_PICTURE}{last_words}")
            self._keys.give_back()
            self._shown = False
        elif last_words:
            self._write(last_words)

    def _enter(self) -> None:
        if not self._shown:
            self._shown = True
            self._keys.take()
            self._write(ENTER_PICTURE)

    def _suspend(self, _: int, __: FrameType | None) -> None:
        """Leave the terminal as the shell wants it and stop; the next frame in the foreground comes back."""
        self.leave()
        before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, before)

    def _write(self, text: str) -> None:
        """Write at once; a terminal that is gone, as after SIGHUP, is no reason to fail."""
        left = text.encode()
        with contextlib.suppress(OSError):
            while left:
                left = left[os.write(sys.stdout.fileno(), left) :]
