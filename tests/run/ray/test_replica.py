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


def a_replica(place: int, size: int, program: AnyLockstep = PROGRAM, *shared: Any) -> Replica:
    replica = Replica(program, f"share {place}", place, size, shared)
    replica.start()
    return replica


class Crew:
    """Replicas that live in threads of this process, and are closed in the end."""

    def __init__(self) -> None:
        self.replicas: list[Replica] = []

    def begin(self, size: int, program: AnyLockstep = PROGRAM, *shared: Any) -> list[Replica]:
        self.replicas = [a_replica(place, size, program, *shared) for place in range(size)]
        self.link(0)
        return self.replicas

    def link(self, origin: int) -> None:
        if len(self.replicas) == 1:
            return
        listeners = [listen("127.0.0.1") for _ in self.replicas]
        addresses = [listener.getsockname()[:2] for listener in listeners]

        def connected(place: int) -> Peers:
            return connect(listeners[place], place, addresses, TOKEN, 1)

        for replica, peers in zip(
            self.replicas, at_once(connected, range(len(listeners))), strict=True
        ):
            replica.link(peers, origin)
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
    alone = a_replica(0, 1, slow)
    assert alone.advance(1000, 0.0).combined == 1
    assert 1 < alone.advance(1000, 0.1).combined < 1000


def test_a_step_is_timed_with_its_contribution_and_its_combination() -> None:
    def slowly(*_: Any) -> None:
        time.sleep(0.05)

    slow: AnyLockstep = Lockstep(lambda: 0, slowly, slowly)
    [(busy_s, cpu_s, _)] = a_replica(0, 1, slow).advance(1, LONG_S).timings
    assert busy_s >= 0.1 > cpu_s


def test_a_step_says_how_large_its_part_is_unless_nobody_needs_it(crew: Crew) -> None:
    sending: AnyLockstep = Lockstep(lambda: 0, lambda *_: b"part", lambda state, *_: state)
    crew.begin(2, sending)
    assert crew.advance(1)[1].timings[0].part_bytes == 4
    assert a_replica(0, 1, sending).advance(1, LONG_S).timings[0].part_bytes == 0


def test_a_replica_without_connections_is_cut_off_and_stays_where_it_is() -> None:
    lonely = a_replica(0, 2)
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


def rebuild(crew: Crew, lost: int) -> None:
    """Put a new replica in a lost one's place, from the survivor that is furthest behind."""
    size = len(crew.replicas)
    survivors = [replica for place, replica in enumerate(crew.replicas) if place != lost]
    behind = min(survivors, key=lambda replica: replica.combined)
    crew.replicas[lost].cut_off()
    crew.replicas[lost] = a_replica(lost, size)
    crew.replicas[lost].restore(behind.combined, behind.state)
    crew.link(behind.combined)


@settings(max_examples=20, deadline=None)
@given(st.integers(2, 4), st.integers(0, 5), st.data())
def test_a_lost_worker_rebuilt_from_a_peer_changes_nothing(
    size: int, at: int, data: st.DataObject
) -> None:
    crew = Crew()
    crew.begin(size)
    crew.advance(at)
    rebuild(crew, data.draw(st.integers(0, size - 1)))
    crew.advance(7)
    assert crew.states == [serial(size, 7)] * size
    for replica in crew.replicas:
        replica.cut_off()


@pytest.mark.parametrize("ahead", [0, 1])
def test_who_is_a_step_ahead_sends_it_again(ahead: int, crew: Crew) -> None:
    """Worker 2 is lost when one survivor has all parts of step 3 and the other lacks some."""
    crew.begin(3)
    crew.advance(3)
    behind = 1 - ahead
    frozen = list(crew.replicas[behind].state)
    crew.advance(4)
    crew.replicas[behind].cut_off()
    stayed = a_replica(behind, 3)
    stayed.restore(3, frozen)
    crew.replicas[behind] = stayed
    rebuild(crew, 2)
    assert [replica.combined for replica in crew.replicas] == [4 - (p != ahead) for p in range(3)]
    crew.advance(6)
    assert crew.states == [serial(3, 6)] * 3


def test_a_survivor_does_not_contribute_twice(crew: Crew) -> None:
    contributed: list[tuple[int, str]] = []

    def noting(state: Any, step: int, share: str) -> Any:
        contributed.append((step, share))
        return PROGRAM.contribute(state, step, share)

    crew.begin(2, replace(PROGRAM, contribute=noting))
    crew.advance(2)
    crew.replicas[1].cut_off()
    crew.replicas[0].advance(3, LONG_S)
    rebuild(crew, 1)
    crew.advance(4)
    assert contributed.count((2, "share 0")) == 1
    assert crew.states == [serial(2, 4)] * 2


def stopping_after(steps: int) -> AnyLockstep:
    """Return the program that stops once its state has so many steps."""
    return replace(PROGRAM, stop=lambda state, taken, *shared: taken == len(state) >= steps)


@pytest.mark.parametrize("size", [1, 3])
def test_a_program_that_stops_takes_no_step_after_it(size: int, crew: Crew) -> None:
    crew.begin(size, stopping_after(2))
    assert [(done.combined, done.over) for done in crew.advance(5)] == [(2, True)] * size
    assert crew.states == [serial(size, 2)] * size


def test_a_program_is_not_asked_before_its_first_step() -> None:
    alone = a_replica(0, 1, replace(PROGRAM, stop=lambda *_: True))
    assert alone.advance(5, LONG_S).combined == 1


def test_a_worker_rebuilt_from_one_that_has_stopped_stops_too() -> None:
    one, other = (a_replica(0, 1, stopping_after(2)) for _ in range(2))
    one.advance(5, LONG_S)
    other.restore(one.combined, one.state)
    assert (other.advance(5, LONG_S).combined, other.state) == (2, one.state)


def test_a_restored_state_is_a_copy() -> None:
    one, other = a_replica(0, 1, PROGRAM, "shared"), a_replica(0, 1, PROGRAM, "shared")
    other.restore(0, one.state)
    one.state.append("changed later")
    assert other.state == ["shared"]
