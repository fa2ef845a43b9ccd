"""The scaling curve: S(p) against p, measured points filled, predictions hollow, beside the ideal line and Amdahl's law.

May import ``score.curve``, and ``page``, ``chart``, ``margins`` and ``picture``.
"""

from collections.abc import Callable, Iterator

from harness import text
from harness.claims.curve import Curve, Law, Origin, Point, Prediction
from harness.model import Kind
from harness.show import phrases
from harness.show.figures import axes, header_footer
from harness.show.figures.axes import Tick
from harness.show.figures.axis_range import Window, ideal, reach, window_of
from harness.show.figures.page import Line, Page
from harness.show.figures.picture import Missing, Picture, sentence

_LINE_POINTS, _NAME_FROM_PX = 120, 700
_LARGE_PX, _SMALL_PX = 34, 25
_BASELINE_APART_PX = 60


def picture(curve: Curve | None) -> Picture | Missing:
    """Return the picture of a scaling curve (None: no scale has a complete pair)."""
    return Missing("no scale has a complete pair") if curve is None else of_curve(curve)


def of_curve(seen: Curve) -> Picture:
    """Return the picture of a curve with one point or more."""
    return Picture(_title(seen), _described(seen), lambda page: _paint(page, seen))


def _paint(page: Page, seen: Curve) -> None:
    window, results = window_of(seen), seen.results
    out_of_sight = [
        _foretold(prediction)
        for prediction in seen.predictions[-1:]
        if prediction not in window.predictions
    ]
    remark = " · ".join(filter(None, (_law(seen), _spread(seen), *out_of_sight)))
    header_footer.title(page, _title(seen), field="speed.speedup-spec.workers")
    header_footer.remark(page, remark, results, field="law-points.interval-predictions")
    header_footer.footer(page, results)
    _axes(page, seen, window)
    _lines(page, seen, window)
    _points(page, seen, window)
    for place, prediction in enumerate(window.predictions):
        _prediction(page, prediction, window, place)
    _names(page, seen, window)


def _operating(seen: Curve) -> Point:
    """Return the point that the headline is about; where it is not there, the largest."""
    return next(
        (point for point in seen.points if point.workers == seen.results.spec.workers),
        seen.points[-1],
    )


def _title(seen: Curve) -> str:
    point, spec = _operating(seen), seen.results.spec
    who = (
        phrases.sides(seen.results)[1]
        if point.workers == spec.workers
        else text.number_of(point.workers, "worker")
    )
    most = ideal(spec, point.workers)
    whole = text.count(int(most)) if most == int(most) else text.three_digits(most)
    return f"{who}: {text.times(point.speedup)} of {whole}{text.TIMES}"


def _law(seen: Curve) -> str:
    law = seen.law
    if seen.rejected_law is not None:
        return f"the scales do not follow Amdahl’s law: it misses one by {text.percent(seen.rejected_law.misfit)}"
    if law is None:
        return "Amdahl’s law: no serial share is implied"
    ceiling = (
        f"so at most {text.times(law.ceiling)} ever"
        if law.serial_fraction > 0
        else "so no ceiling in sight"
    )
    fitted = f"fitted to {text.number_of(law.scales, 'scale')} within {text.percent(law.misfit)}"
    origin = "implied by one scale" if law.origin is Origin.IMPLIED else fitted
    return (
        f"Amdahl’s law: serial share f = {text.percent(law.serial_fraction)}, {origin}, {ceiling}"
    )


def _spread(seen: Curve) -> str:
    pairs = _operating(seen).pairs
    if pairs == 1:
        return "one observation a point, no error bar"
    if seen.results.kind is Kind.DECLARED:
        return f"bars: lowest to highest of any two of {text.count(pairs)} observations a side"
    if _operating(seen).interval is None:
        return f"bars: lowest to highest of {text.count(pairs)} pairs"
    return f"bars: 95 % interval of {text.count(pairs)} pairs"


def _foretold(prediction: Prediction) -> str:
    return f"predicted, not measured: {text.times(prediction.speedup)} on {text.number_of(prediction.workers, 'worker')}"


def _axes(page: Page, seen: Curve, window: Window) -> None:
    scales = sorted(
        {
            *(point.workers for point in seen.points),
            *(prediction.workers for prediction in window.predictions),
        }
    )
    first = [_operating(seen).workers, *(prediction.workers for prediction in window.predictions)]
    ranked = [
        *first,
        *(scale for scale in scales if scale not in first),
        *([] if 1 in scales else [1]),
    ]
    x_ticks = [Tick(scale, text.count(scale)) for scale in ranked]
    ticks = (axes.doublings if window.y.log else axes.round_values)(
        window.y.lowest, window.y.highest, 6
    )
    y_ticks = [
        Tick(value, f"{text.tolerance(value) if value else text.count(0)}{text.TIMES}")
        for value in ticks
    ]
    how = ", both axes logarithmic" if window.x.log else ""
    axes.axes(
        page,
        window.x,
        window.y,
        x_ticks,
        y_ticks,
        (f"number of workers p{how}", "speedup S(p), times as fast as the baseline"),
    )


def _lines(page: Page, seen: Curve, window: Window) -> None:
    """The ideal line, Amdahl's curve, dashed beyond what was measured without a flag, and its ceiling."""
    spec = seen.results.spec
    _trace(
        page,
        window,
        lambda workers: ideal(spec, workers),
        window.x.lowest,
        window.x.highest,
        page.theme.ink,
        dashed=False,
    )
    if seen.law is None:
        return
    law, color = _amdahl(seen.law), page.theme.distributed
    largest = max((point.workers for point in seen.points if not _flags(point)), default=1)
    _trace(page, window, law, 1, largest, color, dashed=False)
    _trace(page, window, law, largest, window.x.highest, color, dashed=True)
    if window.y.shows(seen.law.ceiling):
        _trace(
            page,
            window,
            lambda _: seen.law.ceiling if seen.law else 0,
            window.x.lowest,
            window.x.highest,
            page.theme.ink,
            dashed=True,
        )


def _amdahl(law: Law) -> Callable[[float], float]:
    """Return Amdahl's law as a line, between whole numbers of workers too. Source: Amdahl, AFIPS 1967."""
    return lambda workers: 1 / (law.serial_fraction + (1 - law.serial_fraction) / workers)


def _along(window: Window, start: float, end: float) -> Iterator[float]:
    for place in range(_LINE_POINTS + 1):
        share = place / _LINE_POINTS
        yield start * (end / start) ** share if window.x.log else start + (end - start) * share


def _trace(
    page: Page,
    window: Window,
    line: Callable[[float], float],
    start: float,
    end: float,
    color: str,
    *,
    dashed: bool,
) -> None:
    shown = [(workers, line(workers)) for workers in _along(window, start, end)]
    places = [window.at(*point) for point in shown if window.y.shows(point[1])]
    xs, ys = [x for x, _ in places], [y for _, y in places]
    page.line(xs, ys, color, 3, dashed=dashed)
    page.keep_clear(axes.boxes_along(xs, ys))


def _points(page: Page, seen: Curve, window: Window) -> None:
    """Every measured point with its spread; the one that the headline is about is labelled first, then what is flagged."""
    operating, color = _operating(seen), page.theme.distributed
    for point in seen.points:
        x, y = window.at(point.workers, point.speedup)
        if point.pairs > 1:
            _error_bar(page, x, *(window.y.at(end) for end in reach(point)))
        page.mark(
            x,
            y,
            _shape(point),
            color,
            size=_LARGE_PX if point is operating or _flags(point) else _SMALL_PX,
        )
    _gap(page, seen, window, operating)
    _baseline(page, seen, window)
    ranked = sorted(
        enumerate(seen.points),
        key=lambda placed: (placed[1] is not operating, not _flags(placed[1])),
    )
    for place, point in ranked:
        told = _told(point, place, point is operating, seen)
        axes.label_beside(
            page,
            told,
            window.at(point.workers, point.speedup),
            always=point is operating or bool(_flags(point)),
        )


def _shape(point: Point) -> str:
    """Return the mark's shape: a cross for a speedup that cost quality, a triangle for one on too few cores, else a disc."""
    return "o" if not _flags(point) else "^" if point.quality_held else "X"


def _flags(point: Point) -> list[str]:
    return [
        flag
        for flag, given in (
            ("oversubscribed", point.oversubscribed),
            ("not a clean win", not point.quality_held),
        )
        if given
    ]


def _error_bar(page: Page, x: float, low: float, high: float) -> None:
    page.line([x, x], [low, high], page.theme.ink, 3)
    for end in (low, high):
        page.line([x - 12, x + 12], [end, end], page.theme.ink, 3)
    page.keep_clear(axes.boxes_along([x, x], [low, high], 12))


def _gap(page: Page, seen: Curve, window: Window, point: Point) -> None:
    """A dotted line from the operating point to the ideal: what is missing."""
    x, y = window.at(point.workers, point.speedup)
    top = window.y.at(ideal(seen.results.spec, point.workers))
    page.line([x, x], [y, top], page.theme.ink, 3, dashed=True)
    page.keep_clear(axes.boxes_along([x, x], [y, top]))


def _baseline(page: Page, seen: Curve, window: Window) -> None:
    """The baseline itself, which is 1× by definition, where the first point is well away from it."""
    x, y = window.at(1, 1)
    if (
        seen.results.spec.baseline_cores == seen.results.spec.cores_per_worker
        and window.x.at(seen.points[0].workers) - x > _BASELINE_APART_PX
    ):
        page.mark(x, y, "s", page.theme.baseline, size=_SMALL_PX)
        axes.label_beside(page, [Line("baseline")], (x, y))


def _told(point: Point, place: int, operating: bool, seen: Curve) -> list[Line]:
    field, tolerance = f"points.{place}", seen.results.spec.workload.tolerance
    lines = [
        Line(text.times(point.speedup), 40 if operating else 30, f"{field}.speedup", bold=True)
    ]
    if operating:
        lines.append(Line(f"E = {text.percent(point.efficiency)}", 30, f"{field}.efficiency"))
    lines += [Line(flag, 26) for flag in _flags(point)]
    if not point.quality_held:
        lines.append(
            Line(f"Δ {text.change(point.quality_change, tolerance)}", 26, f"{field}.change")
        )
    return lines


def _prediction(page: Page, prediction: Prediction, window: Window, place: int) -> None:
    x, y = window.at(prediction.workers, prediction.speedup)
    page.mark(x, y, "o", page.theme.distributed, hollow=True, size=26)
    lines = [
        Line(text.times(prediction.speedup), 30, f"predictions.{place}.speedup", bold=True),
        Line("predicted", 28),
    ]
    axes.label_beside(page, lines, (x, y), always=True)


def _names(page: Page, seen: Curve, window: Window) -> None:
    """The names of the lines, each on its own line, and the baseline where no other point is near it."""
    law = seen.law
    if law is not None and window.y.shows(law.ceiling):
        height = window.y.at(law.ceiling)
        above = [
            (float(x), height - 14, "left")
            for x in range(axes.LEFT_PX + 20, axes.RIGHT_PX - 300, 40)
        ]
        page.label([Line(f"ceiling 1/f = {text.times(law.ceiling)}", 28, "law.ceiling")], above)
    along = _on_line(window, lambda workers: ideal(seen.results.spec, workers), 0.98)
    page.label([Line("ideal")], [(x - 14, y - 14, "right") for x, y in along])
    if law is not None:
        places = [
            place for place in _on_line(window, _amdahl(law), 0.9) if place[0] > _NAME_FROM_PX
        ]
        spots = [
            spot
            for x, y in places
            for spot in ((x + 10, y + 40, "left"), (x - 14, y - 16, "right"))
        ]
        page.label([Line("Amdahl’s law")], spots)


def _on_line(
    window: Window, line: Callable[[float], float], start: float
) -> list[tuple[float, float]]:
    """Return points of a line that are in sight, from that share of the axis to its left."""
    span = window.x.to_px - window.x.from_px
    scales = list(
        _along(window, window.x.lowest or window.x.highest / _LINE_POINTS, window.x.highest)
    )
    places = [window.at(scale, line(scale)) for scale in scales if window.y.shows(line(scale))]
    return [place for place in reversed(places) if place[0] <= window.x.from_px + start * span]


def _described(seen: Curve) -> str:
    measured = [_sentence(point, seen.results.spec.workload.tolerance) for point in seen.points]
    foretold = [sentence(_foretold(prediction)) for prediction in seen.predictions]
    law = sentence(f"{_law(seen)}; {_spread(seen)}")
    return " ".join(
        ["Speedup over the baseline against the number of workers.", *measured, law, *foretold]
    )


def _sentence(point: Point, tolerance: float) -> str:
    low, high = (text.times(end) for end in reach(point))
    spread = f", from {low} to {high}" if point.pairs > 1 else ""
    flags = "".join(f", {flag}" for flag in _flags(point))
    moved = (
        ""
        if point.quality_held
        else f", quality moved by {text.change(point.quality_change, tolerance)}"
    )
    fast = f"{text.times(point.speedup)}{spread}, efficiency {text.percent(point.efficiency)}"
    return f"Measured on {text.number_of(point.workers, 'worker')}: {fast}{flags}{moved}."
