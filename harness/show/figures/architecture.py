"""The architecture: one input, partition, communication and consistency, one held-out set.

A diagram, drawn on the page without axes. May import ``claims`` (its types), ``model``,
``show.phrases``, ``text`` and its neighbours.
"""

from harness import text
from harness.claims.headline import Headline
from harness.model import Digest, Results
from harness.show import phrases
from harness.show.figures.box import WIDTH_PX, Box
from harness.show.figures.page import LEADING, MARGIN, Page
from harness.show.figures.picture import Missing, Picture, sentence, write_footer, write_title

MOST_BOXES = 8
MOST_WORDS = 10

_LEFT = Box(MARGIN, 216, 470, 698)
_RIGHT = Box(530, 216, WIDTH_PX - MARGIN, 698)
_INPUT = Box(_LEFT.left, 116, _RIGHT.right, 172)
_HELD_OUT = Box(_LEFT.left, 742, _RIGHT.right, 798)
_INSIDE = 26
_HEADING_Y = 262
_BOXES_TOP, _BOXES_BOTTOM = 284, 346
_RAIL_Y = 368
_WORDS_Y = 420
_NAME_WIDTH = 262
_DECISIONS_APART = 10
_FOLDED_WIDTH = 3  # the box that stands for many workers, in boxes
_CLAUSE_ENDS = ";,.:"
_DECISIONS = ("partition", "communication", "consistency")
# Sizes of the three decisions and how many lines each may take, the best first.
_SIZES = ((34, (9, 9, 9)), (30, (9, 9, 9)), (28, (9, 9, 9)), (26, (3, 3, 2)))


def picture(headline: Headline) -> Picture | Missing:
    """Return the diagram of a session."""
    return Picture(_title(headline), _description(headline), lambda page: _draw(page, headline))


def _title(headline: Headline) -> str:
    """Return the axis, and what both sides get."""
    baseline, distributed = phrases.sides(headline.results)
    given = "one input" if headline.results.spec.has_input else "the same work"
    axis = phrases.axis(headline)
    return f"{axis[:1].upper()}{axis[1:]} · {given}, {baseline} or {distributed}"


def _baseline_words(results: Results) -> str:
    """Return what the baseline does; of a command pair it is not known."""
    if results.spec.commands is not None:
        return "one program, run as it is"
    return "one program, nothing is split and nothing exchanged"


def _baseline_share(results: Results) -> str:
    return "all of the input" if results.spec.has_input else "all of the work"


def _decisions(results: Results) -> list[tuple[str, str]]:
    """Return partition, communication and consistency, each with the workload's first words."""
    description = results.spec.workload
    return [(name, _in_short(getattr(description, name))) for name in _DECISIONS]


def _in_short(words: str) -> str:
    """Return as many clauses as have ten words together; where the first has more, ten of them."""
    every = text.printable(words).split(" ")
    if len(every) <= MOST_WORDS:
        return " ".join(every)
    ends = [place for place, word in enumerate(every[:MOST_WORDS], 1) if word[-1:] in _CLAUSE_ENDS]
    if ends:
        return " ".join(every[: ends[-1]]).rstrip(_CLAUSE_ENDS)
    return f"{' '.join(every[:MOST_WORDS])} …"


def _draw(page: Page, headline: Headline) -> None:
    results = headline.results
    write_title(page, _title(headline), field="spec.baseline_cores-spec.workers.title")
    write_footer(page, results)
    _draw_shared(page, _INPUT, _input(results), "input")
    _draw_shared(page, _HELD_OUT, _held_out(headline), "held_out")
    _draw_baseline(page, headline)
    _draw_distributed(page, headline)
    for side, color in ((_LEFT, page.theme.baseline), (_RIGHT, page.theme.distributed)):
        page.outline(side, color)
        page.arrow((side.middle, _INPUT.bottom + 2), (side.middle, side.top - 2), color, 5)
        page.arrow((side.middle, side.bottom + 2), (side.middle, _HELD_OUT.top - 2), color, 5)


def _draw_shared(page: Page, box: Box, content: str, field: str) -> None:
    """Draw a bar across both sides: what they have in common."""
    page.outline(box, page.theme.ink)
    width = box.width - 2 * _INSIDE
    page.write_within(box.middle, box.top + 39, content, 28, width, field=field, align="center")


def _input(results: Results) -> str:
    if not results.spec.has_input:
        return "what the two programs read was not named: no digest is known"
    return f"the same input: {_input_facts(results.input, results)}"


def _input_facts(digest: Digest | None, results: Results) -> str:
    if digest is None:
        return "as declared, no digest is known"
    items = f"{text.count(digest.items)} {text.printable(results.spec.workload.unit)}"
    return f"{items}, {text.size(digest.bytes)}, digest {text.digest(digest.sha256)}"


def _held_out(headline: Headline) -> str:
    results, quality = headline.results, headline.quality
    limit, held_out = results.spec.workload.tolerance, results.held_out
    both = f"{text.quality(quality.baseline, limit)} and {text.quality(quality.distributed, limit)}"
    if results.spec.commands is not None:
        return f"reported by both programs: {phrases.metric(headline)} {both}"
    size = ""
    if held_out is not None:
        items = text.number_of(held_out.items, "item")
        size = f", {items}, digest {text.digest(held_out.sha256)}"
    return f"the same held-out set: {phrases.metric(headline)} {both}{size}"


def _draw_baseline(page: Page, headline: Headline) -> None:
    """Draw the left side: one program with all of the input."""
    results = headline.results
    heading = f"baseline, {phrases.sides(results)[0]}"
    left, width = _LEFT.left + _INSIDE, _LEFT.width - 2 * _INSIDE
    page.write_within(left, _HEADING_Y, heading, 32, width, field="spec.baseline_cores", bold=True)
    box = Box(left, _BOXES_TOP, left + width, _BOXES_BOTTOM)
    page.outline(box, page.theme.baseline, 5)
    page.write(box.middle, box.top + 42, _baseline_share(results), 28, align="center")
    page.write_paragraph(left, _WORDS_Y, _baseline_words(results), 28, width, 4, field="baseline")


def _draw_distributed(page: Page, headline: Headline) -> None:
    """Draw the right side: workers on a rail, and the design decisions in the workload's words."""
    results = headline.results
    left, width = _RIGHT.left + _INSIDE, _RIGHT.width - 2 * _INSIDE
    heading = f"distributed, {phrases.sides(results)[1]}"
    page.write_within(left, _HEADING_Y, heading, 32, width, field="spec.workers", bold=True)
    room = width - page.width_of(heading, 32, bold=True) - _INSIDE
    if (parts := _parts(headline)) and page.width_of(parts, 28) <= room:
        right = left + width
        page.write(right, _HEADING_Y, parts, 28, field="trials.part_bytes", align="right")
    _draw_workers(page, results.spec.workers, left, width)
    size, most_lines = _best_size(page, results, width - _NAME_WIDTH)
    y = float(_WORDS_Y)
    for (name, words), most in zip(_decisions(results), most_lines, strict=True):
        page.write(left, y, name, 28, bold=True)
        y = page.write_paragraph(
            left + _NAME_WIDTH,
            y,
            words,
            size,
            width - _NAME_WIDTH,
            most,
            field=f"spec.workload.{name}",
        )
        y += _DECISIONS_APART


def _parts(headline: Headline) -> str:
    """Return how much the workers handed over in a run; empty if unknown."""
    part_bytes = headline.pairs.part_bytes
    return "" if part_bytes is None else f"{text.size(part_bytes)} of parts handed over"


def _best_size(page: Page, results: Results, width: float) -> tuple[float, tuple[int, ...]]:
    """Return size and lines of the three decisions, so that they end inside their side."""
    for size, most_lines in _SIZES:
        lines = sum(
            min(len(page.wrap(words, width, size)), most)
            for (_, words), most in zip(_decisions(results), most_lines, strict=True)
        )
        bottom = _WORDS_Y + lines * size * LEADING + 2 * _DECISIONS_APART
        if bottom < _RIGHT.bottom + size * LEADING / 2:
            break
    return size, most_lines


def _draw_workers(page: Page, number: int, left: float, width: float) -> None:
    """Draw a box per worker, joined by a rail; the last of many stands for all the rest."""
    is_folded = number > MOST_BOXES
    boxes = _worker_boxes(min(number, MOST_BOXES), left, width, is_folded=is_folded)
    color = page.theme.distributed
    for place, box in enumerate(boxes):
        is_rest = is_folded and box is boxes[-1]
        name = f"… {text.number_of(number, 'worker')}" if is_rest else f"w{place}"
        page.outline(box, color, 5)
        page.write_within(
            box.middle,
            _BOXES_TOP + 42,
            name,
            28,
            box.width - 8,
            field=f"spec.workers.{place}",
            align="center",
        )
        page.line([(box.middle, _BOXES_BOTTOM), (box.middle, _RAIL_Y)], color, 5)
    page.line([(boxes[0].middle - 2, _RAIL_Y), (boxes[-1].middle + 2, _RAIL_Y)], color, 5)


def _worker_boxes(number: int, left: float, width: float, *, is_folded: bool) -> list[Box]:
    gap = 16
    last = _FOLDED_WIDTH if is_folded else 1
    each = (width - gap * (number - 1)) / (number - 1 + last)
    boxes = []
    for place in range(number):
        x = left + place * (each + gap)
        across = each * last if place == number - 1 else each
        boxes.append(Box(x, _BOXES_TOP, x + across, _BOXES_BOTTOM))
    return boxes


def _description(headline: Headline) -> str:
    baseline, distributed = phrases.sides(headline.results)
    share = _baseline_share(headline.results)
    sides = (
        f"on the left the baseline on {baseline}, with {share};"
        f" on the right the distributed side on {distributed}"
    )
    words = headline.results.spec.workload
    decisions = [f"{name}: {text.printable(getattr(words, name))}" for name in _DECISIONS]
    parts = (_input(headline.results), sides, _parts(headline), *decisions, _held_out(headline))
    return " ".join(map(sentence, filter(None, parts)))
