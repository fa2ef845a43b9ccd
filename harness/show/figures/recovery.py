"""The losses on one axis of time: struck, noticed, replaced, caught up, a row for each.

Drawn on the page, without axes. May import ``claims`` (its types), ``text``,
``model``, ``show.recovery_phrases`` and its neighbours.
"""

from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

from harness import text
from harness.claims.headline import Headline
from harness.claims.recovery import Loss, Recovery
from harness.model import FaultKind
from harness.show import recovery_phrases
from harness.show.figures.axes import Axis, round_values
from harness.show.figures.box import Box
from harness.show.figures.page import MARGIN, SMALLEST_PX, Page
from harness.show.figures.picture import (
    Missing,
    Picture,
    sentence,
    write_footer,
    write_remark,
    write_title,
)

MOST_ROWS = 7

_ROWS = Box(430, 264, 1500, 776)
_HIGHEST_ROW = 150
_LEGEND_Y = 216
_BAR_PX = 34
_SPARE_RIGHT = 1.12
_STAGES = ("not noticed", "announced, still at work", "not at work", "catching up")
_COLOURS = (5, 1, 2, 3)
"""Which of the theme's parts each stage has."""


def picture(headline: Headline) -> Picture | Missing:
    """Return what became of each loss at the headline's scale (missing: nothing was lost)."""
    recovery = headline.recovery
    if recovery is None:
        return Missing("no worker was lost")
    if not any(_moments(loss) for loss in recovery.losses):
        return Missing("the trials do not say when they had recovered from their losses")
    return Picture(
        _title(recovery),
        _description(headline, recovery),
        lambda page: _draw(page, headline, recovery),
    )


def _title(recovery: Recovery) -> str:
    survived = recovery_phrases.survived(recovery)
    if recovery.time is None:
        return survived
    return f"{survived}, recovery {text.seconds(recovery.time.median_s)}"


def _remark(recovery: Recovery, shown: int) -> str:
    spread = ""
    if recovery.time is not None and recovery.time.number > 1:
        spread = f"recovery {recovery_phrases.spread(recovery.time)}"
    rest = len(recovery.losses) - shown
    parts = (
        spread,
        recovery_phrases.share_redone(recovery),
        "answer equal to the last bit" if recovery.answers_identical else "",
        f"{text.number_of(rest, 'row')} more in the text" if rest else "",
    )
    return " · ".join(filter(None, parts))


def _moments(loss: Loss) -> tuple[tuple[int, float], ...]:
    """Return the end of each stage that is known and not before the one before, in seconds."""
    ends: list[tuple[int, float]] = []
    moments = (loss.noticed_s, loss.announced_s, loss.replaced_s, loss.caught_up_s)
    for stage, moment in enumerate(moments):
        if moment is not None and moment >= (ends[-1][1] if ends else 0.0):
            ends.append((stage, moment))
    return tuple(ends)


def _draw(page: Page, headline: Headline, recovery: Recovery) -> None:
    shown = recovery.losses[:MOST_ROWS]
    write_title(page, _title(recovery), field="recovery.losses-recovery.time")
    remark = _remark(recovery, len(shown))
    write_remark(page, remark, headline.results, field="recovery")
    write_footer(page, headline.results)
    _write_legend(page, {stage for loss in shown for stage, _ in _moments(loss)})
    height = min(_ROWS.height / len(shown), _HIGHEST_ROW)
    longest_s = max((end for loss in shown for _, end in _moments(loss)), default=0.0) or 1.0
    axis = Axis(0.0, longest_s * _SPARE_RIGHT)
    first = _ROWS.top + (_ROWS.height - height * len(shown)) / 2
    tops = [first + place * height for place in range(len(shown))]
    _draw_axis(page, axis, tops, tops[-1] + height)
    for place, (loss, top) in enumerate(zip(shown, tops, strict=True)):
        _draw_row(page, headline, loss, f"recovery.losses.{place}", top, axis)


def _write_legend(page: Page, drawn: Collection[int]) -> None:
    """Name the stages that are drawn, each beside a square in its colour, in the order of a bar."""
    x = _ROWS.left
    for stage, name in enumerate(_STAGES):
        if stage not in drawn:
            continue
        page.fill(Box(x, _LEGEND_Y - 20, x + 24, _LEGEND_Y + 2), _colour(page, stage))
        page.write(x + 34, _LEGEND_Y, name, SMALLEST_PX)
        x += 34 + page.width_of(name, SMALLEST_PX) + 40


def _draw_axis(page: Page, axis: Axis, tops: Sequence[float], bottom: float) -> None:
    """Label each round number of seconds, and mark it faintly on every bar."""
    seconds = [value for value in round_values(axis, most=6) if value >= 0]
    for place, (value, label) in enumerate(zip(seconds, text.durations(*seconds), strict=True)):
        x = _x(axis, value)
        for top in tops:
            page.line([(x, top - 4), (x, top + _BAR_PX + 4)], page.theme.faint, 2)
        field = f"seconds.{place}"
        page.write(x, bottom + 26, label, SMALLEST_PX, field=field, align="center")


def _draw_row(
    page: Page, headline: Headline, loss: Loss, field: str, top: float, axis: Axis
) -> None:
    """Draw one loss: its name, a bar in stages, and below it each moment in words."""
    name = recovery_phrases.name(loss, headline.results, with_scale=False)
    width = _ROWS.left - MARGIN - 20
    page.write_within(MARGIN, top + 27, name, 28, width, field=f"{field}.kind", bold=True)
    ends = ((-1, 0.0), *_moments(loss))
    for (_, begin), (stage, end) in pairwise(ends):
        box = Box(_x(axis, begin), top, _x(axis, end), top + _BAR_PX)
        page.fill(box, _colour(page, stage))
    page.line([(_x(axis, 0), top - 6), (_x(axis, 0), top + _BAR_PX + 6)], page.theme.ink, 5)
    page.write_within(
        _ROWS.left + 8,
        top + _BAR_PX + 27,
        ", ".join(_words(loss)),
        SMALLEST_PX,
        _ROWS.width,
        field=f"{field}.moments",
    )


def _words(loss: Loss) -> Iterator[str]:
    """Yield when each thing happened, as far as it is known."""
    replaced = "went on" if loss.kind is FaultKind.FREEZE else "replaced"
    names = ("noticed", replaced, "caught up")
    moments = (loss.noticed_s, loss.replaced_s, loss.caught_up_s)
    known = [one for one in zip(names, moments, strict=True) if one[1] is not None]
    for name, moment in known:
        yield f"{name} after {text.seconds(moment or 0.0)}"
    if loss.redone is not None:
        yield f"{text.count(loss.redone)} redone"


def _x(axis: Axis, seconds: float) -> float:
    return _ROWS.left + _ROWS.width * seconds / axis.highest


def _colour(page: Page, stage: int) -> str:
    return page.theme.parts[_COLOURS[stage]]


def _description(headline: Headline, recovery: Recovery) -> str:
    rows = (
        f"{recovery_phrases.name(loss, headline.results)}: {', '.join(_words(loss)) or 'unknown'}"
        for loss in recovery.losses
    )
    return " ".join(map(sentence, (recovery_phrases.in_one_line(recovery), *rows)))
