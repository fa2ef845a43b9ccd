from harness.workload import AnyProblem
from tests.pools import ignore_progress
from tests.workloads.dedup.support import problem
from workloads import dedup


def test_the_textbook_program_finds_the_same_clusters() -> None:
    given = problem(
        documents=400, permutations=1024, bands=128
    ).input  # so many bands of eight rows miss no pair
    hurried, expected = (
        dedup.textbook(given, ignore_progress),
        dedup.baseline(given, ignore_progress),
    )
    assert hurried.clusters.tolist() == expected.clusters.tolist()
    assert hurried.shards == expected.shards


def test_the_ceiling_is_a_rate(posed: AnyProblem) -> None:
    assert dedup.ceiling(posed.input, 0.02) > 0
