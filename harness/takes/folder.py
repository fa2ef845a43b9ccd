"""A take's folder: the journal while it runs, the results file at its end, and ``latest`` beside it.

May import ``harness``.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

import msgspec

from harness.errors import BadRequest, TwoclocksError
from harness.events import JOURNAL_SCHEMA, Event, encode
from harness.files.journal import JOURNAL_NAME
from harness.files.results import RESULTS_NAME

PAGE_NAME = "run.html"
DEFAULT_ROOT = Path("recordings")
SHOWCASE = "showcase"
DRAFT = ".unpublished-"
"""How the name of a folder begins that is no take yet, and may never be one."""


def named(began_utc: str, run_id: str) -> str:
    """Return a take's usual name: its moment and its run."""
    return f"{began_utc[:19].replace(':', '').replace('T', '-')}-{run_id}"


def new_take(asked: Path | None, began_utc: str, run_id: str) -> Path:
    """Return a fresh folder for a take, made; raise ``BadRequest`` if it cannot be written or holds a take already."""
    folder = asked if asked is not None else DEFAULT_ROOT / named(began_utc, run_id)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = {entry.name for entry in folder.iterdir()} & {RESULTS_NAME, JOURNAL_NAME}
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise BadRequest(
            f"{folder} cannot be the take's folder: {error.strerror}",
            "name a folder you may write to with --out",
        ) from error
    if held:
        raise BadRequest(
            f"{folder} holds a take already",
            "name a new folder with --out; nothing is ever overwritten",
        )
    return folder


def point_latest(folder: Path) -> None:
    """Have ``recordings/latest`` point to a take that lies in ``recordings``."""
    if folder.parent != DEFAULT_ROOT:
        return
    draft = DEFAULT_ROOT / f".latest-{folder.name}"
    with contextlib.suppress(OSError):
        draft.symlink_to(folder.name)
        os.replace(draft, DEFAULT_ROOT / "latest")
    draft.unlink(missing_ok=True)


def journal_header(run_id: str, began_utc: str) -> bytes:
    """Return the journal's first line."""
    return (
        msgspec.json.encode({"schema": JOURNAL_SCHEMA, "run_id": run_id, "began_utc": began_utc})
        + b"\n"
    )


class Journal:
    """The events of a session, written as they come, so that a crash loses nothing."""

    def __init__(self, folder: Path, header: bytes) -> None:
        self._file = (folder / JOURNAL_NAME).open("xb", buffering=0)
        self._sum = hashlib.sha256()
        self._put(header)

    def write(self, batch: Iterable[Event]) -> None:
        """Append a batch."""
        if lines := b"".join(map(encode, batch)):
            self._put(lines)

    def close(self) -> str:
        """Close the file for good and return its SHA-256."""
        os.fsync(self._file.fileno())
        self._file.close()
        return self._sum.hexdigest()

    def _put(self, lines: bytes) -> None:
        """Write it all, however little is taken at a time, as when a disk fills up; raise ``TwoclocksError`` where it cannot be."""
        try:
            while lines:
                taken = self._file.write(lines) or 0
                self._sum.update(lines[:taken])
                lines = lines[taken:]
        except OSError as error:
            sentence = f"cannot write {self._file.name}: {error.strerror}"
            raise TwoclocksError(
                sentence, "make room, or name another folder with --out"
            ) from error
