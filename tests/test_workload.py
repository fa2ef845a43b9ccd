import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadRequest
from harness.model import Parameters
from harness.workload import (
    Workload,
    WorkloadNotFound,
    built_in,
    find,
    look_up,
    own_modules,
    settled,
)
from tests.builders import a_workload_file


@pytest.fixture
def made(tmp_path: Path) -> Workload:
    return find(a_workload_file(tmp_path))


def refused(workload: Workload, *settings: str) -> tuple[str, str]:
    with pytest.raises(BadRequest) as error:
        settled(workload, settings)
    return error.value.sentence, error.value.hint


def test_the_built_in_ones_are_the_files_that_are_not_private() -> None:
    assert {"train", "simulated"} <= set(built_in())
    assert not any(name.startswith("_") for name in built_in())


@pytest.mark.parametrize("name", ["simulated", "workloads.simulated", "workloads/simulated.py"])
def test_a_workload_is_found_by_name_package_or_path(name: str) -> None:
    root = Path(__file__).parent.parent
    found = find(str(root / name) if name.endswith(".py") else name)
    assert found.name == "simulated"


@pytest.mark.parametrize("name", built_in())
def test_every_built_in_one_carries_its_own_name(name: str) -> None:
    assert look_up(name).name == name


MOST_CHARACTERS = {
    "bottleneck": 76,
    "partition": 105,
    "communication": 105,
    "consistency": 105,
    "neighbour": 112,
    "limitation": 112,
}


@pytest.mark.parametrize("name", built_in())
def test_what_every_built_in_one_says_of_itself_fits_a_slide(name: str) -> None:
    said = look_up(name)
    assert {
        field: len(getattr(said, field))
        for field, most in MOST_CHARACTERS.items()
        if len(getattr(said, field)) > most
    } == {}


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
        ("simulatd", "there is no workload named 'rehersal'", "did you mean rehearsal?"),
        ("tran", "there is no workload named 'tran'", "did you mean train?"),
        (
            "no.such.package",
            "there is no workload named 'no.such.package'",
            "the built-in ones are ",
        ),
        (
            "no/such/file.py",
            "there is no workload file no/such/file.py",
            "give a path to an existing .py file",
        ),
        (
            "json",
            "json holds no WORKLOAD",
            "assign a harness.workload.Workload or CommandPair to the name WORKLOAD",
        ),
    ],
)
def test_what_is_not_found_is_named_with_what_was_meant(
    name: str, sentence: str, hint: str
) -> None:
    with pytest.raises(WorkloadNotFound) as missing:
        find(name)
    assert missing.value.sentence == sentence
    assert missing.value.hint.startswith(hint)


def test_a_workload_that_needs_what_is_not_installed_says_so(tmp_path: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        find(a_workload_file(tmp_path, "import no_such_library"))


def test_a_package_that_needs_what_is_not_installed_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "their_package").mkdir()
    a_workload_file(tmp_path / "their_package", "import no_such_library")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        find("their_package.made")


def test_a_package_of_ones_own_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my_package").mkdir()
    a_workload_file(tmp_path / "my_package")
    monkeypatch.syspath_prepend(tmp_path)
    assert find("my_package.made").name == "made"


def test_the_functions_of_a_file_can_be_sent_to_a_worker(made: Workload) -> None:
    assert pickle.loads(pickle.dumps(made.load)) is made.load


def test_a_file_whose_workload_is_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.py"
    path.write_text("WORKLOAD = {'name': 'other'}")
    with pytest.raises(WorkloadNotFound, match=r"other\.py holds no WORKLOAD"):
        find(str(path))


@pytest.mark.parametrize("name", ["train", "workloads.train"])
def test_a_workload_of_ours_brings_no_modules_along(name: str) -> None:
    find(name)
    assert own_modules(name) == ()


def test_a_workload_file_brings_itself_and_the_neighbours_that_it_imports(tmp_path: Path) -> None:
    (tmp_path / "neighbour_of_made.py").touch()
    (tmp_path / "stranger_to_made.py").touch()
    name = a_workload_file(tmp_path, "import neighbour_of_made")
    find(name)
    assert [module.__name__ for module in own_modules(name)] == [
        "adopted_made",
        "neighbour_of_made",
    ]


def test_a_neighbour_never_takes_the_place_of_what_is_installed(tmp_path: Path) -> None:
    (tmp_path / "psutil.py").touch()
    name = a_workload_file(tmp_path, "import psutil")
    find(name)
    assert [module.__name__ for module in own_modules(name)] == ["adopted_made"]


def test_a_package_of_ones_own_brings_all_of_it_that_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "own_package"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "kernels.py").touch()
    a_workload_file(package, "import own_package.kernels")
    monkeypatch.syspath_prepend(tmp_path)
    find("own_package.made")
    assert [module.__name__ for module in own_modules("own_package.made")] == [
        "own_package",
        "own_package.kernels",
        "own_package.made",
    ]


def test_a_package_without_an_init_file_brings_its_modules_along_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bare_package").mkdir()
    a_workload_file(tmp_path / "bare_package")
    monkeypatch.syspath_prepend(tmp_path)
    find("bare_package.made")
    assert [module.__name__ for module in own_modules("bare_package.made")] == ["bare_package.made"]


def test_the_words_are_the_workload_without_its_functions(made: Workload) -> None:
    assert (made.words.name, made.words.unit, made.words.metric) == ("made", "items", "score")


def test_parameters_that_are_not_set_keep_their_defaults(made: Workload) -> None:
    assert settled(made, []) == {"size": 5, "rate": 0.5, "fast": True, "mode": "plain"}


def test_settings_leave_the_workload_as_it_was(made: Workload) -> None:
    settled(made, ["size=9"])
    assert made.params["size"] == 5


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("size=9", "size", 9),
        ("size=-1_000", "size", -1000),
        ("rate=2", "rate", 2.0),
        ("rate=1e-3", "rate", 0.001),
        ("fast=no", "fast", False),
        ("fast=TRUE", "fast", True),
        ("mode=", "mode", ""),
        ("mode=a=b", "mode", "a=b"),
    ],
)
def test_a_setting_takes_the_type_of_its_default(
    made: Workload, setting: str, name: str, value: Any
) -> None:
    after = settled(made, [setting])[name]
    assert after == value
    assert type(after) is type(value)


def test_the_last_of_two_settings_counts(made: Workload) -> None:
    assert settled(made, ["size=1", "size=2"])["size"] == 2


@pytest.mark.parametrize(
    "setting",
    ["size=1.5", "size=many", "size=", "fast=perhaps", "rate=nan", "rate=inf", "size=1e3"],
)
def test_an_ill_typed_value_is_refused_with_its_default(made: Workload, setting: str) -> None:
    sentence, hint = refused(made, setting)
    assert setting in sentence
    assert hint.startswith("the default is ")


@pytest.mark.parametrize("digits", [20, 400, 5_000])
def test_a_number_that_no_file_could_hold_is_refused(made: Workload, digits: int) -> None:
    refused(made, "size=" + "9" * digits)
    refused(made, "rate=" + "9" * digits)


@given(st.text(max_size=12))
def test_no_text_ends_in_anything_but_a_value_or_a_refusal(text: str) -> None:
    made = find("simulated")
    for name, like in made.params.items():
        try:
            assert type(settled(made, [f"{name}={text}"])[name]) is type(like)
        except BadRequest:
            continue


def test_a_setting_without_a_value_is_refused(made: Workload) -> None:
    assert refused(made, "size") == ("--set 'size' has no value", "write it as key=value")


def test_a_misspelt_parameter_gets_what_was_meant(made: Workload) -> None:
    assert refused(made, "siz=3") == ("made has no parameter 'siz'", "did you mean size?")


def test_a_parameter_that_is_like_none_gets_the_list(made: Workload) -> None:
    assert refused(made, "temperature=3")[1] == "made has size, rate, fast, mode"


def test_a_workload_without_parameters_says_so(tmp_path: Path) -> None:
    bare = find(a_workload_file(tmp_path, "fields['params'] = {}"))
    assert refused(bare, "size=3")[1] == "made has no parameters"


CHECK = """
def check(params):
    if params["size"] > 10:
        raise ValueError(f"size={params['size']} is more than ten")

fields["check"] = check
"""


def test_a_value_that_the_workload_refuses_is_refused(tmp_path: Path) -> None:
    choosy = find(a_workload_file(tmp_path, CHECK))
    assert refused(choosy, "size=11") == (
        "made cannot run so: size=11 is more than ten",
        "change it with --set key=value",
    )


def test_a_value_that_the_workload_accepts_is_kept(tmp_path: Path) -> None:
    choosy = find(a_workload_file(tmp_path, CHECK))
    kept: Parameters = settled(choosy, ["size=10"])
    assert kept["size"] == 10
