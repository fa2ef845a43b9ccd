from harness.fleet import Backlog
from tests.pools import InProcessPool
from tests.services import ADDING, FACTOR, reply_to


def test_a_backlog_has_every_request_once_and_is_then_over() -> None:
    requests = Backlog(5)
    taken = [(requests.take(2), requests.over) for _ in range(4)]
    assert taken == [([0, 1], False), ([2, 3], False), ([4], True), ([], True)]
    assert requests.over


def test_one_process_and_any_number_of_shards_reply_alike() -> None:
    for shares in ([3], [1, 2], [0, 1, 2]):
        heard: list[int] = []
        replies = InProcessPool(len(shares)).serve(
            ADDING, shares, range(10), Backlog(10), 4, FACTOR, report=heard.append
        )
        assert replies == [reply_to(one, shares) for one in range(10)]
        assert heard == [4, 8, 10]
