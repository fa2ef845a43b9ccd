"""A race from a notebook's cell: ``from twoclocks import race; take = race("embed", workers=2)``.

The program runs in a process of its own and prints its journal here, which is followed as one from
elsewhere is: the cell shows the panel of the same board. May import ``harness`` and ``demo``.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from demo.cells.command import Option, Setting, environment_of_race, race_command
from demo.cells.views import View, view_here
from harness.errors import BadRequest, Disagreement, ExitCode, FollowedRunEnded, TwoclocksError
from harness.follow.command import FollowedCommand
from harness.follow.follower import Follower
from harness.model import Status
from harness.report import Report
from harness.run.scratch import Scratch
from harness.takes.folder import DEFAULT_ROOT, take_name

FRAME_S = 0.25
ENDS_WITHIN_S = 10.0
NOT_BEGUN = "did not begin"


def race(
    workload: str | os.PathLike[str] = "",
    *,
    workers: int | None = None,
    settings: Mapping[str, Setting] | None = None,
    out: str | os.PathLike[str] | None = None,
    **options: Option,
) -> Report:
    """Run both sides, show them in this cell while they run, and return the report.

    ``workload`` is a name, a file or ``package.module`` (empty: the usual one); ``settings`` are
    its own, ``out`` is the take's folder (None: a new one in ``recordings``). Every option of
    ``twoclocks race`` has its name here: ``trials=6``, ``prove_baseline=True``, ``schedule=…``.
    To interrupt the cell ends the race with all its processes; what was observed is kept.

    Raises ``BadRequest`` for what cannot be asked, before anything starts, and the error that ended
    a race early.
    """
    asked = {"workers": workers, "out": out, **options}
    command = race_command(workload, settings or {}, asked)
    folder = None if out is None else Path(out)
    with (
        Scratch.make(tempfile.gettempdir()) as copy,  # of the journal, which the take has itself
        contextlib.closing(Follower(lambda _: copy, time.monotonic)) as follower,
    ):
        return _RaceInCell(command, folder, follower, view_here()).run()


@dataclass(frozen=True)
class _RaceInCell:
    """One race: the program's process, what it has printed so far, and what the cell shows."""

    command: Sequence[str]
    out: Path | None
    follower: Follower
    view: View

    def run(self) -> Report:
        """Show the race to its end and return its report; raise what ended it early."""
        process = FollowedCommand.start(self.command, environment_of_race(os.environ))
        try:
            self._show_to_the_end(process)
            report = self._report(process)
        except KeyboardInterrupt:
            self._wait_for_the_end(process)
            self.view.show_end(f"interrupted{self._kept}")
            raise
        except TwoclocksError:
            begun = self.follower.header is not None
            self.view.show_end(f"the race {f'ended early{self._kept}' if begun else NOT_BEGUN}")
            raise
        finally:
            process.end()
        self.view.show_end(report.text.rstrip())
        return report

    def _show_to_the_end(self, process: FollowedCommand) -> None:
        """Show a frame every so often, with all that has come since the last one."""
        while process.exit_code is None:
            before = self.follower.board
            until = time.monotonic() + FRAME_S
            while process.exit_code is None and (left := until - time.monotonic()) > 0:
                self.follower.take_in(process.read(left))
            self.view.show(before, self.follower)

    def _wait_for_the_end(self, process: FollowedCommand) -> None:
        """Ask the program to end in good order, and read what it still says."""
        process.ask_to_end()
        until = time.monotonic() + ENDS_WITHIN_S
        while process.exit_code is None and time.monotonic() < until:
            self.follower.take_in(process.read(FRAME_S))

    def _report(self, process: FollowedCommand) -> Report:
        code = process.exit_code or ExitCode.DONE
        folder = self._folder
        if folder is not None and code in (ExitCode.DONE, ExitCode.REFUSED):
            report = Report.load(folder)
            if report.results.status is Status.COMPLETE:
                return report
        raise _error_of(process, code)

    @property
    def _folder(self) -> Path | None:
        """Return the folder of the take (None: no race has begun)."""
        header = self.follower.header
        if header is None:
            return None
        return self.out or DEFAULT_ROOT / take_name(header.began_utc, header.run_id)

    @property
    def _kept(self) -> str:
        folder = self._folder
        return "" if folder is None else f"; what was observed is in {folder}"


def _error_of(process: FollowedCommand, code: int) -> TwoclocksError:
    """Return the error that the program has printed, as the kind that its exit code stands for."""
    said = {"error": "", "hint": ""}
    for line in process.last_errors:
        name, _, words = line.partition(": ")
        if name in said:
            said[name] = words
    sentence = said["error"] or f"the race ended with {code}: {process.last_error or 'no words'}"
    match code:
        case ExitCode.BAD_REQUEST:
            return BadRequest(sentence, said["hint"])
        case ExitCode.REFUSED:
            return Disagreement(sentence, said["hint"])
        case _:
            return FollowedRunEnded(sentence, said["hint"], code)
