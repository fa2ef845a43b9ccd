"""Which drawings of a recording are shown, and for how long, where time is counted in whole frames or hundredths of a second.

Pure but for the emulated screen. May import ``cast``, ``errors`` and its neighbours in ``film``.
"""

from collections.abc import Iterator, Sequence
from itertools import accumulate

from harness import text
from harness.cast.emulator import drawings, screens
from harness.cast.film.picture import ScreenPicture
from harness.cast.format import Cast
from harness.errors import BadRequest

LONGEST_S = 3600.0


def start_picture(cast: Cast, cell_width: int, remark: str) -> ScreenPicture:
    """Return the picture of a recording's screen before its first drawing; raise ``BadRequest`` for one that is too large or too long."""
    if cast.duration_s > LONGEST_S:
        sentence = f"a recording of {text.seconds(cast.duration_s)} is too long for a film, which is given up to {text.seconds(LONGEST_S)}"
        raise BadRequest(sentence, "play it as run.html, which holds it whole")
    label = " · ".join(filter(None, (cast.label, text.printable(remark))))
    return ScreenPicture(cast.columns, cast.rows, cell_width, label)


def display_times(cast: Cast, per_second: int, shortest: int) -> tuple[int, ...]:
    """Return how long each drawing is shown, in parts of a second, before them the empty screen. They add up to the whole time.

    One that would be shown for less than the shortest time is left out, and the one before it stands until the next; so the last
    one is always shown.
    """
    total = max(shortest, _nearest(cast.duration_s * per_second))
    begins = accumulate(
        (min(_nearest(drawing.at * per_second), total - shortest) for drawing in drawings(cast)),
        max,
        initial=0,
    )
    found: list[int] = []
    until = total
    for begin in reversed(tuple(begins)):
        shown = until - begin if until - begin >= shortest else 0
        until -= shown
        found.insert(0, shown)
    return _from_zero(found, until)


def draw_frames(cast: Cast, drawn: ScreenPicture, shown: Sequence[int]) -> Iterator[int]:
    """Draw one after the other what is shown, and yield for how long each is."""
    if shown[0]:
        yield shown[0]
    for share, (_, _, screen) in zip(shown[1:], screens(cast), strict=True):
        if share:
            drawn.update(screen)
            yield share


def _from_zero(found: list[int], missing: int) -> tuple[int, ...]:
    """Return the times with what is missing at the beginning given to the first that is shown."""
    first = next(place for place, share in enumerate(found) if share)
    return (*found[:first], found[first] + missing, *found[first + 1 :])


def _nearest(parts: float) -> int:
    return int(parts + 0.5)
