"""What users import, as in ``from twoclocks import Problem, Workload, load``.

Each name is imported when it is first asked for: a program that only says ``ready`` loads nothing
else. May import what it hands on.
"""

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from demo.cells.race import race
    from harness import load
    from harness.client import ready
    from harness.command_pair import CommandPair
    from harness.errors import BadRequest
    from harness.report import Report
    from harness.workload import (
        Axis,
        Backlog,
        Capacity,
        Ceiling,
        Fleet,
        Lockstep,
        Metric,
        Pool,
        Problem,
        Proof,
        QualityReporter,
        Reporter,
        Requests,
        Service,
        Slide,
        Workload,
    )

__all__ = [
    "Axis",
    "Backlog",
    "BadRequest",
    "Capacity",
    "Ceiling",
    "CommandPair",
    "Fleet",
    "Lockstep",
    "Metric",
    "Pool",
    "Problem",
    "Proof",
    "QualityReporter",
    "Report",
    "Reporter",
    "Requests",
    "Service",
    "Slide",
    "Workload",
    "load",
    "race",
    "ready",
]

_DEFINED_IN = {
    "BadRequest": "harness.errors",
    "CommandPair": "harness.command_pair",
    "Axis": "harness.workload",
    "Backlog": "harness.workload",
    "Fleet": "harness.workload",
    "Requests": "harness.workload",
    "Service": "harness.workload",
    "Capacity": "harness.workload",
    "Ceiling": "harness.workload",
    "Lockstep": "harness.workload",
    "Metric": "harness.workload",
    "Pool": "harness.workload",
    "Problem": "harness.workload",
    "Proof": "harness.workload",
    "QualityReporter": "harness.workload",
    "Reporter": "harness.workload",
    "Slide": "harness.workload",
    "Report": "harness.report",
    "Workload": "harness.workload",
    "load": "harness",
    "race": "demo.cells.race",
    "ready": "harness.client",
}


def __getattr__(name: str) -> Any:
    """Import a name from where it is defined; raise ``AttributeError`` for one that is not here.

    Raises ``ImportError`` where a file of the user's has the name of one of our packages.
    """
    if name not in _DEFINED_IN:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = _DEFINED_IN[name]
    try:
        defining = import_module(module)
    except ModuleNotFoundError as error:
        if not module.startswith(error.name or "?") or module.partition(".")[0] not in sys.modules:
            raise
        raise _other_package(module) from None
    if not hasattr(defining, name):
        raise _other_package(module)
    globals()[name] = value = getattr(defining, name)
    return value


def _other_package(module: str) -> ImportError:
    """Return the error of a module whose package is not ours."""
    package = module.partition(".")[0]
    file = getattr(sys.modules[package], "__file__", None)
    return ImportError(
        f"twoclocks has a package {package}, and {file} is found in its place: rename it"
    )


def __dir__() -> list[str]:
    return __all__
