import socket
import threading
import time
from collections.abc import Iterator

import numpy as np
import pytest

from harness.run.ray.channel import MOST_BLOCKS, Channel
from harness.run.ray.fleet_links import FleetLinks
from harness.run.ray.fleet_member import FleetAnswer, FleetCall, FleetMember
from harness.run.ray.messages import pack
from tests.services import ADDING, FACTOR

SHARES = (5, 6, 7)
WITHIN_S = 10.0


@pytest.fixture
def member() -> FleetMember:
    """Return a worker that holds the shards 0 and 2, which add 5 and 7."""
    joined = FleetMember(ADDING, SHARES.__getitem__, (FACTOR,))
    joined.hold(0)
    joined.hold(2)
    return joined


def test_a_worker_searches_for_others_and_for_what_it_encodes(member: FleetMember) -> None:
    answer, timing = member.answer(FleetCall([(2, [40]), (0, [30])], [1, 2], [0]))
    assert answer.found == [[47], [35]]
    assert (answer.queries, answer.own) == ([10, 20], [[15, 25]])
    assert timing.busy_s > 0


def test_a_call_without_requests_encodes_nothing(member: FleetMember) -> None:
    answer, _ = member.answer(FleetCall([(0, [30])]))
    assert (answer.found, answer.queries, answer.own) == ([[35]], None, ())


def test_a_shard_that_was_dropped_is_not_searched(member: FleetMember) -> None:
    member.answer(FleetCall(drop=[2]))
    member.answer(FleetCall(drop=[2]))
    with pytest.raises(KeyError):
        member.answer(FleetCall([(2, [40])]))


def test_a_shard_is_searched_in_the_call_that_has_a_worker_hold_it(member: FleetMember) -> None:
    answer, _ = member.answer(FleetCall([(1, [40])], hold=[1], drop=[0]))
    assert answer.found == [[46]]


def test_all_shards_together_reply_as_one_process_does(member: FleetMember) -> None:
    answer, _ = member.answer(FleetCall((), [1, 2], [0, 2]))
    assert ADDING.merge(answer.own) == [*ADDING.replies([5, 7], [1, 2], FACTOR)]


@pytest.fixture
def linked(member: FleetMember) -> Iterator[tuple[FleetLinks, threading.Thread]]:
    """Yield the driver's links, with a worker in place 3 that answers calls in a thread."""
    here, there = socket.socketpair()
    here.setblocking(False)
    there.setblocking(False)
    thread = threading.Thread(target=member.answer_calls, args=(there,))
    thread.start()
    with FleetLinks() as links:
        links.add(3, here)
        yield links, thread
    thread.join(WITHIN_S)
    assert not thread.is_alive()


def answers(links: FleetLinks, count: int) -> list[tuple[int, FleetAnswer]]:
    """Return the next answers with their places."""
    found: list[tuple[int, FleetAnswer]] = []
    until = time.monotonic() + WITHIN_S
    while len(found) < count and time.monotonic() < until:
        links.wait((), 0.1)
        found += [(place, FleetAnswer(*answer)) for place, (answer, _) in links.take()]
    return found


def test_answers_over_a_connection_come_in_the_order_of_the_calls(
    linked: tuple[FleetLinks, threading.Thread],
) -> None:
    links, _ = linked
    links.send(3, FleetCall([(0, [30])]))
    links.send(3, FleetCall((), [1], [2]))
    first, second = answers(links, 2)
    assert first == (3, FleetAnswer([[35]], None, ()))
    assert second == (3, FleetAnswer([], [10], [[17]]))


def test_a_call_that_fills_all_buffers_arrives_all_the_same(
    linked: tuple[FleetLinks, threading.Thread],
) -> None:
    links, _ = linked
    queries = [*range(1_000_000)]
    links.send(3, FleetCall([(0, queries)]))
    ((_, answer),) = answers(links, 1)
    assert answer.found == [[one + 5 for one in queries]]


def test_a_call_of_more_blocks_than_leave_at_once_arrives_whole(
    linked: tuple[FleetLinks, threading.Thread],
) -> None:
    links, _ = linked
    queries = [np.full(1024, number) for number in range(MOST_BLOCKS)]
    links.send(3, FleetCall([(0, queries)]))
    ((_, answer),) = answers(links, 1)
    (found,) = answer.found
    assert [one.tolist() for one in found] == [[number + 5] * 1024 for number in range(MOST_BLOCKS)]


def test_other_descriptors_are_waited_for_beside_the_answers() -> None:
    one, other = socket.socketpair()
    with one, other, FleetLinks() as links:
        assert links.wait((one.fileno(),), 0.0) == set()
        other.send(b".")
        assert links.wait((one.fileno(),), WITHIN_S) == {one.fileno()}


def test_a_place_whose_connection_breaks_is_sent_nothing_any_more() -> None:
    here, there = socket.socketpair()
    here.setblocking(False)
    with FleetLinks() as links:
        links.add(0, here)
        assert 0 in links
        there.close()
        links.wait((), WITHIN_S)
        assert 0 not in links
        links.remove(0)


def test_an_answer_that_came_before_a_connection_broke_counts() -> None:
    here, there = socket.socketpair()
    here.setblocking(False)
    with FleetLinks() as links:
        links.add(0, here)
        there.setblocking(False)
        with there:
            Channel(there).put(0, pack("answer"))
        links.wait((), WITHIN_S)
        assert 0 not in links
        assert links.take() == [(0, "answer")]


def test_what_came_from_a_worker_that_was_lost_is_forgotten(
    linked: tuple[FleetLinks, threading.Thread],
) -> None:
    links, thread = linked
    links.send(3, FleetCall([(0, [30])]))
    links.wait((), WITHIN_S)
    links.remove(3)
    thread.join(WITHIN_S)
    assert links.take() == []
    assert 3 not in links


def test_a_worker_whose_program_fails_closes_its_connection(member: FleetMember) -> None:
    here, there = socket.socketpair()
    here.setblocking(False)
    there.setblocking(False)
    with FleetLinks() as links:
        links.add(0, here)
        links.send(0, FleetCall([(1, [40])]))
        with pytest.raises(KeyError):
            member.answer_calls(there)
        links.wait((), WITHIN_S)
        assert 0 not in links
