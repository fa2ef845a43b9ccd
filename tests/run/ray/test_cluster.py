import os
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness.model import Process
from harness.run.host import host_key
from harness.run.processes import cpu_seconds_with_children
from tests.builders import a_process

# Ray is imported within: every process that runs tests reads this file, and few need Ray.


def test_arrays_take_their_bytes_in_the_store_and_files_none(tmp_path: Path) -> None:
    from harness.run.ray.cluster import bytes_in_store

    (tmp_path / "text").write_bytes(b"x" * 1_000_000)
    array = np.zeros(1_000_000, np.uint8)
    assert bytes_in_store(tmp_path / "text") < 1_000
    assert 1_000_000 <= bytes_in_store((array, "x" * 1_000, tmp_path / "text")) < 1_003_000


def a_cluster_whose_workers_are_busy(monkeypatch: pytest.MonkeyPatch, *processes: Process) -> Any:
    """Return a cluster of which no worker ever answers; ``ended`` are the places that it ends."""
    from ray.exceptions import GetTimeoutError

    from harness.run.ray.cluster import Cluster
    from harness.run.ray.spares import Spares

    def get(*_: object, timeout: float) -> None:
        raise GetTimeoutError

    class Watched(Cluster):
        def __init__(self) -> None:
            self.actors = [SimpleNamespace(usage=asked) for _ in processes]
            self.processes, self.spares = [*processes], Spares(lambda _: None, ())
            self.ended: list[int] = []

        def end(self, place: int) -> None:
            self.ended.append(place)

    asked = SimpleNamespace(remote=lambda: None)
    monkeypatch.setattr("ray.get", get)
    return Watched()


def test_what_a_busy_worker_has_used_is_read_from_the_system_where_that_is_this_host(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    process = replace(a_process("w0"), pid=os.getpid(), host=host_key())
    cluster = a_cluster_whose_workers_are_busy(monkeypatch, process)
    before_s = cpu_seconds_with_children(os.getpid())
    ((cpu_s, resident_bytes),) = cluster.usage(0).values()
    assert before_s <= cpu_s <= cpu_seconds_with_children(os.getpid())
    assert resident_bytes > 1_000_000
    assert cluster.ended == []


def test_a_worker_elsewhere_that_does_not_answer_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    process = replace(a_process("w0"), host="another host")
    cluster = a_cluster_whose_workers_are_busy(monkeypatch, process)
    assert (cluster.usage(0), cluster.ended) == ({}, [0])
