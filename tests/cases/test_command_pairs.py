"""Programs of strangers as the two sides of a race: what they print, write and are called with.

Each case is the smallest instance of its kind, with the right value.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness.claims.rule import Evidence
from harness.claims.rules import refusals
from harness.command_pair import CommandPair
from harness.errors import SideFailed
from harness.model import AnswerDifference, Difference, Parameters, Side
from harness.placeholders import fill_placeholders
from harness.run.commands import environment
from harness.run.commands.answers import Answers
from harness.run.commands.checks import first_words, why_unreadable
from harness.run.commands.differences import first_difference
from harness.run.commands.log import LARGEST_LOG_BYTES, LAST_BYTES, BoundedLog
from harness.run.commands.numbers import NumberFinder, Quantity, ScoreFinder, without_colours
from harness.run.commands.output import AnswerFilter, lines_of
from harness.run.commands.shell import USE_BASH, Shell
from harness.run.host import THREAD_VARIABLES
from tests.builders import a_results, some_pairs
from tests.doctor import adopted
from tests.racing import Raced, raced

NUMBER = "([0-9.]+)"


def ids(cases: Sequence[Any]) -> list[str]:
    return [case.name for case in cases]


@dataclass(frozen=True)
class Printed:
    """What a program prints, where the number is, and what it is (None: refused)."""

    name: str
    lines: str
    expression: str
    value: float | None
    unit: str = ""
    refused: str = ""


NUMBERS = (
    Printed("an exponent belongs to it", "loss 9.8e-05", f"loss {NUMBER}", 9.8e-05),
    Printed("an exponent without a sign", "loss 9.8E5", f"loss {NUMBER}", 980_000.0),
    Printed("an exponent as Fortran writes it", "loss 1.5D-03", f"loss {NUMBER}", 0.0015),
    Printed("an exponent after a bare point", "loss 1.e-05", f"loss {NUMBER}", 1e-05),
    Printed("a full stop ends the sentence", "accuracy=0.98.", f"accuracy={NUMBER}", 0.98),
    Printed("three full stops", "accuracy 0.98...", f"accuracy {NUMBER}", 0.98),
    Printed("a sign before the group", "loss=-0.5", f"loss=-?{NUMBER}", -0.5),
    Printed("a hyphen is no sign", "loss-0.5", f"loss.{NUMBER}", 0.5),
    Printed("a typographic minus", "loss −1.5e−3", r"loss (\S+)", -0.0015),
    Printed("commas between thousands", "n 1,234,567.5", f"n {NUMBER}", 1_234_567.5),
    Printed("apostrophes between thousands", "n 1'234.5", f"n {NUMBER}", 1234.5),
    Printed("underscores between thousands", "n 12_345", f"n {NUMBER}", 12_345.0),
    Printed("narrow blanks between thousands", "n 12\u202f345", f"n {NUMBER}", 12_345.0),
    Printed("a decimal comma", "f1 0,97", f"f1 {NUMBER}", 0.97),
    Printed("a decimal comma after points", "n 1.234,5", f"n {NUMBER}", 1234.5),
    Printed("every number, and an exponent is none", "loss 9.8e-05", NUMBER, 9.8e-05),
    Printed("every number, and an exponent without a sign", "lr 2.5E5", NUMBER, 250_000.0),
    Printed("the digits behind a decimal comma", "f1: 0,97", r"(\d+)$", 0.97),
    Printed("digits before the group", "acc 0.75", r"(\d+)$", 0.75),
    Printed("a list with decimal points", "scores: 0.91,0.82", f"scores: {NUMBER}", 0.91),
    Printed("a field of a table", "3,0.5,0.7", f"^3,{NUMBER},", 0.5),
    Printed(
        "a percentage keeps its sign apart", "accuracy 98.5 %", f"accuracy {NUMBER}", 98.5, "%"
    ),
    Printed("a unit stays apart", "took 310ms", f"took {NUMBER}", 310.0, "ms"),
    Printed("what it is counted of is a unit", "correct 9/10", f"correct {NUMBER}", 9.0, "/10"),
    Printed("the last line counts", "acc 0.5\nacc 0.75", f"acc {NUMBER}", 0.75),
    Printed("the last match on a line counts", "acc 0.5 acc 0.75", f"acc {NUMBER}", 0.75),
    Printed("blanks around it", "f1:  12 ", "f1:(.*)", 12.0),
    Printed("colours around it", "f1 \x1b[1;32m0.97\x1b[0m", f"f1 {NUMBER}", 0.97),
    Printed("a version is none", "v 1.2.3", f"v {NUMBER}", None, refused="1.2.3"),
    Printed("whole numbers in a list", "n 1,2,3", f"n {NUMBER}", None, refused="1,2,3"),
    Printed("broken thousands", "n 1,000,00", f"n {NUMBER}", None, refused="1,000,00"),
    Printed("a hexadecimal number", "n 0x1F", r"n (\d+)", None, refused="0x1F"),
    Printed("a word", "f1 high", r"f1 (\S+)", None, refused="high"),
    Printed("more than a number", "f1 0.5 (best 0.6)", "f1 (.*)", None, refused="0.5 (best 0.6)"),
    Printed("nothing in the group", "f1 ", "f1 (.*)", None, refused="''"),
    Printed(
        "the last epoch diverged", "loss 0.5\nloss nan", f"loss {NUMBER}", None, refused="finite"
    ),
    Printed("an endless number", "loss -inf", r"loss (\S+)", None, refused="finite"),
    Printed("1,200 digits", f"n {'7' * 1_200}", r"n (\d{9})", None, refused="777"),
    Printed("1,200 digits before the group", f"n {'7' * 1_200}", r"(7)$", None, refused="777"),
    Printed("too large for any number", "loss 1e400", r"loss (\S+)", None, refused="finite"),
)


@pytest.mark.parametrize("case", NUMBERS, ids=ids(NUMBERS))
def test_a_number_is_read_whole_or_refused_with_what_was_there(case: Printed) -> None:
    finder = NumberFinder("quality", case.expression)
    for line in case.lines.splitlines(keepends=True):
        finder.look(without_colours(line.encode()), is_output=True)
    if case.value is not None:
        assert finder.quantity == Quantity(case.value, case.unit)
        return
    with pytest.raises(SideFailed) as failed:
        _ = finder.quantity
    assert case.refused in failed.value.sentence
    assert failed.value.hint


def test_a_number_in_the_output_counts_before_one_in_the_errors() -> None:
    finder = NumberFinder("quality", f"f1 {NUMBER}")
    finder.look(b"f1 0.5", is_output=True)
    finder.look(b"f1 0.75", is_output=False)
    assert finder.quantity == Quantity(0.5)


def test_every_match_is_the_score_of_an_item() -> None:
    finder = ScoreFinder("scores", f"score {NUMBER}")
    for line in (b"score 0.5 score 1\n", b"mean 0.75\n", b"score 2e-1\n"):
        finder.look(line)
    assert finder.scores == (0.5, 1.0, 0.2)


@pytest.mark.parametrize(
    ("line", "scores"),
    [
        ("9.8e-05 2.5e-04", (9.8e-05, 2.5e-04)),
        ("0,97; 0,5", (0.97, 0.5)),
        ("12,345 7", (12_345.0, 7.0)),
        ("[0.25,0.5,1]", (0.25, 0.5, 1.0)),
    ],
)
def test_a_number_that_an_expression_matches_twice_is_one_score(
    line: str, scores: tuple[float, ...]
) -> None:
    finder = ScoreFinder("scores", NUMBER)
    finder.look(line.encode())
    assert finder.scores == scores


def test_a_long_line_of_scores_is_read_whole_wherever_it_lies_in_its_file(tmp_path: Path) -> None:
    printed = tmp_path / "printed"
    printed.write_text("x" * 9 + " 0.125" * 200_000)
    finder = ScoreFinder("scores", r" ([0-9.]+)")
    for line in lines_of(printed):
        finder.look(line)
    assert set(finder.scores) == {0.125}
    assert len(finder.scores) == 200_000


def test_a_progress_bar_is_cut_into_lines_where_it_begins_anew(tmp_path: Path) -> None:
    bars = [b"%06d/200000 loss 0.5\r" % step for step in range(60_000)]
    printed = tmp_path / "printed"
    printed.write_bytes(b"".join(bars) + b"\r\ndone\n")
    assert [*lines_of(printed)] == [*bars, b"\r\n", b"done\n"]


@dataclass(frozen=True)
class Typed:
    """A command as typed, and what the shell is given."""

    name: str
    command: str
    filled: str


VALUES: Parameters = {"workers": 2, "input": "/a folder/it's $1"}
COMMANDS = (
    Typed("a placeholder", "run -j {workers}", "run -j 2"),
    Typed("a path with blanks is quoted", "wc {input}", "wc '/a folder/it'\"'\"'s $1'"),
    Typed("within double quotes", 'wc "{input}"', 'wc "/a folder/it\'s \\$1"'),
    Typed("within single quotes", "wc '{input}'", "wc '/a folder/it'\\''s $1'"),
    Typed("doubled braces are braces", "echo {{workers}}", "echo {workers}"),
    Typed("the shell's own variable", "echo ${workers}", "echo ${workers}"),
    Typed("another name in braces", 'awk "{worker}"', 'awk "{worker}"'),
    Typed("a block of awk", "awk '{if($1){print}}'", "awk '{if($1){print}}'"),
    Typed("an f-string", "python -c \"f'{x}'\"", "python -c \"f'{x}'\""),
    Typed("nothing in braces", r"find . -exec wc {} \;", r"find . -exec wc {} \;"),
    Typed("a backslash in single quotes", r"printf '\' {workers}", r"printf '\' 2"),
    Typed("an escaped quote", r"echo \"{workers}", r"echo \"2"),
)


@pytest.mark.parametrize("case", COMMANDS, ids=ids(COMMANDS))
def test_exact_placeholders_are_replaced_and_nothing_else(case: Typed) -> None:
    assert fill_placeholders(case.command, VALUES) == case.filled


@dataclass(frozen=True)
class Answer:
    """What two programs print, what is left out of it, and how the rest differs (None: not)."""

    name: str
    first: bytes
    other: bytes
    difference: Difference | None
    lines: tuple[str, str] = ("", "")
    settings: dict[str, Any] = field(default_factory=dict)


STEPS: dict[str, Any] = {"progress": "epoch ([0-9]+)/([0-9]+)"}
ANSWERS = (
    Answer("equal", b"42\n", b"42\n", None),
    Answer(
        "a line of progress holds the answer",
        b"epoch 10/10 acc 0.91\n",
        b"epoch 10/10 acc 0.77\n",
        Difference.LINES,
        ("acc 0.91", "acc 0.77"),
        STEPS,
    ),
    Answer("progress alone on its line", b"epoch 1/2\n42\n", b"42\n", None, settings=STEPS),
    Answer(
        "progress that is overwritten",
        b"epoch 1/2 3 s\repoch 2/2 6 s\r42\n",
        b"epoch 1/9 1 s\r42\n",
        None,
        settings=STEPS,
    ),
    Answer(
        "a line that has no end is no progress",
        b"1" * 5_000 + b"%\n42\n",
        b"2" * 5_000 + b"%\n42\n",
        Difference.LINES,
        ("1" * 160, "2" * 160),
        settings={"progress": "([0-9]+)%"},
    ),
    Answer("colours", b"\x1b[32m42\x1b[0m\n", b"42\n", None),
    Answer(
        "how long it took",
        b"42\nin 3.1 s\n",
        b"42\nin 1.7 s\n",
        Difference.LINES,
        ("in 3.1 s", "in 1.7 s"),
    ),
    Answer(
        "what is to be ignored",
        b"42 in 3.1 s\n",
        b"42 in 1.7 s\n",
        None,
        settings={"ignore": r"in [0-9.]+ s"},
    ),
    Answer(
        "a whole line is ignored", b"42\nin 3 s\n", b"42\n", None, settings={"ignore": "^in .*"}
    ),
    Answer("another order", b"a\nb\n", b"b\na\n", Difference.ORDER, ("a", "b")),
    Answer(
        "Ray's own lines",
        b"42\n",
        b"(f pid=12) hello\n(raylet) spilled\n42\n",
        Difference.RAY_LOG,
        ("42", "(f pid=12) hello"),
    ),
    Answer(
        "Ray's first line",
        b"2026-11-29 17:00:00,123\tINFO worker.py:1927 -- Started a local Ray instance.\n42\n",
        b"42\n",
        Difference.RAY_LOG,
        ("2026-11-29 17:00:00,123 INFO worker.py:1927 -- Started a local Ray instance.", "42"),
    ),
    Answer("a line more", b"42\n", b"42\n43\n", Difference.LINES, ("", "43")),
    Answer("blanks at the end", b"42\n", b"42 \n", Difference.LINES, (r"'42\n'", r"'42 \n'")),
    Answer("no newline at the end", b"42\n", b"42", Difference.LINES, (r"'42\n'", "'42'")),
    Answer("zero bytes", b"\0\1\2", b"\0\1\3", Difference.BYTES),
)


@pytest.mark.parametrize("case", ANSWERS, ids=ids(ANSWERS))
def test_what_counts_of_two_outputs_is_compared_and_where_they_differ_is_said(
    case: Answer, tmp_path: Path
) -> None:
    pair = CommandPair(name="made", baseline="a", distributed="b", **case.settings)
    kept = []
    for name, printed in (("first", case.first), ("other", case.other)):
        (tmp_path / name).write_bytes(printed)
        into = tmp_path / f"{name}-kept"
        kept.append(AnswerFilter(pair).answer_in_output(tmp_path / name, into))
    first, other = kept
    if case.difference is None:
        assert first.read_bytes() == other.read_bytes()
        return
    found = first_difference(first, Side.BASELINE, other)
    assert (found.kind, (found.first, found.other)) == (case.difference, case.lines)


def test_bytes_that_differ_are_counted_from_nought(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"\0\1\2")
    (tmp_path / "b").write_bytes(b"\0\1\3")
    assert first_difference(tmp_path / "a", Side.BASELINE, tmp_path / "b").place == 2


def answers(folder: Path, side: Side, **settings: Any) -> Answers:
    """Return a side's answers in a run whose clock has started."""
    scratch = folder / f"{side}"
    scratch.mkdir(exist_ok=True)
    commands: dict[str, Any] = {"baseline": "a {answer}", "distributed": "b {answer}"}
    made = Answers(CommandPair(name="made", **(commands | settings)), side, scratch, folder)
    made.begin_run()
    made.note_earlier_files()
    return made


def test_an_answer_may_have_a_suffix_of_its_own(tmp_path: Path) -> None:
    made = answers(tmp_path, Side.BASELINE)
    made.answer_file.with_name("answer-1.npy").write_text("42")
    assert made.content() == b"42"


def test_what_lies_beside_a_missing_answer_is_named(tmp_path: Path) -> None:
    made = answers(tmp_path, Side.BASELINE)
    for name in ("answer-1.idx", "answer-1.npy"):
        made.answer_file.with_name(name).write_text("42")
    sentence = r"did not write the file that .* but answer-1\.idx, answer-1\.npy"
    with pytest.raises(SideFailed, match=sentence):
        made.content()


@pytest.mark.parametrize(("name", "alike"), [("part-0", True), ("part-1", False)])
def test_an_answer_may_be_a_folder(name: str, alike: bool, tmp_path: Path) -> None:
    said = []
    for side, part in ((Side.BASELINE, "part-0"), (Side.DISTRIBUTED, name)):
        made = answers(tmp_path, side)
        made.answer_file.mkdir()
        (made.answer_file / part).write_text("42")
        said.append((made.alike(made.content()), made.difference(made.content())))
    assert said[0] == (True, None)
    assert (said[1][0], said[1][1] is None) == (alike, alike)


def test_an_answer_folder_of_a_former_run_is_stale(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "part-0").write_text("42")
    made = answers(
        tmp_path, Side.BASELINE, baseline="a", distributed="b", answer=str(tmp_path / "out")
    )
    with pytest.raises(SideFailed, match="left out as it was before"):
        made.content()


def test_qualities_of_two_units_are_never_compared(tmp_path: Path) -> None:
    answers(tmp_path, Side.BASELINE).require_same_unit("%")
    with pytest.raises(SideFailed, match="in different units: '%' and no unit"):
        answers(tmp_path, Side.DISTRIBUTED).require_same_unit("")


def test_of_much_output_the_log_has_the_beginning_and_the_end(tmp_path: Path) -> None:
    printed = tmp_path / "printed"
    printed.write_bytes(b"first\n" + b"y\n" * LARGEST_LOG_BYTES + b"last\n")
    with (tmp_path / "log").open("wb") as file:
        log = BoundedLog(file.fileno())
        log.copy(printed)
        log.close()
    kept = (tmp_path / "log").read_bytes()
    assert len(kept) < LARGEST_LOG_BYTES + LAST_BYTES + 100
    assert kept.startswith(b"first\n")
    assert kept.endswith(b"last\n")
    left_out = printed.stat().st_size - LARGEST_LOG_BYTES - LAST_BYTES
    assert f"[{left_out:,} bytes of the output are left out here]".encode() in kept


@dataclass(frozen=True)
class Environment:
    """The presenter's environment, what is asked, and what the race changes in it."""

    name: str
    inherited: dict[str, str]
    asked: dict[str, Any]
    changed: dict[str, str]
    named: tuple[str, ...]


NOTHING_ASKED: dict[str, Any] = {"address": "", "cores": 0}
ENVIRONMENTS = (
    Environment(
        "no cluster was named, so none is found by chance",
        {},
        {},
        {"RAY_ADDRESS": "local"},
        ("RAY_ADDRESS=local",),
    ),
    Environment(
        "the cluster of --address is joined, and its address not published",
        {},
        {"address": "10.0.0.1:6379"},
        {"RAY_ADDRESS": "10.0.0.1:6379"},
        ("RAY_ADDRESS",),
    ),
    Environment(
        "what the presenter set already is no change",
        {"RAY_ADDRESS": "10.0.0.1:6379", "RAY_AUTH_TOKEN": "x", "OMP_NUM_THREADS": "4"},
        {"address": "10.0.0.1:6379"},
        {},
        (),
    ),
    Environment(
        "where cores cannot be pinned, threads are limited to the side's",
        {"RAY_ADDRESS": "local"},
        {"cores": 3},
        dict.fromkeys(THREAD_VARIABLES, "3"),
        THREAD_VARIABLES,
    ),
)


@pytest.mark.parametrize("case", ENVIRONMENTS, ids=ids(ENVIRONMENTS))
def test_a_program_has_the_presenters_environment_but_for_what_is_named(case: Environment) -> None:
    changed = environment.changes(case.inherited, **(NOTHING_ASKED | case.asked))
    assert (changed, environment.names(changed)) == (case.changed, case.named)


@dataclass(frozen=True)
class Command:
    """A command that cannot run under a shell, and what is said about it."""

    name: str
    shell: str
    command: str
    sentence: str
    hint: str


UNREADABLE = (
    Command("no such program", "", "no-such-program-here x", "there is no program", "correct it"),
    Command("no such program in a folder", "", "./no-such x", "no program ./no-such", "correct it"),
    Command("no such script", "", "python3 no-such.py", "no file no-such.py", "from the folder"),
    Command("a quote is left open", "", "echo 'x", "quote", "try the command"),
    Command(
        "arrays of bash", "/bin/dash", "a=(1 2); echo ${a[0]}", "yntax error", "try the command"
    ),
    Command("a built-in without a shell", "none", "cd x", "there is no program cd", "begins with"),
    Command("a quote without a shell", "none", "echo 'x", "no closing quotation", "close the"),
)


@pytest.mark.parametrize("case", UNREADABLE, ids=ids(UNREADABLE))
def test_a_command_that_cannot_be_started_is_known_beforehand(case: Command) -> None:
    if not os.path.exists(case.shell or "/bin/sh") and case.shell != "none":
        pytest.skip(f"{case.shell} is not installed")
    said = why_unreadable(Shell.named(case.shell), case.command)
    assert said is not None
    assert case.sentence in said[0]
    assert case.hint in said[1]


@pytest.mark.parametrize(
    "command",
    [
        "echo 42",
        "cd / && ls",
        "A=1 B='2 3' sort",
        "for i in 1 2; do echo $i; done",
        "[ -e / ] && echo",
        "( echo )",
        "< /dev/null cat",
        "$HOME/bin/x",
        "~/bin/x",
        "time=3 echo",
        "{ echo; }",
    ],
)
def test_a_command_that_may_be_started_is_left_alone(command: str) -> None:
    assert why_unreadable(Shell.named(""), command) is None


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("A=1 sort x", ["sort", "x"]),
        ("'a b' c", []),
        ("`x`", []),
        ("", []),
        ("cat<x", ["cat"]),
        ("python x.py $A", ["python", "x.py"]),
    ],
)
def test_the_first_word_is_the_program(command: str, words: list[str]) -> None:
    assert first_words(command) == words


def test_a_stage_that_fails_in_a_pipe_fails_it_where_the_shell_can() -> None:
    shell = Shell(("bash",), fails_with_a_stage=True)
    assert shell.line("false | cat")[1:3] == ["-o", "pipefail"]
    assert shell.line("false || cat x") == ["bash", "-o", "pipefail", "-c", "false || cat x"]
    assert shell.succeeded("yes | head", 141)
    assert not shell.succeeded("yes | head", 1)
    assert not shell.succeeded("yes", 141)


def test_what_a_plain_shell_says_of_bash_has_a_hint() -> None:
    said = b"/bin/sh: 1: Bad substitution"
    assert Shell(("/bin/sh",)).advice("echo ${x^}", said) == USE_BASH
    assert Shell(("bash",)).advice("echo ${x^}", said) == ""


@dataclass(frozen=True)
class Said:
    """Where an answer differs from the session's first, and what the refusal says."""

    name: str
    difference: AnswerDifference
    sentence: str


def differs(kind: Difference, first: str = "", other: str = "", by: Side = Side.BASELINE) -> Any:
    return AnswerDifference(kind=kind, place=3, first_side=by, first=first, other=other)


SAID = (
    Said(
        "lines",
        differs(Difference.LINES, "42", "43"),
        'the answers differ: line 3 is "42" (baseline) and "43" (distributed);'
        " leave out what may differ with --ignore REGEX",
    ),
    Said(
        "a line is missing",
        differs(Difference.LINES, "", "43"),
        'line 3 is missing (baseline) and "43" (distributed)',
    ),
    Said(
        "order", differs(Difference.ORDER, "a", "b"), "the same lines in another order; sort both"
    ),
    Said("Ray's log", differs(Difference.RAY_LOG), "in lines of Ray's log alone; leave them out"),
    Said("bytes", differs(Difference.BYTES), "the answers differ from byte 3 on"),
    Said(
        "a program that differs from itself",
        differs(Difference.LINES, "42", "43", Side.DISTRIBUTED),
        "the distributed program gave another answer when it ran again: line 3",
    ),
)


@pytest.mark.parametrize("case", SAID, ids=ids(SAID))
def test_a_refusal_says_where_two_answers_differ_and_what_to_do(case: Said) -> None:
    results = adopted(a_results(trials=some_pairs([4.0], [2.0])), compared="output")
    worded = replace(results.spec.workload, answers_differ="")
    results = replace(results, spec=replace(results.spec, workload=worded))
    *others, last = results.trials
    changed = replace(last, answer_sha256="f" * 64, answer_difference=case.difference)
    found = refusals(Evidence.of(replace(results, trials=(*others, changed))))
    (refusal,) = [each for each in found if each.key == "answers-differ"]
    assert case.sentence in refusal.sentence


def two(baseline: str, distributed: str, **settings: object) -> dict[str, Any]:
    """Return the options of a race of two programs."""
    named = {"baseline": baseline, "distributed": distributed} | settings
    return {
        "workload": "commands",
        "settings": tuple(f"{name}={value}" for name, value in named.items()),
    }


@pytest.fixture(scope="module")
def careful(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Raced]:
    """Race two programs that are warmed up and prepared for, and print what they are given."""
    folder = tmp_path_factory.mktemp("careful")
    (folder / "rows").write_text("b\na\n")
    program = (
        f"sort; env | grep -v ^TWOCLOCKS | sort; echo {{name}} >> {folder}/notes;"
        f" env > {folder}/environment-{{name}}; nproc > {folder}/cores-{{name}}"
    )
    return folder, raced(
        folder,
        trials=2,
        **two(
            program.format(name="baseline"),
            program.format(name="distributed"),
            stdin=folder / "rows",
            warmup=1,
            prepare=f"echo prepare >> {folder}/notes",
        ),
    )


def test_a_program_is_warmed_up_and_prepared_for_before_every_run(
    careful: tuple[Path, Raced],
) -> None:
    warm = ["prepare", "baseline", "prepare", "distributed"]
    rest = ["prepare", "distributed", "prepare", "baseline"]
    assert (careful[0] / "notes").read_text().split() == [*warm, *warm, *rest]


def test_both_programs_have_their_standard_input_and_one_environment(
    careful: tuple[Path, Raced],
) -> None:
    assert "answers-differ" not in careful[1].keys
    assert careful[1].results.input is not None
    assert careful[1].results.input.bytes == 4


def test_a_program_has_the_presenters_environment_and_the_sides_cores(
    careful: tuple[Path, Raced],
) -> None:
    printed = (careful[0] / "environment-distributed").read_text()
    named = {line.partition("=")[0] for line in printed.splitlines()} - {
        "TWOCLOCKS_SAY",
        "TWOCLOCKS_GO",
    }
    assert named - {*os.environ} <= {"RAY_ADDRESS", "_", "SHLVL", "OLDPWD", "PWD"}
    assert {*os.environ} - named <= {"_", "PYTEST_CURRENT_TEST"}
    cores = [int((careful[0] / f"cores-{side}").read_text()) for side in Side]
    assert cores == [1, 2]


def test_what_was_done_off_the_clock_is_said_with_its_core_seconds(
    careful: tuple[Path, Raced],
) -> None:
    assert "prepared" in careful[1].keys
    assert all(trial.prepared_cpu_s is not None for trial in careful[1].results.trials)


def test_programs_that_are_over_at_once_are_too_short_to_compare(tmp_path: Path) -> None:
    race = raced(tmp_path, **two("echo 1; echo 2", "echo 2; echo 1 #{workers}"))
    found = race.trial(Side.DISTRIBUTED).answer_difference
    assert {"too-short", "answers-differ"} <= race.keys
    assert "watching-costly" not in race.keys
    assert found is not None
    assert (found.kind, found.place, found.first, found.other) == (Difference.ORDER, 1, "1", "2")


FAILING = (
    Command("a unit on one side", "", "echo f1 98", "in different units: ", "one unit"),
    Command("half a number", "", "echo f1 1.2.3", "found '1.2.3'", "round brackets"),
    Command("no such line", "", "echo f2 98", "matches no line", "try the expression"),
    Command(
        "a stage of a pipe fails", "bash", "echo f1 98 % | false | cat", "exit code 1", "|| true"
    ),
)


@pytest.mark.parametrize("case", FAILING, ids=ids(FAILING))
def test_a_program_that_cannot_be_read_or_fails_ends_the_race(
    case: Command, tmp_path: Path
) -> None:
    if case.shell and shutil.which(case.shell) is None:
        pytest.skip(f"{case.shell} is not installed")
    options = two("echo f1 98 %", case.command, quality=f"f1 {NUMBER}", shell=case.shell)
    with pytest.raises(SideFailed) as failed:
        raced(tmp_path, **options)
    assert "the distributed side failed" in failed.value.sentence
    assert case.sentence in failed.value.sentence
    assert case.hint in failed.value.hint


def test_scores_of_held_out_items_are_compared_one_by_one(tmp_path: Path) -> None:
    scores = "for i in $(seq 40); do echo item $i score 0.$((i {by})); done"
    race = raced(
        tmp_path,
        **two(
            scores.format(by="% 7"),
            scores.format(by="% 7 + i % 2") + " #{workers}",
            scores=f"score {NUMBER}",
            metric="recall",
            tolerance=0.5,
        ),
    )
    differences = race.trial(Side.DISTRIBUTED).score_differences
    assert differences is not None
    assert differences.items == 40
    assert differences.step == pytest.approx(0.1)
    assert "change-without-interval" not in race.keys


def test_a_baseline_that_sleeps_did_not_compute_whoever_else_is_at_work(tmp_path: Path) -> None:
    race = raced(tmp_path, **two("sleep 1; echo 5", "sleep 0.3; echo 5 #{workers}"))
    assert {key for key in race.keys if key.startswith("baseline-")} == {"baseline-waited"}
    waited_s = race.trial(Side.BASELINE).waited_s
    assert sys.platform != "linux" or waited_s is not None
