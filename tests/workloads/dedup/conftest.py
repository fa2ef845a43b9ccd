"""Fixtures of the tests of ``dedup``."""

from itertools import pairwise

import pytest

from harness.workload import AnyProblem
from tests.pools import ignore_progress
from tests.workloads.dedup.support import Planted, problem, shingled
from workloads import dedup
from workloads.dedup.crawl import make_crawl
from workloads.dedup.steps import Cleaned


@pytest.fixture(scope="module")
def posed() -> AnyProblem:
    return problem()


@pytest.fixture(scope="module")
def cleaned(posed: AnyProblem) -> Cleaned:
    return dedup.baseline(posed.input, ignore_progress)


@pytest.fixture(scope="module")
def grown() -> Planted:
    text, offsets, truth = make_crawl(600, 150, 3)
    return Planted(
        text,
        offsets,
        tuple(shingled(text[begin:end].tobytes()) for begin, end in pairwise(offsets)),
        truth,
    )
