"""Which drawings of a recording are shown, and for how long, in whole parts of a second.

Pure but for the emulated screen. May import ``cast``, ``errors``, ``text`` and its neighbours in
``film``.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from harness import text
from harness.cast.emulator import drawings, screens
from harness.cast.film.picture import ScreenPicture
from harness.cast.format import Cast
from harness.cast.markers import GO, HEADLINE, PROOF
from harness.errors import BadRequest

LONGEST_S = 3600.0
_LEAD_S = 1.0

Window = tuple[float, float]
"""The first and the last moment of a part of a recording, in its seconds."""


def race_alone(cast: Cast) -> tuple[Window, ...]:
    """Return the parts of a recording without its arming and its proof.

    The first begins a second before the clocks start. A recording without these labelled moments,
    or with them out of order, is one part.
    """
    over = cast.duration_s
    go, proof, headline = map(cast.marker_at, (GO, PROOF, HEADLINE))
    begin = max(0.0, min(go or 0.0, over) - _LEAD_S)
    if proof is None or headline is None or not begin <= proof <= headline <= over:
        return ((begin, over),)
    return ((begin, proof), (headline, over))


def whole(cast: Cast) -> tuple[Window, ...]:
    """Return a recording as its only part."""
    return ((0.0, cast.duration_s),)


def length_s(parts: Sequence[Window]) -> float:
    """Return how long the parts of a recording last together, in seconds."""
    return sum(end - begin for begin, end in parts)


def start_picture(
    cast: Cast, cell_width: int, remark: str, parts: Sequence[Window]
) -> ScreenPicture:
    """Return the picture of a recording's screen before its first drawing.

    Raises ``BadRequest`` if the recording is too large, or its parts are too long.
    """
    if (lasts_s := length_s(parts)) > LONGEST_S:
        duration, longest = text.durations(lasts_s, LONGEST_S)
        raise BadRequest(
            f"a recording of {duration} is too long for a film, which may last {longest}",
            "play it as run.html, which holds all of it",
        )
    label = " · ".join(filter(None, (cast.label, text.printable(remark))))
    return ScreenPicture.blank(cast.columns, cast.rows, cell_width, label)


def display_times(
    cast: Cast, per_second: int, shortest: int, parts: Sequence[Window]
) -> tuple[int, ...]:
    """Return how long the empty screen and then each drawing is shown, in parts of a second.

    They add up to the length of the recording's ``parts``. A drawing that would be shown for less
    than ``shortest`` is left out (0), and the one before it stays until the next; so the last one
    is always shown.
    """
    total = max(shortest, _round(length_s(parts) * per_second))
    begins = accumulate(
        (
            min(_round(_shown_s(parts, drawing.at) * per_second), total - shortest)
            for drawing in drawings(cast)
        ),
        max,
        initial=0,
    )
    times: list[int] = []
    until = total
    for begin in reversed(tuple(begins)):
        shown = until - begin if until - begin >= shortest else 0
        until -= shown
        times.insert(0, shown)
    first = next(place for place, shown in enumerate(times) if shown)
    times[first] += until
    return tuple(times)


def _shown_s(parts: Sequence[Window], at: float) -> float:
    """Return how much of the parts is over at a moment of the recording, in seconds."""
    return sum(max(0.0, min(at, end) - begin) for begin, end in parts)


def draw_frames(cast: Cast, picture: ScreenPicture, times: Sequence[int]) -> Iterator[int]:
    """Draw each shown screen into the picture in turn, and yield how long it is shown."""
    if times[0]:
        yield times[0]
    for shown, (_, _, screen) in zip(times[1:], screens(cast), strict=True):
        if shown:
            picture.update(screen)
            yield shown


def _round(parts: float) -> int:
    return int(parts + 0.5)
