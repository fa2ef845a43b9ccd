from collections.abc import Mapping, Sequence

import pytest

from harness.run.digest import digest
from tests.bench import rivals
from tests.bench.rivals import RAY, WORKERS, Run, assignment, baseline, compare, time_run
from tests.bench.rivals.baseline import RIVALS, rival_params
from tests.builders import find_workload
from tests.pools import ignore_progress
from tests.squares import WORKLOAD as SQUARES


def some_runs(walls: Mapping[str, Sequence[float]]) -> dict[str, list[Run]]:
    return {name: [Run(wall_s, "one", 0.0) for wall_s in taken] for name, taken in walls.items()}


def test_ray_is_compared_with_its_neighbour_in_time_on_each_rival() -> None:
    finding = compare(
        some_runs(
            {
                RAY: [2.0, 3.06],
                "multiprocessing": [2.0, 3.0],
                "joblib": [1.0, 2.0],
                "dask.distributed": [4.0, 6.0],
            }
        ),
    )

    assert [(row.than, row.value, row.verdict) for row in finding.rows[:-1]] == [
        ("multiprocessing", "1.01", "met"),
        ("joblib", "1.77", "missed"),
        ("dask.distributed", "0.505", "met"),
    ]


@pytest.mark.parametrize(("other", "verdict"), [("one", "met"), ("another", "missed")])
def test_ray_and_its_rivals_are_to_come_to_one_answer(other: str, verdict: str) -> None:
    runs = some_runs({name: [1.0] for name in (RAY, *RIVALS)}) | {"joblib": [Run(1.0, other, 0.0)]}

    assert compare(runs).rows[-1].verdict == verdict


@pytest.mark.parametrize("rival", RIVALS)
def test_a_rival_runs_the_workload_parameters_and_workers_of_ray(rival: str) -> None:
    params = SQUARES.defaults | {"chunks": 3}
    on_ray = assignment(RAY, "tests.squares", params)
    on_rival = assignment(rival, "tests.squares", params)

    assert (on_ray.workload, on_ray.params, on_ray.workers) == ("tests.squares", params, WORKERS)
    assert find_workload(on_rival.workload) is baseline.WORKLOAD
    assert on_rival.params == rival_params(rival, "tests.squares", WORKERS, params)


def test_a_rival_is_timed_as_a_side_of_the_harness(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rivals, "SETTLE_AT_MOST_S", 0.0)
    params = SQUARES.defaults | {"chunks": 4}
    problem = SQUARES.load(SQUARES.configure(params))
    run = time_run(assignment("multiprocessing", "tests.squares", params))

    assert run.answer_sha256 == digest(SQUARES.baseline(problem.input, ignore_progress), 0).sha256
