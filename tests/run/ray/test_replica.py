import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.run.ray.peers import TOKEN_BYTES, Peers, connect, listen
from harness.run.ray.replica import Advanced, Replica
from harness.run.ray.shares import deal, shares_of
from harness.workload import AnyLockstep, Lockstep

# Every replica keeps the history of all parts; a part is (step, share, length of the state), so
# that any slip shows.
PROGRAM: AnyLockstep = Lockstep(
    start=lambda *shared: list(shared),
    contribute=lambda state, step, share, *shared: (step, share, len(state)),
    combine=lambda state, step, parts, *shared: [*state, (step, tuple(parts))],
)
LONG_S = 60.0
TOKEN = bytes(TOKEN_BYTES)


def serial(size: int, steps: int, *shared: Any) -> Any:
    """Return the state that one process makes of the same program."""
    state = PROGRAM.start(*shared)
    for step in range(steps):
        parts = [
            PROGRAM.contribute(state, step, f"share {place}", *shared) for place in range(size)
        ]
        state = PROGRAM.combine(state, step, parts, *shared)
    return state


def named(*numbers: int) -> dict[int, str]:
    """Return shares of these numbers."""
    return {number: f"share {number}" for number in numbers}


def a_replica(place: int, program: AnyLockstep = PROGRAM, *shared: Any) -> Replica:
    replica = Replica(program, named(place), shared)
    replica.start()
    return replica


def alone(program: AnyLockstep = PROGRAM, *shared: Any) -> Replica:
    """Return a replica that needs nobody else."""
    replica = a_replica(0, program, *shared)
    replica.link(Peers({}))
    return replica


class Crew:
    """Replicas that live in threads of this process, and are closed in the end."""

    def __init__(self) -> None:
        self.replicas: list[Replica] = []
        self.places: list[int] = []

    def begin(self, size: int, program: AnyLockstep = PROGRAM, *shared: Any) -> list[Replica]:
        self.replicas = [a_replica(place, program, *shared) for place in range(size)]
        self.places = [*range(size)]
        self.link()
        return self.replicas

    def link(self) -> None:
        listeners = [listen("127.0.0.1") for _ in self.replicas]
        addresses = [listener.getsockname()[:2] for listener in listeners]

        def connected(place: int) -> Peers:
            return connect(listeners[place], place, addresses, TOKEN, 1)

        for replica, peers in zip(
            self.replicas, at_once(connected, range(len(listeners))), strict=True
        ):
            replica.link(peers)
        for listener in listeners:
            listener.close()

    def advance(self, steps: int) -> list[Advanced]:
        return at_once(lambda replica: replica.advance(steps, LONG_S), self.replicas)

    @property
    def states(self) -> list[Any]:
        return [replica.state for replica in self.replicas]


def at_once(act: Callable[[Any], Any], on: Sequence[Any]) -> list[Any]:
    with ThreadPoolExecutor(len(on)) as threads:
        return [*threads.map(act, on)]


@pytest.fixture
def crew() -> Iterator[Crew]:
    made = Crew()
    yield made
    for replica in made.replicas:
        replica.cut_off()


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_every_replica_ends_as_the_serial_program_does(size: int, steps: int, crew: Crew) -> None:
    crew.begin(size, PROGRAM, "shared")
    advanced = crew.advance(steps)
    assert crew.states == [serial(size, steps, "shared")] * size
    assert [(done.combined, len(done.timings), done.cut) for done in advanced] == [
        (steps, steps, False)
    ] * size


def test_a_call_takes_one_step_at_least_and_ends_when_its_time_is_over() -> None:
    slow = replace(PROGRAM, contribute=lambda *_: time.sleep(0.01))
    replica = alone(slow)
    assert replica.advance(1000, 0.0).combined == 1
    assert 1 < replica.advance(1000, 0.1).combined < 1000


def test_a_step_is_timed_with_its_contribution_and_its_combination() -> None:
    def slowly(*_: Any) -> None:
        time.sleep(0.05)

    slow: AnyLockstep = Lockstep(lambda: 0, slowly, slowly)
    [(busy_s, cpu_s, _)] = alone(slow).advance(1, LONG_S).timings
    assert busy_s >= 0.1 > cpu_s


def test_a_step_says_how_large_its_part_is_unless_nobody_needs_it(crew: Crew) -> None:
    sending: AnyLockstep = Lockstep(lambda: 0, lambda *_: b"part", lambda state, *_: state)
    crew.begin(2, sending)
    assert crew.advance(1)[1].timings[0].part_bytes == 4
    assert alone(sending).advance(1, LONG_S).timings[0].part_bytes == 0


def test_a_replica_without_connections_is_cut_off_and_stays_where_it_is() -> None:
    lonely = a_replica(0)
    advanced = lonely.advance(3, LONG_S)
    assert (advanced.combined, advanced.timings, advanced.cut) == (0, [], True)


def test_the_others_stop_where_one_is_lost(crew: Crew) -> None:
    crew.begin(3)
    crew.advance(2)
    crew.replicas[2].cut_off()
    advanced = crew.advance(5)
    assert [(done.combined, done.cut) for done in advanced] == [(2, True)] * 3


def test_what_an_author_raises_is_passed_on_and_the_others_do_not_wait(crew: Crew) -> None:
    def failing(state: Any, step: int, share: str) -> int:
        return 1 // (share != "share 1" or step < 1)

    replicas = crew.begin(2, replace(PROGRAM, contribute=failing))

    def attempt(replica: Replica) -> Any:
        try:
            return replica.advance(3, LONG_S).cut
        except ZeroDivisionError:
            return "raised"

    assert at_once(attempt, replicas) == [True, "raised"]


def go_on_with(crew: Crew, places: set[int], holders: tuple[int, ...]) -> None:
    """Have these places go on, from who is furthest ahead; those that were away are new."""
    survivors = {place: replica for place, replica in zip(crew.places, crew.replicas, strict=True)}
    for place in survivors.keys() - places:
        survivors.pop(place).cut_off()
    furthest = max(survivors.values(), key=lambda replica: replica.combined, default=None)
    members = {place: survivors.get(place) or a_replica(place) for place in sorted(places)}
    for place, replica in members.items():
        if furthest is not None and replica.combined < furthest.combined:
            replica.restore(furthest.combined, furthest.state)
        replica.hold(named(*shares_of(place, holders)))
    crew.places, crew.replicas = [*members], [*members.values()]
    crew.link()


@st.composite
def courses(draw: st.DrawFn) -> tuple[int, list[tuple[int, set[int]]]]:
    """Return a number of workers, and (steps taken, places filled from then on), a few times."""
    size = draw(st.integers(2, 4))
    present = st.sets(st.integers(0, size - 1), min_size=1)
    return size, draw(st.lists(st.tuples(st.integers(0, 3), present), max_size=4))


@settings(max_examples=30, deadline=None)
@given(courses())
def test_workers_that_are_lost_and_come_back_change_nothing(
    course: tuple[int, list[tuple[int, set[int]]]],
) -> None:
    size, changes = course
    crew = Crew()
    try:
        crew.begin(size)
        taken, holders = 0, tuple(range(size))
        for steps, places in changes:
            if not places.isdisjoint(crew.places):
                taken += steps
                crew.advance(taken)
                holders = deal(holders, places)
                go_on_with(crew, places, holders)
        crew.advance(taken + 2)
        assert crew.states == [serial(size, taken + 2)] * len(crew.places)
    finally:
        for replica in crew.replicas:
            replica.cut_off()


def test_who_is_a_step_behind_takes_over_the_state_of_who_is_ahead(crew: Crew) -> None:
    """Worker 2 is lost when one survivor has all parts of step 3 and the other lacks some."""
    crew.begin(3)
    crew.advance(3)
    frozen = list(crew.replicas[1].state)
    crew.advance(4)
    crew.replicas[1].cut_off()
    behind = a_replica(1)
    behind.restore(3, frozen)
    crew.replicas[1] = behind
    go_on_with(crew, {0, 1}, (0, 1, 0))
    assert [replica.combined for replica in crew.replicas] == [4, 4]
    crew.advance(6)
    assert crew.states == [serial(3, 6)] * 2


def test_a_survivor_goes_on_alone_and_does_not_contribute_twice(crew: Crew) -> None:
    contributed: list[tuple[int, str]] = []

    def noting(state: Any, step: int, share: str) -> Any:
        contributed.append((step, share))
        return PROGRAM.contribute(state, step, share)

    crew.begin(2, replace(PROGRAM, contribute=noting))
    crew.advance(2)
    crew.replicas[1].cut_off()
    crew.replicas[0].advance(3, LONG_S)
    go_on_with(crew, {0}, (0, 0))
    crew.advance(4)
    assert contributed.count((2, "share 0")) == contributed.count((2, "share 1")) == 1
    assert crew.states == [serial(2, 4)]


def test_a_survivor_says_which_shares_its_steps_are_of(crew: Crew) -> None:
    crew.begin(2)
    assert [done.shares for done in crew.advance(1)] == [(0,), (1,)]
    go_on_with(crew, {0}, (0, 0))
    assert [done.shares for done in crew.advance(2)] == [(0, 1)]


def test_a_rehearsal_leaves_the_state_as_it_is() -> None:
    rehearsed = alone()
    rehearsed.rehearse()
    assert (rehearsed.combined, rehearsed.state) == (0, [])


def stopping_after(steps: int) -> AnyLockstep:
    """Return the program that stops once its state has so many steps."""
    return replace(PROGRAM, stop=lambda state, taken, *shared: taken == len(state) >= steps)


@pytest.mark.parametrize("size", [1, 3])
def test_a_program_that_stops_takes_no_step_after_it(size: int, crew: Crew) -> None:
    crew.begin(size, stopping_after(2))
    assert [(done.combined, done.over) for done in crew.advance(5)] == [(2, True)] * size
    assert crew.states == [serial(size, 2)] * size


def test_a_program_is_not_asked_before_its_first_step() -> None:
    replica = alone(replace(PROGRAM, stop=lambda *_: True))
    assert replica.advance(5, LONG_S).combined == 1


def test_a_worker_rebuilt_from_one_that_has_stopped_stops_too() -> None:
    one, other = (alone(stopping_after(2)) for _ in range(2))
    one.advance(5, LONG_S)
    other.restore(one.combined, one.state)
    assert (other.advance(5, LONG_S).combined, other.state) == (2, one.state)


def test_a_restored_state_is_a_copy() -> None:
    one, other = alone(PROGRAM, "shared"), alone(PROGRAM, "shared")
    other.restore(0, one.state)
    one.state.append("changed later")
    assert other.state == ["shared"]
