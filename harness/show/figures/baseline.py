"""How good the baseline is: whether its work is needed, and its rate beside what others reach.

Where no less work was tried, its core's utilization stands instead of that.
May import ``claims`` (its types), ``model``, ``text`` and its neighbours.
"""

from collections.abc import Sequence

from harness import text
from harness.claims.baseline_proof import BaselineProof
from harness.claims.headline import Headline
from harness.show.figures import needed_work
from harness.show.figures.axes import AREA, Axis, Tick, open_chart, round_values, set_ticks
from harness.show.figures.box import WIDTH_PX, Box
from harness.show.figures.page import MARGIN, Page
from harness.show.figures.picture import (
    Missing,
    Picture,
    sentence,
    write_footer,
    write_remark,
    write_title,
)
from harness.show.figures.rate_bars import draw_narrow, draw_wide, rate_bars

_RATES_FROM_PX = 640
_RATES_RIGHT_OF_CURVE_PX = 1040
_MOST_TUNED_BESIDE_CURVE = 3


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
    if needed := needed_work.title(proof):
        return needed
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
    parts = [needed_work.legend(proof)] if proof.efforts else []
    if proof.share_of_limit is not None:
        parts.append(f"the baseline runs at {text.percent(proof.share_of_limit)} of its limit")
    if proof.behind_best is not None:
        parts.append(_tuning(proof, proof.behind_best))
    if proof.whole is not None and proof.whole_speedup is not None and not proof.efforts:
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
    behind = text.percent(behind_best)
    if behind == text.percent(0):
        return f"as fast as with the best {name} tried"
    return f"{behind} behind the best {name} tried"


def _draw(page: Page, headline: Headline, proof: BaselineProof) -> None:
    field = (
        "proof.efforts" if proof.tried_less_work else "proof.speedup_over_textbook-speed.speedup"
    )
    write_title(page, _title(headline, proof), field=field)
    write_remark(page, _remark(proof), headline.results, field="proof")
    write_footer(page, headline.results)
    utilization = _utilization(headline)
    bars, unit, end = rate_bars(proof), headline.results.spec.workload.unit, WIDTH_PX - MARGIN
    if proof.efforts:
        _draw_needed_work(page, headline, proof)
    elif len(utilization) > 1:
        _draw_utilization(page, headline, utilization)
        draw_wide(page, bars, proof, unit, _RATES_FROM_PX, end)
    else:
        draw_wide(page, bars, proof, unit, MARGIN, end)


def _draw_needed_work(page: Page, headline: Headline, proof: BaselineProof) -> None:
    """Draw the least work that reaches the quality, and beside it the rates that were timed."""
    bars, unit = rate_bars(proof, _MOST_TUNED_BESIDE_CURVE), headline.results.spec.workload.unit
    if len(bars) < 2:
        needed_work.draw_needed_work(page, headline, proof, AREA)
        return
    left = _RATES_RIGHT_OF_CURVE_PX
    draw_narrow(page, bars, proof, unit, left, WIDTH_PX - MARGIN)
    area = Box(AREA.left, AREA.top, left - 70, AREA.bottom)
    needed_work.draw_needed_work(page, headline, proof, area)


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


def _description(headline: Headline, proof: BaselineProof) -> str:
    unit = headline.results.spec.workload.unit
    rates = [f"{bar.name}: {text.rate(bar.rate.items_per_s, unit)}" for bar in rate_bars(proof)]
    passes = needed_work.sentences(headline, proof)
    parts = filter(None, (_title(headline, proof), _remark(proof), *passes, *rates))
    return " ".join(map(sentence, parts))
