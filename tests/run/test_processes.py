import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from harness.run import processes

SPIN = "while True: pass"


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def python(program: str) -> Iterator[subprocess.Popen[bytes]]:
    with running(sys.executable, "-c", program) as process:
        yield process


def test_a_tree_holds_children_and_their_children() -> None:
    with running("sh", "-c", "sh -c 'sleep 60; exit' & wait") as parent:
        deadline = time.monotonic() + 5
        while len(tree := processes.process_tree(parent.pid)) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        processes.send_signal(tree, signal.SIGKILL)
    assert len(tree) == 3
    assert parent.pid in tree


def test_a_process_that_never_was_has_no_tree() -> None:
    assert processes.process_tree(2**22 + 1) == {}


def an_orphan() -> tuple[int, dict[int, float]]:
    """Return a session whose leader has ended and left a child behind, and what is seen of it."""
    with subprocess.Popen(["sh", "-c", "sleep 60 &"], start_new_session=True) as leader:
        pass
    return leader.pid, processes.session_members(leader.pid)


def test_a_session_holds_the_orphans_of_its_leader() -> None:
    leader, session = an_orphan()
    living = processes.still_running(session)
    processes.send_signal(session, signal.SIGKILL)
    assert len(living) == 1
    assert leader not in living


def test_what_is_recorded_lives_until_it_is_ended() -> None:
    with running("sleep", "60") as process:
        tree = processes.process_tree(process.pid)
        assert processes.still_running(tree) == [process.pid]
        processes.send_signal(tree, signal.SIGTERM)
        assert process.wait(timeout=60) == -signal.SIGTERM
    assert processes.still_running(tree) == []


def test_a_zombie_does_not_live() -> None:
    with running("true") as process:
        tree = processes.process_tree(process.pid)
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert processes.still_running(tree) == []


def test_a_process_that_has_its_number_from_another_is_let_live() -> None:
    with running("sleep", "60") as process:
        processes.send_signal({process.pid: 12345.0}, signal.SIGKILL)
        time.sleep(0.05)
        assert process.poll() is None


def test_ending_what_is_gone_is_no_error() -> None:
    with running("true") as process:
        tree = processes.process_tree(process.pid)
    processes.send_signal(tree, signal.SIGKILL)


@pytest.mark.skipif(sys.platform == "darwin", reason="psutil tells nothing of ended children there")
def test_what_a_dead_worker_had_spent_stays_on_its_parents_account() -> None:
    before = processes.cpu_seconds(os.getpid())
    subprocess.run(
        [sys.executable, "-c", "import time\nwhile time.process_time() < 0.15: pass"], check=True
    )
    assert processes.cpu_seconds(os.getpid()) - before >= 0.1


def test_a_process_that_is_gone_has_spent_nothing() -> None:
    assert processes.cpu_seconds(2**22 + 1) == 0.0


def test_a_census_holds_every_process_with_its_name() -> None:
    with running("sleep", "60") as process:
        ours = {pid: name for (pid, _), (name, _) in processes.snapshot().items()}
    assert ours[process.pid] == "sleep"


def test_what_others_use_between_two_censuses_is_told_the_heaviest_first() -> None:
    before = {(1, 0.0): ("idle", 5.0), (2, 0.0): ("busy", 1.0), (3, 0.0): ("half", 2.0)}
    after = {(1, 0.0): ("idle", 5.1), (2, 0.0): ("busy", 3.0), (3, 0.0): ("half", 3.0)}
    assert processes.busiest(before, after, 2.0, least=0.2) == [("busy", 1.0), ("half", 0.5)]


def test_a_process_that_is_ours_is_not_among_the_heavy() -> None:
    assert (
        processes.busiest(
            {(2, 0.0): ("busy", 1.0)}, {(2, 0.0): ("busy", 3.0)}, 1.0, least=0.2, apart=[2]
        )
        == []
    )


def test_a_process_that_came_meanwhile_or_has_anothers_number_is_not_compared() -> None:
    assert (
        processes.busiest(
            {(2, 0.0): ("gone", 1.0)},
            {(2, 9.0): ("new", 3.0), (3, 9.0): ("newer", 3.0)},
            1.0,
            least=0.2,
        )
        == []
    )


def test_a_process_that_spins_is_heavy() -> None:
    with python(SPIN) as busy:
        before, began = processes.snapshot(), time.monotonic()
        while processes.cpu_seconds(busy.pid) < 0.1:
            time.sleep(0.02)
        heavy = processes.busiest(
            before, processes.snapshot(), time.monotonic() - began, least=0.01
        )
        assert busy.poll() is None
    assert any("python" in name for name, _ in heavy)


LISTEN = (
    "import socket, sys; held = socket.create_server(('127.0.0.3', 0));"
    " print(flush=True); sys.stdin.read()"
)


def test_a_process_that_listens_is_seen_with_its_address() -> None:
    command = [sys.executable, "-c", LISTEN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        seen = processes.listening([process.pid, 2**22 + 1])
        process.communicate()
    assert seen == {"127.0.0.3"}


def test_a_connection_is_not_taken_for_a_listener() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()),
        server.accept()[0],
    ):
        server.close()
        assert processes.listening([os.getpid()]) == set()


BURN = "import time\nwhile time.process_time() < {seconds}: pass\n"


def test_what_is_below_this_process_is_counted_whether_it_has_ended_or_not() -> None:
    before = processes.descendants_cpu_seconds()
    subprocess.run([sys.executable, "-c", BURN.format(seconds=0.1)], check=True)
    with python(BURN.format(seconds=0.15) + "time.sleep(60)") as living:
        while processes.cpu_seconds(living.pid) < 0.13:
            time.sleep(0.02)
        after = processes.descendants_cpu_seconds()
    assert after - before >= 0.2


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux says it")
def test_who_shares_a_core_is_known_to_wait_for_it() -> None:
    cores = os.sched_getaffinity(0)
    core = min(cores)
    with python(f"import os\nos.sched_setaffinity(0, [{core}])\n{SPIN}"):
        os.sched_setaffinity(0, [core])
        try:
            before_s, until = processes.waited_seconds(), time.thread_time() + 0.2
            while time.thread_time() < until:
                pass
            after_s = processes.waited_seconds()
        finally:
            os.sched_setaffinity(0, cores)
    assert before_s is not None
    assert after_s is not None
    assert after_s - before_s > 0.05


def test_who_sleeps_does_not_wait_for_a_core() -> None:
    before_s = processes.waited_seconds()
    time.sleep(0.3)
    after_s = processes.waited_seconds()
    assert before_s is None or after_s is None or after_s - before_s < 0.25


def test_the_core_seconds_of_watching_are_those_of_this_process_and_of_the_watchers() -> None:
    with python(SPIN) as watcher:
        deadline = time.monotonic() + 30
        while processes.cpu_seconds(watcher.pid) < 0.3 and time.monotonic() < deadline:
            time.sleep(0.02)
        alone = processes.watching_cpu_seconds(())
        assert processes.watching_cpu_seconds((watcher.pid,)) >= alone + 0.3
    assert time.process_time() - alone < 0.2
