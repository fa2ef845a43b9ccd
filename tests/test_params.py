from typing import Any

import pytest

from harness.command_pair import CommandPair
from harness.errors import BadRequest
from harness.params import settled


def a_pair(**changes: Any) -> CommandPair:
    fields: dict[str, Any] = {
        "name": "made",
        "baseline": "sort rows",
        "distributed": "psort rows",
        "params": {"rows": 3},
    }
    return CommandPair(**(fields | changes))


def test_a_pair_has_its_parameters_and_everything_that_finds_its_answer() -> None:
    assert settled(a_pair(), ["rows=9", "tolerance=0.5", "ready=yes"]) == {
        "baseline": "sort rows",
        "distributed": "psort rows",
        "answer": "",
        "input": "",
        "quality": "",
        "progress": "",
        "metric": "",
        "tolerance": 0.5,
        "ready": True,
        "rows": 9,
    }


def test_a_command_keeps_every_character() -> None:
    command = "awk -F= '{s+=$2} END {print s}' rows"
    assert settled(a_pair(), [f"baseline={command}"])["baseline"] == command


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("baseline=", "made cannot run so: the baseline side has no command"),
        (
            "quality=(",
            "made cannot run so: quality=( is no regular expression: missing ), unterminated subpattern at position 0",
        ),
        ("rows=many", "--set rows=many is not of type int"),
        ("compare=alike", "made has no parameter 'compare'"),
    ],
)
def test_what_a_pair_cannot_be_set_to_is_refused(setting: str, sentence: str) -> None:
    with pytest.raises(BadRequest) as error:
        settled(a_pair(), [setting])
    assert error.value.sentence == sentence
    assert error.value.hint
