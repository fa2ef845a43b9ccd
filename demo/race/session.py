"""The race: one loop that journals, folds and draws what the conductor hands over, then results and headline.

May import everything; this is where the rooms meet.
"""

import contextlib
import secrets
import signal
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import reduce
from pathlib import Path

from demo.outputs import write_outputs
from demo.race.controls import Presenter
from demo.race.screens import Events, Live, Plain, Screen, Silent
from demo.race.setup import BARE, Staging
from demo.recording.play import Player, label_of
from demo.terminal import FullScreen, Keys, Signals, terminal_size
from harness import events as e
from harness import text
from harness.cast.markers import GO
from harness.errors import ExitCode, Interrupted, LiveRunAbandoned, TwoclocksError
from harness.files.journal import JournalWriter, header_line
from harness.files.results import RESULTS_NAME, save
from harness.model import Kind, SessionStage, Side, Status
from harness.report import Report
from harness.run import host
from harness.run.conductor import Conductor
from harness.run.digest import source_digest
from harness.run.plan import Plan, Session
from harness.show.terminal.panel import Caption
from harness.state.board import Board, apply
from harness.state.progress import ARMED_WITHIN_S, arming_s, stalled_s
from harness.state.to_results import results_of
from harness.takes.folder import PAGE_NAME, new_take, point_latest
from harness.text import printable


@dataclass(frozen=True)
class Performance:
    """A session that was shown: its take's folder and results file, and what may be claimed of it."""

    folder: Path
    results: Path
    report: Report


class Race:
    """One session from arming to results file."""

    def __init__(
        self, asked: Plan, ui: str, out: Path | None, *, wait: bool, staging: Staging = BARE
    ) -> None:
        self._asked, self._staging = asked, staging
        self._began = datetime.now(UTC)
        self._run_id = secrets.token_hex(3)
        self._code = host.code(source_digest(asked.user_modules_sha256))
        self.folder = new_take(out, self._began.isoformat(), self._run_id)
        opening = self._opening()
        self._header = header_line(self._run_id, self._stamp) + e.encode(opening)
        self._signals, self._keys = Signals(), Keys()
        self._live = ui == "live"
        self._screen = (
            staging.screen(asked.spec, self._keys)
            if staging.screen is not None
            else self._screen_for(ui)
        )
        self._presenter = Presenter(self._signals, self._keys, wait=wait and self._live)
        self._common = tempfile.TemporaryDirectory(prefix="tc-")
        session = Session(
            plan=asked,
            out=self.folder,
            shared_folder=Path(self._common.name),
            replay_rest=self._live,
        )
        self._conductor = Conductor(session, self._presenter)
        self._board = apply(Board(), opening)

    @property
    def _stamp(self) -> str:
        return self._began.isoformat(timespec="seconds")

    def _screen_for(self, ui: str) -> Screen:
        match ui:
            case "live":
                return Live(self._asked.spec, self._keys)
            case "plain":
                return Plain(self._asked.spec)
            case "json":
                return Events(self._header)
            case _:
                return Silent()

    def run(self) -> Path:
        """Run to the end and return the results file, which is written whatever the end was.

        Raises what ended the session early, once that is on disk; ``LiveRunAbandoned`` once its recording has been shown, too.
        """
        with self._signals.catch(), self._common, contextlib.ExitStack() as stage:
            journal = JournalWriter.start(self.folder, self._header)
            ended: Exception | None = None
            try:
                self._follow(journal, stage)
            except Exception as error:  # a reader that hung up, or a fault of ours: what was seen is kept all the same
                ended = error
            finally:
                digest = self._close(journal, ended)
            try:
                return self._kept(digest, ended)
            except LiveRunAbandoned as over:
                over.hint = self._fall_back() or over.hint
                raise

    def _follow(self, journal: JournalWriter, stage: contextlib.ExitStack) -> None:
        """Journal, fold and draw to the end; raise ``Interrupted`` for a signal that came while the sides were leaving, too.

        The screen stays in use as long as the stage. The sides of a run that is given up end meanwhile, lest the room wait for them.
        """
        stage.enter_context(self._screen.opened())
        frames = self._conductor.frames()
        try:
            for batch in frames:
                journal.write(batch)
                self._take_in(batch)
                self._require_life(batch)
        except LiveRunAbandoned:
            aside = stage.enter_context(ThreadPoolExecutor(1))
            stage.callback(
                aside.submit(frames.close).result
            )  # raises, once the stage is left, for processes that could not be ended
            raise
        except BaseException:
            frames.close()
            raise
        if self._signals.first is not None:
            raise Interrupted(self._signals.first)

    def _require_life(self, batch: tuple[e.Event, ...]) -> None:
        """Raise ``LiveRunAbandoned`` where there is a recording to fall back on, and it was asked for or is due by itself."""
        fallback = self._staging.fallback
        if fallback.recording is None or self._conductor.measured:
            return
        if self._presenter.gave_up():
            raise LiveRunAbandoned("the presenter asked for the recording")
        if not fallback.by_itself:
            return
        if (
            failed := next((event for event in batch if isinstance(event, e.Failed)), None)
        ) is not None:
            raise LiveRunAbandoned(f"the {failed.side} side failed: {failed.reason}", failed=True)
        now = self._conductor.now
        if (stalled_s(self._board, now) or 0.0) >= fallback.after_s:
            raise LiveRunAbandoned(f"no progress for {text.seconds(fallback.after_s)}")
        if (arming_s(self._board, now) or 0.0) >= ARMED_WITHIN_S:
            raise LiveRunAbandoned(f"not armed within {text.seconds(ARMED_WITHIN_S)}")

    def _fall_back(self) -> str:
        """Play the recording from where its clocks start; return what to know of it otherwise."""
        recording = self._staging.fallback.recording
        full_screen = (
            self._screen.full_screen if isinstance(self._screen, Live) else FullScreen(self._keys)
        )
        if recording is None or not recording.fits(*terminal_size()):
            return (
                f"this terminal is too small for its recording; open {recording.folder / PAGE_NAME} in a browser"
                if recording
                else ""
            )
        Player(full_screen, self._keys, self._signals).play(
            recording.cast, label_of(recording), recording.cast.marker_at(GO) or 0.0
        )
        return ""

    def _opening(self) -> e.Event:
        kind = Kind.SIMULATED if self._asked.simulated else Kind.MEASURED
        return e.Opened(
            run_id=self._run_id,
            began_utc=self._stamp,
            kind=kind,
            spec=self._asked.published_spec(Path.home()),
            code=self._code,
        )

    def _close(self, journal: JournalWriter, ended: Exception | None) -> str:
        """Write down how it ended and close the journal; a journal that cannot be written to any more has said so already."""
        last = e.stamp(self._closing(ended), self._conductor.now, Side.BASELINE, 0)
        self._board = apply(self._board, last)
        with contextlib.suppress(TwoclocksError):
            journal.write((last,))
            self._screen.close(last)
        return journal.close()

    def _closing(self, ended: Exception | None) -> e.Closed:
        """Return how it ended: complete once every trial is scored, whatever becomes of the rest of a replay or of the proof."""
        unproved = self._board.proof_stopped
        match ended:
            case None if unproved is not None:
                return e.Closed(
                    status=Status.COMPLETE,
                    remark=f"its proof was cut short, {unproved.label}: {unproved.reason}",
                )
            case None:
                return e.Closed(status=Status.COMPLETE)
            case Interrupted() if self._conductor.measured:
                proving = self._conductor.stage is SessionStage.PROVING
                return e.Closed(
                    status=Status.COMPLETE,
                    remark="its proof was cut short" if proving else "stopped after its last trial",
                )
            case Interrupted() | LiveRunAbandoned(failed=False):
                return e.Closed(status=Status.ABORTED, remark=_remark(ended))
            case _:
                return e.Closed(status=Status.FAILED, remark=_remark(ended))

    def _kept(self, journal_sha256: str, ended: Exception | None) -> Path:
        """Write the results file, then raise what ended the session early: that matters more than a full disk."""
        path, results = self.folder / RESULTS_NAME, results_of(self._board, journal_sha256)
        try:
            save(results, path)
        except TwoclocksError as unsaved:
            raise (ended or unsaved) from unsaved
        if (
            results.status is Status.COMPLETE and results.kind is Kind.MEASURED
        ):  # a rehearsal is not what is to be shown afterwards
            point_latest(self.folder)
        if isinstance(ended, Interrupted):
            ended.hint = (
                f"`twoclocks slide {self.folder}` shows it"
                if results.status is Status.COMPLETE
                else f"what was seen is in {self.folder}"
            )
        if ended is not None:
            raise ended
        return path

    def _take_in(self, batch: tuple[e.Event, ...]) -> None:
        before, self._board = self._board, reduce(apply, batch, self._board)
        self._screen.show(batch, before, self._board, self._caption(), self._conductor.now)

    def _caption(self) -> Caption:
        badge = " · ".join(
            filter(None, (self._staging.badge, "SIMULATED" if self._asked.simulated else ""))
        )
        prompt = " · ".join(filter(None, (self._prompt(), self._staging.aside())))
        return Caption(
            run_id=self._run_id,
            schedule=self._conductor.schedule,
            utc=datetime.now(UTC),
            badge=badge,
            prompt=prompt,
            stage=self._conductor.stage,
        )

    def _prompt(self) -> str:
        attended = self._keys.present and self._staging.attended
        stage, subject = self._conductor.stage, self._conductor.subject
        match stage:
            case SessionStage.RUNNING:
                return ""
            case SessionStage.ARMED:
                return "armed: press Enter to start both clocks" if attended else "armed"
            case SessionStage.REPLAYING:
                return "Enter skips the rest of the replay" if attended else ""
            case SessionStage.PROVING:
                return f"{stage}: {subject}" + (" · Enter skips" if attended else "")
            case _:
                return f"{stage} {subject}".rstrip()


def _remark(ended: Exception | None) -> str:
    """Return why a session ended early. Only our own errors are quoted: another one may name a path of this machine."""
    match ended:
        case None:
            return ""
        case TwoclocksError(sentence=sentence):
            return sentence
        case _:
            return type(ended).__name__


def perform(
    asked: Plan, ui: str, out: Path | None, *, wait: bool, staging: Staging = BARE
) -> Performance:
    """Run a session, tell its headline from the results file, then draw it; return what was shown.

    Raises what ended the session early, ``LiveRunAbandoned`` among it.
    """
    run = Race(asked, ui, out, wait=wait, staging=staging)
    results = run.run()
    report = Report.load(results)
    print(f"{report.text}\n{results}", file=sys.stderr if ui == "json" else sys.stdout, flush=True)
    try:
        write_outputs(report.files(), run.folder)
    except KeyboardInterrupt:
        raise Interrupted(
            signal.SIGINT, f"the take is complete: `twoclocks slide {run.folder}` draws it"
        ) from None
    return Performance(run.folder, results, report)


def race(asked: Plan, ui: str, out: Path | None, *, wait: bool, staging: Staging = BARE) -> int:
    """Put a session on and return the exit code; one that was given up for its recording was shown all the same."""
    try:
        return perform(asked, ui, out, wait=wait, staging=staging).report.exit_code
    except LiveRunAbandoned as over:
        print(f"{printable(over.sentence)}; {printable(over.hint)}", file=sys.stderr)
        return ExitCode.DONE
