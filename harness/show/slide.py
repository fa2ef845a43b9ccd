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
from harness.model import Results, Side
from harness.show import money, phrases
from harness.show.audit_text import footer
from harness.show.figures.box import WIDTH_PX, Box
from harness.show.figures.page import MARGIN, SMALLEST_PX, Page, blank_page, own_style
from harness.show.figures.picture import Picture, add_words, save_png, save_svg
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
GAP_ROWS = (_BARS_TOP - 4.0, _BARS_TOP + _BAR_STEP + _BAR + 6.0)
"""What the bars take of the page, in pixels from its top."""
_GAP_PX = 34
_CLAIM_Y, _CLAIM_PX = 500, 50
_FACTS_Y, _REMARKS_Y = 552, 588
_HARDWARE, _QUALITY, _COST = (MARGIN, 450), (540, 450), (1005, 535)
_VALUE_PX, _UNIT_APART = 34, 12
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


def gap_bars(headline: Headline) -> Picture:
    """Return both times as bars to one scale with the gap between them, in ``GAP_ROWS`` alone."""
    baseline, distributed, gap = phrases.times(headline)

    def draw(page: Page) -> None:
        _bars(page, headline)
        _gap(page, headline)

    words = f"baseline {baseline}, distributed {distributed}, gap {gap}, as bars to one scale"
    return Picture(words, words, draw)


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
    observed = phrases.observations(headline)
    reference = f"as fast as on {phrases.sides(headline.results)[0]}"
    page.write_within(beside, 178, reference, 56, room, field="spec.baseline_cores", bold=True)
    page.write_within(
        beside, 226, _on_workers(headline.results), 42, room, field="spec.workers", bold=True
    )
    page.write_within(beside, _NUMBER_Y, observed, 30, room, field="pairs-speed.interval")
    if stamp:
        page.stamp(MARGIN + width / 2, _NUMBER_Y - 72, stamp, _STAMP_PX, field="kind")


def _on_workers(results: Results) -> str:
    """Return what was as fast; workers of one machine are told apart from machines."""
    many = phrases.sides(results)[1]
    hosts = {process.host for process in phrases.processes_of(results, Side.DISTRIBUTED)}
    shared = " of one machine" if len(hosts) == 1 and results.spec.workers > 1 else ""
    return f"on {many}{shared}"


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
    size = _fitting_size(page, line, _CLAIM_PX, _WIDTH)
    before = ""
    for content, field in parts:
        x = MARGIN + page.width_of(before, size, bold=True)
        shown = content if not before else f"{_APART}{content}"
        page.write(x, _CLAIM_Y, shown, size, field=field, bold=True)
        before += shown


def _fitting_size(page: Page, content: str, largest: float, width: float) -> float:
    """Return the largest size at which bold letters fit, or the smallest one that is allowed."""
    size = largest
    while size > SMALLEST_PX and page.width_of(content, size, bold=True) > width:
        size -= 1
    return size


def _facts(page: Page, headline: Headline) -> None:
    """Write what is behind them, side by side: hardware, quality and cost."""
    limit = headline.results.spec.workload.tolerance
    possible = headline.speed.possible_efficiency is not None
    metric = f"{phrases.metric(headline)}, tolerance {text.tolerance(limit)}"
    hardware = (phrases.ceiling(headline), "speed.serial_fraction-speed.ceiling")
    reached = (_of_hardware(headline), "speed.possible_efficiency" if possible else "")
    quality = (phrases.quality(headline)[0], "quality.baseline-quality.distributed")
    _fact(page, _HARDWARE, hardware, reached)
    _fact(page, _QUALITY, quality, (metric, "spec.workload.tolerance"))
    _costs(page, headline)


def _fact(
    page: Page, column: tuple[float, float], value: tuple[str, str], remark: tuple[str, str]
) -> None:
    """Write a value and a remark below it, each with its field, in a column of some width."""
    x, width = column
    page.write_within(x, _FACTS_Y, value[0], _VALUE_PX, width, field=value[1], bold=True)
    page.write_within(x, _REMARKS_Y, remark[0], SMALLEST_PX, width, field=remark[1])


def _costs(page: Page, headline: Headline) -> None:
    """Write what runs cost and what so much work costs, where that is known and has room.

    Elsewhere the kind of prices stands below, which the tags say anyway.
    """
    before, after, runs = money.of_runs(headline)
    value, field = f"{before} → {after}", "cost.baseline-cost.distributed"
    items, (x, width) = money.of_items(headline), _COST
    room = width - page.width_of(runs, SMALLEST_PX) - _UNIT_APART
    if items is None or page.width_of(value, SMALLEST_PX, bold=True) > room:
        remark = ", ".join((runs, *phrases.price_kinds(headline)))
        _fact(page, _COST, (value, field), (remark, "spec.prices"))
        return
    size = _fitting_size(page, value, _VALUE_PX, room)
    beside = x + page.width_of(value, size, bold=True) + _UNIT_APART
    page.write(x, _FACTS_Y, value, size, field=field, bold=True)
    page.write(beside, _FACTS_Y, runs, SMALLEST_PX)
    of_items = f"{items[0]} → {items[1]} {items[2]}"
    page.write_within(x, _REMARKS_Y, of_items, SMALLEST_PX, width, field="cost.items")


def _of_hardware(headline: Headline) -> str:
    """Return what bounds the efficiency: what copies reach here, where they were timed."""
    if possible := phrases.of_possible(headline):
        return f"E {possible} on this host"
    if headline.speed.efficiency > 1:
        return "faster than its hardware: why?"
    return (
        "serial share, and what it allows" if headline.speed.ceiling else "no serial share follows"
    )
