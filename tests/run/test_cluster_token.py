from collections.abc import Mapping
from pathlib import Path

import pytest

from harness.errors import BadRequest
from harness.run import cluster_token as module
from harness.run.cluster_token import (
    TokenState,
    has_no_tokens,
    installed_ray,
    is_on_loopback,
    require_private,
    token_state,
    with_token_sent,
)

NEW, OLD = "2.60.0", "2.51.1"
SENDING = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": "secret"}
FAR = "10.98.0.1:6379"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return this account's home, which holds no token."""
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def with_token_in(file: Path, token: str = "secret\n") -> Path:
    """Write a token into a file."""
    file.parent.mkdir(exist_ok=True)
    file.write_text(token)
    return file


@pytest.mark.parametrize(
    ("environment", "state"),
    [
        (SENDING, TokenState.SENT),
        ({"RAY_AUTH_TOKEN": "secret"}, TokenState.SENT),
        (SENDING | {"RAY_AUTH_MODE": "TOKEN"}, TokenState.SENT),
        (SENDING | {"RAY_AUTH_MODE": "disabled"}, TokenState.SWITCHED_OFF),
        (SENDING | {"RAY_AUTH_MODE": "nonsense"}, TokenState.SWITCHED_OFF),
        ({"RAY_AUTH_TOKEN": " "}, TokenState.MISSING),
        ({}, TokenState.MISSING),
    ],
)
def test_a_token_that_is_there_is_sent_unless_it_is_switched_off(
    environment: Mapping[str, str], state: TokenState
) -> None:
    assert token_state(environment, NEW) is state


def test_a_token_is_found_in_the_home_and_in_the_file_that_is_named(home: Path) -> None:
    with_token_in(home / ".ray" / "auth_token")
    assert token_state({}, NEW) is TokenState.SENT
    (home / ".ray" / "auth_token").unlink()
    named = {"RAY_AUTH_TOKEN_PATH": str(with_token_in(home / "elsewhere"))}
    assert token_state(named, NEW) is TokenState.SENT


def test_a_token_goes_before_a_file_that_is_not_there() -> None:
    assert token_state(SENDING | {"RAY_AUTH_TOKEN_PATH": "/nowhere"}, NEW) is TokenState.SENT


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_tokens_file_that_holds_none_is_refused(content: str | None, home: Path) -> None:
    file = home / "token"
    if content is not None:
        with_token_in(file, content)
    with pytest.raises(BadRequest, match=r"RAY_AUTH_TOKEN_PATH=.*(cannot be read|is empty)"):
        token_state({"RAY_AUTH_TOKEN_PATH": str(file)}, NEW)


def test_a_mode_that_needs_a_token_is_refused_where_there_is_none() -> None:
    with pytest.raises(BadRequest, match="RAY_AUTH_MODE is token, and there is no token"):
        token_state({"RAY_AUTH_MODE": "token"}, NEW)


@pytest.mark.parametrize(
    ("version", "right"),
    [
        ("2.10.0", True),
        (OLD, True),
        ("2.52.0", False),
        (NEW, False),
        ("3.0.0rc1", False),
        ("", False),
    ],
)
def test_tokens_came_with_a_version_of_ray(version: str, right: bool) -> None:
    assert has_no_tokens(version) is right


def test_ray_is_installed_here() -> None:
    assert not has_no_tokens(installed_ray())


@pytest.mark.parametrize(
    ("address", "right"),
    [
        ("127.0.0.1:6379", True),
        ("localhost:6379", True),
        ("[::1]:6379", True),
        (FAR, False),
        ("[2001:db8::1]:6379", False),
        ("0.0.0.0:6379", False),
        ("no-such-name.invalid:6379", False),
        ("x" * 70 + ":6379", False),
    ],
)
def test_an_address_on_loopback_is_told_from_others(address: str, right: bool) -> None:
    assert is_on_loopback(address) is right


def test_a_cluster_within_reach_of_others_is_joined_with_a_token() -> None:
    assert require_private(FAR, SENDING, insecure=False) is False


def test_a_cluster_on_loopback_needs_no_token() -> None:
    assert require_private("127.0.0.1:6379", {}, insecure=True) is False


@pytest.mark.parametrize(
    ("environment", "version", "why"),
    [
        ({}, NEW, "no token keeps others out of the cluster at '10.98.0.1:6379', and other"),
        ({"RAY_AUTH_MODE": "disabled"}, NEW, "RAY_AUTH_MODE is disabled"),
        (SENDING, OLD, f"Ray {OLD} has none"),
    ],
)
def test_a_cluster_that_anybody_can_use_is_joined_only_where_that_is_spelt_out(
    environment: Mapping[str, str], version: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "installed_ray", lambda: version)
    with pytest.raises(BadRequest, match=why) as refused:
        require_private(FAR, environment, insecure=False)
    assert "--insecure" in refused.value.hint
    assert require_private(FAR, environment, insecure=True) is True


def test_who_joins_sends_a_token_that_is_there() -> None:
    assert with_token_sent({"RAY_AUTH_TOKEN": "secret"}) == SENDING
    assert with_token_sent({"A": "b"}) == {"A": "b"}
    switched_off = SENDING | {"RAY_AUTH_MODE": "disabled"}
    assert with_token_sent(switched_off) == switched_off
