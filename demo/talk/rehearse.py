"""Rehearse the talk: its beats at the terminal, the real race in the beat ``demo``, and a summary.

Without a keyboard nobody can end a beat, so that only the demo is rehearsed. A rehearsal is added
to the history however it ends. May import ``harness`` and the rest of ``demo``.
"""

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from demo.race.setup import RaceSetup
from demo.race.show import ShownSession, show_session
from demo.talk import steady_clock
from demo.talk.runner import TalkRunner
from demo.talk.words import known_words
from demo.terminal import Keys
from harness.cast.format import MOST_COLUMNS, MOST_ROWS
from harness.errors import ExitCode, Interrupted, LiveRunAbandoned, TwoclocksError
from harness.model import Kind, Results, Side, Status
from harness.run.home import home_folder
from harness.run.plan import Plan
from harness.show import rehearsal_table
from harness.show.tables import Table, format_table
from harness.show.talk_words import talk_words
from harness.takes.folder import DEFAULT_ROOT, new_take
from harness.takes.recordings import newest
from harness.talk.agenda import DEMO, Agenda, TalkProgress, words_of
from harness.talk.forecast import RehearsalHistory, deadlines
from harness.talk.history import (
    REHEARSALS_NAME,
    BeatDuration,
    Rehearsal,
    append_rehearsal,
    configuration_of,
    history_of,
    read_rehearsals,
)
from harness.text import printable

INCOMPLETE = "the rehearsal is kept as incomplete"
NOT_COUNTED = "the recording replaced the live run: this rehearsal does not count in the estimates"


def rehearse(
    race: Plan,
    ui: str,
    out: Path | None,
    agenda: Agenda,
    *,
    wait: bool,
    setup: RaceSetup,
    root: Path = DEFAULT_ROOT,
) -> int:
    """Rehearse a talk and return the exit code, which is that of its race.

    Raises ``BadRequest`` before the talk begins, and what ended it early once it is kept.
    """
    earlier = read_rehearsals(root / REHEARSALS_NAME)
    if out is not None:
        new_take(out, "", "")  # refused now rather than in the middle of the talk
    plan = RehearsalPlan(
        race=race,
        ui=ui,
        out=out,
        agenda=agenda,
        wait=wait,
        setup=setup,
        root=root,
        demo_only=not (ui == "live" and Keys().present),
    )
    return RunningRehearsal(plan, earlier).run()


@dataclass(frozen=True, kw_only=True)
class RehearsalPlan:
    """What to rehearse: the race, how it is shown, and the talk around it.

    ``demo_only`` is whether there is no keyboard to end beats with. ``root`` is the folder of the
    takes and of the history.
    """

    race: Plan
    ui: str
    out: Path | None
    agenda: Agenda
    wait: bool
    setup: RaceSetup
    root: Path
    demo_only: bool

    @property
    def kind(self) -> Kind:
        """Return whether the race is simulated or measured."""
        return Kind.SIMULATED if self.race.simulated else Kind.MEASURED


class RunningRehearsal:
    """One rehearsal, from its first beat to its line in the history."""

    def __init__(self, plan: RehearsalPlan, earlier: tuple[Rehearsal, ...]) -> None:
        self._plan = plan
        self._earlier = earlier
        self._configuration = configuration_of(plan.race.published_spec(home_folder()), plan.kind)
        self._began = datetime.now(UTC)
        self._progress = TalkProgress(plan.agenda)
        self._demo_s: float | None = None
        self._shown: ShownSession | None = None

    def run(self) -> int:
        """Rehearse, print the summary and return the exit code.

        What ends it early is raised again, once the rehearsal is kept as incomplete.
        """
        try:
            if self._plan.demo_only:
                self._give_demo()
            else:
                self._give_talk()
        except BaseException as error:
            self._keep_incomplete(error)
            raise
        return self._finish()

    def _give_talk(self) -> None:
        plan = self._plan
        workload = plan.race.spec.workload
        talk = TalkRunner(
            plan.agenda,
            known_words(workload, plan.root),
            configuration=self._configuration,
            root=plan.root,
            clock=steady_clock(),
        )
        try:
            talk.run_until(plan.agenda.demo)
            self._race(replace(plan.setup, footer=talk.clocks, announce=talk.race))
            if self._shown is not None:
                talk.reword(words_of(workload) | talk_words(self._shown.report))
            talk.wait_below_headline()
            talk.run_until(len(plan.agenda.beats))
        finally:
            talk.close()
            self._progress = talk.progress

    def _give_demo(self) -> None:
        began = time.monotonic()
        self._race(self._plan.setup)
        self._demo_s = time.monotonic() - began

    def _race(self, setup: RaceSetup) -> None:
        """Run the race. If its recording replaces it the talk goes on."""
        plan = self._plan
        try:
            self._shown = show_session(plan.race, plan.ui, plan.out, wait=plan.wait, setup=setup)
        except LiveRunAbandoned as over:
            reason = f"{printable(over.sentence)}; {printable(over.hint)}"
            print(reason, file=sys.stderr, flush=True)

    def _finish(self) -> int:
        """Print the summary and keep the rehearsal, as aborted if a recording replaced its run."""
        performance = self._shown
        results = performance.report.results if performance is not None else None
        done = self._rehearsal(Status.ABORTED if results is None else Status.COMPLETE, results)
        history = history_of((*self._earlier, done), self._configuration)
        summary = "\n".join(format_table(table) for table in self._tables(history))
        stream = sys.stderr if self._plan.ui == "json" else sys.stdout
        print(f"\n{summary}", file=stream, flush=True)
        if results is None:
            print(NOT_COUNTED, file=sys.stderr)
        append_rehearsal(done, self._plan.root / REHEARSALS_NAME)
        return performance.report.exit_code if performance is not None else ExitCode.DONE

    def _keep_incomplete(self, error: BaseException) -> None:
        """Keep what was rehearsed, and note that in the error; failing to keep it is no error."""
        if not self._plan.demo_only and self._progress.began is None:
            return
        stopped = isinstance(error, Interrupted | KeyboardInterrupt)
        status = Status.ABORTED if stopped else Status.FAILED
        with contextlib.suppress(TwoclocksError):
            append_rehearsal(self._rehearsal(status, None), self._plan.root / REHEARSALS_NAME)
            error.add_note(INCOMPLETE)

    def _rehearsal(self, status: Status, results: Results | None) -> Rehearsal:
        return Rehearsal(
            began_utc=self._began.isoformat(timespec="seconds"),
            status=status,
            alone=self._plan.demo_only,
            configuration=self._configuration,
            length=self._plan.agenda.length,
            beats=tuple(self._beat_times()),
            baseline_s=_wall_times(results, Side.BASELINE),
            distributed_s=_wall_times(results, Side.DISTRIBUTED),
            run_id=results.run_id if results is not None else "",
        )

    def _beat_times(self) -> Iterator[BeatDuration]:
        agenda = self._plan.agenda
        if self._demo_s is not None:
            yield BeatDuration(DEMO, agenda.beats[agenda.demo].budget, self._demo_s)
        for beat, seconds in zip(agenda.beats, self._progress.durations, strict=False):
            yield BeatDuration(beat.name, beat.budget, seconds)

    def _tables(self, history: RehearsalHistory) -> Iterator[Table]:
        """Yield what every beat took, and until when to decide by what all rehearsals took."""
        plan = self._plan
        if self._demo_s is None:
            yield rehearsal_table.beat_table(self._progress)
        else:
            yield rehearsal_table.demo_table(plan.agenda, self._demo_s)
        workload = plan.race.spec.workload.name
        recording = newest(plan.root, workload, plan.kind, MOST_COLUMNS, MOST_ROWS)
        recording_s = recording.duration_s if recording is not None else None
        until = deadlines(plan.agenda, history, recording_s)
        yield rehearsal_table.history_table(history, plan.agenda, until)


def _wall_times(results: Results | None, side: Side) -> tuple[float, ...]:
    trials = results.trials if results is not None else ()
    return tuple(trial.wall_s for trial in trials if trial.side is side and not trial.failure)
