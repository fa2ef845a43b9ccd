"""The take of a session that was followed: its folder, and what is put beside the journal.

May import ``harness``.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from harness import events as e
from harness.errors import MachineFailed, cannot_write
from harness.event_lines import encode
from harness.files import atomic
from harness.files.results import RESULTS_NAME, decode, save
from harness.follow.follower import Follower
from harness.model import JournalHeader, Results, Side, Status
from harness.state.board import apply
from harness.state.to_results import results_of
from harness.takes.folder import DEFAULT_ROOT, new_take, take_name
from harness.text import printable

INCOMPLETE_NAME = "events.incomplete.jsonl"
"""The journal of a take of which lines are missing: it is none that results can be held against."""

_ELSEWHERE = "name another folder with --out"


@dataclass(frozen=True, kw_only=True)
class KeptTake:
    """A take whose results file has come; ``missing`` lines of its journal have not.

    ``whole`` is whether the journal is the one that the results were written with.
    """

    path: Path
    results: Results
    whole: bool
    missing: int


def folder_maker(out: Path | None) -> Callable[[JournalHeader], Path]:
    """Return what makes the take's folder once its session is known (``out`` None: a new one)."""

    def make(header: JournalHeader) -> Path:
        if out is not None:
            return new_take(out, "", "")
        began = datetime.fromisoformat(header.began_utc).isoformat()
        name = f"{take_name(began, header.run_id)}-followed"
        numbered = (f"{name}-{number}" if number > 1 else name for number in range(1, 1_000_000))
        free = next(name for name in numbered if not os.path.lexists(DEFAULT_ROOT / name))
        return new_take(DEFAULT_ROOT / free, "", "")

    return make


def keep_results(follower: Follower) -> KeptTake | None:
    """Write the results file beside its journal (None: none has come that fits the session).

    Raises ``MachineFailed`` if it cannot be written.
    """
    copy, document = follower.copy, follower.results_file()
    if copy is None or not document:
        return None
    whole, folder = follower.is_whole, copy.path.parent
    copy.close()
    try:
        if not whole:
            os.replace(copy.path, folder / INCOMPLETE_NAME)
        atomic.replace(folder / RESULTS_NAME, document)
    except OSError as error:
        refused = cannot_write(printable(str(folder)), error, _ELSEWHERE)
        raise MachineFailed(refused.sentence, refused.hint) from error
    return KeptTake(
        path=folder / RESULTS_NAME,
        results=decode(document),
        whole=whole,
        missing=follower.missing,
    )


def keep_interrupted(follower: Follower, remark: str) -> Path | None:
    """Close the journal as that of an aborted session, and write what it comes to.

    Return the take's folder (None: no session has begun). Raises ``MachineFailed`` if that fails.
    """
    copy = follower.copy
    if copy is None or follower.board.opened is None:
        return None
    follower.cut_closing()
    board = follower.board
    last = e.stamp(e.Closed(status=Status.ABORTED, remark=remark), board.at, Side.BASELINE, 0)
    copy.append(encode(last).removesuffix(b"\n"))
    copy.close()
    folder = copy.path.parent
    save(results_of(apply(board, last), copy.sha256()), folder / RESULTS_NAME)
    return folder


def remove_empty(folder: Path | None) -> None:
    """Remove a folder that was made for a take of which nothing came."""
    if folder is not None and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
