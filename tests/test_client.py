import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from harness.client import GO, SAY, RaceClient, Span, ready


class Pipes:
    """Both ends of a program's two pipes: its messages, and the signal that its clock starts."""

    def __init__(self) -> None:
        self.messages_out, self.messages_in = os.pipe()
        self.go_out, self.go_in = os.pipe()

    def messages(self) -> list[dict[str, Any]]:
        """Close the program's end, and return all messages."""
        os.close(self.messages_in)
        with os.fdopen(self.messages_out, "rb", closefd=False) as lines:
            return [json.loads(line) for line in lines]


@pytest.fixture
def pipes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipes]:
    made = Pipes()
    monkeypatch.setenv(SAY, str(made.messages_in))
    monkeypatch.setenv(GO, str(made.go_out))
    os.write(made.go_in, b".")  # the clock has started
    yield made
    for descriptor in (made.messages_out, made.messages_in, made.go_out, made.go_in):
        try:
            os.close(descriptor)
        except OSError:
            continue


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SAY, raising=False)
    monkeypatch.delenv(GO, raising=False)


def test_outside_a_race_nothing_is_sent_and_nothing_waits(alone: None) -> None:
    race = ready(items=3, workers=[1, 2])
    race.progress(1)
    race.finish(quality=0.5, spans=[(0, 1, 0.1)])


def test_ready_sends_the_work_and_the_workers(pipes: Pipes) -> None:
    ready(items=3, unit="rows", workers=[11, 12])
    assert pipes.messages() == [{"say": "ready", "items": 3, "unit": "rows", "workers": [11, 12]}]


def test_everything_else_is_sent_as_it_comes(pipes: Pipes) -> None:
    race = ready()
    race.progress(2)
    race.span(1, 2, 0.5)
    race.finish(quality=0.75, spans=[Span(0, 1, 0.25, 0.125), (1, 1, 0.5)])
    assert pipes.messages()[1:] == [
        {"say": "progress", "done": 2},
        {"say": "span", "worker": 1, "items": 2, "busy_s": 0.5, "cpu_s": 0.0},
        {"say": "span", "worker": 0, "items": 1, "busy_s": 0.25, "cpu_s": 0.125},
        {"say": "span", "worker": 1, "items": 1, "busy_s": 0.5, "cpu_s": 0.0},
        {"say": "quality", "quality": 0.75},
    ]


def test_finish_without_a_quality_sends_nothing(pipes: Pipes) -> None:
    ready().finish()
    assert [message["say"] for message in pipes.messages()] == ["ready"]


def test_child_processes_do_not_inherit_the_pipes(pipes: Pipes) -> None:
    ready()
    assert {SAY, GO} & os.environ.keys() == set()


def test_a_program_waits_for_the_clock(pipes: Pipes) -> None:
    os.read(pipes.go_out, 1)  # it has not started yet
    program = "from harness.client import ready; ready(); print('went')"
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        pass_fds=(pipes.messages_in, pipes.go_out),
    ) as process:
        assert process.stdout is not None
        assert b'"ready"' in os.read(pipes.messages_out, 1000)
        waiting = process.poll() is None
        os.write(pipes.go_in, b".")
        assert process.stdout.read() == b"went\n"
    assert waiting


def test_a_program_runs_on_when_the_race_is_gone_before_the_start(pipes: Pipes) -> None:
    os.read(pipes.go_out, 1)
    os.close(pipes.go_in)
    assert isinstance(ready(), RaceClient)


def test_a_program_runs_on_when_nobody_reads(pipes: Pipes) -> None:
    race = ready()
    os.close(pipes.messages_out)
    race.progress(1)
    race.progress(2)


@pytest.mark.parametrize("value", ["", "no number", "-1", "99999", "1e3"])
def test_a_value_that_names_no_pipe_is_ignored(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SAY, value)
    monkeypatch.setenv(GO, value)
    ready().progress(1)


def test_a_descriptor_of_another_file_is_ignored(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with (tmp_path / "theirs").open("w+b") as theirs:
        monkeypatch.setenv(SAY, str(theirs.fileno()))
        ready().progress(1)
        assert theirs.read() == b""
    assert (tmp_path / "theirs").stat().st_size == 0
