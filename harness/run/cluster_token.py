"""The token that keeps strangers out of a cluster: where Ray finds it, and whether it is sent.

A cluster that another machine can reach, and that asks nobody for a token, runs the code of
whoever reaches it. May import ``errors``, ``text`` and ``run``.
"""

import re
import socket
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path

from harness.errors import BadRequest, reason_of
from harness.run.arming import off_loopback
from harness.run.home import home_folder
from harness.text import printable

MODE, TOKEN, TOKEN_PATH = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"
SENDS = "token"
DEFAULT_FILE = Path(".ray", "auth_token")
FIRST_RAY_WITH_TOKENS = (2, 52)
MOST_TOKEN_BYTES = 1 << 16
SET_BOTH = f"set {MODE}=token, and {TOKEN} or {TOKEN_PATH}, as they are on the cluster's machines"
JOIN_ANYWAY = "--insecure joins it all the same"


class TokenState(StrEnum):
    """Whether this program sends a token when it joins a cluster, or why not."""

    SENT = "sent"
    SWITCHED_OFF = "switched off"
    MISSING = "missing"
    UNSUPPORTED = "unsupported"


def token_state(inherited: Mapping[str, str], ray_version: str) -> TokenState:
    """Return whether Ray of this version sends a token (an empty version: unknown, a new one).

    One that is there is sent, unless ``RAY_AUTH_MODE`` says otherwise. Raises ``BadRequest`` for a
    mode that needs a token where there is none, and for a token's file that cannot be read.
    """
    if has_no_tokens(ray_version):
        return TokenState.UNSUPPORTED
    mode = inherited.get(MODE, "").strip().lower()
    if mode not in ("", SENDS):
        return TokenState.SWITCHED_OFF
    if read_token(inherited):
        return TokenState.SENT
    if mode:
        raise BadRequest(f"{MODE} is token, and there is no token", SET_BOTH)
    return TokenState.MISSING


def require_private(address: str, inherited: Mapping[str, str], *, insecure: bool) -> bool:
    """Return whether a cluster that other machines can reach is joined without a token.

    That is done only where it was asked for (``insecure``). Raises ``BadRequest`` elsewhere.
    """
    ray_version = installed_ray()
    state = token_state(inherited, ray_version)
    if state is TokenState.SENT or is_on_loopback(address):
        return False
    if insecure:
        return True
    shown = repr(printable(address))
    exposed = f"no token keeps others out of the cluster at {shown}"
    if state is TokenState.UNSUPPORTED:
        raise BadRequest(
            f"{exposed}: Ray {ray_version} has none",
            f"use Ray {FIRST_RAY_WITH_TOKENS[0]}.{FIRST_RAY_WITH_TOKENS[1]} or later with a token;"
            f" {JOIN_ANYWAY}",
        )
    if state is TokenState.SWITCHED_OFF:
        raise BadRequest(
            f"{exposed}: {MODE} is {printable(inherited[MODE])}", f"{SET_BOTH}; {JOIN_ANYWAY}"
        )
    raise BadRequest(f"{exposed}, and other machines can reach it", f"{SET_BOTH}; {JOIN_ANYWAY}")


def with_token_sent(inherited: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of who joins a cluster: a token that is there is sent.

    Ray sends one by itself only to a cluster that it has found itself.
    """
    state = token_state(inherited, installed_ray())
    mode = {MODE: SENDS} if state is TokenState.SENT else {}
    return dict(inherited) | mode


def read_token(inherited: Mapping[str, str]) -> str:
    """Return the token, from where Ray looks for it, in that order; empty if there is none."""
    if token := inherited.get(TOKEN, "").strip():
        return token
    if named := inherited.get(TOKEN_PATH, ""):
        return _token_in(Path(named), f"{TOKEN_PATH}={printable(named)}")
    home = home_folder()
    file = home / DEFAULT_FILE if home else None
    return _token_in(file, f"the token's file ~/{DEFAULT_FILE}") if file and file.exists() else ""


def is_on_loopback(address: str) -> bool:
    """Return whether a host:port is on this machine's loopback interface, whatever its name."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        places = {str(found[4][0]) for found in socket.getaddrinfo(host, None)}
    except (OSError, UnicodeError):
        return False
    return not off_loopback(places)


def installed_ray() -> str:
    """Return the version of Ray that is installed here; empty if none is, or it is not known."""
    # it loads a parser of mail, which the start of a race that joins no cluster does without
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("ray")
    except PackageNotFoundError:
        return ""


def has_no_tokens(ray_version: str) -> bool:
    """Return whether a version of Ray is older than tokens (an empty one: it is not known)."""
    release = tuple(int(number) for number in re.findall(r"\d+", ray_version)[:2])
    return bool(release) and release < FIRST_RAY_WITH_TOKENS


def _token_in(file: Path, name: str) -> str:
    try:
        with file.open("rb") as stream:
            token = stream.read(MOST_TOKEN_BYTES).decode(errors="replace").strip()
    except OSError as error:
        hint = f"name a file that you can read, or set {TOKEN}"
        raise BadRequest(f"{name} cannot be read: {reason_of(error)}", hint) from error
    if not token:
        raise BadRequest(f"{name} is empty", f"write the cluster's token into it, or set {TOKEN}")
    return token
