"""The text that ``shard`` learns: the source code of the standard library that is installed.

It is read and never imported. Imports NumPy and the standard library.
"""

import hashlib
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Text = npt.NDArray[np.uint8]

SKIPPED_FOLDERS = {"test", "tests", "site-packages", "dist-packages", "__pycache__"}
HELD_OUT_EVERY = 24  # files
HELD_OUT_BYTES = 300_000


class Split(NamedTuple):
    """The bytes of files to train on, and of other files, which are held out."""

    training: Text
    held_out: Text


def read_library(megabytes: float) -> Split:
    """Return so many megabytes of source code, and what is held out.

    The order of files is drawn by their names, so that it is the same on every machine with the
    same Python. Raises ``ValueError`` if there is less.
    """
    training, held_out = bytearray(), bytearray()
    for number, path in enumerate(sorted(modules(), key=_drawn)):
        (training if number % HELD_OUT_EVERY else held_out).extend(path.read_bytes())
    wanted = round(megabytes * 1e6)
    if len(training) < wanted:
        raise ValueError(
            f"megabytes={megabytes:g} is more than the {len(training) / 1e6:.1f} MB of source code "
            "that this Python has to train on"
        )
    return Split(as_text(training[:wanted]), as_text(held_out[:HELD_OUT_BYTES]))


def modules() -> Iterator[Path]:
    """Yield every module of the standard library, without tests."""
    for folder, folders, names in os.walk(library()):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        yield from (Path(folder, name) for name in names if name.endswith(".py"))


def library() -> Path:
    """Return the folder of the standard library."""
    return Path(sysconfig.get_path("stdlib"))


def as_text(raw: bytes | bytearray) -> Text:
    """Return bytes as an array that nobody can change."""
    return np.frombuffer(bytes(raw), np.uint8)


def _drawn(path: Path) -> Any:
    name = path.relative_to(library()).as_posix()
    return hashlib.sha256(name.encode()).digest(), name
