"""The leak checks can fail."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import descriptors, left_behind, processes

pytest_plugins = ["pytester"]

CLEAN = """
import subprocess, sys

def test_clean():
    subprocess.run([sys.executable, "-c", ""], check=True)
"""
LEAKS_A_DESCRIPTOR = """
import os

def test_leaves_a_descriptor():
    os.dup(1)

def test_leaves_nothing():
    pass
"""
LEAKS_A_DAEMON = """
import subprocess, sys

def test_leaves_a_daemon():
    sleeper = "import subprocess; subprocess.Popen(['sleep', '8.125'], start_new_session=True)"
    subprocess.run([sys.executable, "-W", "ignore", "-c", sleeper], check=True)
"""


def test_a_closed_descriptor_is_not_left_behind() -> None:
    before = descriptors()
    os.close(os.dup(1))
    assert left_behind(descriptors, before, grace_s=0) == []


def test_an_open_descriptor_is_left_behind(tmp_path: Path) -> None:
    before = descriptors()
    with (tmp_path / "kept").open("w"):
        left = left_behind(descriptors, before, grace_s=0)
    assert [words.split("/")[-1] for words in left] == ["kept"]


def test_a_process_that_ends_within_the_grace_is_not_left_behind() -> None:
    before = processes()
    with subprocess.Popen(["sleep", "0.2"]):
        assert left_behind(processes, before) == []


def test_a_running_process_is_left_behind() -> None:
    before = processes()
    with subprocess.Popen(["sleep", "30"]) as sleeper:
        left = left_behind(processes, before, grace_s=0)
        sleeper.kill()
    assert left == [f"{sleeper.pid}: sleep 30"]


def test_a_module_that_leaves_a_descriptor_or_a_detached_daemon_fails(
    pytester: pytest.Pytester,
) -> None:
    pytester.makeconftest(Path(__file__).with_name("conftest.py").read_text(encoding="utf-8"))
    pytester.makepyfile(test_0=CLEAN, test_1=LEAKS_A_DESCRIPTOR, test_2=LEAKS_A_DAEMON)

    outcome = pytester.runpytest_subprocess("-q")

    outcome.assert_outcomes(passed=4, errors=2)
    outcome.stdout.re_match_lines([".*left open: .*", ".*left running: .*sleep 8.125.*"])
