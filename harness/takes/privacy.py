"""What a take must not give away when it is published: homes, people, machines, addresses, keys.

Only what is known (this user, this machine) or has a shape of its own (a home folder, an address, a
key) is looked for. A page is made from a recording, so the recording is scanned and not unpacked
from the page again. What is found is never repeated: only where it stands and how it begins.
Pure functions of bytes. Imports the standard library only.
"""

import ipaddress
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MOST_LEAKS = 50

_SHORTEST_NAME = 4
# A name that is also an ordinary word tells nothing alone: it counts only where a name must stand.
_ORDINARY = re.compile(
    r"admin|arch|baseline|build(er)?|ci|cluster|computer|container|debian|default|demo|desktop|dev"
    r"|docker|fedora|guest|head|home|host|kernel|laptop|linux|localhost|mac|machine|main|master"
    r"|mint|model|nobody|node|notebook|pc|pi|python|ray|root|runner|screen|server|speed|system"
    r"|test(er|s)?|train|ubuntu|user|vagrant|vm|work(er|ers|station)?",
    re.IGNORECASE,
)


class LeakKind(StrEnum):
    """What is given away."""

    HOME = "a home folder"
    USER = "the user's name"
    HOST = "this machine's name"
    MAIL = "an e-mail address"
    ADDRESS = "a network address"
    KEY = "a key or token"


@dataclass(frozen=True)
class Identity:
    """The home folder, user name and machine name to look for (None: not looked for)."""

    home: str | None = None
    user: str | None = None
    host: str | None = None


@dataclass(frozen=True)
class Leak:
    """Something that a file gives away, how it begins, and its line (None: a recording drew it)."""

    kind: LeakKind
    masked: str
    line: int | None = None


@dataclass(frozen=True)
class _View:
    """A text to scan. In a program (``code``) only names and shapes of keys are looked for."""

    text: str
    code: bool = False
    has_lines: bool = True


Matches = Iterator[tuple[LeakKind, str, int]]

_WORD = r"(?<![\w.-])"
_HOMES = re.compile(
    _WORD + r"(?:/(?:home|Users)/(?!Shared\b)[\w.-]+|[A-Za-z]:\\{1,2}Users\\{1,2}[\w.-]+)"
)
_MAIL = re.compile(
    r"(?<![\w.+-])(?!git@)[\w.+-]+@[\w-]+(?:\.[\w-]+)*"
    r"\.(?!example\b|invalid\b|test\b|local\b)[A-Za-z]{2,}\b"
)
_IPV4 = re.compile(r"(?<![\w.-])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)")
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[23][0-9a-f]{3}|fe[89ab][0-9a-f]|f[cd][0-9a-f]{2}):[0-9a-f:.]+(?![\w:])",
    re.IGNORECASE,
)
_VERSION_BEFORE = re.compile(
    r"(?:\bversion[\s:=\"']*|\brelease[\s:=]*|[=<>~!]=\s*|[a-z][-/]|\b(?:open|c)?blas\W*"
    r"|\b(?:mkl|blis|numpy|scipy|ray|python|torch|linux)[\s\"':=]*)$",
    re.IGNORECASE,
)
_KEYS = re.compile(
    r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----"
    r"|\b(?=[Aeghnpsx])(?:(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"
    r"|gh[oprsu]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,}"
    r"|eyJ[\w-]{8,2000}\.eyJ[\w-]{8,4000}\.[\w-]{8,}"
    r"|xox[a-z]-[A-Za-z0-9-]{10,}|glpat-[\w-]{16,}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{30,}"
    r"|pypi-[\w-]{40,}|AIza[\w-]{35}\b|sk-[\w-]{20,}|sk_(?:live|test)_[A-Za-z0-9]{16,})"
)
_ASSIGNED_KEY = re.compile(
    r"(?<![A-Za-z])(?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key"
    r"|private[_-]?key|credentials?|authorization)(?!\w{0,40}(?:sha|digest|hash))[\w-]{0,40}"
    r"[\"']?\s*[=:]\s*[\"']?(?:(?:Bearer|Basic)\s+)?([^\s\"'`,;<>(){}\[\]]{8,})",
    re.IGNORECASE,
)
_KEY_IN_URL = re.compile(
    r"\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@\"']{1,100}:([^\s/@\"']{1,200})@", re.IGNORECASE
)

_COLOUR = re.compile(r"\x1b\[[0-9;:]*m")
_ESCAPE = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[ -/]*[0-~]?"
)
_GEOMETRY = re.compile(r"\s(?:d|points|transform|viewBox|stroke-dasharray)=(?:\"[^\"]*\"|'[^']*')")
_PROGRAM = re.compile(r"<(script|style)\b[^<>]*>.*?(?:</\1|\Z)", re.IGNORECASE | re.DOTALL)


def scan(name: str, content: bytes, identity: Identity) -> tuple[Leak, ...]:
    """Return what a file gives away, each thing once, where it first stands; at most 50 things.

    The ending of ``name`` says how the file is read: as a recording, drawing, page, or plain text.
    """
    leaks: dict[tuple[LeakKind, str], Leak] = {}
    for view in _views(name, content.decode(errors="replace")):
        for kind, secret, place in _matches_in(view, identity):
            line = view.text.count("\n", 0, place) + 1 if view.has_lines else None
            leaks.setdefault((kind, secret), Leak(kind, _mask(secret), line))
            if len(leaks) == MOST_LEAKS:
                return tuple(leaks.values())
    return tuple(leaks.values())


def _mask(secret: str) -> str:
    """Return how a secret begins: enough to find it by, too little to use or guess it."""
    return f"{secret[: min(4, len(secret) // 4)]}***"


def _views(name: str, text: str) -> Iterator[_View]:
    match name.rpartition(".")[2].lower():
        case "cast":
            yield _View(text.partition("\n")[0])
            yield _View(_output_text(text), has_lines=False)
        case "svg":
            yield _View(_GEOMETRY.sub(" ", text))
        case "html" | "htm":
            prose = _PROGRAM.sub(lambda program: "\n" * program[0].count("\n"), text)
            yield _View(_GEOMETRY.sub(" ", prose))
            programs = "\n".join(program[0] for program in _PROGRAM.finditer(text))
            yield _View(programs, code=True, has_lines=False)
        case _:
            yield _View(text)


def _output_text(cast: str) -> str:
    """Return each line that a recording drew, once, without colours; cursor moves become spaces."""
    output = "".join(map(_output, cast.split("\n")[1:]))
    lines = _ESCAPE.sub(" ", _COLOUR.sub("", output)).splitlines()
    return "\n".join(dict.fromkeys(lines))


def _output(line: str) -> str:
    """Return the text of a recording's event; a damaged line as it is."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return line
    return str(event[2]) if isinstance(event, list) and len(event) == 3 else line


def _matches_in(view: _View, identity: Identity) -> Matches:
    """Yield what a text gives away with its place; cheap tests keep slow patterns from running."""
    text = view.text
    lowered = text.lower()
    if "/home/" in text or "users" in lowered:
        yield from _matches(LeakKind.HOME, _HOMES, text)
    if home := (identity.home or "").rstrip("/"):
        pattern = re.compile(rf"{_WORD}{re.escape(home)}(?![\w-])")
        yield from _matches(LeakKind.HOME, pattern, text)
    if identity.user and identity.user.lower() in lowered:
        yield from _matches(LeakKind.USER, _user_pattern(identity.user), text)
    if (host := (identity.host or "").partition(".")[0]) and host.lower() in lowered:
        yield from _matches(LeakKind.HOST, _host_pattern(host), text)
    yield from _matches(LeakKind.KEY, _KEYS, text)
    if not view.code:
        yield from _addresses(text)
        yield from _stated_keys(text)


def _matches(kind: LeakKind, pattern: re.Pattern[str], text: str, group: int = 0) -> Matches:
    return ((kind, match[group], match.start(group)) for match in pattern.finditer(text))


def _user_pattern(user: str) -> re.Pattern[str]:
    name = re.escape(user)
    folder = rf"|(?<=/)(?<!/home/)(?<!/Users/){name}(?=/)" if _is_distinctive(user) else ""
    assigned = rf"(?<![A-Za-z])(?:user|username|login|logname)[\"']?\s*[=:]\s*[\"']?{name}\b"
    return re.compile(rf"{_WORD}{name}@[\w-]+|{assigned}{folder}", re.IGNORECASE)


def _host_pattern(host: str) -> re.Pattern[str]:
    name = re.escape(host)
    alone = rf"|{_WORD}{name}(?![\w-])" if _is_distinctive(host) else ""
    domain = rf"{_WORD}{name}\.(?:local|lan|home|internal|localdomain)\b"
    return re.compile(rf"[\w-]@{name}(?![\w-])|{domain}{alone}", re.IGNORECASE)


def _is_distinctive(name: str) -> bool:
    return len(name) >= _SHORTEST_NAME and not _ORDINARY.fullmatch(name)


def _addresses(text: str) -> Matches:
    """Yield addresses of people and machines, but no versions of four parts."""
    if "@" in text:
        yield from _matches(LeakKind.MAIL, _MAIL, text)
    for kind, address, place in _matches(LeakKind.ADDRESS, _IPV4, text):
        before = max(0, place - 24)
        if _is_machine(address) and not _VERSION_BEFORE.search(text, before, place):
            yield kind, address, place
    for match in _matches(LeakKind.ADDRESS, _IPV6, text):
        if _is_machine(match[1]):
            yield match


def _is_machine(text: str) -> bool:
    """Return whether this is the address of a machine other than oneself."""
    try:
        address = ipaddress.ip_address(text.rstrip(":."))
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv4Address) and not 0 < address.packed[0] < 240:
        return False
    return not address.is_loopback


def _stated_keys(text: str) -> Matches:
    """Yield what the text itself says is a password, a key or a token."""
    for kind, value, place in _matches(LeakKind.KEY, _ASSIGNED_KEY, text, group=1):
        if any(map(str.isdigit, value)) and any(map(str.isalpha, value)):
            yield kind, value, place
    if "://" in text:
        yield from _matches(LeakKind.KEY, _KEY_IN_URL, text, group=1)
