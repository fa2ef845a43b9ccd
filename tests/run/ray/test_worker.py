import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import pytest

from harness.run.digest import digest
from harness.run.processes import descendants_cpu_seconds, peak_rss_bytes
from harness.run.ray.peers import TOKEN_BYTES
from harness.run.ray.timed import size
from harness.run.ray.worker import Worker
from harness.run.sources import source_digest
from harness.workload import AnyLockstep, Lockstep
from tests.run.ray.test_stage import PROGRAM as STAGES

PROGRAM: AnyLockstep = Lockstep(
    start=lambda *shared: list(shared),
    contribute=lambda state, step, share, *shared: (step, share, len(state)),
    combine=lambda state, step, parts, *shared: [*state, (step, tuple(parts))],
)
LONG_S = 60.0
TOKEN = bytes(TOKEN_BYTES)


@pytest.fixture(autouse=True, scope="module")
def source_read_once() -> Iterator[None]:
    """Read our source once: many workers live in this process, and each digests it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.run.ray.worker.source_digest", cache(source_digest))
        yield


def alone(*shared: Any) -> Worker:
    worker = Worker("w0", (), "")
    worker.begin(PROGRAM, (0,), True, "share", *shared)
    return worker


def test_a_chunk_is_run_with_what_is_shared() -> None:
    value, _ = Worker("w0", (), "").run(lambda chunk, one, two: (chunk, one, two), 1, 2, 3)
    assert value == (1, 2, 3)


def test_a_chunk_is_timed_inside_the_kernel() -> None:
    _, (busy_s, cpu_s, *_) = Worker("w0", (), "").run(lambda seconds: time.sleep(seconds), 0.05)
    assert busy_s >= 0.05 > cpu_s


def test_what_a_chunk_raises_is_passed_on() -> None:
    with pytest.raises(ZeroDivisionError):
        Worker("w0", (), "").run(lambda chunk: 1 / chunk, 0)


def test_a_worker_describes_its_process() -> None:
    described = Worker("w3", (), "").describe()
    assert (described.id, described.pid) == ("w3", os.getpid())


def test_an_adopted_file_shows_in_the_source_of_a_worker() -> None:
    assert (
        Worker("w0", (), "one").describe().source_sha256
        != Worker("w0", (), "two").describe().source_sha256
    )


def test_a_worker_digests_what_it_is_given() -> None:
    worker = Worker("w0", (), "")
    assert (
        worker.digest((1, b"two")) == digest((1, b"two"), 0).sha256 != worker.digest((1, b"three"))
    )


def test_usage_is_core_seconds_and_peak_bytes() -> None:
    cpu_s, peak = Worker("w0", (), "").usage()
    assert 0 < cpu_s <= time.process_time() + descendants_cpu_seconds()
    assert peak == peak_rss_bytes() > 1_000_000


BUSY = "import time\nuntil = time.process_time() + 0.2\nwhile time.process_time() < until: pass"


def test_what_a_worker_starts_counts_as_its_own_work() -> None:
    worker = Worker("w0", (), "")
    before_s, _ = worker.usage()
    with subprocess.Popen([sys.executable, "-c", BUSY]):
        pass
    assert worker.usage()[0] - before_s > 0.2


def test_a_program_that_a_chunk_runs_to_its_end_is_a_part_of_its_kernel() -> None:
    def run_program(_: int) -> None:
        subprocess.run([sys.executable, "-c", BUSY], check=True)

    _, timing = Worker("w0", (), "").run(run_program, 0)
    assert timing.cpu_s > 0.2


def test_making_the_first_state_is_timed() -> None:
    lasting = Lockstep(lambda: time.sleep(0.05), PROGRAM.contribute, PROGRAM.combine)
    busy_s, cpu_s, part_bytes = Worker("w0", (), "").begin(lasting, (0,), True, 1)
    assert busy_s >= 0.05 > cpu_s
    assert part_bytes == 0


def test_two_workers_exchange_their_parts_at_the_addresses_that_they_name() -> None:
    crew = [Worker(f"w{place}", (), "") for place in range(2)]
    for place, worker in enumerate(crew):
        worker.begin(PROGRAM, (place,), False, f"share {place}")
    addresses = [worker.listen("127.0.0.1") for worker in crew]
    with ThreadPoolExecutor(2) as threads:
        linked = threads.map(
            lambda rank: crew[rank].link(addresses, rank, TOKEN, 1), range(len(crew))
        )
        assert all(linked)
        advanced = [*threads.map(lambda worker: worker.advance(3, LONG_S), crew)]
    assert [done.combined for done in advanced] == [3, 3]
    assert crew[0].conclude() == crew[1].conclude()
    for worker in crew:
        worker.release()


def test_a_worker_goes_on_listening_at_its_address() -> None:
    worker = alone()
    assert worker.listen("127.0.0.1") == worker.listen("127.0.0.1")
    worker.release()


def test_a_worker_that_has_begun_nothing_stands_at_no_step() -> None:
    assert Worker("w0", (), "").stand() == 0


def test_a_restored_worker_stands_where_its_peer_stood() -> None:
    worker = alone()
    worker.restore(4, [])
    assert worker.stand() == 4


def test_a_worker_alone_goes_on_with_another_share_that_it_is_given() -> None:
    worker = alone()
    worker.hold((0, 1), "share", "another")
    assert worker.link([worker.listen("127.0.0.1")], 0, TOKEN, 1)
    worker.advance(1, LONG_S)
    assert worker.conclude() == [(0, ((0, "share", 0), (0, "another", 0)))]
    worker.release()


def test_a_worker_that_stands_exchanges_nothing_any_more() -> None:
    worker = alone()
    worker.advance(2, LONG_S)
    assert (worker.stand(), worker.advance(3, LONG_S).cut) == (2, True)


def test_a_released_worker_can_not_go_on() -> None:
    worker = alone("shared")
    worker.release()
    with pytest.raises(RuntimeError, match="has not begun"):
        worker.advance(1, LONG_S)


def test_a_trial_after_a_trial_begins_from_the_start() -> None:
    worker = alone()
    worker.advance(3, LONG_S)
    worker.release()
    worker.begin(PROGRAM, (0,), True, "share")
    worker.advance(2, LONG_S)
    assert worker.snapshot() == (2, [(0, ((0, "share", 0),)), (1, ((1, "share", 1),))])


def test_two_workers_with_a_stage_each_stand_at_the_step_that_both_have_taken() -> None:
    line = [Worker(f"w{place}", (), "") for place in range(2)]
    for place, worker in enumerate(line):
        worker.begin_stage(STAGES, 2, place)
    addresses = [worker.listen("127.0.0.1") for worker in line]
    with ThreadPoolExecutor(2) as threads:
        assert all(
            threads.map(
                lambda place: line[place].link_stage(addresses, place, TOKEN, 1), range(len(line))
            )
        )
        list(threads.map(lambda worker: worker.advance_stage(3, LONG_S), line))
    assert [worker.stand() for worker in line] == [3, 3]
    assert line[1].copy_stage()[-1] == ("update", 2, 1)
    for worker in line:
        worker.release()


def test_a_released_worker_has_no_stage_any_more() -> None:
    worker = Worker("w0", (), "")
    worker.begin_stage(STAGES, 1, 0)
    worker.release()
    with pytest.raises(RuntimeError, match="has not begun a pipeline"):
        worker.advance_stage(1, LONG_S)


@pytest.mark.skipif(sys.platform != "linux", reason="the unit differs")
def test_peak_memory_is_in_bytes() -> None:
    assert 5_000_000 < peak_rss_bytes() < 20_000_000_000


SIZES: list[tuple[object, int | None]] = [
    (None, 0),
    (7, 8),
    (0.5, 8),
    (b"abc", 3),
    ("abcd", 4),
    (np.zeros((4, 5), np.float32), 80),
    (np.float32(1), 4),
    ((b"abc", [np.zeros(2), None]), 19),
    ({"a": 1}, None),
    ((b"abc", object()), None),
    ([0] * 1_001, None),
]


@pytest.mark.parametrize(("part", "expected"), SIZES)
def test_a_part_is_as_large_as_what_is_known_of_it(part: object, expected: int | None) -> None:
    assert size(part) == expected


def test_a_kernel_says_how_much_it_hands_over() -> None:
    assert Worker("w0", (), "").run(lambda chunk: bytes(chunk), 5)[1].part_bytes == 5
