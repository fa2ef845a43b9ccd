"""The recordings at hand: which there are, whether they were found true, and the one to fall back on.

A recording counts as verified while the verdict beside it speaks of the very bytes of its cast and its results file.
May import ``harness`` and ``harness.takes.folder``.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import msgspec

from harness.cast.format import CAST, LARGEST_BYTES, Cast, read
from harness.errors import BadRequest
from harness.files import atomic, results
from harness.files.results import RESULTS_NAME
from harness.model import Kind, Results, Status
from harness.takes.folder import DEFAULT_ROOT, SHOWCASE

VERDICT = "verified.json"
VERDICT_SCHEMA = "twoclocks.verified/1"
_LARGEST_VERDICT_BYTES = 100_000


class Verdict(msgspec.Struct, frozen=True):
    """That a cast was found true: of which bytes this is said, and how far the clocks on its screen drift from its own times."""

    schema: str
    cast_sha256: str
    results_sha256: str
    drift_s: float


@dataclass(frozen=True)
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
        """Tell whether a terminal of that size holds the recorded one."""
        return self.columns <= columns and self.rows <= rows


def recording(folder: Path) -> Recording:
    """Return the recording in a take's folder; raise ``BadRequest`` if it has none that can be read."""
    cast, facts = read(folder / CAST), results.load(folder / RESULTS_NAME)
    return Recording(folder, facts, cast, _is_verified(folder))


def recordings(root: Path = DEFAULT_ROOT) -> tuple[Recording, ...]:
    """Return every recording of a complete session below a folder, the newest first; what cannot be read is no recording."""
    return tuple(_newest_first(root))


def newest(root: Path, workload: str, kind: Kind, columns: int, rows: int) -> Recording | None:
    """Return the newest verified recording of that workload and kind that the terminal holds (None: there is none)."""
    wanted = (
        one
        for one in _newest_first(root, workload, kind)
        if one.verified and one.fits(columns, rows)
    )
    return next(wanted, None)


def keep_verdict(folder: Path, drift_s: float) -> None:
    """Write down beside a recording that it was found true; raise ``OSError`` where that cannot be."""
    verdict = Verdict(
        VERDICT_SCHEMA, _digest(folder / CAST), _digest(folder / RESULTS_NAME), round(drift_s, 3)
    )
    atomic.replace(folder / VERDICT, msgspec.json.encode(verdict) + b"\n")


def _newest_first(
    root: Path, workload: str | None = None, kind: Kind | None = None
) -> Iterator[Recording]:
    """Yield recordings, of any workload and kind (None) or of one; a cast is read only when it is its turn."""
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
    """Return what takes are ordered by: the showcase that came along is older than any of the presenter's own."""
    facts, folder = take
    return folder.name != SHOWCASE, datetime.fromisoformat(facts.began_utc)


def _folders(root: Path) -> list[Path]:
    """Return the takes' folders with a cast; ``latest`` only names one of them, and what begins with a dot is none."""
    return [cast.parent for cast in root.glob(f"[!.]*/{CAST}") if not cast.parent.is_symlink()]


def _facts(folder: Path) -> Results | None:
    with contextlib.suppress(BadRequest):
        return results.load(folder / RESULTS_NAME)
    return None


def _is_verified(folder: Path) -> bool:
    """Tell whether the verdict in a folder speaks of the cast and the results file that are there."""
    try:
        written = atomic.read(folder / VERDICT, _LARGEST_VERDICT_BYTES, "verdict", "")
        verdict = msgspec.json.decode(written, type=Verdict)
        known = verdict.cast_sha256 == _digest(folder / CAST) and verdict.results_sha256 == _digest(
            folder / RESULTS_NAME
        )
    except (BadRequest, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return False
    return known and verdict.schema == VERDICT_SCHEMA


def _digest(path: Path) -> str:
    return sha256(atomic.read(path, LARGEST_BYTES, "recording", "")).hexdigest()
