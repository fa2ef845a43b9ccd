import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import SideFailed
from harness.run.commands.log import BLOCK_BYTES
from harness.run.commands.process import (
    LARGEST,
    LONGEST_BEGUN_BYTES,
    LONGEST_LINE_BYTES,
    Program,
    ProgramMessage,
    ProgressMessage,
    QualityMessage,
    ReadyMessage,
    Run,
    SpanMessage,
)
from harness.run.commands.shell import Shell

READY = "from harness.workload import ready; "


class Ran:
    """What a program printed and sent."""

    def __init__(self, output: Path) -> None:
        self.output, self.lines, self.messages, self.since = (
            output,
            list[bytes](),
            list[ProgramMessage](),
            list[float](),
        )

    def line(self, line: bytes) -> bool:
        self.lines.append(line)
        return False

    def hear(self, said: ProgramMessage, since_s: float) -> None:
        self.messages.append(said)
        self.since.append(since_s)

    @property
    def printed(self) -> bytes:
        """Return what was kept of its output."""
        return self.output.read_bytes()


def python(program: str) -> str:
    return f"{sys.executable} -c '{program}'"


def run(command: str, output: Path) -> Run:
    return Run(
        command=command,
        shell=Shell.named(""),
        output=output,
        errors=output.with_name("errors"),
        environment=os.environ,
    )


def begun(command: str, folder: Path) -> tuple[Program, Ran]:
    ran = Ran(folder / "printed")
    return Program.start(run(command, ran.output), ran.line, ran.hear), ran


def finished(command: str, folder: Path) -> Ran:
    program, ran = begun(command, folder)
    program.go()
    program.finish()
    program.drain()
    return ran


def failure(command: str, folder: Path) -> SideFailed:
    with pytest.raises(SideFailed) as failed:
        finished(command, folder)
    return failed.value


def test_what_a_program_prints_is_seen_line_by_line_and_kept(tmp_path: Path) -> None:
    ran = finished("echo one; echo two; printf three", tmp_path)
    assert (sorted(ran.lines), ran.printed) == (
        [b"one\n", b"three", b"two\n"],
        b"one\ntwo\nthree",
    )


def test_of_lines_that_come_at_once_the_newest_is_looked_at_first(tmp_path: Path) -> None:
    assert finished(r"printf '1\n2\n3\n'", tmp_path).lines == [b"3\n", b"2\n", b"1\n"]


def test_a_line_that_is_enough_is_the_last_to_be_looked_at(tmp_path: Path) -> None:
    lines: list[bytes] = []

    def is_enough(line: bytes) -> bool:
        lines.append(line)
        return line == b"2\n"

    program = Program.start(
        run(r"printf '1\n2\n3\n'", tmp_path / "printed"), is_enough, lambda *_: None
    )
    program.finish()
    program.drain()
    assert lines == [b"3\n", b"2\n"]


def test_errors_are_looked_at_and_kept_apart(tmp_path: Path) -> None:
    ran = finished("echo one >&2", tmp_path)
    assert (ran.lines, ran.printed) == ([b"one\n"], b"")
    assert (tmp_path / "errors").read_bytes() == b"one\n"


def test_everything_printed_goes_to_the_log(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    finished("echo one; echo %50; echo two >&2", tmp_path)
    assert capfd.readouterr() == ("one\n%50\n", "two\n")


def test_more_than_a_pipe_holds_comes_through(tmp_path: Path) -> None:
    assert len(finished("seq 200000", tmp_path).lines) == 200_000


def test_standard_input_is_empty(tmp_path: Path) -> None:
    assert finished("cat; echo end", tmp_path).printed == b"end\n"


@pytest.mark.parametrize(
    ("command", "sentence", "hint"),
    [
        (
            "echo first; echo the disk is full >&2; echo >&2; exit 3",
            "with exit code 3",
            "its last line: the disk is full",
        ),
        ("echo out of luck; exit 1", "with exit code 1", "its last line: out of luck"),
        ("exit 4", "with exit code 4", "it printed nothing"),
        ("kill -9 $$", "by signal 9", "it printed nothing"),
        ("no-such-program-here", "with exit code 127", "its last line: "),
    ],
)
def test_a_program_that_fails_is_told_with_its_last_words(
    command: str, sentence: str, hint: str, tmp_path: Path
) -> None:
    failed = failure(command, tmp_path)
    assert failed.sentence == f"the program ended {sentence}"
    assert failed.hint.startswith(hint)


def test_last_words_are_short_and_text_whatever_was_printed(tmp_path: Path) -> None:
    assert (
        len(
            failure(
                python("import os; os.write(2, bytes(range(128, 256)) * 100); os._exit(1)"),
                tmp_path,
            ).hint
        )
        < 400
    )


def test_a_program_that_says_it_is_ready_is_waited_for_and_then_let_go(tmp_path: Path) -> None:
    program, ran = begun(
        python(
            READY + 'race = ready(items=3, unit="rows", workers=[7, 8]); print("went"); '
            "race.finish(quality=0.5)"
        ),
        tmp_path,
    )
    assert program.wait_until_ready() == ReadyMessage(items=3, unit="rows", workers=(7, 8))
    assert ran.lines == []
    program.go()
    program.finish()
    program.drain()
    assert (ran.lines, ran.messages[1:]) == ([b"went\n"], [QualityMessage(quality=0.5)])


def test_a_program_that_ends_without_saying_that_it_is_ready_is_told(tmp_path: Path) -> None:
    program, _ = begun("echo nothing to load; exit 5", tmp_path)
    with pytest.raises(
        SideFailed, match="ended with exit code 5 without saying that it is ready"
    ) as failed:
        program.wait_until_ready()
    assert failed.value.hint == "its last line: nothing to load"


def test_one_that_asks_after_it_was_let_go_is_not_kept_waiting(tmp_path: Path) -> None:
    ran = finished(python(READY + "import time; time.sleep(0.2); ready()"), tmp_path)
    assert ran.messages == [ReadyMessage()]
    assert ran.since[0] > 0.2


def test_ready_that_is_said_twice_counts_once(tmp_path: Path) -> None:
    program, _ = begun(
        'for n in 1 2; do echo "{\\"say\\":\\"ready\\",\\"items\\":$n}"'
        " > /dev/fd/$TWOCLOCKS_SAY; done",
        tmp_path,
    )
    program.finish()
    program.drain()
    assert program.wait_until_ready().items == 1


def test_a_shell_may_say_it_all(tmp_path: Path) -> None:
    script = """say() { echo "{\\"say\\": $1}" > /dev/fd/$TWOCLOCKS_SAY; }
    say '"ready", "items": 9'; read -r _ < /dev/fd/$TWOCLOCKS_GO; say '"progress", "done": 9'
    say '"span", "worker": 1, "items": 9, "busy_s": 2'"""
    ran = finished(script, tmp_path)
    assert ran.messages == [
        ReadyMessage(items=9),
        ProgressMessage(done=9),
        SpanMessage(worker=1, items=9, busy_s=2.0),
    ]


@contextmanager
def a_daemon(folder: Path, before: str = "") -> Iterator[tuple[Program, Ran]]:
    """Start a program that leaves one behind, which keeps its pipes open; it is ended at last."""
    program, ran = begun(f"{before} sleep 60 & echo $! >&2; echo done", folder)
    try:
        yield program, ran
    finally:
        program.drain()
        pid = next(int(line) for line in ran.lines if line.strip().isdigit())
        os.kill(pid, signal.SIGKILL)


def test_a_daemon_that_keeps_the_pipes_open_is_not_waited_for(tmp_path: Path) -> None:
    with a_daemon(tmp_path) as (program, ran):
        began = time.monotonic()
        program.finish()
        program.drain()
        assert time.monotonic() - began < 60
        assert ran.printed == b"done\n"


MISSAID = [
    b"",
    b"{",
    b"nonsense",
    b"[]",
    b"null",
    b'"ready"',
    b"\xff\xfe",
    b'{"say": "sing"}',
    b'{"say": ["ready"]}',
    b'{"done": 3}',
    b'{"say": "progress"}',
    b'{"say": "progress", "done": -1}',
    b'{"say": "progress", "done": 1.5}',
    b'{"say": "progress", "done": "3"}',
    b'{"say": "progress", "done": 1' + b"0" * 30 + b"}",
    b'{"say": "span", "worker": -1, "items": 1, "busy_s": 1}',
    b'{"say": "span", "worker": 0, "items": 1, "busy_s": -1}',
    b'{"say": "span", "worker": 0, "items": 1, "busy_s": 1e400}',
    b'{"say": "span", "worker": 0, "items": 1, "busy_s": NaN}',
    b'{"say": "quality", "quality": Infinity}',
    b'{"say": "quality", "quality": null}',
    b'{"say": "ready", "workers": [0]}',
    b'{"say": "ready", "workers": [-4]}',
    b'{"say": "ready", "workers": [99999999999]}',
    b'{"say": "ready", "workers": 4}',
    b'{"say": "ready", "unit": "' + b"u" * 100 + b'"}',
    b'{"say": "ready", "items": ' + str(LARGEST + 1).encode() + b"}",
    b"[" * 5000,
]


class Pipes(Program):
    """The listening half of a program, without a program."""

    def __init__(self, hear: Callable[[ProgramMessage, float], None]) -> None:
        self._receive, self._ready, self._changed, self._began = (
            hear,
            None,
            threading.Condition(),
            time.perf_counter(),
        )

    def listen(self, said: bytes) -> None:
        """Take in everything that is said at once."""
        read, write = os.pipe()
        writer = threading.Thread(target=_written, args=(write, said))
        writer.start()
        self._listen(read)
        writer.join()


def _written(descriptor: int, written: bytes) -> None:
    with os.fdopen(descriptor, "wb") as pipe:
        pipe.write(written)


def messages_in(written: bytes) -> list[ProgramMessage]:
    found: list[ProgramMessage] = []
    Pipes(lambda said, _: found.append(said)).listen(written)
    return found


@pytest.mark.parametrize("line", MISSAID)
def test_what_makes_no_sense_on_the_pipe_is_left_aside(line: bytes) -> None:
    assert messages_in(line + b"\n" + b'{"say": "progress", "done": 7}\n') == [
        ProgressMessage(done=7)
    ]


@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from(MISSAID))))
def test_whatever_is_said_the_listener_goes_on(lines: list[bytes]) -> None:
    said = messages_in(b"\n".join([*lines, b'{"say": "quality", "quality": 0.5}', b""]))
    assert said[-1] == QualityMessage(quality=0.5)


def test_an_endless_line_is_seen_in_parts(tmp_path: Path) -> None:
    ran = finished(f"head -c {3 * LONGEST_LINE_BYTES} /dev/zero", tmp_path)
    assert len(ran.printed) == 3 * LONGEST_LINE_BYTES
    assert max(map(len, ran.lines)) <= LONGEST_BEGUN_BYTES + BLOCK_BYTES


def test_a_program_that_is_not_looked_at_writes_its_output_itself(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    program = Program.start(
        run("seq 100000", tmp_path / "printed"), None, lambda said, since_s: None
    )
    program.finish()
    program.drain()
    assert (tmp_path / "printed").read_text().splitlines() == [
        str(number) for number in range(1, 100_001)
    ]
    assert capfd.readouterr().out.endswith("100000\n")


def test_the_last_words_of_a_program_that_is_not_looked_at_are_what_it_printed(
    tmp_path: Path,
) -> None:
    program = Program.start(
        run("echo so far; echo and no further; exit 3", tmp_path / "printed"),
        None,
        lambda said, since_s: None,
    )
    with pytest.raises(SideFailed) as failed:
        program.finish()
    assert failed.value.hint == "its last line: and no further"


def test_last_words_do_not_tell_whose_home_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/somebody")
    program = Program.start(
        run("echo cannot open /home/somebody/rows >&2; exit 3", tmp_path / "printed"),
        None,
        lambda said, since_s: None,
    )
    with pytest.raises(SideFailed) as failed:
        program.finish()
    assert failed.value.hint == "its last line: cannot open ~/rows"
