"""Notebooks for the tests: a real Jupyter kernel and a real marimo, in an environment of their own.

``sh .ci/environment notebook`` makes it, and so does ``make test``. May import ``tests.terminals``.
"""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.terminals import ROOT

ENVIRONMENT = ROOT / ".venv-notebook"
PYTHON = ENVIRONMENT / "bin" / "python"

needs_notebooks = pytest.mark.skipif(
    not (ENVIRONMENT / ".installed").exists() and not os.environ.get("CI"),
    reason=f"there is no {ENVIRONMENT.name}: `sh .ci/environment notebook` makes it",
)


@dataclass(frozen=True)
class Cell:
    """A cell that was run: what it shows in the end, and each message that it sent meanwhile."""

    outputs: Sequence[Mapping[str, Any]]
    messages: Sequence[Mapping[str, Any]]

    @property
    def error(self) -> str:
        """Return what the cell shows in place of a traceback; empty if nothing was raised."""
        traces = [output["traceback"] for output in self.outputs if "traceback" in output]
        return "\n".join(line for trace in traces for line in trace)

    def outputs_of(self, kind: str) -> list[str]:
        """Return what the cell shows of a kind, such as ``text/html``."""
        bundles = (output.get("data", {}) for output in self.outputs)
        return [bundle[kind] for bundle in bundles if kind in bundle]


def run_notebook(notebook: Mapping[str, Any], folder: Path) -> list[Cell]:
    """Run a notebook in a Jupyter kernel of its own in a folder, and return its cells."""
    done = subprocess.run(
        [PYTHON, ROOT / "tests" / "kernel.py"],
        input=json.dumps(notebook),
        cwd=folder,
        env=surroundings(folder),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ran = json.loads(done.stdout)
    return [
        Cell(cell["outputs"], [one for one in ran["shown"] if one["cell"] == place])
        for place, cell in enumerate(ran["notebook"]["cells"])
    ]


def run_marimo(folder: Path, *words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run marimo's own program, or with a file as the first word that one, in a folder."""
    module = () if isinstance(words[0], Path) else ("-m", "marimo")
    return subprocess.run(
        [PYTHON, *module, *words],
        cwd=folder,
        env=surroundings(folder),
        capture_output=True,
        text=True,
        check=False,
    )


def surroundings(folder: Path) -> dict[str, str]:
    """Return an environment in which nobody's own settings of Jupyter or marimo count."""
    own = {
        name: str(folder / ".own")
        for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "XDG_CONFIG_HOME")
    }
    return os.environ | own | {"JUPYTER_PLATFORM_DIRS": "1", "NO_COLOR": "1"}
