"""A manifest as YAML: mappings, lists, numbers, and strings that no reader takes for anything else.

Pure; imports the standard library only.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

Tree = str | int | bool | Sequence["Tree"] | Mapping[str, "Tree"]

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
_NOT_TEXT = {"true", "false", "yes", "no", "on", "off", "y", "n", "null"}
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def document(tree: Mapping[str, Tree], comments: Iterable[str] = ()) -> str:
    """Return a YAML document below some comments, each of which is one line."""
    said = [f"# {comment}".rstrip() for comment in comments]
    return "\n".join([*said, *_mapping(tree, "")]) + "\n"


def scalar(value: str) -> str:
    """Return a string as YAML: as it is where nothing in it means more, else between quotes."""
    if _PLAIN.fullmatch(value) and value.lower() not in _NOT_TEXT:
        return value
    return '"' + "".join(map(_escaped, value)) + '"'


def _mapping(tree: Mapping[str, Tree], indent: str) -> Iterator[str]:
    for key, value in tree.items():
        yield from _entry(f"{indent}{scalar(key)}:", value, indent + "  ")


def _entry(start: str, value: Tree, deeper: str) -> Iterator[str]:
    """Yield the lines of a value below or behind its key."""
    match value:
        case bool():
            yield f"{start} {str(value).lower()}"
        case int():
            yield f"{start} {value}"
        case str():
            yield f"{start} {scalar(value)}"
        case Mapping() if value:
            yield start
            yield from _mapping(value, deeper)
        case Mapping():
            yield f"{start} {{}}"
        case _ if value:
            yield start
            for item in value:
                yield from _item(item, deeper)
        case _:
            yield f"{start} []"


def _item(value: Tree, indent: str) -> Iterator[str]:
    """Yield the lines of one item of a list; a mapping begins behind its hyphen."""
    if isinstance(value, Mapping) and value:
        first, *rest = _mapping(value, indent + "  ")
        yield f"{indent}- {first.lstrip()}"
        yield from rest
    else:
        yield from _entry(f"{indent}-", value, indent + "  ")


def _escaped(character: str) -> str:
    """Return a character as it stands between quotes: what YAML cannot hold has its number."""
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable() and code <= 0xFFFF and not 0xE000 <= code <= 0xF8FF:
        return character
    return f"\\x{code:02x}" if code < 0x100 else f"\\U{code:08x}"
