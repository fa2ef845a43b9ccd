"""Canonical SHA-256 of values and of what the user brings; ``sources`` has that of our own code.

May import ``model``, ``command_pair`` and ``placeholders``.
Arrays are known by their buffer, type and shape, so no numeric library is imported here.
"""

import dataclasses
import hashlib
import os
import shlex
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.command_pair import CommandPair, expand_home
from harness.model import Digest, Side
from harness.placeholders import fill_placeholders

LARGEST_SOURCE_BYTES = 64 << 20
INSTALLATIONS = (
    *(f"{folder}{os.sep}" for folder in (sys.prefix, sys.base_prefix, sys.exec_prefix)),
    *("/bin/", "/dev/", "/lib/", "/opt/", "/proc/", "/sbin/", "/usr/"),
)
READ_AT_A_TIME = 1 << 20


def digest(value: Any, items: int) -> Digest:
    """Return the canonical digest of a value.

    Arrays, bytes, strings, numbers, None, paths and nested containers of them have one. A path
    stands for the content of its file, wherever that is. Two values have equal digests exactly if
    their types, shapes and contents are equal, whatever their memory layout. ``bytes`` counts the
    raw content. Raises ``TypeError`` for anything else, and ``OSError`` for a file that cannot be
    read.
    """
    feed = _Feed()
    feed.add(value)
    return Digest(feed.hash.hexdigest(), items, feed.bytes)


class _Feed:
    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.bytes = 0

    def _put(self, tag: str, content: Any) -> None:
        view = memoryview(content).cast("B") if memoryview(content).nbytes else b""
        self.hash.update(f"{tag}:{len(view)}:".encode())
        self.hash.update(view)
        self.bytes += len(view)

    def add(self, value: Any) -> None:
        match value:
            case None | bool() | int() | float():
                self._put(type(value).__name__, repr(value).encode())
            case str():
                self._put("str", value.encode("utf-8", "surrogatepass"))
            case bytes() | bytearray() | memoryview():
                self._put("bytes", value)
            case Path():
                self._file(value)
            case tuple() | list():
                self._sequence(type(value).__name__, value)
            case dict():
                self._sequence(
                    "dict", [part for key in sorted(value) for part in (key, value[key])]
                )
            case _ if hasattr(value, "__array_interface__"):
                self._array(value)
            case _ if dataclasses.is_dataclass(value) and not isinstance(value, type):
                self._sequence(
                    f"record {type(value).__name__}",
                    [getattr(value, field.name) for field in dataclasses.fields(value)],
                )
            case _:
                kind = type(value).__name__
                raise TypeError(
                    f"no canonical digest for a {kind}: use arrays, bytes, strings, numbers"
                    " or containers of them"
                )

    def _sequence(self, tag: str, parts: Any) -> None:
        self.hash.update(f"{tag}[{len(parts)}".encode())
        for part in parts:
            self.add(part)
        self.hash.update(b"]")

    def _file(self, path: Path) -> None:
        part = memoryview(bytearray(READ_AT_A_TIME))
        with path.open("rb", buffering=0) as file:
            self.hash.update(f"file:{os.fstat(file.fileno()).st_size}:".encode())
            while count := file.readinto(part):
                self.hash.update(part[:count])
                self.bytes += count

    def _array(self, value: Any) -> None:
        if value.dtype.hasobject:
            raise TypeError("no canonical digest for an array of objects")
        kind = value.dtype.descr if value.dtype.fields else value.dtype.str
        ordered = value if value.flags.c_contiguous else value.copy(order="C")
        raw = (
            ordered.reshape(-1).view("u1") if ordered.nbytes else b""
        )  # as bytes, since dates and the like have no buffer
        self._put(f"array {kind} {value.shape}", raw)


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def user_module_digest(modules: Sequence[ModuleType]) -> str:
    """Return one digest of the user's modules, by name and content.

    Empty: there are none, the workload is built in.
    """
    sums = [
        f"{module.__name__} {file_digest(Path(module.__file__))}"
        for module in modules
        if module.__file__
    ]
    return hashlib.sha256("\n".join(sums).encode()).hexdigest() if sums else ""


def files_of(modules: Sequence[ModuleType]) -> list[Path]:
    """Return the files of modules."""
    return [Path(module.__file__) for module in modules if module.__file__]


def pair_digest(pair: CommandPair, own: Sequence[ModuleType]) -> str:
    """Return one digest of a command pair: its modules, its commands and the files that they name.

    Files that are too large to be source are left out.
    """
    sums = [user_module_digest(own)]
    for side in Side:
        sums += [pair.command(side), *map(file_digest, _files_in_command(pair, side))]
    return hashlib.sha256("\n".join(sums).encode()).hexdigest()


def named_files(pair: CommandPair) -> list[Path]:
    """Return the files of the author's that the two commands name, but for the input.

    What belongs to this machine's installations is none of them.
    """
    files = [file for side in Side for file in _files_in_command(pair, side)]
    input_path = expand_home(pair.input) if pair.input else None
    return [
        file
        for file in dict.fromkeys(files)
        if not str(file.absolute()).startswith(INSTALLATIONS)
        and (input_path is None or not input_path.exists() or not file.samefile(input_path))
    ]


def _files_in_command(pair: CommandPair, side: Side) -> list[Path]:
    command = fill_placeholders(pair.command(side), {"here": pair.here})
    words = _words(command)
    words += [inner for word in words if " " in word for inner in _words(word)]  # as of sh -c '…'
    modules = [word.replace(".", "/") for flag, word in pairwise(words) if flag == "-m"]
    paths = [*words, *(f"{module}{end}" for module in modules for end in (".py", "/__main__.py"))]
    return [Path(path) for path in paths if _is_source(Path(path))]


def _is_source(path: Path) -> bool:
    """Return whether a word of a command is the path of a file that may be source."""
    try:
        return path.is_file() and path.stat().st_size <= LARGEST_SOURCE_BYTES
    except (OSError, ValueError):  # a word too long for a path, or with a zero byte in it
        return False


def _words(command: str) -> list[str]:
    """Return the words of a command line, but for the files that it writes to by ``>``."""
    reader = shlex.shlex(command, posix=True, punctuation_chars=True)
    reader.whitespace_split, reader.commenters = True, ""
    try:
        words = ["", *map(os.path.expanduser, reader)]
        return [word for before, word in pairwise(words) if not before.startswith(">")]
    except ValueError:  # quotes that do not close: the shell will say so
        return []
