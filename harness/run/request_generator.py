"""Send requests in an open loop, in a process of its own: when the schedule says, and never later.

It sleeps between two requests, and computes nothing meanwhile. Orders come line by line on its
standard input, and what it sends goes to its standard output, packed. Imports the standard library
only, and ``percentile``.
"""

import ctypes
import os
import platform
import random
import select
import struct
import sys
import time
from collections.abc import Sequence

from harness.serving import percentile

NUMBER = struct.Struct("<I")
SUMMARY = struct.Struct("<dd")
OVER = 0xFFFFFFFF
SHARE = 0.99
SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}  # numbers of that system call
SCHEDULING = struct.Struct("=IIQiIQQQ")  # struct sched_attr: sched(7)
SLICE_NS = 100_000  # the shortest that can be asked for


def schedule(rate: float, count: int, seed: int) -> list[float]:
    """Return when each request is to be sent, in seconds from the start: a Poisson process.

    The gaps between requests are independent and exponential, with a mean of one over the rate. Of
    one seed, all rates have the same gaps but for their unit.
    """
    draw = random.Random(seed).expovariate
    at, times = 0.0, []
    for _ in range(count):
        at += draw(1.0)
        times.append(at / rate)
    return times


def send_requests(
    began: float, times: Sequence[float], orders_fd: int, requests_fd: int
) -> list[float]:
    """Send the number of each request at its time; return how late each was sent, in seconds.

    Ends early when there is something to read on ``orders_fd``. Times count from ``began`` on, by
    ``time.monotonic``.
    """
    late: list[float] = []
    for number, at in enumerate(times):
        while (wait_s := began + at - time.monotonic()) > 0:
            if select.select([orders_fd], [], [], wait_s)[0]:
                return late
        os.write(requests_fd, NUMBER.pack(number))
        late.append(time.monotonic() - began - at)
    return late


def ask_for_short_slices() -> None:
    """Have Linux (6.12 or later) run this process soon after it wakes, and then only briefly.

    It keeps its niceness. Elsewhere it comes a little later where all cores are at work.
    """
    number = SCHED_SETATTR.get(platform.machine())
    if sys.platform != "linux" or number is None:
        return
    size = SCHEDULING.size  # policy 0 is that of every process; nothing else changes
    wanted = SCHEDULING.pack(size, 0, 0, os.nice(0), 0, SLICE_NS, 0, 0)
    ctypes.CDLL(None).syscall(number, 0, wanted, 0)


def read_line(descriptor: int) -> str:
    """Return the next line (empty: there is none), and read nothing beyond it."""
    line = b""
    while (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
        line += byte
    return line.decode()


def main() -> int:
    """Carry out orders ``RATE COUNT SEED BEGAN`` until there are no more.

    An empty line follows each, which ends it early if it comes before all requests are sent.

    After each it sends ``OVER``, how late it was at the 99th percentile, and its core-seconds.
    """
    if hasattr(os, "sched_setaffinity"):  # the side that started it may be kept to one core
        os.sched_setaffinity(0, range(os.cpu_count() or 1))
    ask_for_short_slices()
    orders, requests = sys.stdin.fileno(), sys.stdout.fileno()
    while line := read_line(orders):
        rate, count, seed, began = line.split()
        before_s = time.process_time()
        times = schedule(float(rate), int(count), int(seed))
        late = send_requests(float(began), times, orders, requests)
        used_s = time.process_time() - before_s
        summary = SUMMARY.pack(percentile(sorted(late), SHARE), used_s)
        os.write(requests, NUMBER.pack(OVER) + summary)
        read_line(orders)
    return 0
