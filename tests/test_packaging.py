"""What a stranger meets first: the Makefile, the lock, the wheel."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
VERBS = [
    "setup",
    "demo",
    "record",
    "play",
    "rehearse",
    "check",
    "cue",
    "sweep",
    "test",
    "slide",
    "bench",
    "lint",
    "clean",
]


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def lock() -> str:
    return (ROOT / "requirements.lock").read_text(encoding="utf-8")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the files that set-up reads, and nothing installed."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def make(folder: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run make as a shell of its own would, not as a part of the make that runs the tests."""
    own = {
        name: value
        for name, value in os.environ.items()
        if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    }
    return subprocess.run(
        ["make", *words],
        cwd=folder,
        env=own | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def pinned(lock: str) -> set[str]:
    """Return the names that the lock pins, as it spells them."""
    return set(re.findall(r"^([a-z0-9.-]+)==", lock, flags=re.MULTILINE))


def asked(requirements: list[Any]) -> set[str]:
    """Return the names in a list of requirements."""
    return {
        re.split(r"[^A-Za-z0-9.-]", requirement)[0]
        for requirement in requirements
        if isinstance(requirement, str)
    }


def test_make_alone_lists_the_verbs() -> None:
    listed = make(ROOT).stdout.splitlines()
    assert [line.split()[:2] for line in listed] == [["make", verb] for verb in VERBS]


def test_a_second_setup_does_nothing(clone: Path) -> None:
    (clone / ".venv").mkdir()
    (clone / ".venv" / ".installed").touch()
    assert "pip" not in make(clone, "--dry-run", "setup").stdout


@pytest.mark.parametrize("name", ["requirements.lock", "pyproject.toml"])
def test_a_changed_requirement_sets_up_anew(clone: Path, name: str) -> None:
    (clone / ".venv").mkdir()
    (clone / ".venv" / ".installed").touch()
    os.utime(clone / name, (2**31, 2**31))
    assert "pip install" in make(clone, "--dry-run", "demo").stdout


def test_a_missing_interpreter_is_said_in_a_sentence_and_a_hint(clone: Path) -> None:
    said = make(clone, "setup", "PYTHON=python3.none").stderr.splitlines()
    assert [line.split(":")[0] for line in said[:2]] == ["error", "hint"]
    assert said[0] == "error: there is no python3.none here"


def test_a_missing_venv_module_is_said_in_a_sentence_and_a_hint(clone: Path) -> None:
    (clone / "ensurepip.py").write_text("raise ImportError")
    said = make(
        clone, "setup", f"PYTHON={sys.executable}", PYTHONPATH=str(clone)
    ).stderr.splitlines()
    assert said[0] == f"error: {sys.executable} -m venv is missing"
    assert said[1].startswith("hint: ")


def test_an_old_interpreter_is_said_in_a_sentence_and_a_hint(clone: Path) -> None:
    (clone / "sitecustomize.py").write_text("import sys; sys.version_info = (3, 10, 13)")
    said = make(
        clone, "setup", f"PYTHON={sys.executable}", PYTHONPATH=str(clone)
    ).stderr.splitlines()
    assert said[0].startswith("error: twoclocks needs Python 3.11 to 3.14, and ")
    assert said[1].startswith("hint: ")


def test_the_lock_pins_everything_that_the_project_asks_for(
    project: dict[str, Any], lock: str
) -> None:
    groups = [
        requirement for group in project["dependency-groups"].values() for requirement in group
    ]
    wanted = asked(
        [*project["project"]["dependencies"], *project["build-system"]["requires"], *groups]
    )
    assert wanted - pinned(lock) == set()


def test_every_line_of_the_lock_is_a_pin_or_its_hash(lock: str) -> None:
    entry = re.compile(r"[a-z0-9.-]+==\S+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in lock.splitlines() if not entry.fullmatch(line)] == []


def test_every_pin_of_the_lock_is_followed_by_a_hash(lock: str) -> None:
    assert [entry for entry in re.split(r"\n(?=\S)", lock) if "--hash=sha256:" not in entry] == []


def test_the_lock_leaves_torch_out(lock: str) -> None:
    assert pinned(lock) & {"torch", "torchvision"} == set()


def test_the_wheel_holds_the_rooms_with_their_files_and_nothing_else(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    (wheel,) = tmp_path.glob("twoclocks-*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    ours = {
        path
        for room in ("demo", "harness", "workloads")
        for path in (ROOT / room).rglob("*")
        if path.is_file() and not {"__marimo__", "__pycache__"} & {*path.parts}
    }
    assert packed == {path.relative_to(ROOT).as_posix() for path in ours}


def test_the_console_script_names_a_function(project: dict[str, Any]) -> None:
    script = EntryPoint("twoclocks", project["project"]["scripts"]["twoclocks"], "console_scripts")
    assert callable(script.load())


def test_the_changelog_has_an_unreleased_part() -> None:
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_licence_is_whole_and_names_the_authors() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Copyright 2026 The twoclocks authors" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_the_continuous_integration_script_is_executable_and_parses() -> None:
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert subprocess.run(["bash", "-n", script], check=False).returncode == 0
