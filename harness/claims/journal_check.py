"""The recount: the journal folded again, and every fact that the results file states otherwise.

Pure. May import ``model``, ``events``, ``board`` and ``record``.
"""

from collections.abc import Iterable, Iterator
from functools import reduce
from typing import Any

import msgspec

from harness.events import Event
from harness.model import Results
from harness.state.board import Board, apply
from harness.state.to_results import results_of
from harness.text import printable

MOST_TOLD = 20
_LONGEST_VALUE = 40


def differences(
    results: Results, journal: Iterable[Event], journal_sha256: str = ""
) -> tuple[str, ...]:
    """Return what the results file states otherwise than its journal, 20 lines and then how many more; none: they agree.

    ``journal_sha256`` is the journal's digest as it was read (empty: it is not compared).
    """
    found = [*_of_digest(results, journal_sha256), *_of_facts(results, journal)]
    rest = len(found) - MOST_TOLD
    return (*found[:MOST_TOLD], f"and {rest:,} more") if rest > 0 else tuple(found)


def _of_digest(results: Results, journal_sha256: str) -> Iterator[str]:
    if journal_sha256 and journal_sha256 != results.journal_sha256:
        yield _told("journal_sha256", results.journal_sha256, journal_sha256)


def _of_facts(results: Results, journal: Iterable[Event]) -> Iterator[str]:
    try:
        counted = results_of(reduce(apply, journal, Board()), results.journal_sha256)
    except (ValueError, msgspec.MsgspecError) as error:
        yield f"the journal makes no results: {printable(str(error))[:200]}"
        return
    yield from _between("", msgspec.to_builtins(results), msgspec.to_builtins(counted))


def _between(where: str, file: Any, journal: Any) -> Iterator[str]:
    """Yield a sentence for each leaf that differs, with the path to it."""
    match file, journal:
        case dict(), dict():
            for key in file | journal:
                yield from _between(
                    f"{where}.{printable(str(key))}".lstrip("."), file.get(key), journal.get(key)
                )
        case list() | tuple(), list() | tuple() if len(file) == len(journal):
            for place, (one, other) in enumerate(zip(file, journal, strict=True)):
                yield from _between(f"{where}[{place}]", one, other)
        case _ if file != journal:
            yield _told(where, file, journal)


def _told(where: str, file: Any, journal: Any) -> str:
    return f"{where}: the file says {_shown(file)}, the journal {_shown(journal)}"


def _shown(value: Any) -> str:
    match value:
        case list() | tuple():
            return f"a list of {len(value):,}"
        case dict():
            return "a record"
        case None:
            return "nothing"
        case _:
            text = printable(str(value))
            return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
