"""A recording as moving pictures: a GIF, and a video where ffmpeg is to be had. Both last as long as the recording.

The only importer of Pillow. May import ``cast``, ``errors`` and ``show.words``.
"""

from harness.cast.film.animation import gif
from harness.cast.film.video import mp4

__all__ = ["gif", "mp4"]
