"""Audit a session from its files: every honesty rule judged, and the results file recounted from its journal.

May import ``harness``; nothing heavy.
"""

from pathlib import Path

import msgspec

from harness.audited import audited
from harness.claims.audit import Verdict
from harness.errors import ExitCode
from harness.show import audit_text


def told(path: Path, *, as_json: bool) -> tuple[str, int]:
    """Return the audit of what is kept at a path, as text or as one JSON document, and the exit code."""
    found = audited(path)
    code = ExitCode.REFUSED if found.verdict is Verdict.REFUSE else ExitCode.DONE
    if as_json:
        return msgspec.json.format(msgspec.json.encode(audit_text.data(found))).decode(), code
    return audit_text.text(found).removesuffix("\n"), code
