import re
import subprocess
import sys
from pathlib import Path

import pytest

import twoclocks
from harness.workload import Workload

ROOT = Path(__file__).parent.parent
HEAVY = ("matplotlib", "msgspec", "numpy", "ray", "rich")


@pytest.mark.parametrize("name", twoclocks.__all__)
def test_every_name_can_be_imported(name: str) -> None:
    assert getattr(twoclocks, name).__name__


def test_a_name_is_the_one_that_the_harness_defines() -> None:
    assert twoclocks.Workload is Workload


def test_what_can_be_imported_is_listed() -> None:
    assert dir(twoclocks) == sorted(twoclocks.__all__)


def test_another_name_is_refused_as_python_does() -> None:
    with pytest.raises(AttributeError, match="module 'twoclocks' has no attribute 'Wrokload'"):
        getattr(twoclocks, "Wrokload")  # noqa: B009 - no checker knows the name


@pytest.mark.parametrize("program", ["import twoclocks", "from twoclocks import ready"])
def test_importing_it_imports_nothing_heavy(program: str) -> None:
    look = f"{program}\nimport sys\nprint(*sys.modules)"
    found = subprocess.check_output([sys.executable, "-c", look], cwd="/", text=True)
    assert {*HEAVY} & {*found.split()} == set()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("demo.py", "race"),
        ("demo/__init__.py", "race"),
        ("harness.py", "Report"),
        ("harness.py", "load"),
    ],
)
def test_a_file_that_is_found_in_place_of_a_package_of_ours_is_named(
    file: str, name: str, tmp_path: Path
) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).touch()
    done = subprocess.run(
        [sys.executable, "-c", f"from twoclocks import {name}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr.splitlines()[-1] == (
        f"ImportError: twoclocks has a package {re.split('[./]', file)[0]}, and {tmp_path / file}"
        " is found in its place: rename it"
    )


def test_its_types_are_told_to_a_type_checker() -> None:
    assert (Path(twoclocks.__file__).parent / "py.typed").is_file()
