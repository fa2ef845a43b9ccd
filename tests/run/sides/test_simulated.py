import os
import time
from collections import defaultdict
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.events import Event, Sample, Span
from harness.run.sides.simulated_pool import SimulatedPool
from harness.workload import AnyLockstep, ChunkResult, Lockstep
from tests.builders import a_digest_of

MILLISECONDS = st.lists(st.integers(0, 3).map(lambda count: count / 1000), max_size=8)


def a_pool(size: int, said: list[Event] | None = None) -> SimulatedPool:
    said = [] if said is None else said
    return SimulatedPool(size, said.append, a_digest_of("source"))


def seconds(chunk: float, *_: Any) -> float:
    return chunk


def ends_of(parts: list[ChunkResult[Any]]) -> dict[str, float]:
    """Return when every worker that got a chunk would have been done."""
    ends: dict[str, float] = defaultdict(float)
    for part in parts:
        ends[part.worker] += part.busy_s
    return ends


@settings(max_examples=25, deadline=None)
@given(MILLISECONDS, st.integers(1, 4))
def test_parts_come_in_chunk_order(chunks: list[float], size: int) -> None:
    parts = a_pool(size).map(seconds, chunks)
    assert [(part.chunk, part.value) for part in parts] == list(enumerate(chunks))


@settings(max_examples=25, deadline=None)
@given(MILLISECONDS, st.integers(1, 4))
def test_no_worker_is_idle_while_a_chunk_waits(chunks: list[float], size: int) -> None:
    ends = ends_of(a_pool(size).map(seconds, chunks))
    shortest = min(ends.values()) if len(ends) == size else 0.0
    assert max(ends.values(), default=0.0) <= shortest + max(chunks, default=0.0) + 1e-9


@settings(max_examples=25, deadline=None)
@given(MILLISECONDS, st.integers(1, 4))
def test_it_takes_as_long_as_the_busiest_worker(chunks: list[float], size: int) -> None:
    began = time.perf_counter()
    parts = a_pool(size).map(seconds, chunks)
    assert time.perf_counter() - began >= max(ends_of(parts).values(), default=0.0)


def test_every_chunk_is_a_span() -> None:
    said: list[Event] = []
    parts = a_pool(2, said).map(seconds, [0.002, 0.001, 0.001], items=lambda _: 5)
    spans = {event.chunk: event for event in said if isinstance(event, Span)}
    assert {chunk: (span.worker, span.items, span.busy_s) for chunk, span in spans.items()} == {
        part.chunk: (part.worker, 5, part.busy_s) for part in parts
    }


def test_what_is_done_is_reported_as_it_is_done() -> None:
    reported: list[int] = []
    a_pool(2).map(
        seconds,
        [0.001, 0.002, 0.003],
        items=lambda chunk: round(chunk * 1000),
        report=reported.append,
    )
    assert reported == [1, 3, 6]


def test_a_function_sees_what_is_shared() -> None:
    pool = a_pool(1)
    (part,) = pool.map(lambda chunk, factor: chunk * factor, [0.001], pool.share(2))
    assert part.value == 0.002


def test_what_a_simulated_worker_sleeps_is_its_computing() -> None:
    pool = a_pool(2)
    pool.map(seconds, [0.03, 0.01])
    spent = pool.account.core_seconds()
    assert spent is not None
    assert spent.compute_s == pytest.approx(0.04)
    assert spent.idle_s == 0.0
    assert spent.waiting_s + spent.exchange_s >= 0.02 - 1e-9


def test_every_run_has_an_account_of_its_own() -> None:
    pool = a_pool(2)
    pool.first(2).map(seconds, [0.001])
    assert pool.first(2).account.core_seconds() is None


def test_no_chunks_take_no_time() -> None:
    assert a_pool(3).map(seconds, []) == []


def test_a_pool_has_as_many_workers_as_were_asked_for() -> None:
    pool = a_pool(1000)
    assert pool.size == len(pool.processes) == 1000
    assert [process.id for process in pool.processes[:2]] == ["w0", "w1"]


@pytest.mark.parametrize(("workers", "size"), [(1, 1), (2, 2), (3, 3), (0, 3)])
def test_the_first_workers_of_a_pool_are_a_pool(workers: int, size: int) -> None:
    pool = a_pool(3)
    some = pool.first(workers)
    parts = some.map(seconds, [0.001] * 6)
    assert (some.size, pool.size) == (size, 3)
    assert {part.worker for part in parts} == {f"w{place}" for place in range(size)}


def test_simulated_workers_are_this_process() -> None:
    (process,) = a_pool(1).processes
    assert (process.pid, process.source_sha256) == (os.getpid(), a_digest_of("source"))


def test_a_busy_worker_looks_busy_and_an_idle_one_idle() -> None:
    said: list[Event] = []
    a_pool(2, said).map(seconds, [0.8])
    samples = [event for event in said if isinstance(event, Sample)]
    assert [(sample.worker, round(sample.cpu, 1)) for sample in samples] == [
        ("w0", 1.0),
        ("w1", 0.0),
    ]


PROGRAM: AnyLockstep = Lockstep(
    start=lambda *shared: [*shared],
    contribute=lambda state, step, share, *shared: [step, share, len(state)],
    combine=lambda state, step, parts, *shared: [*state, parts],
)


def test_a_lockstep_gives_every_step_all_parts_in_worker_order() -> None:
    state = a_pool(2).lockstep(PROGRAM, ["a", "b"], 2, "shared")
    assert state == ["shared", [[0, "a", 1], [0, "b", 1]], [[1, "a", 2], [1, "b", 2]]]


def test_a_lockstep_reports_the_items_of_all_its_steps() -> None:
    reported: list[int] = []
    a_pool(2).lockstep(PROGRAM, ["aa", "bbb"], 3, items=len, report=reported.append)
    assert reported == [5, 10, 15]


def test_a_lockstep_stops_when_its_program_says_so() -> None:
    reported: list[int] = []
    program = replace(PROGRAM, stop=lambda state, steps, *shared: len(state) >= 2)
    state = a_pool(2).lockstep(program, ["a", "b"], 9, report=reported.append)
    assert (len(state), reported) == (2, [2, 4])


def test_a_part_that_is_changed_later_stays_as_it_was_given() -> None:
    scratch = [0]

    def contribute(state: Any, step: int, share: int) -> list[int]:
        scratch[0] = share
        return scratch

    program: AnyLockstep = Lockstep(
        start=lambda: [], contribute=contribute, combine=lambda state, step, parts, *shared: parts
    )
    assert a_pool(2).lockstep(program, [1, 2], 1) == [[1], [2]]


def test_a_lockstep_needs_a_share_for_every_worker() -> None:
    with pytest.raises(ValueError, match="2 workers need 2 shares, not 3"):
        a_pool(2).lockstep(PROGRAM, [1, 2, 3], 1)
