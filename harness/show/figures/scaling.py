"""The scaling curve: S(p) against p, beside the ideal line and Amdahl's law.

Measured points are filled, predictions hollow. May import ``claims`` (its types), ``model``,
``text`` and its neighbours.
"""

import math
from collections.abc import Callable, Iterator

from harness import text
from harness.claims.curve import Curve, Law, Point, Prediction
from harness.show.figures import scaling_phrases as phrases
from harness.show.figures.axes import Chart, Tick, open_chart, round_values, set_ticks
from harness.show.figures.axis_range import CurveRange, choose_range, error_bar_ends, ideal
from harness.show.figures.labels import place_label
from harness.show.figures.page import Line, Page, Spot
from harness.show.figures.picture import (
    Missing,
    Picture,
    write_footer,
    write_remark,
    write_title,
)

_LARGE_PX = 34
_SMALL_PX = 25
_HOLLOW_PX = 26
_BASELINE_APART_PX = 60
_LAW_NAME_FROM_PX = 700


def picture(curve: Curve | None) -> Picture | Missing:
    """Return the picture of a scaling curve (None: no scale has a complete pair)."""
    return Missing("no scale has a complete pair") if curve is None else of_curve(curve)


def of_curve(curve: Curve) -> Picture:
    """Return the picture of a curve with one point or more."""
    return Picture(
        phrases.title(curve), phrases.description(curve), lambda page: _draw(page, curve)
    )


def _draw(page: Page, curve: Curve) -> None:
    shown = choose_range(curve)
    remark = phrases.remark(curve, shown)
    write_title(page, phrases.title(curve), field="speed.speedup-spec.workers")
    write_remark(page, remark, curve.results, field="law-points.interval-predictions")
    write_footer(page, curve.results)
    scale = ", both axes logarithmic" if shown.x.log else ""
    names = (f"number of workers p{scale}", "speedup S(p), times as fast as the baseline")
    chart = open_chart(page, shown.x, shown.y, names)
    set_ticks(chart, _worker_ticks(curve, shown), _speedup_ticks(shown))
    _draw_lines(chart, curve)
    _draw_points(chart, curve)
    _name_ceiling(chart, curve)
    _label_points(chart, curve)
    for place, prediction in enumerate(shown.predictions):
        _draw_prediction(chart, prediction, place)
    _name_lines(chart, curve)


def _worker_ticks(curve: Curve, shown: CurveRange) -> list[Tick]:
    """Return a tick for every point, those that must be there first, and for one worker."""
    predicted = [prediction.workers for prediction in shown.predictions]
    measured = [point.workers for point in curve.points]
    workers = dict.fromkeys(
        [phrases.headline_point(curve).workers, *predicted, *sorted(measured), 1]
    )
    return [Tick(number, text.count(number)) for number in workers]


def _speedup_ticks(shown: CurveRange) -> list[Tick]:
    values = round_values(shown.y, most=6)
    return [
        Tick(value, f"{text.tolerance(value) if value else text.count(0)}{text.TIMES}")
        for value in values
    ]


def _draw_lines(chart: Chart, curve: Curve) -> None:
    """Draw the ideal line, Amdahl's law, dashed beyond the clean points, and its ceiling."""
    ink, color = chart.page.theme.ink, chart.page.theme.distributed
    start, end = chart.x.lowest, chart.x.highest
    chart.line(_points_of(chart, _ideal_line(curve), start, end), ink)
    if curve.law is None:
        return
    law = amdahl(curve.law)
    measured = [point.workers for point in curve.points if not phrases.flags(point)]
    largest = max(measured, default=1)
    chart.line(_points_of(chart, law, 1, largest), color)
    chart.line(_points_of(chart, law, largest, end), color, dashed=True)
    if chart.y.contains(curve.law.ceiling):
        ceiling = [(start, curve.law.ceiling), (end, curve.law.ceiling)]
        chart.line(ceiling, ink, dashed=True)


def _draw_points(chart: Chart, curve: Curve) -> None:
    """Draw every measured point with its error bar, and the headline's gap to the ideal."""
    headline, theme = phrases.headline_point(curve), chart.page.theme
    for point in curve.points:
        if point.pairs > 1:
            chart.error_bar(point.workers, *error_bar_ends(point))
        large = point is headline or phrases.flags(point)
        size = _LARGE_PX if large else _SMALL_PX
        chart.mark(point.workers, point.speedup, _shape(point), theme.distributed, size=size)
    best = ideal(curve.results.spec, headline.workers)
    gap = [(headline.workers, headline.speedup), (headline.workers, best)]
    chart.line(gap, theme.ink, dashed=True)


def _label_points(chart: Chart, curve: Curve) -> None:
    """Label the baseline, then the headline's point, then flagged points, then all others."""
    _draw_baseline(chart, curve)
    headline = phrases.headline_point(curve)
    places = sorted(
        range(len(curve.points)),
        key=lambda place: (
            curve.points[place] is not headline,
            not phrases.flags(curve.points[place]),
        ),
    )
    for place in places:
        point = curve.points[place]
        needed = point is headline or bool(phrases.flags(point))
        lines = _label(point, place, curve)
        chart.label(lines, point.workers, point.speedup, always=needed)


def _draw_baseline(chart: Chart, curve: Curve) -> None:
    """Draw the baseline, 1× by definition, if the first point is well away from it."""
    spec = curve.results.spec
    first, one = (chart.at(workers, 1)[0] for workers in (curve.points[0].workers, 1))
    if spec.baseline_cores == spec.cores_per_worker and first - one > _BASELINE_APART_PX:
        chart.mark(1, 1, "s", chart.page.theme.baseline, size=_SMALL_PX)
        chart.label([Line("baseline")], 1, 1)


def _shape(point: Point) -> str:
    """Return a point's mark: a cross if it cost quality, a triangle on too few cores, a disc."""
    if not point.quality_tolerated:
        return "X"
    return "^" if point.oversubscribed else "o"


def _label(point: Point, place: int, curve: Curve) -> list[Line]:
    field, is_headline = f"points.{place}", point is phrases.headline_point(curve)
    speedup = text.times(point.speedup)
    lines = [Line(speedup, 40 if is_headline else 30, f"{field}.speedup", bold=True)]
    if is_headline:
        lines.append(Line(f"E = {text.percent(point.efficiency)}", 30, f"{field}.efficiency"))
    lines += [Line(flag, 26) for flag in phrases.flags(point)]
    if not point.quality_tolerated:
        change = text.change(point.quality_change, curve.results.spec.workload.tolerance)
        lines.append(Line(f"Δ {change}", 26, f"{field}.change"))
    return lines


def _draw_prediction(chart: Chart, prediction: Prediction, place: int) -> None:
    workers, speedup = prediction.workers, prediction.speedup
    color = chart.page.theme.distributed
    chart.mark(workers, speedup, "o", color, size=_HOLLOW_PX, hollow=True)
    number = Line(text.times(speedup), 30, f"predictions.{place}.speedup", bold=True)
    chart.label([number, Line("predicted", 28)], workers, speedup, always=True)


def _name_ceiling(chart: Chart, curve: Curve) -> None:
    """Write the ceiling above its line, or with an arrow at the upper edge if it lies beyond."""
    law = curve.law
    if law is None or not math.isfinite(law.ceiling):
        return
    name, height = f"ceiling 1/f = {text.times(law.ceiling)}", chart.area.top + 40
    if chart.y.contains(law.ceiling):
        height = chart.at(chart.x.highest, law.ceiling)[1]
    else:
        name = f"↑ {name}, f {text.percent(law.serial_fraction)}"
    lefts = range(int(chart.area.left) + 20, int(chart.area.right) - 300, 40)
    spots = [Spot(left, height - 14) for left in lefts]
    place_label(chart.page, [Line(name, 28, "law.ceiling")], spots)


def _name_lines(chart: Chart, curve: Curve) -> None:
    """Write the names of the lines, each beside its own line."""
    page, law = chart.page, curve.law
    along = _places_on(chart, _ideal_line(curve), 0.98)
    place_label(page, [Line("ideal")], [Spot(x - 14, y - 14, "right") for x, y in along])
    if law is not None:
        spots = [
            spot
            for x, y in _places_on(chart, amdahl(law), 0.9)
            if x > _LAW_NAME_FROM_PX
            for spot in (Spot(x + 10, y + 40), Spot(x - 14, y - 16, "right"))
        ]
        place_label(page, [Line("Amdahl’s law")], spots)


def _ideal_line(curve: Curve) -> Callable[[float], float]:
    return lambda workers: ideal(curve.results.spec, workers)


def amdahl(law: Law) -> Callable[[float], float]:
    """Return Amdahl's law for any number of workers. Source: Amdahl, AFIPS 1967."""
    return lambda workers: 1 / (law.serial_fraction + (1 - law.serial_fraction) / workers)


def _points_of(
    chart: Chart, line: Callable[[float], float], start: float, end: float
) -> list[tuple[float, float]]:
    """Return points of a line, in values of the axes."""
    return [(workers, line(workers)) for workers in chart.x.between(start, end)]


def _places_on(
    chart: Chart, line: Callable[[float], float], share: float
) -> Iterator[tuple[float, float]]:
    """Yield places on a line in pixels, leftwards from that share of the x axis."""
    lowest = chart.x.lowest or chart.x.highest / 120
    for workers, speedup in reversed(_points_of(chart, line, lowest, chart.x.highest)):
        if chart.y.contains(speedup) and chart.x.share(workers) <= share:
            yield chart.at(workers, speedup)
