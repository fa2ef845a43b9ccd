"""The headline on a terminal: the claim first, caveats as tags, then where it all comes from.

As wide as there is room for, with the speedup in big digits and both bars in their sides' colours.
A refused session has its reasons instead; one that is only simulated has both. May import
``harness.claims``, for its values, ``harness.text`` and its neighbours in ``show``.
"""

from collections.abc import Iterable, Iterator

from harness import text
from harness.claims.claims import Claims
from harness.claims.headline import Headline, Refusal
from harness.claims.tags import Weight
from harness.show import (
    capacity_phrases,
    headline_number,
    money,
    phrases,
    recovery_phrases,
    serving_phrases,
)
from harness.show.audit_text import footer
from harness.show.provenance import provenance
from harness.show.terminal.lines import LABEL, STRONG, Frame, Line, cut, justify, piece, shorten

USUAL_COLUMNS = 80

_FEWEST_COLUMNS = 60
_LONGEST_LIMITATION = 300
_ROOMY = 118  # narrower terminals have few rows, too: no empty lines, and no fact has its own


def headline_text(claims: Claims, columns: int = USUAL_COLUMNS) -> str:
    """Return the headline without colours, or every reason why there is none."""
    return headline_frame(claims, columns).plain


def headline_frame(claims: Claims, columns: int) -> Frame:
    """Return the headline for a terminal so wide; the audit and the provenance come last."""
    width = _width(columns)
    match claims.claim:
        case Headline() as headline:
            origin = f"{footer(claims.audit)} · {provenance(claims.results)}"
            reading = _wrap(text.printable(claims.results.reading), width, "input: ")
            lines = [*_claim_lines(headline, width), *reading, *_wrap(origin, width)]
        case Refusal() as refusal:
            lines = list(_refusal_lines(refusal, width))
    return _frame(lines)


def final_frame(claims: Claims, columns: int) -> Frame:
    """Return what a recording so wide ends with: the claim and its caveats, or the refusal."""
    width = _width(columns)
    match claims.claim:
        case Headline() as headline:
            return _frame(_claim_lines(headline, width))
        case Refusal() as refusal:
            return _frame(_refusal_lines(refusal, width))


def final_lines(claims: Claims, columns: int = USUAL_COLUMNS) -> list[str]:
    """Return the last lines of a recording so wide, without colours."""
    return final_frame(claims, columns).plain.splitlines()


def _frame(lines: Iterable[Line]) -> Frame:
    return Frame(tuple((piece(" "), *line) for line in lines))


def _width(columns: int) -> int:
    return max(_FEWEST_COLUMNS, columns) - 2


def _refusal_lines(refusal: Refusal, width: int) -> Iterator[Line]:
    """Yield the reasons; below what a simulated session shows, so that they stay in sight."""
    if refusal.simulated is not None:
        if width >= _ROOMY:
            yield (piece(" SIMULATED: NOT A HEADLINE ", LABEL),)
        yield from _claim_lines(refusal.simulated, width)
    yield _plain("NO HEADLINE")
    for reason in refusal.reasons:
        sentence = phrases.caveat(reason, refusal.results.spec.workload.tolerance)
        yield from _wrap(sentence, width, "- ")
    if refusal.simulated is None:
        yield from _wrap(provenance(refusal.results), width)
    yield from _wrap(text.printable(refusal.results.reading), width, "input: ")


def _claim_lines(headline: Headline, width: int) -> Iterator[Line]:
    workload = headline.results.spec.workload
    yield _plain(cut(workload.bottleneck, width))
    bound = cut(phrases.bound(headline), width)
    axis = justify("", phrases.axis(headline), max(0, width - len(bound) - 1))
    yield (piece(bound, STRONG), piece(f" {axis}".rstrip()))
    between: list[Line] = [()] if width >= _ROOMY else []
    yield from between
    yield from headline_number.lines(headline, width)
    yield from between
    yield from headline_number.bars(headline, width)
    yield from between
    yield from _wrap(phrases.claim(headline), width, strong=True)
    facts = [*filter(None, _facts(headline))]
    for paragraph in facts if width >= _ROOMY else [" · ".join(facts)]:
        yield from _wrap(paragraph, width)
    yield from between
    yield from _wrap(recovery_phrases.in_one_line(headline.recovery), width)
    yield from _wrap(capacity_phrases.in_one_line(headline.capacity), width)
    yield from _wrap(serving_phrases.in_one_line(headline.service), width)
    yield from _wrap(phrases.sentence_to_say(headline), width, "say: ")
    yield from _wrap(cut(workload.limitation, _LONGEST_LIMITATION), width, "limit: ")
    yield from _wrap(" · ".join(_tags(headline)), width, "but: ")


def _facts(headline: Headline) -> Iterator[str]:
    """Yield what is behind the claim, empty where there is nothing to say."""
    limit = headline.results.spec.workload.tolerance
    quality, _ = phrases.quality(headline)
    yield f"{phrases.metric(headline)} {quality}, tolerance {text.tolerance(limit)}"
    yield phrases.cost(headline)[0]
    if (items := money.of_items(headline)) is not None:
        yield f"{items[0]} → {items[1]} {items[2]}"
    yield phrases.ceiling(headline)
    if possible := phrases.of_possible(headline):
        yield f"E {possible}"
    yield phrases.equal_answers(headline)
    yield phrases.start_up(headline)


def _tags(headline: Headline) -> Iterator[str]:
    """Yield every caveat in two or three words, doubts in capitals."""
    for tag in headline.tags:
        yield tag.words.upper() if tag.weight is Weight.DOUBT else tag.words


def _wrap(paragraph: str, width: int, lead: str = "", *, strong: bool = False) -> Iterable[Line]:
    lines = text.wrap(paragraph, width, lead) if paragraph else []
    return [_plain(shorten(line, width), strong=strong) for line in lines]


def _plain(content: str, *, strong: bool = False) -> Line:
    return (piece(content, STRONG if strong else None),)
