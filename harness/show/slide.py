"""The headline slide: on the terminal as text, for the projector as SVG and PNG, the same bytes each time.

Total functions of a headline; a refusal is told in text only, since it must not leave a picture that looks
like a claim. May import ``score.headline``, its neighbours in ``show``, and matplotlib, lazily: it takes a
third of a second that no other command should wait for.
"""

from typing import TYPE_CHECKING

from harness import text as words
from harness.claims.claims import Claims
from harness.claims.headline import Headline, Refusal
from harness.show import phrases
from harness.show.audit_text import footer
from harness.show.figures.page import SMALLEST_PX, WIDTH_PX, Page, blank
from harness.show.figures.picture import add_words, save
from harness.show.figures.theme import LIGHT, Theme
from harness.show.terminal.big_digits import SMALLEST, draw_digits
from harness.show.terminal.lines import bar, cut, shorten

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUMBER_PX = 200

_COLUMNS = 78
_MARGIN = 60
_BARS_FROM, _BARS_TO = 390, 1340
_CAVEAT_LINES = 4


def headline_text(claims: Claims) -> str:
    """Return the headline for a terminal of 80 columns, or every reason why there is none.

    The provenance and the audit's verdict come first, then the caveats. The speedup in big digits
    comes last, because on a terminal of 24 rows the end of a text stays in sight.
    """
    match claims.claim:
        case Headline() as headline:
            return _printed(
                [*_told("", _origin(headline, footer(claims.audit))), *_claims(headline)]
            )
        case Refusal() as refusal:
            return _refusal(refusal)


def final_lines(claims: Claims) -> list[str]:
    """Return the lines that a recording must end with: all of ``text`` but the provenance.

    Of a refused session that is the whole text.
    """
    if claims.headline is None:
        return headline_text(claims).splitlines()
    return _printed(_claims(claims.headline)).splitlines()


def draw(claims: Claims, theme: Theme = LIGHT) -> dict[str, bytes]:
    """Return the slide by format, ``svg`` and ``png``; empty for a refused session."""
    if claims.headline is None:
        return {}
    return {"svg": svg(claims, theme), "png": png(claims, theme)}


def svg(claims: Claims, theme: Theme = LIGHT) -> bytes:
    """Return the slide as SVG, letters as outlines, words in ``title`` and ``desc``.

    Raises ``ValueError`` for a refused session.
    """
    drawing = save(_drawn(claims, theme), "svg", {"Creator": "twoclocks", "Date": None})
    return add_words(drawing, phrases.sentence_to_say(_headline(claims)), headline_text(claims))


def png(claims: Claims, theme: Theme = LIGHT) -> bytes:
    """Return the slide as PNG, 1600 by 900; raise ``ValueError`` for a refused session."""
    return save(_drawn(claims, theme), "png", {"Software": "twoclocks"})


def _drawn(claims: Claims, theme: Theme) -> "Figure":
    return figure(_headline(claims), footer(claims.audit), theme)


def _headline(claims: Claims) -> Headline:
    if claims.headline is None:
        raise ValueError("a refused session has no slide")
    return claims.headline


def _refusal(refusal: Refusal) -> str:
    tolerance = refusal.results.spec.workload.tolerance
    reasons = [
        line
        for reason in refusal.reasons
        for line in _told("- ", phrases.caveat(reason, tolerance))
    ]
    lines = ["NO HEADLINE", *reasons, *_told("", phrases.provenance(refusal.results))]
    return _printed(lines)


def figure(headline: Headline, verdict: str = "", theme: Theme = LIGHT) -> "Figure":
    """Return the slide as a matplotlib figure in which a point is a pixel."""
    drawn_on, page = blank(theme)
    _top(page, headline)
    _bars(page, headline)
    _facts(page, headline)
    _small_print(page, headline, verdict)
    return drawn_on


def _claims(headline: Headline) -> list[str]:
    baseline, distributed, gap = phrases.times(headline)
    quality, change = phrases.quality(headline)
    cost, drop = phrases.cost(headline)
    tolerance = headline.results.spec.workload.tolerance
    return [
        *_told(
            "but: ",
            " · ".join(phrases.short_caveat(caveat, tolerance) for caveat in headline.caveats),
        ),
        *_told("limit: ", cut(headline.results.spec.workload.limitation, 300)),
        "",
        cut(headline.results.spec.workload.bottleneck, _COLUMNS),
        "",
        *_beside_the_number(headline, (baseline, distributed)),
        "",
        f"gap {gap} · {phrases.observations(headline)} · efficiency {phrases.efficiency(headline)}",
        f"{phrases.metric(headline)} {quality} · {change}",
        f"cost of a run {cost} · {drop}",
        *filter(
            None,
            (
                phrases.equal_answers(headline),
                phrases.serial_share(headline),
                phrases.start_up(headline),
            ),
        ),
        *_told("say: ", phrases.sentence_to_say(headline)),
    ]


def _origin(headline: Headline, verdict: str) -> str:
    return " · ".join(filter(None, (verdict, phrases.provenance(headline.results))))


def _printed(lines: list[str]) -> str:
    return "".join(f" {shorten(line, _COLUMNS)}".rstrip() + "\n" for line in lines)


def _beside_the_number(headline: Headline, spans: tuple[str, str]) -> list[str]:
    """Return the speedup's big digits with both times beside them, as bars to scale."""
    number = [
        f"{row} "
        for row in draw_digits(
            words.three_digits(headline.speed.speedup).replace(",", ""), SMALLEST, 30
        )
    ]
    number = [
        f"{row}{mark}" for row, mark in zip(number, ("    ", "▀▄▄▀", "▄▀▀▄", "    "), strict=True)
    ]
    room = _COLUMNS - len(number[0]) - 3
    longest = max(headline.speed.baseline_s, headline.speed.distributed_s)
    sides = zip(
        ("baseline", "distributed"),
        phrases.sides(headline.results),
        spans,
        _seconds(headline),
        strict=True,
    )
    told = [
        (f"{side}, {who}, {span}", bar(seconds / longest, room).replace("░", " "))
        for side, who, span, seconds in sides
    ]
    return [
        f"{left}   {cut(right, room)}"
        for left, right in zip(number, [part for pair in told for part in pair], strict=True)
    ]


def _seconds(headline: Headline) -> tuple[float, float]:
    return headline.speed.baseline_s, headline.speed.distributed_s


def _told(lead: str, told: str) -> list[str]:
    return words.wrap(told, _COLUMNS, lead) if told else []


def _top(page: Page, headline: Headline) -> None:
    """The bottleneck, and the headline number in the largest type."""
    bottleneck, label = (
        words.printable(headline.results.spec.workload.bottleneck),
        phrases.label(headline.results),
    )
    if label:
        page.say(_MARGIN, 40, label, 32, field="kind", bold=True)
    place, size = (80, 34) if label else (66, 38)
    page.say_within(
        _MARGIN, place, bottleneck, size, WIDTH_PX - 2 * _MARGIN, field="spec.workload.bottleneck"
    )
    number = phrases.speedup(headline)
    page.say(_MARGIN - 8, 250, number, NUMBER_PX, field="speed.speedup", bold=True)
    beside = _MARGIN + page.width_of(number, NUMBER_PX, bold=True) + 30
    room = WIDTH_PX - _MARGIN - beside
    one, many = phrases.sides(headline.results)
    page.say(beside, 170, "as fast", 60, bold=True)
    page.say_within(
        beside, 216, f"on {many} as on {one}", 36, room, field="spec.workers-spec.baseline_cores"
    )
    page.say_within(
        beside, 254, phrases.observations(headline), 30, room, field="pairs-speed.interval"
    )


def _bars(page: Page, headline: Headline) -> None:
    """Both times as bars to one scale, and the gap between their ends."""
    longest = max(_seconds(headline))
    rows = zip(
        ("baseline", "distributed"),
        phrases.times(headline),
        (page.theme.baseline, page.theme.distributed),
        strict=False,
    )
    ends = [
        _BARS_FROM + (_BARS_TO - _BARS_FROM) * seconds / longest for seconds in _seconds(headline)
    ]
    for place, (side, span, color) in enumerate(rows):
        top = 290 + place * 70
        page.say(_MARGIN, top + 42, side, 38, bold=True)
        page.fill(_BARS_FROM, top, ends[place] - _BARS_FROM, 58, color)
        x, ink, align = _time_place(page, span, ends[place], ends[0] if place else None)
        page.say(x, top + 45, span, 44, field=f"speed.{side}_s", bold=True, color=ink, align=align)
    for x, bottom in zip(ends, (348, 418), strict=True):
        page.axes.plot([x, x], [bottom, 456], color=page.theme.ink, linewidth=2)
    page.axes.plot(ends, [440, 440], color=page.theme.ink, linewidth=3)
    page.say(
        sum(ends) / 2,
        484,
        f"gap {phrases.times(headline)[2]}",
        36,
        field="speed.baseline_s-speed.distributed_s",
        align="center",
        bold=True,
    )


def _time_place(page: Page, span: str, end: float, stroke: float | None) -> tuple[float, str, str]:
    """Return where a bar's time is written, in which ink, and to which side: in the bar where the gap's stroke would cross it outside."""
    begins, finishes = end + 16, end + 16 + page.width_of(span, 44, bold=True)
    if stroke is not None and begins - 10 < stroke < finishes + 10:
        return end - 16, page.theme.ground, "right"
    return begins, "", "left"


def _facts(page: Page, headline: Headline) -> None:
    """Efficiency, quality and cost, side by side."""
    columns = (
        (
            _MARGIN,
            450,
            "efficiency",
            (phrases.efficiency(headline), "of the hardware became speed"),
            ("speed.efficiency", ""),
        ),
        (
            560,
            500,
            phrases.metric(headline),
            phrases.quality(headline),
            ("quality.baseline-quality.distributed", "quality.change"),
        ),
        (
            1110,
            430,
            "cost of a run",
            phrases.cost(headline),
            ("cost.baseline-cost.distributed", "cost.drop"),
        ),
    )
    for x, width, name, (value, remark), (of_value, of_remark) in columns:
        page.say_within(x, 538, name, 30, width)
        page.say_within(x, 592, value, 50, width, field=of_value, bold=True)
        page.say_within(x, 628, remark, 28, width, field=of_remark)


def _small_print(page: Page, headline: Headline, verdict: str) -> None:
    """What must be said beside the headline, the gravest first, and where the numbers come from."""
    size, width = 28, WIDTH_PX - 2 * _MARGIN
    for place, line in enumerate(_caveats(page, headline, width, size)):
        page.say_within(_MARGIN, 684 + place * 36, line, size, width, field=f"caveats.{place}")
    origin = page.wrap(_origin(headline, verdict), width, SMALLEST_PX)[:2]
    for place, line in enumerate(origin):
        page.say_within(
            _MARGIN, 842 + place * 34, line, SMALLEST_PX, width, field=f"results.{place}"
        )


def _caveats(page: Page, headline: Headline, width: float, size: float) -> list[str]:
    """Return as many caveats as have room, and how many have none."""
    tolerance = headline.results.spec.workload.tolerance
    told = [
        *(phrases.short_caveat(caveat, tolerance) for caveat in headline.caveats),
        phrases.start_up(headline),
        phrases.equal_answers(headline),
    ]
    told = [part for part in told if part]
    for kept in range(len(told), 0, -1):
        rest = (
            [f"and {words.count(len(told) - kept)} more, in the text"] if kept < len(told) else []
        )
        lines = page.wrap(" · ".join([*told[:kept], *rest]), width, size)
        if len(lines) <= _CAVEAT_LINES:
            return lines
    return page.wrap(" · ".join(told), width, size)[:_CAVEAT_LINES]
