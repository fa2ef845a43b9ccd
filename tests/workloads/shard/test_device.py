import subprocess
import sys

import pytest

from tests.terminals import ROOT
from workloads.shard import device

linux_only = pytest.mark.skipif(
    sys.platform != "linux",
    reason="another system has no such limit: only tables are counted there",
)
PROGRAM = """
import numpy
from workloads.shard.device import RUNTIME_BYTES, limited_memory, zeros
with limited_memory(32 << 20):
    kept = [zeros(1 << 22)]
    for attempt in (numpy.ones, lambda floats: bytearray(4 * floats)):
        try:
            attempt((32 << 20) + RUNTIME_BYTES >> 2)
            print("fits")
        except MemoryError:
            print("out of memory")
print(numpy.ones(1 << 25).size)
"""


@linux_only
def test_the_system_refuses_what_goes_beyond_a_device_whoever_asks() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.stdout.split("\n") == [*["out of memory"] * 2, str(1 << 25), ""], done.stderr


def test_tables_are_counted_to_the_byte_and_no_longer_once_they_are_freed() -> None:
    with device.limited_memory(1000):
        table = device.zeros(10, 25)
        with pytest.raises(MemoryError, match="4 bytes do not fit"):
            device.zeros(1)
        del table
        assert device.zeros(10, 25).size == 250


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_tables_are_counted_on_every_system(monkeypatch: pytest.MonkeyPatch, platform: str) -> None:
    if sys.platform == "linux":
        monkeypatch.setattr(sys, "platform", platform)
    with device.limited_memory(1000):
        kept = [device.zeros(10, 10), device.zeros(10, 15)]
        with pytest.raises(MemoryError, match="4 bytes do not fit"):
            device.zeros(1)
        assert len(kept) == 2
    assert device.zeros(10, 100).size == 1000


def test_a_new_limit_counts_from_what_is_used_then() -> None:
    device.limit_memory(1000)
    before = device.zeros(10, 25)
    with device.limited_memory(1000):
        assert device.zeros(10, 25).size == before.size
