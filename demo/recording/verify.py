"""Hold a take's recording against the clock and its results file, and keep the verdict beside it.

May import ``harness`` and its neighbours in ``demo``.
"""

import contextlib
from pathlib import Path

from demo.present import show
from harness import text
from harness.cast.format import CAST, read
from harness.cast.verify import Inspection, verify
from harness.errors import ExitCode
from harness.files.results import RESULTS_NAME
from harness.takes.recordings import VERDICT, keep_verdict


def verify_recording(
    path: Path, beside: Path | None, size: tuple[int, int] | None
) -> tuple[str, int]:
    """Return the verdict on a take's recording, or on a cast ``beside`` a results file (None: its own), and the exit code.

    The verdict on a take is kept there: a fallback must be known to be true before it is needed.
    """
    folder = path if path.is_dir() else path.parent
    cast = read(path / CAST if path.is_dir() else path)
    shown = show([beside if beside is not None else folder / RESULTS_NAME])
    found = verify(cast, shown.results, shown.claims, size)
    if path.is_dir() and beside is None:
        _keep(folder, found)
    return _lines(found), ExitCode.DONE if found.verified else ExitCode.REFUSED


def _keep(folder: Path, found: Inspection) -> None:
    """Write the verdict down where that can be; one that no longer holds is taken away."""
    with contextlib.suppress(OSError):
        if found.verified:
            keep_verdict(folder, found.drift_s)
        else:
            (folder / VERDICT).unlink(missing_ok=True)


def _lines(found: Inspection) -> str:
    length, drift, gap = (
        text.clock(found.duration_s),
        text.seconds(found.exact_to_s),
        text.seconds(found.longest_gap_s),
    )
    if found.verified:
        return f"verified: {length}, its clocks true to {drift}, never still for more than {gap}"
    return "\n".join(["REFUSED", *(f"- {reason.sentence}" for reason in found.reasons)])
