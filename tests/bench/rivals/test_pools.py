"""The pools of the rivals, and the round table of the tests, keep to the contract of ``harness.workload.Pool``."""

import contextlib
import tempfile
from collections.abc import Iterator
from multiprocessing import resource_tracker
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from joblib.externals.loky.backend import resource_tracker as joblibs_resource_tracker

from harness.run.digest import digest
from harness.workload import Pool
from tests.bench.rivals import baseline, programs
from tests.bench.rivals.baseline import RIVALS, OnRival, Started, entered
from tests.bench.rivals.parcels import Parcel, leave, opened, put
from tests.bench.rivals.tasks import complete
from tests.conftest import descriptors, left_behind, processes
from tests.pools import InProcessPool, ignore_progress, warmup_of
from workloads import train

WORKERS, SHARES, STEPS = 3, ["a", "bb", "ccc"], 5
TABLE = np.arange(programs.LENGTH)

in_processes = pytest.mark.parametrize("pool", list(RIVALS), indirect=True)
each_rival = pytest.mark.parametrize("rival", list(RIVALS))


@pytest.fixture(autouse=True, scope="module")
def kept_for_the_next_pool() -> None:
    """Make what outlives a pool by design, a process for each library and some shared memory, so that it is not taken for a leak."""
    RawValue("q")
    resource_tracker.ensure_running()
    joblibs_resource_tracker.ensure_running()


@pytest.fixture(autouse=True)
def leaves_nothing_behind() -> None:
    """Look for what is left when a pool is closed, and not after every test: it makes connections whenever it needs them."""


@contextlib.contextmanager
def started(rival: str) -> Iterator[Started]:
    """Yield a pool of a rival's; fail if it leaves a process or a descriptor behind."""
    processes_before, descriptors_before = processes(), descriptors()
    pool = RIVALS[rival](WORKERS)
    try:
        yield pool
    finally:
        pool.close()
    assert not left_behind(processes, processes_before)
    assert not left_behind(descriptors, descriptors_before)


@pytest.fixture(scope="module", params=["round table", *RIVALS])
def pool(request: pytest.FixtureRequest) -> Iterator[Pool]:
    """Yield each pool by turns."""
    if request.param not in RIVALS:
        yield InProcessPool(WORKERS)
        return
    with started(request.param) as rival:
        yield rival


def test_a_map_gives_the_parts_in_the_order_of_their_chunks(pool: Pool) -> None:
    parts = pool.map(programs.weighed, range(20), pool.share(TABLE), "chunk")

    assert [part.chunk for part in parts] == list(range(20))
    assert digest([part.value for part in parts], 0) == digest(
        [programs.weighed(chunk, TABLE, "chunk") for chunk in range(20)], 0
    )


def test_a_map_over_no_chunks_gives_no_parts(pool: Pool) -> None:
    assert pool.map(programs.weighed, [], pool.share(TABLE), "chunk") == []


def test_a_map_reports_the_items_done_so_far(pool: Pool) -> None:
    heard: list[int] = []
    pool.map(programs.where, range(6), items=lambda chunk: chunk + 1, report=heard.append)

    assert heard == sorted(heard)
    assert heard[-1] == 21


def test_what_is_shared_lies_at_one_place_in_each_process(pool: Pool) -> None:
    shared = pool.share(TABLE)
    found = {
        part.value
        for chunks in (range(12), range(12))
        for part in pool.map(programs.located, chunks, shared)
    }

    assert len(found) == len({pid for pid, _ in found})


@in_processes
def test_every_worker_has_one_core_and_one_thread_and_is_not_nice(pool: Pool) -> None:
    found = {part.value for part in pool.map(programs.where, range(12))}

    assert len(found) == WORKERS
    assert {terms[1:] for terms in found} == {(1, 1, 0)}


def test_a_shuffle_brings_every_partition_a_piece_of_every_chunk_in_chunk_order(pool: Pool) -> None:
    parts = pool.shuffle(programs.dealt, range(10), programs.laid, 4, pool.share(TABLE))
    dealt = [programs.dealt(chunk, TABLE) for chunk in range(10)]
    expected = [
        programs.laid(partition, [pieces[partition] for pieces in dealt], TABLE)
        for partition in range(4)
    ]

    assert [part.chunk for part in parts] == list(range(4))
    assert digest([part.value for part in parts], 0) == digest(expected, 0)


def test_a_shuffle_reports_the_items_that_are_scattered(pool: Pool) -> None:
    heard: list[int] = []
    pool.shuffle(
        programs.dealt,
        range(6),
        programs.laid,
        4,
        TABLE,
        items=lambda chunk: chunk + 1,
        report=heard.append,
    )

    assert heard == sorted(heard)
    assert heard[-1] == 21


def test_two_shuffles_do_not_mix(pool: Pool) -> None:
    pool.shuffle(programs.dealt, range(10), programs.laid, 4, TABLE)
    parts = pool.shuffle(programs.dealt, [70, 80], programs.laid, 4, TABLE)

    assert [part.value[1] for part in parts] == [[70, 80]] * 4


def test_a_lockstep_ends_in_the_state_that_the_round_table_comes_to(pool: Pool) -> None:
    state = pool.lockstep(programs.DIARY, SHARES, STEPS, pool.share(TABLE))
    expected = InProcessPool(WORKERS).lockstep(programs.DIARY, SHARES, STEPS, TABLE)

    assert [words for _, words in state.entries] == [
        tuple(f"{share} after {step}" for share in SHARES) for step in range(STEPS)
    ]
    assert digest(state.total, 0) == digest(expected.total, 0)


def test_a_second_lockstep_begins_anew(pool: Pool) -> None:
    first, second = (
        pool.lockstep(programs.DIARY, SHARES, steps, pool.share(TABLE)) for steps in (STEPS, STEPS)
    )

    assert digest(first.total, 0) == digest(second.total, 0)


def test_a_lockstep_reports_all_items_in_the_end(pool: Pool) -> None:
    heard: list[int] = []
    pool.lockstep(programs.DIARY, SHARES, STEPS, TABLE, items=len, report=heard.append)

    assert heard[-1] == STEPS * 6


@in_processes
def test_a_lockstep_with_too_few_shares_is_refused(pool: Pool) -> None:
    with pytest.raises(ValueError, match="3 workers need 3 shares, not 2"):
        pool.lockstep(programs.DIARY, SHARES[:2], STEPS, TABLE)


@each_rival
def test_what_a_chunk_raises_comes_out_and_the_processes_are_gone_afterwards(rival: str) -> None:
    with started(rival) as pool:
        pids = {part.value.pid for part in pool.map(programs.where, range(12))}
        with pytest.raises(LookupError, match="chunk 3 is broken"):
            pool.map(programs.broken, range(8))

    assert len(pids) == WORKERS
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


@each_rival
def test_what_one_worker_raises_in_a_step_comes_out_and_nobody_waits_for_ever(rival: str) -> None:
    with started(rival) as pool, pytest.raises(LookupError, match="bb stumbled"):
        pool.lockstep(programs.STUMBLING, SHARES, STEPS, TABLE)


@each_rival
def test_a_rivals_side_comes_to_the_answer_of_the_baseline(rival: str) -> None:
    params = train.WORKLOAD.defaults | {
        "steps": 3,
        "batch": 64,
        "micro_batch": 16,
        "hidden": 8,
        "copies": 1,
    }
    problem, given, side = (
        train.load(train.WORKLOAD.configure(params)),
        baseline.load(baseline.WORKLOAD.configure(entered(rival, "train", 2, params))),
        OnRival(),
    )
    try:
        side(warmup_of(given), ignore_progress)
        answer = side(given.input, ignore_progress)
    finally:
        side.close()

    assert digest(answer, 0) == digest(train.baseline(problem.input, ignore_progress), 0)
    assert baseline.quality(answer, given.held_out) == train.quality(answer, problem.held_out)


def test_a_shuffle_needs_a_piece_for_every_partition() -> None:
    with pytest.raises(ValueError, match="scatter returned 3 pieces for 4 partitions"):
        complete(["piece"] * 3, 4)


any_array = arrays.arrays(
    dtype=st.sampled_from(["f4", "i8", "u1", "?", "S3", "U2"]),
    shape=arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
)
plain = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | any_array
    | any_array.map(np.transpose)
)
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.tuples(inner, inner)
        | st.dictionaries(st.text(), inner, max_size=3)
    ),
)


@given(st.lists(values, min_size=1, max_size=4))
def test_what_is_put_into_shared_memory_is_opened_as_it_was(put_in: list[Any]) -> None:
    with tempfile.NamedTemporaryFile() as file:
        parcels = [put(value, file) for value in put_in]
        taken_out = opened(parcels)

    assert digest(taken_out, 0) == digest(put_in, 0)


def test_arrays_in_shared_memory_cannot_be_written_to_and_outlive_their_file(
    tmp_path: Path,
) -> None:
    leave({"table": TABLE}, str(tmp_path / "file"))
    (value,) = opened([Parcel(str(tmp_path / "file"), 0)])
    (tmp_path / "file").unlink()

    assert not value["table"].flags.writeable
    assert digest(value["table"], 0) == digest(TABLE, 0)
