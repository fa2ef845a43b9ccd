"""The command whose output is followed: started without a shell, read without waiting, ended.

It gets a session of its own, so that no key pressed here reaches it and all that it starts can be
ended with it. May import ``errors`` and ``text``.
"""

import contextlib
import os
import select
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from harness.errors import LACKS, BadRequest, MachineFailed, reason_of
from harness.text import printable

PIECE_BYTES = 1 << 16
MOST_READ_BYTES = 4 << 20
KEPT_ERRORS_BYTES = 4_000
END_WITHIN_S = 3.0
LINGER_S = 1.0
"""Seconds that output may still come after the command has ended: something that it left has it."""

SHELL_SIGNS = ("|", "||", "&&", ";", ">", ">>", "<", "&", "2>&1")
BEGINNERS = ("race", "sweep", "rehearse", "record", "submit")


def require_startable(command: Sequence[str]) -> None:
    """Raise ``BadRequest`` for a command that cannot be started as it is."""
    name = printable(command[0])
    if sign := next((word for word in command if word in SHELL_SIGNS), ""):
        raise BadRequest(
            f"{sign} needs a shell, and the command is started without one",
            "write -- sh -c '…' with the whole line between the quotes",
        )
    if shutil.which(command[0]) is None:
        if Path(command[0]).is_file():
            raise BadRequest(
                f"{name} is a file, and follow reads what a command prints",
                f"write -- cat {name}, or show a take that is here by `twoclocks slide FOLDER`",
            )
        raise BadRequest(f"there is no program {name}", "give its path, or install it")


def begins_a_race(command: Sequence[str]) -> bool:
    """Return whether a second start of the command would probably begin another race."""
    return any(word in BEGINNERS for argument in command for word in argument.split())


class FollowedCommand:
    """A running command; ``exit_code`` is None until it has ended and its output was read."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.exit_code: int | None = None
        self._process = process
        self._errors = b""
        self._open: dict[IO[bytes], bool] = {}
        for stream, is_output in ((process.stdout, True), (process.stderr, False)):
            if stream is not None:
                os.set_blocking(stream.fileno(), False)
                self._open[stream] = is_output
        self._ended_at: float | None = None

    @classmethod
    def start(
        cls, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> "FollowedCommand":
        """Start a command, in this process's environment unless another one is given.

        Raises ``BadRequest`` or ``MachineFailed`` if that fails.
        """
        try:
            return cls(
                subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    start_new_session=True,
                    env=environment,
                )
            )
        except (OSError, ValueError) as error:
            reason = reason_of(error) if isinstance(error, OSError) else str(error)
            sentence = f"cannot start {printable(command[0])}: {printable(reason)}"
            if isinstance(error, OSError) and error.errno in LACKS:
                raise MachineFailed(sentence, LACKS[error.errno]) from error
            raise BadRequest(sentence, "try the command by itself first") from error

    @property
    def last_errors(self) -> list[str]:
        """Return the last lines that the command wrote to its standard error, none of them empty.

        The first may lack its beginning.
        """
        lines = self._errors.decode(errors="replace").splitlines()
        return [*filter(None, map(printable, lines))]

    @property
    def last_error(self) -> str:
        """Return the last line that the command wrote to its standard error (empty: none)."""
        return next(reversed(self.last_errors), "")

    def read(self, within_s: float) -> bytes:
        """Return what was written to standard output, as soon as there is some, or nothing."""
        content = b""
        until = time.monotonic() + within_s
        while self._open and len(content) < MOST_READ_BYTES:
            left = 0.0 if content else max(0.0, until - time.monotonic())
            readable = select.select(list(self._open), [], [], left)[0]
            for stream in readable:
                content += self._read_piece(stream)
            if not readable:
                break
        self._note_end()
        return content

    def ask_to_end(self) -> None:
        """Ask the command, and all that it has started, to end; what it says then can be read."""
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, signal.SIGTERM)

    def end(self) -> None:
        """End the command and all that it has started, unless that left its group."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(END_WITHIN_S)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._open = {}

    def _read_piece(self, stream: IO[bytes]) -> bytes:
        """Return a piece of the output; keep the end of what is said of errors."""
        try:
            piece = os.read(stream.fileno(), PIECE_BYTES)
        except BlockingIOError:
            return b""
        except OSError:
            piece = b""
        if not piece:
            del self._open[stream]
            return b""
        if self._open[stream]:
            return piece
        self._errors = (self._errors + piece)[-KEPT_ERRORS_BYTES:]
        return b""

    def _note_end(self) -> None:
        """Note that the command has ended, and nothing more comes of what it has left."""
        if self._process.poll() is None:
            return
        now = time.monotonic()
        self._ended_at = self._ended_at or now
        if not any(self._open.values()) or now - self._ended_at > LINGER_S:
            self.exit_code = self._process.returncode
