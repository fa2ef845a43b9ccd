"""Another account of this machine, and a folder in which a stranger has put files in our way.

May import ``harness.run.start``.
"""

import contextlib
import os
import socket
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

NOBODY = 65534
RAN = "ran"

# What a module of that name beside the presenter does, if it is ever run.
LEAVES_A_MARK = f'open({{folder!r}} + "/{RAN}", "a").write(__name__ + " ")\n'
MODULES = (
    *("click", "enum", "io", "json", "logging", "msgspec", "numpy", "pathlib", "psutil", "queue"),
    *("random", "ray", "re", "rich", "secrets", "sitecustomize", "socket", "tomllib", "typing"),
)
PACKAGES = ("demo", "harness", "twoclocks", "workloads")


def put_in_the_way(folder: Path, packages: Iterable[str] = PACKAGES) -> Path:
    """Fill a folder with modules that are named like those that the program means."""
    mark = LEAVES_A_MARK.format(folder=str(folder))
    for name in MODULES:
        (folder / f"{name}.py").write_text(mark)
    for name in packages:
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(mark)
    (folder / "stranger.pth").write_text(f"import os; {mark}")
    return folder


def ran_in(folder: Path) -> str:
    """Return the names under which modules of the folder were run."""
    mark = folder / RAN
    return mark.read_text() if mark.exists() else ""


@contextlib.contextmanager
def as_nobody() -> Iterator[None]:
    """Have the rights of an account that owns nothing, as far as files and processes go."""
    groups, group = os.getgroups(), os.getegid()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def files_below(folders: Iterable[Path]) -> dict[Path, int]:
    """Return every file, folder and socket, with its mode."""
    everything: dict[Path, int] = {}
    for folder in folders:
        for path in (folder, *folder.rglob("*")):
            with contextlib.suppress(OSError):
                everything[path] = path.lstat().st_mode
    return everything


def within_reach(files: dict[Path, int]) -> list[Path]:
    """Return the files that another account can read, list, or connect to."""
    with as_nobody():
        return [path for path, mode in files.items() if _reaches(path, mode)]


def _reaches(path: Path, mode: int) -> bool:
    try:
        if stat.S_ISSOCK(mode):
            with socket.socket(socket.AF_UNIX) as caller:
                caller.connect(str(path))
        elif stat.S_ISDIR(mode):
            os.listdir(path)
        else:
            os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def secrets_within_reach(pids: Iterable[int]) -> list[int]:
    """Return the processes whose environment another account can read."""
    with as_nobody():
        return [pid for pid in pids if _reaches(Path(f"/proc/{pid}/environ"), stat.S_IFREG)]
