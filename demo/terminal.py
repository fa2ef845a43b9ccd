"""The presenter's terminal: signals, keys, the alternate screen, and leaving it all as it was found.

Restored after a normal end, an exception, SIGINT, SIGTERM and SIGHUP, and around Ctrl-Z.
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
from types import FrameType
from typing import Any

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
ENTER_PICTURE = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H"
LEAVE_PICTURE = "\x1b[?25h\x1b[0m\x1b[?1049l"


class Signals:
    """Remembers the first signal that asked to stop; the conductor looks at it once a frame."""

    def __init__(self) -> None:
        self.asked: int | None = None

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        """Catch the stopping signals inside the block, and give their handlers back afterwards."""
        before = {number: signal.signal(number, self._note) for number in STOPPING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _note(self, number: int, _: FrameType | None) -> None:
        self.asked = self.asked or number


class Keys:
    """Keys pressed so far, read without waiting; none where standard input is no terminal of ours."""

    def __init__(self) -> None:
        self.present = sys.stdin is not None and sys.stdin.isatty() and _in_foreground(sys.stdin.fileno())
        self._found: list[Any] = []

    def pressed(self) -> bytes:
        """Return what was typed since the last call."""
        typed = b""
        while self.present and select.select([sys.stdin], [], [], 0)[0]:
            more = os.read(sys.stdin.fileno(), 64)
            typed += more
            self.present = bool(more)
        return typed

    @contextlib.contextmanager
    def one_by_one(self) -> Iterator[None]:
        """Let keys arrive at once and unseen inside the block; Ctrl-C and Ctrl-Z keep their meaning."""
        if not self.present:
            yield
            return
        self._found = termios.tcgetattr(sys.stdin.fileno())
        tty.setcbreak(sys.stdin.fileno(), termios.TCSANOW)
        try:
            yield
        finally:
            self._set(self._found)

    @contextlib.contextmanager
    def as_found(self) -> Iterator[None]:
        """Give the keyboard back inside a block within ``one_by_one``."""
        if not self.present:
            yield
            return
        ours = termios.tcgetattr(sys.stdin.fileno())
        self._set(self._found)
        try:
            yield
        finally:
            self._set(ours)

    def _set(self, mode: list[Any]) -> None:
        """Set the keyboard's mode; a terminal that is gone has none."""
        with contextlib.suppress(termios.error):
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, mode)


def _in_foreground(descriptor: int) -> bool:
    """Tell whether reading would not stop us: a background job must leave the keyboard alone."""
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return False


class Canvas:
    """The alternate screen of the terminal on standard output, entered and left as often as needed."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys
        self._size = (0, 0)

    @property
    def size(self) -> tuple[int, int]:
        """Return (columns, rows) of the terminal now, whatever the environment claims."""
        try:
            columns, rows = os.get_terminal_size(sys.stdout.fileno())
        except OSError:
            return (80, 24)
        return columns, rows

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Show the alternate screen inside the block, suspended and resumed with the program."""
        before = signal.signal(signal.SIGTSTP, self._suspend)
        try:
            with self._keys.one_by_one():
                self._write(ENTER_PICTURE)
                yield
        finally:
            self._write(LEAVE_PICTURE)
            signal.signal(signal.SIGTSTP, before)

    def draw(self, picture: str) -> None:
        """Replace what is shown, in one write; a changed size is wiped first, so that no remains are left."""
        wipe = "\x1b[2J" if self.size != self._size else ""
        self._size = self.size
        self._write(f"\x1b[H{wipe}{picture.rstrip(chr(10)).replace(chr(10), chr(27) + '[K' + chr(10))}\x1b[K\x1b[J")

    def _suspend(self, _: int, __: FrameType | None) -> None:
        """Leave the terminal as the shell wants it, stop, and come back to where we were."""
        self._write(LEAVE_PICTURE)
        with self._keys.as_found():
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)
            os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, self._suspend)
        self._write(ENTER_PICTURE)

    def _write(self, text: str) -> None:
        """Write at once; a terminal that is gone, as after SIGHUP, is no reason to fail."""
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.write(text)
            sys.stdout.flush()
