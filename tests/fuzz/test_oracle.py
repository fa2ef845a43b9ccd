"""What the fuzzer looks for is found: a program that does it is caught."""

import os
import pickle
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fuzz import hostile
from tests.fuzz.example import NODES, Example, decode, encode
from tests.fuzz.outputs import Outcome, faults_of, faults_of_document
from tests.fuzz.runner import TARGETS, try_example
from tests.fuzz.target import Run, Target
from tests.fuzz.watch import ROOT, Room

NOTHING = Example({"file": b"content"})


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with Room(tmp_path) as room:
        yield room


def faults_seen(room: Room, act: Callable[[], object], **bounds: float) -> str:
    """Return everything that is found of a program that does something once."""

    def faults(_: Example, __: Run) -> Iterator[str]:
        act()
        yield from ()

    target = Target(
        name="mine", reads="", make=lambda _: NOTHING, faults=faults, examples=1, cpu_s=9.0
    )
    bounded = Target(**(vars(target) | bounds))
    return "; ".join(try_example(room, bounded, NOTHING).faults)


def load_a_pickle() -> None:
    pickle.loads(hostile.pickled())


def run_code_of_the_file() -> None:
    exec(compile("1", os.path.abspath("file"), "exec"))


def remove_a_folder() -> None:
    os.mkdir("../b")
    os.rmdir("../b")


def compute() -> None:
    end = time.process_time() + 0.05
    while time.process_time() < end:
        pass


DEEDS: dict[str, tuple[Callable[[], object], str]] = {
    "reads the canary": (lambda: Path("../canary/secret").read_bytes(), "opens the canary"),
    "changes the canary": (
        lambda: Path("../canary/secret").write_text("x"),
        "it changes the canary",
    ),
    "adds to the canary": (lambda: Path("../canary/b").touch(), "it changes the canary"),
    "reads another file": (lambda: Path("/etc/passwd").read_bytes(), "it reads /etc/passwd"),
    "writes elsewhere": (lambda: os.close(os.open("../a", os.O_CREAT)), "/a"),
    "makes a folder elsewhere": (lambda: os.mkdir("../b"), "it changes "),
    "removes what lies elsewhere": (remove_a_folder, "(os.rmdir)"),
    "starts a process": (lambda: subprocess.run(["true"], check=True), "it starts a process"),
    "loads a pickle": (load_a_pickle, "it unpickles posix.system; it starts a process"),
    "runs the file's code": (run_code_of_the_file, "it runs "),
    "raises": (lambda: 1 // 0, "it raises ZeroDivisionError"),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_program_that_does_what_it_should_not_is_found(deed: str, room: Room) -> None:
    act, sentence = DEEDS[deed]
    assert sentence in faults_seen(room, act)


def test_what_a_file_says_is_known_to_have_run_by_its_trace(room: Room) -> None:
    assert "it runs what a file says" in faults_seen(room, lambda: Path(hostile.RUN).touch())


def test_a_program_that_computes_too_long_is_found(room: Room) -> None:
    assert "core-seconds, the most is" in faults_seen(room, compute, cpu_s=0.01)


def test_a_program_that_takes_too_much_memory_is_found(room: Room) -> None:
    much = 300_000_000  # more than this process may give back to the system meanwhile
    seen = faults_seen(room, lambda: b"x" * much, grown_bytes=10_000_000)
    assert "MB, the most is" in seen


def test_a_program_that_keeps_to_its_folder_is_not_found(room: Room) -> None:
    assert faults_seen(room, lambda: Path("out").write_bytes(Path("file").read_bytes())) == ""


OUTCOMES = {
    "a traceback": (Outcome(0, err="Traceback (most recent call last):\n"), "it says 'Traceback"),
    "another exit code": (Outcome(3, err="error: a\nhint: b\n"), "it ends with 3"),
    "two sentences": (Outcome(2, err="error: a\nerror: b\n"), "not one sentence and a hint"),
    "an escape": (Outcome(0, "a\x1b[2Jb"), r"standard output holds ['\x1b']"),
    "a turned text": (Outcome(2, err="error: \u202ea\n"), r"standard error holds ['\u202e']"),
    "an endless error": (Outcome(2, err=f"error: {'a' * 9_000}\n"), "its error has 9,"),
}


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_an_outcome_that_must_not_be_is_found(outcome: str) -> None:
    given, sentence = OUTCOMES[outcome]
    assert sentence in "; ".join(faults_of(given))


DOCUMENTS = {
    "json": (b'{"a": NaN}', "it writes no JSON"),
    "csv": (b'"a","=1+1"\r\n', "a spreadsheet runs"),
    "tex": (rb"\section{\write18{a}}", "LaTeX runs"),
    "md": (f"- <b>{hostile.MARK}</b>".encode(), "Markdown obeys"),
    "svg": (b"<svg><script/></svg>", "a picture holds <script>"),
    "html": (b"<html><img onerror=a></html>", "a page holds <img>"),
    "pptx": (b"PK", "it writes no deck"),
    "txt": (b"a\x07", "a text holds"),
}


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_document_that_does_more_than_say_something_is_found(form: str) -> None:
    content, sentence = DOCUMENTS[form]
    assert sentence in "; ".join(faults_of_document(form, content))


def test_an_example_is_the_same_once_it_was_kept_as_a_case() -> None:
    example = Example({"a/b": b"\xff\x00"}, ("\ud800",), {"c": "pipe"})
    assert decode(encode("cast", example, "why")) == ("cast", example)


@pytest.mark.parametrize("kind", NODES)
def test_what_is_no_file_is_made_in_the_place_of_one(kind: str, tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        Example({"a": b"content"}, nodes={"a": kind}).write(Path())
    assert os.path.lexists(tmp_path / "a") == (kind != "nothing")
    assert kind == "link" or not (tmp_path / "a").is_file() or (tmp_path / "a").stat().st_size != 7


def test_every_target_has_its_row_in_the_table_of_them() -> None:
    readme = (ROOT / "tests" / "README.md").read_text("utf-8")
    assert [target.row for target in TARGETS.values() if target.row not in readme] == []
