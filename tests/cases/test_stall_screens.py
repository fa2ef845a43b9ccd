"""A stall on every screen: the panel, lines of text, JSON and the presenter view."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from harness import events as e
from harness.event_lines import encode
from harness.model import ProcessState, Side
from harness.show.terminal.log_lines import new_lines
from harness.show.terminal.presenter_phrases import FollowedRun, find_warning
from tests.builders import a_board, a_process, a_spec, arming_events, some_events, trial_events
from tests.show.terminal.panels import draw

WENT_AT = 20.0
RUNNING = (
    *some_events()[:1],
    *arming_events(),
    *trial_events(Side.DISTRIBUTED, WENT_AT, 40.0)[:5],
)
STALLED = e.stamp(
    e.Stalled(worker="w1", state=ProcessState.STOPPED, seconds=12.0), 45.0, Side.DISTRIBUTED, 0
)
LOADING = (
    *some_events()[:1],
    e.stamp(e.Launched(pid=1), 1.0, Side.BASELINE, 0),
    e.stamp(e.Stalled(worker="", state=ProcessState.DISK, seconds=10.0), 11.0, Side.BASELINE, 0),
)
SENTENCE = "w1 STALLED for 12.0 s: stopped (T)"


def panel(events: tuple[e.Event, ...]) -> str:
    """Return the panel after these events."""
    return draw(a_board(events), events[-1].at, columns=110)


def lines(events: tuple[e.Event, ...]) -> str:
    """Return what is said of the last event in lines of text."""
    before, after = a_board(events[:-1]), a_board(events)
    said = new_lines(before, after, a_spec(), at=events[-1].at, last_line_at=events[-1].at)
    return "\n".join(said)


def presenter_view(events: tuple[e.Event, ...]) -> str:
    """Return the warning of the presenter view after these events."""
    return find_warning(FollowedRun(board=a_board(events), at=events[-1].at, silent_s=0.0), 10.0)


def json_lines(events: tuple[e.Event, ...]) -> str:
    """Return the last event as a line of JSON."""
    return encode(events[-1]).decode()


@dataclass(frozen=True)
class Case:
    """What a screen says, or says no longer, after some events."""

    name: str
    screen: Callable[[tuple[e.Event, ...]], str]
    events: tuple[e.Event, ...]
    says: tuple[str, ...] = ()
    not_said: tuple[str, ...] = ()


def then(*more: e.Event) -> tuple[e.Event, ...]:
    """Return the events of a race on which a worker is stalled, and more."""
    return (*RUNNING, STALLED, *(e.stamp(event, 46.0, Side.DISTRIBUTED, 0) for event in more))


LOST = e.Faulted(worker="w1", reason="stalled: stopped (T) for 20 s")
BACK = e.Recovered(worker="w1", process=a_process("w1", pid=99), seconds=1.5)
FINISHED = e.Finished(wall_s=26.0, cpu_s=44.0, peak_rss_bytes=3, items=20_000)
CASES = (
    Case(
        "the panel names the worker",
        panel,
        then(),
        (SENTENCE, "LIVE · STALLED", "STALLED 12.0 s"),
    ),
    Case(
        "the panel names a side that loads", panel, LOADING, ("baseline side STALLED for 10.0 s",)
    ),
    Case(
        "the panel says no more of a worker that goes on",
        panel,
        then(e.Resumed(worker="w1")),
        (),
        ("STALLED",),
    ),
    Case(
        "the panel says of a stalled worker that it is lost",
        panel,
        then(LOST),
        ("LOST",),
        ("STALLED",),
    ),
    Case(
        "the panel says no more of a side that has finished",
        panel,
        then(FINISHED),
        (),
        ("STALLED",),
    ),
    Case("lines name the worker", lines, then(), (f"distributed: {SENTENCE}",)),
    Case(
        "lines name a side that loads",
        lines,
        LOADING,
        ("baseline: baseline side STALLED for 10.0 s: waiting for a disk (D)",),
    ),
    Case(
        "lines say that a worker goes on",
        lines,
        then(e.Resumed(worker="w1")),
        ("distributed: w1 goes on",),
    ),
    Case(
        "lines say why a worker was lost",
        lines,
        then(LOST),
        ("w1 LOST at", "stalled: stopped (T) for 20 s"),
        ("goes on",),
    ),
    Case("lines say that it is back", lines, then(LOST, BACK), ("w1 back after 1.50 s",)),
    Case(
        "the presenter view says what key to press",
        presenter_view,
        then(),
        (f"{SENTENCE}; press f on the race",),
    ),
    Case(
        "the presenter view is silent on a worker that goes on",
        presenter_view,
        then(e.Progress(done=19_000), e.Resumed(worker="w1")),
        (),
        ("STALLED",),
    ),
    Case(
        "JSON has the worker and its state",
        json_lines,
        then(),
        ('"event":"stalled"', '"worker":"w1"', '"state":"stopped"', '"seconds":12.0'),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_stall_is_on_every_screen_for_as_long_as_it_lasts(case: Case) -> None:
    shown = case.screen(case.events)
    assert [words for words in case.says if words not in shown] == [], shown
    assert [words for words in case.not_said if words in shown] == [], shown
