"""What was kept before today: rehearsals, the recording to fall back on, and whether a take tells what must not be published.

What is looked at is one function, judging it another. May import ``harness`` and its neighbours in ``demo``.
"""

import getpass
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from demo.check.result import Finding, failure, warning, well
from harness import text
from harness.cast.format import CAST
from harness.errors import BadRequest
from harness.files import atomic as files
from harness.files.journal import JOURNAL_NAME
from harness.files.results import RESULTS_NAME
from harness.model import Kind, Side
from harness.takes.privacy import Identity, Leak, scan
from harness.takes.recordings import Recording
from harness.talk.forecast import RehearsalHistory, Spread, spread
from harness.text import printable

MOST_TAKES, MOST_BYTES = 20, 60_000_000
LARGEST_BYTES = 20_000_000
LOG = ".log"
READ = frozenset({".json", ".jsonl", ".cast", ".txt", ".svg", ".html", ".md", ".csv", ".tex", LOG})
_SHOWN = 2
_HOUR_S, _DAY_S = 3600.0, 86400.0


def rehearsals(record: RehearsalHistory, others: int) -> Finding:
    """Judge what rehearsals of this configuration are on record; ``others`` is how many there are of other ones."""
    known = {side: found for side in Side if (found := spread(record.wall_times(side))) is not None}
    if not known:
        besides = f", {text.count(others)} of other ones" if others else ""
        return warning(
            "rehearsals", f"none of this configuration on record{besides}", "make rehearse"
        )
    number = max(found.number for found in known.values())
    return well(
        "rehearsals",
        f"{text.count(number)} on record: {', '.join(f'{side} {_spread(found)}' for side, found in known.items())}",
    )


def _spread(found: Spread) -> str:
    low, middle, high = text.durations(found.low, found.middle, found.high)
    return f"{middle} ({low.partition(' ')[0]} to {high})" if found.number > 1 else middle


def fallback(
    known: Sequence[Recording],
    workload: str | None,
    kind: Kind | None,
    size: tuple[int, int] | None,
    now: datetime,
) -> Finding:
    """Judge the recordings at hand, newest first, as something to fall back on in a terminal of that size (None: it is not known).

    Only those of the workload and kind that will run can stand in for it (None: any can).
    """
    name, make = "fallback", "make record"
    alike = [
        one
        for one in known
        if workload in (None, one.results.spec.workload.name) and kind in (None, one.results.kind)
    ]
    verified = [one for one in alike if one.verified]
    fitting = [one for one in verified if size is None or one.fits(*size)]
    if fitting:
        return well(name, _told(fitting[0], now))
    if verified and size is not None:
        newest = verified[0]
        wants = f"{text.count(newest.columns)}×{text.count(newest.rows)}"
        sentence = f"the newest verified recording takes a terminal of {wants}, this one is {text.count(size[0])}×{text.count(size[1])}"
        return warning(
            name,
            sentence,
            f"make the terminal larger, or record at its size: {make} ARGS='--size {size[0]}x{size[1]}'",
        )
    if alike:
        return warning(
            name,
            f"{_name(alike[0].folder)} has a recording that was not verified",
            f"twoclocks verify-cast {alike[0].folder}",
        )
    besides = f" of {text.printable(workload)}" if workload and known else ""
    return warning(name, f"there is no recording{besides} to fall back on", make)


def _told(recording: Recording, now: datetime) -> str:
    size = f"{text.count(recording.columns)}×{text.count(recording.rows)}"
    began = recording.recorded_utc
    age = "of unknown age" if began is None else _age((now - began).total_seconds())
    return f"{_name(recording.folder)}, verified, {age}, {size}, plays {text.seconds(recording.duration_s)}"


def _age(seconds: float) -> str:
    if seconds < _HOUR_S:
        return "less than an hour old"
    if seconds < _DAY_S:
        return f"{text.number_of(int(seconds / _HOUR_S), 'hour')} old"
    return f"{text.number_of(int(seconds / _DAY_S), 'day')} old"


def _name(folder: Path) -> str:
    return printable(folder.name)


@dataclass(frozen=True)
class Scanned:
    """What was found in the newest takes of a folder: ``takes`` of ``present`` were looked through, and so many ``files``.

    ``told`` holds files, by take and name, with what they tell; ``unread`` those that could not be read, or are too large.
    """

    takes: int = 0
    present: int = 0
    files: int = 0
    told: tuple[tuple[str, Leak], ...] = ()
    unread: tuple[str, ...] = ()


def secrets(scanned: Scanned) -> Finding:
    """Judge whether takes tell what must not be published. A log is a side's own output, and not for publication anyway."""
    name = "secrets"
    logs = [(file, leak) for file, leak in scanned.told if file.endswith(LOG)]
    published = [found for found in scanned.told if found not in logs]
    if published:
        return failure(
            name,
            _listed(published),
            "do not publish that take: delete it, or record it anew where nothing names you",
        )
    if scanned.unread:
        return warning(
            name,
            f"{scanned.unread[0]} cannot be looked through",
            "look at it yourself before it is published",
        )
    if logs:
        return warning(
            name, _listed(logs), "do not publish logs; nothing was found in the other files"
        )
    if not scanned.present:
        return well(name, "there is no take yet that could tell any")
    newest = (
        f"the newest {text.count(scanned.takes)} of " if scanned.takes < scanned.present else ""
    )
    looked = f"{text.number_of(scanned.files, 'file')} of {newest}{text.number_of(scanned.present, 'take')}"
    return well(name, f"no name, home folder, address or key in {looked}")


def _listed(found: Sequence[tuple[str, Leak]]) -> str:
    shown = [
        f"{file}{'' if leak.line is None else f' line {text.count(leak.line)}'}: {leak.kind} ({leak.masked})"
        for file, leak in found
    ]
    more = f"; and {text.count(len(found) - _SHOWN)} more" if len(found) > _SHOWN else ""
    return f"{'; '.join(shown[:_SHOWN])}{more}"


def identity() -> Identity:
    """Return who must not be told: whoever runs this, and where."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # as in a container that knows no names
        user = ""
    return Identity(os.path.expanduser("~"), user, platform.node())


def scanned(root: Path, who: Identity) -> Scanned:
    """Look through the files of the newest takes in a folder, which may be a take itself; not through more than can be read in seconds."""
    present = _takes(root)
    chosen = list(_affordable(present))
    paths = [path for take in chosen for path in _files(take)]
    told: list[tuple[str, Leak]] = []
    unread = []
    for path in paths:
        name = printable(f"{path.parent.name}/{path.name}")
        try:
            content = files.read(path, LARGEST_BYTES, "file of a take", "")
        except BadRequest:
            unread.append(name)
            continue
        told += [(name, leak) for leak in scan(path.name, content, who)]
    return Scanned(len(chosen), len(present), len(paths) - len(unread), tuple(told), tuple(unread))


def _takes(root: Path) -> list[Path]:
    """Return the folders that are takes, the newest first: no links, which only name one of them, and no drafts, which begin with a dot."""
    try:
        inside = [
            folder
            for folder in root.iterdir()
            if folder.name[0] != "." and folder.is_dir() and not folder.is_symlink()
        ]
        takes = [
            folder
            for folder in (root, *inside)
            if any(os.path.exists(folder / name) for name in (RESULTS_NAME, JOURNAL_NAME, CAST))
        ]
        return sorted(takes, key=lambda folder: folder.stat().st_mtime, reverse=True)
    except OSError:
        return []


def _affordable(takes: Sequence[Path]) -> Iterator[Path]:
    """Yield the first takes, as many as can be looked through while somebody waits, and at least one."""
    left = MOST_BYTES
    for take in takes[:MOST_TAKES]:
        yield take
        left -= sum(path.stat().st_size for path in _files(take))
        if left < 0:
            return


def _files(take: Path) -> list[Path]:
    """Return the files that would be published with a take; none of one that we may not even list."""
    if not os.access(take, os.R_OK | os.X_OK):
        return []
    return sorted(path for path in take.iterdir() if path.suffix.lower() in READ and path.is_file())
