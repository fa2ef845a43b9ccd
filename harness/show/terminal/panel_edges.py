"""The first line and the last lines of the panel, from words, which change less often than frames.

Pure. May import ``model``, ``text`` and its neighbours.
"""

from datetime import datetime

from rich.cells import cell_len

from harness import text
from harness.model import Schedule
from harness.show.terminal import panel_phrases as phrases
from harness.show.terminal.lines import (
    LABEL,
    STRONG,
    Line,
    cut,
    first_fitting,
    join_fitting,
    justify,
    piece,
)
from harness.show.terminal.recent_calls import recent_calls


@recent_calls(1)
def header_line(
    badge: str,
    name: str,
    facts: tuple[str, str],
    utc: datetime,
    schedule: Schedule,
    run_id: str,
    columns: int,
) -> Line:
    """Return the header; ``facts`` are the item count and the input's digest.

    Where room is short the item count goes first, then the schedule, then the name.
    """
    label = (piece(f" {cut(badge, 20)} ", LABEL),) if badge else ()
    items, digest = facts
    moment = text.moment(utc)
    order = str(schedule).upper().replace("-", " ")
    run = f"run {cut(run_id, 16)}"
    choices = (
        [name, items, digest, moment, order, run],
        [name, digest, moment, order, run],
        [name, digest, moment, run],
        [digest, moment, run],
    )
    room = columns - 2 - sum(cell_len(part.text) for part in label)
    variants = [" · ".join(filter(None, parts)) for parts in choices]
    return (*label, piece(" "), piece(first_fitting(variants, room)))


@recent_calls(1)
def footer_lines(
    facts: list[str],
    notes: phrases.Variants,
    is_urgent: bool,
    key_words: tuple[phrases.Variants, ...],
    doing: str,
    width: int,
    whole: bool,
) -> tuple[Line, ...]:
    """Return the footer's lines; ``whole``: the remark has one of its own."""
    if whole:
        news = join_fitting(facts, width)
        below = [(piece(" "), piece(first_fitting(notes, width)))]
    else:
        news = _with_note(facts, notes, width, first=is_urgent)
        below = []
    left_over = [fact for fact in facts if fact not in news]
    keys, prompt = phrases.keys_and_prompt(key_words, doing, width)
    end = join_fitting([prompt, *left_over], width - cell_len(keys) - 2)
    last = (piece(" "), piece(justify(keys, end, width)))
    return ((piece(" "), piece(news, STRONG)), *below, last)


def _with_note(facts: list[str], notes: phrases.Variants, width: int, *, first: bool) -> str:
    """Return facts and the note that has no line of its own: first, or before the last fact."""
    if first:
        return join_fitting([cut(notes[0], width), *facts], width)
    whole = [" · ".join(filter(None, [*facts[:-1], note, *facts[-1:]])) for note in notes]
    shortest = join_fitting([*facts[:-1], *notes[1:2], *facts[-1:]], width)
    return first_fitting([*whole[:2], shortest], width)
