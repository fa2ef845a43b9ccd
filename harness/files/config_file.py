"""TOML files that people write: untrusted input, decoded into types before any value is used.

A fault is one sentence with the file, the place in it and the value, and one hint; a misspelt name
gets a suggestion. May import ``errors``, ``text`` and its neighbours.
"""

import codecs
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, NamedTuple, NoReturn, Self, TypeVar

import msgspec
from msgspec import Meta, inspect

from harness.errors import BadRequest
from harness.files import atomic
from harness.text import is_printable, printable

LARGEST_BYTES = 100_000

Line = Annotated[str, Meta(pattern=r"\S")]
"""A text that is not empty."""

Content = TypeVar("Content", bound="Table")


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a TOML file; its fields are the names that it may hold."""


class Fault(ValueError):
    """What is wrong with a value: ``clause`` follows its name (``hint`` None: the file's)."""

    def __init__(self, clause: str, hint: str | None = None) -> None:
        super().__init__(clause)
        self.clause = clause
        self.hint = hint


class Day(str):
    """A day such as ``2026-11-22``, written with quotes or without."""

    @classmethod
    def from_toml(cls, value: Any) -> Self:
        """Return the day in ISO 8601."""
        try:
            day = value if isinstance(value, datetime.date) else datetime.date.fromisoformat(value)
        except (TypeError, ValueError):
            raise Fault(f"is {str(value)[:40]!r}, not a day", "write it as 2026-11-22") from None
        return cls(day.isoformat()[: len("2026-11-22")])


@dataclass(frozen=True)
class ConfigFile:
    """A file, what it should be (``noun``), and the hint for faults that have none of their own."""

    path: Path
    noun: str
    hint: str

    def load(self, content: type[Content]) -> Content:
        """Return the file's content; raise ``BadRequest`` if it cannot be read or used."""
        tree = self._tree()
        try:
            decoded = msgspec.convert(
                tree, content, dec_hook=_from_toml, builtin_types=(datetime.date, datetime.time)
            )
        except msgspec.ValidationError as error:
            fault = _explain(error, tree, content)
            self.fail(fault.sentence, fault.hint)
        for place in _unprintable(tree, ""):
            self.fail(f"{place} is too long or has characters that cannot be shown")
        return decoded

    def fail(self, sentence: str, hint: str | None = None) -> NoReturn:
        """Raise ``BadRequest``: what is wrong with the file, and what to do."""
        raise BadRequest(
            f"the {self.noun} {printable(str(self.path))} cannot be used: {printable(sentence)}",
            printable(hint or "") or self.hint,
        )

    def _tree(self) -> Any:
        content = atomic.read(self.path, LARGEST_BYTES, self.noun, self.hint)
        content = content.removeprefix(codecs.BOM_UTF8)  # which editors on Windows write
        try:
            return msgspec.toml.decode(content)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise BadRequest(
                f"the {self.noun} {printable(str(self.path))} is not TOML: "
                f"{printable(_explain_syntax(error, content))[:200]}",
                self.hint,
            ) from error


def _explain_syntax(error: Exception, content: bytes) -> str:
    """Return why a text is no TOML, with its line as it is written."""
    if isinstance(error, UnicodeDecodeError):
        before = content[: error.start]
        line, byte = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        return f"line {line}, byte {byte} is not UTF-8"
    message = _SYNTAX.fullmatch(str(error))
    if message is None:
        return "a number has too many digits" if "digits" in str(error) else str(error)
    number, fault = int(message["line"]), message["fault"]
    written = content.decode(errors="replace").split("\n")[number - 1].strip()
    if fault.startswith(("Cannot overwrite", "Cannot declare")):
        fault = "its name is given twice"
    return f"line {number}, {written[:60]!r}: {fault[:1].lower()}{fault[1:]}"


def _from_toml(kind: Any, value: Any) -> Any:
    """Return a value of a type that has a form of its own, such as ``"11.4 h"``."""
    return kind.from_toml(value)


def _unprintable(value: Any, place: str) -> Iterator[str]:
    match value:
        case str() if not is_printable(value):
            yield place
        case dict():
            for name, member in value.items():
                yield from _unprintable(member, f"{place}.{name}".lstrip("."))
        case list():
            for index, member in enumerate(value):
                yield from _unprintable(member, f"{place}[{index}]")


class _Explanation(NamedTuple):
    sentence: str
    hint: str | None = None


_MESSAGE = re.compile(r"(?s)(?P<fault>.*?)(?: - at `\$\.?(?P<place>[^`]*)`)?")
_SYNTAX = re.compile(r"(?P<fault>.*) \(at line (?P<line>\d+), column \d+\)")
_UNKNOWN = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(.*)`")
_BOUND = re.compile(r"Expected `(?:int|float)` ([<>]=) (.*)")
_LENGTH = re.compile(r"Expected `(array|str)` of length <= (\d+)")
_TYPE = re.compile(r"Expected `(\w+)(?: \| null)?`, got `.*`")
_TABLES_HINT = "begin each with a line of its own: [[{place}]]"
_NOUNS = {
    "str": ("a text", 'put it in quotes: {name} = "…"'),
    "int": ("a whole number", "write it in digits alone"),
    "float": ("a number", None),
    "bool": ("true or false", "write {name} = true, or false"),
    "object": ("a table", "begin it with a line of its own: [{place}]"),
    "array": ("a list of tables", _TABLES_HINT),
}


def _explain(error: msgspec.ValidationError, tree: Any, content: type[Table]) -> _Explanation:
    """Return what msgspec found as one sentence with the place and the value, and a hint."""
    message = _MESSAGE.fullmatch(str(error))
    fault = message["fault"] if message else str(error)
    place = (message["place"] if message else None) or ""
    if isinstance(error.__cause__, Fault):
        return _Explanation(f"{place} {error.__cause__.clause}", error.__cause__.hint)
    if unknown := _UNKNOWN.fullmatch(fault):
        return _explain_unknown(unknown[1], place, content)
    if missing := _MISSING.fullmatch(fault):
        return _Explanation(f"{f'{place}.{missing[1]}'.lstrip('.')} is missing")
    value = _value_at(tree, place)
    if bound := _BOUND.fullmatch(fault):
        limit = "the least is" if bound[1] == ">=" else "the most is"
        return _Explanation(f"{place} is {_short(value)}, {limit} {_short(float(bound[2]))}")
    if length := _LENGTH.fullmatch(fault):
        things = "tables" if length[1] == "array" else "characters"
        return _Explanation(f"{place} has {len(value)} {things}, the most is {length[2]}")
    if (mistyped := _TYPE.fullmatch(fault)) and mistyped[1] in _NOUNS:
        noun, hint = _NOUNS[mistyped[1]]
        written = str(value) if isinstance(value, float) else _short(value)
        return _Explanation(f"{place} is {written}, not {noun}", _advice(hint, place))
    return _Explanation(f"{place} is empty")


def _advice(hint: str | None, place: str) -> str | None:
    """Return a hint filled in for a place such as ``stage`` or ``beats[1].budget``."""
    if hint is None:
        return None
    if place.endswith("]"):  # one of a list of tables
        hint, place = _TABLES_HINT, place.rpartition("[")[0]
    return hint.format(name=place.rpartition(".")[2], place=place)


def _explain_unknown(name: str, place: str, content: type[Table]) -> _Explanation:
    known = [field.encode_name for field in _table_at(content, place).fields]
    near = get_close_matches(name, known, 1)
    where = f" in {place}" if place else ""
    return _Explanation(
        f"{name[:40]!r} is not known{where}",
        f"did you mean {near[0]}?" if near else f"it may hold {', '.join(known)}",
    )


def _table_at(content: type[Table], place: str) -> inspect.StructType:
    """Return the table that stands at a place such as ``distributed[0]``."""
    table = _struct_in(inspect.type_info(content))
    for name in re.findall(r"[^.\[\]]+(?=[.\[]|$)", re.sub(r"\[\d+\]", "", place)):
        field = next(field for field in table.fields if field.encode_name == name)
        table = _struct_in(field.type)
    return table


def _struct_in(kind: inspect.Type) -> inspect.StructType:
    match kind:
        case inspect.StructType():
            return kind
        case inspect.VarTupleType():
            return _struct_in(kind.item_type)
        case inspect.UnionType():
            return _struct_in(kind.types[0])
        case _:
            raise TypeError(f"{kind} holds no table")


def _value_at(tree: Any, place: str) -> Any:
    for step in re.findall(r"[^.\[\]]+", place):
        tree = tree[int(step)] if isinstance(tree, list) else tree[step]
    return tree


def _short(value: Any) -> str:
    """Return a value as a person would write it, cut where it is long."""
    match value:
        case bool():
            return str(value).lower()
        case int() if abs(value) < 10**15:
            return f"{value:,}"
        case int():
            return "too large"
        case float():
            return f"{value:.6g}"
        case dict() | list():
            return "a table" if isinstance(value, dict) else "a list"
        case _:
            return repr(str(value)[:40])
