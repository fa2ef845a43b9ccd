"""The baseline's honesty: its core's utilization over time, and its rate beside what else its machine could do.

May import ``score.evidence``, ``score.proof``, ``words`` and ``page``, ``chart``, ``margins`` and ``picture``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from harness import text
from harness.claims.baseline_proof import BaselineProof
from harness.claims.headline import Headline
from harness.model import Rate
from harness.show.figures import axes, header_footer
from harness.show.figures.axes import Scale, Tick
from harness.show.figures.page import MARGIN, SMALLEST_PX, WIDTH_PX, Line, Page
from harness.show.figures.picture import Missing, Picture, sentence

MOST_TUNED = 5

_SPLIT_PX, _BOTTOM_PX = 640, 740
_NAMES_PX, _VALUES_PX = 430, 120
_ROW_PX, _THICK = 62, 0.62


@dataclass(frozen=True)
class _Bar:
    """One rate: what ran, the field it comes from, and whether it is the baseline itself or its chosen setting."""

    name: str
    rate: Rate
    field: str
    own: bool


def picture(headline: Headline, proof: BaselineProof | None) -> Picture | Missing:
    """Return what proves the baseline (None: it was not timed beside its variants)."""
    if proof is None:
        return Missing("the baseline was not timed beside its variants")
    return Picture(
        _title(headline, proof),
        _described(headline, proof),
        lambda page: _paint(page, headline, proof),
    )


def _title(headline: Headline, known: BaselineProof) -> str:
    if known.fake_speedup is not None:
        return f"A careless baseline would have faked {text.times(known.fake_speedup)}, not {text.times(headline.speed.speedup)}"
    if known.share_of_limit is not None:
        return f"The baseline runs at {text.percent(known.share_of_limit)} of its limit"
    if known.behind_best is not None:
        return f"The baseline runs within {text.percent(known.behind_best)} of its best setting"
    return (
        f"The baseline does {text.rate(known.own.items_per_s, headline.results.spec.workload.unit)}"
    )


def _remark(known: BaselineProof) -> str:
    """Say how good the baseline is."""
    parts = []
    if known.share_of_limit is not None:
        parts.append(f"the baseline runs at {text.percent(known.share_of_limit)} of its limit")
    if known.behind_best is not None:
        parts.append(_tuning(known))
    if known.whole is not None and known.whole_speedup is not None:
        against = (
            ""
            if known.speedup_over_whole is None
            else f", and the speedup over that {text.times(known.speedup_over_whole)}"
        )
        parts.append(
            f"on {text.number_of(known.whole.cores, 'core')} it is {text.times(known.whole_speedup)} as fast in one pass{against}"
        )
    return " · ".join(parts)


def _paint(page: Page, headline: Headline, known: BaselineProof) -> None:
    header_footer.title(page, _title(headline, known), field="proof.fake_speedup-speed.speedup")
    header_footer.remark(page, _remark(known), headline.results, field="proof")
    header_footer.footer(page, headline.results)
    seen = _utilization(headline)
    if len(seen) > 1:
        _over_time(page, headline, seen)
    _rates(page, headline, known, _SPLIT_PX if len(seen) > 1 else MARGIN)


def _utilization(headline: Headline) -> tuple[float, ...]:
    """Return the utilization of the baseline's process in its first trial, as fractions of one core."""
    detail = headline.pairs.baseline[0].workers_detail
    return detail[0].utilization if detail else ()


def _over_time(page: Page, headline: Headline, seen: Sequence[float]) -> None:
    """The core's utilization from go to finished."""
    wall_s = headline.speed.baseline_s
    x = Scale(0, 1, axes.LEFT_PX, _SPLIT_PX - 100)
    y = Scale(0, max(1.0, *seen) * 1.08, axes.BOTTOM_PX, axes.TOP_PX)
    start, end = text.durations(0.0, wall_s)
    ticks = [Tick(share, text.percent(share)) for share in axes.round_values(0, y.highest, 6)]
    names = ("time since go", "utilization of the baseline’s core")
    axes.axes(page, x, y, [Tick(0, start), Tick(1, end)], ticks, names)
    xs = [x.at(place / (len(seen) - 1)) for place in range(len(seen))]
    page.line(xs, [y.at(share) for share in seen], page.theme.baseline, 5)


def _tuning(known: BaselineProof) -> str:
    """Say how the value that the baseline runs with stands among those that were tried."""
    name = text.printable(known.tuned_by)
    if known.best is not None and known.best.value == known.chosen:
        return f"its {name} is the fastest of {text.count(len(known.tuned))} tried"
    return f"{text.percent(known.behind_best or 0.0)} behind the best {name} tried"


def _bars(known: BaselineProof) -> list[_Bar]:
    """Return every rate, the careless variant last; of the tuning the chosen value and those around it."""
    told = (
        [_Bar(f"limit: {text.printable(known.limit.name)}", known.limit, "proof.limit", False)]
        if known.limit
        else []
    )
    told.append(_Bar("baseline, as it ran", known.own, "proof.own", True))
    around = sorted(
        known.tuned, key=lambda rate: abs(known.tuned.index(rate) - _chosen_place(known))
    )[:MOST_TUNED]
    for place, rate in enumerate(known.tuned):
        if rate in around:
            chosen = rate.value == known.chosen
            told.append(
                _Bar(
                    f"{_setting(rate)}{', chosen' if chosen else ''}",
                    rate,
                    f"proof.tuned.{place}",
                    chosen,
                )
            )
    if known.whole is not None:
        told.append(
            _Bar(
                f"on all {text.number_of(known.whole.cores, 'core')}, one pass",
                known.whole,
                "proof.whole",
                False,
            )
        )
    if known.naive is not None:
        told.append(_Bar("written without care", known.naive, "proof.naive", False))
    return told


def _chosen_place(known: BaselineProof) -> int:
    return next((place for place, rate in enumerate(known.tuned) if rate.value == known.chosen), 0)


def _setting(rate: Rate) -> str:
    value = (
        text.count(int(rate.value))
        if float(rate.value).is_integer()
        else text.three_digits(rate.value)
    )
    return f"{text.printable(rate.name)} {value}"


def _rates(page: Page, headline: Headline, known: BaselineProof, left: float) -> None:
    """All rates as bars to one scale, the baseline's own in its colour."""
    bars = _bars(known)
    start, fastest = left + _NAMES_PX, max(bar.rate.items_per_s for bar in bars)
    page.say(
        left,
        axes.TOP_PX - 30,
        f"rate, {text.printable(headline.results.spec.workload.unit)[:24]} a second",
        SMALLEST_PX,
        field="spec.workload.unit",
    )
    high = min(_ROW_PX, (_BOTTOM_PX - axes.TOP_PX) / len(bars))
    for place, bar in enumerate(bars):
        top, rate = axes.TOP_PX + place * high, bar.rate.items_per_s
        wide = (WIDTH_PX - MARGIN - _VALUES_PX - start) * rate / fastest
        middle = top + high * _THICK / 2 + 9
        page.say_within(
            left,
            middle,
            bar.name,
            SMALLEST_PX,
            _NAMES_PX - 14,
            field=f"{bar.field}.value",
            bold=bar.own,
        )
        page.fill(
            start, top, wide, high * _THICK, page.theme.baseline if bar.own else page.theme.faint
        )
        page.say(
            start + wide + 12,
            middle,
            text.three_digits(rate),
            SMALLEST_PX,
            field=f"{bar.field}.items_per_s",
            bold=bar.own,
        )
        if bar.rate is known.naive and known.fake_speedup is not None:
            beside = start + wide + 12 + page.width_of(text.three_digits(rate), SMALLEST_PX) + 24
            fake = f"would fake {text.times(known.fake_speedup)}"
            page.label([Line(fake, SMALLEST_PX, "proof.fake_speedup")], [(beside, middle, "left")])


def _described(headline: Headline, known: BaselineProof) -> str:
    unit = headline.results.spec.workload.unit
    rates = [f"{bar.name}: {text.rate(bar.rate.items_per_s, unit)}" for bar in _bars(known)]
    return " ".join(map(sentence, filter(None, (_title(headline, known), _remark(known), *rates))))
