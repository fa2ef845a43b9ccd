"""The passages of ``embed``: the documentation of installed packages, or the user's own texts.

No installed package is imported: its source is parsed, and read only as far as needed. The user's
files are not trusted. Imports the standard library only.
"""

import ast
import hashlib
import importlib.metadata
import json
import os
import re
import sysconfig
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import NamedTuple

TEXT_SUFFIXES = (".txt", ".md", ".rst")
SUFFIXES = (*TEXT_SUFFIXES, ".jsonl", ".py")
LONGEST_LINE_BYTES = 1 << 20
LARGEST_FILE_BYTES = 1 << 32
LARGEST_TEXT_BYTES = 1 << 28  # of a file that is read as a whole
LARGEST_SOURCE_BYTES = 1 << 22
MOST_FILES = 100_000
FEWEST_WORDS = 8
TOPICS = "pydoc_data/topics.py"
SKIPPED_FOLDERS = {"test", "tests", "site-packages", "dist-packages", "__pycache__"}
OUR_DISTRIBUTION = "twoclocks"


class Source(NamedTuple):
    """An installed document, by a name that is the same on every machine, and its passages."""

    name: str
    passages: Callable[[], Iterable[str]]


def check_corpus(corpus: str) -> None:
    """Raise ``ValueError`` if the corpus is missing or of an unknown kind."""
    if not corpus:
        return
    try:
        _check_path(Path(corpus).expanduser())
    except (OSError, RuntimeError) as error:
        raise ValueError(f"corpus={corpus!r} cannot be read: {error}") from error


def _check_path(path: Path) -> None:
    if path.is_dir():
        if not _files(path):
            raise ValueError(f"corpus={path} holds no file that ends in {', '.join(SUFFIXES)}")
    elif not path.is_file():
        raise ValueError(f"corpus={path} is neither a file nor a folder")
    elif path.stat().st_size > LARGEST_FILE_BYTES:
        raise ValueError(
            f"corpus={path} has {path.stat().st_size:,} bytes, more than {LARGEST_FILE_BYTES:,}"
        )


def read_corpus(corpus: str, most: int, seed: int) -> list[str]:
    """Return the first ``most`` distinct passages, each run of white space made one blank.

    The seed draws the order of installed documents; the user's files are read in the order of
    their paths. Raises ``ValueError`` as ``check_corpus`` does, and with file and line for a line
    that is not text.
    """
    check_corpus(corpus)
    passages = _user_passages(Path(corpus).expanduser()) if corpus else _installed(seed)
    tidy = (" ".join(passage.split()) for passage in passages)
    return list(islice(dict.fromkeys(_until(filter(None, tidy), most)), most))


def _until(passages: Iterable[str], most: int) -> Iterator[str]:
    """Yield passages until ``most`` distinct ones have passed, so that no further file is read."""
    seen = set[str]()
    for passage in passages:
        seen.add(passage)
        yield passage
        if len(seen) >= most:
            return


def _installed(seed: int) -> Iterator[str]:
    """Yield the documentation of Python and its packages; the seed draws the order of files."""
    sources = {source.name: source for source in (*_library(), *_packages())}

    def draw(name: str) -> str:
        return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()

    for name in sorted(sources, key=draw):
        yield from (
            passage for passage in sources[name].passages() if len(passage.split()) >= FEWEST_WORDS
        )


def _library() -> Iterator[Source]:
    """Yield every module of the standard library, without tests."""
    root = Path(sysconfig.get_path("stdlib"))
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        for name in names:
            if name.endswith(".py"):
                path = Path(folder, name)
                yield _module(path.relative_to(root).as_posix(), partial(Path, path))


def _packages() -> Iterator[Source]:
    """Yield every module of the installed distributions, without tests, and each one's README."""
    for distribution in importlib.metadata.distributions():
        title = distribution.name
        if not title or title == OUR_DISTRIBUTION:
            continue
        yield Source(f"{title}/METADATA", partial(_description, distribution))
        for file in distribution.files or ():
            if (
                file.suffix == ".py"
                and not SKIPPED_FOLDERS.intersection(file.parts)
                and ".." not in file.parts
            ):
                yield _module(file.as_posix(), file.locate)


def _module(name: str, locate: Callable[[], os.PathLike[str]]) -> Source:
    return Source(name, lambda: _docstrings(Path(locate()), name == TOPICS))


def _docstrings(path: Path, every_text: bool) -> list[str]:
    """Return a module's docstrings, or with ``every_text`` the paragraphs of all its strings.

    Nothing is returned for a module that cannot be parsed.
    """
    try:
        if path.stat().st_size > LARGEST_SOURCE_BYTES:
            return []
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escape sequences in others' code
            nodes = list(ast.walk(ast.parse(path.read_bytes())))
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    if every_text:
        texts = [
            node.value
            for node in nodes
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        return [passage for text in texts for passage in paragraphs(text)]
    documented = (
        node
        for node in nodes
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return [text for text in map(ast.get_docstring, documented) if text and _encodable(text)]


def _description(distribution: importlib.metadata.Distribution) -> list[str]:
    """Return the paragraphs of a distribution's README; nothing where it cannot be read."""
    try:
        whole = distribution.read_text("METADATA") or ""
    except (OSError, UnicodeDecodeError):
        return []
    _, _, body = whole.replace("\r\n", "\n").partition("\n\n")
    return paragraphs(body)


def paragraphs(text: str) -> list[str]:
    """Return the texts between blank lines."""
    return [part for part in re.split(r"\n\s*\n", text) if part.strip() and _encodable(part)]


def _encodable(text: str) -> bool:
    """Return whether UTF-8 can encode the text, which has no half of a surrogate pair then."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _files(folder: Path) -> list[Path]:
    """Return a folder's texts in the order of their paths; links are not followed.

    Raises ``ValueError`` if there are too many or one is too large.
    """
    found: list[Path] = []
    for place, folders, names in os.walk(folder):
        folders.sort()
        paths = (Path(place, name) for name in sorted(names) if name.endswith(SUFFIXES))
        found.extend(path for path in paths if path.is_file() and not path.is_symlink())
        if len(found) > MOST_FILES:
            raise ValueError(f"corpus={folder} holds more than {MOST_FILES:,} files")
    for path in found:
        most = LARGEST_TEXT_BYTES if path.suffix in TEXT_SUFFIXES else LARGEST_FILE_BYTES
        if path.stat().st_size > most:
            raise ValueError(f"{path} has {path.stat().st_size:,} bytes, more than {most:,}")
    return found


def _user_passages(path: Path) -> Iterator[str]:
    """Yield the passages of the user's file, or of every text in the user's folder."""
    if path.is_file():
        yield from _json_texts(path) if path.suffix == ".jsonl" else _lines(path)
        return
    for file in _files(path):
        match file.suffix:
            case ".jsonl":
                yield from _json_texts(file)
            case ".py":
                yield from _docstrings(file, every_text=False)
            case _:
                yield from paragraphs("\n".join(_lines(file)))


def _lines(path: Path) -> Iterator[str]:
    """Yield a file's lines; raise ``ValueError`` for one that is too long or not UTF-8."""
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LONGEST_LINE_BYTES + 1):
                number += 1
                if len(line) > LONGEST_LINE_BYTES:
                    raise ValueError(
                        f"{path}, line {number:,}: it is longer than {LONGEST_LINE_BYTES:,} bytes"
                    )
                yield _decode(line, path, number)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from error


def _decode(line: bytes, path: Path, number: int) -> str:
    try:
        return line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise ValueError(
            f"{path}, line {number:,}: byte {error.start + 1:,} is not UTF-8"
        ) from error


def _json_texts(path: Path) -> Iterator[str]:
    """Yield the field ``text`` of each line of JSON; raise ``ValueError`` for a line without it."""
    for number, line in enumerate(_lines(path), start=1):
        if not line.strip():
            continue
        try:
            document = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path}, line {number:,}: it is not JSON") from error
        text = document.get("text") if isinstance(document, dict) else None
        if not isinstance(text, str) or not _encodable(text):
            raise ValueError(f"{path}, line {number:,}: it has no field text with a string")
        yield text
