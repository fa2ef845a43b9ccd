from typing import Any

import pytest

from harness.run.ray.fleet_places import FleetPlaces
from tests.services import ADDING


@pytest.fixture
def places(monkeypatch: pytest.MonkeyPatch) -> FleetPlaces:
    """Return three places whose workers all take part."""
    monkeypatch.setattr("ray.put", lambda value: value)
    nobody: Any = None  # asks no worker anything
    made = FleetPlaces(nobody, ADDING, [5, 6, 7], [1], (10,))
    for place in range(3):
        made.admit(place)
    return made


def test_who_holds_its_own_shard_is_told_of_no_change(places: FleetPlaces) -> None:
    assert [places.take_changes(place) for place in places.present] == [([], [])] * 3


def test_another_worker_is_told_once_to_hold_the_shard_of_one_that_is_lost(
    places: FleetPlaces,
) -> None:
    places.lose(1)
    assert (places.present, places.holder(1)) == ([0, 2], 0)
    assert places.take_changes(0) == ([1], [])
    assert places.take_changes(0) == ([], [])


def test_a_worker_that_is_back_has_its_shard_and_the_other_drops_it(places: FleetPlaces) -> None:
    places.lose(1)
    places.take_changes(0)
    places.admit(1)
    assert (places.holder(1), places.shards_at(0)) == (1, [0])
    assert places.take_changes(0) == ([], [1])


def test_a_shard_that_is_back_before_another_was_told_to_hold_it_is_dropped(
    places: FleetPlaces,
) -> None:
    places.lose(1)
    places.admit(1)
    assert places.take_changes(0) == ([], [1])


def test_what_a_lost_worker_held_for_another_goes_on_to_who_is_left(places: FleetPlaces) -> None:
    places.lose(1)
    places.lose(0)
    assert places.shards_at(2) == [2, 0, 1]
    assert places.take_changes(2) == ([0, 1], [])
    places.admit(0)
    assert places.take_changes(0) == ([], [])


def test_where_nobody_is_left_each_shard_waits_for_its_own_worker(places: FleetPlaces) -> None:
    for place in range(3):
        places.lose(place)
    assert [places.holder(shard) for shard in range(3)] == [None, None, None]
    places.admit(2)
    assert [places.holder(shard) for shard in range(3)] == [None, None, 2]
