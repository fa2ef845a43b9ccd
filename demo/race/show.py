"""Show a session: run it, print its headline, write its drawings. May import everything."""

import contextlib
import errno
import os
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from demo.broadcast.sender import PanelBroadcast
from demo.headline_screen import screen_text
from demo.outputs import write_outputs
from demo.race.session import Race
from demo.race.setup import NO_EXTRAS, RaceSetup
from demo.terminal import Keys, browser_console, rendered
from harness.errors import (
    BadRequest,
    ExitCode,
    Interrupted,
    LiveRunAbandoned,
    MachineFailed,
    interrupted_by,
)
from harness.report import Report
from harness.run.plan import Plan
from harness.text import printable


@dataclass(frozen=True)
class ShownSession:
    """A session that was shown: its take's folder, its results file, and what it claims."""

    folder: Path
    results: Path
    report: Report


def show_session(
    plan: Plan, ui: str, out: Path | None, *, wait: bool, setup: RaceSetup = NO_EXTRAS
) -> ShownSession:
    """Run a session, print its headline from the results file, and draw it.

    Raises what ended the session early, ``LiveRunAbandoned`` among it.
    """
    run = Race.prepare(plan, ui, out, wait=wait, setup=setup)
    setup.announce(run.run_id, run.folder)
    results = run.run()
    report = show_take(results, run.folder, to_stderr=ui == "json", room=setup.broadcast)
    if setup.broadcast is not None:
        setup.broadcast.end(str(run.folder.resolve()), ends_alone=not Keys().present)
    return ShownSession(run.folder, results, report)


def show_take(
    results: Path, folder: Path, *, to_stderr: bool, room: PanelBroadcast | None = None
) -> Report:
    """Print the headline of a take's results file, draw its pictures, and return its report.

    Browsers in the ``room`` show the headline, too (None: there are none).
    """
    with _after_the_race(folder), _hang_up_ignored():
        report = Report.load(results)
        stream = sys.stderr if to_stderr else sys.stdout
        _write(screen_text(report, stream), stream)
        if room is not None:
            columns, _ = room.size
            room.show(rendered(report.screen(columns), columns, browser_console()))
        write_outputs(report.files(), folder)
        _write(f"{results}\n", stream)
    return report


def _write(words: str, stream: TextIO) -> None:
    """Write at once; that the terminal's window was closed meanwhile is not an error."""
    try:
        print(words, end="", file=stream, flush=True)
    except OSError as gone:
        if gone.errno != errno.EIO:
            raise
        # what is left in the buffer must not fail at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextlib.contextmanager
def _hang_up_ignored() -> Iterator[None]:
    """Go on inside the block though the terminal's window is closed: its pictures are wanted."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


@contextlib.contextmanager
def _after_the_race(folder: Path) -> Iterator[None]:
    """Say of whatever ends the block early that the take is complete: nothing was asked amiss."""
    hint = f"the take is complete: `twoclocks slide {folder}` shows it"
    try:
        yield
    except KeyboardInterrupt as stop:
        raise interrupted_by(stop, hint) from None
    except BrokenPipeError:
        raise Interrupted(signal.SIGPIPE, hint) from None
    except BadRequest as bad:
        raise MachineFailed(bad.sentence, hint) from bad
    except Exception as error:
        error.add_note(hint)
        raise


def race(plan: Plan, ui: str, out: Path | None, *, wait: bool, setup: RaceSetup = NO_EXTRAS) -> int:
    """Show a session and return the exit code.

    One that was given up for its recording was shown all the same.
    """
    try:
        return show_session(plan, ui, out, wait=wait, setup=setup).report.exit_code
    except LiveRunAbandoned as abandoned:
        print(f"{printable(abandoned.sentence)}; {printable(abandoned.hint)}", file=sys.stderr)
        return ExitCode.DONE
