"""Show a session: run it, print its headline, write its drawings. May import everything."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demo.outputs import write_outputs
from demo.race.session import Race
from demo.race.setup import NO_EXTRAS, RaceSetup
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
    results = run.run()
    with _after_the_race(run.folder):
        report = Report.load(results)
        stream = sys.stderr if ui == "json" else sys.stdout
        print(f"{report.text}\n{results}", file=stream, flush=True)
        write_outputs(report.files(), run.folder)
    return ShownSession(run.folder, results, report)


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
