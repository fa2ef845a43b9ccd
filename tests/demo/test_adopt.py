from typing import Any

import pytest

from demo.adopt import adopted
from harness.errors import BadRequest


def typed(**changes: Any) -> dict[str, Any]:
    nothing = dict.fromkeys(("baseline", "distributed", "answer", "quality", "progress"), "")
    return {"workload": "train", "settings": (), "trials": 3} | nothing | changes


def test_without_two_programs_a_race_is_asked_for_as_ever() -> None:
    assert adopted(typed(workload="dedup", settings=("seed=2",))) == {
        "workload": "dedup",
        "settings": ("seed=2",),
        "trials": 3,
    }


def test_two_programs_are_settings_of_the_workload_for_them() -> None:
    asked = adopted(
        typed(
            baseline="a",
            distributed="b {workers}",
            answer="out",
            quality="f1 (.*)",
            progress="(.*)%",
        )
    )
    assert asked == {
        "workload": "commands",
        "settings": (
            "baseline=a",
            "distributed=b {workers}",
            "answer=out",
            "quality=f1 (.*)",
            "progress=(.*)%",
        ),
        "trials": 3,
    }


def test_settings_that_were_typed_besides_come_last() -> None:
    assert (
        adopted(typed(baseline="a", distributed="b", settings=("ready=true",)))["settings"][-1]
        == "ready=true"
    )


def test_programs_may_be_named_with_their_workload() -> None:
    assert (
        adopted(typed(workload="commands", baseline="a", distributed="b"))["workload"] == "commands"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"baseline": "a"}, "--baseline needs --distributed too"),
        ({"distributed": "b"}, "--distributed needs --baseline too"),
        ({"answer": "out"}, "--answer needs --baseline too"),
        ({"distributed": "b", "progress": "(.*)%"}, "--distributed needs --baseline too"),
    ],
)
def test_one_program_alone_is_refused(options: dict[str, str], sentence: str) -> None:
    with pytest.raises(BadRequest) as error:
        adopted(typed(**options))
    assert (error.value.sentence, error.value.hint) == (
        sentence,
        "give two commands: --baseline and --distributed",
    )


def test_two_programs_and_a_workload_are_refused() -> None:
    with pytest.raises(
        BadRequest, match="--baseline is for two programs, and --workload dedup is one"
    ):
        adopted(typed(workload="dedup", baseline="a", distributed="b"))
