"""How a session ended, as its last event says it.

May import ``events``, ``errors`` and ``model``.
"""

from harness.errors import Interrupted, LiveRunAbandoned, TwoclocksError
from harness.events import Closed, ProofStopped
from harness.model import SessionStage, Status


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
        case TwoclocksError(sentence=sentence):
            return sentence
        case _:
            return type(ended).__name__
