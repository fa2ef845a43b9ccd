"""The built wheel in an environment of its own, used from an empty folder: no clone is in reach."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from harness.run.sources import source_digest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")
RACE = ("race", "--yes", "--ui", "none", "--out", "take")
FILE = ROOT / "tests" / "squares.py"

pytestmark = pytest.mark.ray


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of programs of an environment with the wheel and what it requires.

    What both need has the versions of the lock, and so comes from the cache that set-up has filled.
    """
    folder = tmp_path_factory.mktemp("wheel")
    build = ("-m", "hatchling", "build", "-t", "wheel", "-d", str(folder))
    subprocess.run([sys.executable, *build], cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("twoclocks-*.whl")
    make = ("-m", "venv", "--without-pip", str(folder / "venv"))
    subprocess.run([sys.executable, *make], check=True)
    python = folder / "venv" / "bin" / "python"
    install = ("pip", "install", "--quiet", "--no-python-downloads", "--python", str(python))
    lock = ("--only-binary", ":all:", "--constraint", str(ROOT / "requirements-dev.lock"))
    subprocess.run([str(UV), *install, *lock, str(wheel)], cwd=folder, check=True)
    return python.parent


def run(environment: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    command = [str(environment / words[0]), *words[1:]]
    return subprocess.run(
        command, cwd=folder, env=own, capture_output=True, text=True, check=False, timeout=300
    )


def test_the_wheel_and_the_clone_hold_the_same_source(environment: Path, tmp_path: Path) -> None:
    program = "from harness.run.sources import source_digest; print(source_digest())"
    done = run(environment, tmp_path, "python", "-P", "-c", program)
    assert done.stdout.strip() == source_digest(), done.stderr


def workload_of(folder: Path) -> str:
    results = json.loads((folder / "take" / "results.json").read_text(encoding="utf-8"))
    assert results["status"] == "complete"
    return str(results["spec"]["workload"]["name"])


def test_the_simulated_workload_is_raced(environment: Path, tmp_path: Path) -> None:
    settings = ("--set", "seconds=1")
    done = run(environment, tmp_path, "twoclocks", *RACE, "--workload", "simulated", *settings)
    assert (done.returncode, workload_of(tmp_path)) == (0, "simulated"), done.stderr


def test_a_workload_file_is_run_on_ray(environment: Path, tmp_path: Path) -> None:
    done = run(environment, tmp_path, "twoclocks", *RACE, "--workload", str(FILE))
    assert workload_of(tmp_path) == "squares", done.stderr
    assert done.returncode in (0, 4)  # a run as brief as this may be refused a headline


def test_a_workload_that_needs_an_extra_says_how_to_install_it(
    environment: Path, tmp_path: Path
) -> None:
    done = run(environment, tmp_path, "twoclocks", *RACE, "--workload", "recommend")
    assert (done.returncode, done.stderr.splitlines()) == (
        2,
        [
            "error: recommend needs the package numba, which is not installed",
            "hint: pip install 'twoclocks[kernels]'",
        ],
    )
    assert not (tmp_path / "take").exists()


def test_what_users_import_is_there(environment: Path, tmp_path: Path) -> None:
    names = "load, Report, Workload, Problem, CommandPair, ready, BadRequest"
    done = run(environment, tmp_path, "python", "-c", f"from twoclocks import {names}")
    assert (done.returncode, done.stderr) == (0, "")


def test_the_recording_that_ships_is_found_and_true(environment: Path, tmp_path: Path) -> None:
    found = run(environment, tmp_path, "twoclocks", "play", "--into", "run.html")
    assert (found.returncode, found.stderr) == (0, "")
    assert (tmp_path / "run.html").stat().st_size > 100_000


@pytest.mark.parametrize("kind", ["--agenda", "--prices", "--declared"])
def test_the_files_that_hints_name_are_there(environment: Path, tmp_path: Path, kind: str) -> None:
    done = run(environment, tmp_path, "twoclocks", "new", kind)
    assert (done.returncode, len(list(tmp_path.glob("*.toml")))) == (0, 1), done.stderr
