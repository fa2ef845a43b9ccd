import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import cast

import pytest

from harness import extras
from harness.errors import BadRequest
from harness.extras import EXTRAS, install_command, require_package

ROOT = Path(__file__).parent.parent


def test_every_extra_of_the_project_is_known_by_a_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {*EXTRAS.values()} == {*project["optional-dependencies"]}


def test_a_package_that_is_not_installed_is_named_with_who_needs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(BadRequest) as refused:
        require_package("numba", "recommend")
    assert refused.value.sentence == "recommend needs the package numba, which is not installed"
    assert refused.value.hint == install_command("kernels")


def test_a_package_that_is_installed_is_not_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "numba", raising=False)
    require_package("numba", "recommend")
    assert "numba" not in sys.modules


def test_a_package_that_has_replaced_itself_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "colorful", cast(ModuleType, object()))  # as this one does
    require_package("colorful", "--dashboard")


def test_a_clone_installs_an_extra_with_make() -> None:
    assert install_command("kernels") == "make setup EXTRAS=kernels"


def test_elsewhere_pip_installs_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "_MAKEFILE", tmp_path / "Makefile")
    assert install_command("kernels") == "pip install 'twoclocks[kernels]'"
