"""The files that the setting ``ratings`` names: one, or those of a folder that hold ratings.

Imports the standard library, ``workloads.documents`` and ``line_blocks``.
"""

import stat
from itertools import islice
from pathlib import Path

from workloads.documents.folders import files_below
from workloads.documents.kinds import PARQUET_MARK, Unreadable
from workloads.recommend.line_blocks import MEMBER_NAMES, find_named

MOST_FILES = 100_000


def find_files(name: str) -> tuple[Path, ...]:
    """Return the file of that name, or the files of a folder: at least one, sorted.

    Of a folder these are the file that is called as MovieLens calls its ratings, else all Parquet
    files, else all that are called ``part-…``, else the only one. Raises ``ValueError``.
    """
    try:
        path = Path(name).expanduser()
        mode = path.stat().st_mode
    except FileNotFoundError as error:
        raise Unreadable("is not there") from error
    except (OSError, RuntimeError, ValueError) as error:
        raise Unreadable(f"is no path that can be read: {_reason(error)}") from error
    if stat.S_ISREG(mode):
        return (path,)
    if not stat.S_ISDIR(mode):
        raise Unreadable("is neither a file nor a folder")
    return _chosen(path, sorted(_files_below(path)))


def is_parquet(path: Path) -> bool:
    """Return whether a file begins as Parquet does; raise ``ValueError`` if it cannot be read."""
    try:
        with path.open("rb") as file:
            return file.read(len(PARQUET_MARK)) == PARQUET_MARK
    except OSError as error:
        raise Unreadable(f"cannot be read: {_reason(error)}") from error


def _chosen(folder: Path, files: list[Path]) -> tuple[Path, ...]:
    named = find_named([str(path) for path in files])
    if named is not None:
        return (Path(named),)
    parquet = tuple(path for path in files if path.suffix in (".parquet", ".parq", ".pq"))
    parts = parquet or tuple(path for path in files if path.name.startswith("part-"))
    if not parts:
        known = ", ".join(MEMBER_NAMES)
        first_names = ", ".join(str(path.relative_to(folder))[:40] for path in files[:5])
        raise Unreadable(
            f"is a folder of {len(files):,} files, and none is called {known} or *.parquet",
            f"name one of its files: {first_names}{', …' if len(files) > 5 else ''}"
            if files
            else "",
        )
    return parts


def _files_below(folder: Path) -> list[Path]:
    """Return the files below a folder, without hidden ones; raise ``ValueError`` for too many."""
    try:
        files = list(islice(files_below(folder, _is_left_out, _is_left_out), MOST_FILES + 1))
    except Unreadable as error:
        raise Unreadable(f"cannot be read whole: {error}") from error
    if len(files) > MOST_FILES:
        raise Unreadable(f"is a folder of more than {MOST_FILES:,} files")
    return files


def _is_left_out(name: str) -> bool:
    return name.startswith((".", "_"))


def _reason(error: Exception) -> str:
    strerror = error.strerror if isinstance(error, OSError) else None
    return strerror or str(error)
