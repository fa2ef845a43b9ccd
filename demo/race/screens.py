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

from demo.broadcast.sender import USUAL_SIZE, PanelBroadcast
from demo.terminal import Canvas, FullScreen, Keys, Picture, browser_console
from harness.errors import FILES_ARE_KEPT, LACKS, Interrupted, MachineFailed, reason_of
from harness.event_lines import encode
from harness.events import Event
from harness.files.heartbeat import HEARTBEAT_EVERY_S, heartbeat_line
from harness.files.take_line import take_line
from harness.model import SessionStage, Spec, is_disturbed
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

    def __init__(self, spec: Spec, keys: Keys, full_screen: FullScreen | None = None) -> None:
        self._spec = spec
        self.full_screen = full_screen or FullScreen(keys)

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


class BrowserCanvas:
    """Draws frames for browsers alone, at the size that a panel has without a terminal."""

    def __init__(self, broadcast: PanelBroadcast) -> None:
        self._broadcast = broadcast
        self._canvas = Canvas(browser_console())

    def draw(self, picture: Picture) -> None:
        """Draw one frame, or what changed since the last one."""
        text, whole = self._canvas.changes(picture, USUAL_SIZE, afresh=False)
        self._broadcast.draw(text, USUAL_SIZE, whole=whole)


class Broadcasting:
    """A screen that draws no panel here, and the panel for browsers beside it."""

    def __init__(self, screen: Screen, spec: Spec, broadcast: PanelBroadcast) -> None:
        self._screen = screen
        self._spec = spec
        self._canvas = BrowserCanvas(broadcast)

    def in_use(self) -> AbstractContextManager[None]:
        """Return the block in which the screen here is in use."""
        return self._screen.in_use()

    def show(
        self, batch: Sequence[Event], before: Board, after: Board, caption: Caption, at: float
    ) -> None:
        """Show a batch here, and a frame of the panel to browsers."""
        self._screen.show(batch, before, after, caption, at)
        self._canvas.draw(partial(draw_panel, after, self._spec, caption, at=at))

    def close(self, last: Event) -> None:
        """Show the last event here."""
        self._screen.close(last)


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
        self._print(before, after, at=at, last_line_at=self._last_line_at, step=step)

    def show_past(self, before: Board, after: Board) -> None:
        """Print what happened between two boards of the past, which have no heartbeat."""
        self._print(before, after, at=after.at, last_line_at=after.at)

    def _print(
        self, before: Board, after: Board, *, at: float, last_line_at: float, step: str = ""
    ) -> None:
        for line in log_lines.new_lines(
            before, after, self._spec, at=at, last_line_at=last_line_at, step=step
        ):
            write_stdout(f"{line}\n".encode(sys.stdout.encoding, "replace"))
            self._last_line_at = at

    def close(self, last: Event) -> None:
        """Show nothing: the headline follows."""


class JsonLines:
    """One event a line, as the journal gets it, and at last the results file as one.

    While nothing happens a heartbeat tells that the session goes on, and while other programs use
    too much of the machine how much that is.
    """

    def __init__(self, header: bytes, run_id: str) -> None:
        self._header = header
        self._run_id = run_id
        self._last_line_at = self._last_heartbeat_at = 0.0
        self._said_disturbed = False
        self._lines = header.count(b"\n")

    @contextlib.contextmanager
    def in_use(self) -> Iterator[None]:
        """Write the journal's header line first."""
        write_stdout(self._header)
        yield

    def show(
        self, batch: Sequence[Event], before: Board, after: Board, caption: Caption, at: float
    ) -> None:
        """Write the batch, and now and then how the session does."""
        write_stdout(b"".join(map(encode, batch)))
        self._lines += len(batch)
        if batch:
            self._last_line_at = at
        if self._is_heartbeat_due(caption.foreign_now, at):
            self._last_line_at = self._last_heartbeat_at = at
            self._said_disturbed = is_disturbed(caption.foreign_now)
            write_stdout(heartbeat_line(self._run_id, at, caption.foreign_now))

    def _is_heartbeat_due(self, foreign_cpu: float | None, at: float) -> bool:
        """Return whether to write a heartbeat: after a silence, and amid events for what disturbs.

        The first one after a disturbance tells that it is over.
        """
        disturbed = is_disturbed(foreign_cpu) or self._said_disturbed
        since = self._last_heartbeat_at if disturbed else self._last_line_at
        return at - since >= HEARTBEAT_EVERY_S

    def close(self, last: Event) -> None:
        """Write the journal's last line."""
        write_stdout(encode(last))
        self._lines += 1

    def write_take(self, document: bytes, exit_code: int) -> None:
        """Write the results file, so that whoever reads these lines elsewhere has it, too."""
        line = take_line(document, run_id=self._run_id, lines=self._lines, exit_code=exit_code)
        write_stdout(line)


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
