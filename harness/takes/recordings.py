"""The recordings there are, whether they were verified, and the one to fall back on.

A recording is verified while the verdict beside it names the SHA-256 of its cast and results file.
May import ``errors``, ``model``, ``text``, ``cast``, ``files`` and ``takes.folder``.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from itertools import chain
from pathlib import Path

import msgspec

from harness.cast.format import CAST, LARGEST_BYTES, Cast, read
from harness.errors import BadRequest
from harness.files import atomic, results
from harness.files.results import RESULTS_NAME
from harness.model import Kind, Results, Status
from harness.takes.folder import DEFAULT_ROOT, SHIPPED_SHOWCASE, SHOWCASE
from harness.text import printable

VERDICT_NAME = "verified.json"
VERDICT_SCHEMA = "twoclocks.verified/1"
_LARGEST_VERDICT_BYTES = 100_000


class CastVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A cast that was verified: the bytes this holds for, and the drift that was found.

    ``drift_s`` is how far the clocks on its screen differ from its own times, in seconds.
    """

    schema: str
    cast_sha256: str
    results_sha256: str
    drift_s: float


@dataclass(frozen=True, kw_only=True)
class Recording:
    """A take with a recording; ``verified`` is whether the verdict beside it holds."""

    folder: Path
    results: Results
    cast: Cast
    verified: bool

    @property
    def recorded_utc(self) -> datetime | None:
        """Return when the recording began (None: unknown)."""
        began = self.cast.began
        return None if began is None else datetime.fromtimestamp(began, UTC)

    @property
    def columns(self) -> int:
        """Return the width of the terminal that was recorded."""
        return self.cast.columns

    @property
    def rows(self) -> int:
        """Return the height of the terminal that was recorded."""
        return self.cast.rows

    @property
    def duration_s(self) -> float:
        """Return how long it plays, in seconds."""
        return self.cast.duration_s

    def fits(self, columns: int, rows: int) -> bool:
        """Return whether a terminal of that size holds the recorded one."""
        return self.columns <= columns and self.rows <= rows


def recording(folder: Path) -> Recording:
    """Return the recording in a take's folder; raise ``BadRequest`` if none can be read."""
    require_recorded(folder)
    cast = read(folder / CAST)
    facts = results.load(folder / RESULTS_NAME)
    return Recording(folder=folder, results=facts, cast=cast, verified=_is_verified(folder))


def require_recorded(folder: Path) -> None:
    """Raise ``BadRequest`` unless a folder is that of a take which was recorded."""
    name = printable(str(folder))
    if not folder.exists():
        raise BadRequest(f"there is no take {name}", "`twoclocks record` makes a recorded one")
    if (folder / RESULTS_NAME).exists() and not (folder / CAST).exists():
        raise BadRequest(
            f"the take {name} was not recorded",
            f"`twoclocks slide {name}` shows it; `twoclocks record` records a new one",
        )


def recordings(root: Path = DEFAULT_ROOT) -> tuple[Recording, ...]:
    """Return the readable recordings of complete sessions below a folder, the newest first."""
    return tuple(_newest_first(root))


def newest(root: Path, workload: str, kind: Kind, columns: int, rows: int) -> Recording | None:
    """Return the newest verified recording of a workload and kind that fits (None: none does).

    The one that ships with an installed copy comes last.
    """
    known = chain(
        _newest_first(root, workload, kind),
        _newest_first(SHIPPED_SHOWCASE.parent, workload, kind),
    )
    fitting = (one for one in known if one.verified and one.fits(columns, rows))
    return next(fitting, None)


def write_verdict(folder: Path, drift_s: float) -> None:
    """Write beside a recording that it was verified; raise ``OSError`` where that cannot be."""
    verdict = CastVerdict(
        schema=VERDICT_SCHEMA,
        cast_sha256=_digest(folder / CAST),
        results_sha256=_digest(folder / RESULTS_NAME),
        drift_s=round(drift_s, 3),
    )
    atomic.replace(folder / VERDICT_NAME, msgspec.json.encode(verdict) + b"\n")


def _newest_first(
    root: Path, workload: str | None = None, kind: Kind | None = None
) -> Iterator[Recording]:
    """Yield recordings of one workload and kind (None: of any); a cast is read on its turn."""
    takes = [
        (facts, folder)
        for folder in _folders(root)
        if (facts := _facts(folder)) is not None and facts.status is Status.COMPLETE
    ]
    for facts, folder in sorted(takes, key=_age, reverse=True):
        if workload in (None, facts.spec.workload.name) and kind in (None, facts.kind):
            with contextlib.suppress(BadRequest):
                yield recording(folder)


def _age(take: tuple[Results, Path]) -> tuple[bool, datetime]:
    """Return what takes are ordered by: the shipped showcase counts as older than all others."""
    facts, folder = take
    return folder.name != SHOWCASE, datetime.fromisoformat(facts.began_utc)


def _folders(root: Path) -> list[Path]:
    """Return the folders with a cast, without links such as ``latest`` and hidden drafts."""
    return [cast.parent for cast in root.glob(f"[!.]*/{CAST}") if not cast.parent.is_symlink()]


def _facts(folder: Path) -> Results | None:
    with contextlib.suppress(BadRequest):
        return results.load(folder / RESULTS_NAME)
    return None


def _is_verified(folder: Path) -> bool:
    """Return whether a folder's verdict is about the very cast and results file that are there."""
    try:
        content = atomic.read(folder / VERDICT_NAME, _LARGEST_VERDICT_BYTES, "verdict", "")
        verdict = msgspec.json.decode(content, type=CastVerdict)
        digests = _digest(folder / CAST), _digest(folder / RESULTS_NAME)
    except (BadRequest, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    same_files = (verdict.cast_sha256, verdict.results_sha256) == digests
    return same_files and verdict.schema == VERDICT_SCHEMA


def _digest(path: Path) -> str:
    return sha256(atomic.read(path, LARGEST_BYTES, "recording", "")).hexdigest()
