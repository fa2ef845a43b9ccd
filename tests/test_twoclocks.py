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


def test_its_types_are_told_to_a_type_checker() -> None:
    assert (Path(twoclocks.__file__).parent / "py.typed").is_file()
