import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from demo.check import terminal as display
from demo.check.result import CheckLevel
from demo.check.terminal import Display
from tests.terminals import PYTHON, Terminal

GOOD = Display(
    terminal=True, size=(100, 30), draws=True, colours="truecolor", no_color=False, encoding="utf-8"
)
PIPE = replace(GOOD, terminal=False, size=None)


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (200, 30)])
def test_a_terminal_of_thirty_rows_at_most_can_be_read_from_the_back_row(
    size: tuple[int, int],
) -> None:
    found = display.judge_size(replace(GOOD, size=size))
    assert (
        found.level,
        f"{size[0]}×{size[1]}" in found.sentence,
        "back row can read" in found.sentence,
    ) == (CheckLevel.OK, True, True)


@pytest.mark.parametrize("size", [(80, 31), (200, 60)])
def test_with_more_rows_the_letters_are_too_small_for_the_back_row(size: tuple[int, int]) -> None:
    found = display.judge_size(replace(GOOD, size=size))
    assert (
        found.level,
        "too small for the back row" in found.sentence,
        "30 rows" in found.hint,
    ) == (CheckLevel.WARN, True, True)


@pytest.mark.parametrize("size", [(79, 24), (80, 23), (60, 15), (1, 1), (79, 60)])
def test_a_terminal_that_cannot_hold_the_panel_fails(size: tuple[int, int]) -> None:
    found = display.judge_size(replace(GOOD, size=size))
    assert (found.level, "needs 80×24" in found.sentence) == (CheckLevel.FAIL, True)


@pytest.mark.parametrize("seen", [PIPE, replace(GOOD, size=None)])
def test_a_size_that_is_not_known_is_said(seen: Display) -> None:
    assert display.judge_size(seen).level is CheckLevel.WARN


@pytest.mark.parametrize("colours", ["truecolor", "256"])
def test_enough_colours_are_well(colours: str) -> None:
    assert display.judge_colours(replace(GOOD, colours=colours)).level is CheckLevel.OK


def test_what_sixteen_colours_make_of_the_bars_is_said() -> None:
    found = display.judge_colours(replace(GOOD, colours="standard"))
    assert "a bright red and blue" in found.sentence


@pytest.mark.parametrize("colours", ["standard", ""])
def test_too_few_colours_are_said(colours: str) -> None:
    found = display.judge_colours(replace(GOOD, colours=colours))
    assert (found.level, found.hint) == (CheckLevel.WARN, "export TERM=xterm-256color")


def test_colours_that_are_not_wanted_are_said() -> None:
    found = display.judge_colours(replace(GOOD, no_color=True))
    assert (found.level, "NO_COLOR" in found.sentence) == (CheckLevel.WARN, True)


def test_a_terminal_that_cannot_draw_fails() -> None:
    assert display.judge_colours(replace(GOOD, draws=False)).level is CheckLevel.FAIL


def test_a_pipe_that_cannot_draw_is_no_failure() -> None:
    assert display.judge_colours(replace(PIPE, draws=False)).level is CheckLevel.WARN


@pytest.mark.parametrize("encoding", ["utf-8", "UTF-8", "utf8", "UTF_8"])
def test_letters_of_every_kind_can_be_sent_as_utf_8(encoding: str) -> None:
    assert display.judge_letters(replace(GOOD, encoding=encoding)).level is CheckLevel.OK


@pytest.mark.parametrize(("seen", "verdict"), [(GOOD, CheckLevel.FAIL), (PIPE, CheckLevel.WARN)])
def test_an_encoding_without_blocks_and_boxes_fails_on_a_terminal(
    seen: Display, verdict: CheckLevel
) -> None:
    found = display.judge_letters(replace(seen, encoding="ascii"))
    assert (found.level, "question marks" in found.sentence) == (verdict, True)


LOOK = """
import json, os, sys
from demo.check.terminal import read_display

around = dict(os.environ)
for kind, changes in json.loads(sys.argv[1]).items():
    os.environ.clear()
    os.environ.update(around | changes)
    print(f"{kind}: {read_display()}")
"""
SEEN: dict[str, tuple[dict[str, str], str]] = {
    "truecolor": ({}, "colours='truecolor', no_color=False, encoding='utf-8'"),
    "256": ({"COLORTERM": ""}, "colours='256'"),
    "few": ({"COLORTERM": "", "TERM": "xterm"}, "colours='standard'"),
    "none wanted": ({"NO_COLOR": "1"}, "no_color=True"),
    "dumb": ({"TERM": "dumb"}, "draws=False, colours=''"),
    "wrong size around": ({"COLUMNS": "40", "LINES": "10"}, "size=(200, 31)"),
}
ASCII = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}


def looked(
    around: Mapping[str, Mapping[str, str]],
    start: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, str]:
    """Return what one program sees of its terminal in each of the surroundings, by their name."""
    command = [PYTHON, "-c", LOOK, json.dumps(around)]
    with Terminal(command, columns=200, rows=31, environment=start) as terminal:
        terminal.ended()
        lines = [line.rstrip() for line in terminal.look().lines]
    return dict(line.split(": ", 1) for line in lines if ": Display(" in line)


@pytest.fixture(scope="module")
def displays() -> dict[str, str]:
    return looked({kind: changes for kind, (changes, _) in SEEN.items()})


@pytest.mark.parametrize("kind", SEEN)
def test_a_terminal_is_seen_as_it_is(kind: str, displays: dict[str, str]) -> None:
    assert "terminal=True, size=(200, 31)" in displays[kind]
    assert SEEN[kind][1] in displays[kind]


def test_an_encoding_without_our_letters_is_seen() -> None:
    assert "encoding='ascii'" in looked({"ascii": {}}, start=ASCII)["ascii"]


def test_a_terminal_that_does_not_know_its_size_has_none() -> None:
    with Terminal([PYTHON, "-c", LOOK, '{"unknown": {}}'], columns=0, rows=0) as terminal:
        terminal.ended()
        assert "size=None" in terminal.look().text.replace("\n", "")


@pytest.mark.usefixtures("capsys")
def test_what_is_no_terminal_has_no_size() -> None:
    seen = display.read_display()
    assert (seen.terminal, seen.size, seen.columns) == (False, None, 80)
