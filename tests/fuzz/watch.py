"""What a block of code touches and takes: files, processes, the canary, core-seconds and memory.

A hook of Python's own auditing sees what Python opens, changes and starts; inotify sees whoever
opens the canary, in any language.
"""

import contextlib
import ctypes
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from tests.fuzz.hostile import RUN

ROOT = Path(__file__).parents[2]
SECRET = b"the canary's own file, which nobody reads or changes\n"
ENDS_WITHIN_S = 3_000.0
"""Seconds on the wall after which an example that only waits counts as one that never ends."""

INSTALLED = (
    *(str(ROOT), sys.prefix, sys.base_prefix, "/usr/", "/lib/", "/sys/", "/proc/", "/dev/null"),
    *("/dev/urandom", "/etc/fonts", "/etc/mime.types", "/etc/localtime"),
)
PROCESSES = frozenset(
    {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork"}
)
OTHERS = frozenset({"socket.connect", "webbrowser.open", "urllib.Request", "os.startfile"})
CHANGES = frozenset(
    {
        *("os.chmod", "os.chown", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir"),
        *("os.symlink", "os.truncate", "shutil.rmtree", "shutil.move", "shutil.copyfile"),
    }
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
OPENED_OR_CHANGED = 0x20 | 0x2 | 0x100 | 0x200 | 0x40 | 0x80 | 0x4
"""Bits of inotify: open, modify, create, delete, moved from and to, attributes."""


class NeverEnds(BaseException):
    """An example that neither ends nor computes."""


@dataclass
class Watched:
    """What was seen of a block; ``touched`` are sentences about what it should have left alone."""

    touched: list[str] = field(default_factory=list)
    cpu_s: float = 0.0
    grown_bytes: int = 0


@dataclass
class _Present:
    """The block that is watched now: its folder, and what else it may read."""

    folder: str
    may_read: tuple[str, ...]
    may_start: bool
    watched: Watched


_now: _Present | None = None
_is_hooked = False


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    if _now is None:
        return
    if event == "open":
        _look_at_open(_now, *arguments)
    elif event in CHANGES:
        _look_at_change(_now, event, arguments)
    elif event in PROCESSES and not _now.may_start:
        _now.watched.touched.append(f"it starts a process: {event} {arguments[:2]}")
    elif event in OTHERS:
        _now.watched.touched.append(f"it asks others: {event} {arguments[:2]}")
    elif event == "pickle.find_class":
        module, name = arguments
        if module in ("os", "posix", "nt", "subprocess") or name in ("eval", "exec", "getattr"):
            _now.watched.touched.append(f"it unpickles {module}.{name}")
    elif event == "exec" and _file_of(arguments[0]).startswith(_now.folder):
        _now.watched.touched.append(f"it runs {_file_of(arguments[0])}")


def _look_at_open(now: _Present, path: Any, mode: str | None, flags: int) -> None:
    name = _full(path)
    if name is None or name.startswith(now.folder):
        return
    writes = bool(flags & WRITING) or any(letter in (mode or "") for letter in "wax+")
    if writes and name != os.devnull and not _is_bytecode(name):
        now.watched.touched.append(f"it writes {name}")
    elif not writes and not name.startswith((*INSTALLED, *now.may_read)):
        now.watched.touched.append(f"it reads {name}")


def _look_at_change(now: _Present, event: str, arguments: tuple[Any, ...]) -> None:
    paths = arguments[1:2] if event == "os.symlink" else arguments[:2]
    for path in paths:
        name = _full(path) if isinstance(path, str | bytes | os.PathLike) else None
        if name is not None and not name.startswith(now.folder) and not _is_bytecode(name):
            now.watched.touched.append(f"it changes {name} ({event})")


def _is_bytecode(name: str) -> bool:
    """Return whether Python writes it when a module is imported for the first time."""
    prefix = sys.pycache_prefix
    return "/__pycache__" in name or (prefix is not None and name.startswith(prefix))


def _file_of(code: object) -> str:
    return code.co_filename if isinstance(code, CodeType) else ""


def _full(path: Any) -> str | None:
    """Return the whole path (None: a descriptor)."""
    return None if isinstance(path, int) else os.path.abspath(os.fsdecode(path))


class Canary:
    """A file beside the examples that nobody has any business with."""

    def __init__(self, root: Path) -> None:
        self._secret = root / "canary" / "secret"
        self._secret.parent.mkdir(exist_ok=True)
        self._secret.write_bytes(SECRET)
        self._inotify = -1
        library = ctypes.CDLL(None)
        if hasattr(library, "inotify_init1"):
            self._inotify = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
            folder = os.fsencode(self._secret.parent)
            library.inotify_add_watch(self._inotify, folder, OPENED_OR_CHANGED)
        self.was_opened()

    def was_opened(self) -> bool:
        """Return whether anybody opened or changed it since the last call."""
        with contextlib.suppress(BlockingIOError):
            if self._inotify >= 0:
                return bool(os.read(self._inotify, 1 << 16))
        return False

    def is_whole(self) -> bool:
        """Return whether it holds what it did, alone."""
        files = os.listdir(self._secret.parent)
        whole = files == ["secret"] and self._secret.read_bytes() == SECRET
        self.was_opened()
        return whole

    def close(self) -> None:
        """Watch it no longer."""
        if self._inotify >= 0:
            os.close(self._inotify)


class Room:
    """A folder for one example after the other, with the canary beside it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / "room"
        self._canary = Canary(root)

    def __enter__(self) -> "Room":
        """Return the room."""
        return self

    def __exit__(self, *_: object) -> None:
        """Watch the canary no longer."""
        self._canary.close()

    @contextlib.contextmanager
    def watch(
        self,
        *,
        links_out: bool = False,
        may_read: tuple[str, ...] = (),
        may_start: bool = False,
    ) -> Iterator[Watched]:
        """Watch a block that runs in the folder.

        ``links_out``: the canary may be read, since a link or a setting leads to it.
        ``may_read`` are the beginnings of paths that may be read, too. ``may_start``: it may start
        processes.
        """
        global _now, _is_hooked
        if not _is_hooked:
            sys.addaudithook(_hook)
            _is_hooked = True
        watched = Watched()
        before_bytes, before_s = _begin_peak(), time.process_time()
        self._canary.was_opened()
        folder = os.path.join(os.path.abspath(self.folder), "")
        if links_out:
            may_read = (*may_read, str(self.folder.parent / "canary"))
        temporary, tempfile.tempdir = tempfile.tempdir, folder
        _now = _Present(folder, (folder[:-1], *may_read), may_start, watched)
        try:
            with _ending():
                yield watched
        finally:
            _now = None
            tempfile.tempdir = temporary
            watched.cpu_s = time.process_time() - before_s
            watched.grown_bytes = max(0, _peak() - before_bytes)
        if self._canary.was_opened() and not links_out:
            watched.touched.append("it opens the canary")
        if not self._canary.is_whole():
            watched.touched.append("it changes the canary")
        if (self.folder / RUN).exists() or Path(RUN).exists():
            watched.touched.append("it runs what a file says")


@contextlib.contextmanager
def _ending() -> Iterator[None]:
    """Raise ``NeverEnds`` in a block that takes far too long on the wall."""

    def end(*_: int | FrameType | None) -> None:
        raise NeverEnds

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, ENDS_WITHIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _begin_peak() -> int:
    """Have the peak of this process's memory begin anew; return what it has now, in bytes."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    return _peak()


def _peak() -> int:
    with contextlib.suppress(OSError), open("/proc/self/status", encoding="ascii") as status:
        kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM"))
        return int(kilobytes) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
