"""How a session ended, as its last event says it, and where its results go if not into its take.

May import ``harness``.
"""

import contextlib
import tempfile
from pathlib import Path

from harness.errors import Interrupted, LiveRunAbandoned, TwoclocksError
from harness.events import Closed, ProofStopped
from harness.files.journal import JOURNAL_NAME
from harness.files.results import RESULTS_NAME, save
from harness.model import Results, SessionStage, Status
from harness.run.home import hide_home, home_folder
from harness.text import printable


def closing(
    ended: Exception | None,
    *,
    measured: bool,
    stage: SessionStage,
    proof_stopped: ProofStopped | None,
) -> Closed:
    """Return how the session ended: complete once every trial is scored.

    What becomes of the rest of a replay or of the proof does not change that.
    """
    match ended:
        case None if proof_stopped is not None:
            remark = f"its proof was cut short, {proof_stopped.label}: {proof_stopped.reason}"
            return Closed(status=Status.COMPLETE, remark=remark)
        case None:
            return Closed(status=Status.COMPLETE)
        case Interrupted() if measured:
            proving = stage is SessionStage.PROVING
            remark = "its proof was cut short" if proving else "stopped after its last trial"
            return Closed(status=Status.COMPLETE, remark=remark)
        case Interrupted() | LiveRunAbandoned(failed=False):
            return Closed(status=Status.ABORTED, remark=_remark(ended))
        case _:
            return Closed(status=Status.FAILED, remark=_remark(ended))


def _remark(ended: Exception | None) -> str:
    """Return why a session ended early.

    Only our own errors are quoted: another one may name a path of this machine.
    """
    match ended:
        case None:
            return ""
        case LiveRunAbandoned(remark=sentence) | TwoclocksError(sentence=sentence):
            return printable(hide_home(sentence, home_folder()))
        case _:
            return type(ended).__name__


def save_elsewhere(results: Results, folder: Path) -> str:
    """Save the results of a take whose ``folder`` cannot be written; return where all facts are."""
    kept = f"; the journal is {folder / JOURNAL_NAME}" if (folder / JOURNAL_NAME).exists() else ""
    nowhere = f"the results could not be written anywhere{kept}"
    try:
        elsewhere = Path(tempfile.mkdtemp(prefix="twoclocks-"))
    except OSError:
        return nowhere
    try:
        save(results, elsewhere / RESULTS_NAME)
    except (OSError, TwoclocksError):
        with contextlib.suppress(OSError):
            elsewhere.rmdir()
        return nowhere
    return f"the results are in {elsewhere / RESULTS_NAME}{kept}"
