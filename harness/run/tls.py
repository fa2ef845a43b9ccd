"""Whether Ray is told to encrypt, and whether what it needs for that is there.

May import ``errors``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.errors import reason_of

SWITCH = "RAY_USE_TLS"
FILES = ("RAY_TLS_SERVER_CERT", "RAY_TLS_SERVER_KEY", "RAY_TLS_CA_CERT")


@dataclass(frozen=True, kw_only=True)
class TlsSettings:
    """``used``: Ray encrypts. ``named`` are the variables of its files that are set.

    ``faults`` say of each other one, or of its file, what is wrong.
    """

    used: bool
    named: tuple[str, ...]
    faults: tuple[str, ...]


def tls_settings(inherited: Mapping[str, str]) -> TlsSettings:
    """Return what the environment tells Ray of TLS."""
    used = inherited.get(SWITCH, "").strip().lower() in ("1", "true")
    faults = (_fault(name, inherited.get(name, "")) for name in FILES)
    return TlsSettings(
        used=used,
        named=tuple(name for name in FILES if inherited.get(name)),
        faults=tuple(filter(None, faults)),
    )


def _fault(name: str, file: str) -> str:
    if not file:
        return f"{name} is not set"
    try:
        with Path(file).open("rb") as stream:
            return "" if stream.read(1) else f"the file in {name} is empty"
    except OSError as error:
        return f"the file in {name} cannot be read: {reason_of(error)}"
