"""Find a workload by its name, and the source modules that it brings along.

A workload is named by a built-in name, by the path of its file or by a dotted module name.
Importing it runs the user's code, so only the side processes and ``describe`` do so, never the
screen's process. May import ``command_pair``, ``errors``, ``extras``, ``workload`` and
``run.start``.
"""

import difflib
import importlib
import importlib.util
import os
import pkgutil
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import workloads
from harness.command_pair import CommandPair
from harness.errors import BadRequest
from harness.extras import EXTRAS, missing_package
from harness.run.start import PACKAGES, current_folder
from harness.workload import AnyWorkload, Workload

NO_WORKLOADS = {"documents", "prefetch"}  # what several of them share
INSTALLED = (sys.prefix, sys.base_prefix)
_IN_INSTALLED = tuple(f"{prefix}{os.sep}" for prefix in INSTALLED)


class WorkloadNotFound(BadRequest):
    """There is no workload of that name, or its file defines none."""


def built_in() -> tuple[str, ...]:
    """Return the names of the workloads that come with the program, sorted."""
    names = {module.name for module in pkgutil.iter_modules(workloads.__path__)}
    return tuple(sorted(names - NO_WORKLOADS))


def find(name: str) -> AnyWorkload | CommandPair:
    """Import the workload or command pair of that name.

    ``name`` is a built-in name, ``path/to/file.py`` or ``package.module``. Raises
    ``WorkloadNotFound``, with a suggestion where a built-in name is misspelt, and ``BadRequest``
    where it needs a package that an extra of ours installs.
    """
    try:
        module = _import_file(Path(name)) if is_path(name) else _import_package(name)
    except ModuleNotFoundError as error:
        if error.name in EXTRAS:
            raise missing_package(error.name, name) from error
        raise
    value = getattr(module, "WORKLOAD", None)
    if isinstance(value, CommandPair):
        return replace(value, here=str(Path(module.__file__ or "").resolve().parent))
    if not isinstance(value, Workload):
        hint = "write WORKLOAD = Workload(…) or WORKLOAD = CommandPair(…) in that file"
        raise WorkloadNotFound(f"{name} defines no WORKLOAD", hint)
    return value


def is_path(name: str) -> bool:
    """Return whether the name of a workload is the path of its file."""
    return name.endswith(".py")


def user_modules(name: str) -> tuple[ModuleType, ...]:
    """Return the modules of a user's workload, sorted by name; none for a built-in workload.

    They are its file and everything that it has imported from the same folder or package. Call
    this after ``find``: only imported modules are known.
    """
    folder = _user_folder(name)
    if folder is None:
        return ()
    return tuple(
        module
        for known, module in sorted(sys.modules.items())
        if known.partition(".")[0] not in (*PACKAGES, "__main__")
        and is_source_in(getattr(module, "__file__", None), folder)
    )


def user_folders() -> tuple[str, ...]:
    """Return the folders on the path that belong to no installation."""
    return tuple(entry for entry in sys.path if not f"{entry}{os.sep}".startswith(_IN_INSTALLED))


def search_folder(name: str) -> Path | None:
    """Return the folder on the path that a user's workload is found in (None: it is built in)."""
    folder = _user_folder(name)
    if folder is None or is_path(name):
        return folder
    return folder.parent if hasattr(sys.modules[name.partition(".")[0]], "__path__") else folder


def file_of(module: ModuleType) -> str:
    """Return a module's file; empty if it has none."""
    return module.__file__ or ""


def _user_folder(name: str) -> Path | None:
    """Return the folder of a user's file or package (None: the workload is built in)."""
    if is_path(name):
        return Path(name).resolve().parent
    top = name.partition(".")[0]
    if name in built_in() or top in PACKAGES:
        return None
    package = sys.modules[top]
    if package.__file__:
        return Path(package.__file__).resolve().parent
    return Path(next(iter(package.__path__))).resolve()


def is_source_in(file: str | None, folder: Path) -> bool:
    """Return whether a module's file is Python source in the folder, outside any installation."""
    if not file or not file.endswith(".py") or file.startswith(_IN_INSTALLED):
        return False  # most modules, told without asking the file system
    path = Path(file).resolve()
    return (
        path.is_relative_to(folder)
        and not any(map(path.is_relative_to, INSTALLED))
        and "site-packages" not in path.parts
    )


def _import_file(path: Path) -> ModuleType:
    if not os.path.isfile(path):
        raise WorkloadNotFound(f"there is no workload file {path}", _suggestion(path.stem))
    spec = importlib.util.spec_from_file_location(f"workload_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise WorkloadNotFound(f"{path} cannot be read as Python", "a workload file ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # pickle looks the workload's functions up by this name
    _find_last(str(path.resolve().parent))
    spec.loader.exec_module(module)
    return module


def _find_last(folder: str) -> None:
    """Find a folder's modules too; last, so that none of them ever hides an installed one."""
    if folder and folder not in sys.path:
        sys.path.append(folder)


def _import_package(name: str) -> ModuleType:
    if name in built_in():
        return importlib.import_module(f"workloads.{name}")
    if not all(part.isidentifier() for part in name.split(".")):
        raise WorkloadNotFound(f"there is no workload named {name!r}", _suggestion(name))
    _find_last(current_folder())
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as missing:
        absent = missing.name
        if absent is None or not (name == absent or name.startswith(absent + ".")):
            raise  # the workload was found, and something that it imports was not
    raise WorkloadNotFound(f"there is no workload named {name!r}", _suggestion(name))


def _suggestion(name: str) -> str:
    """Return the built-in workload that is nearest by its name, or how to name one."""
    if near := difflib.get_close_matches(name, built_in(), n=1):
        return f"did you mean {near[0]}?"
    return f"the built-in ones are {', '.join(built_in())}; or give a path/to/file.py"
