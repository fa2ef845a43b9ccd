from collections.abc import Sequence
from dataclasses import replace
from statistics import median

from hypothesis import given
from hypothesis import strategies as st

from harness.claims.pairs import processes_of
from harness.model import Side, WorkerTrial
from harness.state.worker_groups import MOST_DESCRIBED, grouped
from tests.builders import a_process, a_trial, a_worker

MANY = MOST_DESCRIBED + 1


def fleet(number: int, hosts: int = 2) -> list[WorkerTrial]:
    """Return workers dealt over hosts, each on a core of its own, each a little busier."""
    return [
        a_worker(
            a_process(
                f"w{place}",
                pid=5000 + place,
                host=f"h{place % hosts}",
                affinity=(place // hosts,),
            ),
            chunks=place,
            busy_s=float(place),
            cpu_s=float(place) / 2,
            utilization=(place / number, 1.0),
        )
        for place in range(number)
    ]


def test_few_workers_are_described_one_by_one() -> None:
    assert grouped(fleet(6), MOST_DESCRIBED) == tuple(fleet(6))


def test_of_very_many_those_of_a_host_are_told_as_one() -> None:
    [first, second] = grouped(fleet(6), MANY)
    assert (first.process.id, first.process.host, first.workers) == ("w0", "h0", 3)
    assert (first.chunks, first.busy_s, first.cpu_s) == (0 + 2 + 4, 6.0, 3.0)
    assert (first.median_busy_s, first.longest_busy_s) == (2.0, 4.0)
    assert first.utilization == (0.333, 1.0)
    assert (second.process.id, second.workers) == ("w1", 3)


def test_a_worker_under_other_terms_is_never_told_with_others() -> None:
    odd = fleet(6)
    odd[2] = replace(odd[2], process=replace(odd[2].process, nice=15))
    rows = grouped(odd, MANY)
    assert [(row.process.id, row.workers) for row in rows] == [("w0", 2), ("w1", 3), ("w2", 1)]


def test_workers_that_share_a_core_stay_rows_of_their_own() -> None:
    crowded = fleet(6)
    crowded[2] = replace(crowded[2], process=replace(crowded[2].process, affinity=(0,)))
    rows = grouped(crowded, MANY)
    assert [row.workers for row in rows if row.process.host == "h0"] == [1, 1, 1]
    assert [row.workers for row in rows if row.process.host == "h1"] == [3]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0, 15]), st.floats(0, 9)), min_size=1)
)
def test_nothing_is_lost_by_telling_workers_as_one(drawn: Sequence[tuple[int, int, float]]) -> None:
    workers = [
        a_worker(
            a_process(f"w{place}", pid=place + 1, host=f"h{host}", nice=nice, affinity=(place,)),
            busy_s=busy_s,
        )
        for place, (host, nice, busy_s) in enumerate(drawn)
    ]
    rows = grouped(workers, MANY)
    assert sum(row.workers for row in rows) == len(workers)
    assert sum(row.chunks for row in rows) == sum(worker.chunks for worker in workers)
    assert abs(sum(row.busy_s for row in rows) - sum(row.busy_s for row in workers)) < 1e-4
    assert max(row.longest_busy_s for row in rows) == max(row.busy_s for row in workers)
    trial = a_trial(Side.DISTRIBUTED, workers_detail=rows)
    homes = [process.host for process in processes_of([trial])]
    assert sorted(homes) == sorted(worker.process.host for worker in workers)
    if len({worker.process.host for worker in workers}) == len(rows) == 1:
        assert rows[0].median_busy_s == median(busy_s for _, _, busy_s in drawn)
