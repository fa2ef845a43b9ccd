import pytest

from harness.run.ray.fleet_member import FleetCall, FleetMember
from tests.services import ADDING, FACTOR


@pytest.fixture
def member() -> FleetMember:
    """Return a worker that holds the shards 0 and 2, which add 5 and 7."""
    joined = FleetMember(ADDING, (FACTOR,))
    joined.hold(0, 5)
    joined.hold(2, 7)
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
    member.drop(2)
    member.drop(2)
    with pytest.raises(KeyError):
        member.answer(FleetCall([(2, [40])]))


def test_all_shards_together_reply_as_one_process_does(member: FleetMember) -> None:
    answer, _ = member.answer(FleetCall((), [1, 2], [0, 2]))
    assert ADDING.merge(answer.own) == [*ADDING.replies([5, 7], [1, 2], FACTOR)]
