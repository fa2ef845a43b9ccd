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


def test_the_first_look_has_nothing_to_compare_with() -> None:
    assert processes.Probe().look({"w0": os.getpid()}) == []


def test_a_busy_worker_uses_more_of_its_core_than_an_idle_one() -> None:
    eye = processes.Probe()
    with python(SPIN) as busy, running("sleep", "60") as idle:
        pids = {"w0": busy.pid, "w1": idle.pid}
        eye.look(pids)
        time.sleep(0.4)
        seen = {name: cpu for name, cpu, _ in eye.look(pids)}
    assert seen["w0"] > seen["w1"]


def test_resident_memory_is_seen_in_bytes() -> None:
    eye = processes.Probe()
    with running("sleep", "60") as idle:
        eye.look({"w0": idle.pid})
        time.sleep(0.02)
        ((_, _, rss_bytes),) = eye.look({"w0": idle.pid})
    assert 100_000 < rss_bytes < 100_000_000


def test_a_worker_that_is_gone_is_left_out() -> None:
    eye = processes.Probe()
    with running("sleep", "60") as gone:
        eye.look({"w0": gone.pid, "w1": os.getpid()})
    assert [name for name, _, _ in eye.look({"w0": gone.pid, "w1": os.getpid()})] == ["w1"]


def test_a_family_holds_children_and_their_children() -> None:
    with running("sh", "-c", "sh -c 'sleep 60; exit' & wait") as parent:
        deadline = time.monotonic() + 5
        while len(family := processes.family(parent.pid)) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        processes.end(family, signal.SIGKILL)
    assert len(family) == 3
    assert parent.pid in family


def test_a_process_that_never_was_has_no_family() -> None:
    assert processes.family(2**22 + 1) == {}


def an_orphan() -> tuple[int, dict[int, float]]:
    """Return a session whose leader has ended and left a child behind, and what is seen of it."""
    with subprocess.Popen(["sh", "-c", "sleep 60 &"], start_new_session=True) as leader:
        pass
    return leader.pid, processes.session(leader.pid)


def test_a_session_holds_the_orphans_of_its_leader() -> None:
    leader, session = an_orphan()
    living = processes.alive(session)
    processes.end(session, signal.SIGKILL)
    assert len(living) == 1
    assert leader not in living


def test_what_is_recorded_lives_until_it_is_ended() -> None:
    with running("sleep", "60") as process:
        family = processes.family(process.pid)
        assert processes.alive(family) == [process.pid]
        processes.end(family, signal.SIGTERM)
        assert process.wait(timeout=5) == -signal.SIGTERM
    assert processes.alive(family) == []


def test_a_zombie_does_not_live() -> None:
    with running("true") as process:
        family = processes.family(process.pid)
        while psutil.Process(process.pid).status() != psutil.STATUS_ZOMBIE:
            time.sleep(0.01)
        assert processes.alive(family) == []


def test_a_process_that_has_its_number_from_another_is_let_live() -> None:
    with running("sleep", "60") as process:
        processes.end({process.pid: 12345.0}, signal.SIGKILL)
        time.sleep(0.05)
        assert process.poll() is None


def test_ending_what_is_gone_is_no_error() -> None:
    with running("true") as process:
        family = processes.family(process.pid)
    processes.end(family, signal.SIGKILL)


def test_foreign_load_is_a_share_of_all_cores() -> None:
    ledger = processes.Ledger([os.getpid()])
    time.sleep(0.05)
    assert 0.0 <= ledger.foreign() <= 1.0


def test_a_load_of_our_own_is_not_foreign() -> None:
    with python(SPIN) as ours:
        mine, other = processes.Ledger([os.getpid()]), processes.Ledger([])
        time.sleep(0.5)
        as_ours, as_foreign = mine.foreign(), other.foreign()
        assert ours.poll() is None
    assert (as_foreign - as_ours) * mine.cores > 0.1


def test_a_child_that_is_set_apart_is_foreign() -> None:
    with python(SPIN) as resting:
        ours, apart = (
            processes.Ledger([os.getpid()]),
            processes.Ledger([os.getpid()], [resting.pid]),
        )
        time.sleep(0.5)
        as_ours, as_foreign = ours.foreign(), apart.foreign()
        assert resting.poll() is None
    assert (as_foreign - as_ours) * ours.cores > 0.1


@pytest.mark.skipif(sys.platform == "darwin", reason="psutil tells nothing of ended children there")
def test_what_a_dead_worker_had_spent_stays_on_its_parents_account() -> None:
    before = processes.spent(os.getpid())
    subprocess.run(
        [sys.executable, "-c", "import time\nwhile time.process_time() < 0.3: pass"], check=True
    )
    assert processes.spent(os.getpid()) - before >= 0.25


def test_a_process_that_is_gone_has_spent_nothing() -> None:
    assert processes.spent(2**22 + 1) == 0.0


def test_a_census_holds_every_process_with_its_name() -> None:
    with running("sleep", "60") as process:
        ours = {pid: name for (pid, _), (name, _) in processes.census().items()}
    assert ours[process.pid] == "sleep"


def test_what_others_use_between_two_censuses_is_told_the_heaviest_first() -> None:
    before = {(1, 0.0): ("idle", 5.0), (2, 0.0): ("busy", 1.0), (3, 0.0): ("half", 2.0)}
    after = {(1, 0.0): ("idle", 5.1), (2, 0.0): ("busy", 3.0), (3, 0.0): ("half", 3.0)}
    assert processes.heavy(before, after, 2.0, least=0.2) == [("busy", 1.0), ("half", 0.5)]


def test_a_process_that_is_ours_is_not_among_the_heavy() -> None:
    assert (
        processes.heavy(
            {(2, 0.0): ("busy", 1.0)}, {(2, 0.0): ("busy", 3.0)}, 1.0, least=0.2, apart=[2]
        )
        == []
    )


def test_a_process_that_came_meanwhile_or_has_anothers_number_is_not_compared() -> None:
    assert (
        processes.heavy(
            {(2, 0.0): ("gone", 1.0)},
            {(2, 9.0): ("new", 3.0), (3, 9.0): ("newer", 3.0)},
            1.0,
            least=0.2,
        )
        == []
    )


def test_a_process_that_spins_is_heavy() -> None:
    with python(SPIN) as busy:
        before, began = processes.census(), time.monotonic()
        while processes.spent(busy.pid) < 0.3:
            time.sleep(0.05)
        heavy = processes.heavy(before, processes.census(), time.monotonic() - began, least=0.01)
        assert busy.poll() is None
    assert any("python" in name for name, _ in heavy)


LISTEN = "import socket, sys; held = socket.create_server(('127.0.0.3', 0)); print(flush=True); sys.stdin.read()"


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
TWO = "sh -c 'while :; do :; done' & while :; do :; done"
HEIRS = f"import subprocess, sys, time\nsubprocess.run([sys.executable, '-c', {BURN.format(seconds=0.7)!r}])\ntime.sleep(60)"


def looks(root: int, names: list[str], seconds: float) -> list[list[processes.Seen]]:
    """Return what is seen of a tree for so long, from its second look on."""
    tree = processes.Tree()
    tree.look(root, names)
    seen, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        time.sleep(0.1)
        seen.append(tree.look(root, names))
    return seen


def test_the_first_look_at_a_tree_has_nothing_to_compare_with() -> None:
    assert processes.Tree().look(os.getpid(), ["w0"]) == []


def test_a_tree_without_processes_has_its_places_idle() -> None:
    with running("sleep", "60") as root:
        assert looks(root.pid, ["w0", "w1"], 0.1)[-1] == [("w0", 0.0, 0), ("w1", 0.0, 0)]


def test_the_busiest_processes_of_a_tree_take_its_places() -> None:
    with python(f"import subprocess\nsubprocess.run(['sh', '-c', {TWO!r}])") as root:
        seen = looks(root.pid, ["w0", "w1"], 1.5)[-5:]
        processes.end(processes.family(root.pid), signal.SIGKILL)
    assert all(sum(look[place][1] for look in seen) > 0 for place in (0, 1))


def test_what_a_tree_used_is_seen_once_though_a_process_ends_and_is_inherited() -> None:
    began = time.monotonic()
    with python(
        f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {HEIRS!r}])"
    ) as root:
        tree, moments, used = processes.Tree(), [time.monotonic()], 0.0
        tree.look(root.pid, ["w0"])
        while time.monotonic() < began + 30 and not ended(root.pid):
            time.sleep(0.05)
            moments.append(time.monotonic())
            used += sum(cpu for _, cpu, _ in tree.look(root.pid, ["w0"])) * (
                moments[-1] - moments[-2]
            )
        spent = sum(processes.spent(pid) for pid in processes.family(root.pid) if pid != root.pid)
        processes.end(processes.family(root.pid), signal.SIGKILL)
    assert 0.6 <= spent < 1.2
    assert used < 1.5 * spent


def ended(root: int) -> bool:
    """Return whether the process that burns has ended, and what it used is on its parent's account."""
    below = [pid for pid in processes.family(root) if pid != root]
    return len(below) == 1 and processes.spent(below[0]) >= 0.6


def a_reading(cpu_s: float, parent: int) -> processes.Reading:
    return processes.Reading(cpu_s, 1000, parent)


def test_a_whole_branch_that_ended_is_on_the_account_of_who_is_left() -> None:
    before = {(2, 0.0): a_reading(1.0, 1), (3, 0.0): a_reading(5.0, 2), (4, 0.0): a_reading(7.0, 3)}
    assert processes._used(before, {(2, 0.0): a_reading(13.5, 1)}) == {(2, 0.0): 0.5}


def test_a_process_that_has_anothers_number_begins_at_nothing() -> None:
    assert processes._used({(2, 0.0): a_reading(9.0, 1)}, {(2, 5.0): a_reading(0.5, 1)}) == {
        (2, 5.0): 0.5
    }


def test_a_process_keeps_its_place_while_it_lives() -> None:
    tree = processes.Tree()
    tree._seat({(2, 0.0): 0.4, (3, 0.0): 0.9}, ["w0", "w1"], 1.0)
    tree._seat({(2, 0.0): 0.9, (3, 0.0): 0.1, (4, 0.0): 1.0}, ["w0", "w1"], 1.0)
    assert tree._places == {(3, 0.0): "w0", (2, 0.0): "w1"}


def test_a_place_that_was_left_is_taken_by_the_next() -> None:
    tree = processes.Tree()
    tree._seat({(2, 0.0): 0.9}, ["w0"], 1.0)
    tree._seat({(4, 0.0): 1.0}, ["w0"], 1.0)
    assert tree._places == {(4, 0.0): "w0"}


def test_what_is_below_this_process_is_counted_whether_it_has_ended_or_not() -> None:
    before = processes.below(os.getpid())
    subprocess.run([sys.executable, "-c", BURN.format(seconds=0.2)], check=True)
    with python(BURN.format(seconds=0.3) + "time.sleep(60)") as living:
        while processes.spent(living.pid) < 0.2:
            time.sleep(0.02)
        after = processes.below(os.getpid())
    assert after - before >= 0.35
