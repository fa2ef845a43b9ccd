"""Files and folders that the programs of a pair read or write.

May import ``errors`` and ``command_pair``.
"""

import mmap
from pathlib import Path

from harness.command_pair import expand_home
from harness.errors import SideFailed

MAPPED_ABOVE_BYTES = 16 << 20

Stamp = tuple[int, int, int]
Stamps = dict[Path, Stamp]


def map_file(path: Path) -> memoryview | bytes:
    """Return a file's bytes.

    A large file is mapped rather than read; a small one holds no descriptor.
    """
    if path.stat().st_size <= MAPPED_ABOVE_BYTES:
        return path.read_bytes()
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def files_below(root: Path) -> list[Path]:
    """Return a folder's files in the order of their names, or the one file."""
    return sorted(file for file in root.rglob("*") if file.is_file()) if root.is_dir() else [root]


def input_contents(*paths: str) -> tuple[tuple[str, memoryview | bytes], ...]:
    """Return (name, bytes) of every file that both programs read; an empty path names none."""
    return tuple(
        (file.relative_to(root).as_posix() if root.is_dir() else "", map_file(file))
        for root in (expand_home(path) for path in paths if path)
        for file in files_below(root)
    )


def file_stamps(*paths: str | Path) -> Stamps:
    """Return when each file was last written, and its size; of a folder, all files below it."""
    files = (file for path in paths if path for file in files_below(expand_home(str(path))))
    return {file: stamp for file in files if (stamp := _stamp(file)) is not None}


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino


def require_unchanged(before: Stamps, *paths: str) -> None:
    """Raise ``SideFailed`` if a program has written to what both read."""
    now = file_stamps(*paths)
    if now != before:
        (changed, *_) = sorted(
            file for file in now.keys() | before.keys() if now.get(file) != before.get(file)
        )
        raise SideFailed(
            f"the program changed its input: {changed.name}", "have both programs write elsewhere"
        )
