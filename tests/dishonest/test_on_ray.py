"""Whole races on Ray of workloads that cheat with what a simulated side does not have."""

from functools import partial
from pathlib import Path

import pytest

from tests.racing import Raced, raced
from tests.terminals import at_once

pytestmark = pytest.mark.ray

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def races(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Raced]:
    return at_once(
        {
            name: partial(raced, tmp_path_factory.mktemp(name), workload=str(HERE / f"{name}.py"))
            for name in ("honest", "helper_process")
        }
    )


def test_a_side_that_works_beside_its_workers_has_to_say_so(races: dict[str, Raced]) -> None:
    assert "worked-beside-workers" in races["helper_process"].keys


def test_a_side_that_works_on_its_workers_alone_is_not_suspected(races: dict[str, Raced]) -> None:
    assert "worked-beside-workers" not in races["honest"].keys
