from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.command_pair import SETTINGS, CommandPair
from harness.errors import BadRequest
from harness.model import Parameters
from harness.params import apply_overrides, require_between, values_of
from harness.workload import AnyWorkload
from tests.builders import a_workload_file, find_workload


@dataclass(frozen=True)
class Recipe:
    size: int = 3
    rate: float = 1


@dataclass(frozen=True)
class Listed:
    sizes: list[int] = field(default_factory=list)


@pytest.fixture
def workload(tmp_path: Path) -> AnyWorkload:
    return find_workload(a_workload_file(tmp_path))


def refused(workload: AnyWorkload, *settings: str) -> tuple[str, str]:
    with pytest.raises(BadRequest) as error:
        apply_overrides(workload, settings)
    return error.value.sentence, error.value.hint


def test_settings_keep_their_defaults(workload: AnyWorkload) -> None:
    assert apply_overrides(workload, []) == {"size": 5, "rate": 0.5, "fast": True, "mode": "plain"}


def test_overrides_do_not_change_the_workload(workload: AnyWorkload) -> None:
    apply_overrides(workload, ["size=9"])
    assert workload.defaults["size"] == 5


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
def test_a_setting_has_the_type_of_its_default(
    workload: AnyWorkload, setting: str, name: str, value: Any
) -> None:
    after = apply_overrides(workload, [setting])[name]
    assert after == value
    assert type(after) is type(value)


def test_the_last_of_two_settings_counts(workload: AnyWorkload) -> None:
    assert apply_overrides(workload, ["size=1", "size=2"])["size"] == 2


@pytest.mark.parametrize(
    "setting",
    ["size=1.5", "size=many", "size=", "fast=perhaps", "rate=nan", "rate=inf", "size=1e3"],
)
def test_an_ill_typed_value_is_refused_with_its_default(
    workload: AnyWorkload, setting: str
) -> None:
    sentence, hint = refused(workload, setting)
    assert setting in sentence
    assert hint.startswith("the default is ")


@pytest.mark.parametrize("digits", [20, 400, 5_000])
def test_a_number_that_no_results_file_could_hold_is_refused(
    workload: AnyWorkload, digits: int
) -> None:
    refused(workload, "size=" + "9" * digits)
    refused(workload, "rate=" + "9" * digits)


@given(st.text(max_size=12))
def test_any_text_is_either_a_value_or_refused(text: str) -> None:
    workload = find_workload("simulated")
    for name, like in workload.defaults.items():
        try:
            assert type(apply_overrides(workload, [f"{name}={text}"])[name]) is type(like)
        except BadRequest:
            continue


def test_a_setting_without_a_value_is_refused(workload: AnyWorkload) -> None:
    assert refused(workload, "size") == (
        "--set 'size' has no value",
        "write it as --set size=VALUE",
    )


def test_a_misspelt_setting_gets_a_suggestion(workload: AnyWorkload) -> None:
    assert refused(workload, "siz=3") == ("made has no setting 'siz'", "did you mean size?")


def test_an_unknown_setting_gets_the_list(workload: AnyWorkload) -> None:
    assert refused(workload, "temperature=3")[1] == "its settings are size, rate, fast, mode"


def test_a_workload_without_settings_says_so(tmp_path: Path) -> None:
    bare = find_workload(a_workload_file(tmp_path, "del fields['params']"))
    assert refused(bare, "size=3")[1] == "it has no settings"


CHECK = """
def check(params):
    if params.size > 10:
        raise ValueError(f"size={params.size} is more than ten")

fields["check"] = check
"""


def test_a_value_that_the_workload_refuses_is_refused(tmp_path: Path) -> None:
    choosy = find_workload(a_workload_file(tmp_path, CHECK))
    assert refused(choosy, "size=11") == (
        "made cannot run with these settings: size=11 is more than ten",
        "the default is size=5",
    )


def test_a_value_that_the_workload_accepts_is_kept(tmp_path: Path) -> None:
    choosy = find_workload(a_workload_file(tmp_path, CHECK))
    kept: Parameters = apply_overrides(choosy, ["size=10"])
    assert kept["size"] == 10


def a_pair(**changes: Any) -> CommandPair:
    fields: dict[str, Any] = {
        "name": "made",
        "baseline": "sort rows",
        "distributed": "psort rows",
        "params": {"rows": 3},
    }
    return CommandPair(**(fields | changes))


def test_a_pair_has_its_commands_where_to_look_and_its_params() -> None:
    params = apply_overrides(a_pair(), ["rows=9", "tolerance=0.5", "ready=yes"])
    expected = {
        "baseline": "sort rows",
        "distributed": "psort rows",
        "answer": "",
        "tolerance": 0.5,
        "ready": True,
        "rows": 9,
    }
    assert expected.items() <= params.items()
    assert params.keys() == {*SETTINGS, "rows"}


def test_a_command_keeps_every_character() -> None:
    command = "awk -F= '{s+=$2} END {print s}' rows"
    assert apply_overrides(a_pair(), [f"baseline={command}"])["baseline"] == command


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("baseline=", "made cannot run with these settings: the baseline side has no command"),
        (
            "quality=(",
            "made cannot run with these settings: quality=( is not a regular expression: "
            "missing ), unterminated subpattern at position 0",
        ),
        ("rows=many", "--set rows=many is not a whole number"),
        ("compare=alike", "made has no setting 'compare'"),
    ],
)
def test_an_invalid_setting_of_a_pair_is_refused(setting: str, sentence: str) -> None:
    with pytest.raises(BadRequest) as error:
        apply_overrides(a_pair(), [setting])
    assert error.value.sentence == sentence


def test_settings_that_are_no_dataclass_are_refused_when_the_file_is_imported() -> None:
    with pytest.raises(
        TypeError, match=r"params=\{\} is not a dataclass: write it as params=Recipe"
    ):
        values_of({})


def test_the_class_of_the_settings_is_not_taken_for_settings() -> None:
    with pytest.raises(TypeError, match="is not a dataclass"):
        values_of(Recipe)


def test_a_setting_of_another_type_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="the setting sizes is not a bool, int, float or str"):
        values_of(Listed())


def test_a_setting_has_the_type_of_its_field_and_not_of_its_default() -> None:
    assert repr(values_of(Recipe())) == "{'size': 3, 'rate': 1.0}"


@pytest.mark.parametrize(("size", "is_refused"), [(0, True), (1, False), (9, False), (10, True)])
def test_limits_are_included(size: int, is_refused: bool) -> None:
    sentence = ""
    try:
        require_between(Recipe(size=size), {"size": (1, 9)})
    except ValueError as refused:
        sentence = str(refused)
    assert sentence == (f"size={size} is not between 1 and 9" if is_refused else "")
