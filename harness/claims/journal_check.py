"""The journal check: the journal is folded again and compared with what the results file states.

Its events must come in the order of a session, too. May import ``model``, ``events``, ``errors``,
``text``, ``event_order``, ``observed_trials``, ``state.fold`` and ``state.to_results``.
"""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import msgspec

from harness.claims.event_order import Contradiction, EventOrder
from harness.claims.observed_trials import ObservedTrials, TrialObserver
from harness.errors import BadRequest
from harness.events import Event
from harness.model import JournalHeader, Results
from harness.state.fold import fold
from harness.state.to_results import results_of
from harness.text import printable

MOST_LISTED = 20
_LONGEST_VALUE = 40


@dataclass(frozen=True)
class JournalCheck:
    """What the file states otherwise than its journal, and what the journal says of the trials.

    ``differences`` are at most 20 lines, and then one that says how many more there are (empty:
    file and journal agree). ``observed`` is what was read of a journal that can be read.
    """

    differences: tuple[str, ...]
    observed: ObservedTrials


def check(
    results: Results,
    journal: Iterable[Event],
    journal_sha256: str = "",
    header: JournalHeader | None = None,
) -> JournalCheck:
    """Return what a journal says of its results file.

    ``journal_sha256`` is the journal's digest as it was read, ``header`` its first line (empty and
    None: not compared).
    """
    observer = TrialObserver()
    lines = [
        *_of_digest(results, journal_sha256),
        *_of_header(results, header),
        *_of_facts(results, _in_order(journal, observer)),
    ]
    rest = len(lines) - MOST_LISTED
    listed = (*lines[:MOST_LISTED], f"and {rest:,} more") if rest > 0 else tuple(lines)
    return JournalCheck(listed, observer.trials)


def _of_digest(results: Results, journal_sha256: str) -> Iterator[str]:
    if journal_sha256 and journal_sha256 != results.journal_sha256:
        yield _difference("journal_sha256", results.journal_sha256, journal_sha256)


def _of_header(results: Results, header: JournalHeader | None) -> Iterator[str]:
    if header is not None and header.run_id != results.run_id:
        yield _difference("run_id", results.run_id, f"begins with {printable(header.run_id)}")
    if header is not None and header.began_utc != results.began_utc:
        began = f"begins with {printable(header.began_utc)}"
        yield _difference("began_utc", results.began_utc, began)


def _of_facts(results: Results, journal: Iterable[Event]) -> Iterator[str]:
    try:
        recounted = results_of(fold(journal), results.journal_sha256)
    except BadRequest as error:
        yield error.sentence
        return
    except Contradiction as error:
        yield f"the journal contradicts itself: {error}"
        return
    except (ValueError, msgspec.MsgspecError) as error:
        yield f"the journal makes no results: {printable(str(error))[:200]}"
        return
    # msgspec's own to_builtins leaves out what an older file lacks, though it has a default
    yield from _between("", asdict(results), asdict(_of_its_age(recounted, results)))


def _in_order(journal: Iterable[Event], observer: TrialObserver) -> Iterator[Event]:
    """Yield the events; raise ``Contradiction`` at the first that cannot come where it does."""
    order = EventOrder()
    for event in journal:
        order.check(event)
        observer.note(event)
        yield event


def _of_its_age(recounted: Results, results: Results) -> Results:
    """Return recounted results without what the version that wrote the file did not state."""
    if len(recounted.trials) != len(results.trials):
        return recounted
    pairs = zip(recounted.trials, results.trials, strict=True)
    trials = tuple(
        replace(trial, ended_s=None) if written.ended_s is None else trial
        for trial, written in pairs
    )
    return replace(recounted, trials=trials)


def _between(path: str, file: Any, journal: Any) -> Iterator[str]:
    """Yield a sentence for each leaf that differs, with the path to it."""
    match file, journal:
        case dict(), dict():
            for key in file | journal:
                inner = f"{path}.{printable(str(key))}".lstrip(".")
                yield from _between(inner, file.get(key), journal.get(key))
        case list() | tuple(), list() | tuple() if len(file) == len(journal):
            for place, (one, other) in enumerate(zip(file, journal, strict=True)):
                yield from _between(f"{path}[{place}]", one, other)
        case _ if file != journal:
            yield _difference(path, file, journal)


def _difference(path: str, file: Any, journal: Any) -> str:
    return f"{path}: the file says {_summary(file)}, the journal {_summary(journal)}"


def _summary(value: Any) -> str:
    match value:
        case list() | tuple():
            return f"a list of {len(value):,}"
        case dict():
            return "an object"
        case None:
            return "nothing"
        case _:
            text = printable(str(value))
            return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"
