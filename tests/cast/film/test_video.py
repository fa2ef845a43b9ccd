import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from PIL import Image

from harness.cast.film import mp4
from harness.cast.film.video import ffmpeg
from harness.errors import BadRequest
from harness.extras import install_command
from tests.cast.film.films import a_cast
from tests.terminals import ROOT, wait_for


def describe(path: Path) -> str:
    """Return ffmpeg's description of a video."""
    done = subprocess.run(
        [ffmpeg(), "-hide_banner", "-i", str(path)], capture_output=True, text=True, check=False
    )
    return done.stderr


def frames(path: Path, width: int, height: int) -> list[Image.Image]:
    """Return the pictures of a video."""
    command = [
        ffmpeg(),
        "-loglevel",
        "error",
        "-i",
        str(path),
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-",
    ]
    content = subprocess.run(command, capture_output=True, check=True).stdout
    size = width * height * 3
    return [
        Image.frombytes("RGB", (width, height), content[at : at + size])
        for at in range(0, len(content), size)
    ]


def test_a_video_lasts_as_long_as_the_recording_and_shows_each_moment(tmp_path: Path) -> None:
    path, cast = (
        tmp_path / "run.mp4",
        a_cast("\x1b[41m" + " " * 60, "\x1b[H\x1b[44m" + " " * 60, every=0.72),
    )
    mp4(cast, path)

    shown = frames(path, 640, 288)
    seen = [picture.getpixel((320, 80)) for picture in shown]

    assert len(seen) / 10 == pytest.approx(cast.duration_s, abs=0.1)
    assert [
        place
        for place, colour in enumerate(seen)
        if colour == pytest.approx((108, 182, 255), abs=6)
    ] == list(range(7, 14))
    assert all(colour == pytest.approx((255, 123, 114), abs=6) for colour in seen[:7])


def test_a_video_is_one_that_browsers_play(tmp_path: Path) -> None:
    path = tmp_path / "run.mp4"
    mp4(a_cast("a", "b", every=1.5, columns=100, rows=30), path, "run 7c21")
    content = path.read_bytes()

    assert "h264" in describe(path)
    assert "yuv420p" in describe(path)
    assert "1300x820" in describe(path)
    assert "Duration: 00:00:03.0" in describe(path)
    assert content.index(b"moov") < content.index(b"mdat")
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.mp4"]


def a_program(folder: Path, script: str) -> dict[str, str]:
    """Write a program called ffmpeg; return the environment in which it is found first."""
    program = folder / "ffmpeg"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    return {"PATH": f"{folder}:{os.environ['PATH']}"}


def test_the_ffmpeg_on_the_path_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", a_program(tmp_path, "exit 0")["PATH"])

    assert ffmpeg() == str(tmp_path / "ffmpeg")


def test_without_any_ffmpeg_the_hint_names_both(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)

    with pytest.raises(BadRequest) as refused:
        mp4(a_cast("a"), tmp_path / "run.mp4")

    assert "install ffmpeg" in refused.value.hint
    assert install_command("video") in refused.value.hint


@pytest.mark.parametrize(
    "script",
    [
        "echo first >&2; echo 'Unknown encoder: \033[31mlibx264' >&2; exit 1",
        "cat > /dev/null; echo 'Unknown encoder: libx264' >&2; exit 1",
    ],
    ids=["at once", "at the end"],
)
def test_an_ffmpeg_that_fails_is_quoted_and_leaves_the_old_video(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    programs, home = tmp_path / "programs", tmp_path / "home"
    programs.mkdir()
    home.mkdir()
    (home / "run.mp4").write_bytes(b"old")
    monkeypatch.setenv("PATH", a_program(programs, script)["PATH"])

    with pytest.raises(BadRequest, match=r"^ffmpeg made no video: Unknown encoder: libx264$"):
        mp4(a_cast("a", every=9.0), home / "run.mp4")

    assert [(entry.name, entry.read_bytes()) for entry in home.iterdir()] == [("run.mp4", b"old")]


def test_an_ffmpeg_that_ends_too_early_without_a_word_has_made_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", a_program(tmp_path, "exit 0")["PATH"])

    with pytest.raises(BadRequest, match="did not say why"):
        mp4(a_cast("a", every=30.0), tmp_path / "run.mp4")

    assert not (tmp_path / "run.mp4").exists()


@pytest.mark.parametrize("into", ["missing/run.mp4", "."], ids=["no folder", "a folder"])
def test_a_place_that_cannot_be_written_to_is_refused_at_once(into: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot write"):
        mp4(a_cast("a"), tmp_path / into)

    assert list(tmp_path.iterdir()) == []


STOPPED = """
import sys
from pathlib import Path
from harness.cast.film import mp4
from tests.cast.film.films import a_cast

mp4(a_cast("a", every=60.0), Path(sys.argv[1]))
"""


def test_ctrl_c_ends_ffmpeg_too_and_leaves_no_draft(tmp_path: Path) -> None:
    home, noted = tmp_path / "home", tmp_path / "pid"
    home.mkdir()
    environment = os.environ | a_program(
        tmp_path, f"trap '' INT TERM; echo $$ > {noted}; sleep 60 & wait"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", STOPPED, str(home / "run.mp4")],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
    )
    wait_for(lambda: noted.exists() and noted.read_text().strip())
    time.sleep(0.2)

    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=120)

    assert b"KeyboardInterrupt" in error
    assert not psutil.pid_exists(int(noted.read_text()))
    assert list(home.iterdir()) == []
