from collections.abc import Iterator

import pytest

from tests.workloads.research.support import farm
from workloads.embed.encoder import cached_encoder
from workloads.research import calculator
from workloads.research.library import Library


@pytest.fixture(scope="package")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return farm(tmp_path_factory.mktemp("farm"))


@pytest.fixture(scope="module", autouse=True)
def nothing_stays_open() -> Iterator[None]:
    yield
    calculator.close_own()
    cached_encoder.cache_clear()
