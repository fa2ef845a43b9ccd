"""The real check: in terminals, in a pipe, stopped, on a machine that is not ready, offline."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.run import processes
from harness.run.ray import TESTED_RAY
from tests.builders import a_workload_file
from tests.terminals import (
    PYTHON,
    ROOT,
    WAIT_S,
    Look,
    PipedOutput,
    Terminal,
    at_once,
    run_piped,
    surroundings,
    wait_for,
)

CTRL_C = b"\x03"
ESCAPE = "\x1b"
STOPS_WITHIN_S = 5.0
LOOPBACK_UP = 'ip link set lo up && exec "$@"'
READ_ONLY = (
    'folder=$1; shift; mount --bind "$folder" "$folder" && '
    'mount -o remount,ro,bind "$folder" && exec "$@"'
)
LINE = re.compile(r"(ok|warn|FAIL) +(\S+) +(.*)")
SLOW = "def load(params):\n    subprocess.Popen(['sleep', '60'])\n    time.sleep(60)"


def check(root: Path, *options: str, workload: str = "simulated") -> list[str]:
    """Return the command line of a check, by default one without Ray."""
    return [PYTHON, "-m", "demo", "check", "--workload", workload, "--out", str(root), *options]


def unshared(what: str, script: str, command: Sequence[str]) -> list[str]:
    """Return the command in its own network or mount namespace, which the script prepares."""
    return [
        "unshare",
        f"-{what}" if os.geteuid() == 0 else f"-r{what}",
        "sh",
        "-c",
        script,
        "sh",
        *command,
    ]


def must_be_able_to(what: str, script: str, *command: str) -> None:
    """Skip the test where the system does not let us have such a namespace, but never in CI."""
    able = (
        shutil.which("unshare")
        and subprocess.run(
            unshared(what, script, command), capture_output=True, check=False
        ).returncode
        == 0
    )
    if not able and not os.environ.get("CI"):
        pytest.skip("unshare is not installed, or not permitted here")


def lines(text: str) -> dict[str, str]:
    """Return the verdict and the sentence of every line by its name."""
    return {
        found[2]: f"{found[1]} {found[3]}"
        for line in text.splitlines()
        if (found := LINE.match(line))
    }


PIPED: dict[str, tuple[tuple[str, ...], Mapping[str, str]]] = {
    "lines": ((), {}),
    "json": (("--json",), {}),
    "ascii": ((), {"PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii"}),
    "misspelt": (("--set", "secnds=1"), {}),
    "card": (("--card",), {}),
}


@pytest.fixture(scope="module")
def piped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PipedOutput]:
    """Return checks whose output is a pipe."""
    root = tmp_path_factory.mktemp("piped")
    return at_once(
        {
            name: partial(run_piped, check(root, *options), environment=changes)
            for name, (options, changes) in PIPED.items()
        }
    )


def test_a_machine_without_a_failure_is_ready(piped: dict[str, PipedOutput]) -> None:
    assert (
        piped["lines"].exit_code,
        piped["lines"].text.splitlines()[-1].startswith("ready · 17 checks · 0 failures"),
    ) == (0, True)


def test_every_check_is_one_line(piped: dict[str, PipedOutput]) -> None:
    text = piped["lines"].text.splitlines()
    assert len(lines(piped["lines"].text)) == 17
    assert all(LINE.match(line) or line.startswith(" " * 18 + "hint: ") for line in text[:-1])


def test_every_warning_says_what_to_do(piped: dict[str, PipedOutput]) -> None:
    text = piped["lines"].text.splitlines()
    after = [
        text[place + 1] for place, line in enumerate(text) if line.startswith(("warn", "FAIL"))
    ]
    assert after
    assert all("hint: " in line for line in after)


def test_nothing_is_painted_into_a_pipe_and_no_card_is_shown(piped: dict[str, PipedOutput]) -> None:
    assert (
        ESCAPE in piped["lines"].text,
        "TEST CARD" in piped["lines"].text,
        piped["lines"].errors,
    ) == (False, False, "")


def test_without_a_terminal_that_is_said(piped: dict[str, PipedOutput]) -> None:
    assert "warn standard output is not a terminal" in lines(piped["lines"].text)["terminal"]


def test_simulated_work_starts_no_ray_and_says_so(piped: dict[str, PipedOutput]) -> None:
    found = lines(piped["lines"].text)
    assert ("not started" in found["ray"], "listens nowhere" in found["loopback"]) == (True, True)


def test_json_is_one_document_with_every_check(piped: dict[str, PipedOutput]) -> None:
    document: dict[str, Any] = json.loads(piped["json"].text)
    assert (document["ready"], len(document["checks"])) == (True, 17)
    assert {check["verdict"] for check in document["checks"]} <= {"ok", "warn", "fail"}


def test_an_encoding_without_boxes_is_warned_of_and_survived(piped: dict[str, PipedOutput]) -> None:
    assert (piped["ascii"].exit_code, lines(piped["ascii"].text)["letters"][:4]) == (0, "warn")


def test_what_was_misspelt_is_a_failure_with_a_suggestion(piped: dict[str, PipedOutput]) -> None:
    text = piped["misspelt"].text
    assert (piped["misspelt"].exit_code, lines(text)["request"][:4], "seconds" in text) == (
        1,
        "FAIL",
        True,
    )
    assert text.splitlines()[-1].startswith("NOT READY: request")


def test_the_card_alone_can_be_asked_for(piped: dict[str, PipedOutput]) -> None:
    assert (
        piped["card"].exit_code,
        "TEST CARD" in piped["card"].text,
        "ready" in piped["card"].text,
    ) == (0, True, False)


# Without one of the standard streams.

CLOSED = {"input": "<&-", "output": ">&-", "input and output": "<&- >&-", "errors": "2>&-"}


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, PipedOutput]:
    """Return checks that were begun with streams closed."""
    root = tmp_path_factory.mktemp("closed")
    commands = {
        name: ["sh", "-c", f'exec "$@" {streams}', "sh", *check(root)]
        for name, streams in CLOSED.items()
    }
    return at_once({name: partial(run_piped, command) for name, command in commands.items()})


@pytest.mark.parametrize("streams", CLOSED)
def test_a_stream_that_is_closed_changes_nothing_of_the_answer(
    streams: str, closed: dict[str, PipedOutput]
) -> None:
    assert (closed[streams].exit_code, closed[streams].errors) == (0, "")


def test_with_standard_input_closed_every_check_is_told(closed: dict[str, PipedOutput]) -> None:
    assert len(lines(closed["input"].text)) == 17


# Terminals of several sizes and kinds.

TERMINALS: dict[str, dict[str, Any]] = {
    "80x24": {"columns": 80, "rows": 24},
    "100x30": {"columns": 100, "rows": 30},
    "60x15": {"columns": 60, "rows": 15},
    "120x50": {"columns": 120, "rows": 50},
    "0x0": {"columns": 0, "rows": 0},
    "no-color": {"columns": 100, "rows": 50, "environment": {"NO_COLOR": "1"}},
    "dumb": {"columns": 100, "rows": 50, "environment": {"TERM": "dumb"}},
    "wrong-environment": {
        "columns": 100,
        "rows": 50,
        "environment": {"COLUMNS": "40", "LINES": "10"},
    },
}
COLOUR = re.compile(rb"\x1b\[(?:\d+;)*(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;\d+)*m")


def seen_in(root: Path, terminal: dict[str, Any], *options: str) -> tuple[int, Look, bytes]:
    """Return the exit code, the last look and all that was written."""
    with Terminal(check(root, *options), **terminal) as opened:
        code = opened.ended()
        return code, opened.looks[-1], opened.raw


@pytest.fixture(scope="module")
def terminals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, Look, bytes]]:
    """Return checks in terminals of every kind."""
    root = tmp_path_factory.mktemp("terminals")
    return at_once({name: partial(seen_in, root, terminal) for name, terminal in TERMINALS.items()})


EXITS = {
    "80x24": 0,
    "100x30": 0,
    "60x15": 1,
    "120x50": 0,
    "0x0": 0,
    "no-color": 0,
    "dumb": 1,
    "wrong-environment": 0,
}


@pytest.mark.parametrize("name", TERMINALS)
def test_a_terminal_that_cannot_hold_or_draw_the_panel_is_not_ready(
    name: str, terminals: dict[str, tuple[int, Look, bytes]]
) -> None:
    assert terminals[name][0] == EXITS[name]


def test_a_small_terminal_is_named_last_since_its_line_has_left_the_screen(
    terminals: dict[str, tuple[int, Look, bytes]],
) -> None:
    assert "NOT READY: terminal ·" in terminals["60x15"][1].text
    assert b"60\xc3\x9715 is too small for the panel" in terminals["60x15"][2]


def test_a_terminal_of_many_rows_is_too_small_for_the_back_row(
    terminals: dict[str, tuple[int, Look, bytes]],
) -> None:
    assert "too small for the back row" in lines(terminals["120x50"][1].text)["terminal"]


@pytest.mark.parametrize("name", ["80x24", "100x30"])
def test_a_terminal_that_the_back_row_can_read_is_well(
    name: str, terminals: dict[str, tuple[int, Look, bytes]]
) -> None:
    assert b"the back row can read it" in terminals[name][2]


@pytest.mark.parametrize("name", ["80x24", "120x50"])
def test_the_card_is_shown_on_a_terminal_in_colour(
    name: str, terminals: dict[str, tuple[int, Look, bytes]]
) -> None:
    raw = terminals[name][2]
    assert (b"TEST CARD" in raw, COLOUR.search(raw) is not None) == (True, True)


def test_the_card_honours_no_color(terminals: dict[str, tuple[int, Look, bytes]]) -> None:
    _, look, raw = terminals["no-color"]
    assert (b"TEST CARD" in raw, COLOUR.search(raw), "NO_COLOR" in lines(look.text)["colours"]) == (
        True,
        None,
        True,
    )


def test_a_terminal_that_cannot_draw_gets_plain_lines(
    terminals: dict[str, tuple[int, Look, bytes]],
) -> None:
    _, look, raw = terminals["dumb"]
    assert (b"\x1b" in raw, "FAIL" in lines(look.text)["colours"]) == (False, True)


def test_wrong_columns_and_lines_in_the_environment_do_not_matter(
    terminals: dict[str, tuple[int, Look, bytes]],
) -> None:
    assert "100×50" in lines(terminals["wrong-environment"][1].text)["terminal"]


@pytest.mark.parametrize("name", TERMINALS)
def test_what_is_being_done_is_gone_in_the_end(
    name: str, terminals: dict[str, tuple[int, Look, bytes]]
) -> None:
    assert ("starting both sides" in terminals[name][1].text, terminals[name][1].cursor) == (
        False,
        True,
    )


def test_what_is_being_done_is_shown_meanwhile(
    terminals: dict[str, tuple[int, Look, bytes]],
) -> None:
    assert "starting both sides …".encode() in terminals["80x24"][2]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (100, 30)])
def test_the_card_alone_fills_a_terminal_with_its_corners_in_sight(
    columns: int, rows: int, tmp_path: Path
) -> None:
    code, look, _ = seen_in(tmp_path, {"columns": columns, "rows": rows}, "--card")
    assert (
        code,
        look.lines[0][0],
        look.lines[0][-1],
        look.lines[rows - 3][0],
        look.lines[rows - 3][-1],
    ) == (0, "╭", "╮", "╰", "╯")


# Machines that are not ready.


def failed(done: PipedOutput) -> dict[str, str]:
    return {name: line for name, line in lines(done.text).items() if line.startswith("FAIL")}


def test_a_folder_that_cannot_be_written_to_is_not_ready(tmp_path: Path) -> None:
    root = tmp_path / "takes"
    root.mkdir()
    must_be_able_to("m", READ_ONLY, str(root), "true")
    done = run_piped(unshared("m", READ_ONLY, [str(root), *check(root)]))
    assert (done.exit_code, list(failed(done))) == (1, ["folder"])
    assert failed(done)["folder"].startswith("FAIL cannot write to ")
    assert failed(done)["folder"].endswith(": Read-only file system")


def test_a_folder_that_is_a_file_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "takes").write_text("")
    done = run_piped(check(tmp_path / "takes"))
    assert (done.exit_code, list(failed(done))) == (1, ["folder"])


@pytest.mark.parametrize("name", ["run.cast", "run.html", "results.json", "headline.txt"])
def test_a_secret_in_a_take_is_not_ready_and_is_not_told_again(name: str, take: Path) -> None:
    with (take / name).open("a") as file:
        file.write("\n<p>ghp_Zk3Lq9Xw7Rt2Vb5Nm8Pd1Fs6Gh4Jc0AyUe</p>\n")
    done = run_piped(check(take.parent))
    assert (done.exit_code, "kept/" + name in failed(done)["secrets"]) == (1, True)
    assert "Zk3Lq9" not in done.text


def test_a_home_folder_in_a_log_is_warned_of(take: Path) -> None:
    (take / "distributed.log").write_text(f"loaded {Path.home()}/x\n")
    done = run_piped(check(take.parent))
    assert (
        done.exit_code,
        "warn kept/distributed.log line 1: a home folder" in lines(done.text)["secrets"],
    ) == (0, True)


def test_an_input_that_is_missing_is_not_ready(tmp_path: Path) -> None:
    workload = a_workload_file(
        tmp_path, "def load(params):\n    raise FileNotFoundError('digits.npz is missing')"
    )
    done = run_piped(check(tmp_path, workload=workload))
    assert (done.exit_code, "digits.npz is missing" in failed(done)["arming"]) == (1, True)


def test_without_the_loopback_interface_nothing_is_ready(tmp_path: Path) -> None:
    must_be_able_to("n", 'exec "$@"', "true")
    done = run_piped(
        unshared(
            "n",
            'exec "$@"',
            check(tmp_path, workload=a_workload_file(tmp_path, "fields['simulated'] = False")),
        )
    )
    assert (done.exit_code, list(failed(done))) == (1, ["network", "arming"])
    assert done.text.count("hint: ip link set lo up") == 2


# Stopped.


def stopped(folder: Path, stop: str) -> tuple[int, Look]:
    """Return the exit code and the last look of a check that was stopped while a side was armed."""
    workload = a_workload_file(folder, SLOW)
    with Terminal(check(folder, workload=workload), rows=40) as terminal:
        terminal.until_text("starting both sides")
        terminal.linger(0.3)
        if stop == "ctrl-c":
            terminal.type(CTRL_C)
        else:
            os.kill(terminal.process.pid, signal.Signals[stop])
        return terminal.ended(STOPS_WITHIN_S), terminal.looks[-1]


STOPS = {"ctrl-c": 130, "SIGTERM": 143, "SIGHUP": 129, "SIGQUIT": 131}


@pytest.fixture(scope="module")
def stops(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, Look]]:
    """Return checks that were stopped in every way."""
    return at_once({name: partial(stopped, tmp_path_factory.mktemp(name), name) for name in STOPS})


@pytest.mark.parametrize("name", STOPS)
def test_a_check_that_is_stopped_exits_with_the_signals_code(
    name: str, stops: dict[str, tuple[int, Look]]
) -> None:
    assert stops[name][0] == STOPS[name]


@pytest.mark.parametrize("name", STOPS)
def test_a_check_that_is_stopped_says_so_on_a_line_of_its_own(
    name: str, stops: dict[str, tuple[int, Look]]
) -> None:
    assert (
        "\nerror: stopped before the end\nhint: everything that was started has ended"
        in stops[name][1].text
    )


def test_a_terminal_that_is_closed_stops_the_check(tmp_path: Path) -> None:
    with Terminal(check(tmp_path, workload=a_workload_file(tmp_path, SLOW)), rows=40) as terminal:
        terminal.until_text("starting both sides")
        terminal.hang_up()
        assert terminal.process.wait(STOPS_WITHIN_S) == 129


def stopped_after(name: str, command: Sequence[str]) -> tuple[int, dict[str, str]]:
    """Return the exit code and the lines of a check that is stopped after its first line."""
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        env=surroundings(),
    ) as process:
        assert process.stdout is not None
        text = ""
        while name not in lines(text):
            text += process.stdout.readline() or f"ok {name} was never told\n"
        process.terminate()
        text += process.stdout.read()
        return process.wait(WAIT_S), lines(text)


def test_a_check_that_is_stopped_while_it_looks_through_takes_does_not_go_on(
    tmp_path: Path,
) -> None:
    (tmp_path / "take").mkdir()
    (tmp_path / "take" / "events.jsonl").write_text("at key 1.5 of 2 users, at home\n" * 500_000)
    code, told_by_then = stopped_after("fallback", check(tmp_path))
    assert (code, "secrets" in told_by_then) == (143, False)


def test_lines_are_told_as_they_are_known(tmp_path: Path) -> None:
    code, told_by_then = stopped_after(
        "network", check(tmp_path, workload=a_workload_file(tmp_path, SLOW))
    )
    assert (code, "load" in told_by_then, "ray" in told_by_then) == (143, True, False)


def test_a_reader_that_hangs_up_ends_the_check_quietly(tmp_path: Path) -> None:
    script = '"$@" | head -1 >/dev/null; echo "${PIPESTATUS[0]}"'
    done = run_piped(["bash", "-c", script, "bash", *check(tmp_path)])
    assert (done.text, done.errors) == (str(128 + signal.SIGPIPE), "")


# With Ray, and no network at all.


@pytest.mark.ray
def test_without_a_network_everything_is_ready(tmp_path: Path) -> None:
    must_be_able_to("n", LOOPBACK_UP, "true")
    done = run_piped(
        unshared("n", LOOPBACK_UP, check(tmp_path, "--workers", "1", workload="tests/pieces.py"))
    )
    found = lines(done.text)
    assert (done.exit_code, failed(done)) == (0, {})
    assert found["network"] == "ok none needed, loopback is enough; 0 other interfaces up"
    assert found["loopback"] == "ok other machines cannot connect: Ray listens on loopback alone"
    installed = version("ray")
    tested = ".".join(map(str, TESTED_RAY))
    assert found["ray"] == (
        f"ok {installed}, the version that this program was tested with"
        if installed.startswith(f"{tested}.")
        else f"warn {installed}; this program was tested with {tested}"
    )
    assert ("Ray" in found["start-up"], "the same on both sides" in found["input"]) == (True, True)


def is_raylet(process: psutil.Process) -> bool:
    """Return whether a process is Ray's on this machine (one that has ended meanwhile is not)."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.name() == "raylet"
    return False


@pytest.mark.ray
def test_ctrl_c_while_ray_comes_up_leaves_nothing_of_it(tmp_path: Path) -> None:
    with Terminal(
        check(tmp_path, "--workers", "1", workload="tests/pieces.py"), rows=40
    ) as terminal:
        program = psutil.Process(terminal.process.pid)
        wait_for(lambda: any(map(is_raylet, program.children(recursive=True))))
        started = processes.process_tree(terminal.process.pid)
        terminal.type(CTRL_C)
        code = terminal.ended(STOPS_WITHIN_S)
    assert (code, len(started) > 2, processes.still_running(started)) == (130, True, [])
