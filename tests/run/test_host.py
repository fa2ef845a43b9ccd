import getpass
import os
import platform
import subprocess
import sys
from importlib import metadata
from itertools import permutations
from pathlib import Path
from types import SimpleNamespace

import msgspec
import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.run import host
from harness.run.host import foremost
from tests.builders import a_digest_of

ROOT = Path(__file__).parents[2]


def told_by_a_child(expression: str, **environment: str) -> str:
    """Return what an expression over ``harness.run.host`` is worth in a process of its own."""
    program = f"from harness.run import host; print({expression})"
    command = [sys.executable, "-c", program]
    return subprocess.run(
        command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_processes_on_one_machine_have_one_key() -> None:
    assert told_by_a_child("host.host_key()") == host.host_key()


def test_a_key_is_opaque() -> None:
    assert platform.node() not in host.host_key()
    assert len(host.host_key()) == 12


@pytest.mark.parametrize(
    ("listed", "cores"),
    [
        ("0", [0]),
        ("0,4\n", [0, 4]),
        ("2-3", [2, 3]),
        ("0-3", [0, 1, 2, 3]),
        ("0-1,8-9", [0, 1, 8, 9]),
    ],
)
def test_siblings_are_read_as_linux_lists_them(listed: str, cores: list[int]) -> None:
    assert host.siblings(listed) == cores


@given(st.lists(st.integers(0, 500), min_size=1, unique=True).map(sorted))
def test_any_list_of_cores_is_read_back(cores: list[int]) -> None:
    assert host.siblings(",".join(map(str, cores))) == cores


@pytest.mark.skipif(sys.platform != "linux", reason="cores can be chosen on Linux only")
def test_the_usable_cores_are_those_of_this_process_each_once() -> None:
    assert sorted(host.usable_cores()) == sorted(os.sched_getaffinity(0))


@pytest.mark.skipif(sys.platform != "linux", reason="cores can be chosen on Linux only")
def test_a_pinned_process_says_where_it_is_pinned() -> None:
    core = host.usable_cores()[-1]
    assert (
        told_by_a_child(f"host.pin(({core},)) or host.this_process('w0', '').affinity")
        == f"({core},)"
    )


def test_no_cores_leave_a_process_where_it_is() -> None:
    before = host.this_process("core", "").affinity
    host.pin(())
    assert host.this_process("core", "").affinity == before


def test_a_process_tells_of_itself() -> None:
    this = host.this_process("w3", a_digest_of("source"))
    assert (this.id, this.pid, this.nice, this.source_sha256) == (
        "w3",
        os.getpid(),
        os.nice(0),
        a_digest_of("source"),
    )


def test_threads_are_counted_from_inside() -> None:
    counted = told_by_a_child(
        "__import__('numpy') and host.numeric_threads()",
        **dict.fromkeys(host.THREAD_VARIABLES, "1"),
    )
    assert counted == "1"


def test_a_process_without_numeric_libraries_has_one_thread() -> None:
    assert told_by_a_child("host.numeric_threads()") == "1"


def test_a_host_has_no_empty_fact() -> None:
    this = host.this_host()
    assert all(
        [
            this.id,
            this.cpu_model,
            this.cores,
            this.memory_bytes,
            this.system,
            this.python,
            this.packages,
            this.blas,
        ]
    )


def test_a_host_tells_no_name_user_or_path() -> None:
    told = msgspec.json.encode(host.this_host()).decode()
    words = {word.strip('",:{}') for word in told.split()}
    assert not words & {platform.node(), getpass.getuser()}
    assert str(Path.home()) not in told


def test_a_host_names_the_versions_of_what_computes() -> None:
    versions = host.this_host().packages
    assert {"ray", "numpy"} <= set(versions)
    assert versions == {name: metadata.version(name) for name in versions}


def test_versions_are_read_from_the_first_folder_that_names_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for made in (first / "scikit_learn-1.8+a.dist-info", second / "Rich-9.1-py3.11.egg-info"):
        made.mkdir(parents=True)
    (second / "scikit_learn-1.7.dist-info").mkdir()
    monkeypatch.setattr(sys, "path", [str(tmp_path / "none.zip"), str(first), str(second)])
    assert host._versions() == {"scikit-learn": "1.8+a", "rich": "9.1"}


LIBRARIES = [
    {"filepath": "/lib/scipy.libs/libscipy_openblas-1.so", "version": "0.3.30"},
    {"filepath": "/lib/numpy.libs/libscipy_openblas64_-2.so", "version": "0.3.31"},
    {"filepath": "/lib/another.so", "version": "0.2"},
]


def test_of_several_libraries_numpys_is_named_in_whatever_order_they_load() -> None:
    assert {foremost(loaded)["version"] for loaded in permutations(LIBRARIES)} == {"0.3.31"}


def test_the_loopback_interface_is_told_apart_from_the_others() -> None:
    loopback, others = host.interfaces()
    up = sum(state.isup for state in psutil.net_if_stats().values())
    assert others == up - loopback


@pytest.mark.parametrize("flags", ["up,loopback,running", "up,loopback"])
def test_loopback_is_known_by_its_flag_whatever_its_name(
    flags: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interface_stats() -> dict[str, SimpleNamespace]:
        return {
            "back0": SimpleNamespace(isup=True, flags=flags),
            "eth0": SimpleNamespace(isup=False, flags="broadcast"),
        }

    monkeypatch.setattr(psutil, "net_if_stats", interface_stats)
    assert host.interfaces() == (True, 0)


@pytest.mark.parametrize(
    ("battery", "mains"),
    [
        (None, None),
        (SimpleNamespace(power_plugged=True), True),
        (SimpleNamespace(power_plugged=False), False),
    ],
)
def test_mains_power_is_known_where_there_is_a_battery(
    battery: object, mains: bool | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "sensors_battery", lambda: battery, raising=False)
    assert host.on_mains() is mains


def test_no_address_off_loopback_is_on_it() -> None:
    assert not any(address.startswith("127.") for address in host.addresses_off_loopback())
