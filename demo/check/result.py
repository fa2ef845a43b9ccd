"""What one check found: a level, a sentence with the numbers in it, and what to do about it.

Pure. May import ``harness.text`` and ``harness.show``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from harness import text
from harness.show.terminal.lines import LABEL, STRONG, Frame, Line, piece

_LEVEL_CELLS = 6
_NAME_CELLS = 12
_MARGIN = _LEVEL_CELLS + _NAME_CELLS


class CheckLevel(StrEnum):
    """Whether the machine is ready: a failure must be fixed, a warning should be read."""

    OK = "ok"
    WARN = "warn"
    FAIL = "FAIL"


_STYLES = {CheckLevel.OK: None, CheckLevel.WARN: STRONG, CheckLevel.FAIL: LABEL}


@dataclass(frozen=True)
class CheckResult:
    """One line of the check. ``hint`` says what to do; it is empty if all is well."""

    name: str
    level: CheckLevel
    sentence: str
    hint: str = ""


def ok(name: str, sentence: str) -> CheckResult:
    """Return a check without a complaint."""
    return CheckResult(name, CheckLevel.OK, sentence)


def warn(name: str, sentence: str, hint: str) -> CheckResult:
    """Return what the presenter should know, and what can be done about it."""
    return CheckResult(name, CheckLevel.WARN, sentence, hint)


def fail(name: str, sentence: str, hint: str) -> CheckResult:
    """Return what must be fixed first, and how."""
    return CheckResult(name, CheckLevel.FAIL, sentence, hint)


def all_passed(results: Iterable[CheckResult]) -> bool:
    """Tell whether no check failed."""
    return all(result.level is not CheckLevel.FAIL for result in results)


def draw(result: CheckResult, columns: int) -> Frame:
    """Return a result for a terminal of that width: one line, wrapped if need be, then its hint."""
    room = max(20, columns - _MARGIN)
    sentence = text.wrap(text.printable(result.sentence), room)
    hint = text.wrap(f"hint: {text.printable(result.hint)}", room) if result.hint else []
    level = piece(str(result.level), _STYLES[result.level])
    gap = " " * (_LEVEL_CELLS - len(result.level))
    first: Line = (level, piece(f"{gap}{result.name:<{_NAME_CELLS}}{sentence[0]}"))
    below = ((piece(f"{'':{_MARGIN}}{line}"),) for line in [*sentence[1:], *hint])
    return Frame((first, *below))


def summarize(results: Sequence[CheckResult], seconds: float) -> str:
    """Return one line with the number of failures and warnings, and the names of the failures."""
    failed, warned = (
        [result.name for result in results if result.level is level]
        for level in (CheckLevel.FAIL, CheckLevel.WARN)
    )
    verdict = f"NOT READY: {', '.join(failed)}" if failed else "ready"
    counts = (
        text.number_of(len(results), "check"),
        text.number_of(len(failed), "failure"),
        text.number_of(len(warned), "warning"),
    )
    return " · ".join([verdict, *counts, text.seconds(seconds)])


def to_document(results: Sequence[CheckResult], seconds: float) -> dict[str, Any]:
    """Return all results as a JSON document."""
    checks = [
        {
            "name": result.name,
            "verdict": str(result.level).lower(),
            "sentence": text.printable(result.sentence),
            "hint": result.hint,
        }
        for result in results
    ]
    return {"ready": all_passed(results), "seconds": round(seconds, 3), "checks": checks}
