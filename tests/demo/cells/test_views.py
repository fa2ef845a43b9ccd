"""What a cell shows of a journal that is there: a race in turn, with a replay that outlasts it."""

import re
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from demo.cells.views import STARTING, Lines, PanelInCell
from harness import events as e
from harness.event_lines import decode, encode
from harness.follow.follower import Follower
from harness.model import Side, Status
from harness.state.board import Board
from tests.terminals import ROOT

JOURNAL = (ROOT / "recordings" / "showcase" / "events.jsonl").read_bytes().splitlines(True)


class Display:
    """What was shown in a cell, one after the other."""

    def __init__(self) -> None:
        self.shown: list[str] = []

    def __call__(self, view: object) -> None:
        self.shown.append(repr(view))


@pytest.fixture
def follower(tmp_path: Path) -> Iterator[Follower]:
    with closing(Follower(lambda _: tmp_path, time.monotonic)) as made:
        yield made


def until_finished() -> list[bytes]:
    """Return the journal's lines up to the one that stops the distributed side's clock."""
    events = [decode(line) for line in JOURNAL[1:]]
    place = next(
        place
        for place, event in enumerate(events, 2)
        if isinstance(event, e.Finished) and event.side is Side.DISTRIBUTED
    )
    return JOURNAL[:place]


def closed_after(lines: list[bytes], status: Status) -> bytes:
    """Return a journal that ends right after these lines."""
    last = e.stamp(e.Closed(status=status, remark=""), decode(lines[-1]).at, Side.BASELINE, 0)
    return b"".join([*lines, encode(last)])


def test_a_cell_says_that_the_race_starts_before_anything_is_known(follower: Follower) -> None:
    display = Display()
    PanelInCell(display).show(Board(), follower)
    assert display.shown == [STARTING]


def test_a_cell_shows_the_replay_while_the_race_runs(follower: Follower) -> None:
    display = Display()
    view = PanelInCell(display)
    follower.take_in(b"".join(until_finished()))
    view.show(Board(), follower)
    assert "REPLAY" in display.shown[-1]
    assert "interrupting the cell ends the race" in display.shown[-1]


def test_what_a_cell_keeps_of_a_race_has_both_clocks_stopped_and_the_words_below(
    follower: Follower,
) -> None:
    display = Display()
    view = PanelInCell(display)
    follower.take_in(closed_after(until_finished(), Status.COMPLETE))
    view.show(Board(), follower)
    view.show_end("the headline")
    assert display.shown[-1].count(" DONE ") == 2
    assert "REPLAY" not in display.shown[-1]
    assert "the take is written and drawn" in display.shown[-2]
    assert not re.search("interrupting|is written", display.shown[-1])
    assert display.shown[-1].endswith("the headline")


def test_the_clock_of_a_side_that_never_finished_is_not_wound_on(follower: Follower) -> None:
    display = Display()
    follower.take_in(closed_after(until_finished()[:-1], Status.ABORTED))
    PanelInCell(display).show(Board(), follower)
    assert display.shown[-1].count(" DONE ") == 0


def test_lines_are_printed_for_what_is_new_alone(
    follower: Follower, capsys: pytest.CaptureFixture[str]
) -> None:
    view = Lines()
    view.show(Board(), follower)
    follower.take_in(b"".join(JOURNAL))
    view.show(Board(), follower)
    first = capsys.readouterr().out
    view.show(follower.board, follower)
    assert "baseline: finished in 23.1 s" in first
    assert capsys.readouterr().out == ""
