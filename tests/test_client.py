import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from harness.client import GO, SAY, RaceClient, Span, ready


class Ends:
    """The other ends of a program's two pipes."""

    def __init__(self) -> None:
        self.output, self.say = os.pipe()
        self.wait, self.go = os.pipe()

    def messages(self) -> list[dict[str, Any]]:
        """Return what the program sent until it closed its end."""
        with os.fdopen(self.output, "rb", closefd=False) as lines:
            return [json.loads(line) for line in lines]


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ends]:
    ends = Ends()
    monkeypatch.setenv(SAY, str(ends.say))
    monkeypatch.setenv(GO, str(ends.wait))
    os.write(ends.go, b".")  # the clock has started
    yield ends
    for descriptor in (ends.output, ends.say, ends.wait, ends.go):
        try:
            os.close(descriptor)
        except OSError:
            continue


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SAY, raising=False)
    monkeypatch.delenv(GO, raising=False)


def hung_up(ends: Ends) -> list[dict[str, Any]]:
    os.close(ends.say)
    return ends.messages()


def test_outside_a_race_nothing_is_said_and_nobody_waits(alone: None) -> None:
    race = ready(items=3, workers=[1, 2])
    race.progress(1)
    race.finish(quality=0.5, spans=[(0, 1, 0.1)])


def test_ready_says_the_work_and_the_workers(ends: Ends) -> None:
    ready(items=3, unit="rows", workers=[11, 12])
    assert hung_up(ends) == [{"say": "ready", "items": 3, "unit": "rows", "workers": [11, 12]}]


def test_everything_else_is_said_as_it_comes(ends: Ends) -> None:
    race = ready()
    race.progress(2)
    race.span(1, 2, 0.5)
    race.finish(quality=0.75, spans=[Span(0, 1, 0.25, 0.125), (1, 1, 0.5)])
    assert hung_up(ends)[1:] == [
        {"say": "progress", "done": 2},
        {"say": "span", "worker": 1, "items": 2, "busy_s": 0.5, "cpu_s": 0.0},
        {"say": "span", "worker": 0, "items": 1, "busy_s": 0.25, "cpu_s": 0.125},
        {"say": "span", "worker": 1, "items": 1, "busy_s": 0.5, "cpu_s": 0.0},
        {"say": "quality", "quality": 0.75},
    ]


def test_done_without_a_quality_says_none(ends: Ends) -> None:
    ready().finish()
    assert [told["say"] for told in hung_up(ends)] == ["ready"]


def test_what_the_program_starts_has_no_part_in_its_pipes(ends: Ends) -> None:
    ready()
    assert {SAY, GO} & os.environ.keys() == set()


def test_a_program_waits_for_the_clock(ends: Ends) -> None:
    os.read(ends.wait, 1)  # it has not started yet
    program = "from harness.client import ready; ready(); print('went')"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=subprocess.PIPE, pass_fds=(ends.say, ends.wait)
    ) as process:
        assert process.stdout is not None
        assert b'"ready"' in os.read(ends.output, 1000)
        waiting = process.poll() is None
        os.write(ends.go, b".")
        assert process.stdout.read() == b"went\n"
    assert waiting


def test_a_program_whose_starter_is_gone_goes_on(ends: Ends) -> None:
    os.read(ends.wait, 1)
    os.close(ends.go)
    assert isinstance(ready(), RaceClient)


def test_a_listener_that_is_gone_does_not_stop_the_work(ends: Ends) -> None:
    race = ready()
    os.close(ends.output)
    race.progress(1)
    race.progress(2)


@pytest.mark.parametrize("told", ["", "no number", "-1", "99999", "1e3"])
def test_pipes_that_are_none_are_left_alone(told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SAY, told)
    monkeypatch.setenv(GO, told)
    ready().progress(1)


def test_a_descriptor_that_is_another_file_by_now_is_left_alone(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "theirs").open("w+b") as theirs:
        monkeypatch.setenv(SAY, str(theirs.fileno()))
        ready().progress(1)
        assert theirs.read() == b""
    assert (tmp_path / "theirs").stat().st_size == 0
