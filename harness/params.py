"""A workload's parameters after the settings on the command line, each typed like its default. May import ``model`` and ``errors``."""

import difflib
from collections.abc import Callable, Sequence
from typing import Protocol

from harness.errors import BadRequest
from harness.model import Parameters, Scalar

_LARGEST = 1e15  # as in a results file


class Adjustable(Protocol):
    """What has parameters: a workload, or a pair of programs."""

    @property
    def name(self) -> str:
        """Return what it is called."""

    @property
    def defaults(self) -> Parameters:
        """Return everything that a setting may change."""

    @property
    def check(self) -> Callable[[Parameters], None] | None:
        """Return what raises ``ValueError`` for values that make no sense (None: all do)."""


def apply_overrides(workload: Adjustable, settings: Sequence[str]) -> Parameters:
    """Return the parameters after ``key=value`` settings, each typed like its default, checked by the workload.

    Raises ``BadRequest`` for an unknown key, an ill-typed value or a value the workload refuses.
    """
    params = dict(workload.defaults)
    for setting in settings:
        key, equals, text = setting.partition("=")
        if not equals:
            raise BadRequest(f"--set {setting!r} has no value", "write it as key=value")
        if key not in params:
            near = difflib.get_close_matches(key, params, n=1)
            hint = (
                f"did you mean {near[0]}?"
                if near
                else f"{workload.name} has {', '.join(params) or 'no parameters'}"
            )
            raise BadRequest(f"{workload.name} has no parameter {key!r}", hint)
        params[key] = _typed(key, text, params[key])
    if workload.check is not None:
        try:
            workload.check(params)
        except ValueError as refused:
            raise BadRequest(
                f"{workload.name} cannot run so: {refused}", "change it with --set key=value"
            ) from refused
    return params


def _typed(key: str, text: str, like: Scalar) -> Scalar:
    match like:
        case bool():
            choices = {
                "true": True,
                "yes": True,
                "1": True,
                "false": False,
                "no": False,
                "0": False,
            }
            value: Scalar | None = choices.get(text.lower())
        case int() | float():
            value = _number(text.replace("_", ""), type(like))
        case _:
            value = text
    if value is None:
        raise BadRequest(
            f"--set {key}={text} is not of type {type(like).__name__}", f"the default is {like}"
        )
    return value


def _number(text: str, kind: type[int] | type[float]) -> int | float | None:
    try:
        value = kind(text)
    except ValueError:
        return None
    return (
        value if -_LARGEST <= value <= _LARGEST else None
    )  # what is no number is not between them either
