import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.run.digest import digest, source_digest
from harness.run.ray.worker import Worker, peak_rss_bytes, size
from harness.workload import AnyLockstep, Lockstep

# Every worker keeps the history of all parts; a part is (step, share, value of the state), so that
# any slip shows.
PROGRAM: AnyLockstep = Lockstep(
    start=lambda *shared: list(shared),
    contribute=lambda state, step, share, *shared: (step, share, len(state)),
    combine=lambda state, step, parts, *shared: [*state, (step, tuple(parts))],
)


@pytest.fixture(autouse=True, scope="module")
def source_read_once() -> Iterator[None]:
    """Read our source once: many workers live in this process, and each digests it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("harness.run.ray.worker.source_digest", cache(source_digest))
        yield


def a_crew(size: int, *shared: Any) -> list[Worker]:
    crew = [Worker(f"w{place}", (), "") for place in range(size)]
    for place, worker in enumerate(crew):
        worker.begin(PROGRAM, f"share {place}", place, size, *shared)
    return crew


def others(parts: list[Any], place: int) -> list[Any]:
    return [part for other, part in enumerate(parts) if other != place]


def stepped(crew: list[Worker], first: int, last: int, parts: list[Any]) -> list[Any]:
    """Advance every worker through the steps and return the parts of the last one."""
    for step in range(first, last):
        parts = [
            worker.advance(step, *others(parts, place))[0] for place, worker in enumerate(crew)
        ]
    return parts


def concluded(crew: list[Worker], steps: int, parts: list[Any]) -> list[Any]:
    return [worker.conclude(steps, *others(parts, place))[0] for place, worker in enumerate(crew)]


def serial(size: int, steps: int, *shared: Any) -> Any:
    """Return the state that one process makes of the same program."""
    state = PROGRAM.start(*shared)
    for step in range(steps):
        parts = [
            PROGRAM.contribute(state, step, f"share {place}", *shared) for place in range(size)
        ]
        state = PROGRAM.combine(state, step, parts, *shared)
    return state


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
    assert 0 < cpu_s <= time.process_time()
    assert peak == peak_rss_bytes() > 1_000_000


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_every_replica_ends_as_the_serial_program_does(size: int, steps: int) -> None:
    crew = a_crew(size, "shared")
    parts = stepped(crew, 0, steps, [None] * size)
    assert concluded(crew, steps, parts) == [serial(size, steps, "shared")] * size


def test_nobody_waits_for_the_part_of_a_lone_worker() -> None:
    (alone,) = a_crew(1)
    part, _ = alone.advance(0)
    assert part is None


def test_a_step_is_timed() -> None:
    (alone,) = a_crew(1)
    _, (busy_s, cpu_s, *_) = alone.advance(0)
    assert busy_s > 0
    assert cpu_s >= 0


def test_making_the_first_state_is_timed() -> None:
    lasting = Lockstep(lambda: time.sleep(0.05), PROGRAM.contribute, PROGRAM.combine)
    busy_s, cpu_s, part_bytes, _ = Worker("w0", (), "").begin(lasting, 1, 0, 1)
    assert busy_s >= 0.05 > cpu_s
    assert part_bytes == 0


def test_the_last_combine_is_timed() -> None:
    alone = Worker("w0", (), "")
    alone.begin(
        Lockstep(lambda: 0, lambda *_: 1, lambda *_: time.sleep(0.05)),
        1,
        0,
        1,
    )
    alone.advance(0)
    _, (busy_s, cpu_s, *_) = alone.conclude(1)
    assert busy_s >= 0.05 > cpu_s


def test_a_worker_knows_where_it_stands() -> None:
    crew = a_crew(2)
    stood = [crew[0].stand()]
    stepped(crew, 0, 3, [None] * 2)
    assert [*stood, crew[0].stand()] == [(0, -1), (2, 2)]


@settings(max_examples=30, deadline=None)
@given(st.integers(2, 4), st.integers(1, 6), st.data())
def test_a_lost_worker_rebuilt_from_a_peer_changes_nothing(
    size: int, steps: int, data: st.DataObject
) -> None:
    lost, at = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, steps))
    crew = a_crew(size)
    stepped(crew, 0, at, [None] * size)  # each stands at step at - 1 and has contributed to it
    crew[lost] = a_crew(size)[lost]
    absorbed, state = crew[(lost + 1) % size].snapshot()
    crew[lost].restore(absorbed, state)
    parts = [
        worker.advance(at - 1)[0] for worker in crew
    ]  # said again: the state is not moved twice
    parts = stepped(crew, at, steps, parts)
    assert concluded(crew, steps, parts) == [serial(size, steps)] * size


def stopping_after(steps: int) -> AnyLockstep:
    """Return the program that stops once its state has so many steps."""
    return replace(PROGRAM, stop=lambda state, taken, *shared: taken == len(state) >= steps)


def begun(program: AnyLockstep, size: int) -> list[Worker]:
    crew = a_crew(size)
    for place, worker in enumerate(crew):
        worker.begin(program, f"share {place}", place, size)
    return crew


@pytest.mark.parametrize("size", [1, 3])
def test_a_program_that_stops_takes_no_step_after_it(size: int) -> None:
    crew = begun(stopping_after(2), size)
    stepped(crew, 0, 5, [None] * size)
    assert [worker.stand() for worker in crew] == [(2, 1)] * size
    assert concluded(crew, 2, [None] * size) == [serial(size, 2)] * size


def test_a_step_that_is_not_taken_says_so() -> None:
    (alone,) = begun(stopping_after(2), 1)
    assert [alone.advance(step)[1].over for step in range(4)] == [False, False, True, True]


def test_a_program_is_not_asked_before_its_first_step() -> None:
    (alone,) = begun(replace(PROGRAM, stop=lambda *_: True), 1)
    assert [alone.advance(step)[1].over for step in range(2)] == [False, True]


def test_a_worker_rebuilt_from_one_that_has_stopped_stops_too() -> None:
    crew = begun(stopping_after(2), 2)
    stepped(crew, 0, 3, [None] * 2)
    crew[1] = begun(stopping_after(2), 2)[1]
    crew[1].restore(*crew[0].snapshot())
    assert crew[1].advance(2)[1].over
    assert concluded(crew, 2, [None] * 2) == [serial(2, 2)] * 2


def test_a_restored_state_is_a_copy() -> None:
    (one,), (other,) = a_crew(1, "shared"), a_crew(1, "shared")
    _, state = one.snapshot()
    other.restore(0, state)
    state.append("changed later")
    assert other.snapshot() == (0, ["shared"])


def test_a_restored_worker_stands_where_its_peer_stood() -> None:
    (alone,) = a_crew(1)
    alone.restore(4, [])
    assert alone.stand() == (4, 3)


def test_concluding_twice_absorbs_once() -> None:
    crew = a_crew(2)
    parts = stepped(crew, 0, 2, [None] * 2)
    assert concluded(crew, 2, parts) == concluded(crew, 2, parts)


def test_a_released_worker_holds_nothing() -> None:
    (alone,) = a_crew(1, "shared")
    alone.release()
    assert alone.snapshot()[1] is None


def test_a_released_worker_can_not_go_on() -> None:
    (alone,) = a_crew(1)
    alone.release()
    with pytest.raises(RuntimeError, match="has not begun"):
        alone.advance(0)


def test_a_trial_after_a_trial_begins_from_the_start() -> None:
    crew = a_crew(2)
    stepped(crew, 0, 3, [None] * 2)
    for place, worker in enumerate(crew):
        worker.release()
        worker.begin(PROGRAM, f"share {place}", place, 2)
    parts = stepped(crew, 0, 2, [None] * 2)
    assert concluded(crew, 2, parts) == [serial(2, 2)] * 2


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


def test_a_lone_worker_hands_nothing_over() -> None:
    alone = Worker("w0", (), "")
    alone.begin(
        Lockstep(lambda: 0, lambda *_: b"part", lambda state, *_: state),
        1,
        0,
        1,
    )
    assert alone.advance(0)[1].part_bytes == 0
