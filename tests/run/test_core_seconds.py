from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.events import CoreTime, Phase
from harness.model import CoreSeconds
from harness.run.core_seconds import CoreTimeAccount, Timing, baseline_time_parts, together


class Clock:
    """A clock that stands where it is set."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


def an_account(workers: int = 2, cores: int = 1) -> tuple[CoreTimeAccount, Clock]:
    clock = Clock()
    return CoreTimeAccount(workers, cores, clock), clock


def a_map(
    landings: Sequence[tuple[float, int, float]],
    *,
    lasting: float,
    workers: int = 2,
    cores: int = 1,
) -> CoreSeconds:
    """Return the parts of one map of chunks: (end, worker, busy seconds) each."""
    account, clock = an_account(workers, cores)
    began = clock.now
    with account.mapping():
        for at, place, busy in landings:
            clock.now = began + at
            account.chunk_done(place, Timing(busy, busy * cores))
        clock.now = began + lasting
    return closed(account)


def a_lockstep(steps: Sequence[Sequence[float]], *, each: float, cores: int = 1) -> CoreSeconds:
    """Return the parts of one lockstep: each step's seconds, and every worker's busy ones."""
    account, clock = an_account(len(steps[0]), cores)
    with account.stepping():
        for busy in steps:
            clock.pass_by(each)
            account.step_done([Timing(seconds, seconds * cores) for seconds in busy])
    return closed(account)


def closed(account: CoreTimeAccount) -> CoreSeconds:
    account.close()
    spent = account.core_seconds()
    assert spent is not None
    return spent


def rounded(spent: CoreSeconds) -> CoreSeconds:
    return CoreSeconds(*(round(part, 9) for part in parts(spent)))


def parts(spent: CoreSeconds) -> tuple[float, ...]:
    return spent.compute_s, spent.exchange_s, spent.waiting_s, spent.serial_s, spent.idle_s


def test_a_map_without_gaps_is_all_computing() -> None:
    spent = a_map([(2.0, 0, 2.0), (2.0, 1, 2.0)], lasting=2.0)
    assert rounded(spent) == CoreSeconds(
        compute_s=4.0, exchange_s=0.0, waiting_s=0.0, serial_s=0.0, idle_s=0.0
    )


def test_between_its_chunks_a_worker_exchanges() -> None:
    spent = a_map([(1.5, 0, 1.0), (3.0, 0, 1.0), (3.0, 1, 3.0)], lasting=3.0)
    assert rounded(spent) == CoreSeconds(
        compute_s=5.0, exchange_s=1.0, waiting_s=0.0, serial_s=0.0, idle_s=0.0
    )


def test_after_its_last_chunk_a_worker_waits_for_the_straggler() -> None:
    spent = a_map([(1.0, 0, 1.0), (4.0, 1, 4.0)], lasting=4.0)
    assert rounded(spent) == CoreSeconds(
        compute_s=5.0, exchange_s=0.0, waiting_s=3.0, serial_s=0.0, idle_s=0.0
    )


def test_a_worker_that_gets_no_chunk_waits_for_the_whole_map() -> None:
    assert a_map([(4.0, 1, 4.0)], lasting=4.0).waiting_s == pytest.approx(4.0)


def test_what_a_lost_worker_costs_is_exchange() -> None:
    """Worker 1 is lost with a chunk of two seconds, which is redone in its place."""
    spent = a_map([(6.0, 0, 6.0), (6.0, 1, 2.0)], lasting=6.0)
    assert rounded(spent) == CoreSeconds(
        compute_s=8.0, exchange_s=4.0, waiting_s=0.0, serial_s=0.0, idle_s=0.0
    )


def test_in_lockstep_all_wait_for_the_slowest_of_each_step() -> None:
    spent = a_lockstep([(1.0, 3.0), (2.0, 2.0), (3.0, 1.0)], each=3.5)
    assert rounded(spent) == CoreSeconds(
        compute_s=12.0, exchange_s=5.0, waiting_s=4.0, serial_s=0.0, idle_s=0.0
    )


def test_making_the_first_state_is_computing_and_all_wait_for_the_slowest() -> None:
    account, clock = an_account()
    with account.stepping():
        clock.pass_by(3.5)
        account.step_done([Timing(1.0, 0.8, 0), Timing(3.0, 3.0, 0)])
    assert rounded(closed(account)) == CoreSeconds(
        compute_s=3.8, exchange_s=1.0, waiting_s=2.0, serial_s=0.0, idle_s=0.2
    )


def test_while_a_new_worker_makes_its_first_state_the_others_pay_for_the_loss() -> None:
    account, clock = an_account()
    with account.stepping():
        clock.pass_by(3.0)
        account.step_done([Timing(2.0, 2.0, 0)])
    assert rounded(closed(account)) == CoreSeconds(
        compute_s=2.0, exchange_s=4.0, waiting_s=0.0, serial_s=0.0, idle_s=0.0
    )


def test_a_recovery_in_which_nobody_had_to_begin_anew_costs_what_it_took() -> None:
    account, clock = an_account()
    with account.stepping():
        clock.pass_by(3.0)
        account.step_done([])
    assert rounded(closed(account)) == CoreSeconds(
        compute_s=0.0, exchange_s=6.0, waiting_s=0.0, serial_s=0.0, idle_s=0.0
    )


def test_sharing_is_exchange_on_every_core() -> None:
    account, clock = an_account(workers=3, cores=2)
    with account.sharing():
        clock.pass_by(1.5)
    with account.mapping():
        pass
    assert rounded(closed(account)) == CoreSeconds(
        compute_s=0.0, exchange_s=9.0, waiting_s=0.0, serial_s=0.0, idle_s=0.0
    )


def test_sharing_is_a_part_of_the_pools_phase() -> None:
    account, clock = an_account()
    clock.pass_by(1.0)
    with account.sharing():
        clock.pass_by(2.0)
    with account.mapping():
        clock.pass_by(4.0)
    account.close()
    assert account.events(0.0)[:2] == (
        Phase(name="serial", seconds=1.0),
        Phase(name="pool", seconds=6.0),
    )


def test_a_value_that_is_shared_with_workers_of_another_kind_leaves_nothing_to_split() -> None:
    account, clock = an_account()
    with account.sharing():
        clock.pass_by(2.0)
    clock.pass_by(1.0)
    account.close()
    assert account.events(0.0) == (Phase(name="run", seconds=3.0),)


def test_while_the_driver_works_alone_every_core_is_kept_waiting() -> None:
    account, clock = an_account(workers=3, cores=2)
    clock.pass_by(1.0)
    with account.mapping():
        pass
    clock.pass_by(0.5)
    assert closed(account).serial_s == pytest.approx(9.0)


def test_a_kernel_off_its_core_is_idle() -> None:
    account, clock = an_account(workers=1)
    with account.stepping():
        clock.pass_by(2.0)
        account.step_done([Timing(2.0, 1.5)])
    assert rounded(closed(account)) == CoreSeconds(
        compute_s=1.5, exchange_s=0.0, waiting_s=0.0, serial_s=0.0, idle_s=0.5
    )


def test_a_kernel_that_leaves_one_of_its_cores_unused_is_idle_by_half() -> None:
    account, clock = an_account(workers=1, cores=2)
    with account.stepping():
        clock.pass_by(2.0)
        account.step_done([Timing(2.0, 2.0)])
    assert closed(account).idle_s == pytest.approx(2.0)


def test_the_waiting_of_a_worker_is_that_of_all_its_cores() -> None:
    assert a_map([(1.0, 0, 1.0), (4.0, 1, 4.0)], lasting=4.0, cores=3).waiting_s == pytest.approx(
        9.0
    )


def test_a_kernel_that_used_more_than_its_core_is_seen_in_the_sum() -> None:
    account, clock = an_account(workers=1)
    with account.stepping():
        clock.pass_by(2.0)
        account.step_done([Timing(2.0, 3.0)])
    assert rounded(closed(account)) == CoreSeconds(
        compute_s=3.0, exchange_s=0.0, waiting_s=0.0, serial_s=0.0, idle_s=0.0
    )


def test_a_clock_that_is_too_coarse_takes_nothing_from_the_exchange() -> None:
    account, clock = an_account(workers=1)
    with account.stepping():
        clock.pass_by(1.0)
        account.step_done([Timing(1.0 + 1e-9, 1.0)])
    assert closed(account).exchange_s == 0.0


def test_a_pool_that_fails_is_left_all_the_same() -> None:
    account, clock = an_account()

    def fail() -> None:
        with account.mapping():
            clock.pass_by(1.0)
            raise ValueError("lost")

    with pytest.raises(ValueError, match="lost"):
        fail()
    clock.pass_by(2.0)
    account.close()
    assert account.events(0.0)[:2] == (
        Phase(name="serial", seconds=2.0),
        Phase(name="pool", seconds=1.0),
    )


def test_without_a_pool_there_is_one_phase_and_nothing_to_split() -> None:
    account, clock = an_account()
    clock.pass_by(2.0)
    account.close()
    assert account.events(0.0) == (Phase(name="run", seconds=2.0),)


def test_what_the_sides_clock_has_beyond_the_account_is_the_drivers() -> None:
    account, clock = an_account(workers=2)
    clock.pass_by(1.0)
    with account.mapping():
        clock.pass_by(4.0)
    account.close()
    serial, pool, spent = account.events(5.25)
    assert (serial, pool) == (Phase(name="serial", seconds=1.25), Phase(name="pool", seconds=4.0))
    assert isinstance(spent, CoreTime)
    assert spent.serial_s == 2.5


def test_the_phases_come_before_the_split() -> None:
    account, clock = an_account()
    with account.mapping():
        clock.pass_by(1.0)
    account.close()
    assert [type(event) for event in account.events(0.0)] == [Phase, Phase, CoreTime]


def test_a_baseline_computes_or_is_off_its_cores() -> None:
    phase, spent = baseline_time_parts(10.0, 17.0, 2)
    assert phase == Phase(name="run", seconds=10.0)
    assert spent == CoreTime(
        compute_s=17.0, exchange_s=0.0, waiting_s=0.0, serial_s=0.0, idle_s=3.0
    )


class Chunk(NamedTuple):
    """A chunk on a worker: seconds on its way, seconds busy, and the load of each core."""

    place: int
    away: float
    busy: float
    load: float


SECONDS = st.floats(0, 100)
CHUNKS = st.lists(
    st.builds(Chunk, st.integers(0, 3), SECONDS, SECONDS, st.floats(0, 1)), max_size=12
)


@given(chunks=CHUNKS, before=SECONDS, shared=SECONDS, tail=SECONDS, cores=st.integers(1, 4))
def test_the_parts_of_a_map_add_up(
    chunks: list[Chunk], before: float, shared: float, tail: float, cores: int
) -> None:
    """Give every worker its chunks one after the other; the driver hears of each at its end."""
    account, clock = an_account(4, cores)
    began = clock.now
    clock.pass_by(before)
    with account.sharing():
        clock.pass_by(shared)
    free = [clock.now] * 4
    landings = []
    for chunk in chunks:
        free[chunk.place] += chunk.away + chunk.busy
        landings.append((free[chunk.place], chunk))
    with account.mapping():
        for at, chunk in sorted(landings):
            clock.now = at
            account.chunk_done(chunk.place, Timing(chunk.busy, chunk.busy * chunk.load * cores))
        clock.pass_by(tail)
    sound(closed(account), 4 * cores * (clock.now - began))


class Step(NamedTuple):
    """A step, first states or a recovery: busy seconds, load, and the rest."""

    busy: list[float]
    load: float
    away: float


STEPS = st.lists(
    st.builds(Step, st.lists(SECONDS, max_size=3), st.floats(0, 1), SECONDS), max_size=12
)


@given(steps=STEPS, before=SECONDS, after=SECONDS, cores=st.integers(1, 4))
def test_the_parts_of_a_lockstep_add_up(
    steps: list[Step], before: float, after: float, cores: int
) -> None:
    """All workers begin and step together, and new ones begin in between."""
    account, clock = an_account(3, cores)
    began = clock.now
    clock.pass_by(before)
    with account.stepping():
        for busy, load, away in steps:
            clock.pass_by(max(busy, default=0.0) + away)
            account.step_done([Timing(seconds, seconds * load * cores) for seconds in busy])
    clock.pass_by(after)
    sound(closed(account), 3 * cores * (clock.now - began))


@given(st.lists(SECONDS, min_size=1, max_size=9))
def test_the_phases_add_up_whatever_the_driver_calls(laps: list[float]) -> None:
    account, clock = an_account()
    for number, seconds in enumerate(laps):
        if number % 2:
            with account.mapping():
                clock.pass_by(seconds)
        else:
            clock.pass_by(seconds)
    account.close()
    told = sum(event.seconds for event in account.events(0.0) if isinstance(event, Phase))
    assert told == pytest.approx([*accumulate(laps)][-1])


def sound(spent: CoreSeconds, available_s: float) -> None:
    """Assert that no part is below zero and that they add up to the core-seconds given."""
    assert min(parts(spent)) >= 0
    assert spent.total_s == pytest.approx(available_s, abs=1e-6)


def handed_over(*sizes: int | None) -> int | None:
    """Return the event of a lockstep's step whose parts have these sizes."""
    account, _ = an_account(len(sizes))
    with account.stepping():
        account.step_done([Timing(1.0, 1.0, size) for size in sizes])
    (spent,) = (event for event in account.events(0.0) if isinstance(event, CoreTime))
    return spent.part_bytes


def test_what_the_workers_hand_over_is_added_up() -> None:
    assert handed_over(1_200, 0, 34) == 1_234


def test_kernels_of_one_worker_are_taken_together() -> None:
    assert together([Timing(1.0, 0.5, 10), Timing(2.0, 1.5, 20)]) == Timing(3.0, 2.0, 30)
    assert together([Timing(1.0, 0.5, 10), Timing(2.0, 1.5, None)]) == Timing(3.0, 2.0, None)


def test_a_part_of_unknown_size_makes_the_sum_unknown() -> None:
    assert handed_over(1_200, None, 34) is None
