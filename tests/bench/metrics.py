"""What ``--metrics`` costs by itself: a process that tells a board, and is asked once a second.

``python -m tests.bench.metrics WORKERS`` is that process. It has nothing else to do: it takes a
board four times a second, as a race has one, and says its CPU seconds at each line that it reads.
May import everything.
"""

import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from itertools import cycle

from demo.metrics import BoardMetrics, serving
from harness import text
from harness.state.board import Board
from harness.state.fold import fold
from tests.bench.screen import (
    FRAME_S,
    FRAMES_A_SAMPLE,
    HALF_WAY_S,
    PAIR,
    TEAM,
    board_in_progress,
    samples,
)
from tests.bench.table import Finding, at_most, row
from tests.terminals import PYTHON, ROOT, surroundings

MOST_SHARE = 0.01
EVERY_S = 1.0
ASKED_FIRST = 2
SECONDS = 5
WITHIN_S = 30.0
FRAMES = 40
Moment = tuple[Board, float]
"""A board, and when it is, in seconds."""

AS_PROMETHEUS = {
    "Accept": "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3",
    "Accept-Encoding": "gzip",
}


def metrics(times: int) -> Finding:
    """Measure which part of a core a race's metrics take that are asked for once a second."""
    return Finding(
        tuple(
            row(
                f"metrics asked for every second, of a core, {text.count(workers)} workers",
                [_share_of_a_core(workers) for _ in range(times)],
                at_most(MOST_SHARE),
                text.percent,
            )
            for workers in (PAIR, TEAM)
        )
    )


def _share_of_a_core(workers: int) -> float:
    """Return the CPU seconds a second of a process that is asked, once it has been asked before."""
    with subprocess.Popen(
        [PYTHON, "-m", "tests.bench.metrics", str(workers)],
        cwd=ROOT,
        env=surroundings(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as teller:
        assert teller.stdin is not None
        assert teller.stdout is not None
        port = int(teller.stdout.readline())
        used: list[tuple[float, float]] = []
        for asked in (ASKED_FIRST, SECONDS):
            for _ in range(asked):
                _ask(port)
                time.sleep(EVERY_S)
            teller.stdin.write("\n")
            teller.stdin.flush()
            used.append((time.monotonic(), float(teller.stdout.readline())))
        teller.kill()  # it would wait to be asked once more
    (began, before_s), (ended, after_s) = used
    return (after_s - before_s) / (ended - began)


def _ask(port: int) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/metrics", headers=AS_PROMETHEUS)
    with urllib.request.urlopen(request, timeout=WITHIN_S) as answer:
        answer.read()


def _tell(workers: int) -> None:
    """Tell a board in progress until standard input ends; answer each line with CPU seconds."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(str(port)) as told:
        assert told is not None
        over = threading.Event()
        showing = threading.Thread(target=_show, args=(told, _boards(workers), over), daemon=True)
        showing.start()
        sys.stdout.write(f"{port}\n")
        sys.stdout.flush()
        for _ in sys.stdin:
            sys.stdout.write(f"{time.process_time()}\n")
            sys.stdout.flush()
        over.set()
        showing.join()


def _show(told: BoardMetrics, boards: Sequence[Moment], over: threading.Event) -> None:
    """Give a board to who tells it, four times a second."""
    for board, at in cycle(boards):
        told.show(board, at)
        if over.wait(FRAME_S):
            return


def _boards(workers: int) -> list[Moment]:
    """Return boards of the next seconds, and when each is; what makes them is no part of a cost."""
    board, boards = board_in_progress(workers), []
    names = [worker.process.id for worker in board.distributed.workers]
    for frame in range(FRAMES):
        at = HALF_WAY_S + frame * FRAME_S
        if frame % FRAMES_A_SAMPLE == 0:
            board = fold(samples(names, frame, at), board)
        boards.append((board, at))
    return boards


if __name__ == "__main__":
    _tell(int(sys.argv[1]))
