"""A real `make setup` with no network, from what an earlier one has left in uv's cache."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
FOLDERS = (".ci", "demo", "harness", "workloads", "recordings/showcase")
FILES = ("LICENSE", "Makefile", "README.md", "pyproject.toml")
LOCKS = ("requirements.lock", "requirements-dev.lock")
NOWHERE = "http://127.0.0.1:9"
OFFLINE = {name: NOWHERE for name in ("ALL_PROXY", "HTTPS_PROXY", "https_proxy")}


def cache_is_full() -> bool:
    """Return whether uv has all of the demo's packages at hand."""
    install = ("pip", "install", "--quiet", "--dry-run", "--reinstall", "--offline", "--no-deps")
    command = [str(TOOLS / "uv"), *install, "--python", sys.executable, "-r", "requirements.lock"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, check=False).returncode == 0


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    folder = tmp_path / "a clone with blanks and ü"
    folder.mkdir()
    for name in FOLDERS:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in (*FILES, *LOCKS):
        shutil.copy(ROOT / name, folder)
    return folder


@pytest.mark.skipif(
    not (TOOLS / "uv").exists() or (not cache_is_full() and not os.environ.get("CI")),
    reason="uv's cache is not full here, as where pip has installed the packages",
)
def test_a_second_clone_is_set_up_from_the_cache_alone(clone: Path) -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    path = os.pathsep.join([str(TOOLS), own["PATH"]])
    command = ["make", "setup", f"PYTHON={sys.executable}"]
    subprocess.run(command, cwd=clone, env=own | OFFLINE | {"PATH": path}, check=True)
    said = subprocess.check_output([clone / ".venv/bin/twoclocks", "--help"], cwd="/", text=True)
    assert said.startswith("Usage: twoclocks ")
