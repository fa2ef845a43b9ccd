"""What befalls a race that stands still: each is a function of the scene.

May import its neighbours.
"""

import contextlib
import os
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Callable

from harness import events as e
from harness.model import Side
from tests.cases.fault_places import set_back
from tests.cases.fault_scene import WORKLOAD, Scene, workers_of
from tests.cases.standing import MERGING, SCORING
from tests.races import lives
from tests.terminals import ROOT, Terminal, race, surroundings

Befall = Callable[[Scene], None]
STOPPED_FOR_S = 3.0
SHORT_CUT_S, LONG_CUT_S = 2.0, 20.0  # Ray looks after its hosts for twelve seconds in these tests


def a_worker(scene: Scene) -> int:
    """Return the worker that stands still, or the first one where it is the driver that stands."""
    if scene.pair.moment not in (MERGING, SCORING):
        return scene.standing
    ready = [
        event
        for event in scene.follower.more()
        if isinstance(event, e.Ready) and event.side is Side.DISTRIBUTED
    ]
    return ready[-1].workers[0].pid


def kill_a_worker(scene: Scene) -> None:
    """Kill one worker."""
    os.kill(a_worker(scene), signal.SIGKILL)


def stop_a_worker(scene: Scene) -> None:
    """Stop one worker, as Ctrl-Z does."""
    os.kill(a_worker(scene), signal.SIGSTOP)


def kill_all_workers(scene: Scene) -> None:
    """Kill every process of Ray's that works or may work, at once."""
    for pid in workers_of(scene):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def kill_named(name: str) -> Befall:
    """Return the killing of all processes of a name."""

    def kill(scene: Scene) -> None:
        named = [one for one in scene.witness.processes.values() if lives(one)]
        pids = [one.pid for one in named if one.name() == name]
        assert pids, f"there is no {name}"
        for pid in pids:
            os.kill(pid, signal.SIGKILL)

    return kill


def kill_side(side: Side) -> Befall:
    """Return the killing of a side's process."""
    return lambda scene: os.kill(scene.pid_of(side), signal.SIGKILL)


def kill_program(scene: Scene) -> None:
    """Kill the program, whose process draws the screen and conducts."""
    os.kill(scene.pid, signal.SIGKILL)


def stop_program(scene: Scene) -> None:
    """Stop the program for a while."""
    os.kill(scene.pid, signal.SIGSTOP)
    time.sleep(STOPPED_FOR_S)
    os.kill(scene.pid, signal.SIGCONT)


def fill_disk(scene: Scene) -> None:
    """Allow the program to write no more than it has written."""
    full = (scene.take / "events.jsonl").stat().st_size
    resource.prlimit(scene.pid, resource.RLIMIT_FSIZE, (full, full))


def remove_take(scene: Scene) -> None:
    """Remove the take's folder."""
    shutil.rmtree(scene.take)


def close_terminal(scene: Scene) -> None:
    """Close the terminal's window."""
    assert isinstance(scene.program, Terminal)
    scene.closed = True
    scene.program.hang_up()


def interrupt_twice(scene: Scene) -> None:
    """Press Ctrl-C twice."""
    assert isinstance(scene.program, Terminal)
    for _ in range(2):
        scene.program.type(b"\x03")
        time.sleep(0.2)


def set_clock_back(scene: Scene) -> None:
    """Set the wall clock back an hour, for every Python of the race."""
    set_back(scene.place)


def race_beside(scene: Scene) -> None:
    """Start another race, of the same user's and in the same folders."""
    words = race(
        scene.own / "other",
        *("--yes", "--workers", "2", "--ui", "none"),
        workload=WORKLOAD,
    )
    folders = {"TMPDIR": str(scene.own / "s"), "HOME": str(scene.own / "h")}
    quiet = subprocess.DEVNULL
    scene.beside.append(
        subprocess.Popen(
            words, cwd=ROOT, env=surroundings(folders), stdin=quiet, stdout=quiet, stderr=quiet
        )
    )


def cut_link(seconds: float) -> Befall:
    """Return the cutting of the second host's link, for so long."""

    def cut(scene: Scene) -> None:
        assert scene.place.hosts is not None
        scene.place.hosts.cut(2)
        until = time.monotonic() + seconds
        scene.until(lambda: time.monotonic() > until, seconds + 1.0)
        scene.place.hosts.heal(2)

    return cut


def kill_far_raylet(scene: Scene) -> None:
    """Kill what makes the second host a node."""
    assert scene.place.hosts is not None
    scene.place.hosts.kill_raylet(2)


def lose_head(scene: Scene) -> None:
    """Kill what keeps the cluster together."""
    assert scene.place.hosts is not None
    scene.place.hosts.kill_gcs()
