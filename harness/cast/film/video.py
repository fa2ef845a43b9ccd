"""A recording as an MP4 of ten frames a second, made by ffmpeg, which never outlives the call.

May import ``cast``, ``errors``, ``extras``, ``show.words`` and its neighbours in ``film``.
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
from harness.cast.film.frames import display_times, draw_frames, start_picture
from harness.cast.film.picture import ScreenPicture
from harness.cast.format import Cast
from harness.errors import BadRequest
from harness.extras import install_command

PER_SECOND = 10
NARROWEST = 1280
_NARROWEST_CELL, _WIDEST_CELL = 8, 32
_LONGEST_WORDS, _MOST_WORDS_BYTES = 200, 100_000
_NO_FFMPEG = f"install ffmpeg, or the package that brings one: {install_command('video')}"


def mp4(cast: Cast, into: Path, remark: str = "") -> None:
    """Write the recording as an MP4, labelled with its date and a remark; it is there whole, or what was there is left as it was.

    Raises ``BadRequest`` where there is no ffmpeg, where it fails, and where the recording is too large or too long.
    """
    program = ffmpeg()
    drawn = start_picture(
        cast, min(_WIDEST_CELL, max(_NARROWEST_CELL, -(-NARROWEST // cast.columns))), remark
    )
    with _draft(into) as draft, _running([program, *_options(drawn), str(draft)]) as fed:
        for count in draw_frames(cast, drawn, display_times(cast, PER_SECOND, shortest=1)):
            still = drawn.rgb
            for _ in range(count):
                fed.write(still)


def ffmpeg() -> str:
    """Return the ffmpeg on the path, else the one that the package imageio-ffmpeg ships; raise ``BadRequest`` where there is neither."""
    if found := shutil.which("ffmpeg"):
        return found
    try:
        return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError) as error:
        raise BadRequest("there is no ffmpeg, which makes the video", _NO_FFMPEG) from error


def _options(drawn: ScreenPicture) -> list[str]:
    """Return what ffmpeg is to do with pictures that it is handed one after the other: nothing that a browser cannot play."""
    width, height = drawn.size
    given = f"-f rawvideo -pixel_format rgb24 -video_size {width}x{height} -framerate {PER_SECOND} -i pipe:0"
    colours = "-vf scale=out_color_matrix=bt709:out_range=tv -colorspace bt709 -color_primaries bt709 -color_trc bt709 -color_range tv"
    made = "-an -c:v libx264 -preset veryfast -crf 20 -pix_fmt yuv420p -movflags +faststart -fflags +bitexact -f mp4 -y"
    return f"-hide_banner -loglevel error -nostdin {given} {colours} {made}".split()


@contextlib.contextmanager
def _draft(into: Path) -> Iterator[Path]:
    """Lend a file beside the one that is wanted, which takes its place at the end of the block."""
    try:
        if into.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        with tempfile.TemporaryDirectory(dir=into.parent, prefix=".twoclocks-") as folder:
            draft = Path(folder) / "film.mp4"
            yield draft
            os.replace(draft, into)
    except OSError as error:
        raise BadRequest(
            f"cannot write {text.printable(str(into))}: {error.strerror}",
            "name a file in a folder that you may write to",
        ) from error


@contextlib.contextmanager
def _running(command: list[str]) -> Iterator[IO[bytes]]:
    """Run ffmpeg for the length of the block, and lend what it is fed through; raise ``BadRequest`` with its words where it fails.

    It has a session of its own, so that a Ctrl-C reaches it from here only.
    """
    with tempfile.TemporaryFile() as said:
        process = _begun(command, said)
        assert process.stdin is not None
        whole = False
        try:
            with contextlib.suppress(
                BrokenPipeError
            ):  # it ended before it had all; what it said tells why
                yield process.stdin
                process.stdin.close()
                whole = True
            if process.wait() or not whole:
                raise BadRequest(f"ffmpeg made no video: {_last_words(said)}", _NO_FFMPEG)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            process.wait()


def _begun(command: list[str], said: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=said,
            start_new_session=True,
        )
    except OSError as error:
        raise BadRequest(
            f"cannot run {text.printable(command[0])}: {error.strerror}", _NO_FFMPEG
        ) from error


def _last_words(said: IO[bytes]) -> str:
    said.seek(0)
    lines = [
        line
        for line in map(
            text.printable, said.read(_MOST_WORDS_BYTES).decode(errors="replace").splitlines()
        )
        if line
    ]
    return lines[-1][:_LONGEST_WORDS] if lines else "it did not say why"
