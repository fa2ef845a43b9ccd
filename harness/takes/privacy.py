"""What a take must not tell when it is published: where somebody's home is, who they are, machines, addresses, keys.

Pure functions of bytes. Digests, versions and drawings are full of digits and are not taken for any of these; what
is found is never repeated, only where it stands and how it begins. Imports the standard library only.
"""

import base64
import binascii
import ipaddress
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

LARGEST_UNPACKED_BYTES = 50_000_000
MOST_LEAKS = 50

# Names that are words of their own, too: alone they tell of nobody, so that they count only where a name must stand.
_ORDINARY = re.compile(
    r"admin|arch|baseline|build(er)?|ci|cluster|computer|container|debian|default|demo|desktop|dev|docker|fedora|guest|head|home|host|kernel"
    r"|laptop|linux|localhost|mac|machine|main|master|mint|model|nobody|node|notebook|pc|pi|python|ray|root|runner|screen|server|speed|system"
    r"|test(er|s)?|train|ubuntu|user|vagrant|vm|work(er|ers|station)?",
    re.IGNORECASE,
)
_SHORTEST_NAME = 4


class Kind(StrEnum):
    """What may be told."""

    HOME = "a home folder"
    USER = "the user's name"
    HOST = "this machine's name"
    MAIL = "an e-mail address"
    ADDRESS = "a network address"
    KEY = "a key or token"


@dataclass(frozen=True)
class Identity:
    """Who must not be told: the home folder, the user's name, this machine's name. Empty ones are not looked for."""

    home: str = ""
    user: str = ""
    host: str = ""


@dataclass(frozen=True)
class Leak:
    """Something that a file tells: what it is, on which line (None: it is packed, or was drawn), and how it begins."""

    kind: Kind
    masked: str
    line: int | None = None


@dataclass(frozen=True)
class _View:
    """A text to be looked through. ``code`` is a program's, in which only keys of an unmistakable form and known names are looked for."""

    text: str
    code: bool = False
    counted: bool = True


Found = Iterator[tuple[Kind, str, int]]

_WORD = r"(?<![\w.-])"
_HOMES = re.compile(
    _WORD + r"(?:/(?:home|Users)/(?!Shared\b)[\w.-]+|[A-Za-z]:\\{1,2}Users\\{1,2}[\w.-]+)"
)
_MAIL = re.compile(
    r"(?<![\w.+-])(?!git@)[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.(?!example\b|invalid\b|test\b|local\b)[A-Za-z]{2,}\b"
)
_IPV4 = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)")
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[23][0-9a-f]{3}|fe[89ab][0-9a-f]|f[cd][0-9a-f]{2}):[0-9a-f:.]+(?![\w:])",
    re.IGNORECASE,
)
_SHAPES = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"
    r"|\b(?=[Aeghnpsx])(?:(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"
    r"|gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}"
    r"|eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{8,}"
    r"|xox[a-z]-[A-Za-z0-9-]{10,}|glpat-[\w-]{16,}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}|pypi-[\w-]{40,}"
    r"|AIza[\w-]{35}\b|sk-[\w-]{20,}|sk_(?:live|test)_[A-Za-z0-9]{16,})"
)
_KEY_WORDS = ("pass", "secret", "token", "key", "credential", "authorization")
_ASSIGNED = re.compile(
    r"(?<![A-Za-z])(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?|authorization)"
    r"(?!\w{0,40}(?:sha|digest|hash))[\w-]{0,40}[\"']?\s*[=:]\s*[\"']?(?:(?:Bearer|Basic)\s+)?([^\s\"'`,;<>(){}\[\]]{8,})",
    re.IGNORECASE,
)
_IN_A_LINK = re.compile(
    r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@\"']{1,100}:([^\s/@\"']{1,200})@", re.IGNORECASE
)
_DENSE = re.compile(r"(?<![\w+/=-])(?!sha\d{3}-|nonce-)[\w+-]{24,200}(?![\w+/-])", re.ASCII)
_HEX = re.compile(r"(?:0[xX])?[0-9a-fA-F-]+")
_MARKS = re.compile(r"[_+-]")
_VERSION_BEFORE = re.compile(
    r"(?:\bversion[\s:=\"']*|\brelease[\s:=]*|[=<>~!]=\s*|[a-z][-/]|\b(?:open|c)?blas\W*|\b(?:mkl|blis|numpy|scipy|ray|python|torch|linux)[\s\"':=]*)$",
    re.IGNORECASE,
)

_PAINT = re.compile(r"\x1b\[[0-9;:]*m")
_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?"
)
_GEOMETRY = re.compile(r"\s(?:d|points|transform|viewBox|stroke-dasharray)=(?:\"[^\"]*\"|'[^']*')")
_PROGRAM = re.compile(r"<(script|style)\b[^<>]*>", re.IGNORECASE)
_PACKED = re.compile(
    r"[\w+/-]{200,}={0,2}", re.ASCII
)  # in either alphabet of base64: with + and /, or with - and _
_ONE_ALPHABET = str.maketrans("-_", "+/")


def scan(name: str, content: bytes, identity: Identity) -> tuple[Leak, ...]:
    """Return what a file of that name tells, each thing once, where it is told first; at most ``MOST_LEAKS``."""
    leaks: dict[tuple[Kind, str], Leak] = {}
    for view in _views(name, content.decode(errors="replace")):
        for kind, secret, place in _told(view, identity):
            if (kind, secret) not in leaks:
                leaks[kind, secret] = Leak(
                    kind,
                    _masked(secret),
                    view.text.count("\n", 0, place) + 1 if view.counted else None,
                )
            if len(leaks) >= MOST_LEAKS:
                return tuple(leaks.values())
    return tuple(leaks.values())


def _masked(secret: str) -> str:
    """Return how a secret begins: enough to find it by, too little to use it or to guess it."""
    return f"{secret[: min(4, len(secret) // 4)]}***"


def _views(name: str, text: str) -> Iterator[_View]:
    """Yield what is to be looked through in a file of that name."""
    match name.rpartition(".")[2].lower():
        case "cast":
            yield _View(text.partition("\n")[0])
            yield _View(_drawn(text), counted=False)
        case "svg":
            yield _View(_GEOMETRY.sub(" ", text))
        case "html" | "htm":
            yield from _page(text)
        case _:
            yield _View(text)


def _page(text: str) -> Iterator[_View]:
    """Yield a page's own text, its programs and styles, and the recordings that are packed into it."""
    packed = {
        found[0]: inside for found in _PACKED.finditer(text) if (inside := _unpacked(found[0]))
    }
    words, programs = _apart(
        _PACKED.sub(lambda found: " " if found[0] in packed else found[0], text)
    )
    yield _View(_GEOMETRY.sub(" ", words))
    yield _View(programs, code=True, counted=False)
    for inside in packed.values():
        yield _View(inside.partition("\n")[0], counted=False)
        yield _View(_drawn(inside), counted=False)


def _apart(page: str) -> tuple[str, str]:
    """Return a page's own text, with as many lines as the page has, and its programs and styles."""
    words, programs, after = [], [], 0
    while (begun := _PROGRAM.search(page, after)) is not None:
        words.append(page[after : begun.start()])
        ends = page.find(f"</{begun[1]}", begun.end())
        after = ends if ends >= 0 else len(page)
        programs.append(page[begun.end() : after])
        words.append("\n" * programs[-1].count("\n"))
    return "".join([*words, page[after:]]), "\n".join(programs)


def _unpacked(packed: str) -> str:
    """Return the text in base64, compressed or not; empty for anything else, such as a font or a picture."""
    try:
        content = base64.b64decode(packed.translate(_ONE_ALPHABET) + "=" * (-len(packed) % 4))
        if content[:2] == b"\x1f\x8b":
            content = zlib.decompressobj(wbits=31).decompress(content, LARGEST_UNPACKED_BYTES)
        return content.decode()
    except (binascii.Error, zlib.error, ValueError):
        return ""


def _drawn(cast: str) -> str:
    """Return each line that a recording's terminal was sent, once: paint is taken off, and where the cursor jumps is a space."""
    sent = "".join(map(_sent, cast.splitlines()[1:]))
    lines = _ESCAPE.sub(" ", _PAINT.sub("", sent)).splitlines()
    return "\n".join(dict.fromkeys(lines))


def _sent(line: str) -> str:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return line
    return str(event[2]) if isinstance(event, list) and len(event) == 3 else line


def _told(view: _View, identity: Identity) -> Found:
    """Yield everything that a text tells, with its place. What cannot be there is not searched for: that takes most of the time."""
    text, lowered = view.text, view.text.lower()
    if "/home/" in text or "users" in lowered or (identity.home and identity.home in text):
        yield from _homes(text, identity.home.rstrip("/"))
    if identity.user and identity.user.lower() in lowered:
        yield from _user(text, identity.user)
    if (host := identity.host.partition(".")[0]) and host.lower() in lowered:
        yield from _host(text, host)
    yield from _matches(Kind.KEY, _SHAPES, text)
    if not view.code:
        yield from _addresses(text)
        yield from _keys(text, lowered)


def _matches(kind: Kind, pattern: re.Pattern[str], text: str) -> Found:
    return ((kind, found[0], found.start()) for found in pattern.finditer(text))


def _homes(text: str, own: str) -> Found:
    yield from _matches(Kind.HOME, _HOMES, text)
    if own:
        yield from _matches(Kind.HOME, re.compile(rf"{_WORD}{re.escape(own)}(?![\w-])"), text)


# An ordinary word is a name only where nothing but a name can stand.


def _user(text: str, user: str) -> Found:
    name, slashed = (
        re.escape(user),
        rf"|(?<=/)(?<!/home/)(?<!/Users/){re.escape(user)}(?=/)" if _telling(user) else "",
    )
    assigned = rf"(?<![A-Za-z])(?:user|username|login|logname)[\"']?\s*[=:]\s*[\"']?{name}\b"
    return _matches(
        Kind.USER, re.compile(rf"{_WORD}{name}@[\w-]+|{assigned}{slashed}", re.IGNORECASE), text
    )


def _host(text: str, host: str) -> Found:
    name = re.escape(host)
    alone = rf"|{_WORD}{name}(?![\w-])" if _telling(host) else ""
    domain = rf"{_WORD}{name}\.(?:local|lan|home|internal|localdomain)\b"
    return _matches(
        Kind.HOST, re.compile(rf"[\w-]@{name}(?![\w-])|{domain}{alone}", re.IGNORECASE), text
    )


def _telling(name: str) -> bool:
    return len(name) >= _SHORTEST_NAME and not _ORDINARY.fullmatch(name)


def _addresses(text: str) -> Found:
    """Yield addresses of people and machines. A version of four parts looks like one, but says so, or begins with a zero."""
    if "@" in text:
        yield from _matches(Kind.MAIL, _MAIL, text)
    for kind, written, place in _matches(Kind.ADDRESS, _IPV4, text):
        if _is_machine(written) and not _VERSION_BEFORE.search(text, max(0, place - 24), place):
            yield kind, written, place
    yield from (found for found in _matches(Kind.ADDRESS, _IPV6, text) if _is_machine(found[1]))


def _is_machine(written: str) -> bool:
    """Tell whether this is the address of one machine, and of another than oneself."""
    try:
        address = ipaddress.ip_address(written.rstrip(":."))
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address):
        return 0 < address.packed[0] < 240 and not address.is_loopback
    return not address.is_loopback


def _keys(text: str, lowered: str) -> Found:
    """Yield what is given as a key, and what looks like nothing else."""
    if any(word in lowered for word in _KEY_WORDS):
        yield from (
            (Kind.KEY, found[1], found.start(1))
            for found in _ASSIGNED.finditer(text)
            if _mixed(found[1])
        )
    if "://" in text:
        yield from ((Kind.KEY, found[1], found.start(1)) for found in _IN_A_LINK.finditer(text))
    yield from (found for found in _matches(Kind.KEY, _DENSE, text) if _random(found[1]))


def _mixed(word: str) -> bool:
    return any(mark.isdigit() for mark in word) and any(mark.isalpha() for mark in word)


def _random(word: str) -> bool:
    """Tell whether a word is as disordered as a key: no digest, which is all hexadecimal, and no name, which keeps to its letters.

    Keys change between upper, lower and digit at more than every other place, or between letter and digit at two
    of five, and hold few marks; names of programs change more rarely, or are put together with many.
    """
    letters = _MARKS.sub("", word)
    if _HEX.fullmatch(word) or len(word) - len(letters) > len(word) / 12 or _entropy(letters) < 3.6:
        return False
    if all(sum(map(kind, letters)) >= 3 for kind in (str.isdigit, str.isupper, str.islower)):
        return _changes([(mark.isdigit(), mark.isupper()) for mark in letters]) >= 0.42
    return len(letters) >= 32 and _changes([mark.isdigit() for mark in letters]) >= 0.3


def _changes(kinds: Sequence[object]) -> float:
    """Return at which part of all places a letter is of another kind than the one before."""
    return sum(one != other for one, other in pairwise(kinds)) / (len(kinds) - 1)


def _entropy(word: str) -> float:
    """Return Shannon's entropy of a word's letters, in bits a letter."""
    return -sum(
        count / len(word) * math.log2(count / len(word)) for count in Counter(word).values()
    )
