"""The headline slide: on the terminal as text, for the projector as SVG and PNG, the same bytes each time.

Total functions of a headline; a refusal is told in text only, since it must not leave a picture that looks
like a claim. May import ``score.headline``, its neighbours in ``show``, and matplotlib, lazily: it takes a
third of a second that no other command should wait for.
"""

import textwrap
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from harness.score.headline import Headline, Refusal
from harness.show import phrases, words
from harness.show.clock import SMALLEST, drawn
from harness.show.frame import bar, cut, shortened

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.figure import Figure
    from matplotlib.font_manager import FontProperties

WIDTH_PX, HEIGHT_PX = 1600, 900
SMALLEST_PX, NUMBER_PX = 26, 200

_COLUMNS = 78
_MARGIN = 60
_BARS_FROM, _BARS_TO = 390, 1340
_CAVEAT_LINES = 4
_INK = "#000000"
_BASELINE, _DISTRIBUTED = "#D55E00", "#0072B2"

# In pixels, shrinking with the window; no document type, which would name an address.
_SVG_OPENING = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" role="img"'
    f' viewBox="0 0 {WIDTH_PX} {HEIGHT_PX}" width="{WIDTH_PX}" height="{HEIGHT_PX}" style="max-width: 100%; height: auto">'
)


def text(headline: Headline) -> str:
    """Return the headline for a terminal of 80 columns: what qualifies it, then the speedup in big digits and what holds it up.

    The number comes last, because on a terminal of 24 rows it is the end of a text that stays in sight.
    """
    baseline, distributed, gap = phrases.times(headline)
    quality, change = phrases.quality(headline)
    cost, drop = phrases.cost(headline)
    tolerance = headline.results.spec.workload.tolerance
    lines = [
        *_told("", phrases.provenance(headline.results)),
        *_told("but: ", " · ".join(phrases.short(caveat, tolerance) for caveat in headline.caveats)),
        *_told("limit: ", cut(headline.results.spec.workload.limitation, 300)),
        "",
        cut(headline.results.spec.workload.bottleneck, _COLUMNS),
        "",
        *_beside_the_number(headline, (baseline, distributed)),
        "",
        f"gap {gap} · {phrases.observations(headline)} · efficiency {phrases.efficiency(headline)}",
        f"{phrases.metric(headline)} {quality} · {change}",
        f"cost of a run {cost} · {drop}",
        *filter(None, (phrases.answers(headline), phrases.serial_share(headline), phrases.start_up(headline))),
        *_told("say: ", phrases.aloud(headline)),
    ]
    return _printed(lines)


def refusal_text(refusal: Refusal) -> str:
    """Return why there is no headline: every reason with its numbers."""
    tolerance = refusal.results.spec.workload.tolerance
    reasons = [line for reason in refusal.reasons for line in _told("- ", phrases.caveat(reason, tolerance))]
    lines = ["NO HEADLINE", *reasons, *_told("", phrases.provenance(refusal.results))]
    return _printed(lines)


def svg(headline: Headline) -> bytes:
    """Return the slide as SVG, its letters as outlines and its words in ``title`` and ``desc``."""
    saved = _saved(headline, "svg", {"Creator": "twoclocks", "Date": None}).decode()
    drawing = saved[saved.index(">", saved.index("<svg")) + 1 :]
    told = f"<title>{escape(phrases.aloud(headline))}</title>\n <desc>{escape(text(headline))}</desc>"
    return f"{_SVG_OPENING}\n {told}{drawing}".encode()


def png(headline: Headline) -> bytes:
    """Return the slide as PNG, 1600 by 900."""
    return _saved(headline, "png", {"Software": "twoclocks"})


def figure(headline: Headline) -> "Figure":
    """Return the slide as a matplotlib figure in which a point is a pixel."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn_on = Figure(figsize=(WIDTH_PX / 72, HEIGHT_PX / 72), dpi=72, facecolor="white")
    renderer = FigureCanvasAgg(drawn_on).get_renderer()  # type: ignore[no-untyped-call]
    axes = drawn_on.add_axes((0, 0, 1, 1), xlim=(0, WIDTH_PX), ylim=(HEIGHT_PX, 0))
    axes.set_axis_off()
    _compose(_Page(axes, renderer), headline)
    return drawn_on


def _printed(lines: list[str]) -> str:
    return "".join(f" {shortened(line, _COLUMNS)}".rstrip() + "\n" for line in lines)


def _beside_the_number(headline: Headline, spans: tuple[str, str]) -> list[str]:
    """Return the speedup's big digits with both times beside them, as bars to scale."""
    number = [f"{row} " for row in drawn(words.three(headline.speed.speedup).replace(",", ""), SMALLEST, 30)]
    number = [f"{row}{mark}" for row, mark in zip(number, ("    ", "▀▄▄▀", "▄▀▀▄", "    "), strict=True)]
    room = _COLUMNS - len(number[0]) - 3
    longest = max(headline.speed.baseline_s, headline.speed.distributed_s)
    sides = zip(("baseline", "distributed"), phrases.contestants(headline.results), spans, _seconds(headline), strict=True)
    told = [(f"{side}, {who}, {span}", bar(seconds / longest, room).replace("░", " ")) for side, who, span, seconds in sides]
    return [f"{left}   {cut(right, room)}" for left, right in zip(number, [part for pair in told for part in pair], strict=True)]


def _seconds(headline: Headline) -> tuple[float, float]:
    return headline.speed.baseline_s, headline.speed.distributed_s


def _told(lead: str, told: str) -> list[str]:
    lines = textwrap.wrap(words.unbroken(told), _COLUMNS, initial_indent=lead, subsequent_indent=" " * len(lead))
    return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines] if told else []


@dataclass(frozen=True)
class _Page:
    """A slide being drawn, in pixels from its upper left corner; its letters come with matplotlib, not from the system."""

    axes: "Axes"
    renderer: "RendererAgg"

    def width_of(self, said: str, size: float, bold: bool = False) -> float:
        """Return the width of a text."""
        width, _, _ = self.renderer.get_text_width_height_descent(_drawable(said), _font(size, bold), ismath=False)  # type: ignore[no-untyped-call]
        return float(width)

    def say(self, x: float, y: float, said: str, size: float, *, field: str = "", bold: bool = False, align: str = "left") -> None:
        """Write a text on the baseline ``y``; ``field`` names what of the headline it shows."""
        self.axes.text(x, y, _drawable(said), fontproperties=_font(size, bold), parse_math=False, gid=field or None, color=_INK, ha=align)

    def say_within(self, x: float, y: float, said: str, size: float, width: float, *, field: str = "", bold: bool = False) -> None:
        """Write a text no wider than ``width``: smaller where it must be, cut off where it may not be smaller."""
        while size > SMALLEST_PX and self.width_of(said, size, bold) > width:
            size -= 1
        while len(said) > 1 and self.width_of(said, size, bold) > width:
            said = f"{said[: len(said) * 9 // 10 - 1]}…"
        self.say(x, y, said, size, field=field, bold=bold)

    def fill(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """Draw a rectangle."""
        self.axes.fill([x, x + width, x + width, x], [y, y, y + height, y + height], color=color, linewidth=0)

    def wrap(self, told: str, width: float, size: float) -> list[str]:
        """Return the text in lines that are no wider, broken between words that may be parted."""
        lines = [""]
        for word in words.unbroken(told).split(" "):
            longer = f"{lines[-1]} {word}".strip(" ")
            if lines[-1] and self.width_of(longer, size) > width:
                lines.append(word)
            else:
                lines[-1] = longer
        return [line for line in lines if line]


@lru_cache(maxsize=32)
def _font(size: float, bold: bool) -> "FontProperties":
    import matplotlib as mpl
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=f"{mpl.get_data_path()}/fonts/ttf/DejaVuSans{'-Bold' if bold else ''}.ttf", size=size)


@lru_cache(maxsize=256)
def _drawable(said: str) -> str:
    """Return the text with an empty square for each letter that the font has not."""
    from matplotlib.font_manager import get_font

    font = get_font(str(_font(SMALLEST_PX, bold=False).get_file()))
    return "".join(letter if font.get_char_index(ord(letter)) else "\N{WHITE SQUARE}" for letter in said)


def _saved(headline: Headline, form: str, metadata: dict[str, str | None]) -> bytes:
    """Return the picture's bytes; nothing in them depends on when or where it was drawn."""
    import matplotlib as mpl

    target = BytesIO()
    with mpl.rc_context({"svg.hashsalt": "twoclocks", "svg.fonttype": "path"}):
        figure(headline).savefig(target, format=form, dpi=72, metadata=metadata)
    return target.getvalue()


def _compose(page: _Page, headline: Headline) -> None:
    _top(page, headline)
    _bars(page, headline)
    _facts(page, headline)
    _small_print(page, headline)


def _top(page: _Page, headline: Headline) -> None:
    """The bottleneck, and the headline number in the largest type."""
    bottleneck = words.safe(headline.results.spec.workload.bottleneck)
    page.say_within(_MARGIN, 66, bottleneck, 38, WIDTH_PX - 2 * _MARGIN, field="spec.workload.bottleneck")
    number = phrases.speedup(headline)
    page.say(_MARGIN - 8, 250, number, NUMBER_PX, field="speed.speedup", bold=True)
    beside = _MARGIN + page.width_of(number, NUMBER_PX, bold=True) + 30
    room = WIDTH_PX - _MARGIN - beside
    one, many = phrases.contestants(headline.results)
    page.say(beside, 170, "as fast", 60, bold=True)
    page.say_within(beside, 216, f"on {many} as on {one}", 36, room, field="spec.workers-spec.baseline_cores")
    page.say_within(beside, 254, phrases.observations(headline), 30, room, field="pairs-speed.interval")


def _bars(page: _Page, headline: Headline) -> None:
    """Both times as bars to one scale, and the gap between their ends."""
    longest = max(_seconds(headline))
    rows = zip(("baseline", "distributed"), phrases.times(headline), _seconds(headline), (_BASELINE, _DISTRIBUTED), strict=False)
    ends = []
    for place, (side, span, seconds, color) in enumerate(rows):
        top, length = 290 + place * 70, (_BARS_TO - _BARS_FROM) * seconds / longest
        page.say(_MARGIN, top + 42, side, 38, bold=True)
        page.fill(_BARS_FROM, top, length, 58, color)
        page.say(_BARS_FROM + length + 16, top + 45, span, 44, field=f"speed.{side}_s", bold=True)
        ends.append(_BARS_FROM + length)
    for x, bottom in zip(ends, (348, 418), strict=True):
        page.axes.plot([x, x], [bottom, 456], color=_INK, linewidth=2)
    page.axes.plot(ends, [440, 440], color=_INK, linewidth=3)
    page.say(
        sum(ends) / 2, 484, f"gap {phrases.times(headline)[2]}", 36, field="speed.baseline_s-speed.distributed_s", align="center", bold=True
    )


def _facts(page: _Page, headline: Headline) -> None:
    """Efficiency, quality and cost, side by side."""
    columns = (
        (_MARGIN, 450, "efficiency", (phrases.efficiency(headline), "of the hardware became speed"), ("speed.efficiency", "")),
        (560, 500, phrases.metric(headline), phrases.quality(headline), ("quality.baseline-quality.distributed", "quality.change")),
        (1110, 430, "cost of a run", phrases.cost(headline), ("cost.baseline-cost.distributed", "cost.drop")),
    )
    for x, width, name, (value, remark), (of_value, of_remark) in columns:
        page.say_within(x, 538, name, 30, width)
        page.say_within(x, 592, value, 50, width, field=of_value, bold=True)
        page.say_within(x, 628, remark, 28, width, field=of_remark)


def _small_print(page: _Page, headline: Headline) -> None:
    """What must be said beside the headline, the gravest first, and where the numbers come from."""
    size, width = 28, WIDTH_PX - 2 * _MARGIN
    for place, line in enumerate(_caveats(page, headline, width, size)):
        page.say_within(_MARGIN, 684 + place * 36, line, size, width, field=f"caveats.{place}")
    footer = page.wrap(phrases.provenance(headline.results), width, SMALLEST_PX)[:2]
    for place, line in enumerate(footer):
        page.say_within(_MARGIN, 842 + place * 34, line, SMALLEST_PX, width, field=f"results.{place}")


def _caveats(page: _Page, headline: Headline, width: float, size: float) -> list[str]:
    """Return as many caveats as have room, and how many have none."""
    tolerance = headline.results.spec.workload.tolerance
    told = [*(phrases.short(caveat, tolerance) for caveat in headline.caveats), phrases.start_up(headline), phrases.answers(headline)]
    told = [part for part in told if part]
    for kept in range(len(told), 0, -1):
        rest = [f"and {words.count(len(told) - kept)} more, in the text"] if kept < len(told) else []
        lines = page.wrap(" · ".join([*told[:kept], *rest]), width, size)
        if len(lines) <= _CAVEAT_LINES:
            return lines
    return page.wrap(" · ".join(told), width, size)[:_CAVEAT_LINES]
