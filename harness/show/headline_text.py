"""The headline on a terminal: its caveats, the speedup in big digits, and what supports it.

A refused session has its reasons instead. May import ``harness.claims``, for its values,
``harness.text`` and its neighbours in ``show``.
"""

from collections.abc import Iterable, Iterator

from harness import text
from harness.claims.claims import Claims
from harness.claims.headline import Headline, Refusal
from harness.show import phrases
from harness.show.audit_text import footer
from harness.show.terminal.big_digits import SMALLEST, draw_digits
from harness.show.terminal.lines import bar, cut, shorten

_COLUMNS = 78
_LONGEST_LIMITATION = 300
_WIDEST_NUMBER = 30
_TIMES_SIGN = ("    ", "▀▄▄▀", "▄▀▀▄", "    ")


def headline_text(claims: Claims) -> str:
    """Return the headline for a terminal of 80 columns, or every reason why there is none.

    The provenance and the audit's verdict come first, then the caveats. The speedup in big digits
    comes last, because on a terminal of 24 rows the end of a text stays in sight.
    """
    match claims.claim:
        case Headline() as headline:
            origin = f"{footer(claims.audit)} · {phrases.provenance(claims.results)}"
            reading = _wrap(text.printable(claims.results.reading), "input: ")
            return _format([*_wrap(origin), *reading, *_claim_lines(headline)])
        case Refusal() as refusal:
            return _format(_refusal_lines(refusal))


def final_lines(claims: Claims) -> list[str]:
    """Return the lines that a recording must end with: all of the text but the provenance.

    Of a refused session that is the whole text.
    """
    match claims.claim:
        case Headline() as headline:
            return _format(_claim_lines(headline)).splitlines()
        case Refusal() as refusal:
            return _format(_refusal_lines(refusal)).splitlines()


def _refusal_lines(refusal: Refusal) -> Iterator[str]:
    yield "NO HEADLINE"
    for reason in refusal.reasons:
        sentence = phrases.caveat(reason, refusal.results.spec.workload.tolerance)
        yield from _wrap(sentence, "- ")
    yield from _wrap(phrases.provenance(refusal.results))
    yield from _wrap(text.printable(refusal.results.reading), "input: ")


def _claim_lines(headline: Headline) -> Iterator[str]:
    workload = headline.results.spec.workload
    caveats = (phrases.short_caveat(caveat, workload.tolerance) for caveat in headline.caveats)
    yield from _wrap(" · ".join(caveats), "but: ")
    yield from _wrap(cut(workload.limitation, _LONGEST_LIMITATION), "limit: ")
    yield ""
    yield cut(workload.bottleneck, _COLUMNS)
    yield phrases.label(headline.results)
    yield from _number_beside_bars(headline)
    yield ""
    yield from _fact_lines(headline)
    yield from _wrap(phrases.sentence_to_say(headline), "say: ")


def _fact_lines(headline: Headline) -> Iterator[str]:
    gap = phrases.times(headline)[2]
    efficiency = phrases.efficiency_of_possible(headline)
    yield f"gap {gap} · {phrases.observations(headline)} · efficiency {efficiency}"
    quality, change = phrases.quality(headline)
    measured = f" {quality} · {change}"
    yield cut(phrases.metric(headline), _COLUMNS - len(measured)) + measured
    cost, drop = phrases.cost(headline)
    yield f"cost of a run {cost} · {drop}"
    optional = (
        phrases.equal_answers(headline),
        phrases.serial_share(headline),
        phrases.start_up(headline),
    )
    yield from filter(None, optional)


def _number_beside_bars(headline: Headline) -> Iterator[str]:
    """Yield the speedup in big digits, and beside it both times as bars to scale."""
    number = text.three_digits(headline.speed.speedup).replace(",", "")
    digits = draw_digits(number, SMALLEST, _WIDEST_NUMBER)
    left = [f"{row} {sign}" for row, sign in zip(digits, _TIMES_SIGN, strict=True)]
    room = _COLUMNS - len(left[0]) - 3
    for row, line in zip(left, _bars(headline, room), strict=True):
        yield f"{row}   {cut(line, room)}"


def _bars(headline: Headline, room: int) -> Iterator[str]:
    """Yield a line of words and a bar for each side, the bars to one scale."""
    seconds = (headline.speed.baseline_s, headline.speed.distributed_s)
    names = ("baseline", "distributed")
    machines = phrases.sides(headline.results)
    spans = phrases.times(headline)[:2]
    for name, machine, span, wall_s in zip(names, machines, spans, seconds, strict=True):
        yield f"{name}, {machine}, {span}"
        yield bar(wall_s / max(seconds), room).replace("░", " ")


def _wrap(paragraph: str, lead: str = "") -> list[str]:
    return text.wrap(paragraph, _COLUMNS, lead) if paragraph else []


def _format(lines: Iterable[str]) -> str:
    return "".join(f" {shorten(line, _COLUMNS)}".rstrip() + "\n" for line in lines)
