"""The command that is followed: started without a shell, read without waiting, ended whole."""

import os
import time

import psutil
import pytest

from harness.errors import BadRequest
from harness.follow.command import FollowedCommand, begins_a_race, require_startable
from tests.terminals import wait_for


def output_of(command: FollowedCommand) -> bytes:
    """Read a command to its end."""
    content = b""
    try:
        while command.exit_code is None:
            content += command.read(0.05)
    finally:
        command.end()
    return content


def sh(script: str) -> FollowedCommand:
    return FollowedCommand.start(["sh", "-c", script])


def test_all_that_a_command_prints_is_read() -> None:
    assert len(output_of(sh("seq 200000"))) == 1_288_895


def test_words_are_no_shells_business() -> None:
    assert output_of(FollowedCommand.start(["echo", "$HOME", "a  b", ";"])) == b"$HOME a  b ;\n"


def test_a_command_has_nothing_to_read() -> None:
    assert output_of(sh("cat; echo over")) == b"over\n"


def test_the_last_line_of_what_went_wrong_is_kept() -> None:
    command = sh("echo first >&2; printf 'no such \\033[31mjob\\n\\n' >&2; exit 9")
    assert output_of(command) == b""
    assert (command.exit_code, command.last_error) == (9, "no such job")


def test_reading_waits_no_longer_than_it_may() -> None:
    command = sh("sleep 60")
    began = time.monotonic()
    try:
        assert command.read(0.1) == b""
    finally:
        command.end()
    assert time.monotonic() - began < 30


def test_what_a_command_has_left_with_its_output_does_not_hold_it_open() -> None:
    assert output_of(sh("echo over; sleep 60 &")) == b"over\n"


def test_all_that_a_command_started_ends_with_it() -> None:
    command = sh("trap '' TERM; sleep 60 & echo $!; wait; sleep 60")
    pid = int(wait_for(lambda: command.read(0.1)))
    command.end()
    wait_for(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie")


def test_a_command_is_in_no_group_of_ours() -> None:
    command = sh("ps -o pgid= -p $$")
    assert int(output_of(command)) != os.getpgrp()


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["no-such-program"], "there is no program no-such-program"),
        (["cat", "log", "|", "grep", "x"], "| needs a shell, and the command is started without"),
        (["\x1b[31mred"], "there is no program red"),
    ],
)
def test_a_command_that_cannot_be_started_is_refused(command: list[str], sentence: str) -> None:
    with pytest.raises(BadRequest) as error:
        require_startable(command)
    assert error.value.sentence.startswith(sentence)


@pytest.mark.parametrize(
    ("command", "begins"),
    [
        (["ssh", "host", "twoclocks", "race", "--ui", "json"], True),
        (["ssh", "host", "twoclocks race --ui json"], True),
        (["ray", "job", "submit", "--", "twoclocks"], True),
        (["ray", "job", "logs", "-f", "race-1"], False),
        (["kubectl", "logs", "-f", "pod/head"], False),
        (["cat", "race.log"], False),
    ],
)
def test_a_command_that_begins_a_race_is_known(command: list[str], begins: bool) -> None:
    assert begins_a_race(command) == begins
