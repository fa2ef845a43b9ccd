import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.terminals import ROOT

NEEDED = """
import sys
from harness.run.find import find
from harness.run.imports import needed_modules
find({name!r})
print(*(module.place for module in needed_modules({name!r})))
"""
WORKLOAD = "from workloads.simulated import WORKLOAD\n"
LAZY = "def later():\n    import {}\n"

FILES: dict[str, tuple[str, Mapping[str, str], str]] = {
    "a file alone": ("mine.py", {"mine.py": WORKLOAD}, "workload_mine.py"),
    "a neighbour that it imports": (
        "mine.py",
        {"mine.py": f"import near\n{WORKLOAD}", "near.py": "", "far.py": ""},
        "near.py workload_mine.py",
    ),
    "a neighbour that a function imports, and one that this one imports": (
        "mine.py",
        {"mine.py": WORKLOAD + LAZY.format("near"), "near.py": LAZY.format("far"), "far.py": ""},
        "far.py near.py workload_mine.py",
    ),
    "a neighbour of an installed module's name": (
        "mine.py",
        {"mine.py": WORKLOAD + LAZY.format("msgspec"), "msgspec.py": ""},
        "workload_mine.py",
    ),
    "a neighbour of our own name": (
        "mine.py",
        {"mine.py": WORKLOAD + LAZY.format("workloads.x"), "workloads/x.py": ""},
        "workload_mine.py",
    ),
    "a package, its relative imports, and a module beside it": (
        "pack.mine",
        {
            "pack/__init__.py": "",
            "pack/mine.py": WORKLOAD + LAZY.format("beside") + "def more(): from . import part\n",
            "pack/part.py": "",
            "pack/other.py": "",
            "beside.py": "",
        },
        "beside.py pack/__init__.py pack/mine.py pack/part.py",
    ),
    "a folder without __init__.py": (
        "mine.py",
        {"mine.py": WORKLOAD + "def later(): from parts.one import x\n", "parts/one.py": "x = 1"},
        "parts/one.py workload_mine.py",
    ),
    "a neighbour that is no Python": (
        "mine.py",
        {"mine.py": WORKLOAD + LAZY.format("near"), "near.py": "this is no Python"},
        "near.py workload_mine.py",
    ),
    "a built-in workload": ("simulated", {}, ""),
}


@pytest.mark.parametrize(("name", "files", "right"), FILES.values(), ids=FILES)
def test_what_a_workload_may_import_from_its_folder_is_needed(
    name: str, files: Mapping[str, str], right: str, tmp_path: Path
) -> None:
    for file, source in files.items():
        (tmp_path / file).parent.mkdir(exist_ok=True)
        (tmp_path / file).write_text(source)
    program = f"import sys; sys.path.insert(0, {str(ROOT)!r}){NEEDED.format(name=name)}"
    found = subprocess.check_output([sys.executable, "-P", "-c", program], text=True, cwd=tmp_path)
    assert found.strip() == right
