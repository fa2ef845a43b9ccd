"""The pools of the rivals, and the one in this process, keep the contract of ``harness.workload``.

Each rival's pool is started once, by the side that it runs, and shared by the tests of this module.
"""

import os
import tempfile
from collections.abc import Iterator
from multiprocessing import resource_tracker
from multiprocessing.sharedctypes import RawValue
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from joblib.externals.loky.backend import resource_tracker as joblibs_resource_tracker

from harness.model import Parameters
from harness.run.digest import digest
from harness.workload import AnyProblem, Pool
from tests.bench.rivals import baseline, programs
from tests.bench.rivals.baseline import RIVALS, RivalSide, rival_params
from tests.bench.rivals.parcels import Parcel, append_value, read_parcels, write_file
from tests.bench.rivals.tasks import require_all_pieces
from tests.conftest import descriptors, left_behind, processes
from tests.pools import InProcessPool, ignore_progress, warmup_of
from tests.squares import WORKLOAD as SQUARES

WORKERS = 3
SHARES = ["a", "bb", "ccc"]
STEPS = 5
TABLE = np.arange(programs.LENGTH)
IN_PROCESS = "in process"
PARAMS: Parameters = SQUARES.defaults | {"chunks": 6}

every_pool = pytest.mark.parametrize("contestant", [IN_PROCESS, *RIVALS], indirect=True)
every_rival = pytest.mark.parametrize("contestant", list(RIVALS), indirect=True)


class Contestant(NamedTuple):
    """A pool, and the rival's side and problem that it was started for (None: no rival's)."""

    pool: Pool
    side: RivalSide | None = None
    problem: AnyProblem | None = None


@pytest.fixture(autouse=True, scope="module")
def leaves_nothing_behind() -> None:
    """Look for what is left when a pool is closed, as ``contestant`` does.

    What outlives a pool by design is started here: a process for each library and shared memory.
    """
    RawValue("q")
    resource_tracker.ensure_running()
    joblibs_resource_tracker.ensure_running()


@pytest.fixture(scope="module")
def contestant(request: pytest.FixtureRequest) -> Iterator[Contestant]:
    """Yield a pool; fail if it leaves a process or a descriptor behind when it is closed.

    The last tests make it raise, so that this holds after an error too.
    """
    if request.param == IN_PROCESS:
        yield Contestant(InProcessPool(WORKERS))
        return
    processes_before = processes()
    descriptors_before = descriptors()
    settings = rival_params(request.param, "tests.squares", WORKERS, PARAMS)
    problem = baseline.load(baseline.WORKLOAD.configure(settings))
    side = RivalSide()
    try:
        side(warmup_of(problem), ignore_progress)
        assert side.pool is not None
        yield Contestant(side.pool, side, problem)
    finally:
        side.close()
    assert not left_behind(processes, processes_before)
    assert not left_behind(descriptors, descriptors_before)


@pytest.fixture
def pool(contestant: Contestant) -> Pool:
    """Return the contestant's pool."""
    return contestant.pool


@every_pool
def test_a_map_gives_the_parts_in_the_order_of_their_chunks(pool: Pool) -> None:
    parts = pool.map(programs.scale_table, range(20), pool.share(TABLE), "chunk")

    assert [part.chunk for part in parts] == list(range(20))
    assert digest([part.value for part in parts], 0) == digest(
        [programs.scale_table(chunk, TABLE, "chunk") for chunk in range(20)], 0
    )


@every_pool
def test_a_map_over_no_chunks_gives_no_parts(pool: Pool) -> None:
    assert pool.map(programs.scale_table, [], pool.share(TABLE), "chunk") == []


@every_pool
def test_a_map_reports_the_items_done_so_far(pool: Pool) -> None:
    reported: list[int] = []
    pool.map(programs.worker_terms, range(6), items=lambda chunk: chunk + 1, report=reported.append)

    assert reported == sorted(reported)
    assert reported[-1] == 21


@every_pool
def test_what_is_shared_lies_at_one_place_in_each_process(pool: Pool) -> None:
    shared = pool.share(TABLE)
    found = {
        part.value
        for chunks in (range(12), range(12))
        for part in pool.map(programs.table_address, chunks, shared)
    }

    assert len(found) == len({pid for pid, _ in found})


@every_rival
def test_every_worker_has_one_core_and_one_thread_and_is_as_nice_as_its_parent(pool: Pool) -> None:
    found = {part.value for part in pool.map(programs.worker_terms, range(12))}

    assert len(found) == WORKERS
    assert {terms[1:] for terms in found} == {(1, 1, os.nice(0))}


@every_pool
def test_a_shuffle_brings_every_partition_a_piece_of_every_chunk_in_chunk_order(pool: Pool) -> None:
    parts = pool.shuffle(
        programs.scatter_table, range(10), programs.gather_pieces, 4, pool.share(TABLE)
    )
    dealt = [programs.scatter_table(chunk, TABLE) for chunk in range(10)]
    expected = [
        programs.gather_pieces(partition, [pieces[partition] for pieces in dealt], TABLE)
        for partition in range(4)
    ]

    assert [part.chunk for part in parts] == list(range(4))
    assert digest([part.value for part in parts], 0) == digest(expected, 0)


@every_pool
def test_a_shuffle_reports_the_items_that_are_scattered(pool: Pool) -> None:
    reported: list[int] = []
    pool.shuffle(
        programs.scatter_table,
        range(6),
        programs.gather_pieces,
        4,
        TABLE,
        items=lambda chunk: chunk + 1,
        report=reported.append,
    )

    assert reported == sorted(reported)
    assert reported[-1] == 21


@every_pool
def test_two_shuffles_do_not_mix(pool: Pool) -> None:
    pool.shuffle(programs.scatter_table, range(10), programs.gather_pieces, 4, TABLE)
    parts = pool.shuffle(programs.scatter_table, [70, 80], programs.gather_pieces, 4, TABLE)

    assert [part.value[1] for part in parts] == [[70, 80]] * 4


@every_pool
def test_a_lockstep_ends_in_the_state_that_the_one_in_this_process_comes_to(pool: Pool) -> None:
    state = pool.lockstep(programs.DIARY, SHARES, STEPS, pool.share(TABLE))
    expected = InProcessPool(WORKERS).lockstep(programs.DIARY, SHARES, STEPS, TABLE)

    assert [words for _, words in state.entries] == [
        tuple(f"{share} after {step}" for share in SHARES) for step in range(STEPS)
    ]
    assert digest(state.total, 0) == digest(expected.total, 0)


@every_pool
def test_a_second_lockstep_begins_anew(pool: Pool) -> None:
    first, second = (
        pool.lockstep(programs.DIARY, SHARES, steps, pool.share(TABLE)) for steps in (STEPS, STEPS)
    )

    assert digest(first.total, 0) == digest(second.total, 0)


@every_pool
def test_a_lockstep_reports_all_items_in_the_end(pool: Pool) -> None:
    reported: list[int] = []
    pool.lockstep(programs.DIARY, SHARES, STEPS, TABLE, items=len, report=reported.append)

    assert reported[-1] == STEPS * 6


@every_pool
def test_a_lockstep_stops_on_all_workers_when_its_program_says_so(pool: Pool) -> None:
    reported: list[int] = []
    state = pool.lockstep(
        programs.SHORT_DIARY, SHARES, STEPS, pool.share(TABLE), report=reported.append
    )

    assert len(state.entries) == programs.SHORT < STEPS
    assert reported[-1] == programs.SHORT * len(SHARES)


@every_pool
def test_a_lockstep_with_too_few_shares_is_refused(pool: Pool) -> None:
    with pytest.raises(ValueError, match="3 workers need 3 shares, not 2"):
        pool.lockstep(programs.DIARY, SHARES[:2], STEPS, TABLE)


@every_rival
def test_a_rivals_side_comes_to_the_answer_of_the_baseline(contestant: Contestant) -> None:
    side, entered = contestant.side, contestant.problem
    assert side is not None
    assert entered is not None
    problem = SQUARES.load(SQUARES.configure(PARAMS))
    answer = side(entered.input, ignore_progress)

    assert digest(answer, 0) == digest(SQUARES.baseline(problem.input, ignore_progress), 0)
    assert baseline.quality(answer, entered.held_out) == SQUARES.quality(answer, problem.held_out)


# From here on a pool raises, and is good for nothing but raising.


@every_rival
def test_what_one_worker_raises_in_a_step_comes_out_and_nobody_waits_for_ever(pool: Pool) -> None:
    with pytest.raises(LookupError, match="bb stumbled"):
        pool.lockstep(programs.FAILING_DIARY, SHARES, STEPS, TABLE)


@every_rival
def test_what_a_chunk_raises_comes_out(pool: Pool) -> None:
    with pytest.raises(LookupError, match="chunk 3 is broken"):
        pool.map(programs.fail_on_fourth, range(8))


def test_a_shuffle_needs_a_piece_for_every_partition() -> None:
    with pytest.raises(ValueError, match="scatter returned 3 pieces for 4 partitions"):
        require_all_pieces(["piece"] * 3, 4)


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
        parcels = [append_value(value, file) for value in put_in]
        taken_out = read_parcels(parcels)

    assert digest(taken_out, 0) == digest(put_in, 0)


def test_arrays_in_shared_memory_cannot_be_written_to_and_outlive_their_file(
    tmp_path: Path,
) -> None:
    write_file({"table": TABLE}, str(tmp_path / "file"))
    (value,) = read_parcels([Parcel(str(tmp_path / "file"), 0)])
    (tmp_path / "file").unlink()

    assert not value["table"].flags.writeable
    assert digest(value["table"], 0) == digest(TABLE, 0)
