"""A session that was run again beside the first one: as a table for a terminal, and as data.

Everything returned is printable. May import ``harness.claims``, for its values, ``harness.model``,
``harness.text``, ``phrases`` and ``tables``.
"""

from collections.abc import Iterator
from typing import Any

from harness import text
from harness.claims.headline import Headline
from harness.claims.reproduction import SPEED_TOLERANCE, Difference, Part, Reproduction
from harness.model import Digest
from harness.show import phrases
from harness.show.tables import Row, Table, format_table

_LONGEST_VALUE = 26
_SAME = "the same"


def format_reproduction(found: Reproduction) -> str:
    """Return both sessions for a terminal of 80 columns: the verdict, the table, the reasons."""
    return format_table(
        Table(
            title=verdict(found),
            columns=("", "first", "again"),
            rows=tuple(Row(cells) for cells in _rows(found)),
            notes=tuple(_notes(found)),
        )
    )


def verdict(found: Reproduction) -> str:
    """Return in one line whether the session was reproduced, and what else disagrees."""
    name = text.printable(found.first.results.spec.workload.name)
    workers = text.number_of(found.first.pairs.scale, "worker")
    if found.reproduced:
        return f"REPRODUCED: {name} on {workers}"
    parts = ", ".join(found.differing)
    return f"NOT REPRODUCED: {name} on {workers}; what differs: {parts}"


def _rows(found: Reproduction) -> Iterator[tuple[str, ...]]:
    """Yield what both sessions are and came to; differences of the machines come last."""
    both = found.first, found.again
    yield "run", *(phrases.short_name(one.results.run_id) for one in both)
    if Part.WORK in found.differing:
        yield "settings", "", "others"
    yield "workers", *(text.count(one.pairs.scale) for one in both)
    yield _digests("input", found.first.results.input, found.again.results.input)
    yield _digests("held-out set", found.first.results.held_out, found.again.results.held_out)
    answers = [text.digest(one.pairs.distributed[0].answer_sha256) for one in both]
    yield "answer", answers[0], _SAME if found.answers_equal else answers[1]
    yield "quality", *(phrases.quality(one)[0] for one in both)
    yield "speedup", *(_speedup(one) for one in both)
    yield "efficiency", *(phrases.efficiency(one) for one in both)
    sources = [text.digest(one.results.code.source_sha256) for one in both]
    yield "source", sources[0], _SAME if found.source_equal else sources[1]
    yield from (_machine(difference) for difference in found.machines)


def _digests(what: str, first: Digest | None, again: Digest | None) -> tuple[str, str, str]:
    shown = ["not known" if one is None else text.digest(one.sha256) for one in (first, again)]
    return what, shown[0], _SAME if first == again else shown[1]


def _speedup(headline: Headline) -> str:
    """Return S, with its interval where there is one."""
    if headline.speed.interval is None:
        return phrases.speedup(headline)
    low, high = map(text.times, headline.speed.interval)
    return f"{phrases.speedup(headline)} ({low} to {high})"


def _machine(difference: Difference) -> tuple[str, str, str]:
    first, again = (
        text.printable(value)[:_LONGEST_VALUE] for value in (difference.first, difference.again)
    )
    return text.printable(difference.what), first, again


def _notes(found: Reproduction) -> Iterator[str]:
    """Yield a sentence for each part that disagrees, and what follows from other machines."""
    for which, headline in (("first", found.first), ("second", found.again)):
        if stamp := phrases.stamp(headline.results):
            yield f"the {which} session was {stamp}"
    yield from (_SENTENCES[part] for part in found.differing)
    if Part.QUALITY not in found.differing and not found.answers_equal:
        yield (
            "the answers have other bits, as other processors and libraries round otherwise; each"
            " side's quality is as good as it was"
        )
    if not found.source_equal:
        yield "another version of the source ran; the package says which was first"
    if found.first.speed.interval is None or found.again.speed.interval is None:
        yield "with six pairs or more (--trials 6) each speedup has an interval to compare"


_SENTENCES = {
    Part.WORK: "the settings differ, so the sessions did other work",
    Part.SCALE: "the speedups are of other numbers of workers",
    Part.INPUT: "both sides read another input than they did; name the file with --set",
    Part.HELD_OUT: "quality was measured on another held-out set",
    Part.QUALITY: "quality did not hold, or a side is worse than it was by more than is tolerated",
    Part.SPEED: (
        "the speedups' intervals do not meet; where there is none, "
        f"{text.percent(SPEED_TOLERANCE)} of the first is allowed for"
    ),
}


def reproduction_data(found: Reproduction) -> dict[str, Any]:
    """Return both sessions for programs, as numbers and names."""
    return {
        "schema": "twoclocks.reproduction/1",
        "reproduced": found.reproduced,
        "differing": [str(part) for part in found.differing],
        "answers_equal": found.answers_equal,
        "source_equal": found.source_equal,
        "first": _session_data(found.first),
        "again": _session_data(found.again),
        "machines": [
            {"what": one.what, "first": one.first, "again": one.again} for one in found.machines
        ],
    }


def _session_data(headline: Headline) -> dict[str, Any]:
    return {
        "run_id": headline.results.run_id,
        "workload": headline.results.spec.workload.name,
        "workers": headline.pairs.scale,
        "speedup": headline.speed.speedup,
        "speedup_interval": headline.speed.interval,
        "efficiency": headline.speed.efficiency,
        "baseline_quality": headline.quality.baseline,
        "distributed_quality": headline.quality.distributed,
    }
