"""The least work that reaches the quality: quality against seconds, for less and less work.

May import ``claims`` (its types), ``model``, ``text`` and its neighbours.
"""

from harness import text
from harness.claims.baseline_proof import BaselineProof
from harness.claims.headline import Headline
from harness.claims.whole_pass import WholePass
from harness.model import Parameters
from harness.show import appendix_phrases
from harness.show.figures.axes import Axis, Chart, Tick, open_chart, round_values, set_ticks
from harness.show.figures.box import WIDTH_PX, Box
from harness.show.figures.labels import place_label
from harness.show.figures.page import Line, Page, Spot

_CHOSEN_PX, _SMALL_PX, _LABEL_PX = 34, 22, 28
_SPARE_ABOVE, _SPARE_BELOW, _SPARE_RIGHT = 0.16, 0.14, 1.12
_LONGEST_METRIC = 24
_FLAT = 0.01
_APART_PX = 50
_MOST_LABELS = 8


def title(proof: BaselineProof) -> str:
    """Return what the passes with less work show; empty where there is none."""
    if not proof.tried_less_work:
        return ""
    least = proof.least_work
    if least is None:
        return "No cheaper setting reaches this quality"
    settings = appendix_phrases.settings(least.rate.settings)
    return f"{settings} reaches this quality in {text.percent(least.share)} of the time"


def legend(proof: BaselineProof) -> str:
    """Return what was tried, and what the marks mean."""
    tried = text.number_of(len(proof.efforts), "cheaper setting")
    if proof.alternatives:
        tried += f" and {text.number_of(len(proof.alternatives), 'variant')}"
    return f"{tried} tried; a hollow mark is not as good"


def sentences(headline: Headline, proof: BaselineProof) -> list[str]:
    """Return each pass in words: ``steps 50: 10.0 s, accuracy 0.941``."""
    workload = headline.results.spec.workload
    passes = (*proof.efforts, *proof.alternatives)
    return [appendix_phrases.rate(one.rate, workload) for one in passes]


def draw_needed_work(page: Page, headline: Headline, proof: BaselineProof, area: Box) -> None:
    """Draw quality against seconds on an area of the page."""
    spec, quality = headline.results.spec, headline.quality.baseline
    baseline_s, limit = headline.speed.baseline_s, spec.workload.tolerance
    chart = _open(page, headline, proof, area)
    _draw_tolerance(chart, quality, limit)
    curve = [(one.seconds, one.quality) for one in proof.efforts]
    chart.line(sorted([*curve, (baseline_s, quality)]), page.theme.baseline, 5)
    for one in proof.efforts:
        _mark(chart, one, "o", page.theme.baseline)
    for one in proof.alternatives:
        _mark(chart, one, "D", page.theme.ink)
    chart.mark(baseline_s, quality, "o", page.theme.baseline, size=_CHOSEN_PX)
    _label_chosen(chart, headline, proof)
    _label_passes(chart, proof)
    _name_band(chart, quality, limit)


def _open(page: Page, headline: Headline, proof: BaselineProof, area: Box) -> Chart:
    """Open axes that hold every pass and the tolerance."""
    spec, quality = headline.results.spec, headline.quality.baseline
    limit = spec.workload.tolerance
    passes = (*proof.efforts, *proof.alternatives)
    qualities = [quality - limit, quality + limit, *(one.quality for one in passes)]
    low, high = min(qualities), max(qualities)
    span = high - low or abs(quality) * _FLAT or _FLAT
    slowest = max(headline.speed.baseline_s, *(one.seconds for one in passes))
    x = Axis(0, slowest * _SPARE_RIGHT)
    y = Axis(low - _SPARE_BELOW * span, high + _SPARE_ABOVE * span)
    cores = text.number_of(spec.baseline_cores, "core")
    metric = text.printable(spec.workload.metric)[:_LONGEST_METRIC]
    chart = open_chart(page, x, y, (f"time on {cores}", f"{metric}, held out"), area)
    seconds, values = round_values(x, most=6), round_values(y, most=6)
    times = zip(seconds, text.durations(*seconds), strict=True)
    heights = [Tick(value, text.quality(value, limit)) for value in values]
    set_ticks(chart, [Tick(*one) for one in times], heights, guide_lines=False)
    return chart


def _draw_tolerance(chart: Chart, quality: float, limit: float) -> None:
    """Draw the band of what counts as good; no label stands on its edges or beside the chart."""
    page, area = chart.page, chart.area
    chart.band(quality - limit, quality + limit, page.theme.shade)
    chart.line([(0, quality), (chart.x.highest, quality)], page.theme.pale, dashed=True)
    edges = (chart.at(0, value)[1] for value in (quality - limit, quality + limit))
    page.keep_clear(Box(area.left, edge - 2, area.right, edge + 2) for edge in edges)
    beside = Box(area.right + 20, area.top, WIDTH_PX, area.bottom)
    page.keep_clear([Box(0, area.top, area.left + 8, area.bottom), beside])


def _mark(chart: Chart, one: WholePass, shape: str, color: str) -> None:
    """Draw a pass: filled where it is as good as the baseline, hollow where it is not."""
    chart.mark(one.seconds, one.quality, shape, color, size=_SMALL_PX, hollow=not one.holds)


def _label_chosen(chart: Chart, headline: Headline, proof: BaselineProof) -> None:
    """Name the settings of the baseline below the band or above it, else wherever there is room."""
    quality, seconds = headline.quality.baseline, headline.speed.baseline_s
    limit = headline.results.spec.workload.tolerance
    words = Line(_chosen(headline, proof), _LABEL_PX, "spec.params", bold=True)
    lines = [words, Line(text.seconds(seconds), _LABEL_PX, "speed.baseline_s")]
    x, top = chart.at(seconds, quality + limit)
    _, bottom = chart.at(seconds, quality - limit)
    spots = [
        Spot(left, y, align)
        for y in (bottom + 38, top - 48)
        for left, align in ((x, "center"), (chart.area.right, "right"))
    ]
    room = place_label(chart.page, lines, spots)
    if room is None:
        chart.label(lines, seconds, quality, always=True)
    else:  # the name of the band on the same line would read as a part of it
        beside = Box(room.left - _APART_PX, room.top, room.right + _APART_PX, room.bottom)
        chart.page.keep_clear([beside])


def _label_passes(chart: Chart, proof: BaselineProof) -> None:
    """Name the passes, the best ones first, as many as have room."""
    named = [
        *((f"proof.efforts.{place}", one) for place, one in enumerate(proof.efforts)),
        *((f"proof.alternatives.{place}", one) for place, one in enumerate(proof.alternatives)),
    ]
    named.sort(key=lambda pair: (pair[1] is not proof.least_work, -pair[1].quality))
    for field, one in named[:_MOST_LABELS]:
        line = Line(_name(one, proof), _LABEL_PX, field, bold=one is proof.least_work)
        chart.label([line], one.seconds, one.quality)


def _name(one: WholePass, proof: BaselineProof) -> str:
    """Return a pass in a few words: the value alone where all efforts vary one setting."""
    values = [*one.rate.settings.values()]
    if len(values) == 1 and len(_varied(proof)) == 1:
        return appendix_phrases.setting_value(values[0])
    return appendix_phrases.variant(one.rate)


def _varied(proof: BaselineProof) -> list[str]:
    """Return the names of the settings that the efforts vary."""
    return [*dict.fromkeys(name for effort in proof.efforts for name in effort.rate.settings)]


def _chosen(headline: Headline, proof: BaselineProof) -> str:
    """Return the settings that the efforts vary, as the baseline ran with them."""
    params = headline.results.spec.params
    own: Parameters = {name: params[name] for name in _varied(proof) if name in params}
    return ", ".join(filter(None, (appendix_phrases.settings(own), "as it ran")))


def _name_band(chart: Chart, quality: float, limit: float) -> None:
    """Write what the band means, below it or above it, where there is room."""
    name = Line(f"as good: within {text.tolerance(limit)}", _LABEL_PX, "spec.workload.tolerance")
    _, top = chart.at(0, quality + limit)
    _, bottom = chart.at(0, quality - limit)
    lefts = range(int(chart.area.left) + 14, int(chart.area.right) - 200, 30)
    places = [(left, y) for y in (top - 12, bottom + 32) for left in lefts]
    place_label(chart.page, [name], [Spot(left, y) for left, y in places])
