import os
import subprocess
import time

from harness.events import Sample
from harness.model import Side
from harness.run.host import host_key
from harness.run.watch import LOOK_EVERY_S, Watch
from tests.builders import a_process

TRIALS = {Side.BASELINE: 3, Side.DISTRIBUTED: 4}


def ourselves(name: str = "core", **changes: object) -> object:
    return a_process(name, pid=os.getpid(), host=host_key(), **changes)
