import re
import socket

import pytest

from harness.errors import BadRequest
from harness.run.address import VARIABLE, require_reachable


@pytest.mark.parametrize("address", ["", "auto"])
def test_ray_itself_finds_a_cluster_that_is_not_named(address: str) -> None:
    require_reachable(address)


def test_an_address_where_something_listens_is_reachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        require_reachable(f"127.0.0.1:{server.getsockname()[1]}")


def test_an_address_where_nothing_listens_is_refused() -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{deaf.getsockname()[1]}"
        with pytest.raises(BadRequest, match=re.escape(f"no cluster answers at {address!r}")):
            require_reachable(address)


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("ray://127.0.0.1:10001", "'ray://127.0.0.1:10001' is a Ray Client address"),
        ("127.0.0.1", "'127.0.0.1' is not an address of the form host:port"),
        (":6379", "':6379' is not an address"),
        ("head:ray", "'head:ray' is not an address"),
        ("127.0.0.1:99999", "no cluster answers at '127.0.0.1:99999'"),
        ("10..0.1:6379", "no cluster answers at '10..0.1:6379'"),
        ("x" * 70 + ":6379", "no cluster answers at "),
    ],
)
def test_an_address_that_is_none_is_refused(address: str, sentence: str) -> None:
    with pytest.raises(BadRequest) as refused:
        require_reachable(address)
    assert refused.value.sentence.startswith(sentence)


@pytest.mark.parametrize("address", ["http://127.0.0.1:8265", "head", "127.0.0.1:1"])
def test_an_address_of_the_environment_is_refused_by_the_name_of_its_variable(address: str) -> None:
    with pytest.raises(BadRequest) as refused:
        require_reachable(address, VARIABLE)
    assert f"RAY_ADDRESS={address}" in refused.value.sentence
    assert "--address" not in refused.value.hint
    assert "unset RAY_ADDRESS" in refused.value.hint
