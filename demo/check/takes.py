"""What earlier sessions left: rehearsals, a recording to play, and takes with personal data.

Reading is one function, judging another. May import ``harness`` and its neighbours.
"""

import getpass
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from demo.check.result import CheckResult, fail, ok, warn
from demo.recording.size import fitting
from harness import text
from harness.cast.format import CAST
from harness.errors import BadRequest
from harness.files import atomic
from harness.files.journal import JOURNAL_NAME
from harness.files.results import RESULTS_NAME
from harness.model import Kind, Side
from harness.run.home import home_folder
from harness.takes.privacy import Identity, Leak, scan
from harness.takes.recordings import Recording
from harness.talk.forecast import RehearsalHistory, Spread, spread
from harness.text import printable

MOST_TAKES = 20
MOST_BYTES = 60_000_000
LARGEST_BYTES = 20_000_000
LOG_SUFFIX = ".log"
SCANNED_SUFFIXES = frozenset(
    {".json", ".jsonl", ".cast", ".txt", ".svg", ".html", ".md", ".csv", ".tex", LOG_SUFFIX}
)
_MOST_LISTED = 2
_HOUR_S = 3600.0
_DAY_S = 86400.0


def judge_rehearsals(history: RehearsalHistory, others: int) -> CheckResult:
    """Judge the rehearsals of this configuration; ``others`` counts those of other ones."""
    spreads = {
        side: each for side in Side if (each := spread(history.wall_times(side))) is not None
    }
    if not spreads:
        besides = f", {text.count(others)} of others" if others else ""
        return warn(
            "rehearsals", f"no rehearsal of this configuration{besides}", "run `twoclocks rehearse`"
        )
    number = max(each.number for each in spreads.values())
    times = ", ".join(f"{side} {_range(each)}" for side, each in spreads.items())
    return ok("rehearsals", f"{text.count(number)} of this configuration: {times}")


def _range(times: Spread) -> str:
    """Return the median time, followed by the range if there are several."""
    low, middle, high = text.durations(times.low, times.middle, times.high)
    return f"{middle} ({low.partition(' ')[0]} to {high})" if times.number > 1 else middle


def judge_fallback(
    recordings: Sequence[Recording],
    workload: str | None,
    kind: Kind | None,
    size: tuple[int, int] | None,
    now: datetime,
) -> CheckResult:
    """Judge the recordings, newest first, that could replace the race if it fails.

    ``workload`` and ``kind`` are those of the race (None: any counts), ``size`` is the terminal's
    columns and rows (None: unknown).
    """
    same_workload = [
        one
        for one in recordings
        if workload in (None, one.results.spec.workload.name) and kind in (None, one.results.kind)
    ]
    verified = [one for one in same_workload if one.verified]
    fitting = [one for one in verified if size is None or one.fits(*size)]
    if fitting:
        return ok("fallback", _describe(fitting[0], now))
    if verified and size is not None:
        return _too_large(verified[0], size)
    if same_workload:
        return _unverified(same_workload[0].folder)
    besides = f" of {text.printable(workload)}" if workload and recordings else ""
    sentence = f"there is no recording{besides} to play if the race fails"
    return warn("fallback", sentence, "run `twoclocks record`")


def _too_large(recording: Recording, size: tuple[int, int]) -> CheckResult:
    columns, rows = fitting(size)
    records = columns <= size[0] and rows <= size[1]
    at_its_size = f", or record at its size: twoclocks record --size {columns}x{rows}"
    return warn(
        "fallback",
        f"the newest verified recording needs a terminal of {_size_of(recording)}, "
        f"this one is {text.count(size[0])}×{text.count(size[1])}",
        f"enlarge the terminal{at_its_size if records else ''}",
    )


def _unverified(folder: Path) -> CheckResult:
    return warn(
        "fallback",
        f"the recording in {printable(folder.name)} is not verified",
        f"verify it: twoclocks verify-cast {folder}",
    )


def _describe(recording: Recording, now: datetime) -> str:
    began = recording.recorded_utc
    age = "of unknown age" if began is None else _age((now - began).total_seconds())
    folder = printable(recording.folder.name)
    length = text.seconds(recording.duration_s)
    return f"{folder}, verified, {age}, {_size_of(recording)}, plays {length}"


def _size_of(recording: Recording) -> str:
    return f"{text.count(recording.columns)}×{text.count(recording.rows)}"


def _age(seconds: float) -> str:
    if seconds < _HOUR_S:
        return "less than an hour old"
    if seconds < _DAY_S:
        return f"{text.number_of(int(seconds / _HOUR_S), 'hour')} old"
    return f"{text.number_of(int(seconds / _DAY_S), 'day')} old"


@dataclass(frozen=True, kw_only=True)
class ScanResult:
    """What the newest takes of a folder give away: ``takes`` of ``present`` were scanned.

    ``files`` counts the files that were read, ``leaks`` are what they give away, by take and file
    name, and ``unread`` names the files that could not be read or are too large.
    """

    takes: int = 0
    present: int = 0
    files: int = 0
    leaks: tuple[tuple[str, Leak], ...] = ()
    unread: tuple[str, ...] = ()


def judge_secrets(scan: ScanResult) -> CheckResult:
    """Judge whether takes contain personal data. A log is a side's own output, never published."""
    name = "secrets"
    in_logs = [(file, leak) for file, leak in scan.leaks if file.endswith(LOG_SUFFIX)]
    in_takes = [leak for leak in scan.leaks if leak not in in_logs]
    if in_takes:
        return fail(
            name,
            _list(in_takes),
            "do not publish that take: delete it, or record it again where nothing names you",
        )
    if scan.unread:
        return warn(
            name, f"{scan.unread[0]} cannot be read", "look at it yourself before you publish it"
        )
    if in_logs:
        return warn(name, _list(in_logs), "do not publish the logs; the other files are clean")
    if not scan.present:
        return ok(name, "there is no take yet")
    files = text.number_of(scan.files, "file")
    newest = f"the newest {text.count(scan.takes)} of " if scan.takes < scan.present else ""
    takes = text.number_of(scan.present, "take")
    return ok(name, f"no name, home folder, address or key in {files} of {newest}{takes}")


def _list(leaks: Sequence[tuple[str, Leak]]) -> str:
    listed = [
        f"{file}{_line(leak)}: {leak.kind} ({leak.masked})" for file, leak in leaks[:_MOST_LISTED]
    ]
    more = len(leaks) - _MOST_LISTED
    return "; ".join([*listed, *([f"and {text.count(more)} more"] if more > 0 else [])])


def _line(leak: Leak) -> str:
    return "" if leak.line is None else f" line {text.count(leak.line)}"


def read_identity() -> Identity:
    """Return who runs this and where: what a take must not contain."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # as in a container that has no user names
        user = None
    home = home_folder()
    return Identity(home=str(home) if home else None, user=user, host=platform.node() or None)


def scan_takes(root: Path, who: Identity) -> ScanResult:
    """Scan the newest takes in a folder, which may be a take itself, for what names ``who``.

    Scans no more than can be read in a few seconds.
    """
    present = _takes(root)
    chosen = list(_affordable(present))
    paths = [path for take in chosen for path in _files(take)]
    leaks: list[tuple[str, Leak]] = []
    unread: list[str] = []
    for path in paths:
        name = printable(f"{path.parent.name}/{path.name}")
        try:
            content = atomic.read(path, LARGEST_BYTES, "file of a take", "")
        except BadRequest:
            unread.append(name)
            continue
        leaks += [(name, leak) for leak in scan(path.name, content, who)]
    return ScanResult(
        takes=len(chosen),
        present=len(present),
        files=len(paths) - len(unread),
        leaks=tuple(leaks),
        unread=tuple(unread),
    )


def _takes(root: Path) -> list[Path]:
    """Return the folders that are takes, newest first: neither links nor drafts (hidden)."""
    marks = (RESULTS_NAME, JOURNAL_NAME, CAST)
    try:
        inside = [
            folder
            for folder in root.iterdir()
            if folder.name[0] != "." and folder.is_dir() and not folder.is_symlink()
        ]
        takes = [
            folder
            for folder in (root, *inside)
            if any(os.path.exists(folder / name) for name in marks)
        ]
        return sorted(takes, key=lambda folder: folder.stat().st_mtime, reverse=True)
    except OSError:
        return []


def _affordable(takes: Sequence[Path]) -> Iterator[Path]:
    """Yield the first takes, at least one, until reading more would take too long."""
    left = MOST_BYTES
    for take in takes[:MOST_TAKES]:
        yield take
        left -= sum(path.stat().st_size for path in _files(take))
        if left < 0:
            return


def _files(take: Path) -> list[Path]:
    """Return the files of a take that may be published; none if it cannot be listed."""
    if not os.access(take, os.R_OK | os.X_OK):
        return []
    return sorted(
        path
        for path in take.iterdir()
        if path.suffix.lower() in SCANNED_SUFFIXES and path.is_file()
    )
