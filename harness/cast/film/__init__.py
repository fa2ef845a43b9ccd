"""A recording as a video where ffmpeg is installed, and its race as a GIF; both at true speed.

Drawn here because nothing else draws a cast offline with seamless blocks, a date below every frame
and its true length. Together with ``pptx_shapes`` the only importer of Pillow.
May import ``cast``, ``errors`` and ``text``.
"""

from harness.cast.film.animation import gif, race_gif
from harness.cast.film.video import mp4

__all__ = ["gif", "mp4", "race_gif"]
