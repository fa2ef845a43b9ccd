"""Record a race: run it in front of the recorder, hold the recording against the clock, and only then publish the take.

Everything is made in a draft beside the take, and stays there, unpublished, where the run fails or the recording is refused.
May import ``harness`` and its neighbours in ``demo``.
"""

import os
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import click
import msgspec

from demo.options import Request
from demo.present import Shown, keep, show
from demo.recording import asciinema
from demo.recording.child import ENDED, ORDER, Ended, Order
from demo.recording.export import page_of
from demo.terminal import Signals, terminal_size
from harness import text
from harness.cast.format import CAST, encode, read
from harness.cast.markers import extract_markers
from harness.cast.page import require_player
from harness.cast.verify import Inspection, verify
from harness.errors import BadRequest, ExitCode, RecordingFailed
from harness.files import atomic
from harness.model import Kind
from harness.show.terminal.panel import SMALLEST_COLUMNS, SMALLEST_ROWS
from harness.takes.folder import DEFAULT_ROOT, DRAFT, PAGE_NAME, named, point_latest
from harness.takes.recordings import keep_verdict, recording
from harness.text import printable

RAW, LOG = "raw.cast", "recorder.log"
LARGEST_SIZE = (400, 120)

Size = tuple[int, int]


def parse_size(typed: str) -> Size:
    """Return a size typed as ``100x30``, in columns and rows; raise ``BadRequest`` if it is none that the panel can be drawn in."""
    columns, _, rows = typed.lower().replace("×", "x").partition("x")
    if not (columns.isdecimal() and rows.isdecimal() and len(typed) < 10):
        raise BadRequest(
            f"--size {typed} is no size in columns and rows", "write it as --size 100x30"
        )
    size = int(columns), int(rows)
    if not (
        SMALLEST_COLUMNS <= size[0] <= LARGEST_SIZE[0]
        and SMALLEST_ROWS <= size[1] <= LARGEST_SIZE[1]
    ):
        largest = "×".join(map(str, LARGEST_SIZE))
        sentence = f"--size {typed} is not between {SMALLEST_COLUMNS}×{SMALLEST_ROWS}, which the panel needs, and {largest}"
        raise BadRequest(sentence, "use --size 100x30")
    return size


def record(asked: Request, out: Path | None, size: Size, *, wait: bool) -> int:
    """Record a race and publish its take; return the exit code. Without a terminal nobody is waited for.

    Raises ``BadRequest`` before anything starts, and ``RecordingFailed`` where the run fails or its recording is not true.
    """
    found, headless = asciinema.found(), not (sys.stdin.isatty() and sys.stdout.isatty())
    require_player()
    if not headless:
        _require_room(size)
    draft = _draft(_fresh(out) if out is not None else DEFAULT_ROOT / "new")
    try:
        _perform(found, asked, draft, size, headless=headless, wait=wait and not headless)
        shown, inspection = _developed(draft, size)
        folder = _published(draft, out, shown)
    except BadRequest as bad:  # no more of what was asked: the race has been run
        raise RecordingFailed(
            f"nothing is published: {bad.sentence}",
            f"{bad.hint}; {_kept(draft)}",
            ExitCode.SIDE_FAILED,
        ) from bad
    except OSError as error:
        why = f"nothing is published: {error.strerror or type(error).__name__}"
        raise RecordingFailed(
            why,
            f"make room, or name another folder with --out; {_kept(draft)}",
            ExitCode.SIDE_FAILED,
        ) from error
    click.echo(f"{shown.text if headless else ''}{_told(folder, inspection)}")
    return shown.code


def _fresh(out: Path) -> Path:
    """Return where a take is to lie, by its whole path; raise ``BadRequest`` unless nothing is there, or an empty folder of this disk."""
    folder = out.resolve()
    if folder.is_dir() and not os.path.ismount(folder) and not any(folder.iterdir()):
        return folder
    if folder.exists():
        raise BadRequest(
            f"{printable(str(out))} is no new or empty folder",
            "name a new one with --out; nothing is ever overwritten",
        )
    return folder


def _require_room(size: Size) -> None:
    """Raise ``BadRequest`` where the terminal that the recording is watched on is smaller than what is recorded."""
    columns, rows = terminal_size()
    if columns < size[0] or rows < size[1]:
        told = f"{size[0]}×{size[1]}"
        hint = f"make it larger, record with --size {columns}x{rows}, or without a terminal: add </dev/null"
        raise BadRequest(
            f"this terminal of {columns}×{rows} cannot show a recording of {told}", hint
        )


def _draft(folder: Path) -> Path:
    """Return a fresh folder, by its whole path, beside the one that it is to become; raise ``BadRequest`` where it cannot be made."""
    beside = folder.parent.resolve()
    try:
        beside.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=DRAFT, dir=beside))
    except OSError as error:
        raise BadRequest(
            f"{printable(str(beside))} cannot be written to: {error.strerror}",
            "name another folder with --out",
        ) from error


def _kept(draft: Path) -> str:
    return f"what there is of it is in {printable(str(draft))}"


def _perform(
    found: tuple[str, int], asked: Request, draft: Path, size: Size, *, headless: bool, wait: bool
) -> None:
    """Run the race in front of the recorder; raise ``RecordingFailed`` unless it comes to a headline, or to none by design."""
    (draft / ORDER).write_bytes(msgspec.json.encode(Order(asked, wait, not headless)))
    own = [sys.executable, "-P", "-m", "demo.recording.child", str(draft)]
    command = asciinema.command(found, own, size, headless=headless, into=draft / RAW)
    environment = asciinema.surroundings(os.environ, asciinema.configured(draft))
    signals = Signals()
    with signals.catch():
        asciinema.run(
            command, environment, draft / LOG, headless=headless, asked=lambda: signals.first
        )
    ended = _ended(draft, signals.first)
    if ended.code:
        hint = f"{ended.hint}; " if ended.hint and str(draft) not in ended.hint else ""
        raise RecordingFailed(
            f"nothing is published: {ended.sentence}", f"{hint}{_kept(draft)}", ended.code
        )


def _ended(draft: Path, asked: int | None) -> Ended:
    """Return how the recorded race ended; one that left no word was killed, or never began. ``asked`` is the signal that came meanwhile."""
    stopped = Ended(128 + (asked or 0), "stopped before the end")
    try:
        ended = msgspec.json.decode((draft / ENDED).read_bytes(), type=Ended)
    except (OSError, msgspec.MsgspecError):
        told = f"{LOG} and {RAW} may tell why"
        return (
            stopped
            if asked is not None
            else Ended(ExitCode.SIDE_FAILED, "the recorded race ended without a word", told)
        )
    return stopped if asked is not None and not ended.code else ended


def _developed(draft: Path, size: Size) -> tuple[Shown, Inspection]:
    """Make the take of what was recorded: cast, verdict, pictures and page; raise ``RecordingFailed`` where the recording is not true."""
    shown = show([draft])
    facts = shown.results
    cast = replace(
        extract_markers(read(draft / RAW)),
        title=f"twoclocks · {text.printable(facts.spec.workload.name)} · run {text.printable(facts.run_id)}",
    )
    atomic.replace(draft / CAST, encode(cast))
    inspection = verify(cast, facts, shown.claims, size)
    if not inspection.verified:
        reasons = "; ".join(reason.sentence for reason in inspection.reasons)
        raise RecordingFailed(
            f"nothing is published, the recording is refused: {reasons}",
            _kept(draft),
            ExitCode.REFUSED,
        )
    keep_verdict(draft, inspection.drift_s)
    keep(shown.drawn(), draft)
    atomic.replace(draft / PAGE_NAME, page_of(recording(draft)))
    return shown, inspection


def _published(draft: Path, out: Path | None, shown: Shown) -> Path:
    """Give the draft the name of the take, all at once, and return that folder.

    Raises ``OSError`` where that cannot be, as where somebody else has put something there meanwhile.
    """
    for working in (ORDER, ENDED, RAW, LOG):
        (draft / working).unlink(missing_ok=True)
    shutil.rmtree(draft / asciinema.NAME)
    draft.chmod(0o755)
    folder = (
        out
        if out is not None
        else DEFAULT_ROOT / named(shown.results.began_utc, shown.results.run_id)
    )
    os.rename(draft, folder.resolve())
    if shown.results.kind is Kind.MEASURED:
        point_latest(folder)
    return folder


def _told(folder: Path, inspection: Inspection) -> str:
    name, taken = printable(str(folder)), recording(folder)
    when, size = taken.cast.date, f"{taken.columns}×{taken.rows}"
    length, exact = text.clock(inspection.duration_s), text.seconds(inspection.exact_to_s)
    return (
        f"{name}\n recorded {when}: {length} at {size}, verified, its clocks true to {exact}"
        f"\n `twoclocks play {name}` shows it, {PAGE_NAME} in there plays in any browser"
    )
