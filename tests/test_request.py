import re
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.request import MOST_WORKERS, PRETEND_WORKERS, Asked, Request, request
from harness.errors import BadRequest
from harness.model import Schedule
from harness.run.host import usable_cores
from tests.builders import a_workload_file

CORES = len(usable_cores())
TYPED = Asked(
    workload="rehearsal",
    workers=None,
    cores_per_worker=1,
    baseline_cores="",
    schedule="in-turn",
    trials=1,
    settings=(),
    address="",
    prices=None,
)


@pytest.fixture(autouse=True)
def no_cluster_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture
def measured(tmp_path: Path) -> str:
    """Return a workload that computes, as far as a request can tell."""
    return a_workload_file(tmp_path, "fields['simulated'] = False")


def requested(**changes: Any) -> Request:
    return request(replace(TYPED, **changes))


def refused(**changes: Any) -> BadRequest:
    with pytest.raises(BadRequest) as error:
        requested(**changes)
    return error.value


def test_a_request_carries_what_was_typed() -> None:
    asked = requested(workers=3, trials=4, schedule="together", settings=("chunks=7",))
    assert (asked.spec.workers, asked.spec.trials, asked.spec.schedule) == (3, 4, Schedule.TOGETHER)
    assert asked.spec.params["chunks"] == 7
    assert asked.spec.workload.name == "rehearsal"


def test_a_rehearsal_pretends_some_workers() -> None:
    asked = requested()
    assert (asked.spec.workers, asked.simulated, asked.allotment.workers) == (PRETEND_WORKERS, True, ())


def test_a_measured_race_uses_every_core(measured: str) -> None:
    asked = requested(workload=measured)
    assert (asked.spec.workers, asked.simulated) == (CORES, False)
    assert sorted(core for share in asked.allotment.workers for core in share) == sorted(usable_cores())


def test_wide_workers_are_fewer(measured: str) -> None:
    asked = requested(workload=measured, cores_per_worker=CORES)
    assert asked.spec.workers == 1


def test_a_baseline_is_as_wide_as_a_worker(measured: str) -> None:
    assert requested(workload=measured, cores_per_worker=CORES).spec.baseline_cores == CORES


@pytest.mark.parametrize(("typed", "cores"), [("1", 1), ("all", CORES)])
def test_a_baseline_can_be_given_cores(measured: str, typed: str, cores: int) -> None:
    asked = requested(workload=measured, baseline_cores=typed)
    assert asked.spec.baseline_cores == len(asked.allotment.baseline) == cores


@pytest.mark.parametrize("typed", ["0", "-1", "some", "1.5", "²"])
def test_a_baseline_cannot_be_given_anything_else(typed: str) -> None:
    assert refused(baseline_cores=typed).sentence == f"--baseline-cores {typed} is neither a number of cores nor all"


def test_more_workers_than_cores_are_refused(measured: str) -> None:
    assert refused(workload=measured, workers=CORES + 1).hint == f"use --workers {CORES} or fewer"


def test_more_workers_than_a_panel_can_follow_are_refused() -> None:
    assert refused(workers=MOST_WORKERS + 1).sentence == "10,001 workers are more than the panel can follow"


def test_a_rehearsal_needs_no_cluster() -> None:
    asked = requested(address="ray://nowhere:1")
    assert (asked.address, asked.spec.joined_cluster) == ("", False)


@pytest.fixture
def listener() -> Any:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


def test_a_cluster_that_listens_is_joined(measured: str, listener: str) -> None:
    asked = requested(workload=measured, workers=64, address=listener)
    assert (asked.address, asked.spec.joined_cluster, asked.allotment.workers) == (listener, True, ())


def test_the_environment_can_name_the_cluster(measured: str, listener: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", listener)
    assert requested(workload=measured, workers=64).address == listener


def test_an_option_goes_before_the_environment(measured: str, listener: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "nowhere:1")
    assert requested(workload=measured, workers=64, address=listener).address == listener


def test_local_is_no_cluster(measured: str) -> None:
    assert not requested(workload=measured, address="local").spec.joined_cluster


def test_the_size_of_a_cluster_is_not_guessed(measured: str, listener: str) -> None:
    assert refused(workload=measured, address=listener).hint == "add --workers N"


def test_a_cluster_behind_a_proxy_is_refused(measured: str) -> None:
    assert "Ray Client address" in refused(workload=measured, workers=2, address="ray://head:10001").sentence


def test_a_workload_that_is_not_there_is_refused() -> None:
    assert refused(workload="rehersal").hint == "did you mean rehearsal?"


def test_a_setting_that_makes_no_sense_is_refused() -> None:
    assert re.search(r"seconds=-1.* is not between 0 and 3600", refused(settings=("seconds=-1",)).sentence)


def test_prices_are_read_before_anything_else(tmp_path: Path) -> None:
    assert refused(prices=tmp_path / "none.toml", workload="rehersal").sentence.startswith("cannot read the prices")
