"""The documentation of Python and its installed packages, which is the corpus by default.

No installed package is imported: its source is parsed, and read only as far as needed. Imports the
standard library only.
"""

import ast
import hashlib
import importlib.metadata
import os
import re
import sysconfig
import warnings
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

LARGEST_SOURCE_BYTES = 1 << 22
FEWEST_WORDS = 8
TOPICS = "pydoc_data/topics.py"
SKIPPED_FOLDERS = {"test", "tests", "site-packages", "dist-packages", "__pycache__"}
OUR_DISTRIBUTION = "twoclocks"
FEW_PASSAGES = 1000
KNOWN_PASSAGES = 5000  # the standard library alone has more


class Source(NamedTuple):
    """An installed document, by a name that is the same on every machine, and its passages."""

    name: str
    passages: Callable[[], Iterable[str]]


def surely_has(passages: int, queries: int) -> bool:
    """Return whether there are so many passages, and as many queries in them, on any machine.

    Else they have to be read to know. Of 2,000 passages from 20 seeds 0.44 were long enough to be
    cut, or more, and of 3,000 0.53; of few passages hardly any may be.
    """
    return FEW_PASSAGES <= passages <= KNOWN_PASSAGES and 3 * queries <= passages


def installed(seed: int) -> Iterator[str]:
    """Yield the documentation of Python and its packages; the seed draws the order of files."""
    sources = {source.name: source for source in (*library(), *packages())}

    def draw(name: str) -> str:
        return hashlib.sha256(f"{seed}:{name}".encode()).hexdigest()

    for name in sorted(sources, key=draw):
        yield from (
            passage for passage in sources[name].passages() if len(passage.split()) >= FEWEST_WORDS
        )


def library() -> Iterator[Source]:
    """Yield every module of the standard library, without tests."""
    root = Path(sysconfig.get_path("stdlib"))
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED_FOLDERS]
        for name in names:
            if name.endswith(".py"):
                path = Path(folder, name)
                yield _module(path.relative_to(root).as_posix(), partial(Path, path))


def packages() -> Iterator[Source]:
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
    return Source(name, lambda: docstrings(Path(locate()), name == TOPICS))


def docstrings(path: Path, every_text: bool) -> list[str]:
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
