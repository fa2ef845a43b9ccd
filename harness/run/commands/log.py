"""The part of a program's output that a take keeps: the first megabytes and the last lines.

Imports the standard library only.
"""

import contextlib
import os
from pathlib import Path

LARGEST_LOG_BYTES = 4 << 20
LAST_BYTES = 1 << 16
BLOCK_BYTES = 1 << 16


class BoundedLog:
    """Writes what a program prints to a log, up to a limit. ``close`` says what was left out."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._left = LARGEST_LOG_BYTES
        self._left_out = 0
        self._last = b""

    def write(self, block: bytes) -> None:
        """Write a block as far as there is room."""
        written, rest = block[: self._left], block[self._left :]
        self._put(written)
        self._left -= len(written)
        self._left_out += len(rest)
        self._last = (self._last + block)[-LAST_BYTES:]

    def last_line(self) -> bytes:
        """Return the last line that is not blank (empty: there is none)."""
        return next((line for line in reversed(self._last.splitlines()) if line.strip()), b"")

    def close(self) -> None:
        """Write the end of what was left out, and how much that is."""
        last = self._last[-min(self._left_out, LAST_BYTES) :] if self._left_out else b""
        if (cut := self._left_out - len(last)) > 0:
            self._put(f"\n[{cut:,} bytes of the output are left out here]\n".encode())
        self._put(last)
        self._left_out = 0

    def copy(self, path: Path) -> None:
        """Write a file's content."""
        with path.open("rb") as printed:
            while block := printed.read(BLOCK_BYTES):
                self.write(block)

    def _put(self, block: bytes) -> None:
        with contextlib.suppress(OSError):  # a full disk must not stop the program that prints
            while block:
                block = block[os.write(self._descriptor, block) :]
