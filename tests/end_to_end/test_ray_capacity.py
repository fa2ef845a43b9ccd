"""A real race on Ray whose sides search for the largest model that their devices hold."""

from typing import Any

import pytest

from harness import events as e
from harness.model import CapacitySearch, Side, Status
from tests.racing import Raced, raced
from workloads.shard.capacity import sized
from workloads.shard.corpus import as_text
from workloads.shard.recipe import Corpus, Settings
from workloads.shard.tables import excess_bytes, split_orders

pytestmark = pytest.mark.ray

SETTINGS: dict[str, Any] = {
    "megabytes": 0.1,
    "orders": 6,
    "rows": 1 << 15,
    "batch": 4096,
    "device": "6MiB",
}


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    return raced(
        tmp_path_factory.mktemp("shard"),
        workload="shard",
        settings=tuple(f"{name}={value}" for name, value in SETTINGS.items()),
    )


def search(race: Raced, side: Side) -> CapacitySearch:
    """Return a side's search."""
    (ready,) = [event for event in race.events if isinstance(event, e.Ready) and event.side is side]
    assert ready.capacity is not None
    return ready.capacity


@pytest.mark.parametrize(("side", "devices"), [(Side.BASELINE, 1), (Side.DISTRIBUTED, 2)])
def test_the_largest_model_is_what_the_devices_have_room_for(
    race: Raced, side: Side, devices: int
) -> None:
    found = search(race, side)
    corpus = Corpus(as_text(b""), Settings(**SETTINGS).recipe)
    assert found.devices == devices
    assert found.largest is not None
    excess = [
        excess_bytes(model, split_orders(model, devices)) > 0
        for model in (sized(found.largest + more, corpus).recipe for more in (0, 1))
    ]
    assert excess == [False, True]


def test_a_worker_without_room_lives_on_and_runs_the_race(race: Raced) -> None:
    found = search(race, Side.DISTRIBUTED)
    assert not all(probe.fits for probe in found.probes)
    assert not [event for event in race.events if isinstance(event, e.Faulted)]
    assert race.results.status is Status.COMPLETE
    assert len({trial.answer_sha256 for trial in race.results.trials}) == 1


def test_the_sessions_own_model_fits_on_the_workers_and_on_no_single_device(race: Raced) -> None:
    assert search(race, Side.BASELINE).own_fits is False
    assert search(race, Side.DISTRIBUTED).own_fits is True
