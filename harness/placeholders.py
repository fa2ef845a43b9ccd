"""Placeholders in a command, such as ``{workers}``, replaced by values that the shell takes whole.

A name in braces is a placeholder where it is known, and nowhere else: ``{{workers}}`` stands for
the braces themselves, and ``${workers}`` is the shell's own. Imports ``spec``.
"""

import difflib
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from harness.spec import Scalar

_PARTS = re.compile(
    r"\\.|\$\{|['\"]|\{\{(?P<doubled>[A-Za-z_]\w*)\}\}|\{(?P<single>[A-Za-z_]\w*)\}", re.DOTALL
)
_MISSPELT = 0.8
_SPECIAL_IN_QUOTES = re.compile(r'([\\"$`])')


class Part(NamedTuple):
    """A piece of a command: text, or a name in braces (else empty).

    ``quote`` is the quotation mark that it stands within (empty: none). ``doubled`` tells that the
    braces are doubled.
    """

    text: str
    name: str = ""
    doubled: bool = False
    quote: str = ""


def parts(command: str) -> Iterator[Part]:
    """Yield the command piece by piece, as the shell reads quotation marks."""
    place, quote = 0, ""
    while (found := _PARTS.search(command, place)) is not None:
        yield Part(command[place : found.start()])
        piece, place = found[0], found.end()
        if piece.startswith("\\") and quote == "'":  # a backslash is nothing special there
            piece, place = "\\", found.start() + 1
        if piece in ("'", '"') and quote in ("", piece):
            quote = "" if quote else piece
        name = found["doubled"] or found["single"] or ""
        yield Part(piece, name, bool(found["doubled"]), quote)
    yield Part(command[place:])


def names_in(command: str, known: Collection[str]) -> set[str]:
    """Return which of the known placeholders the command holds."""
    return {part.name for part in parts(command) if part.name in known and not part.doubled}


def fill_placeholders(command: str, values: Mapping[str, Scalar]) -> str:
    """Return the command with known placeholders replaced by values, quoted for the shell.

    Within quotation marks a value is written so that it stays one part of what they enclose.
    """
    return "".join(
        _filled(part, values) if part.name in values else part.text for part in parts(command)
    )


def _filled(part: Part, values: Mapping[str, Scalar]) -> str:
    if part.doubled:
        return f"{{{part.name}}}"
    value = str(values[part.name])
    match part.quote:
        case "'":
            return value.replace("'", "'\\''")
        case '"':
            return _SPECIAL_IN_QUOTES.sub(r"\\\1", value)
        case _:
            return shlex.quote(value)


def require_placeholders(name: str, command: str, known: Collection[str]) -> None:
    """Raise ``ValueError`` for a command, known by that name, that has a misspelt placeholder.

    Within quotation marks a name in braces may be anything.
    """
    if "\0" in command:
        raise ValueError(f"the {name} contains a zero byte")
    for part in parts(command):
        if not part.name or part.doubled or part.quote or part.name in known:
            continue
        if near := difflib.get_close_matches(part.name, known, n=1, cutoff=_MISSPELT):
            raise ValueError(
                f"the {name} has an unknown {{{part.name}}}: did you mean {{{near[0]}}}?"
            )
