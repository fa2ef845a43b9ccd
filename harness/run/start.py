"""Start one of our modules in a process of its own: ``python -P start.py MODULE ARGUMENT …``.

The presenter stands in any folder, and what lies there may be called ``queue.py`` or ``harness``.
None of it runs in place of what is meant: our packages are found beside this file and nowhere else,
and the current folder comes last on the path, if it is there at all.
Imports what every interpreter has loaded by now, or has built in: anything else is looked for on
that path.
"""

import gc
import os
import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
PACKAGES = ("demo", "harness", "twoclocks", "workloads")
UNSET_PYTHONPATH = "unset PYTHONPATH: it puts that folder before the packages that were installed"
FOLDERS = [ROOT, os.path.join(ROOT, "harness", "public")]
USER_FOLDER = "modules_of_the_user"  # beside our packages, where they were sent to a worker


class OurPackages:
    """Finds our packages, whatever else of their name lies on the path."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return where one of our packages is; None for any other module."""
        return PathFinder.find_spec(name, FOLDERS) if name in PACKAGES else None


class UserModules:
    """Finds the user's modules that were sent along, whatever else of their name lies here."""

    folder = os.path.join(ROOT, USER_FOLDER)
    names = frozenset(
        os.path.splitext(entry)[0]
        for entry in (os.listdir(folder) if os.path.isdir(folder) else ())
    )

    @classmethod
    def find_spec(cls, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return where one of these modules is; None for any other."""
        return PathFinder.find_spec(name, [cls.folder]) if name in cls.names else None


def command(module: str, *arguments: str) -> list[str]:
    """Return the command line that runs a module's ``main`` with these arguments.

    ``-P`` is no variable of the environment: programs that the module starts do without it.
    """
    return [sys.executable, "-P", os.path.abspath(__file__), module, *arguments]


def secure_path() -> None:
    """Find our packages beside this file from now on, and the current folder's modules last.

    No process that is started from here waits for more to be typed when it is through.
    """
    os.environ.pop("PYTHONINSPECT", None)
    if OurPackages not in sys.meta_path:
        sys.meta_path[:0] = [OurPackages, UserModules]
    folder = current_folder()
    if folder in sys.path:
        sys.path[:] = [*(entry for entry in sys.path if entry != folder), folder]


def current_folder() -> str:
    """Return the current folder; empty where it is there no more."""
    try:
        return os.getcwd()
    except OSError:
        return ""


def follow(folder: str, path: Iterable[str]) -> None:
    """Go to another process's folder, where it is on this machine, and find what that one finds.

    After what is found here already.
    """
    if os.path.isdir(folder):
        os.chdir(folder)
    sys.path += [entry for entry in path if entry not in sys.path]


def folder_of_pythonpath(error: BaseException) -> str:
    """Return the folder of PYTHONPATH whose module failed to be imported; empty if none did."""
    if not isinstance(error, ImportError):
        return ""
    files, trace = [error.path or ""], error.__traceback__
    while trace is not None:
        files.append(trace.tb_frame.f_code.co_filename)
        trace = trace.tb_next
    named = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    folders = [os.path.abspath(folder) for folder in named if folder]
    ends = [files[0], files[-1]]
    return next((folder for folder in folders for file in ends if within(file, folder)), "")


def within(file: str, folder: str) -> bool:
    """Return whether a path leads into a folder."""
    return os.path.abspath(file).startswith(os.path.join(folder, ""))


def leave(status: int) -> int:
    """Return the exit code; end at once where Python was asked to wait for more to be typed."""
    if sys.flags.inspect:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    return status


def main() -> int:
    """Run the module that the command line names."""
    gc.disable()  # what is imported stays: to look for garbage in it takes a twelfth of the time
    module = import_module(sys.argv.pop(1))
    gc.enable()
    return leave(module.main() or 0)


if __name__ in ("__main__", "__mp_main__"):  # the latter: started by a workload's multiprocessing
    secure_path()

if __name__ == "__main__":
    sys.exit(main())
