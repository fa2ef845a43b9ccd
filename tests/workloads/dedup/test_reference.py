import random

from harness.workload import AnyProblem
from tests.pools import ignore_progress
from tests.workloads.dedup.support import crawled, problem
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


def test_the_textbook_program_takes_the_same_characters_for_words() -> None:
    chance = random.Random(1)
    letters = "".join(map(chr, range(0x4E00, 0x4F00))) + " é，\u3000a"
    pages = ["".join(chance.choices(letters, k=120)) for _ in range(30)]
    near = [f"{page[:60]}改{page[61:]}" for page in pages[:10]]
    given = crawled([*pages, *near], permutations=1024, bands=128)
    found, expected = (
        dedup.textbook(given, ignore_progress),
        dedup.baseline(given, ignore_progress),
    )
    assert found.clusters.tolist() == expected.clusters.tolist()
    assert found.clusters.tolist()[30:] == list(range(10))


def test_the_ceiling_is_a_rate(posed: AnyProblem) -> None:
    assert dedup.ceiling(posed.input, 0.02) > 0
