"""Which modules of a user's folder a workload needs: those it has imported, and those it may yet.

A function may import when it is called, on a worker that has not the user's folder.
May import ``run``.
"""

import ast
import contextlib
from collections.abc import Iterator, Sequence
from importlib.machinery import PathFinder
from importlib.util import resolve_name
from pathlib import Path
from typing import NamedTuple

from harness.run.find import file_of, is_source_in, search_folder, user_modules
from harness.run.start import PACKAGES

MOST_MODULES = 2_000


class UserModule(NamedTuple):
    """A module of the user's: its name when it is imported, and its file."""

    name: str
    file: Path

    @property
    def is_package(self) -> bool:
        """Return whether the file is that of a package."""
        return self.file.name == "__init__.py"

    @property
    def place(self) -> str:
        """Return where the file is found below a folder on the path."""
        folder = self.name.replace(".", "/")
        return f"{folder}/__init__.py" if self.is_package else f"{folder}.py"


def needed_modules(name: str) -> tuple[UserModule, ...]:
    """Return the modules of a user's workload, and all in its folder that these may import.

    By name, each once; none for a built-in workload. Call this after ``find``. Of modules that are
    not imported yet only those count that no installed one hides.
    """
    folder = search_folder(name)
    if folder is None:
        return ()
    waiting = [UserModule(module.__name__, Path(file_of(module))) for module in user_modules(name)]
    needed = {module.name: module for module in waiting}
    while waiting and len(needed) < MOST_MODULES:
        module = waiting.pop()
        for imported in _imported_names(module):
            for found in _modules_on_the_way(imported, folder):
                if found.name not in needed:
                    needed[found.name] = found
                    waiting.append(found)
    return tuple(module for _, module in sorted(needed.items()))


def _imported_names(module: UserModule) -> Iterator[str]:
    """Yield the dotted names that a module's source imports anywhere; some are of no module.

    A module whose source cannot be read imports nothing.
    """
    with contextlib.suppress(OSError, SyntaxError, ValueError, ImportError, RecursionError):
        for node in ast.walk(ast.parse(module.file.read_bytes())):
            match node:
                case ast.Import():
                    yield from (alias.name for alias in node.names)
                case ast.ImportFrom():
                    source = _source_of(node, module)
                    yield from (f"{source}.{alias.name}" for alias in node.names)


def _source_of(node: ast.ImportFrom, module: UserModule) -> str:
    """Return the full name of the module after ``from``."""
    package = module.name if module.is_package else module.name.rpartition(".")[0]
    return resolve_name("." * node.level + (node.module or ""), package)


def _modules_on_the_way(name: str, folder: Path) -> Iterator[UserModule]:
    """Yield the modules in the user's folder that importing a dotted name executes."""
    first, *rest = name.split(".")
    if first in PACKAGES:
        return
    path: Sequence[str] | None = None
    so_far = ""
    for part in (first, *rest):
        so_far = f"{so_far}.{part}".lstrip(".")
        spec = PathFinder.find_spec(so_far, path)
        if spec is None or (spec.origin and not is_source_in(spec.origin, folder)):
            return
        if spec.origin:
            yield UserModule(so_far, Path(spec.origin))
        if (path := spec.submodule_search_locations) is None:
            return
