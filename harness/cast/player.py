"""The player of recordings inside a page: asciinema-player, from the package that ships it.

Also what such a page may do, and a recording as such a page holds it. May import ``cast``,
``errors`` and ``text``.
"""

import base64
import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from importlib import resources

from harness import text
from harness.cast.format import MARKER, Cast, encode
from harness.cast.markers import HEADLINE
from harness.errors import BadRequest

CREDIT = (
    "Played by asciinema-player, by Marcin Kulik and contributors, under the Apache License,"
    " version 2.0; changed in its spelling only: slashes and control characters are written as"
    " escapes."
)

_PACKAGE = "mkdocs_asciinema_player"
_POSTER_AFTER_S = 1.0
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
_SECOND_SLASH = re.compile("(?<=/)/")


@dataclass(frozen=True)
class Player:
    """The player's script and style sheet, without addresses and comments."""

    script: str
    style: str


def load_player() -> Player:
    """Return the player; raise ``BadRequest`` if it is not installed."""
    try:
        assets = resources.files(_PACKAGE) / "assets"
        script = (assets / "asciinema-player.min.js").read_text(encoding="utf-8")
        style = (assets / "asciinema-player.css").read_text(encoding="utf-8")
    except (ModuleNotFoundError, OSError) as error:
        raise BadRequest(
            "asciinema-player is not installed, which plays a recording in a page",
            "pip install 'mkdocs-asciinema-player==1.2.*'",
        ) from error
    return Player(_without_addresses(script), _COMMENT.sub("", style))


@lru_cache(maxsize=1)
def _without_addresses(script: str) -> str:
    """Return a minified script that does the same and contains no address.

    Two slashes in a row occur only in its strings, where an escaped slash is a slash: in names of
    namespaces and in base64. Its two comments link to a licence, which the page names in words.
    """
    bare = _COMMENT.sub("", script).strip()
    return _CONTROL.sub(lambda match: f"\\x{ord(match[0]):02x}", _SECOND_SLASH.sub(r"\\/", bare))


def content_policy(scripts: Iterable[str], style: str) -> str:
    """Return a content security policy that allows only what the page itself contains.

    The player's terminal is WebAssembly, which needs a permission of its own. Styles that the
    player sets from its script need none, nor does the recording, which is not a script.
    """
    directives = (
        "default-src 'none'",
        f"script-src {' '.join(map(_source_hash, scripts))} 'wasm-unsafe-eval'",
        f"style-src {_source_hash(style)}",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    )
    return "; ".join(directives)


def _source_hash(content: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(content.encode()).digest()).decode()}'"


def poster_at(cast: Cast) -> float:
    """Return the moment that is shown before playing: the headline, else the last second."""
    headline = cast.marker_at(HEADLINE)
    if headline is None:
        return max(0.0, cast.duration_s - _POSTER_AFTER_S)
    return min(headline + _POSTER_AFTER_S, cast.duration_s)


def pack(cast: Cast) -> str:
    """Return the recording with printable labels, compressed, in the base64 without slashes."""
    events = tuple(
        event._replace(text=text.printable(event.text)) if event.code == MARKER else event
        for event in cast.events
    )
    packed = gzip.compress(encode(replace(cast, events=events)), mtime=0)
    return base64.urlsafe_b64encode(packed).decode()
