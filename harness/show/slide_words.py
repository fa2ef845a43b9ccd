"""The lower half of the slide: what to say, losses, the largest model, the limitation, caveats.

Caveats are tags; below them stands where the numbers come from.
May import ``harness.claims``, for its values, ``harness.text`` and its neighbours in ``show``.
"""

from collections.abc import Iterator

from harness import text
from harness.claims.headline import Headline
from harness.claims.tags import Tag, Weight
from harness.show import capacity_phrases, phrases, recovery_phrases, serving_phrases
from harness.show.figures.box import WIDTH_PX, Box
from harness.show.figures.page import LEADING, MARGIN, SMALLEST_PX, Page
from harness.show.provenance import provenance

PROVENANCE_PX = 18

_WIDTH = WIDTH_PX - 2 * MARGIN
_TOP, _BOTTOM = 642, 848
_TAG_HEIGHT, _TAG_APART, _TAG_INSIDE = 40, 12, 14
_TAG_SIZES = (28, 26, 22)
_MOST_TAG_ROWS = 2
_ORIGIN_Y, _ORIGIN_LINES = 870, 2
_SETTINGS = ((32, 8), (30, 8), (28, 8), (SMALLEST_PX, 8), (SMALLEST_PX, 0))
"""Sizes of sentences with the room between paragraphs, the last one where nothing else fits."""


def write_words(page: Page, headline: Headline, verdict: str) -> None:
    """Write the sentence to say, the limitation, every caveat, and where the numbers come from."""
    rows, size = _tag_rows(page, headline)
    tags_top = _BOTTOM - len(rows) * (_TAG_HEIGHT + _TAG_APART) + _TAG_APART
    _write_paragraphs(page, headline, tags_top - _TAG_APART)
    for place, row in enumerate(rows):
        _write_tags(page, row, tags_top + place * (_TAG_HEIGHT + _TAG_APART), size, place)
    _write_origin(page, headline, verdict)


def _write_paragraphs(page: Page, headline: Headline, bottom: float) -> None:
    """Write what to say, what it survived, what fits and the limitation, as large as fits."""
    every = dict(_paragraphs(headline))
    for size, apart in _SETTINGS:
        lines = {field: page.wrap(words, _WIDTH, size) for field, words in every.items()}
        height = sum(len(some) * size * LEADING + apart for some in lines.values())
        if _TOP + height - size * LEADING / 2 <= bottom:
            break
    y = float(_TOP)
    for field, words in every.items():
        left = len(every) - 1 - list(every).index(field)
        most = max(1, int((bottom - y - left * size * LEADING) / (size * LEADING)) + 1)
        most = min(most, len(lines[field]))
        y = page.write_paragraph(MARGIN, y, words, size, _WIDTH, most, field=field)
        y += apart


def _paragraphs(headline: Headline) -> Iterator[tuple[str, str]]:
    yield "sentence", f"Say: {phrases.sentence_to_say(headline)}"
    if survived := recovery_phrases.in_short(headline.recovery):
        yield "recovery", f"Losses: {survived}"
    if capacity := capacity_phrases.in_short(headline.capacity):
        yield "capacity", f"{capacity[0].upper()}{capacity[1:]}"
    if service := serving_phrases.in_short(headline.service):
        yield "service", f"{service[0].upper()}{service[1:]}"
    limitation = text.printable(headline.results.spec.workload.limitation)
    if limitation:
        yield "spec.workload.limitation", f"Limit: {limitation}"


def _tag_rows(page: Page, headline: Headline) -> tuple[list[list[Tag]], float]:
    """Return all tags in rows, and their size, which is smaller if there are many."""
    every = headline.tags
    rows: list[list[Tag]] = []
    size = float(SMALLEST_PX)
    for size in _TAG_SIZES:
        rows = _in_rows(page, every, size)
        if len(rows) <= _MOST_TAG_ROWS:
            break
    return rows, size


def _in_rows(page: Page, every: tuple[Tag, ...], size: float) -> list[list[Tag]]:
    rows: list[list[Tag]] = []
    x = float(WIDTH_PX)
    for tag in every:
        width = _width(page, tag, size)
        if x + width > WIDTH_PX - MARGIN:
            rows.append([])
            x = MARGIN
        rows[-1].append(tag)
        x += width + _TAG_APART
    return rows


def _width(page: Page, tag: Tag, size: float) -> float:
    is_bold = tag.weight is Weight.DOUBT
    return page.width_of(tag.words, size, is_bold) + 2 * _TAG_INSIDE


def _write_tags(page: Page, row: list[Tag], top: float, size: float, place: int) -> None:
    """Write tags side by side: doubts on a filled ground, limits framed, notes in a faint frame."""
    x, theme = float(MARGIN), page.theme
    for number, tag in enumerate(row):
        box = Box(x, top, x + _width(page, tag, size), top + _TAG_HEIGHT)
        is_doubt = tag.weight is Weight.DOUBT
        if is_doubt:
            page.fill(box, theme.ink)
        else:
            page.outline(box, theme.ink if tag.weight is Weight.LIMIT else theme.faint, 2)
        page.write(
            x + _TAG_INSIDE,
            top + _TAG_HEIGHT / 2 + size * 0.36,
            tag.words,
            size,
            field=f"caveats.{place}.{number}",
            bold=is_doubt,
            color=theme.ground if is_doubt else theme.ink,
        )
        x = box.right + _TAG_APART


def _write_origin(page: Page, headline: Headline, verdict: str) -> None:
    """Write the audit's verdict and where the numbers come from, for those who look it up."""
    origin = f"{verdict} · {provenance(headline.results)}"
    lines = page.wrap(origin, _WIDTH, PROVENANCE_PX)[:_ORIGIN_LINES]
    for row, line in enumerate(lines):
        y = _ORIGIN_Y + row * PROVENANCE_PX * LEADING
        page.write(MARGIN, y, line, PROVENANCE_PX, field=f"results.{row}")
