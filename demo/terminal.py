"""The terminal of the presenter: its size, signals, keys, and the alternate screen.

The terminal is restored after a normal end, an exception or a stopping signal, and around Ctrl-Z.
While another job owns the terminal, neither its keyboard nor its screen is touched.
May import ``harness.show`` and rich.
"""

import contextlib
import io
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from types import FrameType
from typing import Any, Protocol, TextIO

from rich.console import Console

from demo.frame_changes import rewrite
from harness.show.terminal.lines import Frame

STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
ENTER_ALTERNATE_SCREEN = "\x1b[?1049h\x1b[?25l\x1b[2J\x1b[H"
LEAVE_ALTERNATE_SCREEN = "\x1b[?25h\x1b[0m\x1b[?1049l"
REDRAW_EVERY_FRAMES = 40
USUAL_SIZE = (80, 24)


def terminal_size(stream: TextIO | None = None) -> tuple[int, int]:
    """Return the terminal's columns and rows, whatever the environment claims; 80×24 if unknown.

    ``stream`` is what is written to (None: standard output).
    """
    try:
        columns, rows = os.get_terminal_size((stream or sys.stdout).fileno())
    except OSError:
        columns, rows = 0, 0
    return columns or USUAL_SIZE[0], rows or USUAL_SIZE[1]


def term_can_draw() -> bool:
    """Tell whether TERM names a terminal that can move its cursor."""
    return os.environ.get("TERM", "dumb") not in ("dumb", "unknown")


def can_draw() -> bool:
    """Tell whether standard output is a terminal that can move its cursor."""
    return sys.stdout.isatty() and term_can_draw()


def in_foreground(descriptor: int) -> bool:
    """Tell whether this process may use the terminal now.

    A job in the background would be stopped for setting the terminal's modes. A terminal that does
    not control this process has no job control, so that there is no other job.
    """
    try:
        return os.tcgetpgrp(descriptor) == os.getpgrp()
    except OSError:
        return True


def rendered(picture: Frame, columns: int, console: Console | None = None) -> str:
    """Return a frame as this terminal is to be sent it, in as many colours as it has.

    ``console`` is that of another place (None: it is this terminal).
    """
    console = console or Console(file=io.StringIO(), force_terminal=True)
    console.width = columns
    with console.capture() as capture:
        console.print(picture, end="", soft_wrap=True)
    return capture.get()


def browser_console() -> Console:
    """Return a console for what browsers show, which have colours whatever this terminal has."""
    return Console(file=io.StringIO(), force_terminal=True, color_system="256")


class Signals:
    """Remembers the first stopping signal. ``first`` is None until one arrives."""

    def __init__(self) -> None:
        self.first: int | None = None

    @contextlib.contextmanager
    def catch(self) -> Iterator[None]:
        """Catch the stopping signals inside the block and restore their handlers afterwards.

        A signal that was ignored when this process started, as under nohup, stays ignored.
        """
        caught = [
            number for number in STOPPING_SIGNALS if signal.getsignal(number) is not signal.SIG_IGN
        ]
        before = {number: signal.signal(number, self._remember) for number in caught}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _remember(self, number: int, _: FrameType | None) -> None:
        self.first = self.first or number


class Keys:
    """Reads the keys pressed so far without waiting; none if standard input is not a terminal."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdin is not None and sys.stdin.isatty()
        self._modes_before: list[Any] | None = None

    @property
    def present(self) -> bool:
        """Return whether there is a keyboard that this process may read now."""
        return self._is_terminal and in_foreground(sys.stdin.fileno())

    def pressed(self) -> bytes:
        """Return the keys pressed since the last call."""
        typed = b""
        while self.present and select.select([sys.stdin], [], [], 0)[0]:
            more = self._read()
            self._is_terminal = bool(more)
            typed += more
        return typed

    def grab(self) -> None:
        """Deliver keys at once and without echo; Ctrl-C and Ctrl-Z keep their meaning."""
        if self.present:
            with contextlib.suppress(termios.error):
                self._modes_before = termios.tcgetattr(sys.stdin.fileno())
                tty.setcbreak(sys.stdin.fileno(), termios.TCSANOW)

    def give_back(self) -> None:
        """Restore the terminal's modes, unless the terminal is gone or belongs to another job."""
        modes, self._modes_before = self._modes_before, None
        if modes is not None and self.present:
            with contextlib.suppress(termios.error):
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSANOW, modes)

    def _read(self) -> bytes:
        """Return some of the keys pressed; nothing if the terminal is gone."""
        with contextlib.suppress(OSError):
            return os.read(sys.stdin.fileno(), 64)
        return b""


class Picture(Protocol):
    """Something that can be drawn at any size."""

    def __call__(self, *, columns: int, rows: int) -> Frame:
        """Return the frame for a terminal of that size."""


class Tee(Protocol):
    """Something that is given all that is drawn, too."""

    def draw(self, text: str, size: tuple[int, int], *, whole: bool) -> None:
        """Take what was drawn on a screen of a size; ``whole``: whatever was there before."""


class Canvas:
    """Turns frames into what a screen must be sent, mostly the cells that changed."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._size = (0, 0)
        self._frame: Frame | None = None
        self._frames = 0

    def changes(self, picture: Picture, size: tuple[int, int], *, afresh: bool) -> tuple[str, bool]:
        """Return what to write for the next frame, and whether that draws the whole screen.

        From time to time it does, to repair what others overwrote; so it does ``afresh``.
        """
        self._console.size = size
        columns, rows = size
        frame = picture(columns=columns, rows=rows)
        resized = size != self._size
        due = self._frames % REDRAW_EVERY_FRAMES == 0
        before = None if resized or due or afresh else self._frame
        if before is not None and len(before.lines) != len(frame.lines):
            before = None
        wipe = "\x1b[2J" if resized else ""
        changes = rewrite(frame, before, self._console)
        self._size, self._frame = size, frame
        self._frames += 1
        return f"\x1b[H{wipe}{changes}", before is None


class FullScreen:
    """The alternate screen on standard output: entered with the first frame, left at any time.

    ``tee`` is given all that is drawn (None: nobody is).
    """

    def __init__(self, keys: Keys, tee: Tee | None = None) -> None:
        self._keys = keys
        self._tee = tee
        # A console on the real terminal would write to it whenever it flushes.
        self._canvas = Canvas(Console(file=io.StringIO(), force_terminal=True))
        self._visible = False

    @property
    def visible(self) -> bool:
        """Return whether the alternate screen is showing."""
        return self._visible

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Allow the alternate screen inside the block; leave it around Ctrl-Z and at the end."""
        before = signal.signal(signal.SIGTSTP, self._suspend)
        try:
            yield
        finally:
            self.leave()
            signal.signal(signal.SIGTSTP, before)

    def draw(self, picture: Picture) -> None:
        """Draw one frame at the terminal's present size."""
        text, whole = self._canvas.changes(picture, terminal_size(), afresh=not self._visible)
        self.write(text, whole=whole)

    def write(self, text: str, *, whole: bool = False) -> None:
        """Write text with its own cursor movements, in one write that Ctrl-Z cannot interrupt.

        Nothing is written while another job owns the terminal. ``whole`` is as for ``Tee``.
        """
        if self._tee is not None:
            self._tee.draw(text, terminal_size(), whole=whole)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTSTP])
        try:
            if in_foreground(sys.stdout.fileno()):
                self._enter()
                _write_out(text)
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTSTP])

    def leave(self, text: str = "") -> None:
        """Return to the normal screen and write text there in the same write."""
        if self._tee is not None and text:
            lead = f"{LEAVE_ALTERNATE_SCREEN}\x1b[2J\x1b[H" if self._visible else ""
            self._tee.draw(f"{lead}{text}", terminal_size(), whole=self._visible)
        if self._visible:
            _write_out(f"{LEAVE_ALTERNATE_SCREEN}{text}")
            self._keys.give_back()
            self._visible = False
        elif text:
            _write_out(text)

    def _enter(self) -> None:
        if not self._visible:
            self._visible = True
            self._keys.grab()
            _write_out(ENTER_ALTERNATE_SCREEN)

    def _suspend(self, _: int, __: FrameType | None) -> None:
        """Restore the terminal and stop; the next frame in the foreground enters again."""
        self.leave()
        before = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, before)


def _write_out(text: str) -> None:
    """Write at once; a terminal that is gone, as after SIGHUP, is not an error."""
    left = text.encode()
    with contextlib.suppress(OSError):
        while left:
            left = left[os.write(sys.stdout.fileno(), left) :]
