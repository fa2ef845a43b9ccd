"""The copy of a journal that is followed: the lines as they came, on disk at once.

May import ``errors``, ``text``, ``files`` and its neighbours.
"""

import contextlib
import hashlib
import os
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.errors import MachineFailed, TwoclocksError, cannot_write
from harness.files import jsonl
from harness.files.journal import JOURNAL_NAME, LARGEST_BYTES
from harness.follow.places import MOST_LINES
from harness.text import printable


class JournalCopy:
    """A journal's lines in a take's folder, which can be cut back to an earlier place."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor = descriptor
        self._ends = array("Q")

    @classmethod
    def start(cls, folder: Path) -> "JournalCopy":
        """Begin a take's journal; raise ``MachineFailed`` if that fails or there is one already."""
        path = folder / JOURNAL_NAME
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            return cls(path, os.open(path, flags, 0o666))  # less the umask
        except OSError as error:
            raise _not_writable(path, error) from error

    @property
    def count(self) -> int:
        """Return the number of lines."""
        return len(self._ends)

    def append(self, raw: bytes) -> None:
        """Add a line, whole or not at all; raise as ``start`` does, or where there are too many."""
        size = self._size()
        if self.count >= MOST_LINES or size + len(raw) >= LARGEST_BYTES:
            raise TwoclocksError(
                f"the journal on this stream has more than {self.count:,} lines",
                "copy the take's folder from where the race runs",
            )
        try:
            os.lseek(self._descriptor, size, os.SEEK_SET)
            jsonl.write_whole(self._descriptor, raw + b"\n")
        except OSError as error:
            self.cut(self.count)
            raise _not_writable(self.path, error) from error
        self._ends.append(size + len(raw) + 1)

    def cut(self, count: int) -> None:
        """Keep the first lines alone."""
        del self._ends[count:]
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self._size())

    def lines(self) -> Iterator[bytes]:
        """Yield the lines, without their newlines."""
        with self.path.open("rb") as file:
            for line in file:
                yield line.removesuffix(b"\n")

    def insert(self, doubtful: Iterable[tuple[int, bytes]]) -> None:
        """Add lines at their places."""
        lines = list(self.lines())
        for shift, (place, raw) in enumerate(doubtful):
            lines.insert(place + shift, raw)
        self.cut(0)
        for raw in lines:
            self.append(raw)

    def sha256(self) -> str:
        """Return the digest of the file."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def close(self) -> None:
        """Close the file for good; a second time nothing happens."""
        descriptor, self._descriptor = self._descriptor, -1
        for act in (os.fsync, os.close) if descriptor >= 0 else ():
            with contextlib.suppress(OSError):
                act(descriptor)

    def _size(self) -> int:
        return self._ends[-1] if self._ends else 0


def _not_writable(path: Path, error: OSError) -> MachineFailed:
    refused = cannot_write(printable(str(path)), error, "name another folder with --out")
    return MachineFailed(refused.sentence, refused.hint)
