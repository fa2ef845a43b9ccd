from collections.abc import Mapping

import pytest

from harness.run.ray.room import deal


@pytest.mark.parametrize(
    ("room", "workers", "nodes"),
    [
        ({"a": 2, "b": 2}, 3, ["a", "b", "a"]),
        ({"b": 1, "a": 3}, 4, ["a", "b", "a", "a"]),
        ({"a": 0, "b": 1}, 1, ["b"]),
        ({}, 0, []),
    ],
)
def test_workers_are_dealt_evenly_over_the_nodes(
    room: Mapping[str, int], workers: int, nodes: list[str]
) -> None:
    assert deal(room, workers) == nodes
