"""A recording as a GIF that is played once and stays at its end. Its delays add up to the recording's seconds.

A frame holds what changed since the one before, and nothing where nothing did. May import ``cast``, Pillow and its neighbours
in ``film``.
"""

import struct
from collections.abc import Iterator

from PIL import Image, ImageChops
from PIL.GifImagePlugin import getdata

from harness.cast.film.frames import display_times, draw_frames, start_picture
from harness.cast.film.picture import UNUSED, ScreenPicture
from harness.cast.format import Cast

CELL_WIDTH = 10
PER_SECOND = 100
SHORTEST = 2
"""In hundredths of a second: viewers take a shorter delay for a mistake, and show such a frame for a tenth of a second."""

_LONGEST = 0xFFFF
_KEPT = 1 << 2  # what a frame leaves unused stays as it was
_HAS_UNUSED = 1
_ALIKE = [255] + [0] * 255
_COLOURS = 0xF7  # a table of 256, of eight bits each


def gif(cast: Cast, remark: str = "") -> bytes:
    """Return the recording as a GIF, labelled with its date and a remark; raise ``BadRequest`` where it is too large or too long."""
    drawn = start_picture(cast, CELL_WIDTH, remark)
    frames = b"".join(_frames(cast, drawn))
    return b"".join(
        (
            b"GIF89a",
            struct.pack("<HHBBB", *drawn.size, _COLOURS, 0, 0),
            drawn.palette.bytes,
            frames,
            b";",
        )
    )


def _frames(cast: Cast, drawn: ScreenPicture) -> Iterator[bytes]:
    """Yield the frames; a still that looks like the one before only makes that one last longer."""
    waiting, delay = b"", 0
    before = None
    for share in draw_frames(cast, drawn, display_times(cast, PER_SECOND, SHORTEST)):
        change = _change(before, drawn.image)
        if change and waiting:
            yield from _timed(waiting, delay)
            delay = 0
        waiting, delay, before = change or waiting, delay + share, drawn.image.copy()
    yield from _timed(waiting, delay)


def _change(before: Image.Image | None, after: Image.Image) -> bytes:
    """Return what makes one still of the other, encoded; empty where they are alike."""
    if before is None:
        return _encoded(after, (0, 0))
    difference = ImageChops.difference(before, after)
    box = difference.getbbox()
    if box is None:
        return b""
    part = after.crop(box)
    part.paste(UNUSED, mask=difference.crop(box).point(_ALIKE))
    return _encoded(part, box[:2])


def _encoded(part: Image.Image, corner: tuple[int, int]) -> bytes:
    return b"".join(getdata(part, corner))


def _timed(change: bytes, delay: int) -> Iterator[bytes]:
    """Yield a frame with its delay; more than a frame can be told to last is told in parts, of which the further ones change nothing."""
    parts = -(-delay // _LONGEST)
    for part in range(parts):
        head = struct.pack(
            "<BHBB",
            _KEPT | _HAS_UNUSED,
            delay * (part + 1) // parts - delay * part // parts,
            UNUSED,
            0,
        )
        yield (
            b"!\xf9\x04"
            + head
            + (change if part == 0 else _encoded(Image.new("L", (1, 1), UNUSED), (0, 0)))
        )
