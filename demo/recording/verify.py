"""Verify a take's recording against its own times and the results file; keep the verdict.

May import ``harness`` and the rest of ``demo``.
"""

import contextlib
from pathlib import Path

from harness import text
from harness.cast.format import CAST, read
from harness.cast.verify import Inspection, verify
from harness.errors import ExitCode
from harness.files.results import RESULTS_NAME
from harness.report import Report
from harness.takes.recordings import VERDICT_NAME, require_recorded, write_verdict


def verify_recording(
    path: Path, results: Path | None, size: tuple[int, int] | None
) -> tuple[str, int]:
    """Return the verdict on the recording in a take's folder, or on a cast file, and the exit code.

    ``results`` is the file to compare with (None: the one beside the recording), ``size`` the
    expected columns and rows (None: any). The verdict on a take is kept in its folder, so that a
    recording is known to be true before it is needed.
    """
    is_take = path.is_dir()
    folder = path if is_take else path.parent
    if path.name != CAST:
        require_recorded(path)
    cast = read(path / CAST if is_take else path)
    report = Report.load(results if results is not None else folder / RESULTS_NAME)
    inspection = verify(cast, report.results, report.final_lines(cast.columns), size)
    if is_take and results is None:
        _write_verdict(folder, inspection)
    return _lines(inspection), ExitCode.DONE if inspection.verified else ExitCode.REFUSED


def _write_verdict(folder: Path, inspection: Inspection) -> None:
    """Write the verdict into the take if possible; delete one that no longer holds."""
    with contextlib.suppress(OSError):
        if inspection.verified:
            write_verdict(folder, inspection.drift_s)
        else:
            (folder / VERDICT_NAME).unlink(missing_ok=True)


def _lines(inspection: Inspection) -> str:
    if not inspection.verified:
        return "\n".join(["REFUSED", *(f"- {reason.sentence}" for reason in inspection.reasons)])
    length = text.clock(inspection.duration_s)
    drift = text.seconds(inspection.exact_to_s)
    gap = text.seconds(inspection.longest_gap_s)
    return f"verified: {length}, its clocks true to {drift}, longest still moment {gap}"
