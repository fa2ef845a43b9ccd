import contextlib
import os
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil
import pytest

from demo.options import make_plan
from harness.errors import Interrupted, SideFailed
from harness.model import Side
from harness.run import processes
from harness.run.arming import Armed, off_loopback
from harness.run.cluster_token import has_no_tokens
from harness.run.conductor import ARM_ONLY_WITHIN_S, Conductor
from harness.run.dashboard import RayDashboard
from harness.run.plan import NO_LOG, Plan, Session, Unattended, Waits
from harness.run.ray import TESTED_RAY
from tests.builders import a_ready, a_workload_file
from tests.options import some_options


def never() -> None:
    """Ask for nothing."""


def a_session(out: Path, made: str = "") -> Session:
    """Return a session as the program would run it: of simulated work, or of a workload file."""
    plan = planned("simulated", 3)
    if made:
        plan = replace(plan, workload=made, spec=replace(plan.spec, params={}))
    return Session(plan=plan, out=out, log_hint=NO_LOG)


@cache
def planned(workload: str, workers: int) -> Plan:
    """Return what the program would run; a process reads the workload for that."""
    return make_plan(some_options(workload=workload, workers=workers))


def arm(
    session: Session, stop: Callable[[], int | None], within_s: float = ARM_ONLY_WITHIN_S
) -> Armed:
    """Arm both sides, and no more."""
    return Conductor(session, Unattended(stop)).arm_only(within_s)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the session that ``armed`` is about."""
    return tmp_path_factory.mktemp("armed")


@pytest.fixture(scope="module")
def armed(folder: Path) -> Armed:
    """Return both sides of a rehearsal, armed and gone again."""
    return arm(a_session(folder), never)


def test_both_sides_say_what_they_are_armed_with(armed: Armed) -> None:
    assert (len(armed.baseline.workers), len(armed.distributed.workers)) == (1, 3)
    assert armed.baseline.input == armed.distributed.input


def test_both_sides_say_how_long_each_step_took(armed: Armed) -> None:
    steps = {"import", "load", "workers", "warm-up", "digests"}
    assert (set(armed.baseline.startup), set(armed.distributed.startup)) == (steps, steps)


def test_simulated_workers_listen_nowhere(armed: Armed) -> None:
    assert (armed.listening, armed.reachable_addresses) == ((), ())


SERVES = """
import socket
held = [socket.create_server((host, 0)) for host in ("127.0.0.1", "0.0.0.0")]
LISTENER = '''
import socket, sys
held = socket.create_server(('127.0.0.2', 0))
print(flush=True)
sys.stdin.read()
'''

def load(params):
    command = [sys.executable, "-c", LISTENER]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    process.stdout.readline()
    return Problem(input=(1,), held_out=0.5, items=1)
"""


@pytest.fixture(scope="module")
def serving(tmp_path_factory: pytest.TempPathFactory) -> Armed:
    """Return sides that listened, the distributed one by a process that it started too."""
    folder = tmp_path_factory.mktemp("serving")
    return arm(a_session(folder, a_workload_file(folder, SERVES)), never)


def test_a_side_that_listens_is_seen_and_told_apart_by_where(serving: Armed) -> None:
    assert {"127.0.0.1", "0.0.0.0"} < set(serving.listening)
    assert serving.reachable_addresses == ("0.0.0.0",)


def test_a_process_that_the_distributed_side_started_is_looked_at_too(serving: Armed) -> None:
    assert serving.listening == ("0.0.0.0", "127.0.0.1", "127.0.0.2")


FAILS: dict[str, tuple[str, str, str]] = {
    "raises": (
        "def load(params):\n    raise FileNotFoundError('digits.npz is missing')",
        "the baseline side failed: .*digits.npz is missing",
        r"it was raised in made\.py, line \d+, in load",
    ),
    "dies": (
        "def load(params):\n    os.kill(os.getpid(), signal.SIGKILL)",
        "the baseline side failed: its process was killed by signal 9",
        re.escape(NO_LOG.format(side=Side.BASELINE)),
    ),
    "leaves": (
        "def load(params):\n    print('no licence', flush=True)\n    os._exit(7)",
        "the baseline side failed: .*exit code 7",
        "its last line: no licence",
    ),
}


@pytest.mark.parametrize("how", FAILS)
def test_a_side_that_fails_is_named_with_its_reason_and_its_last_words(
    how: str, tmp_path: Path
) -> None:
    changes, expected, hint = FAILS[how]
    with pytest.raises(SideFailed, match=expected) as failed:
        arm(a_session(tmp_path, a_workload_file(tmp_path, changes)), never)
    assert re.fullmatch(hint, failed.value.hint)


SLEEPS = "def load(params):\n    subprocess.Popen(['sleep', '60'])\n    time.sleep(60)"


def test_a_side_that_is_never_ready_is_not_waited_for_without_end(tmp_path: Path) -> None:
    with pytest.raises(SideFailed, match="the baseline side was not ready within 1 s"):
        arm(a_session(tmp_path, a_workload_file(tmp_path, SLEEPS)), never, within_s=1.0)


def once(wanted: Callable[[], object]) -> Callable[[], int | None]:
    """Return a presenter who presses Ctrl-C once something is so."""
    return lambda: signal.SIGINT if wanted() else None


def test_a_signal_ends_arming_and_all_that_was_started(tmp_path: Path) -> None:
    with pytest.raises(Interrupted) as stopped:
        arm(
            a_session(tmp_path, a_workload_file(tmp_path, SLEEPS)),
            once(lambda: any(processes.process_tree(os.getpid()).keys() - {os.getpid()})),
        )
    assert stopped.value.exit_code == 130


LAST_ACT = """
import atexit

def load(params):
    ended = pathlib.Path({folder!r}, f"ended-{os.getpid()}")
    atexit.register(lambda: (time.sleep(0.3), ended.touch()))
    return Problem(input=(1,), held_out=0.5, items=1)
"""


def test_sides_are_let_end_of_themselves(tmp_path: Path) -> None:
    arm(
        a_session(
            tmp_path, a_workload_file(tmp_path, LAST_ACT.replace("{folder!r}", repr(str(tmp_path))))
        ),
        never,
    )
    assert len(list(tmp_path.glob("ended-*"))) == 2


LINGERS = """
import atexit

def linger():
    pathlib.Path({leaving!r}).touch()
    time.sleep(60)

def load(params):
    atexit.register(linger)
    return Problem(input=(1,), held_out=0.5, items=1)
"""


def test_a_signal_while_the_sides_leave_hurries_them(tmp_path: Path) -> None:
    leaving, began = tmp_path / "leaving", time.monotonic()
    workload = a_workload_file(tmp_path, LINGERS.replace("{leaving!r}", repr(str(leaving))))
    session = replace(a_session(tmp_path, workload), waits=Waits(end_within_s=60.0))
    arm(session, once(leaving.exists))
    assert time.monotonic() - began < 30.0
    assert processes.process_tree(os.getpid()).keys() == {os.getpid()}


@pytest.mark.usefixtures("armed")
def test_logs_are_kept_where_the_session_is(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {f"{side}.log" for side in Side}


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.0.0.53", "::1", "::ffff:127.0.0.1", "::1%lo"]
)
def test_loopback_is_reached_from_this_machine_alone(address: str) -> None:
    assert off_loopback([address]) == ()


@pytest.mark.parametrize(
    "address",
    ["0.0.0.0", "::", "192.168.1.5", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "", "nonsense"],
)
def test_anything_else_may_be_reached_from_elsewhere(address: str) -> None:
    assert off_loopback([address, "127.0.0.1"]) == (address,)


def test_what_is_exposed_is_judged_from_what_listens() -> None:
    assert Armed(
        a_ready(), a_ready(Side.DISTRIBUTED), ("127.0.0.1", "0.0.0.0")
    ).reachable_addresses == ("0.0.0.0",)


class ArmedOnRay(NamedTuple):
    """What both sides said, and the names of the files that processes were started from."""

    armed: Armed
    started: set[str]


@pytest.fixture(scope="module")
def on_ray(tmp_path_factory: pytest.TempPathFactory) -> ArmedOnRay:
    """Return both sides of a session on Ray, armed and gone again."""
    started: set[str] = set()

    def look() -> None:
        for process in psutil.Process().children(recursive=True):
            with contextlib.suppress(psutil.Error):
                started.update(Path(word).name for word in process.cmdline()[:3])

    out = tmp_path_factory.mktemp("on-ray")
    session = Session(plan=planned("tests/pieces.py", 1), out=out, log_hint=NO_LOG)
    return ArmedOnRay(arm(session, look), started)


class SeenDashboard(NamedTuple):
    """A dashboard while it was there: what it answered, and the first words of its processes.

    ``answers`` are the statuses of its page, and of what it tells with the token and without.
    """

    dashboard: RayDashboard
    answers: list[int]
    processes: list[str]


@pytest.fixture(scope="module")
def dashboard(tmp_path_factory: pytest.TempPathFactory) -> SeenDashboard:
    """Return the dashboard of a session that was armed and is gone again."""
    told: list[RayDashboard] = []
    seen: list[SeenDashboard] = []

    def look() -> None:
        if told and not seen:
            (one,) = told
            token = {"Authorization": f"Bearer {one.token}"}
            facts = f"{one.url}/api/version"
            answers = [status_of(one.url, {}), status_of(facts, token), status_of(facts, {})]
            words = [" ".join(psutil.Process(pid).cmdline()[:3]) for pid in one.pids]
            seen.append(SeenDashboard(one, answers, words))

    session = Session(
        plan=planned("tests/pieces.py", 1),
        out=tmp_path_factory.mktemp("dashboard"),
        log_hint=NO_LOG,
        dashboard=told.append,
    )
    armed = arm(session, look)
    assert armed.reachable_addresses == ()
    return seen[0]


def status_of(url: str, headers: dict[str, str]) -> int:
    """Return the status of an answer, to whoever says so in the headers."""
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


@pytest.mark.ray
def test_rays_dashboard_answers_on_loopback_and_tells_only_who_has_the_token(
    dashboard: SeenDashboard,
) -> None:
    tokens = not has_no_tokens(metadata.version("ray"))
    assert dashboard.dashboard.url.startswith("http://127.0.0.1:")
    assert dashboard.answers == [200, 200, 401 if tokens else 200]


@pytest.mark.ray
def test_the_processes_of_a_dashboard_are_known_to_who_counts_what_watching_costs(
    dashboard: SeenDashboard,
) -> None:
    server, agent = sorted(dashboard.processes, key=lambda words: "gent" in words)
    assert "dashboard/dashboard.py" in server
    assert "dashboard/agent.py" in agent or "ray::DashboardAgent" in agent


@pytest.mark.ray
def test_nothing_is_left_of_a_dashboard_once_the_session_is_over(dashboard: SeenDashboard) -> None:
    assert not [pid for pid in dashboard.dashboard.pids if psutil.pid_exists(pid)]
    parts = urlsplit(dashboard.dashboard.url)
    with (
        pytest.raises(ConnectionRefusedError),
        socket.create_connection((parts.hostname, parts.port or 0)),
    ):
        pass


@pytest.mark.ray
def test_ray_is_armed_and_listens_on_loopback_alone(on_ray: ArmedOnRay) -> None:
    assert (len(on_ray.armed.listening) > 0, on_ray.armed.reachable_addresses) == (True, ())
    assert on_ray.armed.distributed.hosts[0].packages["ray"]


@pytest.mark.ray
def test_the_ray_that_was_tested_with_has_no_daemon_to_spare(on_ray: ArmedOnRay) -> None:
    daemons = {"monitor.py", "log_monitor.py", "dashboard.py", "agent.py"}
    tested = metadata.version("ray").startswith("{}.{}.".format(*TESTED_RAY))
    assert on_ray.started & {"raylet", *daemons} == {"raylet"} | (set() if tested else daemons)
