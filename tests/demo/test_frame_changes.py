import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from demo.frame_changes import rewrite
from harness.cast.emulator import Screen, screens
from harness.cast.format import OUTPUT, Cast, Event
from harness.show.terminal.lines import BASELINE_PAINT, STRONG, Frame, pad, piece
from harness.show.terminal.panel import draw_panel
from tests.builders import a_spec
from tests.show.terminal.panels import a_caption, board_of_a_run

COLUMNS, ROWS = 40, 4

STYLES = st.sampled_from([None, STRONG, BASELINE_PAINT, BASELINE_PAINT + STRONG])
PIECES = st.builds(piece, st.text("ab █▌世é", max_size=12), STYLES)
FRAMES = st.lists(st.lists(PIECES, max_size=5), min_size=ROWS, max_size=ROWS).map(
    lambda lines: Frame(tuple(pad(line, COLUMNS) for line in lines))
)


def a_console(columns: int = COLUMNS) -> Console:
    return Console(file=io.StringIO(), force_terminal=True, color_system="truecolor", width=columns)


def a_frame(*lines: str) -> Frame:
    return Frame(tuple(pad((piece(line),), COLUMNS) for line in lines))


def shown(*written: str, columns: int = COLUMNS, rows: int = ROWS) -> Screen:
    """Return the screen after some writes, a second apart."""
    events = tuple(Event(float(at), OUTPUT, text) for at, text in enumerate(written))
    *_, (_, _, screen) = screens(Cast(columns=columns, rows=rows, events=events))
    return screen


def cells(screen: Screen) -> list[list[object]]:
    blank = screen.default_char
    return [
        [screen.cells(row).get(column, blank) for column in range(screen.columns)]
        for row in range(screen.lines)
    ]


@given(FRAMES, FRAMES)
def test_a_frame_rewritten_looks_like_one_written_anew(before: Frame, after: Frame) -> None:
    console = a_console()
    first, change = rewrite(before, None, console), rewrite(after, before, console)

    assert cells(shown(first, change)) == cells(shown(rewrite(after, None, console)))


def test_only_the_cells_that_changed_are_written() -> None:
    before, after = a_frame("clock 00:01.2", "core 98 %"), a_frame("clock 00:01.3", "core 98 %")

    assert rewrite(after, before, a_console()) == "\x1b[1;13H3"


def test_nothing_is_written_where_nothing_changed() -> None:
    assert rewrite(a_frame("clock"), a_frame("clock"), a_console()) == ""


def test_changes_near_each_other_are_written_at_once() -> None:
    before, after = a_frame("1 s 2 m"), a_frame("2 s 3 m")

    assert rewrite(after, before, a_console()) == "\x1b[1;1H2 s 3"


def test_a_style_is_set_where_it_changes_and_never_left_behind() -> None:
    before, after = a_frame("a" * 30), Frame((pad((piece("b" * 30, STRONG),), COLUMNS),))

    assert rewrite(after, before, a_console()) == f"\x1b[1m\x1b[1;1H{'b' * 30}\x1b[0m"


def test_without_colours_none_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    painted = Frame((pad((piece("██", BASELINE_PAINT + STRONG),), COLUMNS),))

    assert rewrite(painted, None, a_console()) == "\x1b[1H\x1b[1m██\x1b[0m\x1b[K\x1b[J"


def test_a_frame_of_a_large_panel_costs_a_small_part_of_the_whole() -> None:
    frames = [
        draw_panel(
            board_of_a_run(8, 40.0, 8.0, at),
            a_spec(workers=8),
            a_caption(),
            at=at,
            columns=200,
            rows=60,
        )
        for at in (12.0, 12.25)
    ]
    console = a_console(200)

    assert len(rewrite(frames[1], frames[0], console)) * 8 < len(rewrite(frames[1], None, console))
