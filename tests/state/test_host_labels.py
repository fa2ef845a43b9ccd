"""What the hosts of a cluster are called in results and on screens."""

from msgspec.structs import replace

from harness import events as e
from harness.model import Side
from harness.state.board import Board
from harness.state.host_labels import host_labels
from harness.state.to_results import results_of
from tests.builders import a_board, a_host, a_process, a_ready, a_spec, an_opening

FIRST, SECOND, OTHER = "aaaaaa000001", "aaaaaa000002", "bbbbbb000001"


def a_cluster(baseline: str, *, joined: bool = True, on_node: bool = True) -> Board:
    """Return a session with a worker on each of two hosts, and the baseline on this one."""
    ready = {
        Side.BASELINE: a_ready(workers=1, hosts=(a_host(id=baseline),)),
        Side.DISTRIBUTED: a_ready(Side.DISTRIBUTED, hosts=(a_host(id=FIRST), a_host(id=SECOND))),
    }
    homes = {Side.BASELINE: [baseline], Side.DISTRIBUTED: [FIRST, SECOND]}
    events: list[e.Event] = []
    for side, event in ready.items():
        names = ["core"] if side is Side.BASELINE else ["w0", "w1"]
        workers = tuple(
            a_process(id=name, host=home) for name, home in zip(names, homes[side], strict=True)
        )
        events += [
            e.stamp(replace(event, workers=workers), 1.0, side, 0),
            e.stamp(e.Go(order=len(events)), 2.0, side, 0),
        ]
    spec = a_spec(joined_cluster=joined, baseline_on_node=on_node)
    return replace(a_board(events), opened=an_opening(spec=spec))


def test_hosts_with_workers_are_numbered_and_a_baseline_among_them_has_no_other_name() -> None:
    assert host_labels(a_cluster(SECOND)) == {FIRST: "worker-host-1", SECOND: "worker-host-2"}


def test_a_host_of_the_baseline_alone_is_called_so() -> None:
    assert host_labels(a_cluster(OTHER))[OTHER] == "baseline-host"


def test_a_baseline_beside_the_driver_runs_on_the_drivers_host() -> None:
    assert host_labels(a_cluster(OTHER, on_node=False))[OTHER] == "driver-host"


def test_the_one_host_of_a_local_cluster_needs_no_name() -> None:
    assert host_labels(a_cluster(FIRST, joined=False)) == {}


def test_results_name_hosts_by_their_labels_and_nowhere_by_their_keys() -> None:
    results = results_of(a_cluster(OTHER))
    homes = [worker.process.host for trial in results.trials for worker in trial.workers_detail]
    assert [host.id for host in results.hosts] == [
        "worker-host-1",
        "worker-host-2",
        "baseline-host",
    ]
    assert homes == ["baseline-host", "worker-host-1", "worker-host-2"]
