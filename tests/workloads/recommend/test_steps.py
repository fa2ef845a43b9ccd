import copy
import pickle

import pytest

from harness.run.digest import digest
from tests.pools import InProcessPool, ignore_progress
from tests.workloads.recommend.support import problem, same
from workloads import recommend
from workloads.recommend.state import Workspace
from workloads.recommend.steps import combine, contribute, split_work, start


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_make_the_same_bits(threads: int) -> None:
    training = problem().input
    (share,), one, more = (
        split_work(training, 1),
        start(training),
        start(training),
    )
    one.scratch.workspaces[1:], more.scratch.workspaces[threads:] = [], []
    more.scratch.workspaces.extend(
        Workspace(300, 300, 20) for _ in range(threads - len(more.scratch.workspaces))
    )
    assert same(
        contribute(one, 0, share, training),
        contribute(more, 0, share, training),
    )


def test_more_workers_than_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="7 blocks cannot occupy 8 workers"):
        recommend.distributed(problem().input, InProcessPool(8), ignore_progress)


def test_a_replica_sent_in_mid_run_goes_on_with_the_same_bits() -> None:
    training = problem().input
    (share,), state = split_work(training, 1), start(training)
    combine(state, 0, [contribute(state, 0, share, training)], training)
    sent, copied = pickle.loads(pickle.dumps(state)), copy.deepcopy(state)
    expected = digest(contribute(state, 1, share, training), 0)
    assert digest(contribute(sent, 1, share, training), 0) == expected
    assert digest(contribute(copied, 1, share, training), 0) == expected


def test_a_step_that_is_done_again_makes_the_same_bits() -> None:
    training = problem().input
    (share,), state = split_work(training, 1), start(training)
    expected = digest(contribute(state, 0, share, training), 0)
    assert digest(contribute(state, 0, share, training), 0) == expected


def test_a_replica_is_sent_without_its_buffers() -> None:
    state = start(problem().input)
    assert (
        len(pickle.dumps(state))
        < sum(array.nbytes for array in (*state.factors, *state.grams)) + 1000
    )
