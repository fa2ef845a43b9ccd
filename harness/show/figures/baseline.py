"""How good the baseline is: its core's utilization, and its rate beside what its machine can do.

The rates are a table with bars, so they stand in columns of the page instead of on axes.
May import ``claims`` (its types), ``model``, ``text`` and its neighbours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness import text
from harness.claims.baseline_proof import BaselineProof
from harness.claims.headline import Headline
from harness.model import Rate
from harness.show.figures.axes import AREA, Axis, Tick, open_chart, round_values, set_ticks
from harness.show.figures.box import WIDTH_PX, Box
from harness.show.figures.labels import place_label
from harness.show.figures.page import MARGIN, SMALLEST_PX, Line, Page, Spot
from harness.show.figures.picture import (
    Missing,
    Picture,
    sentence,
    write_footer,
    write_remark,
    write_title,
)

MOST_TUNED = 5

_RATES_FROM_PX = 640
_RATES_BOTTOM_PX = 740
_NAMES_PX = 430
_VALUES_PX = 120
_ROW_PX = 62
_THICKNESS = 0.62
_LONGEST_UNIT = 24


@dataclass(frozen=True, kw_only=True)
class _Bar:
    """One rate, its name and its field; ``own`` is the baseline itself, or its chosen setting."""

    name: str
    rate: Rate
    field: str
    own: bool = False


def picture(headline: Headline, proof: BaselineProof | None) -> Picture | Missing:
    """Return what proves the baseline (None: it was not timed beside its variants)."""
    if proof is None:
        return Missing("the baseline was not timed beside its variants")
    return Picture(
        _title(headline, proof),
        _description(headline, proof),
        lambda page: _draw(page, headline, proof),
    )


def _title(headline: Headline, proof: BaselineProof) -> str:
    if proof.speedup_over_textbook is not None:
        fake, true = text.times(proof.speedup_over_textbook), text.times(headline.speed.speedup)
        return f"A textbook baseline would have faked {fake}, not {true}"
    if proof.share_of_limit is not None:
        return f"The baseline runs at {text.percent(proof.share_of_limit)} of its limit"
    if proof.behind_best is not None:
        return f"The baseline runs within {text.percent(proof.behind_best)} of its best setting"
    rate = text.rate(proof.own.items_per_s, headline.results.spec.workload.unit)
    return f"The baseline does {rate}"


def _remark(proof: BaselineProof) -> str:
    """Return how good the baseline is."""
    parts = []
    if proof.share_of_limit is not None:
        parts.append(f"the baseline runs at {text.percent(proof.share_of_limit)} of its limit")
    if proof.behind_best is not None:
        parts.append(_tuning(proof, proof.behind_best))
    if proof.whole is not None and proof.whole_speedup is not None:
        cores, times = text.number_of(proof.whole.cores, "core"), text.times(proof.whole_speedup)
        whole = f"on {cores} it is {times} as fast in one pass"
        if proof.speedup_over_whole is not None:
            whole += f", and the speedup over that {text.times(proof.speedup_over_whole)}"
        parts.append(whole)
    return " · ".join(parts)


def _tuning(proof: BaselineProof, behind_best: float) -> str:
    """Return how the chosen setting compares to the others that were tried."""
    name = text.printable(proof.tuned_by)
    if proof.best is not None and proof.best.value == proof.chosen:
        return f"its {name} is the fastest of {text.count(len(proof.tuned))} tried"
    return f"{text.percent(behind_best)} behind the best {name} tried"


def _draw(page: Page, headline: Headline, proof: BaselineProof) -> None:
    write_title(page, _title(headline, proof), field="proof.speedup_over_textbook-speed.speedup")
    write_remark(page, _remark(proof), headline.results, field="proof")
    write_footer(page, headline.results)
    utilization = _utilization(headline)
    if len(utilization) > 1:
        _draw_utilization(page, headline, utilization)
        _draw_rates(page, headline, proof, _RATES_FROM_PX)
    else:
        _draw_rates(page, headline, proof, MARGIN)


def _utilization(headline: Headline) -> tuple[float, ...]:
    """Return the utilization of the baseline's process in its first trial, in cores."""
    detail = headline.pairs.baseline[0].workers_detail
    return detail[0].utilization if detail else ()


def _draw_utilization(page: Page, headline: Headline, utilization: Sequence[float]) -> None:
    """Draw the core's utilization from go to finished."""
    x, y = Axis(0, 1), Axis(0, max(1.0, *utilization) * 1.08)
    names = ("time since go", "utilization of the baseline’s core")
    area = Box(AREA.left, AREA.top, _RATES_FROM_PX - 100, AREA.bottom)
    chart = open_chart(page, x, y, names, area)
    start, end = text.durations(0.0, headline.speed.baseline_s)
    shares = [Tick(share, text.percent(share)) for share in round_values(y, most=6)]
    set_ticks(chart, [Tick(0, start), Tick(1, end)], shares)
    last = len(utilization) - 1
    points = [(place / last, share) for place, share in enumerate(utilization)]
    chart.line(points, page.theme.baseline, 5)


def _bars(proof: BaselineProof) -> Iterator[_Bar]:
    """Yield every rate: the limit, the baseline, settings around the chosen one, variants."""
    if proof.limit is not None:
        name = f"limit: {text.printable(proof.limit.name)}"
        yield _Bar(name=name, rate=proof.limit, field="proof.limit")
    yield _Bar(name="baseline, as it ran", rate=proof.own, field="proof.own", own=True)
    for place in _choose_places(proof):
        rate = proof.tuned[place]
        chosen = rate.value == proof.chosen
        name = f"{_setting(rate)}{', chosen' if chosen else ''}"
        yield _Bar(name=name, rate=rate, field=f"proof.tuned.{place}", own=chosen)
    if proof.whole is not None:
        name = f"on all {text.number_of(proof.whole.cores, 'core')}, one pass"
        yield _Bar(name=name, rate=proof.whole, field="proof.whole")
    if proof.textbook is not None:
        yield _Bar(name="textbook program", rate=proof.textbook, field="proof.textbook")


def _choose_places(proof: BaselineProof) -> list[int]:
    """Return the places of the settings nearest to the chosen one, in order."""
    places = range(len(proof.tuned))
    chosen = next((place for place in places if proof.tuned[place].value == proof.chosen), 0)
    return sorted(sorted(places, key=lambda place: abs(place - chosen))[:MOST_TUNED])


def _setting(rate: Rate) -> str:
    value = rate.value
    number = text.count(int(value)) if float(value).is_integer() else text.three_digits(value)
    return f"{text.printable(rate.name)} {number}"


def _draw_rates(page: Page, headline: Headline, proof: BaselineProof, left: float) -> None:
    """Draw all rates as bars on one scale, the baseline's own in its colour."""
    bars = list(_bars(proof))
    unit = text.printable(headline.results.spec.workload.unit)[:_LONGEST_UNIT]
    heading = f"rate, {unit} a second"
    page.write(left, AREA.top - 30, heading, SMALLEST_PX, field="spec.workload.unit")
    height = min(_ROW_PX, (_RATES_BOTTOM_PX - AREA.top) / len(bars))
    scale = (WIDTH_PX - MARGIN - _VALUES_PX - left - _NAMES_PX) / max(
        bar.rate.items_per_s for bar in bars
    )
    for place, bar in enumerate(bars):
        top = AREA.top + place * height
        _draw_rate(page, bar, Box(left, top, left + _NAMES_PX, top + height), scale, proof)


def _draw_rate(page: Page, bar: _Bar, name: Box, scale: float, proof: BaselineProof) -> None:
    """Draw one rate: its name in a box, and to the right of that its bar and value."""
    thickness = name.height * _THICKNESS
    baseline = name.top + thickness / 2 + 9
    end = name.right + bar.rate.items_per_s * scale
    color = page.theme.baseline if bar.own else page.theme.faint
    page.write_within(
        name.left,
        baseline,
        bar.name,
        SMALLEST_PX,
        name.width - 14,
        field=f"{bar.field}.value",
        bold=bar.own,
    )
    page.fill(Box(name.right, name.top, end, name.top + thickness), color)
    value = text.three_digits(bar.rate.items_per_s)
    field = f"{bar.field}.items_per_s"
    page.write(end + 12, baseline, value, SMALLEST_PX, field=field, bold=bar.own)
    if bar.rate is proof.textbook and proof.speedup_over_textbook is not None:
        right = end + 12 + page.width_of(value, SMALLEST_PX) + 24
        fake = f"would fake {text.times(proof.speedup_over_textbook)}"
        label = Line(fake, SMALLEST_PX, "proof.speedup_over_textbook")
        place_label(page, [label], [Spot(right, baseline)])


def _description(headline: Headline, proof: BaselineProof) -> str:
    unit = headline.results.spec.workload.unit
    rates = [f"{bar.name}: {text.rate(bar.rate.items_per_s, unit)}" for bar in _bars(proof)]
    parts = filter(None, (_title(headline, proof), _remark(proof), *rates))
    return " ".join(map(sentence, parts))
