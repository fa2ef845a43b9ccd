"""The text that ``shard`` learns: the source code of the standard library that is installed.

It is read and never imported. Imports ``harness.workload`` and NumPy.
"""

import hashlib
import math
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.workload import BadRequest

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
    same Python. There has to be as much, which ``require_megabytes`` finds out.
    """
    training, held_out = bytearray(), bytearray()
    for path, is_held_out in split_modules():
        (held_out if is_held_out else training).extend(path.read_bytes())
    wanted = round(megabytes * 1e6)
    return Split(as_text(training[:wanted]), as_text(held_out[:HELD_OUT_BYTES]))


def require_megabytes(megabytes: float) -> None:
    """Raise ``BadRequest`` if there are fewer megabytes to train on, by the sizes of files."""
    found = sum(path.stat().st_size for path, is_held_out in split_modules() if not is_held_out)
    if found < round(megabytes * 1e6):
        most = math.floor(found / 1e4) / 100
        raise BadRequest(
            f"megabytes={megabytes:g} is more than the {most} MB of source code that this Python"
            " has to train on",
            f"train on no more: --set megabytes={most}",
        )


def split_modules() -> Iterator[tuple[Path, bool]]:
    """Yield every module in the order that is drawn, and whether it is held out."""
    for number, path in enumerate(sorted(modules(), key=_order_of)):
        yield path, number % HELD_OUT_EVERY == 0


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


def _order_of(path: Path) -> Any:
    name = path.relative_to(library()).as_posix()
    return hashlib.sha256(name.encode()).digest(), name
