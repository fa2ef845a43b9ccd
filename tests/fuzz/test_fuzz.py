"""A fixed number of examples of every target, and every case that a longer run has found.

``make fuzz`` draws as many as you like; what it finds becomes a file in ``cases``.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.example import decode
from tests.fuzz.runner import TARGETS, draw_example, try_example, warm_up
from tests.fuzz.watch import Room

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    warm_up()
    with Room(tmp_path_factory.mktemp("fuzz")) as room:
        yield room


@pytest.mark.parametrize("name", TARGETS)
def test_whatever_a_file_holds_it_is_read_or_refused_and_nothing_else_happens(
    name: str, room: Room
) -> None:
    target = TARGETS[name]

    @settings(
        max_examples=target.examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],  # a seed has no smaller form
        suppress_health_check=[*HealthCheck],
    )
    @given(seed=st.integers(0, 1 << 32))
    def holds(seed: int) -> None:
        assert try_example(room, target, draw_example(target, seed)).faults == ()

    holds()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_what_was_found_once_stays_mended(case: Path, room: Room) -> None:
    name, example = decode(case.read_text("utf-8"))
    assert try_example(room, TARGETS[name], example).faults == ()
