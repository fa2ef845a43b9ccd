"""Update a presenter's own deck from a session. What ``slide --into`` does.

May import ``harness``; python-pptx is loaded by the deck.
"""

import stat
from pathlib import Path

from demo.present import Shown
from harness.claims.headline import Headline, Refusal
from harness.errors import BadRequest, ExitCode
from harness.files import atomic
from harness.show import audit_text, pptx
from harness.text import printable


def into(path: Path, shown: Shown) -> tuple[str, int]:
    """Update the deck at a path in its place; return what became of it, and the exit code.

    The deck is replaced whole or left as it was; a refused session leaves it and says why. Raises ``BadRequest``.
    """
    match shown.claim:
        case Refusal():
            return f"{shown.text}\n{printable(str(path))} is left as it was\n", ExitCode.REFUSED
        case Headline() as claim:
            return pptx.format_changes(
                _update(path, claim, audit_text.footer(shown.audit))
            ), ExitCode.DONE


def _update(path: Path, claim: Headline, verdict: str) -> pptx.DeckChanges:
    name = printable(str(path))
    content = atomic.read(path, pptx.LARGEST_BYTES, "deck", "give a .pptx or .pptm file")
    for lock in (f"~${path.name}", f".~lock.{path.name}#"):
        if path.with_name(lock).exists():
            raise BadRequest(
                f"{name} is open in another program",
                f"close it there; if it is not open, remove {printable(lock)}",
            )
    updated, report = pptx.update(content, claim, verdict)
    try:
        whole = path.resolve()
        atomic.replace(whole, updated, stat.S_IMODE(whole.stat().st_mode))
    except OSError as error:
        raise BadRequest(
            f"cannot write {name}: {error.strerror}",
            "it is left as it was; make room, or copy it elsewhere",
        ) from error
    return report
