import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.run import process_records
from harness.run.process_records import Descendants, divide, memory_of, record_of

NEVER_A_PID = 2**22 + 1
linux_only = pytest.mark.skipif(not psutil.LINUX, reason="only Linux has a folder per process")

SHELL_WITH_A_CHILD = "sleep 60 & wait"
LEAVES_AN_ORPHAN = """
import subprocess, time
from harness.run.guard import become_subreaper

become_subreaper()
subprocess.run(["sh", "-c", "sleep 60 &"])
print("adopted", flush=True)
time.sleep(60)
"""


@contextmanager
def running(*command: str, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in a session of its own; end all that is in it afterwards."""
    with subprocess.Popen(command, start_new_session=True, **options) as process:
        try:
            yield process
        finally:
            os.killpg(process.pid, 9)


def pids_below(descendants: Descendants, count: int) -> set[int]:
    """Look until so many processes live, and return their pids."""
    until = time.monotonic() + 20
    while len(found := {pid for pid, _ in descendants.look()}) < count and time.monotonic() < until:
        time.sleep(0.01)
    return found


def test_a_record_and_the_resident_memory_are_what_psutil_says() -> None:
    with running("sleep", "60") as process:
        time.sleep(0.1)  # until it sleeps
        record, theirs = record_of(process.pid), psutil.Process(process.pid)
        times = theirs.cpu_times()
        assert record is not None
        assert record.parent == theirs.ppid() == os.getpid()
        assert record.cpu_s == pytest.approx(times.user + times.system)
        memory = memory_of(process.pid)
        assert memory is not None
        assert memory.resident_bytes == theirs.memory_info().rss > 0


def test_a_record_has_the_core_seconds_of_this_process_and_of_its_ended_children() -> None:
    until = time.process_time() + 0.1
    while time.process_time() < until:
        pass
    subprocess.run(
        [sys.executable, "-c", "import time\nwhile time.process_time() < 0.15: pass"], check=True
    )
    record, times = record_of(os.getpid()), psutil.Process().cpu_times()
    assert record is not None
    assert record.cpu_s == pytest.approx(times.user + times.system, abs=0.05)
    assert record.ended_children_s >= 0.1
    assert record.ended_children_s == pytest.approx(
        times.children_user + times.children_system, abs=0.05
    )


def test_records_of_processes_tell_which_began_first() -> None:
    with running("sleep", "60") as earlier:
        time.sleep(0.05)
        with running("sleep", "60") as later:
            records = [record_of(process.pid) for process in (earlier, later)]
    first, second = (record.born for record in records if record is not None)
    assert 0.0 < second - first < 20.0


@linux_only
def test_a_name_may_hold_what_separates_fields(tmp_path: Path) -> None:
    name = tmp_path / "a) S 1 (b"
    shutil.copy(shutil.which("sleep") or "", name)
    with running(str(name), "60") as process:
        record = record_of(process.pid)
        assert record is not None
        assert record.parent == os.getpid()


def test_a_process_that_is_gone_has_neither_record_nor_memory() -> None:
    assert record_of(NEVER_A_PID) is None
    assert memory_of(NEVER_A_PID) is None


def test_descendants_are_children_and_their_children() -> None:
    with running("sh", "-c", SHELL_WITH_A_CHILD) as shell:
        found = pids_below(Descendants([shell.pid]), 2)
        assert found == {shell.pid, *(one.pid for one in psutil.Process(shell.pid).children())}
        assert len(found) == 2


def test_what_is_set_apart_is_left_out_with_all_below_it() -> None:
    with running("sh", "-c", SHELL_WITH_A_CHILD) as shell:
        below = pids_below(Descendants([shell.pid]), 2)
        ours = pids_below(Descendants([os.getpid()], [shell.pid]), 1)
    assert os.getpid() in ours
    assert len(below) == 2
    assert not below & ours


def test_a_process_that_is_started_between_two_looks_is_found() -> None:
    descendants = Descendants([os.getpid()])
    descendants.look()
    with running("sleep", "60") as later:
        assert later.pid in pids_below(descendants, 1)


def test_a_process_that_has_ended_is_found_no_more() -> None:
    descendants = Descendants([os.getpid()])
    with running("sleep", "60") as process:
        assert process.pid in pids_below(descendants, 1)
    assert process.pid not in {pid for pid, _ in descendants.look()}


@linux_only
def test_an_orphan_that_a_process_of_ours_has_adopted_is_ours() -> None:
    root = str(Path(__file__).resolve().parents[2])
    with running(
        sys.executable, "-c", LEAVES_AN_ORPHAN, cwd=root, stdout=subprocess.PIPE
    ) as subreaper:
        descendants = Descendants([subreaper.pid])
        descendants.look()
        assert subreaper.stdout is not None
        subreaper.stdout.readline()
        assert len(pids_below(descendants, 2)) == 2


@linux_only
def test_a_process_with_the_pid_of_one_that_was_no_descendant_is_looked_at_anew() -> None:
    descendants = Descendants([os.getpid()])
    with running("sleep", "60") as child:
        number_of_another = -1
        descendants._others.add((child.pid, number_of_another))
        assert child.pid in pids_below(descendants, 1)


@linux_only
def test_who_is_no_descendant_is_known_and_read_no_more() -> None:
    descendants = Descendants([os.getpid()])
    descendants.look()
    assert os.getppid() in {pid for pid, _ in descendants._others}
    assert os.getpid() not in {pid for pid, _ in descendants._others}


FORESTS = st.integers(1, 30).flatmap(
    lambda count: st.tuples(
        *(st.integers(0, pid - 1) for pid in range(1, count + 1)),
    ).map(lambda parents: dict(enumerate(parents, start=1)))
)
"""Pids with the parents of each, who are older; 0 is nobody."""


def ancestors(pid: int, parents: Mapping[int, int]) -> Iterator[int]:
    """Yield a process, its parent, and so on to nobody, or to one that is gone."""
    while pid in parents:
        yield pid
        pid = parents[pid]
    yield pid


@given(FORESTS, st.data())
def test_every_process_is_a_descendant_or_none_or_has_lost_an_ancestor(
    whole: Mapping[int, int], data: st.DataObject
) -> None:
    some = st.sets(st.sampled_from(sorted(whole)))
    roots, apart, gone = data.draw(some), data.draw(some), data.draw(some)
    parents = {pid: parent for pid, parent in whole.items() if pid not in gone}
    kinship = divide(parents, roots=roots, apart=apart, others=())
    for pid in parents:
        deciding = next(
            (one for one in ancestors(pid, parents) if one in roots | apart or one not in parents),
            0,
        )
        expected = (
            "other" if deciding in apart or deciding == 0 else "ours" if deciding in roots else "?"
        )
        actual = "ours" if pid in kinship.ours else "other" if pid in kinship.others else "?"
        assert actual == expected


@given(FORESTS, st.data())
def test_who_is_known_to_be_none_need_not_be_read_again(
    parents: Mapping[int, int], data: st.DataObject
) -> None:
    roots = data.draw(st.sets(st.sampled_from(sorted(parents))))
    first = divide(parents, roots=roots, apart=frozenset(), others=())
    unread = {pid: parent for pid, parent in parents.items() if pid not in first.others}
    again = divide(unread, roots=roots, apart=frozenset(), others=first.others)
    assert again.ours == first.ours
    assert not again.others


def test_psutil_says_the_same_where_there_is_no_proc() -> None:
    record, theirs = record_of(os.getpid()), process_records._from_psutil(os.getpid())
    assert record is not None
    assert theirs is not None
    assert theirs.parent == record.parent
    assert theirs.cpu_s == pytest.approx(record.cpu_s, abs=0.05)
    assert theirs.ended_children_s == pytest.approx(record.ended_children_s, abs=0.05)
