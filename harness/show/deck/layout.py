"""Where everything of a slide stands, in pixels of a page of 1600 by 900.

Texts are as large as fits by the measured width of their letters. These are DejaVu's, which are
wider than those of the fonts that programs for slides have, so that what fits here fits there. May
import ``harness.show.figures`` and its neighbours.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from harness.show.deck.values import HUGE_PX, DeckSlide, Item, Plot, Poster, Words
from harness.show.figures import lettering
from harness.show.figures.box import WIDTH_PX, Box
from harness.show.figures.page import LEADING, MARGIN, SMALLEST_PX
from harness.show.figures.picture import PLOT_ROWS

TITLE_PX, PLOT_TITLE_PX = 58.0, 48.0
FOOTER = Box(MARGIN, 832, WIDTH_PX - MARGIN, 880)
LABEL = Box(FOOTER.left, FOOTER.top, 900, FOOTER.bottom)
ORIGIN = Box(900, FOOTER.top + 10, 1450, FOOTER.bottom)
NUMBER = Box(1460, FOOTER.top + 10, FOOTER.right, FOOTER.bottom)
LABEL_PX, ORIGIN_PX = 38.0, 26.0

_WIDTH = WIDTH_PX - 2 * MARGIN
_TITLE_TOP, _TITLE_LINES = 48.0, 2
_PLOT_TITLE = Box(MARGIN, 36, WIDTH_PX - MARGIN, 98)
_BOTTOM = 812.0
_BELOW_TITLE, _APART, _BESIDE = 44.0, 34.0, 40.0
_ABOVE_SHARE = 0.4  # of the room that is left over
_SHRINK = 0.95
_REMARK_PX = 30.0
_LEADS_PX = 320.0  # the least width of what leads to the recording, beside its still
_ASCENT, _OF_NUMBER = 0.93, 0.98
PARAGRAPHS_APART = 0.35
"""What is between two paragraphs, in sizes of their letters."""
_LONGEST = 300  # letters of a paragraph
_SPARE = 1.02  # letters are as wide in one program as in another, but for a little


@dataclass(frozen=True, kw_only=True)
class PlacedWords:
    """A text in its box, each paragraph in rows no wider than it.

    ``of`` has its name and where it leads.
    """

    box: Box
    size: float
    paragraphs: tuple[tuple[str, ...], ...]
    of: Words

    @property
    def leading(self) -> float:
        """Return the height of a line, in sizes; a number alone has no letters below its line."""
        return _OF_NUMBER if self.of.size == HUGE_PX else LEADING

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the paragraphs whole, for a program that breaks lines by itself."""
        return tuple(map(_cut, self.of.lines))

    @property
    def baselines(self) -> Iterator[tuple[float, str]]:
        """Yield each row with the place of its baseline."""
        top = self.box.top
        for rows in self.paragraphs:
            for row in rows:
                yield top + self.size * (_ASCENT + self.leading - LEADING), row
                top += self.size * self.leading
            top += self.size * PARAGRAPHS_APART


@dataclass(frozen=True)
class PlacedPlot:
    """A plot in its box."""

    box: Box
    of: Plot


@dataclass(frozen=True)
class PlacedPoster:
    """A still in its box."""

    box: Box
    of: Poster


Placed = PlacedWords | PlacedPlot | PlacedPoster


def place_title(slide: DeckSlide) -> PlacedWords:
    """Return the title above everything else: in one line above a plot, else in two at most."""
    title = Words(lines=(slide.title,), name=slide.title_name, bold=True)
    if _has_plot(slide):
        size, rows = _fit(slide.title, PLOT_TITLE_PX, 1)
        return PlacedWords(box=_PLOT_TITLE, size=size, paragraphs=(rows,), of=title)
    size, rows = _fit(slide.title, TITLE_PX, _TITLE_LINES)
    box = Box(MARGIN, _TITLE_TOP, MARGIN + _WIDTH, _TITLE_TOP + len(rows) * size * LEADING)
    return PlacedWords(box=box, size=size, paragraphs=(rows,), of=title)


def place_items(slide: DeckSlide) -> tuple[Placed, ...]:
    """Return what is below the title, as large as fits above the footer."""
    if _has_plot(slide):
        return tuple(
            PlacedPlot(Box(0, item.rows[0], WIDTH_PX, item.rows[1]), item)
            for item in slide.items
            if isinstance(item, Plot)
        )
    top = place_title(slide).box.bottom + _BELOW_TITLE
    room = _BOTTOM - top
    scale, items = 1.0, slide.items
    while _height(items, scale, top) > room and scale * _largest(items) > SMALLEST_PX:
        scale *= _SHRINK
    while _height(items, scale, top) > room and (fewer := _without_last_line(items)) is not None:
        items = fewer
    free = max(0.0, room - _height(items, scale, top))
    return tuple(_stack(items, scale, top + free * _ABOVE_SHARE))


def place_remark(plot: PlacedPlot) -> tuple[PlacedWords, Box]:
    """Return what stands above a chart in the place of a plot, and what is left for the chart."""
    words = Words(lines=(plot.of.remark,), size=_REMARK_PX, name=f"{plot.of.chart}-remark")
    placed = _place_words(words, 1.0, Box(MARGIN, plot.box.top + 8, MARGIN + _WIDTH, 0))
    left, right = MARGIN - _BESIDE / 2, MARGIN + _WIDTH + _BESIDE / 2
    return placed, Box(left, placed.box.bottom + 12, right, plot.box.bottom)


def _has_plot(slide: DeckSlide) -> bool:
    """Return whether a plot has the slide to itself."""
    return any(isinstance(item, Plot) and item.rows == PLOT_ROWS for item in slide.items)


def _fit(content: str, size: float, most: int) -> tuple[float, tuple[str, ...]]:
    """Return the largest size at which a bold text takes so many lines at most, and these."""
    while size > SMALLEST_PX and len(_wrap(content, _WIDTH, size, bold=True)) > most:
        size -= 1
    return size, tuple(_wrap(content, _WIDTH, size, bold=True)[:most])


def _largest(items: Sequence[Item]) -> float:
    return max((item.size for item in items if isinstance(item, Words)), default=0.0)


def _height(items: Sequence[Item], scale: float, top: float) -> float:
    placed = list(_stack(items, scale, top))
    return max((one.box.bottom for one in placed), default=top) - top


def _stack(items: Sequence[Item], scale: float, top: float) -> Iterator[Placed]:
    """Yield the items one below the other, but for texts beside the one before them."""
    bottom, before = top, Box(MARGIN, top, MARGIN, top)
    apart = _APART * max(scale, 0.5)
    for number, item in enumerate(items):
        if isinstance(item, Words) and item.beside:
            box = Box(before.right + _BESIDE, before.top, MARGIN + _WIDTH, before.bottom)
            if not isinstance(items[0], Poster):
                yield _place_beside(item, scale, box)
                continue
            beside = _place_words(item, scale, box)
            before = Box(before.left, beside.box.bottom + apart, before.right, before.bottom)
            yield beside
            continue
        placed = _place(item, scale, bottom + (apart if number else 0.0))
        before, bottom = placed.box, placed.box.bottom
        yield placed


def _place(item: Item, scale: float, top: float) -> Placed:
    match item:
        case Words():
            return _place_words(item, scale, Box(MARGIN, top, MARGIN + _WIDTH, top))
        case Plot():
            return PlacedPlot(Box(0, top, WIDTH_PX, top + item.height), item)
        case Poster():
            return _place_poster(item, top)


def _place_poster(poster: Poster, top: float) -> PlacedPoster:
    """Return a still as high as there is room for: in the middle, or left of what leads to it."""
    leads = bool(poster.page or poster.film)
    width = _WIDTH - _LEADS_PX - _BESIDE if leads else _WIDTH
    height = min(_BOTTOM - top, width * poster.height / poster.width)
    width = height * poster.width / poster.height
    left = MARGIN if leads else (WIDTH_PX - width) / 2
    return PlacedPoster(Box(left, top, left + width, top + height), poster)


def _place_words(words: Words, scale: float, box: Box) -> PlacedWords:
    """Return a text in a box as wide as that one; what stands beside a number needs its width."""
    size = max(float(SMALLEST_PX), words.size * scale)
    while words.one_line and size > SMALLEST_PX:
        if all(len(_wrap(line, box.width, size, words.bold)) == 1 for line in words.lines):
            break
        size -= 1
    paragraphs = tuple(tuple(_wrap(line, box.width, size, words.bold)) for line in words.lines)
    rows, right = sum(map(len, paragraphs)), box.right
    if words.size == HUGE_PX and rows == 1:
        width = lettering.width_of(paragraphs[0][0], size, words.bold)
        right = min(right, box.left + width * _SPARE)
    placed = PlacedWords(
        box=Box(box.left, box.top, right, box.top), size=size, paragraphs=paragraphs, of=words
    )
    height = size * (rows * placed.leading + (len(paragraphs) - 1) * PARAGRAPHS_APART)
    return replace(placed, box=Box(box.left, box.top, right, box.top + height))


def _place_beside(words: Words, scale: float, box: Box) -> PlacedWords:
    """Return a text in the lower part of a box."""
    while True:
        placed = _place_words(words, scale, box)
        if placed.box.height <= box.height * 0.86 or placed.size <= SMALLEST_PX:
            break
        scale *= _SHRINK
    down = box.height * 0.86 - placed.box.height
    lower = placed.box.move(0, max(0.0, down))
    return replace(placed, box=Box(lower.left, lower.top, box.right, lower.bottom))


def _wrap(content: str, width: float, size: float, bold: bool) -> list[str]:
    """Return a text in lines; a word that is longer than one is broken, a long text cut off."""
    rows = []
    for row in lettering.wrap(_cut(content), width / _SPARE, size, bold):
        while len(row) > 1 and lettering.width_of(row, size, bold) > width:
            cut = max(1, int(len(row) * width / lettering.width_of(row, size, bold)) - 1)
            rows.append(row[:cut])
            row = row[cut:]
        rows.append(row)
    return rows


def _cut(content: str) -> str:
    return content if len(content) <= _LONGEST else f"{content[: _LONGEST - 1]}…"


def _without_last_line(items: Sequence[Item]) -> tuple[Item, ...] | None:
    """Return the items with one line less of the longest text (None: each has one line)."""
    longest = max(
        (item for item in items if isinstance(item, Words)),
        key=lambda words: len(words.lines),
        default=None,
    )
    if longest is None or len(longest.lines) < 2:
        return None
    fewer = replace(longest, lines=longest.lines[:-1])
    return tuple(fewer if item is longest else item for item in items)
