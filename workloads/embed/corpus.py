"""The passages of ``embed``: the documentation of installed packages, or the user's own texts.

The user's files are not trusted. A refusal names a file without its folder, and the line. Imports
``harness.workload``, ``documentation`` and ``workloads.documents``.
"""

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from harness.workload import BadRequest
from workloads.documents.documents import documents, read_unpacked
from workloads.documents.folders import files_below
from workloads.documents.kinds import (
    Kind,
    Source,
    Unreadable,
    has_text,
    head_of,
    kind_of,
    open_unpacked,
    unreadable,
)
from workloads.documents.words import excerpt, number_of
from workloads.embed.documentation import docstrings, installed, paragraphs

PACKED = (".gz", ".zst", ".bz2", ".xz")
TEXTS = (".txt", ".md", ".rst")
CRAWLS = (".jsonl", ".ndjson", ".jsonlines", ".json", ".parquet")
SUFFIXES = (*TEXTS, *CRAWLS, ".py")
LONGEST_LINE_BYTES = 1 << 20
LARGEST_FILE_BYTES = 1 << 32
LARGEST_TEXT_BYTES = 1 << 28  # of a file that is read as a whole
MOST_FILES = 100_000
LONGEST_NAME = 40


class ReadCorpus(NamedTuple):
    """Passages, and how the user's files were read, in words (empty: there are none)."""

    passages: list[str]
    reading: str = ""


def read_corpus(corpus: str, field: str, most: int, seed: int) -> ReadCorpus:
    """Return the first ``most`` distinct passages, each run of white space made one blank.

    The seed draws the order of installed documents; the user's files are read in the order of
    their paths, and of JSON and Parquet the text in ``field`` (empty: in a usual one). Raises
    ``BadRequest`` for what cannot be read.
    """
    if not corpus:
        return ReadCorpus(_first(installed(seed), most))
    name = f"corpus={Path(corpus).name[:LONGEST_NAME]}"
    try:
        return _read(Path(corpus).expanduser(), field, most)
    except Unreadable as error:
        raise BadRequest(str(error), error.hint) from error
    except OSError as error:
        raise BadRequest(str(unreadable(name, error))) from error
    except RuntimeError as error:  # there is no such home folder
        raise BadRequest(f"{name} is no path that can be read: {error}") from error


def _read(path: Path, field: str, most: int) -> ReadCorpus:
    files = _files_at(path)
    passages = _first(_passages(path, files, field), most)
    counts = number_of(len(passages), "passage"), number_of(len(files), "file")
    return ReadCorpus(passages, " from ".join(counts))


def _first(passages: Iterable[str], most: int) -> list[str]:
    """Return the first distinct passages, so that no further file is read."""
    tidy = (" ".join(passage.split()) for passage in passages)
    distinct = dict[str, None]()
    for passage in filter(None, tidy):
        distinct[passage] = None
        if len(distinct) >= most:
            break
    return list(distinct)


def _files_at(path: Path) -> list[Path]:
    """Return the file at a path, or a folder's files in the order of their paths.

    Links in a folder are not followed. Raises ``ValueError`` if there are none or too many, or if
    one is too large.
    """
    if path.is_file():
        files = [path]
    elif path.is_dir():
        files = list(islice(_walk(path), MOST_FILES + 1))
    else:
        raise Unreadable(f"corpus={path.name} is neither a file nor a folder")
    if not files:
        raise Unreadable(f"corpus={path.name} holds no file that ends in {', '.join(SUFFIXES)}")
    if len(files) > MOST_FILES:
        raise Unreadable(f"corpus={path.name} holds more than {MOST_FILES:,} files")
    for file in files:
        size = file.stat().st_size
        most = LARGEST_TEXT_BYTES if _suffix(file) in TEXTS and file != path else LARGEST_FILE_BYTES
        if size > most:
            raise Unreadable(f"{file.name} has {size:,} bytes, more than {most:,}")
    return files


def _walk(folder: Path) -> Iterator[Path]:
    for path in files_below(folder, _is_left_out, lambda name: name.startswith(".")):
        if not path.is_symlink():
            yield path


def _is_left_out(name: str) -> bool:
    return name.startswith(".") or _suffix(Path(name)) not in SUFFIXES


def _suffix(path: Path) -> str:
    """Return how a file's name ends, without what says that it is packed."""
    return Path(path.stem if path.suffix.lower() in PACKED else path.name).suffix.lower()


def _passages(path: Path, files: list[Path], field: str) -> Iterator[str]:
    """Yield the passages of files: of a text file that is named alone, its lines."""
    for file in files:
        suffix = _suffix(file)
        if suffix == ".py" and file != path:
            yield from docstrings(file, every_text=False)
            continue
        kind = None if suffix in TEXTS else _crawl_kind(file, field, alone=file == path)
        if kind is not None:
            read = documents(Source(file, kind), field)
            yield from (document.text.decode() for document in read)
        elif file == path:
            yield from _lines(file)
        elif suffix in TEXTS:
            yield from paragraphs("\n".join(_lines(file)))


def _crawl_kind(file: Path, field: str, *, alone: bool) -> Kind | None:
    """Return how a file holds documents (None: in no way that is known).

    Any JSON may lie in a folder: what is called so there counts if its first document has a text.
    """
    head, suffix = head_of(file), _suffix(file)
    kind = kind_of(head)
    if suffix not in CRAWLS or not head:
        return kind
    if suffix == ".json" and not alone:
        return kind if kind is not None and has_text(head, kind, field) else None
    if kind is None:
        raise Unreadable(
            f"{file.name} is neither JSON lines, nor a JSON array, nor Parquet: it begins with "
            f"{excerpt(head)}"
        )
    return kind


def _lines(path: Path) -> Iterator[str]:
    """Yield a file's lines; raise ``ValueError`` for one that is too long or not UTF-8."""
    head_of(path)  # it refuses UTF-16, archives and the like
    with open_unpacked(path) as file:
        number = 0
        while line := read_unpacked(
            file.readline, LONGEST_LINE_BYTES + 1, f"{path.name}, line {number + 1:,}"
        ):
            number += 1
            where = f"{path.name}, line {number:,}"
            if len(line) > LONGEST_LINE_BYTES:
                raise Unreadable(f"{where}: it is longer than {LONGEST_LINE_BYTES:,} bytes")
            try:
                yield line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
            except UnicodeDecodeError as error:
                raise Unreadable(f"{where}: byte {error.start + 1:,} is not UTF-8") from error
