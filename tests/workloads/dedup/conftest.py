"""Fixtures of the tests of ``dedup``."""

from collections.abc import Iterator
from itertools import pairwise

import pytest

from harness.workload import AnyProblem
from tests.pools import ignore_progress
from tests.workloads.dedup.support import Planted, crawl_in_memory, problem, shingled
from workloads import dedup
from workloads.dedup.steps import Cleaned


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep crawls out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="module")
def posed() -> AnyProblem:
    return problem()


@pytest.fixture(scope="module")
def cleaned(posed: AnyProblem) -> Cleaned:
    return dedup.baseline(posed.input, ignore_progress)


@pytest.fixture(scope="module")
def grown() -> Planted:
    text, offsets, truth = crawl_in_memory(600, 150, 3)
    return Planted(
        text,
        offsets,
        tuple(shingled(text[begin:end].tobytes()) for begin, end in pairwise(offsets)),
        truth,
    )
