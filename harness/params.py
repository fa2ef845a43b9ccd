"""A workload's settings: a frozen dataclass, and what ``--set name=value`` changes of it.

May import ``model`` and ``errors``.
"""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, Protocol, TypeVar, cast, get_type_hints

from harness.errors import BadRequest
from harness.model import Parameters, Scalar

Params = TypeVar("Params")

SETTABLE = (bool, int, float, str)
LARGEST_NUMBER = 1e15  # what a results file holds
_NOUNS = {bool: "yes or no", int: "a whole number", float: "a number", str: "a text"}
TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class NoParams:
    """The settings of a workload that has none."""


class Adjustable(Protocol):
    """What has settings: a workload or a command pair."""

    @property
    def name(self) -> str:
        """Return its name."""

    @property
    def defaults(self) -> Parameters:
        """Return every setting with its default."""

    def require_valid(self, values: Parameters) -> None:
        """Raise ``ValueError``, with one sentence, for values that it cannot run with."""


def values_of(params: object) -> Parameters:
    """Return the fields of a settings dataclass by name.

    Raises ``TypeError`` for anything else, and for a field that is not a bool, int, float or str.
    """
    if isinstance(params, type) or not is_dataclass(params):
        raise TypeError(f"params={params!r} is not a dataclass: write it as params=Recipe()")
    types = get_type_hints(type(params))
    values: Parameters = {}
    for field in fields(params):
        kind = types[field.name]
        if kind not in SETTABLE:
            raise TypeError(f"the setting {field.name} is not a bool, int, float or str")
        value = getattr(params, field.name)
        values[field.name] = float(value) if kind is float else value
    return values


def with_values(params: Params, values: Mapping[str, Scalar]) -> Params:
    """Return a settings dataclass with these values; raise ``ValueError`` if it refuses them."""
    return cast(Params, replace(cast(Any, params), **values))


def require_between(params: object, limits: Mapping[str, tuple[float, float]]) -> None:
    """Raise ``ValueError`` for the first field that is outside its limits, which are included."""
    for name, (least, most) in limits.items():
        value = getattr(params, name)
        if not least <= value <= most:
            raise ValueError(f"{name}={value} is not between {least:,} and {most:,}")


def apply_overrides(workload: Adjustable, settings: Sequence[str]) -> Parameters:
    """Return the values of all settings after ``name=value`` overrides, each typed by its field.

    Raises ``BadRequest`` for an unknown name, a value of another type and a value that the
    workload refuses.
    """
    values = dict(workload.defaults)
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise BadRequest(f"--set {setting!r} has no value", f"write it as --set {name}=VALUE")
        if name not in values:
            raise _unknown(workload.name, name, values)
        values[name] = _parse(name, text, values[name])
    try:
        workload.require_valid(values)
    except ValueError as refused:
        raise BadRequest(
            f"{workload.name} cannot run with these settings: {refused}",
            _default_of(str(refused), workload.defaults),
        ) from refused
    return values


def _default_of(refused: str, defaults: Parameters) -> str:
    """Return a hint with the default of the setting that a sentence begins with (empty: none)."""
    name = refused.partition("=")[0]
    return f"the default is {name}={defaults[name]}" if defaults.get(name) not in (None, "") else ""


def _unknown(workload: str, name: str, values: Parameters) -> BadRequest:
    near = difflib.get_close_matches(name, values, n=1)
    known = f"its settings are {', '.join(values)}" if values else "it has no settings"
    hint = f"did you mean {near[0]}?" if near else known
    return BadRequest(f"{workload} has no setting {name!r}", hint)


def _parse(name: str, text: str, default: Scalar) -> Scalar:
    value: Scalar | None
    match default:
        case bool():
            value = TRUTH.get(text.lower())
        case int() | float():
            value = _parse_number(text.replace("_", ""), type(default))
        case _:
            value = text
    if isinstance(value, int | float) and not abs(value) <= LARGEST_NUMBER:
        raise BadRequest(f"--set {name}={text} is more than {LARGEST_NUMBER:.0e}")
    if value is None:
        raise BadRequest(
            f"--set {name}={text} is not {_NOUNS[type(default)]}",
            f"the default is {name}={default}",
        )
    return value


def _parse_number(text: str, kind: type[int] | type[float]) -> int | float | None:
    """Return the number (None: it is none)."""
    try:
        value = kind(text)
    except ValueError:
        return None
    return None if isinstance(value, float) and not math.isfinite(value) else value
