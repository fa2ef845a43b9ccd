"""The baseline's rates beside what its machine can do: a table with bars, in columns of the page.

May import ``claims`` (its types), ``model``, ``text`` and its neighbours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness import text
from harness.claims.baseline_proof import BaselineProof
from harness.model import Rate
from harness.show import appendix_phrases
from harness.show.figures.axes import AREA
from harness.show.figures.box import Box
from harness.show.figures.labels import place_label
from harness.show.figures.page import SMALLEST_PX, Line, Page, Spot

MOST_TUNED = 5

_BOTTOM_PX = 740
_NAMES_PX = 430
_VALUES_PX = 120
_ROW_PX = 62
_THICKNESS = 0.62
_NAME_ABOVE_PX = 34
_LOW_BAR_PX = 18
_LONGEST_UNIT = 24


@dataclass(frozen=True, kw_only=True)
class RateBar:
    """One rate, its name and its field; ``own`` is the baseline itself, or its chosen setting."""

    name: str
    rate: Rate
    field: str
    own: bool = False


def rate_bars(proof: BaselineProof, most_tuned: int = MOST_TUNED) -> tuple[RateBar, ...]:
    """Return every rate: the limit, the baseline, settings around the chosen one, variants."""
    return tuple(_bars(proof, most_tuned))


def _bars(proof: BaselineProof, most_tuned: int) -> Iterator[RateBar]:
    if proof.limit is not None:
        name = f"limit: {text.printable(proof.limit.name)}"
        yield RateBar(name=name, rate=proof.limit, field="proof.limit")
    yield RateBar(name="baseline, as it ran", rate=proof.own, field="proof.own", own=True)
    for place in _choose_places(proof, most_tuned):
        rate = proof.tuned[place]
        chosen = rate.value == proof.chosen
        name = f"{appendix_phrases.variant(rate)}{', chosen' if chosen else ''}"
        yield RateBar(name=name, rate=rate, field=f"proof.tuned.{place}", own=chosen)
    if proof.whole is not None:
        name = f"on all {text.number_of(proof.whole.cores, 'core')}, one pass"
        yield RateBar(name=name, rate=proof.whole, field="proof.whole")
    if proof.textbook is not None:
        yield RateBar(name="textbook program", rate=proof.textbook, field="proof.textbook")


def _choose_places(proof: BaselineProof, most: int) -> list[int]:
    """Return the places of the settings nearest to the chosen one, in order."""
    places = range(len(proof.tuned))
    chosen = next((place for place in places if proof.tuned[place].value == proof.chosen), 0)
    return sorted(sorted(places, key=lambda place: abs(place - chosen))[:most])


def draw_wide(
    page: Page, bars: Sequence[RateBar], proof: BaselineProof, unit: str, left: float, right: float
) -> None:
    """Draw all rates as bars on one scale, each to the right of its name."""
    _write_heading(page, unit, left)
    height = min(_ROW_PX, (_BOTTOM_PX - AREA.top) / len(bars))
    scale = (right - _VALUES_PX - left - _NAMES_PX) / max(bar.rate.items_per_s for bar in bars)
    for place, bar in enumerate(bars):
        top = AREA.top + place * height
        thickness = height * _THICKNESS
        baseline = top + thickness / 2 + 9
        _write_name(page, bar, left, baseline, _NAMES_PX - 14)
        start = left + _NAMES_PX
        drawn = Box(start, top, start + bar.rate.items_per_s * scale, top + thickness)
        _draw_bar(page, bar, drawn, baseline, proof)


def draw_narrow(
    page: Page, bars: Sequence[RateBar], proof: BaselineProof, unit: str, left: float, right: float
) -> None:
    """Draw all rates as bars on one scale, each below its name."""
    _write_heading(page, unit, left)
    height = min(_ROW_PX + 8, (_BOTTOM_PX - AREA.top) / len(bars))
    scale = (right - _VALUES_PX - left) / max(bar.rate.items_per_s for bar in bars)
    for place, bar in enumerate(bars):
        top = AREA.top + place * height
        _write_name(page, bar, left, top + 22, right - left)
        bar_top = top + _NAME_ABOVE_PX
        drawn = Box(left, bar_top, left + bar.rate.items_per_s * scale, bar_top + _LOW_BAR_PX)
        _draw_bar(page, bar, drawn, bar_top + _LOW_BAR_PX, proof)


def _write_heading(page: Page, unit: str, left: float) -> None:
    heading = f"rate, {text.printable(unit)[:_LONGEST_UNIT]} a second"
    page.write(left, AREA.top - 30, heading, SMALLEST_PX, field="spec.workload.unit")


def _write_name(page: Page, bar: RateBar, left: float, baseline: float, width: float) -> None:
    field = f"{bar.field}.value"
    page.write_within(left, baseline, bar.name, SMALLEST_PX, width, field=field, bold=bar.own)


def _draw_bar(page: Page, bar: RateBar, drawn: Box, baseline: float, proof: BaselineProof) -> None:
    """Draw a bar, the baseline's own in its colour, and its value at its end."""
    page.fill(drawn, page.theme.baseline if bar.own else page.theme.pale)
    value, end = text.three_digits(bar.rate.items_per_s), drawn.right + 12
    page.write(end, baseline, value, SMALLEST_PX, field=f"{bar.field}.items_per_s", bold=bar.own)
    if bar.rate is proof.textbook and proof.speedup_over_textbook is not None:
        right = end + page.width_of(value, SMALLEST_PX) + 24
        fake = f"would fake {text.times(proof.speedup_over_textbook)}"
        label = Line(fake, SMALLEST_PX, "proof.speedup_over_textbook")
        place_label(page, [label], [Spot(right, baseline)])
