import io
import os
import signal
import struct
import subprocess
import sys
import time
from dataclasses import replace
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from harness.cast.emulator import Screen
from harness.cast.film import gif, mp4
from harness.cast.film.frames import LONGEST_S, display_times
from harness.cast.film.glyphs import Glyphs
from harness.cast.film.picture import INK, PAPER, UNUSED, Colour, Palette, ScreenPicture
from harness.cast.film.video import ffmpeg
from harness.cast.format import OUTPUT, Cast, Event
from harness.errors import BadRequest
from harness.extras import install_command
from tests.casts import race_cast, real_cast
from tests.terminals import ROOT, wait_for

CELL = 10
MOMENTS = st.lists(st.floats(0.0, 20.0), max_size=30) | st.lists(
    st.integers(0, 12).map(lambda hundredths: hundredths / 100), max_size=6
)


def a_cast(*texts: str, every: float = 1.0, **changes: Any) -> Cast:
    """Return a recording that writes each text in turn, the first at once, and ends with nothing more."""
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


def delays(content: bytes) -> list[int]:
    """Return the delays in hundredths of a second as they stand in a GIF, which is read block by block to its very end."""
    found, place = [], 13 + 768
    while content[place : place + 1] != b";":
        if content[place : place + 2] == b"!\xf9":
            found.append(struct.unpack_from("<H", content, place + 4)[0])
            place += 8
        else:
            assert content[place : place + 1] == b","
            place += 11
            while content[place]:
                place += content[place] + 1
            place += 1
    assert place == len(content) - 1
    return found


@cache
def real_gif() -> bytes:
    return gif(real_cast())


def shape(letter: str, width: int = 16) -> Image.Image:
    return Glyphs.load(width).draw(letter, bold=False)


def inked(letter: str) -> tuple[int, int, int, int] | None:
    """Return the box in eighths of a cell that a letter fills."""
    box = shape(letter).getbbox()
    return None if box is None else (box[0] // 2, box[1] // 4, box[2] // 2, box[3] // 4)


@given(MOMENTS)
def test_a_gif_lasts_as_long_as_the_recording(moments: list[float]) -> None:
    cast = cast_at(moments)
    parts = display_times(cast, 100, 2)

    assert sum(parts) / 100 == pytest.approx(max(0.02, cast.duration_s), abs=0.0051)
    assert all(part == 0 or part >= 2 for part in parts)
    assert parts[-1] >= 2 or not moments


@given(st.lists(st.floats(0.05, 3.0), min_size=1, max_size=30))
def test_a_drawing_is_shown_at_its_moment(apart: list[float]) -> None:
    moments = list(accumulate(apart))
    parts = display_times(cast_at(moments), 100, 2)

    begins = [sum(parts[:place]) / 100 for place in range(1, len(parts))]
    assert begins[:-1] == pytest.approx(moments[:-1], abs=0.0051)


@given(MOMENTS)
def test_a_video_has_a_frame_for_each_tenth_of_the_recording(moments: list[float]) -> None:
    parts = display_times(cast_at(moments), 10, 1)

    assert sum(parts) / 10 == pytest.approx(cast_at(moments).duration_s, abs=0.1)
    assert parts[-1] >= 1 or not moments


def test_the_delays_of_a_real_recording_add_up_to_its_seconds() -> None:
    assert sum(delays(real_gif())) / 100 == pytest.approx(real_cast().duration_s, abs=0.01)
    assert min(delays(real_gif())) >= 2


def test_each_frame_shows_the_whole_screen_of_its_moment() -> None:
    first, second = (
        frame for _, frame in stills(gif(a_cast("\x1b[31mfirst", "\x1b[H\x1b[32msecond")))
    )

    assert first.tobytes() == last(a_cast("\x1b[31mfirst")).tobytes()
    assert second.tobytes() == last(a_cast("\x1b[32msecond")).tobytes()


def test_a_drawing_that_changes_nothing_makes_no_frame() -> None:
    assert [delay for delay, _ in stills(gif(a_cast("a", "\x1b[Ha", "b")))] == [2000, 1000]


def test_a_pause_longer_than_a_frame_can_last_is_kept() -> None:
    content = gif(a_cast("a", "b", every=700.0))

    assert sum(delay for delay, _ in stills(content)) == 1_400_000
    assert stills(content)[-1][1].tobytes() == last(a_cast("ab")).tobytes()


def test_nothing_written_is_an_empty_screen() -> None:
    picture = last(a_cast(events=()))

    assert colours(picture.crop((0, 0, 200, 60))) == {PAPER}


def test_the_same_recording_gives_the_same_gif() -> None:
    assert gif(race_cast(), "run 7c21") == gif(race_cast(), "run 7c21")


def test_a_gif_is_played_once_and_stays_at_its_end() -> None:
    assert b"NETSCAPE" not in gif(a_cast("a"))


def test_a_full_block_fills_its_cell_and_nothing_else() -> None:
    picture = last(a_cast("\x1b[38;2;191;87;0m █ "))

    assert colours(cell(picture, 1)) == {(191, 87, 0)}
    assert colours(cell(picture, 0)) == colours(cell(picture, 2)) == {PAPER}


def test_a_half_block_fills_half_of_its_cell() -> None:
    picture = cell(last(a_cast("▀")), 0)

    assert colours(picture.crop((0, 0, CELL, CELL))) == {INK}
    assert colours(picture.crop((0, CELL, CELL, 2 * CELL))) == {PAPER}


@pytest.mark.parametrize(
    ("letter", "box"),
    [
        ("█", (0, 0, 8, 8)),
        ("▄", (0, 4, 8, 8)),
        ("▁", (0, 7, 8, 8)),
        ("▇", (0, 1, 8, 8)),
        ("▏", (0, 0, 1, 8)),
        ("▉", (0, 0, 7, 8)),
        ("▐", (4, 0, 8, 8)),
        ("▕", (7, 0, 8, 8)),
        ("▔", (0, 0, 8, 1)),
        ("▖", (0, 4, 4, 8)),
        ("▝", (4, 0, 8, 4)),
        ("▚", (0, 0, 8, 8)),
        (" ", None),
    ],
)
def test_a_block_fills_its_part_of_the_cell(
    letter: str, box: tuple[int, int, int, int] | None
) -> None:
    assert inked(letter) == box


@pytest.mark.parametrize(("letter", "part"), [("░", 0.25), ("▒", 0.5), ("▓", 0.75)])
def test_a_shade_is_an_even_mixture(letter: str, part: float) -> None:
    (picture,) = colours(cell(last(a_cast(letter)), 0))

    assert picture == pytest.approx(
        tuple(behind + (before - behind) * part for before, behind in zip(INK, PAPER, strict=True)),
        abs=9,
    )


@pytest.mark.parametrize("width", [10, 13, 16])
@pytest.mark.parametrize(
    ("letter", "reached"),
    [
        ("─", "lr"),
        ("│", "ud"),
        ("╭", "rd"),
        ("╮", "ld"),
        ("╰", "ru"),
        ("╯", "lu"),
        ("├", "udr"),
        ("┤", "udl"),
        ("┼", "lrud"),
        ("┳", "lrd"),
        ("╷", "d"),
    ],
)
def test_a_line_reaches_the_edges_where_it_joins_the_next(
    letter: str, reached: str, width: int
) -> None:
    drawn = shape(letter, width)
    edges = {
        "l": drawn.crop((0, 0, 1, drawn.height)),
        "r": drawn.crop((width - 1, 0, width, drawn.height)),
        "u": drawn.crop((0, 0, width, 1)),
        "d": drawn.crop((0, drawn.height - 1, width, drawn.height)),
    }
    horizontal, vertical = shape("─", width), shape("│", width)
    like = {"l": horizontal, "r": horizontal, "u": vertical, "d": vertical}
    whole = {edge: max(picture.tobytes()) >= 200 for edge, picture in edges.items()}

    assert {edge for edge, inked_there in whole.items() if inked_there} == set(reached)
    if letter not in "┳":
        assert all(edges[edge].getbbox() == _edge(like[edge], edge).getbbox() for edge in reached)


def _edge(picture: Image.Image, edge: str) -> Image.Image:
    box = (0, 0, 1, picture.height) if edge in "lr" else (0, 0, picture.width, 1)
    return picture.crop(box)


def test_a_dashed_line_has_gaps() -> None:
    assert min(shape("┄").crop((0, 15, 16, 17)).tobytes()) == 0
    assert shape("─").getbbox() == (0, 15, 16, 17)


@pytest.mark.parametrize("letter", ["═", "╬", "╱", "╼", "A", "…", "×", "Δ"])
def test_other_letters_come_from_the_font(letter: str) -> None:
    assert shape(letter).getbbox() is not None


def test_bold_letters_have_more_ink() -> None:
    glyphs = Glyphs.load(16)

    assert sum(glyphs.draw("H", bold=True).tobytes()) > 1.2 * sum(
        glyphs.draw("H", bold=False).tobytes()
    )


def test_reversed_letters_stand_on_their_own_colour() -> None:
    picture = cell(last(a_cast("\x1b[7m \x1b[27m")), 0)

    assert colours(picture) == {INK}


@pytest.mark.parametrize(
    ("paint", "colour"),
    [
        ("48;2;1;2;3", (1, 2, 3)),
        ("41", (255, 123, 114)),
        ("48;5;196", (255, 0, 0)),
        ("105", None),
        ("49", PAPER),
    ],
    ids=["true", "named", "256", "misnamed", "default"],
)
def test_the_paint_behind_a_letter_fills_its_cell(paint: str, colour: Colour | None) -> None:
    picture = cell(last(a_cast(f"\x1b[{paint}m ")), 0)

    assert colours(picture) == {colour or (237, 186, 255)}


def test_a_line_under_a_letter_is_as_wide_as_the_cell() -> None:
    picture = cell(last(a_cast("\x1b[4m ")), 0)

    assert colours(picture.crop((0, 18, CELL, 19))) == {INK}


def test_a_wide_letter_takes_two_cells() -> None:
    alone, followed = last(a_cast("漢")), last(a_cast("漢a"))

    assert colours(cell(alone, 1)) != {PAPER}
    assert cell(alone, 0, cells=2).tobytes() == cell(followed, 0, cells=2).tobytes()


def test_only_the_rows_that_changed_are_drawn_anew() -> None:
    screen, picture = Screen(20, 3), ScreenPicture.blank(20, 3, CELL, "")
    screen.draw("a")
    picture.update(screen)
    picture.image.paste(77, (0, 2 * CELL, 200, 4 * CELL))

    screen.cursor_position(1, 1)
    screen.draw("█")
    picture.update(screen)

    assert {number for _, number in cell(picture.image, 0, row=1).getcolors() or ()} == {77}
    assert len(cell(picture.image, 0).getcolors() or ()) == 1


def test_more_colours_than_a_gif_can_have_are_shown_by_the_nearest() -> None:
    palette = Palette()
    numbers = [
        palette.number((red, green, 0)) for red in range(0, 256, 8) for green in range(0, 256, 8)
    ]

    assert len(set(numbers)) == UNUSED
    assert palette.number((0, 8, 0)) == 1
    assert len(palette.bytes) == 768


def test_the_label_stands_below_the_screen_and_covers_nothing_of_it() -> None:
    full = "█" * 60
    picture = last(a_cast(f"\x1b[?7h{full}"), "run 7c21")

    assert picture.size == (200, 90)
    assert colours(picture.crop((0, 0, 200, 60))) == {INK}
    assert (44, 44, 50) in colours(picture.crop((0, 60, 200, 90)))
    assert INK in colours(picture.crop((0, 60, 200, 90)))


def test_the_label_tells_the_date_and_the_remark() -> None:
    def strip(cast: Cast, remark: str = "") -> bytes:
        wide = replace(cast, columns=60)
        return last(wide, remark).crop((0, 60, 600, 90)).tobytes()

    here = strip(a_cast("a"))
    assert strip(a_cast("b")) == here
    assert strip(a_cast("a", began=1_700_000_001)) != here
    assert strip(a_cast("a"), "SIMULATED") != here
    assert strip(a_cast("a"), "\x1b[31m\u202eSIMULATED\x00") == strip(a_cast("a"), "SIMULATED")


def test_a_frame_of_a_hundred_columns_is_about_a_thousand_wide() -> None:
    assert last(race_cast()).size == (1000, 630)


def test_a_gif_of_the_real_recording_is_small() -> None:
    assert len(real_gif()) < 3_000_000


@pytest.mark.parametrize(
    ("cast", "words"),
    [
        (a_cast("a", columns=1000, rows=500), "1,000×500"),
        (a_cast("a", every=LONGEST_S + 1), "too long"),
    ],
    ids=["large", "long"],
)
def test_what_no_film_could_hold_is_refused(cast: Cast, words: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=words):
        gif(cast)
    with pytest.raises(BadRequest, match=words):
        mp4(cast, tmp_path / "run.mp4")

    assert list(tmp_path.iterdir()) == []


def told(path: Path) -> str:
    """Return what ffmpeg says of a video."""
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
    mp4(race_cast(), path, "run 7c21")
    content = path.read_bytes()

    assert "h264" in told(path)
    assert "yuv420p" in told(path)
    assert "1300x820" in told(path)
    assert "Duration: 00:00:25.0" in told(path)
    assert content.index(b"moov") < content.index(b"mdat")
    assert [entry.name for entry in tmp_path.iterdir()] == ["run.mp4"]


def a_program(folder: Path, script: str) -> dict[str, str]:
    """Write a program that is called ffmpeg; return the environment in which it is found first."""
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
from tests.cast.test_film import a_cast

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
    _, error = process.communicate(timeout=20)

    assert b"KeyboardInterrupt" in error
    assert not psutil.pid_exists(int(noted.read_text()))
    assert list(home.iterdir()) == []
