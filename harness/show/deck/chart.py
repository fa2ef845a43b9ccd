"""The scaling curve as a chart of a presentation, which its program can change.

All series share one x, so that every program draws them all. May import ``harness.claims``, for its
values, ``harness.show.figures`` and, when a chart is made, the extra python-pptx.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from harness.claims.curve import Curve
from harness.show.deck.package import without_moment
from harness.show.figures.axis_range import choose_range, ideal
from harness.show.figures.scaling import amdahl
from harness.show.figures.theme import Theme

if TYPE_CHECKING:
    from pptx.chart.data import XyChartData

MEASURED, PREDICTED = "measured", "predicted"
IDEAL, LAW = "ideal", "Amdahl's law"
AXES = ("number of workers p", "speedup S(p) over the baseline")
_TIMES = '[<10]0.00"×";[<100]0.0"×";0"×"'
_MEASURED_PT, _PREDICTED_PT = 16, 12
_DIGITS = 4


def chart_data(curve: Curve) -> "XyChartData":
    """Return the points of every series, rounded to four digits."""
    from pptx.chart.data import XyChartData

    series = _series(curve)
    shared = sorted({workers for points in series.values() for workers in points})
    data = XyChartData(number_format="General")
    for name, points in series.items():
        added = data.add_series(name)
        for workers in shared:
            speedup = points.get(workers)
            added.add_data_point(workers, None if speedup is None else _short(speedup))
    return data


def replace_data(chart: Any, curve: Curve) -> None:
    """Put a curve into a chart; its series keep their format."""
    chart.replace_data(chart_data(curve))
    settle(chart)


def is_scatter(shape: Any) -> bool:
    """Return whether a chart is of the kind that takes a curve."""
    return bool(shape.chart._chartSpace.xpath(".//c:scatterChart"))


def settle(chart: Any) -> None:
    """Remove from a chart's workbook when it was made."""
    workbook = chart.part.chart_workbook.xlsx_part
    workbook._blob = without_moment(workbook.blob)


def paint(chart: Any, theme: Theme, size_pt: float) -> None:
    """Give each series its colour and shape, and the axes their names."""
    from pptx.dml.color import RGBColor
    from pptx.enum.chart import XL_LEGEND_POSITION, XL_MARKER_STYLE
    from pptx.enum.dml import MSO_LINE
    from pptx.util import Pt

    ink, blue, pale = (
        RGBColor.from_string(color[1:]) for color in (theme.ink, theme.distributed, theme.pale)
    )
    chart.has_title, chart.has_legend = False, True
    chart.legend.position, chart.legend.include_in_layout = XL_LEGEND_POSITION.TOP, False
    chart.font.size = Pt(size_pt)
    chart.font.color.rgb = ink
    for series in chart.plots[0].series:
        is_law, is_measured = series.name == LAW, series.name == MEASURED
        series.smooth = False
        if is_law or series.name == IDEAL:
            series.marker.style = XL_MARKER_STYLE.NONE
            series.format.line.color.rgb = blue if is_law else ink
            series.format.line.width = Pt(2.5)
            series.format.line.dash_style = MSO_LINE.DASH if is_law else MSO_LINE.SOLID
            continue
        color = blue if is_measured else pale
        series.format.line.fill.background()
        series.marker.style = XL_MARKER_STYLE.CIRCLE if is_measured else XL_MARKER_STYLE.DIAMOND
        series.marker.size = _MEASURED_PT if is_measured else _PREDICTED_PT
        series.marker.format.fill.solid()
        series.marker.format.fill.fore_color.rgb = color
        series.marker.format.line.color.rgb = color
        _label(series, size_pt, is_measured=is_measured)


def _label(series: Any, size_pt: float, *, is_measured: bool) -> None:
    """Write its value beside every point of a series."""
    from pptx.chart.datalabel import DataLabels
    from pptx.enum.chart import XL_LABEL_POSITION
    from pptx.util import Pt

    labels = DataLabels(series._element.get_or_add_dLbls())
    labels.show_value, labels.number_format_is_linked = True, False
    labels.number_format = _TIMES
    labels.font.size, labels.font.bold = Pt(size_pt), is_measured
    labels.position = XL_LABEL_POSITION.ABOVE if is_measured else XL_LABEL_POSITION.BELOW


def name_axes(chart: Any, curve: Curve, theme: Theme, size_pt: float) -> None:
    """Write what the axes show, and make those logarithmic that the figure has so."""
    from pptx.dml.color import RGBColor
    from pptx.util import Pt

    shown = choose_range(curve)
    x, y = chart.category_axis, chart.value_axis
    x.has_major_gridlines = False
    y.major_gridlines.format.line.color.rgb = RGBColor.from_string(theme.faint[1:])
    for axis, name, log in zip((x, y), AXES, (shown.x.log, shown.y.log), strict=True):
        axis.has_title = True
        axis.axis_title.text_frame.text = name
        run = axis.axis_title.text_frame.paragraphs[0].runs[0]
        run.font.size, run.font.bold = Pt(size_pt), False
        axis.minimum_scale = 1 if log else 0
        if log:
            scaling = axis._element.xpath("./c:scaling")[0]
            base = scaling.makeelement(f"{{{scaling.nsmap['c']}}}logBase", {"val": "2"})
            scaling.insert(0, base)


def _series(curve: Curve) -> Mapping[str, Mapping[int, float]]:
    """Return the speedup by the number of workers, by the name of each series.

    What is drawn last lies on top.
    """
    predictions = {one.workers: one.speedup for one in choose_range(curve).predictions}
    measured = {point.workers: point.speedup for point in curve.points}
    every = sorted({1, *measured, *predictions})
    series = {IDEAL: {workers: ideal(curve.results.spec, workers) for workers in every}}
    if curve.law is not None:
        law = amdahl(curve.law)
        series |= {LAW: {workers: law(workers) for workers in every}, PREDICTED: predictions}
    return series | {MEASURED: measured}


def _short(value: float) -> float:
    return float(f"{value:.{_DIGITS}g}")
