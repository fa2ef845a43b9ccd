"""The rehearsal: the talk's beats on the presenter's terminal, the real race in the beat called demo, and what it all took.

Without a keyboard nobody can end a beat, so that the demo beat alone is rehearsed. May import everything.
"""

import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from demo.options import Request
from demo.race.session import Performance, perform
from demo.race.setup import Staging
from demo.talk.speech import INCOMPLETE, Speech, steady
from demo.terminal import Keys
from harness.cast.format import MOST_COLUMNS, MOST_ROWS
from harness.errors import ExitCode, Interrupted, LiveRunAbandoned, TwoclocksError
from harness.files.results import load
from harness.model import Kind, Results, Side, Status
from harness.show import rehearsal_table
from harness.show.tables import Table, text
from harness.takes.folder import DEFAULT_ROOT, new_take
from harness.takes.recordings import newest
from harness.talk.agenda import DEMO, Course, Talk
from harness.talk.forecast import Record, deadlines
from harness.talk.history import REHEARSALS, Rehearsal, Taken, configuration, keep, kept, record
from harness.text import printable

GIVEN_UP = "the live run was given up for its recording, so this rehearsal counts in no spread"


class Rehearsing:
    """One rehearsal from its first beat to its line in the list of rehearsals, which it gets however it ends."""

    def __init__(
        self,
        asked: Request,
        ui: str,
        out: Path | None,
        talk: Talk,
        *,
        wait: bool,
        staging: Staging,
        root: Path,
    ) -> None:
        self._asked, self._ui, self._out, self._talk = asked, ui, out, talk
        self._wait, self._staging, self._root = wait, staging, root
        self._kind = Kind.SIMULATED if asked.simulated else Kind.MEASURED
        self._wanted = configuration(asked.spec, self._kind)
        self._earlier = kept(root / REHEARSALS)
        self._began = datetime.now(UTC)
        self._course = Course(talk)
        self._alone_s: float | None = None
        self._performance: Performance | None = None
        self._alone = not (ui == "live" and Keys().present)
        if out is not None:
            new_take(out, "", "")  # refused now rather than in the middle of the talk

    def run(self) -> int:
        """Rehearse, tell what it took, and return the exit code; raise what ended it early, once what was seen is kept."""
        try:
            if self._alone:
                self._give_demo()
            else:
                self._give_talk()
        except BaseException as ended:
            self._keep_unfinished(ended)
            raise
        return self._finish()

    def _give_talk(self) -> None:
        speech = Speech(self._talk, self._asked.spec.workload, self._root, steady())
        try:
            speech.until(self._talk.demo)
            self._race(replace(self._staging, aside=speech.aside))
            speech.stay()
            speech.until(len(self._talk.beats))
        finally:
            speech.close()
            self._course = speech.course

    def _give_demo(self) -> None:
        began = time.monotonic()
        self._race(self._staging)
        self._alone_s = time.monotonic() - began

    def _race(self, staging: Staging) -> None:
        """Run the session; one that was given up for its recording was shown, so that the talk goes on."""
        try:
            self._performance = perform(
                self._asked, self._ui, self._out, wait=self._wait, staging=staging
            )
        except LiveRunAbandoned as over:
            print(
                f"{printable(over.sentence)}: {printable(over.hint)}", file=sys.stderr, flush=True
            )

    def _finish(self) -> int:
        """Tell what it took and keep it; a rehearsal of which the run was given up is kept as aborted."""
        results = load(self._performance.results) if self._performance is not None else None
        done = self._rehearsal(Status.ABORTED if results is None else Status.COMPLETE, results)
        told = "\n".join(
            text(each) for each in self._tables(record((*self._earlier, done), self._wanted))
        )
        print(f"\n{told}", file=sys.stderr if self._ui == "json" else sys.stdout, flush=True)
        if results is None:
            print(GIVEN_UP, file=sys.stderr)
        keep(done, self._root / REHEARSALS)
        return (
            self._performance.report.exit_code if self._performance is not None else ExitCode.DONE
        )

    def _keep_unfinished(self, ended: BaseException) -> None:
        """Keep what was rehearsed as incomplete; that it cannot be kept matters less than what ended it."""
        if not self._alone and self._course.began is None:
            return
        stopped = isinstance(ended, Interrupted | KeyboardInterrupt)
        with contextlib.suppress(TwoclocksError):
            keep(
                self._rehearsal(Status.ABORTED if stopped else Status.FAILED, None),
                self._root / REHEARSALS,
            )
            if isinstance(ended, TwoclocksError) and INCOMPLETE not in ended.hint:
                ended.hint = f"{ended.hint}; {INCOMPLETE}" if ended.hint else INCOMPLETE

    def _rehearsal(self, status: Status, results: Results | None) -> Rehearsal:
        return Rehearsal(
            began_utc=self._began.isoformat(timespec="seconds"),
            status=status,
            alone=self._alone,
            configuration=self._wanted,
            length=self._talk.length,
            beats=tuple(self._taken()),
            baseline_s=_walls(results, Side.BASELINE),
            distributed_s=_walls(results, Side.DISTRIBUTED),
            run_id=results.run_id if results is not None else "",
        )

    def _taken(self) -> Iterator[Taken]:
        if self._alone_s is not None:
            yield Taken(DEMO, self._talk.beats[self._talk.demo].budget, self._alone_s)
        for beat, seconds in zip(self._talk.beats, self._course.durations, strict=False):
            yield Taken(beat.name, beat.budget, seconds)

    def _tables(self, known: Record) -> Iterator[Table]:
        yield (
            rehearsal_table.beats(self._course)
            if self._alone_s is None
            else rehearsal_table.demo_alone(self._talk, self._alone_s)
        )
        recording = newest(
            self._root, self._asked.spec.workload.name, self._kind, MOST_COLUMNS, MOST_ROWS
        )
        until = deadlines(
            self._talk, known, recording.duration_s if recording is not None else None
        )
        yield rehearsal_table.spreads(known, self._talk, until)


def rehearse(
    asked: Request,
    ui: str,
    out: Path | None,
    talk: Talk,
    *,
    wait: bool,
    staging: Staging,
    root: Path = DEFAULT_ROOT,
) -> int:
    """Rehearse a talk and return the exit code, which is that of its race."""
    return Rehearsing(asked, ui, out, talk, wait=wait, staging=staging, root=root).run()


def _walls(results: Results | None, side: Side) -> tuple[float, ...]:
    trials = results.trials if results is not None else ()
    return tuple(trial.wall_s for trial in trials if trial.side is side and not trial.failure)
