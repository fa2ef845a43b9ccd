"""A guard: it ends as its command does, ends what is left, and takes the exit codes of orphans."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from harness.run.guarded import guarded_process, start_guarded
from tests.races import lives
from tests.terminals import ROOT, wait_for

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has subreapers")

ORPHANS = """
import subprocess, sys, time
for _ in range(20):
    subprocess.run([sys.executable, "-ISc", "import os; os.fork() or os._exit(0)"], check=True)
print(subprocess.run(["sh", "-c", "exit 7"]).returncode, flush=True)
time.sleep(600)
"""
DAEMON = """
import os, sys, time
if not os.fork():
    os.setsid()
    if not os.fork():
        open(sys.argv[1], "w").write(str(os.getpid()))
        time.sleep(600)
    os._exit(0)
while not os.path.exists(sys.argv[1]) or not open(sys.argv[1]).read():
    time.sleep(0.01)
"""


def python(program: str, *arguments: str) -> list[str]:
    """Return the command line of a short program."""
    return [sys.executable, "-ISc", program, *arguments]


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("pass", 0),
        ("raise SystemExit(7)", 7),
        ("import os; os.kill(os.getpid(), 9)", -signal.SIGKILL),
        ("import os; os.kill(os.getpid(), 15)", -signal.SIGTERM),
        ("import os; os.abort()", -signal.SIGABRT),
    ],
    ids=["it ends", "it fails", "it is killed", "it is terminated", "it aborts"],
)
def test_a_guard_ends_as_its_command_does(program: str, code: int) -> None:
    with guarded_process(python(program)) as (guard, _):
        assert guard.wait(60) == code


def test_a_program_that_cannot_be_started_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), guarded_process([str(tmp_path / "none")]):
        pass


def test_the_pid_is_the_commands_own() -> None:
    with guarded_process(python("import time; time.sleep(600)")) as (guard, pid):
        assert psutil.Process(pid).ppid() == guard.pid


def test_a_signal_is_for_the_command_and_ends_no_guard() -> None:
    with guarded_process(python("import time; time.sleep(600)")) as (guard, pid):
        os.kill(guard.pid, signal.SIGTERM)
        time.sleep(0.2)
        assert lives(psutil.Process(pid))


def test_a_command_has_its_grace_once_nobody_holds_the_pipe() -> None:
    control_read, control_write = os.pipe()
    program = "import time; time.sleep(0.5); raise SystemExit(3)"
    guard, _ = start_guarded(python(program), control_read, 60.0)
    os.close(control_read)
    os.close(control_write)
    assert guard.wait(60) == 3


@linux_only
def test_a_side_dies_with_its_guard() -> None:
    program = (
        "from harness.run.guard import die_with_parent; import time;"
        " die_with_parent(); print('asked', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", program]
    with guarded_process(command, stdout=subprocess.PIPE, cwd=ROOT) as (guard, pid):
        assert guard.stdout is not None
        assert guard.stdout.readline() == b"asked\n"
        side = psutil.Process(pid)
        guard.kill()
        wait_for(lambda: not lives(side))


@linux_only
def test_orphans_leave_no_zombie_and_a_command_keeps_its_own_exit_codes() -> None:
    with guarded_process(python(ORPHANS), stdout=subprocess.PIPE) as (guard, pid):
        assert guard.stdout is not None
        assert guard.stdout.readline() == b"7\n"
        wait_for(lambda: [one.pid for one in psutil.Process(guard.pid).children()] == [pid])


@linux_only
def test_a_daemon_is_adopted_and_ends_with_the_command(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with guarded_process(python(DAEMON, str(note))) as (guard, _):
        assert guard.wait(60) == 0
    assert not psutil.pid_exists(int(note.read_text()))
