"""What the agents may read: the classes and functions of the standard library, as text.

A definition has its source code, without docstrings, and two passages for the retriever. The first
sentence of every docstring is left out of them, whether a question quotes it or not: it could be
found by comparing letters. Nothing is imported here, source is only parsed. Imports
``workloads.embed`` and the standard library.
"""

import ast
import functools
import hashlib
import os
import re
import sysconfig
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from workloads.embed import kernel

SKIPPED = {  # tests, and what opens windows, prints or installs when it is imported
    *("antigravity", "distutils", "ensurepip", "idlelib", "lib2to3", "msilib"),
    *("pydoc_data", "site-packages", "dist-packages", "sitecustomize", "test", "tests", "this"),
    *("tkinter", "turtle", "turtledemo", "usercustomize", "venv", "__pycache__"),
}
KINDS = ("class", "function")
WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
SENTENCE = re.compile(r"(.+?[.!?])(?:\s|$)")
IDENTIFIER = re.compile(r"[A-Za-z_]\w{2,}")
LONGEST_SIGNATURE, LONGEST_REST, LONGEST_NAMES = 120, 200, 150

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


class Entry(NamedTuple):
    """A definition: ``class`` or ``function``, its module and name, its passages, its source."""

    kind: str
    module: str
    name: str
    declaration: str
    details: str
    source: str


@dataclass(frozen=True)
class Library:
    """All definitions as they travel, in arrays that every worker reads without a copy.

    A text of ``names`` has kind, module and name of a definition, separated by blanks.
    """

    names: kernel.Corpus = field(compare=False, repr=False)
    declarations: kernel.Corpus = field(compare=False, repr=False)
    details: kernel.Corpus = field(compare=False, repr=False)
    sources: kernel.Corpus = field(compare=False, repr=False)
    sha256: str

    @property
    def size(self) -> int:
        """Return how many definitions there are."""
        return len(self.names.ends)


class Catalogue(NamedTuple):
    """A library that is ready for look-ups in one process."""

    library: Library
    entries: tuple[tuple[str, str, str], ...]
    places: dict[tuple[str, str], int]
    classes: dict[str, tuple[int, ...]]
    modules: dict[tuple[str, str], tuple[int, ...]]


@functools.lru_cache(maxsize=2)
def catalogue(library: Library) -> Catalogue:
    """Return the library's catalogue, made once in a process."""
    texts = library.names.texts((0, library.size))
    entries = tuple((kind, module, name) for kind, module, name in map(str.split, texts))
    classes = dict[str, list[int]]()
    modules = dict[tuple[str, str], list[int]]()
    for place, (kind, module, name) in enumerate(entries):
        modules.setdefault((kind, module), []).append(place)
        if kind == "class":
            classes.setdefault(name, []).append(place)
    return Catalogue(
        library=library,
        entries=entries,
        places={(module, name): place for place, (_, module, name) in enumerate(entries)},
        classes={name: tuple(places) for name, places in classes.items()},
        modules={key: tuple(places) for key, places in modules.items()},
    )


def texts_at(corpus: kernel.Corpus, places: Sequence[int]) -> list[str]:
    """Return the texts at some places."""
    ends = corpus.ends
    starts = [int(ends[place - 1]) if place else 0 for place in places]
    return [
        corpus.utf8[start : ends[place]].tobytes().decode()
        for start, place in zip(starts, places, strict=True)
    ]


def require_modules(modules: Sequence[str]) -> None:
    """Raise ``ValueError`` for a name that is no public module of the standard library."""
    known = {name for name, _ in module_files()} if modules else ()
    for module in modules:
        if module not in known:
            raise ValueError(
                f"modules={module[:40]} is no public module of the standard library that is "
                "written in Python"
            )


def read_library(modules: Sequence[str]) -> Library:
    """Read the standard library, or the modules of these names and all below them (none: all)."""
    found = dict(module_files())
    wanted = [
        name
        for name in sorted(found)
        if not modules or any(f"{name}.".startswith(f"{one}.") for one in modules)
    ]
    return make_library([entry for name in wanted for entry in entries_of(name, found[name])])


def make_library(entries: list[Entry]) -> Library:
    """Return the library of some definitions."""
    joined = "\0".join("\0".join(entry) for entry in entries)
    return Library(
        names=kernel.make_corpus([" ".join(entry[:3]) for entry in entries]),
        declarations=kernel.make_corpus([entry.declaration for entry in entries]),
        details=kernel.make_corpus([entry.details for entry in entries]),
        sources=kernel.make_corpus([entry.source for entry in entries]),
        sha256=hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest(),
    )


def entries_in(library: Library) -> list[Entry]:
    """Return the definitions of a library."""
    everything = (0, library.size)
    columns = (library.names, library.declarations, library.details, library.sources)
    rows = zip(*(column.texts(everything) for column in columns), strict=True)
    return [Entry(*names.split(), *texts) for names, *texts in rows]


def module_files() -> Iterator[tuple[str, Path]]:
    """Yield the public modules of the standard library that are written in Python."""
    root = Path(sysconfig.get_path("stdlib"))
    for folder, folders, names in os.walk(root):
        inner = Path(folder).relative_to(root).parts
        folders[:] = [name for name in folders if name not in SKIPPED and name.isidentifier()]
        for name in names:
            stem, dot, suffix = name.rpartition(".")
            parts = inner if stem == "__init__" else (*inner, stem)
            public = not any(part.startswith("_") or part in SKIPPED for part in parts)
            if dot and suffix == "py" and parts and public and all(map(str.isidentifier, parts)):
                yield ".".join(parts), Path(folder, name)


def entries_of(module: str, path: Path) -> list[Entry]:
    """Return the public classes and functions of a module; none where it cannot be parsed."""
    try:
        content = path.read_bytes()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about escape sequences
            tree = ast.parse(content)
        content.decode()
    except (OSError, SyntaxError, ValueError):
        return []
    last = {node.name: node for node in definitions_in(tree.body)}  # the last one counts
    text = SourceText(content, tree)
    return [
        _entry(module, node, text.of(node))
        for name, node in last.items()
        if name.isidentifier() and not name.startswith("_")
    ]


def definitions_in(body: list[ast.stmt]) -> Iterator[Definition]:
    """Yield what is defined by statements, also under a condition."""
    for node in body:
        match node:
            case ast.ClassDef() | ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node
            case ast.If() | ast.Try():
                yield from definitions_in([*node.body, *node.orelse])


class SourceText:
    """A module's source, which gives that of a definition without any docstrings."""

    def __init__(self, content: bytes, tree: ast.Module) -> None:
        self._content = content
        lines = content.splitlines(keepends=True)
        self._starts = [0]
        for line in lines:
            self._starts.append(self._starts[-1] + len(line))
        self._docstrings = sorted(
            self._span(node.body[0])
            for node in ast.walk(tree)
            if isinstance(node, Definition) and ast.get_docstring(node, clean=False) is not None
        )

    def _span(self, node: ast.stmt) -> tuple[int, int]:
        end = self._starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)
        return self._starts[node.lineno - 1] + node.col_offset, end

    def of(self, node: Definition) -> str:
        """Return the source of a definition; three dots stand for a docstring."""
        first, last = self._span(node)
        pieces = [b" " * node.col_offset]
        for begin, end in self._docstrings:
            if first <= begin < last:
                pieces += [self._content[first:begin], b"..."]
                first = end
        return b"".join([*pieces, self._content[first:last]]).decode()


def _entry(module: str, node: Definition, source: str) -> Entry:
    rest = docstring_parts(ast.get_docstring(node) or "")[1][:LONGEST_REST]
    words = in_words(node.name)
    if isinstance(node, ast.ClassDef):
        head = f"{node.name}({', '.join(map(ast.unparse, node.bases))})"[:LONGEST_SIGNATURE]
        names = ", ".join(one.name for one in definitions_in(node.body) if one.name[0] != "_")
        details = f"class {words} of {module}: {head}. {rest} Methods: {names[:LONGEST_NAMES]}"
        return Entry("class", module, node.name, f"class {words}: {head}", details, source)
    head = node.name + f"({ast.unparse(node.args)})"[:LONGEST_SIGNATURE]
    used = dict.fromkeys(map(in_words, IDENTIFIER.findall(source)))
    names = " ".join(filter(None, used))[:LONGEST_NAMES]
    details = f"function {words} of {module}: {head} {rest} {names}"
    return Entry("function", module, node.name, f"function {words}: {head}", details, source)


def in_words(name: str) -> str:
    """Return the words of an identifier, such as ``ordered dict``."""
    return " ".join(WORD.findall(name)).lower()


def docstring_parts(docstring: str) -> tuple[str, str]:
    """Return the first sentence of a docstring, in one line, and the rest."""
    head, _, below = docstring.strip().partition("\n\n")
    head = " ".join(head.split())
    sentence = SENTENCE.match(head)
    first = sentence[1] if sentence else head
    return first, " ".join(f"{head[len(first) :]} {below}".split())
