"""A distributed side whose workers stand still and hand over what a daemon beside them adds up.

``python -m tests.dishonest.helper_process TERMS PASSES FILE`` becomes that daemon: a process with a
session of its own, whose parent has ended.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from harness.workload import Pool, Reporter
from tests.dishonest import honest, working


def help_out(given: honest.Given, file: Path) -> None:
    """Add up all chunks, taking some core-seconds more, and leave the sums in a file."""
    working.work_for(1.5)
    written = file.with_suffix(".part")
    written.write_text(json.dumps(honest.baseline(given, lambda _: None)))
    written.rename(file)


def handed_over(chunk: int, file: str) -> float:
    """Wait for the file, and return a chunk's sum."""
    while not Path(file).exists():
        time.sleep(0.01)
    return float(json.loads(Path(file).read_text())[chunk])


def distributed(given: honest.Given, pool: Pool, report: Reporter) -> honest.Answer:
    """Start the process, and let the pool wait for it."""
    with tempfile.TemporaryDirectory() as folder:
        file = f"{folder}/sums.json"
        words = [*map(str, given), file]
        become_one = [sys.executable, "-m", "tests.dishonest.helper_process", *words]
        with subprocess.Popen(become_one):  # on a busy machine it takes long to begin
            parts = pool.map(handed_over, range(honest.CHUNKS), file, report=report)
    return [part.value for part in parts]


WORKLOAD = replace(honest.WORKLOAD, distributed=distributed)

if __name__ == "__main__":
    terms, passes, file = sys.argv[1:]
    if os.fork():
        sys.exit()
    os.setsid()
    help_out((int(terms), int(passes)), Path(file))
