"""The broadcast as the race has it: what is drawn goes to the serving process through a pipe.

The race never waits for it. What does not fit into the pipe is left out until the next whole
drawing, and a serving process that is gone is not missed. May import ``harness.errors``,
``harness.run.start`` and its neighbours.
"""

import contextlib
import fcntl
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from typing import Self

from demo.broadcast.address import ListeningAddress, listen, parse_address
from demo.broadcast.messages import Begin, Drawn, Message, Over, encode
from harness.cast.player import load_player
from harness.run import start

Size = tuple[int, int]

USUAL_SIZE: Size = (100, 30)
CLEAR = "\x1b[0m\x1b[2J\x1b[H"
OVER = "the race is over"
_TOKEN_BYTES = 9
_PIPE_BYTES = 1 << 20
_ENDS_WITHIN_S = 5.0


class PanelBroadcast:
    """A panel that browsers show, too.

    ``url`` is where, ``size`` the columns and rows of what was drawn last; ``is_over`` tells that
    nothing more is drawn.
    """

    def __init__(self, process: subprocess.Popen[bytes], pipe: int, url: str) -> None:
        self._process = process
        self._pipe = pipe
        self._unsent = b""
        self._is_torn = False
        self._began = time.monotonic()
        self.size = USUAL_SIZE
        self.is_over = False
        self.url = url

    @classmethod
    def start(cls, typed: str) -> Self:
        """Begin to serve where it was typed; raise ``BadRequest`` if that cannot be done."""
        address = parse_address(typed)
        load_player()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        with listen(address) as listener:
            reads, pipe = os.pipe()
            with open(reads, "rb") as lines:
                process = subprocess.Popen(
                    start.command("demo.broadcast.server"),
                    stdin=lines,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    pass_fds=(listener.fileno(),),
                    start_new_session=True,  # Ctrl-C is the race's
                )
            port: int = listener.getsockname()[1]
            bound = ListeningAddress(address.host, port)
            os.set_blocking(pipe, False)
            with contextlib.suppress(AttributeError, OSError):  # as large as this system allows
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            broadcast = cls(process, pipe, bound.url(f"{token}/"))
            broadcast._send(Begin(listener.fileno(), token))
        return broadcast

    @property
    def pid(self) -> int:
        """Return the serving process, whose core-seconds are a part of what watching costs."""
        return self._process.pid

    def draw(self, text: str, size: Size, *, whole: bool) -> None:
        """Pass on what was written to a canvas of a size; ``whole`` as in ``Drawn``."""
        if self._is_torn and not whole:
            return
        columns, rows = self.size = size
        at = time.monotonic() - self._began
        self._is_torn = not self._send(Drawn(at, text, columns, rows, whole))

    def show(self, text: str) -> None:
        """Show lines of text on the whole canvas, such as the headline."""
        self.draw(f"{CLEAR}{text}".replace("\n", "\r\n"), self.size, whole=True)

    def end(self, folder: str, *, ends_alone: bool) -> None:
        """Tell the viewers that it is over, once, and let them read files of the take's folder."""
        if not self.is_over:
            self.is_over = True
            os.set_blocking(self._pipe, True)
            self._send(Over(folder, OVER, ends_alone))

    def wait(self) -> None:
        """Wait until the serving process ends by itself."""
        self._process.wait()

    def close(self) -> None:
        """End the serving process."""
        self.end("", ends_alone=False)
        os.close(self._pipe)
        try:
            self._process.wait(_ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, message: Message) -> bool:
        """Send a message after what is left of the last one; return False where it was left out."""
        with contextlib.suppress(BlockingIOError):
            self._unsent = self._unsent[self._write(self._unsent) :]
        if self._unsent:
            return False
        line = encode(message) + b"\n"
        sent = 0
        with contextlib.suppress(BlockingIOError):
            sent = self._write(line)
        self._unsent = line[sent:]
        return True

    def _write(self, content: bytes) -> int:
        """Return how much was written; all of it where nobody reads any more."""
        if not content:
            return 0
        try:
            return os.write(self._pipe, content)
        except BrokenPipeError:
            return len(content)


@contextlib.contextmanager
def broadcasting(typed: str) -> Iterator[PanelBroadcast | None]:
    """Broadcast inside the block, where that was asked for (None: it was not)."""
    if not typed:
        yield None
        return
    broadcast = PanelBroadcast.start(typed)
    try:
        yield broadcast
    finally:
        broadcast.close()
