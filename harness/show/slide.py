"""The headline slide for the projector, as SVG and PNG: the same bytes each time.

A refused session has no slide, since it must not leave a picture that looks like a claim. May
import ``harness.claims``, for its values, ``harness.text``, its neighbours in ``show``, and
matplotlib, which is loaded when something is drawn.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from harness import text
from harness.claims.claims import Claims
from harness.claims.headline import Headline
from harness.show import phrases
from harness.show.audit_text import footer
from harness.show.figures.box import WIDTH_PX, Box
from harness.show.figures.page import SMALLEST_PX, Page, blank_page, own_style
from harness.show.figures.picture import add_words, save
from harness.show.figures.theme import LIGHT, Theme
from harness.show.headline_text import headline_text

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NUMBER_PX = 200

_MARGIN = 60
_WIDTH = WIDTH_PX - 2 * _MARGIN
_BARS_FROM, _BARS_TO = 390, 1340
_TIME_PX = 44
_SMALL_PRINT_PX = 28
_CAVEAT_LINES = 4
_ORIGIN_LINES = 2


def draw(claims: Claims, theme: Theme = LIGHT) -> dict[str, bytes]:
    """Return the slide by format, ``svg`` and ``png``; empty for a refused session."""
    if claims.headline is None:
        return {}
    drawn_on = _figure_of(claims, theme)
    return {"svg": svg(claims, theme, drawn_on), "png": png(claims, theme, drawn_on)}


def svg(claims: Claims, theme: Theme = LIGHT, drawn_on: "Figure | None" = None) -> bytes:
    """Return the slide as SVG, letters as outlines, words in ``title`` and ``desc``.

    ``drawn_on`` is the slide drawn before (None: it is drawn now). Raises ``ValueError`` for a
    refused session.
    """
    drawn_on = drawn_on or _figure_of(claims, theme)
    drawing = save(drawn_on, "svg", {"Creator": "twoclocks", "Date": None})
    return add_words(drawing, phrases.sentence_to_say(_headline(claims)), headline_text(claims))


def png(claims: Claims, theme: Theme = LIGHT, drawn_on: "Figure | None" = None) -> bytes:
    """Return the slide as PNG, 1600 by 900; ``drawn_on`` and errors as for ``svg``."""
    return save(drawn_on or _figure_of(claims, theme), "png", {"Software": "twoclocks"})


def _figure_of(claims: Claims, theme: Theme) -> "Figure":
    return figure(_headline(claims), footer(claims.audit), theme)


def _headline(claims: Claims) -> Headline:
    if claims.headline is None:
        raise ValueError("a refused session has no slide")
    return claims.headline


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
    _facts(page, headline)
    _caveats(page, headline)
    _origin(page, headline, verdict)
    return drawn_on


def _bottleneck(page: Page, headline: Headline) -> None:
    """Write the bottleneck, and above it the label of numbers that were not measured here."""
    bottleneck = text.printable(headline.results.spec.workload.bottleneck)
    label = phrases.label(headline.results)
    if label:
        page.write(_MARGIN, 40, label, 32, field="kind", bold=True)
    y, size = (80, 34) if label else (66, 38)
    page.write_within(_MARGIN, y, bottleneck, size, _WIDTH, field="spec.workload.bottleneck")


def _number(page: Page, headline: Headline) -> None:
    """Write the speedup in the largest type, and beside it what it compares."""
    number = phrases.speedup(headline)
    page.write(_MARGIN - 8, 250, number, NUMBER_PX, field="speed.speedup", bold=True)
    beside = _MARGIN + page.width_of(number, NUMBER_PX, bold=True) + 30
    room = WIDTH_PX - _MARGIN - beside
    one, many = phrases.sides(headline.results)
    compared = f"on {many} as on {one}"
    observed = phrases.observations(headline)
    page.write(beside, 170, "as fast", 60, bold=True)
    page.write_within(beside, 216, compared, 36, room, field="spec.workers-spec.baseline_cores")
    page.write_within(beside, 254, observed, 30, room, field="pairs-speed.interval")


def _bars(page: Page, headline: Headline) -> None:
    """Draw both times as bars to one scale."""
    ends = _bar_ends(headline)
    names = ("baseline", "distributed")
    spans = phrases.times(headline)[:2]
    colors = (page.theme.baseline, page.theme.distributed)
    for row, (name, span, color) in enumerate(zip(names, spans, colors, strict=True)):
        top = 290 + row * 70
        page.write(_MARGIN, top + 42, name, 38, bold=True)
        page.fill(Box(_BARS_FROM, top, ends[row], top + 58), color)
        x, ink, align = _time_position(page, span, ends[row], ends[0] if row else None)
        field = f"speed.{name}_s"
        page.write(x, top + 45, span, _TIME_PX, field=field, bold=True, color=ink, align=align)


def _bar_ends(headline: Headline) -> tuple[float, float]:
    """Return where the bars end, in pixels."""
    seconds = (headline.speed.baseline_s, headline.speed.distributed_s)
    scale = (_BARS_TO - _BARS_FROM) / max(seconds)
    return _BARS_FROM + scale * seconds[0], _BARS_FROM + scale * seconds[1]


def _time_position(
    page: Page, span: str, end: float, stroke: float | None
) -> tuple[float, str, str]:
    """Return where a bar's time is written, in which ink, and its alignment.

    It is outside the bar, or inside where the gap's stroke would cross it (None: no stroke).
    """
    left = end + 16
    right = left + page.width_of(span, _TIME_PX, bold=True)
    if stroke is not None and left - 10 < stroke < right + 10:
        return end - 16, page.theme.ground, "right"
    return left, "", "left"


def _gap(page: Page, headline: Headline) -> None:
    """Draw the gap between the ends of the bars."""
    ends = _bar_ends(headline)
    for x, bottom in zip(ends, (348, 418), strict=True):
        page.axes.plot([x, x], [bottom, 456], color=page.theme.ink, linewidth=2)
    page.axes.plot(ends, [440, 440], color=page.theme.ink, linewidth=3)
    gap = f"gap {phrases.times(headline)[2]}"
    field = "speed.baseline_s-speed.distributed_s"
    page.write(sum(ends) / 2, 484, gap, 36, field=field, align="center", bold=True)


def _facts(page: Page, headline: Headline) -> None:
    """Write efficiency, quality and cost, side by side."""
    efficiency = (phrases.efficiency(headline), _of_hardware(headline))
    metric = phrases.metric(headline)
    around = "" if headline.quality.half_width is None else "-quality.half_width"
    quality_fields = ("quality.baseline-quality.distributed", f"quality.change{around}")
    possible = headline.speed.possible_efficiency is not None
    efficiency_fields = ("speed.efficiency", "speed.possible_efficiency" if possible else "")
    cost_fields = ("cost.baseline-cost.distributed", "cost.drop")
    columns = (
        (_MARGIN, 450, "efficiency", efficiency, efficiency_fields),
        (560, 540, metric, phrases.quality(headline), quality_fields),
        (1110, 430, "cost of a run", phrases.cost(headline), cost_fields),
    )
    for x, width, name, (value, remark), (value_field, remark_field) in columns:
        page.write_within(x, 538, name, 30, width)
        page.write_within(x, 592, value, 50, width, field=value_field, bold=True)
        page.write_within(x, 628, remark, 28, width, field=remark_field)


def _of_hardware(headline: Headline) -> str:
    """Return what the efficiency is a part of: of what copies reach here, where they were timed."""
    possible = phrases.of_possible(headline)
    if possible:
        return f"{possible} on this host"
    more = headline.speed.efficiency > 1
    return "faster than its hardware: why?" if more else "of the hardware became speed"


def _caveats(page: Page, headline: Headline) -> None:
    """Write what must be said beside the headline, the gravest first."""
    for row, line in enumerate(_caveat_lines(page, headline)):
        y, field = 684 + row * 36, f"caveats.{row}"
        page.write_within(_MARGIN, y, line, _SMALL_PRINT_PX, _WIDTH, field=field)


def _caveat_lines(page: Page, headline: Headline) -> list[str]:
    """Return as many caveats as fit, and how many do not."""
    remarks = list(filter(None, _remarks(headline)))
    for number in range(len(remarks), 0, -1):
        omitted = len(remarks) - number
        rest = [f"and {text.count(omitted)} more, in the text"] if omitted else []
        lines = page.wrap(" · ".join([*remarks[:number], *rest]), _WIDTH, _SMALL_PRINT_PX)
        if len(lines) <= _CAVEAT_LINES:
            return lines
    return page.wrap(" · ".join(remarks), _WIDTH, _SMALL_PRINT_PX)[:_CAVEAT_LINES]


def _remarks(headline: Headline) -> Iterator[str]:
    tolerance = headline.results.spec.workload.tolerance
    yield from (phrases.short_caveat(caveat, tolerance) for caveat in headline.caveats)
    yield phrases.start_up(headline)
    yield phrases.equal_answers(headline)


def _origin(page: Page, headline: Headline, verdict: str) -> None:
    """Write the audit's verdict and where the numbers come from."""
    origin = f"{verdict} · {phrases.provenance(headline.results)}"
    lines = page.wrap(origin, _WIDTH, SMALLEST_PX)[:_ORIGIN_LINES]
    for row, line in enumerate(lines):
        y, field = 842 + row * 34, f"results.{row}"
        page.write_within(_MARGIN, y, line, SMALLEST_PX, _WIDTH, field=field)
