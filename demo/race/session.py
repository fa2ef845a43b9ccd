"""A race: one loop that journals, folds and draws what the conductor hands over, then its results.

May import everything; this is where the rooms meet.
"""

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from demo.race.closing import closing, save_elsewhere
from demo.race.identity import Identity
from demo.race.screens import Broadcasting, JsonLines, LivePanel, LogLines, Screen, Silent
from demo.race.setup import NO_EXTRAS, PresenterControls, RaceSetup, clean_scratch, keys, prompt
from demo.race.takeover import require_progress
from demo.terminal import FullScreen, Keys, Signals, terminal_size
from harness import events as e
from harness.cast.markers import GO
from harness.errors import (
    Disagreement,
    ExitCode,
    Interrupted,
    LiveRunAbandoned,
    MachineFailed,
    SideFailed,
    TwoclocksError,
)
from harness.event_lines import encode
from harness.files.journal import JournalWriter, header_line
from harness.files.results import RESULTS_NAME, save
from harness.files.results import encode as encode_results
from harness.model import Kind, Results, Side, Status
from harness.run.conductor import Conductor
from harness.run.home import home_folder
from harness.run.plan import Plan, Session
from harness.run.scratch import Scratch
from harness.show.terminal.panel import Caption
from harness.show.terminal.panel_phrases import Variants
from harness.state.board import Board, apply
from harness.state.fold import fold
from harness.state.to_results import results_of
from harness.takes.folder import PAGE_NAME, new_take, point_latest


class Race:
    """One session from arming to results file."""

    def __init__(
        self,
        *,
        plan: Plan,
        ui: str,
        wait: bool,
        setup: RaceSetup,
        identity: Identity,
        folder: Path,
        shared_folder: Scratch,
    ) -> None:
        self._plan = plan
        self._setup = setup
        self._identity = identity
        self.folder = folder
        self._shared_folder = shared_folder
        opened = self._opening_event()
        self._board = apply(Board(), opened)
        self._header = header_line(identity.run_id, identity.began_utc) + encode(opened)
        self._signals = Signals()
        self._keys = Keys()
        live = ui == "live"
        self._controls = PresenterControls(
            self._signals, self._keys, wait=wait and live, attended=setup.attended
        )
        self._json_lines = JsonLines(self._header, identity.run_id)
        self._hands_over = ui == "json" and setup.screen is None
        self._screen = self._screen_for(ui)
        session = Session(
            plan=plan,
            out=folder,
            shared_folder=shared_folder.path,
            replay_rest=live,
            watchers=() if setup.broadcast is None else (setup.broadcast.pid,),
            dashboard=None if setup.dashboard is None else setup.dashboard.show,
        )
        self._conductor = Conductor(session, self._controls)

    @classmethod
    def prepare(
        cls, plan: Plan, ui: str, out: Path | None, *, wait: bool, setup: RaceSetup = NO_EXTRAS
    ) -> Self:
        """Make the take's folder and read what code runs; raise ``BadRequest`` if that fails."""
        identity = Identity.of_new_session(plan)
        return cls(
            plan=plan,
            ui=ui,
            wait=wait,
            setup=setup,
            identity=identity,
            folder=new_take(out, identity.began.isoformat(), identity.run_id),
            shared_folder=clean_scratch(),
        )

    @property
    def run_id(self) -> str:
        """Return the id of the run, which its journal and its results file have."""
        return self._identity.run_id

    def _screen_for(self, ui: str) -> Screen:
        spec = self._plan.spec
        if self._setup.screen is not None:
            return self._setup.screen(spec, self._keys)
        broadcast = self._setup.broadcast
        if ui == "live":
            return LivePanel(spec, self._keys, FullScreen(self._keys, broadcast))
        screen = self._plain_screen(ui)
        return screen if broadcast is None else Broadcasting(screen, spec, broadcast)

    def _plain_screen(self, ui: str) -> Screen:
        match ui:
            case "plain":
                return LogLines(self._plan.spec)
            case "json":
                return self._json_lines
            case _:
                return Silent()

    def run(self) -> Path:
        """Run to the end and return the results file, which is written however it ends.

        Raises what ended the session early, once that is on disk; ``LiveRunAbandoned`` once the
        recording has been shown, too.
        """
        with self._signals.catch(), self._shared_folder, contextlib.ExitStack() as stack:
            journal = JournalWriter.start(self.folder, self._header)
            ended: Exception | None = None
            try:
                self._follow(journal, stack)
            except Exception as error:  # whatever it is, what was observed is kept
                ended = error
            finally:
                digest = self._close(journal, ended)
            try:
                return self._save(digest, ended)
            except LiveRunAbandoned as abandoned:
                kept = f"the unfinished run is kept in {self.folder}"
                abandoned.hint = "; ".join(filter(None, (kept, self._fall_back())))
                raise

    def _follow(self, journal: JournalWriter, stack: contextlib.ExitStack) -> None:
        """Journal, fold and draw to the end.

        The screen stays in use as long as the stack. The sides of an abandoned run end in the
        background, so that the room need not wait for them. Raises ``Interrupted`` also for a
        signal that came while the sides were ending.
        """
        stack.enter_context(self._screen.in_use())
        frames = self._conductor.frames()
        try:
            for batch in frames:
                journal.write(batch)
                self._show(batch)
                require_progress(
                    self._setup.fallback,
                    self._controls,
                    self._board,
                    batch,
                    measured=self._conductor.measured,
                    at=self._conductor.now,
                )
        except LiveRunAbandoned:
            background = stack.enter_context(ThreadPoolExecutor(1))
            # raises, once the stack is left, for processes that could not be ended
            stack.callback(background.submit(frames.close).result)
            raise
        except BaseException:
            frames.close()
            raise
        if self._signals.first is not None:
            raise Interrupted(self._signals.first)

    def _fall_back(self) -> str:
        """Play the recording from where its clocks start; return where it is if it does not fit."""
        recording = self._setup.fallback.recording
        if recording is None:
            return ""
        if not recording.fits(*terminal_size()):
            page = recording.folder / PAGE_NAME
            return f"this terminal is too small for its recording; open {page} in a browser"
        # its emulated terminal is a twentieth of what a race loads, and few races need it
        from demo.recording.play import Player, label_of

        screen = self._screen
        full_screen = (
            screen.full_screen if isinstance(screen, LivePanel) else FullScreen(self._keys)
        )
        Player(full_screen, self._keys, self._signals).play(
            recording.cast, label_of(recording), recording.cast.marker_at(GO) or 0.0
        )
        return ""

    def _opening_event(self) -> e.Event:
        return e.Opened(
            run_id=self._identity.run_id,
            began_utc=self._identity.began_utc,
            kind=Kind.SIMULATED if self._plan.simulated else Kind.MEASURED,
            spec=self._plan.published_spec(home_folder()),
            code=self._identity.code,
        )

    def _close(self, journal: JournalWriter, ended: Exception | None) -> str:
        """Write down how it ended, close the journal and return its digest.

        A journal that can no longer be written to has already raised an error.
        """
        closing_event = closing(
            ended,
            measured=self._conductor.measured,
            stage=self._conductor.stage,
            proof_stopped=self._board.proof_stopped,
        )
        last = e.stamp(closing_event, self._conductor.now, Side.BASELINE, 0)
        self._board = apply(self._board, last)
        with contextlib.suppress(TwoclocksError):
            journal.write((last,))
            self._screen.close(last)
        return journal.close()

    def _save(self, journal_sha256: str, ended: Exception | None) -> Path:
        """Write the results file, then raise what ended the session early.

        That matters more than a full disk.
        """
        path = self.folder / RESULTS_NAME
        results = results_of(self._board, journal_sha256)
        try:
            save(results, path)
        except TwoclocksError as unsaved:
            error = ended or MachineFailed(unsaved.sentence, unsaved.hint)
            error.add_note(save_elsewhere(results, self.folder))
            self._hand_over(results, error)
            raise error from unsaved
        self._hand_over(results, ended)
        complete = results.status is Status.COMPLETE
        if complete and results.kind is Kind.MEASURED:  # a simulated one is not to be shown later
            point_latest(self.folder)
        kept = f"what was observed is in {self.folder}"
        if isinstance(ended, Interrupted):
            hint = f"`twoclocks slide {self.folder}` shows it" if complete else kept
            raise Interrupted(ended.signal_number, hint) from ended
        if ended is not None:
            if not isinstance(ended, SideFailed | Disagreement | LiveRunAbandoned):
                ended.add_note(kept)
            raise ended
        return path

    def _hand_over(self, results: Results, ended: Exception | None) -> None:
        """Write the results where events are written, too.

        It is no failure of the race if nobody reads them, or they are too large to be kept.
        """
        if not self._hands_over:
            return
        failed = ExitCode.DONE if ended is None else ExitCode.FAILED
        exit_code = getattr(ended, "exit_code", failed)
        with contextlib.suppress(TwoclocksError):
            self._json_lines.write_take(encode_results(results), exit_code)

    def _show(self, batch: tuple[e.Event, ...]) -> None:
        before, self._board = self._board, fold(batch, self._board)
        self._screen.show(batch, before, self._board, self._caption(), self._conductor.now)
        if (metrics := self._setup.metrics) is not None:
            metrics.show(self._board, self._conductor.now)

    def _caption(self) -> Caption:
        simulated = "SIMULATED" if self._plan.simulated else ""
        exposed = "NO TOKEN" if self._plan.spec.insecure else ""
        badge = " · ".join(filter(None, (self._setup.badge, simulated, exposed)))
        stage = self._conductor.stage
        return Caption(
            run_id=self._identity.run_id,
            schedule=self._conductor.schedule,
            utc=datetime.now(UTC),
            badge=badge,
            prompt=prompt(stage, self._conductor.subject, self._setup),
            keys=self._key_words(),
            foreign_now=self._conductor.foreign_now,
            stage=stage,
            last_take=self._setup.last_take,
        )

    def _key_words(self) -> tuple[Variants, ...]:
        if not self._controls.attended():
            return ()
        return keys(
            self._conductor.stage,
            self._conductor.schedule,
            self._setup,
            measured=self._conductor.measured,
        )
