"""A recording as an MP4 of ten frames a second, made by ffmpeg, which never outlives the call.

May import ``cast``, ``errors``, ``extras``, ``text`` and its neighbours in ``film``.
"""

import contextlib
import errno
import importlib
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from harness import text
from harness.cast.film.frames import display_times, draw_frames, start_picture, whole
from harness.cast.film.picture import ScreenPicture
from harness.cast.format import Cast
from harness.errors import LACKS, BadRequest, MachineFailed, TwoclocksError, cannot_write
from harness.extras import install_command

PER_SECOND = 10
NARROWEST = 1280
_NARROWEST_CELL = 8
_WIDEST_CELL = 32
_LONGEST_LINE = 200
_MOST_MESSAGES_BYTES = 100_000
_NO_FFMPEG = f"install ffmpeg, or the package that brings one: {install_command('video')}"


def mp4(cast: Cast, into: Path, remark: str = "") -> None:
    """Write the recording as an MP4, labelled with its date and a remark.

    The file is written whole, or left as it was. Raises ``BadRequest`` if there is no ffmpeg, if
    ffmpeg fails, and if the recording is too large or too long.
    """
    program = ffmpeg()
    cell_width = min(_WIDEST_CELL, max(_NARROWEST_CELL, -(-NARROWEST // cast.columns)))
    parts = whole(cast)
    picture = start_picture(cast, cell_width, remark, parts)
    with _draft(into) as draft, _running([program, *_options(picture), str(draft)]) as frames:
        for count in draw_frames(cast, picture, display_times(cast, PER_SECOND, 1, parts)):
            frame = picture.rgb
            for _ in range(count):
                frames.write(frame)


def ffmpeg() -> str:
    """Return the ffmpeg on the path, else the one that the package imageio-ffmpeg ships.

    Raises ``BadRequest`` if there is neither.
    """
    if on_path := shutil.which("ffmpeg"):
        return on_path
    try:
        return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise BadRequest(
            "making a video needs ffmpeg, which is not installed", _NO_FFMPEG
        ) from error


def _options(picture: ScreenPicture) -> list[str]:
    """Return ffmpeg's options: raw pictures on its input, a video that browsers play as output."""
    width, height = picture.size
    return [
        *["-hide_banner", "-loglevel", "error", "-nostdin"],
        *f"-f rawvideo -pixel_format rgb24 -video_size {width}x{height}".split(),
        *f"-framerate {PER_SECOND} -i pipe:0".split(),
        *["-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709"],
        *["-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"],
        *["-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"],
        *["-movflags", "+faststart", "-fflags", "+bitexact", "-f", "mp4", "-y"],
    ]


@contextlib.contextmanager
def _draft(into: Path) -> Iterator[Path]:
    """Yield a file in the same folder, which replaces the wanted one at the end of the block."""
    try:
        if into.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryDirectory(dir=into.parent, prefix=".twoclocks-") as folder:
            draft = Path(folder) / "film.mp4"
            yield draft
            os.replace(draft, into)
    except OSError as error:
        elsewhere = "name another file with --into"
        raise cannot_write(text.printable(str(into)), error, elsewhere) from error


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[IO[bytes]]:
    """Run ffmpeg during the block and yield its input; raise ``BadRequest`` if it fails.

    It has a session of its own, so that a Ctrl-C does not reach it directly.
    """
    with tempfile.TemporaryFile() as messages:
        process = _start(command, messages)
        assert process.stdin is not None
        complete = False
        try:
            with contextlib.suppress(BrokenPipeError):  # ffmpeg ended early; its message says why
                yield process.stdin
                process.stdin.close()
                complete = True
            if process.wait() or not complete:
                raise _no_video(_last_line(messages))
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.wait()


def _no_video(reason: str) -> TwoclocksError:
    """Return the error of an ffmpeg that failed for a reason: this machine's, where it is full."""
    full = os.strerror(errno.ENOSPC)
    if full in reason:
        return MachineFailed(f"ffmpeg made no video: {full}", LACKS[errno.ENOSPC])
    return BadRequest(f"ffmpeg made no video: {reason}", "export it to .gif or .html instead")


def _start(command: list[str], messages: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=messages,
            start_new_session=True,
        )
    except OSError as error:
        raise BadRequest(
            f"cannot run {text.printable(command[0])}: {error.strerror}", _NO_FFMPEG
        ) from error


def _last_line(messages: IO[bytes]) -> str:
    messages.seek(0)
    written = messages.read(_MOST_MESSAGES_BYTES).decode(errors="replace").splitlines()
    lines = [line for line in map(text.printable, written) if line]
    return lines[-1][:_LONGEST_LINE] if lines else "it did not say why"
