"""The one mutator of files: bytes, lines, trees of JSON, TOML and archives, each changed a little.

Everything is drawn from one ``random.Random``, so that a seed is an example.
"""

import io
import json
import random
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import deepcopy
from typing import Any

from tests.fuzz import hostile

Step = str | int
Place = tuple[Step, ...]

MOST_MEMBERS = 3
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


def change_bytes(draw: random.Random, content: bytes) -> bytes:
    """Return the content with a few bytes changed, cut, repeated or put in."""
    changed = bytearray(content)
    for _ in range(draw.choice((1, 1, 2, 4, 16))):
        at = draw.randrange(len(changed) + 1)
        match draw.randrange(7):
            case 0 if changed:
                changed[at % len(changed)] ^= 1 << draw.randrange(8)
            case 1:
                changed[at:at] = bytes([draw.randrange(256)])
            case 2:
                del changed[at : at + draw.choice((1, 2, 8, 100))]
            case 3:
                changed[at:at] = changed[at : at + draw.choice((1, 8, 500))]
            case 4:
                changed[at : at + 4] = struct.pack("<i", draw.choice((-1, 0, 2**31 - 1, 1 << 20)))
            case 5:
                changed[at:at] = draw.choice((*hostile.LINES, *hostile.STARTS))
            case _ if draw.random() < 0.3:
                del changed[at:]
    return bytes(changed)


def change_form(draw: random.Random, content: bytes) -> bytes:
    """Return the content as another system or program would have written it, or another file."""
    match draw.randrange(9):
        case 0:
            return b"\xef\xbb\xbf" + content
        case 1:
            return content.replace(b"\n", b"\r\n")
        case 2:
            return content.decode("utf-8", "replace").encode(draw.choice(("utf-16", "utf-32")))
        case 3:
            return content.replace(b"\n", b"\r")
        case 4:
            return draw.choice(hostile.STARTS) + content
        case 5:
            return b""
        case 6:
            return hostile.pickled()
        case 7:
            return content + content
        case _:
            return hostile.pack(draw, content)


def change_lines(draw: random.Random, content: bytes) -> bytes:
    """Return the content with a line removed, repeated, moved, cut or put in."""
    lines = content.split(b"\n")
    place = draw.randrange(len(lines))
    match draw.randrange(6):
        case 0:
            del lines[place]
        case 1:
            lines.insert(place, draw.choice(hostile.LINES))
        case 2:
            lines.insert(place, draw.choice(lines))
        case 3:
            lines[place] = lines[place][: draw.randrange(len(lines[place]) + 1)]
        case 4:
            lines[place] += draw.choice((b" ", b",", b"\r", b'"', b"x" * 2_000_000))
        case _:
            lines[place:] = lines[place : place + 1] * draw.choice((2, 50))
    return b"\n".join(lines)


def change_number(draw: random.Random, content: bytes) -> bytes:
    """Return a text with one of its numbers replaced by one that no form of file can hold."""
    numbers = list(_NUMBER.finditer(content))
    if not numbers:
        return content
    begin, end = draw.choice(numbers).span()
    return content[:begin] + draw.choice(hostile.ENDLESS_NUMBERS) + content[end:]


def places(tree: Any, path: Place = ()) -> Iterator[Place]:
    """Yield the path to everything in a tree of JSON."""
    members: Iterable[tuple[Step, Any]]
    match tree:
        case dict():
            members = tree.items()
        case list():
            members = enumerate(tree)
        case _:
            return
    for key, member in members:
        yield (*path, key)
        yield from places(member, (*path, key))


def change_tree(draw: random.Random, tree: Any, paths: Sequence[Place] = ()) -> Any:
    """Return a tree of JSON with something in it replaced, scaled, removed, repeated or added.

    ``paths`` are the places that may change (empty: all).
    """
    tree = deepcopy(tree)
    paths = paths or list(places(tree))
    if not paths:
        return draw.choice(hostile.VALUES)
    *above, key = draw.choice(paths)
    parent = tree
    for step in above:
        parent = parent[step]
    _change_member(draw, parent, key)
    return tree


def _change_member(draw: random.Random, parent: Any, key: Step) -> None:
    match draw.randrange(6), parent[key]:
        case 0, float() | int() as number:
            parent[key] = type(number)(draw.choice((0, number * 2, number * 1.001, -number)))
        case 0, list() as members:
            parent[key] = draw.choice(([], members[:1], members * 2, members[::-1]))
        case 0, str() as text:
            parent[key] = draw.choice((text + hostile.a_text(draw), text.upper(), text[:-1]))
        case 1, _:
            del parent[key]
        case 2, value if isinstance(parent, list):
            parent.append(value)
        case 2, value:
            parent[hostile.a_text(draw)] = value
        case 3, value:
            parent[key] = nested(draw, value)
        case 4, _:
            parent[key] = hostile.a_text(draw)
        case _:
            parent[key] = draw.choice(hostile.VALUES)


def nested(draw: random.Random, value: Any) -> Any:
    """Return a value with lists or objects around it."""
    for _ in range(draw.choice((1, 2, 60))):
        value = [value] if draw.random() < 0.5 else {"a": value}
    return value


def write_json(draw: random.Random, tree: Any) -> bytes:
    """Return a tree as JSON, perhaps with a name given twice or as deep as no stack is."""
    text = json.dumps(tree, ensure_ascii=draw.random() < 0.5).encode("utf-8", "surrogatepass")
    if draw.random() < 0.05:
        text = text.replace(b'{"', b'{"' + draw.choice((b'":1,"', b'schema":1,"')), 1)
    if draw.random() < 0.02:
        text = draw.choice((b"[", b'{"a":')) * 100_000 + text
    return change_number(draw, text) if draw.random() < 0.1 else text


def change_json_line(draw: random.Random, content: bytes) -> bytes:
    """Return lines of JSON of which one is changed in its tree."""
    lines = content.split(b"\n")
    place = draw.choice([place for place, line in enumerate(lines) if line.strip()] or [0])
    try:
        tree = json.loads(lines[place])
    except (ValueError, RecursionError):  # a change before this one
        return change_bytes(draw, content)
    lines[place] = write_json(draw, change_tree(draw, tree))
    return b"\n".join(lines)


def change_toml(draw: random.Random, text: str) -> str:
    """Return a text of TOML with a value, a name or a line changed."""
    lines = text.split("\n")
    assigned = [place for place, line in enumerate(lines) if re.match(r"\s*[\w-]+ *=", line)]
    place = draw.choice(assigned)
    name, _, value = lines[place].partition("=")
    match draw.randrange(7):
        case 0:
            lines[place] = f"{name}= {toml_value(draw)}"
        case 1:
            lines[place] = f"{name}= {_quoted(value.strip().strip(chr(34)) + _of_letters(draw))}"
        case 2:
            lines[place] = f"{_quoted(hostile.a_text(draw))} ={value}"
        case 3:
            lines.insert(place, lines[place])
        case 4:
            del lines[place]
        case 5:
            lines[place] = f"{name}.a ={value}"
        case _:
            lines.insert(place, draw.choice(("[a]", "[[a]]", "[[beats]]", "x", "[" * 9_999, "=")))
    return "\n".join(lines)


def toml_value(draw: random.Random) -> str:
    """Return a value as TOML, whatever its type."""
    return draw.choice(
        (
            *("nan", "-inf", "1e400", "-0.0", "0", "9" * 5_000, "0x7f", "true", "1979-05-27"),
            *("07:32:00", "[]", "{}", "[" * 500 + "]" * 500, "[1, 'a']", '"""\n"""', "'" * 3),
            *(_quoted(hostile.a_text(draw)) for _ in range(12)),
        )
    )


def _of_letters(draw: random.Random) -> str:
    return draw.choice(hostile.MARKUP)


def _quoted(text: str) -> str:
    """Return a basic string of TOML, which may name what it may not hold."""
    return json.dumps(text).replace("\x7f", "\\u007f")


def write_zip(draw: random.Random, members: Mapping[str, bytes]) -> bytes:
    """Return an archive of these members, perhaps with others, other names, or lies about them."""
    written = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # of two members of one name, which is the point
        for name, content in members.items():
            archive.writestr(name, content)
        for _ in range(draw.choice((0, 0, 1, MOST_MEMBERS))):
            _add_member(draw, archive)
    content = written.getvalue()
    return _lie(draw, content) if draw.random() < 0.4 else content


def _add_member(draw: random.Random, archive: zipfile.ZipFile) -> None:
    member = zipfile.ZipInfo(draw.choice(hostile.PATHS).replace("\x00", "") or "a")
    if draw.random() < 0.3:
        member.external_attr = 0o120777 << 16  # a link
    content = bytes(draw.choice((0, 1, 20_000_000))) if draw.random() < 0.1 else b"/etc/passwd"
    archive.writestr(member, content, zipfile.ZIP_DEFLATED)


def _lie(draw: random.Random, content: bytes) -> bytes:
    """Return an archive of which the directory says otherwise than the members, or of 64 bits."""
    changed = bytearray(content)
    entries = [match.start() for match in re.finditer(rb"PK\x01\x02", content)]
    if not entries:
        return content
    entry = draw.choice(entries)
    field = draw.choice((8, 10, 20, 24, 28, 30, 42))  # flags, method, sizes, lengths, offset
    value = draw.choice((0, 1, 0xFFFFFFFF, 1_000_000_001, 0x7FFFFFFF))
    if field in (20, 24, 42):
        changed[entry + field : entry + field + 4] = struct.pack("<I", value)
    else:
        changed[entry + field : entry + field + 2] = struct.pack("<H", value & 0xFFFF)
    return bytes(changed)


Change = Callable[[random.Random, bytes], bytes]


def change_somehow(draw: random.Random, content: bytes, *ways: Change) -> bytes:
    """Return the content changed in one of these ways, mostly, perhaps several times."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        usual = ways and draw.random() < 0.75
        content = draw.choice(ways if usual else _ANY_FILE)(draw, content)
    return content


_ANY_FILE: tuple[Change, ...] = (change_bytes, change_bytes, change_form, change_lines)
