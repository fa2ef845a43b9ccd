import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.command_pair import CommandPair
from harness.errors import SideFailed
from harness.model import Side as ModelSide
from harness.run.commands.answers import Answers
from harness.run.commands.files import file_stamps, require_unchanged
from harness.run.commands.files import input_contents as read
from harness.run.digest import digest


def near(first: Path, other: Path) -> bool:
    return abs(float(first.read_text()) - float(other.read_text())) < 0.1


class Side:
    """One side's answers; the program's part is played by the test."""

    def __init__(self, folder: Path, **changes: Any) -> None:
        scratch, common = folder / f"scratch-{len(list(folder.iterdir()))}", folder / "common"
        scratch.mkdir()
        common.mkdir(exist_ok=True)
        self.answers = Answers(
            CommandPair(**({"name": "made", "baseline": "a", "distributed": "b"} | changes)),
            ModelSide.BASELINE,
            scratch,
            common,
        )

    def begin(self) -> Path:
        """Begin a run, and return where what it prints goes."""
        self.answers.begin_run()
        self.answers.note_earlier_files()
        return self.answers.printed

    def printed(self, text: str) -> Any:
        """Run a program that prints, and return its answer."""
        self.begin().write_text(text)
        return self.answers.content()

    def answer_file(self, text: str) -> Any:
        """Run a program that is passed its file; return its answer."""
        self.begin()
        self.answers.answer_file.write_text(text)
        return self.answers.content()


def refused(act: Any) -> str:
    with pytest.raises(SideFailed) as failed:
        act()
    assert failed.value.hint
    return failed.value.sentence


TOLD = {"baseline": "a {answer}", "distributed": "b {answer}"}


def test_what_is_printed_is_the_answer_where_no_file_is_named(tmp_path: Path) -> None:
    assert bytes(Side(tmp_path).printed("42\n")) == b"42\n"


def test_a_file_that_the_program_was_told_holds_its_answer(tmp_path: Path) -> None:
    assert bytes(Side(tmp_path, **TOLD).answer_file("42")) == b"42"


def test_every_run_is_told_another_file(tmp_path: Path) -> None:
    side = Side(tmp_path, **TOLD)
    side.answer_file("42")
    side.begin()
    assert (
        refused(side.answers.content)
        == "the program did not write the file that {answer} stands for"
    )


def test_a_file_that_was_named_holds_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "out"
    side = Side(tmp_path, answer=str(path))
    side.begin()
    path.write_text("42")
    assert bytes(side.answers.content()) == b"42"


def test_a_file_that_is_not_written_is_missed(tmp_path: Path) -> None:
    side = Side(tmp_path, answer=str(tmp_path / "out"))
    side.begin()
    assert refused(side.answers.content) == "the program did not write out"


def test_a_stale_file_is_not_taken_for_the_answer(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("42")
    side = Side(tmp_path, answer=str(path))
    side.begin()
    assert refused(side.answers.content) == "the program left out as it was before"


def test_what_the_other_side_wrote_since_this_one_was_armed_is_stale_too(tmp_path: Path) -> None:
    path = tmp_path / "out"
    side = Side(tmp_path, answer=str(path), ready=True)
    side.answers.begin_run()  # its program is started, and says that it is ready
    path.write_text("the other side's")
    side.answers.note_earlier_files()  # its clock starts
    assert refused(side.answers.content) == "the program left out as it was before"


def test_a_file_that_is_written_again_with_the_same_content_is_an_answer(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("42")
    os.utime(path, ns=(1, 1))
    side = Side(tmp_path, answer=str(path))
    side.begin()
    path.write_text("42")
    assert bytes(side.answers.content()) == b"42"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "the program printed nothing, so there is no answer to compare"),
        (TOLD, "the program's answer is an empty file, so there is no answer to compare"),
    ],
)
def test_two_answers_that_are_nothing_would_be_equal_and_are_none(
    changes: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    side = Side(tmp_path, **changes)
    assert refused(lambda: side.answer_file("") if changes else side.printed("")) == sentence


LEFT_OUT: dict[str, tuple[dict[str, Any], str]] = {
    "ignored": ({"ignore": "[0-9]+"}, "42"),
    "progress": ({"progress": "epoch ([0-9]+)%"}, "epoch 42%"),
}


@pytest.mark.parametrize("why", LEFT_OUT)
def test_of_two_answers_of_which_all_is_left_out_none_is_compared(why: str, tmp_path: Path) -> None:
    changes, said = LEFT_OUT[why]
    side = Side(tmp_path, **changes)
    assert refused(lambda: side.printed(said)) == (
        "all that the program printed is ignored, or is progress, so there is no answer to compare"
    )


def test_a_program_that_is_judged_by_its_quality_may_print_nothing_else(tmp_path: Path) -> None:
    assert Side(tmp_path, quality="f1 (.*)").printed("") == b""


def test_equal_answers_are_alike(tmp_path: Path) -> None:
    for side in (Side(tmp_path), Side(tmp_path)):
        assert side.answers.alike([side.printed("42\n")])


def test_answers_that_differ_in_one_byte_are_not_alike(tmp_path: Path) -> None:
    one, other = Side(tmp_path), Side(tmp_path)
    assert one.answers.alike([one.printed("42\n")])
    assert not other.answers.alike([other.printed("43\n")])


@pytest.mark.parametrize(("second", "alike"), [("1.01", True), ("1.5", False)])
def test_a_function_of_the_pairs_own_tells_whether_answers_are_alike(
    second: str, alike: bool, tmp_path: Path
) -> None:
    one, other = Side(tmp_path, compare=near, **TOLD), Side(tmp_path, compare=near, **TOLD)
    assert one.answers.alike([one.answer_file("1.0")])
    assert other.answers.alike([other.answer_file(second)]) is alike


def test_a_function_gets_the_first_answer_though_its_file_is_written_again(
    tmp_path: Path,
) -> None:
    path = tmp_path / "out"
    for written, alike in (("1.0", True), ("1.5", False)):
        side = Side(tmp_path, compare=near, answer=str(path))
        side.begin()
        path.write_text(written)
        assert side.answers.alike([side.answers.content()]) is alike


def number(tmp_path: Path, text: str, key: str) -> float | None:
    side = Side(tmp_path, quality=f"{tmp_path}/scores.json#{key}")
    side.begin()
    (tmp_path / "scores.json").write_text(text)
    return side.answers.written_quality()


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ('{"f1": 0.5}', "f1", 0.5),
        ('{"test": {"runs": [{"f1": 1}, {"f1": 2}]}}', "test.runs.1.f1", 2.0),
        ('{"f1": "0.5"}', "f1", 0.5),
        ("[3, 4]", "1", 4.0),
    ],
)
def test_a_quality_is_found_in_a_json_file(
    text: str, key: str, expected: float, tmp_path: Path
) -> None:
    assert number(tmp_path, text, key) == expected


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", "f1"),
        ("{", "f1"),
        ('{"f1": null}', "f1"),
        ('{"f1": "high"}', "f1"),
        ('{"f1": [1]}', "f1"),
        ('{"f1": 1}', "f2"),
        ('{"f1": 1}', "f1.test"),
        ("[1]", "1"),
        ("[1]", "f1"),
        ("[" * 100_000, "f1"),
        ('{"f1": 1' + "0" * 400 + "}", "f1"),
        ('{"f1": 1' + "0" * 9000 + "}", "f1"),
    ],
)
def test_a_json_file_without_the_number_is_told(text: str, key: str, tmp_path: Path) -> None:
    assert refused(lambda: number(tmp_path, text, key)).startswith(
        f"scores.json has no number at {key}: "
    )


def test_a_stale_json_file_is_not_taken_for_the_runs(tmp_path: Path) -> None:
    (tmp_path / "scores.json").write_text('{"f1": 0.5}')
    side = Side(tmp_path, quality=f"{tmp_path}/scores.json#f1")
    side.begin()
    assert refused(side.answers.written_quality) == "the program left scores.json as it was before"


def test_a_quality_is_found_in_the_answer_itself(tmp_path: Path) -> None:
    side = Side(tmp_path, quality="{answer}#f1", **TOLD)
    side.answer_file('{"f1": 0.5}')
    assert side.answers.written_quality() == 0.5


def test_a_quality_that_is_no_file_is_found_elsewhere(tmp_path: Path) -> None:
    assert Side(tmp_path, quality="f1 (.*)").answers.written_quality() is None


def test_programs_with_the_same_work_may_race(tmp_path: Path) -> None:
    for side in (Side(tmp_path), Side(tmp_path)):
        side.answers.require_same_work(40, "rows")


@pytest.mark.parametrize(
    ("items", "unit", "difference"),
    [(41, "rows", "41 rows"), (40, "", "40 items"), (0, "", "no number of items")],
)
def test_programs_with_other_work_may_not(
    items: int, unit: str, difference: str, tmp_path: Path
) -> None:
    Side(tmp_path).answers.require_same_work(40, "rows")
    other = Side(tmp_path).answers
    assert (
        refused(lambda: other.require_same_work(items, unit))
        == f"the two programs announce different work: 40 rows and {difference}"
    )


def test_what_both_read_is_one_file_or_every_file_of_a_folder_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "b").write_text("two")
    (tmp_path / "deep" / "a").write_text("")
    assert [(name, bytes(content)) for name, content in read(str(tmp_path))] == [
        ("b", b"two"),
        ("deep/a", b""),
    ]
    assert [(name, bytes(content)) for name, content in read(str(tmp_path / "b"))] == [("", b"two")]
    assert read("") == ()


@given(st.binary(max_size=50), st.binary(max_size=50))
def test_inputs_have_one_digest_exactly_if_they_are_equal(one: bytes, other: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows"
        sums = []
        for content in (one, other):
            path.write_bytes(content)
            sums.append(digest(read(str(path)), 0).sha256)
    assert (sums[0] == sums[1]) is (one == other)


def test_what_was_printed_before_the_clock_started_counts_for_the_run(tmp_path: Path) -> None:
    side = Side(tmp_path)
    side.answers.begin_run()
    side.answers.printed.write_text("42")
    side.answers.note_earlier_files()
    assert bytes(side.answers.content()) == b"42"


def test_a_program_that_changes_its_input_is_found_out(tmp_path: Path) -> None:
    rows = tmp_path / "rows"
    rows.write_text("b\na\n")
    before = file_stamps(str(rows))
    rows.write_text("a\nb\nc\n")
    assert (
        refused(lambda: require_unchanged(before, str(rows)))
        == "the program changed its input: rows"
    )


def test_a_program_that_adds_to_the_folder_it_reads_is_found_out(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("a")
    before = file_stamps(str(tmp_path))
    (tmp_path / "more").write_text("b")
    assert (
        refused(lambda: require_unchanged(before, str(tmp_path)))
        == "the program changed its input: more"
    )


def test_an_input_that_is_left_alone_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text("a")
    require_unchanged(file_stamps(str(tmp_path)), str(tmp_path))


def test_a_folder_of_many_files_holds_no_descriptors(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}").write_text("a")
    before = len(os.listdir("/dev/fd"))
    held = read(str(tmp_path))
    assert (len(held), len(os.listdir("/dev/fd"))) == (300, before)
