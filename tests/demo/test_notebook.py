import ast
import runpy
import sys
from collections.abc import Callable
from inspect import getsource
from pathlib import Path
from textwrap import dedent
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "demo" / "notebook.py"


class App:
    """A stand-in for marimo's: it runs the cells in order, each with the names it asks for."""

    def __init__(self, **_: object) -> None:
        self.cells: list[Callable[..., Any]] = []

    def cell(self, function: Callable[..., Any]) -> Callable[..., Any]:
        self.cells.append(function)
        return function

    def run(self) -> None:
        known: dict[str, Any] = {}
        for cell in self.cells:
            (function,) = ast.parse(dedent(getsource(cell))).body
            assert isinstance(function, ast.FunctionDef)
            given = cell(*(known[argument.arg] for argument in function.args.args)) or ()
            last = function.body[-1]
            assert isinstance(last, ast.Return)
            known |= zip(
                [name.id for name in ast.walk(last) if isinstance(name, ast.Name)],
                given,
                strict=True,
            )


def a_stand_in_for_marimo() -> ModuleType:
    """Return a module with the few names of marimo that the notebook uses."""
    module: Any = ModuleType("marimo")
    module.App = App
    module.app_meta = lambda: SimpleNamespace(mode="script")
    module.ui = SimpleNamespace(text=lambda value, **_: SimpleNamespace(value=value))
    return module  # type: ignore[no-any-return]


def test_the_cells_of_the_marimo_notebook_run_and_show_a_take(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "marimo", a_stand_in_for_marimo())
    runpy.run_path(str(NOTEBOOK), run_name="__main__")

    assert "efficiency" in capsys.readouterr().out
