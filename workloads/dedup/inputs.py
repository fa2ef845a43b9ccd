"""What the setting ``input`` of ``dedup`` names: files of documents, known by their content.

Imports the standard library and ``workloads.documents``.
"""

import glob
import os
import sysconfig
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from workloads.documents.folders import files_below
from workloads.documents.kinds import (
    Kind,
    OtherKind,
    Source,
    Unreadable,
    has_text,
    head_of,
    kind_of,
)
from workloads.documents.words import excerpt

STDLIB = "stdlib"
MOST_FILES = 1_000_000
SKIPPED_FOLDERS = {"site-packages", "__pycache__", "__MACOSX"}
PROSE = {
    *(".txt", ".rst", ".md", ".html", ".htm", ".xml", ".json", ".csv", ".toml", ".cfg", ".ini"),
    *(".yaml", ".yml", ".tex"),
}
SOURCE = {
    *(".py", ".pyi", ".c", ".h", ".cc", ".cpp", ".hpp", ".rs", ".go", ".java", ".js", ".ts"),
    *(".css", ".sh", ".tcl", ".bat", ".ps1", ".sql"),
}
CRAWLS = {".jsonl", ".ndjson", ".jsonlines", ".parquet"}
PACKED = {".gz", ".zst", ".bz2", ".xz"}


class Input(NamedTuple):
    """The files of an input, in the order in which they are read, and how many others it has."""

    sources: tuple[Source, ...]
    others: int = 0


def find_input(name: str, field: str, most: int | None = None) -> Input:
    """Return the files that an input names: a file, a pattern, a folder, or ``stdlib``.

    Of a folder these are the files of JSON and Parquet with text in ``field`` (empty: a usual one),
    unless its text files hold more bytes. ``most`` ends the search early (None: it does not).
    Raises ``ValueError`` for what is none of these.
    """
    if name == STDLIB:
        return Input(tuple(texts(Path(sysconfig.get_path("stdlib")))))
    path = path_of(name)
    if path.is_dir():
        return _of_folder(path, field, most)
    paths = matching(name)
    if not paths:
        raise Unreadable(f"input={name} is not there, or no file")
    return Input(tuple(Source(path, _kind_or_refusal(path)) for path in paths))


def path_of(name: str) -> Path:
    """Return the path of an input; raise ``ValueError`` if the system refuses it as a path."""
    try:
        path = Path(name).expanduser()
        path.is_dir()
    except (OSError, RuntimeError, ValueError) as error:
        raise Unreadable(f"input={name!r} is not a path: {error}") from error
    return path


def matching(name: str) -> list[Path]:
    """Return the file of that name or, if there is none, the files that match it as a pattern.

    They are sorted; of several names of one file the first counts. Raises ``ValueError`` for a
    folder that cannot be searched.
    """
    path = path_of(name)
    try:
        candidates = [path] if path.is_file() else sorted(map(Path, _glob(str(path))))
        return list(_once(candidates))
    except OSError as error:
        raise Unreadable(f"input={name} cannot be searched: {error.strerror}") from error


def texts(folder: Path) -> Iterator[Source]:
    """Yield every source and text file below a folder, by name; links are not followed."""
    for path in _walk(folder):
        if path.suffix.lower() in PROSE | SOURCE and not path.is_symlink():
            yield Source(path, Kind.TEXT)


def _of_folder(folder: Path, field: str, most: int | None) -> Input:
    """Return a folder's crawl or, if that holds fewer bytes, its text files."""
    if not os.access(folder, os.R_OK | os.X_OK):
        raise Unreadable(f"{folder.name} is a folder that may not be entered")
    paths = list(islice(_walk(folder), most or MOST_FILES))
    crawl: list[Source] = []
    prose: list[Source] = []
    other: Unreadable | None = None
    broken: Unreadable | None = None
    for path in paths:
        try:
            kind = _kind_within(path, field)
        except OtherKind as error:
            other = other or error
        except Unreadable as error:
            broken = broken or error
        else:
            if kind is not None:
                (prose if kind is Kind.TEXT else crawl).append(Source(path, kind))
    own = set(_once(source.path for source in crawl))
    crawl = [source for source in crawl if source.path in own]
    chosen = crawl if _size(crawl) >= _size(prose) else prose
    refused = broken or (other if not chosen else None)
    if refused and chosen is crawl:  # a crawl is read whole, or not at all
        raise refused
    return Input(tuple(chosen), len(paths) - len(chosen))


def _size(sources: Iterable[Source]) -> int:
    return sum(source.path.stat().st_size for source in sources)


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder, by name.

    Links to folders are not followed; hidden files, hidden folders and installed packages are left
    out, and so are the notes that engines leave beside their files.
    """
    return files_below(
        folder,
        lambda name: name.startswith((".", "_SUCCESS", "_metadata", "_common")),
        lambda name: name in SKIPPED_FOLDERS or name.startswith("."),
    )


def _once(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield the files among paths; of several names of one file the first."""
    known: set[tuple[int, int]] = set()
    for path in paths:
        if path.is_file():
            status = path.stat()
            if (status.st_dev, status.st_ino) not in known:
                known.add((status.st_dev, status.st_ino))
                yield path


def _glob(pattern: str) -> Iterator[str]:
    """Yield the matches of a pattern, some of them twice.

    ``**`` matches any folders but hidden ones and links, which may lead in circles.
    """
    anchored = f"./{pattern}" if pattern.startswith("**/") else pattern
    before, deep, after = anchored.partition("/**/")
    if not deep:
        yield from glob.iglob(pattern)
        return
    for root in glob.iglob(before or "/"):
        for place, folders, _ in os.walk(root):
            folders[:] = [name for name in folders if not name.startswith(".")]
            yield from _glob(f"{glob.escape(place)}/{after}")


def _kind_within(path: Path, field: str) -> Kind | None:
    """Return how a file of a folder holds documents (None: in no way that is known).

    A file that is not called like a crawl is one only if its first document has the text.
    """
    suffix = path.suffix.lower()
    is_text = suffix in PROSE | SOURCE and not path.is_symlink()
    if suffix in (PROSE | SOURCE) - {".json"}:
        return Kind.TEXT if is_text else None
    head = head_of(path)
    kind = kind_of(head)
    is_called_crawl = bool(CRAWLS & {name.lower() for name in path.suffixes})
    if kind is None and head and is_called_crawl:
        return _kind_or_refusal(path)
    if kind is not None and (is_called_crawl or suffix in PACKED or has_text(head, kind, field)):
        return kind
    return Kind.TEXT if is_text else None


def _kind_or_refusal(path: Path) -> Kind:
    head = head_of(path)
    kind = kind_of(head)
    if kind is None and head:
        raise Unreadable(
            f"{path.name} is neither JSON lines, nor a JSON array, nor Parquet: "
            f"it begins with {excerpt(head)}",
            "write one JSON object a line, or name a folder of text files",
        )
    return kind or Kind.LINES
