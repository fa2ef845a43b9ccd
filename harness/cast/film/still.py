"""One screen of a recording as a picture: the moment at which one clock has just stopped.

May import ``cast``, Pillow and its neighbours in ``film``.
"""

from io import BytesIO
from typing import NamedTuple

from PIL import Image

from harness.cast.emulator import screens
from harness.cast.film.frames import start_picture
from harness.cast.format import Cast
from harness.cast.markers import gap_moment

_CELL_WIDTH = 14
_COLOURS = 128


class Still(NamedTuple):
    """A picture as PNG, with its size in pixels."""

    png: bytes
    width: int
    height: int


def still(cast: Cast, remark: str = "") -> Still:
    """Return what a recording shows at ``gap_moment``, with a remark below it.

    Raises ``BadRequest`` if its screen is too large.
    """
    at = gap_moment(cast)
    picture = start_picture(cast, _CELL_WIDTH, remark, ((0.0, 0.0),))
    for began, until, screen in screens(cast):
        if began <= at < until or until >= cast.duration_s:
            picture.update(screen)
            break
    target = BytesIO()
    Image.frombytes("RGB", picture.size, picture.rgb).quantize(_COLOURS).save(target, "PNG")
    return Still(target.getvalue(), *picture.size)
