"""The four ways to follow a race: the live panel, log lines, events as JSON, and nothing.

A screen is given every batch with the boards before and after it; it decides nothing. May import
everything.
"""

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Protocol

from demo.terminal import FullScreen, Keys
from harness.errors import FILES_ARE_KEPT, LACKS, Interrupted, MachineFailed, reason_of
from harness.event_lines import encode
from harness.events import Event
from harness.model import SessionStage, Spec
from harness.show.terminal import log_lines
from harness.show.terminal.panel import Caption, draw_panel
from harness.state.board import Board

_SAID_BY_HEARTBEATS = (SessionStage.SETTLING, SessionStage.PROVING)
_GONE = {errno.EPIPE: signal.SIGPIPE, errno.EIO: signal.SIGHUP}


class Screen(Protocol):
    """Something that follows a race."""

    def in_use(self) -> AbstractContextManager[None]:
        """Return the block within which the screen is in use."""

    def show(
        self, batch: Sequence[Event], before: Board, after: Board, caption: Caption, at: float
    ) -> None:
        """Show a batch of events, with the boards before and after it."""

    def close(self, last: Event) -> None:
        """Show the session's last event, once the screen is no longer in use."""


class LivePanel:
    """The panel on the alternate screen, drawn by the loop that runs the race, not by a thread."""

    def __init__(self, spec: Spec, keys: Keys) -> None:
        self._spec = spec
        self.full_screen = FullScreen(keys)

    def in_use(self) -> AbstractContextManager[None]:
        """Return the block in which the alternate screen is shown."""
        return self.full_screen.open()

    def show(
        self, batch: Sequence[Event], before: Board, after: Board, caption: Caption, at: float
    ) -> None:
        """Draw one frame at the terminal's present size."""
        self.full_screen.draw(partial(draw_panel, after, self._spec, caption, at=at))

    def close(self, last: Event) -> None:
        """Show nothing: the headline follows."""


class LogLines:
    """Lines of text, with a heartbeat; for pipes, logs and terminals that cannot draw."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._last_line_at = 0.0

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Return a block that needs no preparation."""
        yield

    def show(
        self, batch: Sequence[Event], before: Board, after: Board, caption: Caption, at: float
    ) -> None:
        """Print what happened, if anything did."""
        step = caption.prompt if caption.stage in _SAID_BY_HEARTBEATS else ""
        for line in log_lines.new_lines(
            before, after, self._spec, at=at, last_line_at=self._last_line_at, step=step
        ):
            write_stdout(f"{line}\n".encode(sys.stdout.encoding, "replace"))
            self._last_line_at = at

    def close(self, last: Event) -> None:
        """Show nothing: the headline follows."""


class JsonLines:
    """One event a line, as the journal gets it."""

    def __init__(self, header: bytes) -> None:
        self._header = header

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Write the journal's header line first."""
        write_stdout(self._header)
        yield

    def show(
        self, batch: Sequence[Event], before: Board, after: Board, caption: Caption, at: float
    ) -> None:
        """Write the batch."""
        write_stdout(b"".join(map(encode, batch)))

    def close(self, last: Event) -> None:
        """Write the last line."""
        write_stdout(encode(last))


class Silent:
    """Nothing at all."""

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Return a block that needs no preparation."""
        yield

    def show(
        self, batch: Sequence[Event], before: Board, after: Board, caption: Caption, at: float
    ) -> None:
        """Show nothing."""

    def close(self, last: Event) -> None:
        """Show nothing: the headline follows."""


def write_stdout(lines: bytes, hint: str = FILES_ARE_KEPT) -> None:
    """Write to standard output at once.

    Raises ``Interrupted`` with the hint if nobody reads it, ``MachineFailed`` if it takes no more.
    """
    try:
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()
    except OSError as gone:
        # what is left in the buffer must not fail at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if gone.errno in _GONE:
            raise Interrupted(_GONE[gone.errno], hint) from gone
        sentence = f"cannot write to standard output: {reason_of(gone)}"
        raise MachineFailed(sentence, LACKS.get(gone.errno or 0, "")) from gone
