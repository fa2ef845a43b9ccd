"""Where the core-seconds went: a bar per scale, as long as its core-seconds, in their six parts.

A table with bars: every part has its numbers in a column, so it is drawn on the page, without
axes. May import ``claims`` (its types), ``model``, ``text`` and its neighbours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from harness import text
from harness.claims.core_time import CoreTime, TimePart
from harness.claims.headline import Headline
from harness.model import Side
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

MOST_ROWS = 9

_ROOMY_ROWS = 3
_HIGHEST_ROW = 230
_TABLE = Box(190, 250, 1564, 812)
_TOTAL_PX = 236
_ROOMY_HEADING_Y = 226
_HEADING_Y = 214
_COLUMN = _TABLE.width / len(TimePart)
_LABELS_APART = 24
_THINNEST_PX = 7.0  # of a part with a label of its own below its bar
_VERBS = {
    TimePart.EXTRA: "were extra work",
    TimePart.COMMUNICATION: "went on communication",
    TimePart.WAITING: "were spent waiting",
    TimePart.SERIAL: "passed while the driver worked alone",
    TimePart.IDLE: "were idle",
}


@dataclass(frozen=True, kw_only=True)
class _Label:
    """What stands below a bar for one part or several: ``at`` is the largest of them."""

    name: str
    numbers: str
    field: str
    at: TimePart
    middle: float


def picture(headline: Headline, splits: Sequence[CoreTime]) -> Picture | Missing:
    """Return where the core time of every scale went (missing: the trials do not say)."""
    if not any(_is_headline(split, headline) for split in splits):
        return Missing("the trials do not say where their core-seconds went")
    return Picture(
        _title(headline, splits),
        _description(splits),
        lambda page: _draw(page, headline, splits),
    )


def _is_headline(split: CoreTime, headline: Headline) -> bool:
    return split.side is Side.DISTRIBUTED and split.workers == headline.results.spec.workers


def _title(headline: Headline, splits: Sequence[CoreTime]) -> str:
    split = next(split for split in splits if _is_headline(split, headline))
    useful = text.percent(split.share(TimePart.USEFUL))
    told = f"{useful} of the core-seconds were useful work"
    part = _losses(split)[0]
    if (lost := text.percent(split.share(part))) == text.percent(0.0):
        return told
    return f"{told}, {lost} {_VERBS[part].replace(part, split.name(part))}"


def _losses(split: CoreTime) -> list[TimePart]:
    """Return the parts that are not useful work, the largest first."""
    return sorted(_VERBS, key=split.share, reverse=True)


def _remark(splits: Sequence[CoreTime]) -> str:
    """Return why E falls: the part that grew most; with one scale, what each loss took."""
    scales = [
        split for split in splits if split.side is Side.DISTRIBUTED and not split.oversubscribed
    ]
    first, last = scales[0], scales[-1]
    if first is last:
        lost = {last.name(part): text.percent(last.share(part)) for part in _losses(last)}
        told = [f"{name} {share}" for name, share in lost.items() if share != text.percent(0.0)]
        return f"not useful: {', '.join(told) or 'nothing'}"
    grown = max(_VERBS, key=lambda part: last.share(part) - first.share(part))
    shares = f"from {text.percent(first.share(grown))} to {text.percent(last.share(grown))}"
    scale = f"from {first.workers} to {text.number_of(last.workers, 'worker')}"
    return f"why E falls: {scale}, {last.name(grown)} grew most, {shares} of the core-seconds"


def _draw(page: Page, headline: Headline, splits: Sequence[CoreTime]) -> None:
    shown = _choose_rows(headline, splits)
    write_title(page, _title(headline, splits), field="splits.useful")
    notes = [_remark(splits)]
    if len(shown) < len(splits):
        notes.append(f"{text.number_of(len(splits) - len(shown), 'row')} more in the text")
    if any(split.oversubscribed for split in shown):
        notes.append("* oversubscribed")
    write_remark(page, " · ".join(notes), headline.results, field="splits.share")
    write_footer(page, headline.results)
    is_roomy = len(shown) <= _ROOMY_ROWS
    columns = [part for part in TimePart if any(part in _labels(split) for split in shown)]
    _write_heading(page, [] if is_roomy else columns)
    height = min(_TABLE.height / len(shown), _HIGHEST_ROW)
    top = _TABLE.top + (_TABLE.height - height * len(shown)) / 2
    scale = (_TABLE.width - _TOTAL_PX) / max(split.available_s for split in shown)
    for place, split in enumerate(shown):
        row = Box(_TABLE.left, top + place * height, _TABLE.right, top + (place + 1) * height)
        field = f"splits.{splits.index(split)}"
        bottom = row.top + (50.0 if is_roomy else row.height * 0.38)
        edges = _draw_bar(page, split, field, Box(row.left, row.top, row.right, bottom), scale)
        if is_roomy:
            _label_parts(page, split, field, edges, bottom)
        else:
            _fill_columns(page, split, field, columns, bottom + 29)


def _choose_rows(headline: Headline, splits: Sequence[CoreTime]) -> list[CoreTime]:
    """Return the rows that fit, in order: the headline's and the smallest scales."""
    kept = sorted(splits, key=lambda split: not _is_headline(split, headline))[:MOST_ROWS]
    return [split for split in splits if split in kept]


def _write_heading(page: Page, columns: Sequence[TimePart]) -> None:
    """Write each part's name over its column, underlined in its colour, or what the bars are."""
    if not columns:
        heading = "core-seconds given to p workers, cores × wall time, and what they went on"
        page.write(MARGIN, _ROOMY_HEADING_Y, heading, SMALLEST_PX)
    for place, part in enumerate(columns):
        x = _TABLE.left + place * _COLUMN
        line = Box(x, _HEADING_Y + 9, x + _COLUMN - 14, _HEADING_Y + 17)
        page.fill(line, _color(page, part))
        page.write(x, _HEADING_Y, part, SMALLEST_PX)


def _draw_bar(page: Page, split: CoreTime, field: str, bar: Box, scale: float) -> list[float]:
    """Draw a scale's name, its bar and its total; return the edges of the bar's parts."""
    baseline = (bar.top + bar.bottom) / 2 + 10
    name_width = bar.left - MARGIN - 10
    page.write_within(MARGIN, baseline, _name(split), 28, name_width, field=f"{field}.workers")
    edges = _edges(split, scale)
    for part, (left, right) in zip(TimePart, pairwise(edges), strict=True):
        page.fill(Box(left, bar.top, right, bar.bottom), _color(page, part))
    for edge in edges[1:-1]:
        page.line([(edge, bar.top), (edge, bar.bottom)], page.theme.ground, 2)
    *_, total = _core_seconds(split)
    total = _with_core_unit(total)
    page.write(edges[-1] + 14, baseline, total, 28, field=f"{field}.available_s", bold=True)
    return edges


def _color(page: Page, part: TimePart) -> str:
    return page.theme.parts[list(TimePart).index(part)]


def _name(split: CoreTime) -> str:
    if split.side is Side.BASELINE:
        return "baseline"
    return f"p = {text.count(split.workers)}{'*' if split.oversubscribed else ''}"


def _edges(split: CoreTime, scale: float) -> list[float]:
    """Return the edges of a bar's parts, from left to right."""
    spent = [seconds for _, seconds in split.parts]
    return [_TABLE.left + scale * sum(spent[:place]) for place in range(len(spent) + 1)]


def _label_parts(
    page: Page, split: CoreTime, field: str, edges: Sequence[float], bottom: float
) -> None:
    """Write the parts' names and numbers below them, joined by lines of which none cross."""
    labels = _labels_below(split, edges)
    widths = [
        max(page.width_of(words, SMALLEST_PX) for words in (label.name, label.numbers))
        for label in labels
    ]
    for label, x in zip(labels, _apart([label.middle for label in labels], widths), strict=True):
        middle, color = label.middle, _color(page, label.at)
        corners = [(middle, bottom), (middle, bottom + 8), (x, bottom + 28), (x, bottom + 36)]
        page.line(corners, color)
        page.write(x, bottom + 62, label.name, SMALLEST_PX, align="center")
        name = f"{field}.{label.field}"
        page.write(x, bottom + 94, label.numbers, SMALLEST_PX, field=name, align="center")


def _labels_below(split: CoreTime, edges: Sequence[float]) -> list[_Label]:
    """Return the labels of a bar's parts, from left to right.

    Neighbours that are too thin to see share one.
    """
    numbers, ends = _labels(split), dict(zip(TimePart, pairwise(edges), strict=True))
    labels = []
    for is_thin, run in groupby(numbers, lambda part: ends[part][1] - ends[part][0] < _THINNEST_PX):
        parts = list(run)
        shared = is_thin and len(parts) > 1
        for group in [parts] if shared else [[part] for part in parts]:
            label = _Label(
                name="other" if shared else split.name(group[0]),
                numbers=_numbers(split, group),
                field="-".join(part.name.lower() for part in group),
                at=max(group, key=split.share),
                middle=(ends[group[0]][0] + ends[group[-1]][1]) / 2,
            )
            labels.append(label)
    return labels


def _apart(middles: Sequence[float], widths: Sequence[float]) -> list[float]:
    """Return where labels are centred: below their parts, or pushed aside until none overlap."""
    lefts: list[float] = []
    for middle, width in zip(middles, widths, strict=True):
        earliest = lefts[-1] + widths[len(lefts) - 1] + _LABELS_APART if lefts else float(MARGIN)
        lefts.append(max(earliest, middle - width / 2))
    latest = _TABLE.right
    for place in reversed(range(len(lefts))):
        lefts[place] = min(lefts[place], latest - widths[place])
        latest = lefts[place] - _LABELS_APART
    return [left + width / 2 for left, width in zip(lefts, widths, strict=True)]


def _labels(split: CoreTime) -> dict[TimePart, str]:
    """Return the numbers of every part whose seconds, as they are written, are not zero."""
    return {
        part: _numbers(split, [part])
        for (part, _), seconds in zip(split.parts, _core_seconds(split), strict=False)
        if float(seconds.partition(" ")[0].replace(",", "").replace(text.MINUS, "-"))
    }


def _numbers(split: CoreTime, parts: Sequence[TimePart]) -> str:
    """Return what some parts took together: ``2.6 % · 0.6 s``."""
    (seconds,) = text.summands(split.available_s, split.spent_s(*parts))
    return f"{text.percent(split.share(*parts))} · {seconds}"


def _fill_columns(
    page: Page, split: CoreTime, field: str, columns: Sequence[TimePart], baseline: float
) -> None:
    """Write each part's numbers in its column."""
    for part, numbers in _labels(split).items():
        x = _TABLE.left + columns.index(part) * _COLUMN
        name = f"{field}.{part.name.lower()}"
        page.write_within(x, baseline, numbers, SMALLEST_PX, _COLUMN - 5, field=name)


def _core_seconds(split: CoreTime) -> tuple[str, ...]:
    """Return the core-seconds of every part and their total, in one unit."""
    return text.summands(split.available_s, *(spent for _, spent in split.parts), split.available_s)


def _with_core_unit(seconds: str) -> str:
    """Return seconds as core-seconds: ``47.2 core-s``."""
    number, _, unit = seconds.partition(" ")
    return f"{number} core-{unit}"


def _description(splits: Sequence[CoreTime]) -> str:
    sentences = [sentence(_remark(splits))]
    for split in splits:
        *spent, total = _core_seconds(split)
        parts = [
            f"{split.name(part)} {text.percent(split.share(part))} ({seconds})"
            for (part, _), seconds in zip(split.parts, spent, strict=True)
        ]
        name = "the baseline"
        if split.side is not Side.BASELINE:
            name = text.number_of(split.workers, "worker")
        sentences.append(sentence(f"{name}: {_with_core_unit(total)}; {', '.join(parts)}"))
    return " ".join(sentences)
