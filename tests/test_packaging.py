"""What a stranger meets first: the Makefile, the locks, the wheel."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import EntryPoint
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from demo.check.arming import OLDEST_RAY
from harness.run.ray import TESTED_RAY

ROOT = Path(__file__).parent.parent
VERBS = [
    "setup",
    "develop",
    "demo",
    "record",
    "play",
    "rehearse",
    "check",
    "cue",
    "sweep",
    "test",
    "versions",
    "slide",
    "bench",
    "fuzz",
    "lint",
    "clean",
]


LOCKS = sorted(path.name for path in ROOT.glob("requirements*.lock"))
OWN_ENVIRONMENTS = sorted(
    path.stem.removeprefix("requirements-")
    for path in ROOT.glob("requirements-*.lock")
    if path.name != "requirements-dev.lock"
)


@pytest.fixture(scope="module")
def project() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module", params=["requirements.lock", "requirements-dev.lock"])
def lock(request: pytest.FixtureRequest) -> str:
    return (ROOT / str(request.param)).read_text(encoding="utf-8")


def pinned(lock: str) -> set[str]:
    """Return the names that the lock pins, as it spells them."""
    return {name for name, _ in pins(lock)}


def pins(lock: str) -> set[tuple[str, str]]:
    """Return each name that the lock pins, and a version of it; there may be several."""
    return set(re.findall(r"^([a-z0-9.-]+)==(\S+)", lock, flags=re.MULTILINE))


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def asked(requirements: list[Any]) -> set[str]:
    """Return the names in a list of requirements."""
    return {
        re.split(r"[^A-Za-z0-9.-]", requirement)[0]
        for requirement in requirements
        if isinstance(requirement, str)
    }


def test_make_alone_lists_the_verbs() -> None:
    own = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    listed = subprocess.check_output(["make"], cwd=ROOT, env=own, text=True).splitlines()
    assert [line.split()[:2] for line in listed] == [["make", verb] for verb in VERBS]


def test_the_locks_pin_everything_that_the_project_asks_for(project: dict[str, Any]) -> None:
    core = asked([*project["project"]["dependencies"], *project["build-system"]["requires"]])
    extras = asked([*chain(*project["project"]["optional-dependencies"].values())])
    groups = asked([*chain(*(project["dependency-groups"][name] for name in ("build", "dev")))])
    assert (core | {"onnxruntime", "python-pptx"}) - pinned(read("requirements.lock")) == set()
    assert (core | extras | groups) - pinned(read("requirements-dev.lock")) == set()


@pytest.mark.parametrize("group", OWN_ENVIRONMENTS)
def test_the_lock_of_an_environment_of_its_own_agrees_with_the_development_lock(
    group: str, project: dict[str, Any]
) -> None:
    own, below = (pins(read(f"requirements-{name}.lock")) for name in (group, "dev"))
    assert asked(project["dependency-groups"][group]) <= {name for name, _ in own}
    assert {name for name, _ in own & below} == {name for name, _ in own} & {
        name for name, _ in below
    }


def test_the_development_lock_has_all_of_the_other(project: dict[str, Any]) -> None:
    assert pins(read("requirements.lock")) <= pins(read("requirements-dev.lock"))


@pytest.mark.parametrize(
    "heavy", ["llvmlite", "mkdocs", "mypy", "numba", "pyarrow", "scikit-learn", "scipy", "uv"]
)
def test_the_demo_installs_nothing_heavy_that_it_does_not_need(heavy: str) -> None:
    assert heavy not in pinned(read("requirements.lock"))


def test_check_knows_the_version_of_ray_that_everything_is_tested_with(
    project: dict[str, Any], lock: str
) -> None:
    oldest, tested = (".".join(map(str, release)) for release in (OLDEST_RAY, TESTED_RAY))
    assert f"ray>={oldest}" in project["project"]["dependencies"]
    assert [version[: len(tested) + 1] for name, version in pins(lock) if name == "ray"] == [
        f"{tested}."
    ]


@pytest.mark.parametrize("name", LOCKS)
def test_every_line_of_the_lock_is_a_pin_or_its_hash(name: str) -> None:
    lock = read(name)
    entry = re.compile(r"[a-z0-9.-]+==\S+( ; [^\\]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    assert [line for line in lock.splitlines() if not entry.fullmatch(line)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_of_the_lock_is_followed_by_a_hash(name: str) -> None:
    assert [
        entry for entry in re.split(r"\n(?=\S)", read(name)) if "--hash=sha256:" not in entry
    ] == []


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
    names = {path.relative_to(ROOT).as_posix() for path in ours}
    shown = {f"demo/showcase/{path.name}" for path in (ROOT / "recordings/showcase").iterdir()}
    assert packed == {name.removeprefix("harness/public/") for name in names} | shown


def test_the_console_script_names_a_function(project: dict[str, Any]) -> None:
    script = EntryPoint("twoclocks", project["project"]["scripts"]["twoclocks"], "console_scripts")
    assert callable(script.load())


def test_the_changelog_has_an_unreleased_part() -> None:
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_licence_is_whole_and_names_the_authors() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Copyright 2026 The twoclocks authors" in text
    assert "END OF TERMS AND CONDITIONS" in text


@pytest.mark.parametrize(
    ("script", "shell"), [("run", "bash"), ("install", "sh"), ("environment", "sh")]
)
def test_the_scripts_are_executable_and_parse(script: str, shell: str) -> None:
    path = ROOT / ".ci" / script
    assert os.access(path, os.X_OK)
    assert subprocess.run([shell, "-n", path], check=False).returncode == 0
