"""The made crawl in the user's cache folder, where its text is read a part at a time.

A crawl is a folder of three files and their SHA-256. It is made once on each machine, by whichever
process needs it first. Imports the standard library, NumPy, ``crawl`` and ``machine``.
"""

import contextlib
import fcntl
import functools
import hashlib
import inspect
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from workloads.dedup import crawl, machine
from workloads.dedup.machine import Array

FOLDER = Path("twoclocks", "dedup")
TEXT, OFFSETS, TRUTH, SUMS = "text", "offsets.npy", "truth.npy", "sha256"
MOST_BYTES = 4 << 30  # of all crawls together; what a session may be reading stays, however large
IN_USE_S = 3600.0  # so long after it was loaded
PART = "part-"

MadeFrom = tuple[int, int, int]
"""The documents, the words of each and the seed."""


@dataclass(frozen=True)
class MadeText:
    """The text of a made crawl, in a file; its digest is that of the file's content.

    What travels is what it was made from: every machine reads a file of its own.
    """

    file: Path
    made_from: MadeFrom

    def __reduce__(self) -> tuple[Any, ...]:
        return made_text, (self.made_from,)


class MadeCrawl(NamedTuple):
    """A crawl as ``make_crawl`` has it, with its text in a file."""

    text: MadeText
    offsets: Array
    truth: Array


def load_or_make(made_from: MadeFrom) -> MadeCrawl:
    """Return the kept crawl; make it where there is none, or it is not as it was made.

    Raises ``ValueError`` with one sentence where it cannot be kept.
    """
    folder = _folder(made_from)
    if not _is_as_made(folder):
        _make_alone(made_from, folder, _is_as_made)
    with contextlib.suppress(OSError):
        (folder / SUMS).touch()
    return MadeCrawl(
        text=MadeText(folder / TEXT, made_from),
        offsets=np.load(folder / OFFSETS, allow_pickle=False),
        truth=np.load(folder / TRUTH, allow_pickle=False),
    )


def made_text(made_from: MadeFrom) -> MadeText:
    """Return the text of a crawl on this machine, which makes the crawl if it has none.

    It is not compared with its digest here: who sent it does that. Raises ``ValueError`` as
    ``load_or_make`` does.
    """
    folder = _folder(made_from)
    if not folder.is_dir():
        _make_alone(made_from, folder, Path.is_dir)
    return MadeText(folder / TEXT, made_from)


def _folder(made_from: MadeFrom) -> Path:
    """Return the folder of a crawl, by what it is made from and the source that makes it."""
    known = hashlib.sha256(repr((made_from, np.__version__)).encode() + _source())
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError as error:
        raise ValueError("the crawl needs a folder: name one by XDG_CACHE_HOME") from error
    return base / FOLDER / known.hexdigest()[:32]


@functools.cache  # a worker asks for it with every chunk
def _source() -> bytes:
    """Return the source that makes crawls."""
    return b"".join(inspect.getsource(module).encode() for module in (crawl, machine))


def _is_as_made(folder: Path) -> bool:
    """Return whether all files of a crawl are there and have the digests that were written down."""
    try:
        return (folder / SUMS).read_text() == _sums(folder)
    except (OSError, ValueError):
        return False


def _sums(folder: Path) -> str:
    lines = []
    for name in (TEXT, OFFSETS, TRUTH):
        with (folder / name).open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {name}\n")
    return "".join(lines)


def _make_alone(made_from: MadeFrom, folder: Path, is_made: Callable[[Path], bool]) -> None:
    """Make a crawl unless another process has made it meanwhile; remove what is too much."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.parent / "lock"):
            if not is_made(folder):
                _make(made_from, folder)
                _remove_old(folder)
    except OSError as error:
        raise ValueError(
            f"the crawl cannot be kept in {folder.parent}: {error.strerror}; "
            "XDG_CACHE_HOME names another folder"
        ) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that ends with this process at the latest."""
    with path.open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make(made_from: MadeFrom, folder: Path) -> None:
    """Write a crawl's files, and give them their place once all of them are there."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=PART) as name:
        part = Path(name, folder.name)
        part.mkdir()
        with (part / TEXT).open("wb") as file:
            offsets, truth = crawl.make_crawl(*made_from, file.write)
        np.save(part / OFFSETS, offsets, allow_pickle=False)
        np.save(part / TRUTH, truth, allow_pickle=False)
        (part / SUMS).write_text(_sums(part))
        if folder.exists():
            shutil.rmtree(folder)
        part.replace(folder)


def _remove_old(made: Path) -> None:
    """Remove the crawls that are too much beside this one, and what was never finished.

    The one that was loaded the longest ago goes first, and none that may be in use.
    """
    room = MOST_BYTES - _size(made)
    others = [path for path in made.parent.iterdir() if path.is_dir() and path != made]
    for other in sorted(others, key=_loaded_at, reverse=True):
        room -= _size(other)
        too_much = room < 0 or other.name.startswith(PART)
        if too_much and _loaded_at(other) < time.time() - IN_USE_S:
            shutil.rmtree(other)


def _loaded_at(folder: Path) -> float:
    """Return when a crawl was loaded last (0: it is none, or was never finished)."""
    try:
        return (folder / SUMS).stat().st_mtime
    except OSError:
        return 0.0


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
