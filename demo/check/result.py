"""What a check found: its verdict, a sentence with the numbers in it, and what to do about it. Pure.

May import ``harness.show``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness import text as words
from harness.show.terminal.lines import LABEL, STRONG, Frame, Line, piece

_NAME_CELLS = 12
_MARGIN = 6 + _NAME_CELLS


class Verdict(StrEnum):
    """Whether one may walk up: a warning is to be known of, a failure is to be mended first."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


@dataclass(frozen=True)
class Finding:
    """One line of the check. ``hint`` says what to do; empty where all is well."""

    name: str
    verdict: Verdict
    sentence: str
    hint: str = ""


def well(name: str, sentence: str) -> Finding:
    """Return that all is well."""
    return Finding(name, Verdict.OK, sentence)


def warning(name: str, sentence: str, hint: str) -> Finding:
    """Return what should be known of, and what can be done."""
    return Finding(name, Verdict.WARN, sentence, hint)


def failure(name: str, sentence: str, hint: str) -> Finding:
    """Return what must be mended first, and how."""
    return Finding(name, Verdict.FAIL, sentence, hint)


def passed(findings: Iterable[Finding]) -> bool:
    """Tell whether nothing has failed."""
    return all(finding.verdict is not Verdict.FAIL for finding in findings)


def drawn(finding: Finding, columns: int) -> Frame:
    """Return a finding for a terminal so many columns wide: one line, with the hint below it; more only where it is too long."""
    room = max(20, columns - _MARGIN)
    told = words.wrap(words.printable(finding.sentence), room)
    advice = words.wrap(f"hint: {words.printable(finding.hint)}", room) if finding.hint else []
    mark = (
        LABEL
        if finding.verdict is Verdict.FAIL
        else STRONG
        if finding.verdict is Verdict.WARN
        else None
    )
    first: Line = (
        piece(str(finding.verdict), mark),
        piece(" " * (6 - len(finding.verdict)) + f"{finding.name:<{_NAME_CELLS}}{told[0]}"),
    )
    return Frame((first, *((piece(f"{'':{_MARGIN}}{line}"),) for line in [*told[1:], *advice])))


def summary(findings: Sequence[Finding], seconds: float) -> str:
    """Return the sum of all findings in a line, which names what failed: that may have left the screen by then."""
    failed, warned = (
        [finding.name for finding in findings if finding.verdict is verdict]
        for verdict in (Verdict.FAIL, Verdict.WARN)
    )
    counts = (
        words.number_of(len(findings), "check"),
        words.number_of(len(failed), "failure"),
        words.number_of(len(warned), "warning"),
    )
    verdict = f"NOT READY: {', '.join(failed)}" if failed else "ready"
    return " · ".join([verdict, *counts, words.seconds(seconds)])


def document(findings: Sequence[Finding], seconds: float) -> dict[str, Any]:
    """Return all findings as what JSON can hold."""
    checks = [
        {
            "name": finding.name,
            "verdict": str(finding.verdict).lower(),
            "sentence": words.printable(finding.sentence),
            "hint": finding.hint,
        }
        for finding in findings
    ]
    return {"ready": passed(findings), "seconds": round(seconds, 3), "checks": checks}
