"""Folders of a run's own below the temporary folder, and what killed runs have left of theirs.

Each holds a marker file that its owner keeps locked. The system lets go of the lock when the owner
ends, however it does; so a folder whose marker can be locked belongs to nobody, whatever process
has the owner's pid by now, and of two runs that look at once only one removes it.
Imports nothing of ours.
"""

import contextlib
import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Self

PREFIX = "tc-"
MARKER = "owner.lock"
SHORT_AND_PLAIN = re.compile(r"[A-Za-z0-9./_+-]{1,16}")


def short_folder() -> str:
    """Return a folder with a short and plain path.

    Ray puts sockets below it, whose names are limited, and splits command lines with it at blanks.
    """
    usual = tempfile.gettempdir()
    return usual if SHORT_AND_PLAIN.fullmatch(usual) else "/tmp"


class Scratch:
    """A folder that only its owner may enter; it is there until it is removed."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def make(cls, parent: str) -> Self:
        """Make one below a folder; raise ``OSError`` where that cannot be, and leave nothing."""
        path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        try:
            return cls(path, _locked_marker(path))
        except BaseException:
            shutil.rmtree(path, ignore_errors=True)
            raise

    def remove(self) -> None:
        """Remove the folder with all that is in it, as far as that can be."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)

    def __enter__(self) -> Path:
        """Return the folder, which is removed at the end of the block."""
        return self.path

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        self.remove()


def _locked_marker(folder: Path) -> int:
    """Return the descriptor of a marker that has its name only once it is locked."""
    unnamed = folder / f"{MARKER}.new"
    descriptor = os.open(unnamed, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
    try:
        os.write(descriptor, f"{os.getpid()}\n".encode())
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.rename(unnamed, folder / MARKER)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def sweep_temporary() -> str:
    """Remove what killed runs have left in the temporary folders; return a line that says so.

    It is empty if nothing was left.
    """
    count = sweep((short_folder(), tempfile.gettempdir()))
    runs = "a run that was killed" if count == 1 else f"{count} sides or runs that were killed"
    return f"removed what {runs} had left in {tempfile.gettempdir()}" if count else ""


def sweep(parents: Iterable[str]) -> int:
    """Remove the folders of killed runs of this user's below these; return how many they were."""
    found = {
        entry.path
        for parent in {os.path.realpath(parent) for parent in parents}
        for entry in _entries(parent)
    }
    return sum(map(_remove_if_left, sorted(found)))


def _entries(parent: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(parent) as entries:
            return [one for one in entries if one.name.startswith(PREFIX)]
    except OSError:
        return []


def _remove_if_left(path: str) -> bool:
    """Remove a folder if it is one of ours whose owner has ended; return whether it is gone."""
    with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        stack.callback(os.close, folder)
        marker = os.open(MARKER, os.O_RDONLY | os.O_NOFOLLOW, dir_fd=folder)
        stack.callback(os.close, marker)
        mine = {os.fstat(descriptor).st_uid for descriptor in (folder, marker)} == {os.geteuid()}
        if mine and stat.S_ISREG(os.fstat(marker).st_mode):
            fcntl.flock(marker, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)  # which follows no links
            return not os.path.lexists(path)
    return False
