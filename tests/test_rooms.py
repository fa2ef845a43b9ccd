"""The rules of the rooms, read from the source with ``ast``: imports and lengths."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("demo", "harness", "workloads", "tests")
LONGEST_MODULE, LONGEST_FUNCTION = 300, 40

# What a room may import of ours; where several rooms hold a module, the innermost counts. The four
# packages themselves are empty, but for what ``harness`` exports: naming one enters no room.
NOUNS = (
    "harness.capacity",
    "harness.chaos",
    "harness.errors",
    "harness.event_lines",
    "harness.events",
    "harness.model",
    "harness.quantities",
    "harness.serving",
    "harness.spec",
    "harness.text",
)
MAY_IMPORT = {
    "harness": ("harness",),
    "harness.public": ("harness", "demo.cells.race"),
    "harness.quantities": (),
    "harness.capacity": ("harness.quantities",),
    "harness.spec": ("harness.quantities",),
    "harness.errors": (),
    "harness.extras": ("harness.errors",),
    "harness.text": (),
    "harness.serving": ("harness.quantities",),
    "harness.trial": ("harness.quantities", "harness.serving"),
    "harness.model": (
        "harness.capacity",
        "harness.quantities",
        "harness.serving",
        "harness.spec",
        "harness.trial",
    ),
    "harness.event_base": ("harness.model",),
    "harness.loss_events": ("harness.model", "harness.event_base"),
    "harness.events": (
        "harness.model",
        "harness.event_base",
        "harness.loss_events",
        "harness.serving",
    ),
    "harness.chaos": ("harness.errors", "harness.model", "harness.quantities"),
    "harness.event_lines": ("harness.events", "harness.spec", "harness.errors"),
    "harness.description": ("harness.spec",),
    "harness.command_pair": (
        "harness.model",
        "harness.description",
        "harness.patterns",
        "harness.placeholders",
        "harness.spec",
    ),
    "harness.patterns": (),
    "harness.placeholders": ("harness.spec",),
    "harness.client": (),
    "harness.params": ("harness.model", "harness.errors"),
    "harness.fleet": (),
    "harness.pool": ("harness.fleet",),
    "harness.workload": (
        "harness.capacity",
        "harness.fleet",
        "harness.pool",
        "harness.description",
        "harness.params",
        "harness.spec",
        "harness.model",
        "harness.errors",
        "harness.extras",
        "harness.command_pair",
        "harness.client",
    ),
    "harness.files": ("harness.files", *NOUNS),
    "harness.state": ("harness.state", "harness.claims.scaling", *NOUNS),
    "harness.claims": ("harness.claims", "harness.state", "harness.files.results", *NOUNS),
    "harness.claims.scaling": (),
    "harness.claims.cost": (),
    "harness.run": (
        "harness.extras",
        "harness.run",
        "harness.command_pair",
        "harness.client",
        "harness.params",
        "harness.patterns",
        "harness.placeholders",
        "harness.workload",
        *NOUNS,
    ),
    "harness.talk": (
        "harness.talk",
        "harness.takes",
        "harness.files",
        "harness.state",
        "harness.claims.scaling",
        "harness.text",
        *NOUNS,
    ),
    "harness.takes": ("harness.takes", "harness.files", "harness.state", "harness.cast", *NOUNS),
    "harness.follow": (
        "harness.follow",
        "harness.files",
        "harness.state",
        *NOUNS,
        "harness.quantities",
    ),
    "harness.kit": ("harness.kit", *NOUNS),
    "harness.show": (
        "harness.show",
        "harness.claims",
        "harness.state",
        "harness.talk",
        "harness.extras",
        "harness.text",
        *NOUNS,
    ),
    "harness.cast": (
        "harness.cast",
        "harness.extras",
        "harness.show",
        "harness.claims",
        "harness.state",
        "harness.files",
        "harness.text",
        *NOUNS,
    ),
    "workloads": ("harness.workload", "workloads.documents", "workloads.prefetch"),
    "workloads.research": ("harness.workload", "workloads.embed", "workloads.research"),
    "workloads.serve": ("harness.workload", "workloads.embed", "workloads.serve"),
    "demo": ("demo", "harness", "workloads"),
}
ONLY_IN = {
    "ray": ("harness.run.ray", "demo.templates.torch_distributed"),
    "psutil": (
        "harness.run.process_records",
        "harness.run.processes",
        "harness.run.utilization",
        "harness.run.host",
    ),
    "rich": ("harness.show", "demo"),
    "matplotlib": ("harness.show.figures", "harness.show.slide", "harness.show.deck.pdf"),
    "pptx": (
        "harness.show.pptx",
        "harness.show.pptx_file",
        "harness.show.deck.canvas",
        "harness.show.deck.chart",
        "harness.show.deck.presentation",
    ),
    "pyte": ("harness.cast.emulator",),
    "PIL": ("harness.cast.film", "harness.show.pptx_shapes", "workloads.train.photographs"),
}
STANDARD_LIBRARY_ONLY = (
    "harness.errors",
    "harness.extras",
    "harness.command_pair",
    "harness.client",
    "harness.fleet",
    "harness.patterns",
    "harness.placeholders",
)
# Whoever draws is given what was derived: of the claims it may import values, and no function.
JUDGES_NOTHING = "harness.show"
IMPURE = {"os", "subprocess", "socket", "threading", "time"}


def within(name: str, room: str) -> bool:
    """Return whether the module lies in the room, or is it."""
    return name == room or name.startswith(room + ".")


def imports(module: str, source: str, is_package: bool = False) -> Iterator[str]:
    """Yield the dotted name of everything the source imports, wherever it does so."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names)
            case ast.ImportFrom(module=origin, names=names, level=level):
                above = module.split(".")[
                    : None if level == 0 else len(module.split(".")) - level + is_package
                ]
                prefix = ".".join(([] if level == 0 else above) + ([origin] if origin else []))
                yield from (f"{prefix}.{name.name}" for name in names)
            case ast.Call(
                func=ast.Attribute(attr=called) | ast.Name(id=called),
                args=[ast.Constant(str(name)), *_],
            ):
                yield from [name] if called in ("import_module", "__import__") else []


def is_value(name: str) -> bool:
    """Return whether an import is of a class or a constant, by its capital: it judges nothing."""
    return name.rpartition(".")[2][:1].isupper()


def breaches(module: str, source: str, is_package: bool = False) -> list[str]:
    """Return a sentence for each import that breaks a rule of the rooms."""
    room = max((room for room in MAY_IMPORT if within(module, room)), key=len)
    found = []
    for name in imports(module, source, is_package):
        top = name.split(".")[0]
        own_package = room == "workloads" and within(name, ".".join(module.split(".")[:2]))
        if (
            top in OURS
            and name not in OURS
            and not own_package
            and not any(within(name, allowed) for allowed in MAY_IMPORT[room])
        ):
            found.append(f"{module} may not import {name}")
        if top in ONLY_IN and not any(within(module, allowed) for allowed in ONLY_IN[top]):
            found.append(f"{module} may not import {top}: only {', '.join(ONLY_IN[top])} may")
        if within(module, JUDGES_NOTHING) and within(name, "harness.claims") and not is_value(name):
            found.append(f"{module} is given a report and may not import {name}, which may judge")
        if module in STANDARD_LIBRARY_ONLY and top not in {*sys.stdlib_module_names, *OURS}:
            found.append(f"{module} imports the standard library only, not {top}")
        if within(module, "harness.claims") and top in IMPURE:
            found.append(f"{module} is pure and may not import {top}")
    return found


def too_long(module: str, source: str) -> list[str]:
    """Return a sentence for the module and for each of its functions that is too long."""
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    lengths = [
        (f"{module}.{node.name}", (node.end_lineno or 0) - node.lineno + 1, LONGEST_FUNCTION)
        for node in functions
    ]
    lengths.append((module, len(source.splitlines()), LONGEST_MODULE))
    return [
        f"{name} has {length} lines, {longest} are allowed"
        for name, length, longest in lengths
        if length > longest
    ]


def name_of(path: Path) -> str:
    """Return the dotted name of a source file."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


FILES = sorted(
    path for room in ("demo", "harness", "workloads") for path in (ROOT / room).rglob("*.py")
)


def test_every_module_keeps_to_its_room() -> None:
    assert len(FILES) > 100
    assert [
        sentence
        for path in FILES
        for sentence in breaches(name_of(path), path.read_text("utf-8"), path.stem == "__init__")
    ] == []


def test_every_module_and_its_functions_can_be_read_at_one_go() -> None:
    assert [
        sentence for path in FILES for sentence in too_long(name_of(path), path.read_text("utf-8"))
    ] == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("harness.run.conductor", "import harness.score"),
        ("harness.run.conductor", "from harness import show"),
        ("harness.run.conductor", "from harness.show.terminal.panel import draw"),
        ("harness.run.conductor", "from ..score import board"),
        ("harness.run", "from ..score import board"),
        ("harness.run.child", "def f():\n    import ray"),
        ("harness.run.child", "import importlib\nimportlib.import_module('ray')"),
        ("harness.run.launch", "from psutil import Process"),
        ("harness.run.host", "import rich.console"),
        ("harness.claims.audit", "from harness.run import host"),
        ("harness.claims.audit", "from harness.show import words"),
        ("harness.claims.audit", "from harness import workload"),
        ("harness.claims.headline", "import time"),
        ("harness.claims.scaling", "from harness.errors import BadRequest"),
        ("harness.claims.cost", "from .scaling import speedup"),
        ("harness.show.terminal.panel", "from harness.run.processes import look"),
        ("harness.show.pptx", "import matplotlib.pyplot as plt"),
        ("harness.show.figures.scaling", "from harness.claims.curve import Curve, curve"),
        ("harness.show.figures", "from harness.claims import headline"),
        ("harness.show.tables", "import harness.claims.rules"),
        ("harness.show.terminal.panel", "from ...claims.pairs import complete_pairs"),
        ("harness.show.export", "def f():\n    from harness.claims.audit import audit"),
        ("harness.show.terminal.panel", "from harness.cast.format import Cast"),
        ("harness.cast.page", "from harness.run import host"),
        ("harness.cast.page", "import pyte"),
        ("harness.cast.verify", "from PIL import Image"),
        ("harness.model", "from harness.errors import BadRequest"),
        ("harness.client", "import msgspec"),
        ("harness.files.results", "from harness.score import headline"),
        ("harness.workload", "from harness import run"),
        ("workloads.train", "from harness.model import Description"),
        ("workloads.train", "from workloads import simulated"),
        ("workloads.train", "import ray"),
        ("demo.race.session", "import ray"),
        ("demo.race.session", "import psutil"),
        ("demo.race.session", "from tests import builders"),
    ],
)
def test_an_import_that_leaves_its_room_is_found(module: str, source: str) -> None:
    assert len(breaches(module, source, is_package=module == "harness.run")) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("harness.run.ray.pool", "import ray\nfrom ray.actor import ActorHandle"),
        ("harness.run.processes", "import psutil, time\nfrom . import host"),
        ("harness.show.slide", "import matplotlib\nfrom harness.claims.headline import Headline"),
        ("harness.show.tables", "from harness.claims.curve import LARGEST_MISFIT, Curve, Point"),
        ("harness.state.board", "from harness import events as e\nfrom .scaling import speedup"),
        ("harness.cast.emulator", "import pyte\nfrom harness.cast.format import Cast"),
        ("workloads.train", "from workloads.train.kernel import gradient"),
        ("workloads.train", "import numpy as np\nfrom harness.workload import Problem, Workload"),
        (
            "demo.race.session",
            "from rich.console import Console\nfrom harness.run.conductor import race",
        ),
    ],
)
def test_an_import_that_keeps_to_its_room_passes(module: str, source: str) -> None:
    assert breaches(module, source) == []


@pytest.mark.parametrize("lines", [LONGEST_MODULE, LONGEST_MODULE + 1])
def test_a_module_is_too_long_from_the_first_line_over(lines: int) -> None:
    assert bool(too_long("m", "x = 1\n" * lines)) == (lines > LONGEST_MODULE)


@pytest.mark.parametrize("lines", [LONGEST_FUNCTION, LONGEST_FUNCTION + 1])
def test_a_function_is_too_long_from_the_first_line_over(lines: int) -> None:
    source = "class C:\n    async def f():\n" + "        x = 1\n" * (lines - 1)
    assert bool(too_long("m", source)) == (lines > LONGEST_FUNCTION)


BARRED = "import runpy, sys\nfor name in ('ray', 'numpy', 'matplotlib'): sys.modules[name] = None\n"


@pytest.mark.parametrize(
    "program",
    [
        "import demo.__main__",
        "sys.argv[1:] = ['--help']; runpy.run_module('demo', run_name='__main__')",
    ],
    ids=["import", "help"],
)
def test_the_screen_needs_neither_ray_nor_numpy_nor_matplotlib(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", BARRED + program],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
