import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.command_pair import (
    CommandPair,
    expand_home,
    parse_json_pointer,
)
from harness.model import Parameters, Side
from harness.patterns import compile_pattern
from harness.placeholders import fill_placeholders
from harness.spec import ANSWERS_ALIKE


def alike(first: Path, other: Path) -> bool:
    return first.read_bytes()[:1] == other.read_bytes()[:1]


def a_pair(**changes: Any) -> CommandPair:
    fields: dict[str, Any] = {
        "name": "made",
        "baseline": "sort rows",
        "distributed": "psort -j {workers} rows",
    }
    return CommandPair(**(fields | changes))


def refused(**changes: Any) -> str:
    with pytest.raises(ValueError, match=r".") as error:
        a_pair(**changes).require_sane()
    return str(error.value)


def test_two_plain_commands_can_run() -> None:
    a_pair().require_sane()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"baseline": ""}, "the baseline side has no command"),
        ({"stdin": "gone"}, "stdin=gone is not a file"),
        ({"distributed": " \n"}, "the distributed side has no command"),
        ({"baseline": "sort\0rows"}, "the baseline command contains a zero byte"),
        (
            {"distributed": "psort -j {worker}"},
            "the distributed command has an unknown {worker}: did you mean {workers}?",
        ),
        (
            {"baseline": "sort {anwser}"},
            "the baseline command has an unknown {anwser}: did you mean {answer}?",
        ),
        (
            {"baseline": "sort {row}", "params": {"rows": 3}},
            "the baseline command has an unknown {row}: did you mean {rows}?",
        ),
        (
            {"prepare": "rm -r {input}"},
            "the command to prepare has {input}, but no input is named: give input=FILE",
        ),
        (
            {"prepare": "echo {worker}"},
            "the command to prepare has an unknown {worker}: did you mean {workers}?",
        ),
        (
            {"baseline": "sort {input}"},
            "the baseline command has {input}, but no input is named: give input=FILE",
        ),
        (
            {"baseline": "sort > {answer}"},
            "only one command has {answer}: both must write their answer",
        ),
        (
            {"baseline": "a {answer}", "distributed": "b {answer}", "answer": "out.txt"},
            "the commands have {answer}, and answer=out.txt is given too: drop one",
        ),
        (
            {"answer": "no/such/folder/out.txt"},
            "answer=no/such/folder/out.txt is in a folder that does not exist",
        ),
        ({"input": "no/such/rows"}, "input=no/such/rows is neither a file nor a folder"),
        ({"input": "x" * 3_000}, f"input={'x' * 3_000} is neither a file nor a folder"),
        ({"stdin": "x" * 3_000}, f"stdin={'x' * 3_000} is not a file"),
        (
            {"answer": "x" * 3_000},
            f"the name of answer={'x' * 20}… is too long for a file: the most is 255 bytes",
        ),
        (
            {"quality": "{answer}#f1"},
            "quality={answer}#f1 needs {answer} in both commands",
        ),
        ({"tolerance": -0.1}, "tolerance=-0.1 is not a number of 0 or more"),
        ({"tolerance": float("nan")}, "tolerance=nan is not a number of 0 or more"),
        (
            {"quality": r"f1 \d+"},
            r"quality=f1 \d+ has 0 groups: write one group in round brackets, for the number",
        ),
        (
            {"quality": r"(\d+) of (\d+)"},
            r"quality=(\d+) of (\d+) has 2 groups: "
            "write one group in round brackets, for the number",
        ),
        (
            {"progress": "(.)(.)(.)"},
            "progress=(.)(.)(.) has 3 groups: "
            "write one group or two in round brackets, for the number",
        ),
        (
            {"compare": alike, "quality": "f1 (.*)"},
            "compare= and quality= both judge the answers: give one of them",
        ),
        (
            {"compare": alike, "metric": "f1"},
            "compare= and metric= both judge the answers: give one of them",
        ),
        (
            {"params": {"workers": 3}},
            "params has workers, which means something else in a command: rename it",
        ),
        (
            {"params": {"answer": "x"}},
            "params has answer, which means something else in a command: rename it",
        ),
    ],
)
def test_a_pair_that_cannot_run_is_refused_in_one_sentence(
    changes: dict[str, Any], sentence: str
) -> None:
    assert refused(**changes) == sentence


@pytest.mark.parametrize(
    "expression", ["(", "(?P<a", "[z-a](.)", "(a)\\", r"(\u00e9)", "(?u)(.)", "(?<=a+)(.)"]
)
@pytest.mark.parametrize("name", ["quality", "progress"])
def test_an_invalid_regular_expression_is_refused(name: str, expression: str) -> None:
    assert refused(**{name: expression}).startswith(
        f"{name}={expression} is not a regular expression: "
    )


@given(st.text(max_size=20))
def test_any_text_is_either_a_pattern_or_refused(expression: str) -> None:
    try:
        a_pair(progress=expression).require_sane()
    except ValueError:
        return
    assert not expression or 1 <= compile_pattern(expression).groups <= 2


def test_other_braces_are_left_to_the_shell() -> None:
    a_pair(baseline="awk '{print $1}' ${HOME} {rows,columns}").require_sane()


def test_a_placeholder_is_replaced_by_a_quoted_value() -> None:
    values: Parameters = {"workers": 4, "answer": "/tmp/the answer; rm x"}
    assert (
        fill_placeholders("run -j {workers} -o {answer} {print} ${HOME}", values)
        == "run -j 4 -o '/tmp/the answer; rm x' {print} ${HOME}"
    )


@given(st.text().filter(lambda text: "\0" not in text))
def test_the_shell_sees_any_value_as_one_word(value: str) -> None:
    assert shlex.split(fill_placeholders("run {value}", {"value": value})) == ["run", value]


@pytest.mark.parametrize(
    ("quality", "found"),
    [
        ("out/scores.json#test.f1", ("out/scores.json", "test.f1")),
        ("{answer}#f1", ("{answer}", "f1")),
        ("C:/my scores.json#a-b.0", ("C:/my scores.json", "a-b.0")),
        (r"f1 #(\d+)", None),
        ("accuracy (.*)", None),
        ("", None),
    ],
)
def test_a_json_pointer_is_distinguished_from_a_regular_expression(
    quality: str, found: tuple[str, str] | None
) -> None:
    assert parse_json_pointer(quality) == found


def test_a_tilde_is_replaced_if_that_user_has_a_home(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    assert (expand_home("~/rows"), expand_home("~no-such-user-here/rows")) == (
        Path("/home/somebody/rows"),
        Path("~no-such-user-here/rows"),
    )


@pytest.mark.parametrize(
    ("changes", "compared"),
    [
        ({}, "output"),
        ({"answer": "out"}, "file"),
        ({"baseline": "a {answer}", "distributed": "b {answer}"}, "file"),
        ({"quality": "f1 (.*)"}, ""),
        ({"metric": "f1"}, ""),
        ({"quality": "f1 (.*)", "answer": "out"}, "file"),
        ({"compare": alike}, "output"),
    ],
)
def test_what_is_compared_follows_from_the_settings(changes: dict[str, Any], compared: str) -> None:
    assert a_pair(**changes).facts.compared == compared


def test_a_pair_without_a_quality_is_judged_by_whether_its_answers_are_alike() -> None:
    words = a_pair(tolerance=0.5).words
    assert (words.metric, words.tolerance, words.answers_differ) == (ANSWERS_ALIKE, 0.0, "")


def test_a_quality_has_its_name_and_its_tolerance() -> None:
    words = a_pair(quality="f1 (.*)", metric="f1", tolerance=0.5).words
    assert (words.metric, words.tolerance, words.answers_differ) == (
        "f1",
        0.5,
        "only their quality is compared",
    )


def test_a_quality_without_a_name_is_called_quality() -> None:
    assert a_pair(quality="f1 (.*)").words.metric == "quality"


def test_a_compare_function_is_a_reason_for_answers_to_differ() -> None:
    assert (
        a_pair(compare=alike).words.answers_differ == "a function of the pair's own compares them"
    )


def test_a_stated_reason_wins() -> None:
    assert (
        a_pair(compare=alike, answers_differ="rows come in any order").words.answers_differ
        == "rows come in any order"
    )


def test_settings_change_commands_and_parameters() -> None:
    pair = a_pair(params={"rows": 3})
    after = pair.with_settings(
        pair.defaults | {"rows": 9, "baseline": "sort -u rows", "ready": True}
    )
    assert (after.params, after.command(Side.BASELINE), after.facts.says_ready) == (
        {"rows": 9},
        "sort -u rows",
        True,
    )


def test_settings_leave_the_pair_as_it_was() -> None:
    pair = a_pair(params={"rows": 3})
    pair.with_settings(pair.defaults | {"rows": 9})
    assert pair.params == {"rows": 3}


def test_a_pair_is_checked_with_its_settings() -> None:
    pair = a_pair()
    with pytest.raises(ValueError, match="the baseline side has no command"):
        pair.require_valid(pair.defaults | {"baseline": ""})
