"""Show a session: run it, print its headline, write its drawings. May import everything."""

import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from demo.outputs import write_outputs
from demo.race.session import Race
from demo.race.setup import NO_EXTRAS, RaceSetup
from harness.errors import ExitCode, Interrupted, LiveRunAbandoned
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
    report = Report.load(results)
    print(f"{report.text}\n{results}", file=sys.stderr if ui == "json" else sys.stdout, flush=True)
    try:
        write_outputs(report.files(), run.folder)
    except KeyboardInterrupt:
        hint = f"the take is complete: `twoclocks slide {run.folder}` draws it"
        raise Interrupted(signal.SIGINT, hint) from None
    return ShownSession(run.folder, results, report)


def race(plan: Plan, ui: str, out: Path | None, *, wait: bool, setup: RaceSetup = NO_EXTRAS) -> int:
    """Show a session and return the exit code.

    One that was given up for its recording was shown all the same.
    """
    try:
        return show_session(plan, ui, out, wait=wait, setup=setup).report.exit_code
    except LiveRunAbandoned as abandoned:
        print(f"{printable(abandoned.sentence)}; {printable(abandoned.hint)}", file=sys.stderr)
        return ExitCode.DONE
