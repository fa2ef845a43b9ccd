"""A recording as a GIF that plays once and stays at its end; its delays add up to what it shows.

A frame holds only what changed since the one before. Frames are encoded one by one: Pillow's
``save_all`` keeps every frame in memory until the end, and cannot keep a pause of 11 minutes.
May import ``cast``, Pillow and its neighbours in ``film``.
"""

import struct
from collections.abc import Iterator, Sequence

from PIL import Image, ImageChops
from PIL.GifImagePlugin import getdata

from harness.cast.film.frames import (
    Window,
    display_times,
    draw_frames,
    length_s,
    race_alone,
    start_picture,
    whole,
)
from harness.cast.film.picture import UNUSED, ScreenPicture
from harness.cast.format import Cast

CELL_WIDTH = 8
PER_SECOND = 100
SHORTEST = 2
"""In hundredths of a second: viewers show a frame with a shorter delay for a tenth of a second."""
MOST_BYTES = 2_000_000
"""Of a race of three minutes, or less."""

ALONE = "the race alone"
_COARSER = (SHORTEST, 25, 50, 100)
_THREE_MINUTES_S = 180.0
_LONGEST = 0xFFFF
_KEEP_FRAME = 1 << 2  # pixels that the next frame leaves unused stay as they are
_HAS_UNUSED = 1
_UNCHANGED = [255] + [0] * 255
_GLOBAL_COLOUR_TABLE = 0xF7  # 256 colours of eight bits each


def race_gif(cast: Cast, remark: str = "") -> bytes:
    """Return the race of a recording as a GIF: without arming and proof, which its label says.

    Where it would be larger than two megabytes for three minutes, it has fewer frames a second.
    Raises as ``gif`` does.
    """
    parts = race_alone(cast)
    label = remark if parts == whole(cast) else " · ".join(filter(None, (remark, ALONE)))
    allowed = MOST_BYTES * max(1.0, length_s(parts) / _THREE_MINUTES_S)
    content = b""
    for shortest in _COARSER:
        content = gif(cast, label, parts, shortest)
        if len(content) <= allowed:
            break
    return content


def gif(
    cast: Cast, remark: str = "", parts: Sequence[Window] = (), shortest: int = SHORTEST
) -> bytes:
    """Return parts of a recording (none: the whole) as a GIF, labelled with its date and a remark.

    ``shortest`` is how long a frame is shown at least, in hundredths of a second. Raises
    ``BadRequest`` if it is too large or too long.
    """
    shown = parts or whole(cast)
    picture = start_picture(cast, CELL_WIDTH, remark, shown)
    times = display_times(cast, PER_SECOND, shortest, shown)
    frames = b"".join(_frames(cast, picture, times))  # first: drawing them fills the palette
    screen = struct.pack("<HHBBB", *picture.size, _GLOBAL_COLOUR_TABLE, 0, 0)
    return b"".join((b"GIF89a", screen, picture.palette.bytes, frames, b";"))


def _frames(cast: Cast, picture: ScreenPicture, times: Sequence[int]) -> Iterator[bytes]:
    """Yield encoded frames; one that changes nothing only makes the one before last longer."""
    waiting, delay = b"", 0
    before = None
    for duration in draw_frames(cast, picture, times):
        change = _encode_change(before, picture.image)
        if change and waiting:
            yield from _with_delay(waiting, delay)
            delay = 0
        waiting = change or waiting
        delay += duration
        before = picture.image.copy()
    yield from _with_delay(waiting, delay)


def _encode_change(before: Image.Image | None, after: Image.Image) -> bytes:
    """Return what turns one picture into the other, encoded; empty where they are the same."""
    if before is None:
        return _encode(after, (0, 0))
    difference = ImageChops.difference(before, after)
    box = difference.getbbox()
    if box is None:
        return b""
    part = after.crop(box)
    part.paste(UNUSED, mask=difference.crop(box).point(_UNCHANGED))
    return _encode(part, box[:2])


def _encode(part: Image.Image, corner: tuple[int, int]) -> bytes:
    return b"".join(getdata(part, corner))


def _with_delay(change: bytes, delay: int) -> Iterator[bytes]:
    """Yield a frame with its delay; a delay too long for one frame is split over empty ones."""
    parts = -(-delay // _LONGEST)
    for part in range(parts):
        share = delay * (part + 1) // parts - delay * part // parts
        control = struct.pack("<BHBB", _KEEP_FRAME | _HAS_UNUSED, share, UNUSED, 0)
        content = change if part == 0 else _encode(Image.new("L", (1, 1), UNUSED), (0, 0))
        yield b"!\xf9\x04" + control + content
