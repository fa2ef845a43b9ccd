"""The headline slide for the projector, as SVG and PNG: the same bytes each time.

The claim is in its upper half: the bottleneck and its number, the speedup, both bars with the gap,
and the four numbers in one line; ``slide_words`` writes what is below. A refused session has no
slide, since it must not leave a picture that looks like a claim; a simulated one carries that word
across its number. May import ``harness.claims``, for its values, ``harness.text``, its neighbours
in ``show``, and matplotlib, which is loaded when something is drawn.
"""

from typing import TYPE_CHECKING

from harness import text
from harness.claims.claims import Claims
from harness.claims.headline import Headline
from harness.show import money, phrases
from harness.show.audit_text import footer
from harness.show.figures.box import WIDTH_PX, Box
from harness.show.figures.page import MARGIN, SMALLEST_PX, Page, blank_page, own_style
from harness.show.figures.picture import add_words, save_png, save_svg
from harness.show.figures.theme import LIGHT, Theme
from harness.show.headline_text import headline_text
from harness.show.slide_words import write_words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUMBER_PX = 200

_WIDTH = WIDTH_PX - 2 * MARGIN
_NUMBER_Y = 268
_STAMP_PX = 76
_BARS_FROM, _BARS_TO = 560, WIDTH_PX - MARGIN
_BARS_TOP, _BAR, _BAR_STEP = 298, 62, 72
_TIME_PX = 40
_GAP_PX = 34
_CLAIM_Y, _CLAIM_PX = 500, 50
_FACTS_Y = 552
_COLUMNS = ((MARGIN, 440), (540, 480), (1060, 480))
_APART = " · "


def draw(claims: Claims, theme: Theme = LIGHT) -> dict[str, bytes]:
    """Return the slide by format, ``svg`` and ``png``; empty for a refused session."""
    if claims.drawable is None:
        return {}
    with own_style():
        drawn_on = _figure_of(claims, theme)
        return {"svg": svg(claims, theme, drawn_on), "png": png(claims, theme, drawn_on)}


def svg(claims: Claims, theme: Theme = LIGHT, drawn_on: "Figure | None" = None) -> bytes:
    """Return the slide as SVG, letters as outlines, words in ``title`` and ``desc``.

    ``drawn_on`` is the slide drawn before (None: it is drawn now). Raises ``ValueError`` for a
    refused session.
    """
    drawn_on = drawn_on or _figure_of(claims, theme)
    drawing = save_svg(drawn_on, {"Creator": "twoclocks", "Date": None})
    return add_words(drawing, phrases.sentence_to_say(_headline(claims)), headline_text(claims))


def png(claims: Claims, theme: Theme = LIGHT, drawn_on: "Figure | None" = None) -> bytes:
    """Return the slide as PNG, 1600 by 900; ``drawn_on`` and errors as for ``svg``."""
    return save_png(drawn_on or _figure_of(claims, theme))


def _figure_of(claims: Claims, theme: Theme) -> "Figure":
    return figure(_headline(claims), footer(claims.audit), theme)


def _headline(claims: Claims) -> Headline:
    if claims.drawable is None:
        raise ValueError("a refused session has no slide")
    return claims.drawable


@own_style()
def figure(headline: Headline, verdict: str, theme: Theme = LIGHT) -> "Figure":
    """Return the slide as a matplotlib figure in which a point is a pixel.

    ``verdict`` is the audit's, in a line.
    """
    drawn_on, page = blank_page(theme)
    _bottleneck(page, headline)
    _number(page, headline)
    _bars(page, headline)
    _gap(page, headline)
    _claim(page, headline)
    _facts(page, headline)
    write_words(page, headline, verdict)
    return drawn_on


def _bottleneck(page: Page, headline: Headline) -> None:
    """Write the bottleneck, below it the number that proves it, and the axis."""
    words = headline.results.spec.workload
    bottleneck = text.printable(words.bottleneck)
    if not bottleneck.startswith("bottleneck"):  # as it does where it is not stated
        bottleneck = f"Bottleneck: {bottleneck}"
    page.write_within(MARGIN, 54, bottleneck, 38, _WIDTH, field="spec.workload.bottleneck")
    bound, axis, half = phrases.bound(headline), phrases.axis(headline), _WIDTH / 2 - 10
    field = "spec.workload.bound" if words.bound else "speed.baseline_s-trials.items"
    page.write_within(MARGIN, 96, bound, 34, half, field=field, bold=True)
    right = WIDTH_PX - MARGIN
    page.write_within(right, 96, axis, 30, half, field="spec.workload.axis", align="right")


def _number(page: Page, headline: Headline) -> None:
    """Write the speedup in the largest type, and beside it what it compares."""
    number = phrases.speedup(headline)
    stamp = phrases.stamp(headline.results)
    color = page.theme.pale if stamp else page.theme.ink
    page.write(
        MARGIN - 8, _NUMBER_Y, number, NUMBER_PX, field="speed.speedup", bold=True, color=color
    )
    width = page.width_of(number, NUMBER_PX, bold=True)
    beside = MARGIN + width + 30
    room = WIDTH_PX - MARGIN - beside
    one, many = phrases.sides(headline.results)
    page.write(beside, 178, "as fast", 56, bold=True)
    compared, observed = f"on {many} as on {one}", phrases.observations(headline)
    page.write_within(
        beside, 226, compared, 42, room, field="spec.workers-spec.baseline_cores", bold=True
    )
    page.write_within(beside, _NUMBER_Y, observed, 30, room, field="pairs-speed.interval")
    if stamp:
        page.stamp(MARGIN + width / 2, _NUMBER_Y - 72, stamp, _STAMP_PX, field="kind")


def _bars(page: Page, headline: Headline) -> None:
    """Draw both times as bars to one scale."""
    ends = _bar_ends(headline)
    colors = (page.theme.baseline, page.theme.distributed)
    spans = phrases.times(headline)[:2]
    for row, (name, span) in enumerate(zip(("baseline", "distributed"), spans, strict=True)):
        top = _BARS_TOP + row * _BAR_STEP
        page.write(MARGIN, top + 44, name, 36, bold=True)
        field = f"speed.{name}_s"
        x = _BARS_FROM - 20
        page.write(x, top + 45, span, _TIME_PX, field=field, bold=True, align="right")
        page.fill(Box(_BARS_FROM, top, ends[row], top + _BAR), colors[row])


def _bar_ends(headline: Headline) -> tuple[float, float]:
    """Return where the bars end, in pixels."""
    seconds = (headline.speed.baseline_s, headline.speed.distributed_s)
    scale = (_BARS_TO - _BARS_FROM) / max(seconds)
    return _BARS_FROM + scale * seconds[0], _BARS_FROM + scale * seconds[1]


def _gap(page: Page, headline: Headline) -> None:
    """Draw a bracket beside the shorter bar, as far as the longer one reaches, with its length."""
    ends, ink = _bar_ends(headline), page.theme.ink
    row = 0 if ends[0] < ends[1] else 1
    top = _BARS_TOP + row * _BAR_STEP
    left, right, y = min(ends) + 3, max(ends) - 2, top + _BAR / 2
    for x in (left, right):
        page.line([(x, top + 2), (x, top + _BAR - 2)], ink, 4)
    gap = f"gap {phrases.times(headline)[2]}"
    half = page.width_of(gap, _GAP_PX, bold=True) / 2
    middle = (left + right) / 2
    if left + half + 30 < middle:
        page.line([(left, y), (middle - half - 14, y)], ink, 4)
        page.line([(middle + half + 14, y), (right, y)], ink, 4)
    else:  # between the ends there is no room: it stands on the shorter bar, which is long then
        page.line([(left, y), (right, y)], ink, 4)
        middle = left - half - 28
        label = Box(middle - half - 14, top + 8, middle + half + 14, top + _BAR - 8)
        page.fill(label, page.theme.ground)
    field = "speed.baseline_s-speed.distributed_s"
    page.write(middle, y + 13, gap, _GAP_PX, field=field, align="center", bold=True)


def _claim(page: Page, headline: Headline) -> None:
    """Write S, E, the change of quality and that of the cost in one line."""
    around = "" if headline.quality.half_width is None else "-quality.half_width"
    parts = (
        (f"S {phrases.speedup(headline)}", "speed.speedup.claim"),
        (f"E {phrases.efficiency(headline)}", "speed.efficiency"),
        (phrases.change_within(headline), f"quality.change{around}"),
        (f"cost {phrases.cost_change(headline)}", "cost.drop"),
    )
    line = _APART.join(content for content, _ in parts)
    size = float(_CLAIM_PX)
    while size > SMALLEST_PX and page.width_of(line, size, bold=True) > _WIDTH:
        size -= 1
    before = ""
    for content, field in parts:
        x = MARGIN + page.width_of(before, size, bold=True)
        shown = content if not before else f"{_APART}{content}"
        page.write(x, _CLAIM_Y, shown, size, field=field, bold=True)
        before += shown


def _facts(page: Page, headline: Headline) -> None:
    """Write what is behind them, side by side: hardware, quality and cost."""
    before, after, runs = money.of_runs(headline)
    limit = headline.results.spec.workload.tolerance
    possible = headline.speed.possible_efficiency is not None
    values = (
        (phrases.ceiling(headline), "speed.serial_fraction-speed.ceiling"),
        (phrases.quality(headline)[0], "quality.baseline-quality.distributed"),
        (f"{before} → {after}", "cost.baseline-cost.distributed"),
    )
    metric = f"{phrases.metric(headline)}, tolerance {text.tolerance(limit)}"
    remarks = (
        (_of_hardware(headline), "speed.possible_efficiency" if possible else ""),
        (metric, "spec.workload.tolerance"),
        (", ".join((runs, *phrases.price_kinds(headline))), "spec.prices"),
    )
    for (x, width), (value, value_field), (remark, field) in zip(
        _COLUMNS, values, remarks, strict=True
    ):
        page.write_within(x, _FACTS_Y, value, 34, width, field=value_field, bold=True)
        page.write_within(x, _FACTS_Y + 36, remark, SMALLEST_PX, width, field=field)


def _of_hardware(headline: Headline) -> str:
    """Return what bounds the efficiency: what copies reach here, where they were timed."""
    if possible := phrases.of_possible(headline):
        return f"E {possible} on this host"
    if headline.speed.efficiency > 1:
        return "faster than its hardware: why?"
    return (
        "serial share, and what it allows" if headline.speed.ceiling else "no serial share follows"
    )
