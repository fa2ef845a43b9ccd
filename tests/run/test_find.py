import pickle
from pathlib import Path

import pytest

from harness.run.find import WorkloadNotFound, built_in, find, user_modules
from harness.workload import AnyWorkload
from tests.builders import a_workload_file, find_workload


@pytest.fixture
def workload(tmp_path: Path) -> AnyWorkload:
    return find_workload(a_workload_file(tmp_path))


def test_no_private_module_is_a_built_in_workload() -> None:
    assert {"train", "simulated"} <= set(built_in())
    assert not any(name.startswith("_") for name in built_in())


@pytest.mark.parametrize("name", ["simulated", "workloads.simulated", "workloads/simulated.py"])
def test_a_workload_is_found_by_name_package_or_path(name: str) -> None:
    root = Path(__file__).parents[2]
    found = find(str(root / name) if name.endswith(".py") else name)
    assert found.name == "simulated"


@pytest.mark.parametrize("name", built_in())
def test_every_built_in_workload_has_its_own_name(name: str) -> None:
    assert find(name).name == name


def test_two_files_of_one_name_are_two_workloads(tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        a_workload_file(tmp_path / folder, f"fields['name'] = {folder!r}")
    assert [find(str(tmp_path / folder / "made.py")).name for folder in ("one", "two")] == [
        "one",
        "two",
    ]


@pytest.mark.parametrize(
    ("name", "sentence", "hint"),
    [
        ("simulatd", "there is no workload named 'simulatd'", "did you mean simulated?"),
        ("tran", "there is no workload named 'tran'", "did you mean train?"),
        (
            "no.such.package",
            "there is no workload named 'no.such.package'",
            "the built-in ones are ",
        ),
        (
            "no/such/file.py",
            "there is no workload file no/such/file.py",
            "the built-in ones are ",
        ),
        (
            "json",
            "json defines no WORKLOAD",
            "write WORKLOAD = Workload(…) or WORKLOAD = CommandPair(…) in that file",
        ),
    ],
)
def test_an_unknown_name_is_refused_with_a_suggestion(name: str, sentence: str, hint: str) -> None:
    with pytest.raises(WorkloadNotFound) as missing:
        find(name)
    assert missing.value.sentence == sentence
    assert missing.value.hint.startswith(hint)


def test_a_missing_package_of_a_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        find(a_workload_file(tmp_path, "import no_such_library"))


def test_a_missing_package_of_a_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "their_package").mkdir()
    a_workload_file(tmp_path / "their_package", "import no_such_library")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        find("their_package.made")


def test_a_package_of_the_users_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_package").mkdir()
    a_workload_file(tmp_path / "my_package")
    monkeypatch.syspath_prepend(tmp_path)
    assert find("my_package.made").name == "made"


def test_the_functions_of_a_file_can_be_sent_to_a_worker(workload: AnyWorkload) -> None:
    assert pickle.loads(pickle.dumps(workload.load)) is workload.load


def test_a_file_whose_workload_is_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.py"
    path.write_text("WORKLOAD = {'name': 'other'}")
    with pytest.raises(WorkloadNotFound, match=r"other\.py defines no WORKLOAD"):
        find(str(path))


@pytest.mark.parametrize("name", ["train", "workloads.train"])
def test_a_built_in_workload_has_no_user_modules(name: str) -> None:
    find(name)
    assert user_modules(name) == ()


def test_the_user_modules_of_a_file_include_imported_neighbours(tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_made.py").touch()
    (tmp_path / "stranger_to_made.py").touch()
    name = a_workload_file(tmp_path, "import neighbour_of_made")
    find(name)
    assert [module.__name__ for module in user_modules(name)] == [
        "neighbour_of_made",
        "workload_made",
    ]


def test_a_neighbour_never_hides_an_installed_module(tmp_path: Path) -> None:
    (tmp_path / "psutil.py").touch()
    name = a_workload_file(tmp_path, "import psutil")
    find(name)
    assert [module.__name__ for module in user_modules(name)] == ["workload_made"]


def test_the_user_modules_of_a_package_are_all_that_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "own_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "kernels.py").touch()
    a_workload_file(package, "import own_package.kernels")
    monkeypatch.syspath_prepend(tmp_path)
    find("own_package.made")
    assert [module.__name__ for module in user_modules("own_package.made")] == [
        "own_package",
        "own_package.kernels",
        "own_package.made",
    ]


def test_a_package_without_an_init_file_has_user_modules_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bare_package").mkdir()
    a_workload_file(tmp_path / "bare_package")
    monkeypatch.syspath_prepend(tmp_path)
    find("bare_package.made")
    assert [module.__name__ for module in user_modules("bare_package.made")] == [
        "bare_package.made"
    ]
