"""A recording as a GIF, and as a video where ffmpeg is installed; both last as long as it does.

Drawn here because nothing else draws a cast offline with seamless blocks, a date below every frame
and its true length. Together with ``pptx_shapes`` the only importer of Pillow.
May import ``cast``, ``errors`` and ``text``.
"""

from harness.cast.film.animation import gif
from harness.cast.film.video import mp4

__all__ = ["gif", "mp4"]
