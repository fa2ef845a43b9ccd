import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from demo.check.result import (
    CheckLevel,
    CheckResult,
    all_passed,
    draw,
    fail,
    ok,
    summarize,
    to_document,
    warn,
)
from harness.show.terminal.lines import LABEL, STRONG

SOME = (
    ok("power", "on mains"),
    warn("load", "3.10", "wait"),
    fail("memory", "none", "free some"),
)


def test_a_finding_is_one_line_with_its_hint_below() -> None:
    assert draw(SOME[1], 80).plain == "warn  load        3.10\n                  hint: wait\n"


def test_all_is_well_without_a_hint() -> None:
    assert draw(SOME[0], 80).plain == "ok    power       on mains\n"


def test_what_is_too_long_goes_on_below_and_stays_apart_from_the_names() -> None:
    lines = draw(ok("power", "word " * 40), 60).plain.splitlines()
    assert len(lines) == 5
    assert all(line.startswith(" " * 18) for line in lines[1:])
    assert max(map(cell_len, lines)) <= 60


def test_a_number_stays_with_its_unit() -> None:
    text = draw(ok("disk", f"{'x' * 40} and 79.2 GB free"), 65).plain
    assert "79.2 GB" in text


@pytest.mark.parametrize(("finding", "style"), list(zip(SOME, (None, STRONG, LABEL), strict=True)))
def test_trouble_stands_out_by_more_than_its_word(finding: CheckResult, style: object) -> None:
    assert draw(finding, 80).lines[0][0].style == style


def test_text_from_elsewhere_cannot_move_the_cursor() -> None:
    hostile = CheckResult(
        "processes", CheckLevel.WARN, "\x1b[2Jevil\nsecond", "\x1b]0;title\x07hint"
    )
    assert (
        draw(hostile, 80).plain == "warn  processes   evil second\n                  hint: hint\n"
    )


@given(st.text(max_size=300), st.text(max_size=300), st.integers(0, 300))
def test_any_finding_is_drawn_in_any_width(sentence: str, hint: str, columns: int) -> None:
    frame = draw(CheckResult("name", CheckLevel.WARN, sentence, hint), columns)
    assert frame.plain.startswith("warn  name")


@pytest.mark.parametrize(
    ("findings", "good"), [(SOME, False), (SOME[:2], True), (SOME[:1], True), ((), True)]
)
def test_only_a_failure_is_not_passed(findings: tuple[CheckResult, ...], good: bool) -> None:
    assert all_passed(findings) == good


def test_the_sum_names_what_failed() -> None:
    assert summarize(SOME, 9.87) == "NOT READY: memory · 3 checks · 1 failure · 1 warning · 9.87 s"


def test_the_sum_of_warnings_is_ready() -> None:
    assert summarize(SOME[:2], 1.0) == "ready · 2 checks · 0 failures · 1 warning · 1.00 s"


def test_a_document_holds_every_finding() -> None:
    told = to_document(SOME, 1.23456)
    assert (told["ready"], told["seconds"], len(told["checks"])) == (False, 1.235, 3)
    assert told["checks"][2] == {
        "name": "memory",
        "verdict": "fail",
        "sentence": "none",
        "hint": "free some",
    }
