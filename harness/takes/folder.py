"""A take's folder: how it is named and made, and ``latest`` beside it.

May import ``errors``, ``files`` and ``text``.
"""

import contextlib
import os
import tempfile
from pathlib import Path

from harness.errors import BadRequest, cannot_write
from harness.files.journal import JOURNAL_NAME
from harness.files.results import RESULTS_NAME
from harness.text import printable

PAGE_NAME = "run.html"
FILM_NAME = "run.gif"
MOVIE_NAME = "run.mp4"
"""How ``play --into`` is shown to name a film of the whole recording."""
DEFAULT_ROOT = Path("recordings")
LATEST = DEFAULT_ROOT / "latest"
"""A link to the newest take of a measured session."""
SHOWCASE = "showcase"
SHIPPED_SHOWCASE = Path(__file__).parents[2] / "demo" / SHOWCASE
"""The recording that comes with an installed copy; a clone has it below ``recordings``."""

DRAFT_PREFIX = ".unpublished-"
"""Begins the name of a folder that is not a take yet and may never be one."""


def take_name(began_utc: str, run_id: str) -> str:
    """Return a take's usual name: when it began and its run."""
    return f"{began_utc[:19].replace(':', '').replace('T', '-')}-{run_id}"


def new_take(out: Path | None, began_utc: str, run_id: str) -> Path:
    """Make a take's folder and return it (``out`` None: below ``recordings``).

    Raises ``BadRequest`` if it holds a take already, and as ``cannot_write`` says.
    """
    folder = out if out is not None else DEFAULT_ROOT / take_name(began_utc, run_id)
    name = printable(str(folder))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        present = {entry.name for entry in folder.iterdir()} & {RESULTS_NAME, JOURNAL_NAME}
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise cannot_write(name, error, "name another folder with --out") from error
    if present:
        raise BadRequest(
            f"{name} holds a take already",
            "name a new folder with --out; nothing is ever overwritten",
        )
    return folder


def point_latest(folder: Path) -> None:
    """Make ``recordings/latest`` a link to a take, if the take lies in ``recordings``."""
    if folder.parent != DEFAULT_ROOT:
        return
    draft = DEFAULT_ROOT / f".latest-{folder.name}"
    with contextlib.suppress(OSError):
        draft.symlink_to(folder.name)
        os.replace(draft, LATEST)
    draft.unlink(missing_ok=True)
