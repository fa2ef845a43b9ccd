import os
import signal
import subprocess
import sys

import pytest

from harness.run.commands.queue_wait import QueueWait
from tests.terminals import wait_for

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says it")
BUSY = "while :; do :; done"


@pytest.mark.parametrize("program", [BUSY, f"({BUSY}) & wait"])
def test_programs_that_share_a_core_wait_for_it_and_so_does_what_they_start(program: str) -> None:
    meter = QueueWait()
    core = min(os.sched_getaffinity(0))
    before_s = meter.look() or 0.0
    command = ["taskset", "-c", str(core), "sh", "-c", program]
    running = [subprocess.Popen(command, start_new_session=True) for _ in range(2)]
    try:
        wait_for(lambda: (meter.look() or 0.0) - before_s > 0.1)
    finally:
        for process in running:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
