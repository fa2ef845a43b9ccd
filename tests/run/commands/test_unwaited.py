import os
import signal
import subprocess
import sys

import pytest

from harness.run.commands.unwaited import UnwaitedProcesses
from harness.run.processes import children, cpu_seconds, descendants_cpu_seconds
from tests.terminals import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says it")
USED_S = 0.6
BUSY = f"import time\nwhile time.process_time() < {USED_S}: pass\n"
PARENT = """
import os, signal, sys
if sys.argv[1] == "ignores":
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
child = os.spawnv(os.P_NOWAIT, sys.executable, [sys.executable, "-S", "-c", sys.argv[2]])
try:
    os.waitpid(child, 0)
except ChildProcessError:
    pass
"""


@pytest.mark.parametrize("parent", ["ignores", "waits"])
def test_what_a_child_used_counts_once_whether_its_parent_waits_for_it_or_not(parent: str) -> None:
    unwaited = UnwaitedProcesses()
    before_s = descendants_cpu_seconds()

    with unwaited.measuring():
        subprocess.run(
            [sys.executable, "-S", "-c", PARENT, parent, BUSY + "time.sleep(0.6)"], check=True
        )

    used_s = descendants_cpu_seconds() - before_s + unwaited.cpu_s
    assert USED_S - 0.05 < used_s < 1.5 * USED_S
    assert (unwaited.cpu_s > 0) == (parent == "ignores")


def test_a_child_that_lives_on_is_not_counted_as_one_that_ended() -> None:
    unwaited = UnwaitedProcesses()
    command = [sys.executable, "-S", "-c", PARENT, "ignores", BUSY + "time.sleep(60)"]

    with unwaited.measuring():
        parent = subprocess.Popen(command, start_new_session=True)
        wait_for(lambda: sum(map(cpu_seconds, children(parent.pid))) > USED_S / 2)
    os.killpg(parent.pid, signal.SIGKILL)
    parent.wait()
    with unwaited.measuring():
        pass

    assert unwaited.cpu_s == 0
