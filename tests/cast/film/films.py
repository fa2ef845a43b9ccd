"""Small recordings, and the pictures of a film made of one."""

import io
from dataclasses import replace
from functools import cache
from typing import Any

from hypothesis import strategies as st
from PIL import Image

from harness.cast.film import gif
from harness.cast.format import OUTPUT, Cast, Event
from tests.casts import real_cast

CELL = 8


MOMENTS = st.lists(st.floats(0.0, 20.0), max_size=30) | st.lists(
    st.integers(0, 12).map(lambda hundredths: hundredths / 100), max_size=6
)


def a_cast(*texts: str, every: float = 1.0, **changes: Any) -> Cast:
    """Return a recording that writes each text in turn, the first at once."""
    events = [Event(place * every, OUTPUT, text) for place, text in enumerate((*texts, ""))]
    cast = Cast(columns=20, rows=3, began=1_700_000_000, events=tuple(events))
    return replace(cast, **changes)


def cast_at(moments: list[float]) -> Cast:
    """Return a recording that writes a further letter at each of the moments."""
    return a_cast(events=tuple(Event(at, OUTPUT, "x") for at in sorted(moments)))


def stills(content: bytes) -> list[tuple[int, Image.Image]]:
    """Return a GIF's frames as they are seen, each with its delay in milliseconds."""
    found = []
    with Image.open(io.BytesIO(content)) as film:
        for place in range(getattr(film, "n_frames", 1)):
            film.seek(place)
            found.append((int(film.info["duration"]), film.convert("RGB")))
    return found


def last(cast: Cast, remark: str = "") -> Image.Image:
    return stills(gif(cast, remark))[-1][1]


def cell(picture: Image.Image, column: int, row: int = 0, cells: int = 1) -> Image.Image:
    return picture.crop(
        (column * CELL, row * 2 * CELL, (column + cells) * CELL, (row + 1) * 2 * CELL)
    )


def colours(picture: Image.Image) -> set[Any]:
    return {colour for _, colour in picture.getcolors(1 << 16) or ()}


@cache
def real_gif() -> bytes:
    return gif(real_cast())
