"""A race on a cluster of which a node is drained: its worker leaves, and nothing is done again.

The worker stands still in a chunk when its node is drained, until another one has come for it.
"""

import subprocess
from collections.abc import Iterator

import pytest

from harness import events as e
from harness.model import Status
from tests.pieces import CHUNK_TO_STAND_AT, IN_THE_MAP
from tests.races import Act, Events, Raced, Witness, code_when_quiet, raced, stands_at
from tests.ray_nodes import LoopbackCluster, loopback_cluster
from tests.terminals import PYTHON, ROOT, surroundings

pytestmark = pytest.mark.ray

STANDS = f"2/{IN_THE_MAP}"
NOTICE_S = 100
DRAIN = """
import sys, time
import ray
from ray._private.state import state
from ray._raylet import GcsClient
from ray.core.generated.autoscaler_pb2 import DrainNodeReason

address, pid, seconds = sys.argv[1], *map(int, sys.argv[2:])
ray.init(address=address, log_to_driver=False, logging_level="error")
actors = state.actor_table(None).values()
node = next(actor["Address"]["NodeID"] for actor in actors if actor["Pid"] == pid)
reason = DrainNodeReason.Value("DRAIN_NODE_REASON_PREEMPTION")
deadline_ms = int(1000 * (time.time() + seconds))
accepted, words = GcsClient(address=address).drain_node(node, reason, "a notice", deadline_ms)
sys.exit(0 if accepted else words)
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[LoopbackCluster]:
    """Start a cluster of three nodes with a core each."""
    with loopback_cluster(cores=1) as started:
        for _ in range(2):
            started.add_node(cores=1)
        yield started


@pytest.fixture(scope="module")
def drained(cluster: LoopbackCluster) -> Raced:
    """Return a race of two workers, of which one's node is drained."""

    def drain(_: Events, witness: Witness) -> None:
        words = (cluster.address, str(witness.standing(STANDS)), str(NOTICE_S))
        environment = surroundings(cluster.environment)
        subprocess.run([PYTHON, "-c", DRAIN, *words], cwd=ROOT, env=environment, check=True)

    return raced(
        *("--workers", "2", "--address", cluster.address, "--baseline-on", "here"),
        *("--set", "chunks=30"),
        environment=cluster.environment,
        stands=[2],
        acts=[
            Act(stands_at(STANDS), drain),
            Act(
                lambda events, _: any(isinstance(event, e.Recovered) for event in events),
                lambda _, witness: witness.let_go_on(),
            ),
        ],
    )


def test_a_race_of_which_a_node_was_drained_ends_with_the_baselines_answer(drained: Raced) -> None:
    code = code_when_quiet(drained.said.exit_code, drained.results)
    assert (code, drained.results.status, len(drained.answers)) == (0, Status.COMPLETE, 1)


def test_who_was_on_the_node_leaves_and_another_one_comes_for_it(drained: Raced) -> None:
    [fault] = drained.trial_on(2).faults
    [back] = drained.events_of(e.Recovered)
    assert (fault.worker, fault.reason) == (back.worker, "it left after notice")


def test_nothing_is_done_again_and_what_was_begun_is_finished(drained: Raced) -> None:
    [caught_up] = drained.events_of(e.CaughtUp)
    begun = [span for span in drained.spans_on(2) if span.chunk == CHUNK_TO_STAND_AT]
    assert (caught_up.redone, caught_up.worker) == (0, begun[0].worker)
