"""Record a race, verify the recording, and publish the take only if both succeed.

Everything is made in a draft folder beside the take. The draft stays there, unpublished, if the
race fails or the recording is refused. May import ``harness`` and the rest of ``demo``.
"""

import os
import secrets
import shutil
from dataclasses import replace
from pathlib import Path

import click
import msgspec

from demo.outputs import write_outputs
from demo.recording import asciinema
from demo.recording.child import OUTCOME_FILE, REQUEST_FILE, Outcome, RecordingRequest
from demo.recording.export import export, page_of
from demo.recording.size import Size, has_terminal
from demo.terminal import Signals
from harness import text
from harness.cast.format import CAST, encode, read
from harness.cast.markers import extract_markers
from harness.cast.player import load_player
from harness.cast.verify import Inspection, verify
from harness.errors import (
    LACKS,
    BadRequest,
    ExitCode,
    MachineFailed,
    RecordingFailed,
    TwoclocksError,
    cannot_write,
    reason_of,
)
from harness.files import atomic
from harness.model import Kind
from harness.report import Report
from harness.run import start
from harness.run.plan import Plan
from harness.takes.folder import (
    DEFAULT_ROOT,
    DRAFT_PREFIX,
    FILM_NAME,
    PAGE_NAME,
    point_latest,
    take_name,
)
from harness.takes.recordings import recording, write_verdict
from harness.text import printable

RAW = "raw.cast"
LOG = "recorder.log"


def record(plan: Plan, out: Path | None, size: Size, *, wait: bool) -> int:
    """Record a race at a size and publish its take; return the exit code.

    Without a terminal the clocks wait for nobody. Raises ``BadRequest`` before anything starts,
    and ``RecordingFailed`` if the race fails or its recording is refused. The GIF of the race is
    made once the take is published: without it nothing is lost.
    """
    recorder = asciinema.find_recorder()
    headless = not has_terminal()
    load_player()  # where it is missing, that is said before anything starts
    draft = _make_draft(_require_free(out) if out is not None else DEFAULT_ROOT / "new")
    try:
        _run_race(recorder, plan, draft, size, headless=headless, wait=wait and not headless)
        report, inspection = _finish_take(draft, size)
        folder = _publish(draft, out, report)
    except (BadRequest, MachineFailed) as bad:  # the request was fine: the race has been run
        raise RecordingFailed(
            f"nothing is published: {bad.sentence}",
            f"{bad.hint}; {_draft_note(draft)}",
            ExitCode.FAILED,
        ) from bad
    except OSError as error:
        advice = LACKS.get(error.errno or 0, "name another folder with --out")
        raise RecordingFailed(
            f"nothing is published: {reason_of(error)}",
            f"{advice}; {_draft_note(draft)}",
            ExitCode.FAILED,
        ) from error
    click.echo(f"{report.text if headless else ''}{_summary(folder, inspection)}")
    _add_film(folder)
    return report.exit_code


def _require_free(out: Path) -> Path:
    """Return the absolute path of the take's folder.

    Raises ``BadRequest`` unless nothing is there, or an empty folder of the same disk.
    """
    folder = out.resolve()
    if folder.is_dir() and not os.path.ismount(folder) and not any(folder.iterdir()):
        return folder
    if folder.exists():
        raise BadRequest(
            f"{printable(str(out))} is not a new or empty folder", "name a new one with --out"
        )
    return folder


def _make_draft(folder: Path) -> Path:
    """Return a new folder, by its absolute path, beside the one that it is to become.

    Raises ``BadRequest`` if it cannot be made.
    """
    parent = folder.parent.resolve()
    try:
        parent.mkdir(parents=True, exist_ok=True)
        draft = parent / f"{DRAFT_PREFIX}{secrets.token_hex(4)}"
        draft.mkdir()  # as of any new folder, since it is to become the take's
        return draft
    except OSError as error:
        elsewhere = "name another folder with --out"
        raise cannot_write(printable(str(parent)), error, elsewhere) from error


def _draft_note(draft: Path) -> str:
    return f"what was recorded is in {printable(str(draft))}"


def _run_race(
    recorder: asciinema.Recorder,
    plan: Plan,
    draft: Path,
    size: Size,
    *,
    headless: bool,
    wait: bool,
) -> None:
    """Run the race inside the recorder.

    Raises ``RecordingFailed`` unless it ends with a headline, or without one by design.
    """
    request = RecordingRequest(plan=plan, wait=wait, attended=not headless)
    (draft / REQUEST_FILE).write_bytes(msgspec.json.encode(request))
    child = start.command("demo.recording.child", str(draft))
    command = asciinema.command_line(recorder, child, size, headless=headless, into=draft / RAW)
    environment = asciinema.environment_for(os.environ, asciinema.write_configuration(draft))
    signals = Signals()
    with signals.catch():
        asciinema.run(
            command, environment, draft / LOG, headless=headless, stop=lambda: signals.first
        )
    outcome = _read_outcome(draft, signals.first)
    if outcome.code:
        hint = f"{outcome.hint}; " if outcome.hint and str(draft) not in outcome.hint else ""
        raise RecordingFailed(
            f"nothing is published: {outcome.sentence}",
            f"{hint}{_draft_note(draft)}",
            outcome.code,
        )


def _read_outcome(draft: Path, signal_number: int | None) -> Outcome:
    """Return how the recorded race ended; without a file it was killed, or never began.

    ``signal_number`` is the signal that came meanwhile, if any.
    """
    stopped = Outcome(128 + (signal_number or 0), "stopped before the end")
    try:
        outcome = msgspec.json.decode((draft / OUTCOME_FILE).read_bytes(), type=Outcome)
    except (OSError, msgspec.MsgspecError):
        unexplained = Outcome(
            ExitCode.FAILED,
            "the recorded race ended without giving a reason",
            f"look into {LOG} and {RAW}",
        )
        return unexplained if signal_number is None else stopped
    return stopped if signal_number is not None and not outcome.code else outcome


def _finish_take(draft: Path, size: Size) -> tuple[Report, Inspection]:
    """Make the take from the raw recording: cast, verdict, pictures and page.

    Raises ``RecordingFailed`` if the recording is refused.
    """
    report = Report.load(draft)
    facts = report.results
    workload = text.printable(facts.spec.workload.name)
    title = f"twoclocks · {workload} · run {text.printable(facts.run_id)}"
    cast = replace(extract_markers(read(draft / RAW)), title=title)
    atomic.replace(draft / CAST, encode(cast))
    inspection = verify(cast, facts, report.final_lines(cast.columns), size)
    if not inspection.verified:
        reasons = "; ".join(reason.sentence for reason in inspection.reasons)
        raise RecordingFailed(
            f"nothing is published, the recording is refused: {reasons}",
            _draft_note(draft),
            ExitCode.REFUSED,
        )
    write_verdict(draft, inspection.drift_s)
    files = report.files(recording=PAGE_NAME)
    write_outputs(files, draft)
    atomic.replace(draft / PAGE_NAME, page_of(recording(draft), report, files))
    return report, inspection


def _publish(draft: Path, out: Path | None, report: Report) -> Path:
    """Rename the draft to the take's folder in one step; return that folder.

    Raises ``OSError`` if that fails, for example because something else is there by now.
    """
    for working_file in (REQUEST_FILE, OUTCOME_FILE, RAW, LOG):
        (draft / working_file).unlink(missing_ok=True)
    shutil.rmtree(draft / asciinema.NAME)
    facts = report.results
    folder = out if out is not None else DEFAULT_ROOT / take_name(facts.began_utc, facts.run_id)
    os.rename(draft, folder.resolve())
    if facts.kind is Kind.MEASURED:
        point_latest(folder)
    return folder


def _add_film(folder: Path) -> None:
    """Add the GIF of the race to a published take, and say so; or say why there is none."""
    film = folder / FILM_NAME
    try:
        export(recording(folder), film)
    except TwoclocksError as error:
        click.echo(f"warning: the take has no {FILM_NAME}: {error.sentence}", err=True)
        click.echo(f"hint: {error.hint}", err=True)
        return
    click.echo(f" {FILM_NAME} is the race alone, {text.size(film.stat().st_size)}")


def _summary(folder: Path, inspection: Inspection) -> str:
    """Return where the take is, when it was recorded, how true it is, and how to play it."""
    name = printable(str(folder))
    take = recording(folder)
    when = take.cast.date
    length = text.clock(inspection.duration_s)
    exact = text.seconds(inspection.exact_to_s)
    return (
        f"{name}\n recorded {when}: {length} at {take.columns}×{take.rows}, "
        f"verified, its clocks true to {exact}"
        f"\n `twoclocks play {name}` plays it; {PAGE_NAME} in that folder plays in any browser"
    )
