import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import BadRequest
from harness.run import address as module
from harness.run.address import (
    FRAME_HEADER_BYTES,
    ClusterAddress,
    named_cluster,
    reached,
)
from tests.listeners import GREETING, a_listener


@pytest.fixture
def deaf() -> Iterator[str]:
    """Return an address at which nothing listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{bound.getsockname()[1]}"


@pytest.mark.parametrize(
    ("typed", "variable", "right"),
    [
        ("a:1", "b:2", ClusterAddress("a:1")),
        ("", "b:2", ClusterAddress("b:2", "RAY_ADDRESS")),
        ("", " b:2 ", ClusterAddress("b:2", "RAY_ADDRESS")),
        ("", "local", ClusterAddress("", "RAY_ADDRESS")),
        ("local", "b:2", ClusterAddress("")),
        ("", "", ClusterAddress("", "RAY_ADDRESS")),
    ],
)
def test_the_option_goes_before_the_variable(
    typed: str, variable: str, right: ClusterAddress
) -> None:
    assert named_cluster(typed, {"RAY_ADDRESS": variable}) == right


def test_an_address_where_a_cluster_answers_is_reached() -> None:
    with a_listener() as address:
        assert reached(ClusterAddress(address), {}) == address


def test_the_cluster_that_was_started_last_is_the_one_that_auto_means(tmp_path: Path) -> None:
    (tmp_path / "ray").mkdir()
    with a_listener() as address:
        (tmp_path / "ray" / "ray_current_cluster").write_text(f"{address}\n")
        assert reached(ClusterAddress("auto"), {"RAY_TMPDIR": str(tmp_path)}) == address


def test_where_the_one_started_last_is_gone_auto_means_the_one_that_runs(
    tmp_path: Path, deaf: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text(deaf)
    with a_listener() as address:
        monkeypatch.setattr(module, "_any_running", lambda: address)
        assert reached(ClusterAddress("auto"), {"RAY_TMPDIR": str(tmp_path)}) == address


def test_an_address_that_was_noted_and_is_stale_is_named_with_the_variable(
    tmp_path: Path, deaf: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_any_running", str)
    (tmp_path / "ray").mkdir()
    (tmp_path / "ray" / "ray_current_cluster").write_text(deaf)
    with pytest.raises(BadRequest) as refused:
        reached(ClusterAddress("auto", "RAY_ADDRESS"), {"RAY_TMPDIR": str(tmp_path)})
    assert refused.value.sentence == (
        f"RAY_ADDRESS=auto finds no cluster on this machine; {deaf}, which Ray has noted,"
        " does not answer"
    )


def test_a_name_that_nobody_looks_up_in_time_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REACH_WITHIN_S", 0.2)
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait())
    with pytest.raises(BadRequest, match=r"no cluster answers at 'head:1': .* heard for 0.2 s"):
        reached(ClusterAddress("head:1"), {})
    over.set()


NO_FORM = "{} is not an address of the form host:port"
NO_CLUSTER = "no cluster answers at {}: "
REFUSALS = {
    "127.0.0.1": NO_FORM,
    ":6379": NO_FORM,
    "head:ray": NO_FORM,
    "a:b:1": NO_FORM,
    "anyscale://cluster": NO_FORM,
    "x\x1b[2J": NO_FORM,
    "ray://head:10001": "{} is a Ray Client address",
    "http://127.0.0.1:8265": "{} is the address of a dashboard",
    "https://head:1": "{} is the address of a dashboard",
    "nobody": NO_CLUSTER,
    "127.0.0.1:99999": NO_CLUSTER,
    "10..0.1:6379": NO_CLUSTER,
    "x" * 70 + ":6379": NO_CLUSTER,
    "::1": NO_FORM,
    "[::1]:1": NO_CLUSTER,
    "no.such.host.invalid:6379": NO_CLUSTER,
    "auto": "{} finds no cluster",
}


@pytest.mark.parametrize(("address", "sentence"), REFUSALS.items(), ids=REFUSALS.keys())
@pytest.mark.parametrize("named_by", ["--address", "RAY_ADDRESS"])
def test_an_address_that_is_none_is_refused_in_the_name_of_what_named_it(
    address: str,
    sentence: str,
    named_by: str,
    deaf: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_any_running", str)
    typed = deaf if address == "nobody" else address
    with pytest.raises(BadRequest) as refused:
        reached(ClusterAddress(typed, named_by), {"RAY_TMPDIR": str(tmp_path)})
    shown = typed.replace("\x1b[2J", "")
    named = repr(shown) if named_by == "--address" else f"RAY_ADDRESS={shown}"
    assert refused.value.sentence.startswith(sentence.format(named))
    way_out = "leave --address out" if named_by == "--address" else "unset RAY_ADDRESS"
    assert f"{way_out} for a cluster on this machine alone" in refused.value.hint


@pytest.mark.parametrize(
    "says", [b"", b"+PONG\r\n", b"HTTP/1.1 400 Bad Request\r\n\r\n", GREETING[:-1]]
)
def test_what_does_not_speak_as_a_cluster_does_is_none(
    says: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "REACH_WITHIN_S", 0.3)
    with (
        a_listener(says) as address,
        pytest.raises(BadRequest, match=f"what answers at '{address}' is no Ray cluster"),
    ):
        reached(ClusterAddress(address), {})


def test_a_cluster_that_encrypts_is_left_to_ray() -> None:
    with a_listener(b"") as address:
        assert reached(ClusterAddress(address), {"RAY_USE_TLS": "1"}) == address


def test_a_greeting_is_as_long_as_the_header_of_a_frame() -> None:
    assert len(GREETING) == FRAME_HEADER_BYTES
