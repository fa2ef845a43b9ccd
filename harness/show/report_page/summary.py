"""The claim at the top of a page: number, both clocks as bars, the sentence, and what qualifies it.

May import ``harness.claims``, for its values, ``harness.text``, ``harness.show`` and ``markup``.
"""

from collections.abc import Iterator

from harness import text
from harness.claims.claims import Claims
from harness.claims.headline import Headline, Refusal
from harness.claims.rule import Caveat
from harness.claims.tags import Weight
from harness.model import Kind
from harness.show import capacity_phrases, money, phrases, recovery_phrases, serving_phrases
from harness.show.report_page.markup import (
    NONE,
    Markup,
    bullets,
    definitions,
    element,
    join,
    paragraph,
    section,
    words,
)

_BAR_WIDTH, _BAR_HEIGHT = 1000, 40
_WEIGHTS = {Weight.DOUBT: "doubt", Weight.LIMIT: "limit", Weight.NOTE: "note"}


def summary(claims: Claims) -> Markup:
    """Return the claim, or that there is none and why; a simulated session has both."""
    match claims.claim:
        case Headline() as headline:
            return join([_label(claims), *_claim(headline)])
        case Refusal() as refusal:
            shown = () if refusal.simulated is None else _claim(refusal.simulated)
            return join([_label(claims), *_refusal(refusal), *shown])


def qualifications(claims: Claims) -> Markup:
    """Return every caveat of what is shown as a whole sentence."""
    if claims.drawable is None:
        return NONE
    tolerance = claims.results.spec.workload.tolerance
    listed = bullets(_caveats(claims.drawable.caveats, tolerance))
    return section("but", "What qualifies it", listed)


def _label(claims: Claims) -> Markup:
    """Return what no page may omit; a session that is refused says so, too."""
    refused = claims.headline is None and claims.results.kind is not Kind.SIMULATED
    parts = ("REFUSED" if refused else "", phrases.label(claims.results))
    return paragraph(" · ".join(filter(None, parts)), "label")


def _refusal(refusal: Refusal) -> Iterator[Markup]:
    yield element("h1", words("No headline"), class_="none")
    yield bullets(_caveats(refusal.reasons, refusal.results.spec.workload.tolerance))


def _caveats(caveats: tuple[Caveat, ...], tolerance: float) -> Iterator[Markup]:
    return (words(phrases.caveat(caveat, tolerance)) for caveat in caveats)


def _claim(headline: Headline) -> Iterator[Markup]:
    one, many = phrases.sides(headline.results)
    number = element("span", words(phrases.speedup(headline)), class_="number")
    compared = element("span", words(f"as fast on {many} as on {one}"), class_="compared")
    is_real = not phrases.stamp(headline.results)
    # a simulated session's first heading says that it has no headline
    heading = "h2" if headline.results.kind is Kind.SIMULATED else "h1"
    yield element(heading, number, Markup(" "), compared, class_="" if is_real else "unreal")
    yield paragraph(phrases.observations(headline), "observed")
    yield _bars(headline)
    yield paragraph(phrases.sentence_to_say(headline), "say")
    yield element("div", *_tiles(headline), class_="tiles")
    yield definitions((name, words(value)) for name, value in _sentences(headline))
    tags = ((_WEIGHTS[tag.weight], tag.words) for tag in headline.tags)
    listed = join(element("li", words(name), class_=weight) for weight, name in tags)
    yield element("ul", listed, class_="tags") if listed else NONE


def _bars(headline: Headline) -> Markup:
    """Return both times and the gap between them, all on one axis."""
    *spans, gap = phrases.times(headline)
    seconds = (headline.speed.baseline_s, headline.speed.distributed_s)
    ends = [_BAR_WIDTH * one / max(seconds) for one in seconds]
    names = ("baseline", "distributed")
    rows = [
        _row(name, span, _rectangle(0, end, f"fill-{name}"))
        for name, span, end in zip(names, spans, ends, strict=True)
    ]
    between = _bracket(min(ends), max(ends))
    return element("div", *rows, _row("gap", gap, between), class_="bars")


def _row(name: str, span: str, drawn: Markup) -> Markup:
    size = f"0 0 {_BAR_WIDTH} {_BAR_HEIGHT}"
    picture = element(
        "svg", drawn, viewBox=size, preserveAspectRatio="none", aria_hidden="true", class_="bar"
    )
    return join([element("span", words(name)), element("b", words(span)), picture])


def _rectangle(left: float, right: float, kind: str, top: int = 0, height: int = 40) -> Markup:
    width = max(2.0, right - left)
    return element(
        "rect", x=f"{left:.1f}", y=str(top), width=f"{width:.1f}", height=str(height), class_=kind
    )


def _bracket(left: float, right: float) -> Markup:
    ends = (_rectangle(x, x + 2, "fill-ink", 6, 28) for x in (left, max(left, right - 2)))
    return join([_rectangle(left, right, "fill-ink", 18, 4), *ends], "")


def _tiles(headline: Headline) -> Iterator[Markup]:
    limit = text.tolerance(headline.results.spec.workload.tolerance)
    quality = f"{phrases.metric(headline)} {phrases.quality(headline)[0]}, tolerance {limit}"
    possible = phrases.of_possible(headline) or "of the hardware added"
    yield _tile("speedup S", phrases.speedup(headline), phrases.ceiling(headline))
    yield _tile("efficiency E", phrases.efficiency(headline), possible)
    yield _tile("quality", phrases.change_within(headline), quality)
    cost = ", ".join((phrases.cost(headline)[0], *phrases.price_kinds(headline)))
    yield _tile("cost", phrases.cost_change(headline), cost)


def _tile(name: str, value: str, remark: str) -> Markup:
    shown = element("b", words(value))
    return element("div", element("span", words(name)), shown, element("small", words(remark)))


def _sentences(headline: Headline) -> Iterator[tuple[str, str]]:
    """Yield what is said beside the numbers, empty where there is nothing to say."""
    workload = headline.results.spec.workload
    yield "bottleneck", f"{text.printable(workload.bottleneck)}: {phrases.bound(headline)}"
    yield "axis", phrases.axis(headline).removeprefix("axis: ")
    yield "cost", _per_item(headline)
    yield "serial share", phrases.serial_share(headline)
    yield "answers", phrases.equal_answers(headline)
    yield "start-up", phrases.start_up(headline).removeprefix("start-up ")
    yield "losses", recovery_phrases.in_one_line(headline.recovery)
    yield "capacity", capacity_phrases.in_one_line(headline.capacity)
    yield "requests", serving_phrases.in_one_line(headline.service)
    yield "limitation", text.printable(workload.limitation)


def _per_item(headline: Headline) -> str:
    items = money.of_items(headline)
    return "" if items is None else f"{items[0]} → {items[1]} {items[2]}"
