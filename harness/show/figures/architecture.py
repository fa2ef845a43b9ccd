"""The architecture: one input into both sides, the workload's three design decisions, and one held-out set that judges both.

May import ``model``, ``evidence``, ``phrases`` and ``page``, ``margins`` and ``picture``.
"""

from harness import text
from harness.claims.headline import Headline
from harness.model import Digest, Results
from harness.show import phrases
from harness.show.figures import header_footer
from harness.show.figures.page import LEADING, MARGIN, WIDTH_PX, Box, Page
from harness.show.figures.picture import Missing, Picture, sentence

MOST_BOXES = 8

_LEFT = Box(MARGIN, 216, 470, 698)
_RIGHT = Box(530, 216, WIDTH_PX - MARGIN, 698)
_INPUT_TOP, _HELD_OUT_TOP, _ROW = 116, 742, 56
_HEADING_Y, _BOXES_TOP, _BOX_HIGH, _RAIL_BELOW = 262, 284, 62, 22
_WORDS_Y, _NAME_WIDE, _BETWEEN = 420, 262, 10
_MOST_LINES = ((28, (9, 9, 9)), (26, (9, 9, 9)), (26, (3, 3, 2)))
_INSIDE = 26


def picture(headline: Headline) -> Picture | Missing:
    """Return the diagram of a session."""
    return Picture(_title(headline), _described(headline), lambda page: _paint(page, headline))


def _title(headline: Headline) -> str:
    one, many = phrases.sides(headline.results)
    said = f"once through {one} and once through {many}"
    return f"One input, {said}" if headline.results.spec.input_known else said.capitalize()


def _alone(results: Results) -> str:
    """Return what the baseline is; how an adopted one goes about it is not known."""
    return (
        "one program, nothing is split and nothing exchanged"
        if results.spec.commands is None
        else "one program, run as it is"
    )


def _all(results: Results) -> str:
    return "all of the input" if results.spec.input_known else "all of the work"


def _decisions(results: Results) -> tuple[tuple[str, str], ...]:
    told = results.spec.workload
    return tuple(
        (name, text.printable(getattr(told, name)))
        for name in ("partition", "communication", "consistency")
    )


def _paint(page: Page, headline: Headline) -> None:
    results = headline.results
    header_footer.title(page, _title(headline), field="spec.baseline_cores-spec.workers.title")
    header_footer.footer(page, results)
    _shared(
        page, Box(_LEFT.left, _INPUT_TOP, _RIGHT.right, _INPUT_TOP + _ROW), _input(results), "input"
    )
    _shared(
        page,
        Box(_LEFT.left, _HELD_OUT_TOP, _RIGHT.right, _HELD_OUT_TOP + _ROW),
        _held_out(headline),
        "held_out",
    )
    _baseline(page, headline)
    _distributed(page, headline)
    for side, color in ((_LEFT, page.theme.baseline), (_RIGHT, page.theme.distributed)):
        middle = (side.left + side.right) / 2
        page.frame(side, color)
        page.arrow((middle, _INPUT_TOP + _ROW + 2), (middle, side.top - 2), color, 5)
        page.arrow((middle, side.bottom + 2), (middle, _HELD_OUT_TOP - 2), color, 5)


def _shared(page: Page, box: Box, said: str, field: str) -> None:
    """A bar across both sides: what they have in common."""
    page.frame(box, page.theme.ink)
    middle = (box.left + box.right) / 2
    page.say_within(
        middle,
        box.top + 39,
        said,
        28,
        box.right - box.left - 2 * _INSIDE,
        field=field,
        align="center",
    )


def _input(results: Results) -> str:
    if not results.spec.input_known:
        return "what the two programs read was not named: no digest is known"
    return f"the same input: {_told(results.input, results)}"


def _told(digest: Digest | None, results: Results) -> str:
    if digest is None:
        return "as declared, no digest is known"
    unit = text.printable(results.spec.workload.unit)
    return f"{text.count(digest.items)} {unit}, {text.size(digest.bytes)}, digest {text.digest(digest.sha256)}"


def _held_out(headline: Headline) -> str:
    held_out, quality, limit = (
        headline.results.held_out,
        headline.quality,
        headline.results.spec.workload.tolerance,
    )
    size = (
        ""
        if held_out is None
        else f", {text.number_of(held_out.items, 'item')}, digest {text.digest(held_out.sha256)}"
    )
    both = f"{text.quality(quality.baseline, limit)} and {text.quality(quality.distributed, limit)}"
    if headline.results.spec.commands is not None:
        return f"told of both programs alike: {phrases.metric(headline)} {both}"
    return f"the same held-out set: {phrases.metric(headline)} {both}{size}"


def _baseline(page: Page, headline: Headline) -> None:
    """The side on the left: one program, all of the input."""
    one, _ = phrases.sides(headline.results)
    wide = _LEFT.right - _LEFT.left - 2 * _INSIDE
    page.say_within(
        _LEFT.left + _INSIDE,
        _HEADING_Y,
        f"baseline, {one}",
        32,
        wide,
        field="spec.baseline_cores",
        bold=True,
    )
    box = Box(_LEFT.left + _INSIDE, _BOXES_TOP, _LEFT.right - _INSIDE, _BOXES_TOP + _BOX_HIGH)
    page.frame(box, page.theme.baseline, 5)
    page.say((box.left + box.right) / 2, box.top + 42, _all(headline.results), 28, align="center")
    page.paragraph(
        _LEFT.left + _INSIDE, _WORDS_Y, _alone(headline.results), 28, wide, 4, field="baseline"
    )


def _distributed(page: Page, headline: Headline) -> None:
    """The side on the right: its workers on one rail, and the three decisions in the workload's own words."""
    _, many = phrases.sides(headline.results)
    left, wide = _RIGHT.left + _INSIDE, _RIGHT.right - _RIGHT.left - 2 * _INSIDE
    heading = f"distributed, {many}"
    page.say_within(left, _HEADING_Y, heading, 32, wide, field="spec.workers", bold=True)
    room = wide - page.width_of(heading, 32, bold=True) - _INSIDE
    if (moved := _handed_over(headline)) and page.width_of(moved, 28) <= room:
        page.say(left + wide, _HEADING_Y, moved, 28, field="trials.part_bytes", align="right")
    _workers(page, headline.results.spec.workers, left, wide)
    size, most = _fitting(page, headline.results, wide - _NAME_WIDE)
    y = float(_WORDS_Y)
    for (name, told), lines in zip(_decisions(headline.results), most, strict=True):
        page.say(left, y, name, 28, bold=True)
        y = (
            page.paragraph(
                left + _NAME_WIDE,
                y,
                told,
                size,
                wide - _NAME_WIDE,
                lines,
                field=f"spec.workload.{name}",
            )
            + _BETWEEN
        )


def _handed_over(headline: Headline) -> str:
    """Return how much the workers handed over in a run, in words; empty where it is not known."""
    moved = headline.pairs.part_bytes
    return "" if moved is None else f"{text.size(moved)} of parts handed over"


def _fitting(page: Page, results: Results, wide: float) -> tuple[float, tuple[int, ...]]:
    """Return how large the three decisions are written and in how many lines, so that they end inside their frame."""
    for size, most in _MOST_LINES:
        lines = [
            min(len(page.wrap(told, wide, size)), room)
            for (_, told), room in zip(_decisions(results), most, strict=True)
        ]
        if (
            _WORDS_Y + sum(lines) * size * LEADING + 2 * _BETWEEN
            < _RIGHT.bottom + size * LEADING / 2
        ):
            break
    return size, most


def _workers(page: Page, number: int, left: float, wide: float) -> None:
    """A box for each worker, joined by a rail; where there are many, the last box stands for the rest."""
    drawn = min(number, MOST_BOXES)
    gap = 16
    folded = number > MOST_BOXES
    last = 3 if folded else 1
    each = (wide - gap * (drawn - 1)) / (drawn - 1 + last)
    middles = []
    for place in range(drawn):
        x = left + place * (each + gap)
        across = each * last if folded and place == drawn - 1 else each
        page.frame(
            Box(x, _BOXES_TOP, x + across, _BOXES_TOP + _BOX_HIGH), page.theme.distributed, 5
        )
        said = (
            f"… {text.number_of(number, 'worker')}"
            if folded and place == drawn - 1
            else f"w{place}"
        )
        page.say_within(
            x + across / 2,
            _BOXES_TOP + 42,
            said,
            28,
            across - 8,
            field=f"spec.workers.{place}",
            align="center",
        )
        middles.append(x + across / 2)
    rail = _BOXES_TOP + _BOX_HIGH + _RAIL_BELOW
    for x in middles:
        page.line([x, x], [_BOXES_TOP + _BOX_HIGH, rail], page.theme.distributed, 5)
    page.line([middles[0] - 2, middles[-1] + 2], [rail, rail], page.theme.distributed, 5)


def _described(headline: Headline) -> str:
    one, many = phrases.sides(headline.results)
    decisions = [f"{name}: {told}" for name, told in _decisions(headline.results)]
    sides = f"on the left the baseline on {one}, with {_all(headline.results)}; on the right the distributed side on {many}"
    moved = _handed_over(headline)
    return " ".join(
        map(
            sentence,
            filter(None, (_input(headline.results), sides, moved, *decisions, _held_out(headline))),
        )
    )
