"""What users import: ``from twoclocks import Problem, Workload`` and ``from twoclocks import load``.

Each name is imported when it is first asked for: a program that only says ``ready`` loads nothing
else. May import what it hands on.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness import load
    from harness.client import ready
    from harness.command_pair import CommandPair
    from harness.errors import BadRequest
    from harness.report import Report
    from harness.workload import Problem, Workload

__all__ = ["BadRequest", "CommandPair", "Problem", "Report", "Workload", "load", "ready"]

_HOMES = {
    "BadRequest": ("harness.errors", "BadRequest"),
    "CommandPair": ("harness.command_pair", "CommandPair"),
    "Problem": ("harness.workload", "Problem"),
    "Report": ("harness.report", "Report"),
    "Workload": ("harness.workload", "Workload"),
    "load": ("harness", "load"),
    "ready": ("harness.client", "ready"),
}


def __getattr__(name: str) -> Any:
    """Import a name from where it is defined; raise ``AttributeError`` for one that is not here."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, attribute = _HOMES[name]
    globals()[name] = value = getattr(import_module(module), attribute)
    return value


def __dir__() -> list[str]:
    return __all__
