"""The plug-in contract: a workload is one value, ``WORKLOAD``, in one file.

No base class, no registration. A workload file imports this module and its own numerics, nothing else of
ours. ``find`` turns a name, a path or a dotted package into that value.
May import ``model`` and ``errors``.
"""

import difflib
import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import workloads
from harness.client import Voice as Voice
from harness.client import ready as ready
from harness.command_pair import CommandPair as CommandPair
from harness.errors import BadRequest
from harness.model import Parameters as Parameters
from harness.model import Words
from harness.params import settled as settled

INSTALLED = (sys.prefix, sys.base_prefix)
OURS = ("demo", "harness", "workloads")

Report = Callable[[int], None]
Tuned = tuple[str, tuple[int | float, ...]]


@dataclass(frozen=True)
class Problem:
    """What ``load`` returns: the same on both sides, digested on both.

    ``items`` counts the input in the workload's unit. ``warmup`` is a small input of the same shape, run
    once through each side before ``ready`` so that no kernel is cold; None: the side needs no warming.
    ``held_out_items`` counts the held-out set (0: it has no count). ``warmup_items`` counts the warm-up
    slice in the workload's unit: a proof of the baseline times it (0: the proof takes the whole input instead).
    """

    input: Any
    held_out: Any
    items: int
    warmup: Any = None
    held_out_items: int = 0
    warmup_items: int = 0


@dataclass(frozen=True)
class Limit:
    """What this machine could do of the work at most, such as its own rate of matrix products.

    ``rate(input, seconds)`` measures for at least so many seconds and returns items per second; ``name`` says what of.
    """

    name: str
    rate: Callable[[Any, float], float]


@dataclass(frozen=True)
class Part:
    """One chunk's result, with the worker that made it and the seconds it took there."""

    value: Any
    chunk: int
    worker: str
    busy_s: float
    cpu_s: float


@dataclass(frozen=True)
class Lockstep:
    """A replicated computation: every worker holds the same state and meets the others once a step.

    ``start(*shared)`` makes the state; ``contribute(state, step, share, *shared)`` computes this worker's
    part, ``share`` being its element of ``shares``; ``absorb(state, step, parts, *shared)`` moves the state one step on, given all
    parts in worker order. Given equal inputs all three must return equal bits: a lost worker is rebuilt
    from a peer's state, and the answer does not change.
    """

    start: Callable[..., Any]
    contribute: Callable[..., Any]
    absorb: Callable[..., Any]


class Pool(Protocol):
    """The workers as a workload's ``distributed`` sees them."""

    @property
    def size(self) -> int:
        """Return the number of workers, p."""

    def share(self, value: Any) -> Any:
        """Put a value where every worker can read it without a copy; return its handle."""

    def map(
        self,
        function: Callable[..., Any],
        chunks: Sequence[Any],
        *shared: Any,
        items: Callable[[Any], int] = ...,
        report: Report = ...,
    ) -> list[Part]:
        """Run ``function(chunk, *shared)`` over the chunks, pulled dynamically; return parts in chunk order.

        ``items(chunk)`` counts a chunk in the workload's unit; ``report`` is given the items done so far.
        """

    def shuffle(
        self,
        scatter: Callable[..., Any],
        chunks: Sequence[Any],
        gather: Callable[..., Any],
        partitions: int,
        *shared: Any,
        items: Callable[[Any], int] = ...,
        report: Report = ...,
    ) -> list[Part]:
        """Run ``scatter(chunk, *shared)`` over the chunks, then ``gather(partition, pieces, *shared)``; return its parts in order.

        ``scatter`` returns one piece per partition, ``gather`` is given a partition's pieces in chunk order: all to all. Pieces pass
        from worker to worker, the driver never sees one. ``items(chunk)`` counts a chunk; ``report`` is given the items scattered so far.
        """

    def lockstep(
        self,
        program: Lockstep,
        shares: Sequence[Any],
        steps: int,
        *shared: Any,
        items: Callable[[Any], int] = ...,
        report: Report = ...,
    ) -> Any:
        """Run ``steps`` synchronous steps with one share per worker; return the final state.

        ``items(share)`` counts what a worker does of a share in one step; ``report`` is given the items done so far.
        """


@dataclass(frozen=True)
class Workload:
    """A workload: its words, its parameters with their defaults, and its four functions.

    ``load(params)`` returns a ``Problem``; ``baseline(input, report)`` and ``distributed(input, pool,
    report)`` return an answer; ``quality(answer, held_out)`` returns a float. ``check(params)`` raises
    ``ValueError`` with one sentence for values that make no sense. ``simulated`` marks a pretend workload,
    whose results never make a headline.

    The last three are for a proof that the baseline is a good one, timed beside it; each may be left out. ``tuned``
    names the parameter that the baseline is tuned by, and values to try beside the one in use; ``naive(input, report)``
    does the baseline's work as it is written without care; ``limit`` is what the machine could do at most.
    """

    name: str
    axis: str
    unit: str
    bottleneck: str
    partition: str
    communication: str
    consistency: str
    neighbour: str
    limitation: str
    metric: str
    tolerance: float
    load: Callable[[Parameters], Problem]
    baseline: Callable[[Any, Report], Any]
    distributed: Callable[[Any, Pool, Report], Any]
    quality: Callable[[Any, Any], float]
    params: Parameters = field(default_factory=dict)
    answers_differ: str = ""
    check: Callable[[Parameters], None] | None = None
    simulated: bool = False
    tuned: Tuned | None = None
    naive: Callable[[Any, Report], Any] | None = None
    limit: Limit | None = None

    @property
    def defaults(self) -> Parameters:
        """Return everything that a setting may change."""
        return self.params

    @property
    def words(self) -> Words:
        """Return what the workload says of itself."""
        return Words(**{word.name: getattr(self, word.name) for word in fields(Words)})


class WorkloadNotFound(BadRequest):
    """No workload goes by that name, or its file does not hold one."""


def built_in() -> tuple[str, ...]:
    """Return the names of the workloads that come with the program."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(workloads.__path__)))


def find(name: str) -> Workload:
    """Return the workload of a built-in name, a ``path/to/file.py`` or a ``package.module``.

    Raises ``WorkloadNotFound`` with a did-you-mean, for a pair of programs too.
    """
    found = look_up(name)
    if isinstance(found, CommandPair):
        raise WorkloadNotFound(
            f"{name} is a pair of programs",
            "name a file whose WORKLOAD is a harness.workload.Workload",
        )
    return found


def look_up(name: str) -> Workload | CommandPair:
    """Return the workload or the pair of programs that goes by a name, as in ``find``; raise ``WorkloadNotFound`` if nothing does."""
    module = _from_file(Path(name)) if by_path(name) else _from_package(name)
    value = getattr(module, "WORKLOAD", None)
    if isinstance(value, CommandPair):
        return replace(value, here=str(Path(module.__file__ or "").resolve().parent))
    if not isinstance(value, Workload):
        hint = "assign a harness.workload.Workload or CommandPair to the name WORKLOAD in that file"
        raise WorkloadNotFound(f"{name} holds no WORKLOAD", hint)
    return value


def by_path(name: str) -> bool:
    """Return whether a workload is named by the path of its file."""
    return name.endswith(".py")


def own_modules(name: str) -> tuple[ModuleType, ...]:
    """Return the modules that a workload from outside has brought along, in the order of their names; none for one of our own.

    They are its file and whatever it has imported from its file's folder, or from its package. To be asked once it is found.
    """
    if by_path(name):
        home = Path(name).resolve().parent
    elif name in built_in() or name.partition(".")[0] in OURS:
        return ()
    else:
        package = sys.modules[name.partition(".")[0]]
        home = (
            Path(package.__file__).resolve().parent
            if package.__file__
            else Path(next(iter(package.__path__))).resolve()
        )
    found = {
        known: module
        for known, module in sorted(sys.modules.items())
        if known.partition(".")[0] not in (*OURS, "__main__")
    }
    return tuple(
        module
        for module in found.values()
        if _brought_along(getattr(module, "__file__", None), home)
    )


def _brought_along(file: str | None, home: Path) -> bool:
    """Return whether a module lies in the folder as source, and is not installed below it."""
    if not file or not file.endswith(".py"):
        return False
    path = Path(file).resolve()
    return (
        path.is_relative_to(home)
        and not any(map(path.is_relative_to, INSTALLED))
        and "site-packages" not in path.parts
    )


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        hint = "give a path to an existing .py file, or a built-in name: " + ", ".join(built_in())
        raise WorkloadNotFound(f"there is no workload file {path}", hint)
    spec = importlib.util.spec_from_file_location(f"adopted_{path.stem}", path)
    if spec is None or spec.loader is None:
        raise WorkloadNotFound(f"{path} cannot be read as Python", "a workload file ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # so that its functions can be pickled
    home = str(path.resolve().parent)
    if home not in sys.path:
        sys.path.append(
            home
        )  # so that it can import its neighbours, but never in place of what is installed
    spec.loader.exec_module(module)
    return module


def _from_package(name: str) -> ModuleType:
    dotted = f"workloads.{name}" if name in built_in() else name
    try:
        return importlib.import_module(dotted)
    except ModuleNotFoundError as missing:
        if missing.name is None or not (
            dotted == missing.name or dotted.startswith(missing.name + ".")
        ):
            raise
    near = difflib.get_close_matches(name, built_in(), n=1)
    hint = (
        f"did you mean {near[0]}?"
        if near
        else "the built-in ones are " + ", ".join(built_in()) + "; or give a path/to/file.py"
    )
    raise WorkloadNotFound(f"there is no workload named {name!r}", hint)
