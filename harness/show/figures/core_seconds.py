"""Where the core-seconds went: a bar for each scale, as long as the core-seconds it was given, in its six parts.

May import ``score.ledger``, ``words`` and ``page``, ``margins`` and ``picture``.
"""

from collections.abc import Sequence
from itertools import pairwise

from harness import text
from harness.claims.core_time import CoreTime, TimePart
from harness.claims.headline import Headline
from harness.model import Side
from harness.show.figures import header_footer
from harness.show.figures.page import MARGIN, SMALLEST_PX, Page
from harness.show.figures.picture import Missing, Picture, sentence

MOST_ROWS = 9

_ROOMY_ROWS, _HIGHEST = 3, 230
_FROM, _TO, _TOTAL_PX = 190, 1564, 236
_NAME_Y, _HEADS_Y, _TOP, _BOTTOM = 226, 214, 250, 812
_COLUMN = (_TO - _FROM) / len(TimePart)


_VERBS = {
    TimePart.EXTRA: "were extra work",
    TimePart.COMMUNICATION: "went on communication",
    TimePart.WAITING: "were spent waiting",
    TimePart.SERIAL: "passed while the driver worked alone",
    TimePart.IDLE: "were idle",
}


def picture(headline: Headline, splits: Sequence[CoreTime]) -> Picture | Missing:
    """Return where the core time of every scale went; those that do not say are not among them."""
    if not any(_is_headlines(split, headline) for split in splits):
        return Missing("the trials do not say where their core-seconds went")
    return Picture(
        _title(headline, splits),
        _described(headline, splits),
        lambda page: _paint(page, headline, splits),
    )


def _is_headlines(split: CoreTime, headline: Headline) -> bool:
    return split.side is Side.DISTRIBUTED and split.workers == headline.results.spec.workers


def _title(headline: Headline, splits: Sequence[CoreTime]) -> str:
    own = next(split for split in splits if _is_headlines(split, headline))
    part = _losses(own)[0]
    return f"E is {text.percent(headline.speed.efficiency)}: {text.percent(own.share(part))} of the core-seconds {_VERBS[part]}"


def _losses(split: CoreTime) -> list[TimePart]:
    """Return the parts that are not useful, the largest first."""
    return sorted(_VERBS, key=split.share, reverse=True)


def _remark(splits: Sequence[CoreTime]) -> str:
    """Answer why E falls: what grew most from the smallest scale to the largest, or the other parts where there is one scale."""
    scales = [
        split for split in splits if split.side is Side.DISTRIBUTED and not split.oversubscribed
    ]
    first, last = scales[0], scales[-1]
    if first is last:
        return "why not 100 %: " + ", ".join(
            f"{part} {text.percent(last.share(part))}" for part in _losses(last)
        )
    grown = max(_VERBS, key=lambda part: last.share(part) - first.share(part))
    shares = f"from {text.percent(first.share(grown))} to {text.percent(last.share(grown))}"
    return f"why E falls: from {first.workers} to {text.number_of(last.workers, 'worker')}, {grown} grew most, {shares} of the core-seconds"


def _paint(page: Page, headline: Headline, splits: Sequence[CoreTime]) -> None:
    shown = _shown(headline, splits)
    more = (
        f"{text.number_of(len(splits) - len(shown), 'row')} more in the text"
        if len(shown) < len(splits)
        else ""
    )
    header_footer.title(page, _title(headline, splits), field="speed.efficiency-core_seconds")
    crowded = "* oversubscribed" if any(split.oversubscribed for split in shown) else ""
    header_footer.remark(
        page,
        " · ".join(filter(None, (_remark(splits), more, crowded))),
        headline.results,
        field="splits.share",
    )
    header_footer.footer(page, headline.results)
    roomy = len(shown) <= _ROOMY_ROWS
    if roomy:
        page.say(
            MARGIN,
            _NAME_Y,
            "core-seconds given to p workers, cores × wall time, and what they went on",
            SMALLEST_PX,
        )
    else:
        _names(page)
    high = min((_BOTTOM - _TOP) / len(shown), _HIGHEST)
    top = _TOP + (_BOTTOM - _TOP - high * len(shown)) / 2
    longest = max(split.given_s for split in shown)
    for place, split in enumerate(shown):
        _row(page, splits.index(split), split, top + place * high, high, longest, roomy=roomy)


def _shown(headline: Headline, splits: Sequence[CoreTime]) -> list[CoreTime]:
    """Return the rows there is room for: the headline's and the smallest scales, in order."""
    ranked = sorted(splits, key=lambda split: not _is_headlines(split, headline))[:MOST_ROWS]
    return [split for split in splits if split in ranked]


def _names(page: Page) -> None:
    """What the parts are called, each over its column and underlined in its colour."""
    for place, part in enumerate(TimePart):
        x = _FROM + place * _COLUMN
        page.fill(x, _HEADS_Y + 9, _COLUMN - 14, 8, page.theme.parts[place])
        page.say(x, _HEADS_Y, part, SMALLEST_PX)


def _row(
    page: Page, row: int, split: CoreTime, top: float, high: float, longest: float, *, roomy: bool
) -> None:
    """One scale: what it is, its bar and total, and each part's share and core-seconds beneath."""
    field, thick = f"splits.{row}", 50.0 if roomy else high * 0.38
    who = (
        "baseline"
        if split.side is Side.BASELINE
        else f"p = {text.count(split.workers)}{'*' if split.oversubscribed else ''}"
    )
    page.say_within(
        MARGIN, top + thick / 2 + 10, who, 28, _FROM - MARGIN - 10, field=f"{field}.workers"
    )
    wide = (_TO - _FROM - _TOTAL_PX) / longest
    edges = [
        _FROM + wide * sum(spent for _, spent in split.parts[:place])
        for place in range(len(TimePart) + 1)
    ]
    for place, (left, right) in enumerate(pairwise(edges)):
        page.fill(left, top, right - left, thick, page.theme.parts[place])
    for edge in edges[1:-1]:
        page.line([edge, edge], [top, top + thick], page.theme.ground, 2)
    spent = _core_seconds(split)
    page.say(
        edges[-1] + 14,
        top + thick / 2 + 10,
        _given(spent[-1]),
        28,
        field=f"{field}.given_s",
        bold=True,
    )
    for place, part in enumerate(TimePart):
        x = _FROM + place * _COLUMN
        said = f"{text.percent(split.share(part))} · {spent[place]}"
        if roomy and edges[place + 1] > edges[place]:
            _led(
                page,
                ((edges[place] + edges[place + 1]) / 2, top + thick),
                (x + 10, top + thick + 34),
                page.theme.parts[place],
            )
        if roomy:
            page.say(x, top + thick + 62, part, SMALLEST_PX)
        page.say_within(
            x,
            top + thick + (94 if roomy else 29),
            said,
            SMALLEST_PX,
            _COLUMN - 5,
            field=f"{field}.{part.name.lower()}",
        )


def _led(page: Page, start: tuple[float, float], end: tuple[float, float], color: str) -> None:
    """A line from a part of the bar to its label."""
    page.line(
        [start[0], start[0], end[0], end[0]], [start[1], start[1] + 8, end[1] - 8, end[1]], color, 3
    )


def _core_seconds(split: CoreTime) -> tuple[str, ...]:
    """Return the core-seconds of every part and their total, all in one unit and with as many decimals."""
    return text.summands(split.given_s, *(spent for _, spent in split.parts), split.given_s)


def _given(seconds: str) -> str:
    """Return a number of seconds as core-seconds: ``47.2 core-s``."""
    number, _, unit = seconds.partition(" ")
    return f"{number} core-{unit}"


def _described(headline: Headline, splits: Sequence[CoreTime]) -> str:
    told = [sentence(_remark(splits))]
    for split in splits:
        spent = _core_seconds(split)
        parts = ", ".join(
            f"{part} {text.percent(split.share(part))} ({said})"
            for (part, _), said in zip(split.parts, spent, strict=False)
        )
        who = (
            "the baseline"
            if split.side is Side.BASELINE
            else text.number_of(split.workers, "worker")
        )
        told.append(sentence(f"{who}: {_given(spent[-1])}; {parts}"))
    return " ".join(told)
