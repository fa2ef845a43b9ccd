import json
import os
import re
import signal
import sys
from pathlib import Path

import psutil
import pytest

from demo.recording import asciinema
from harness.cast.format import read
from harness.errors import BadRequest, TwoclocksError
from tests.terminals import wait_for

# A recorder of the third generation as its manual describes it, played by one of the second.
THIRD = f"""#!{sys.executable}
import argparse, os, sys, tomllib

if sys.argv[1:] == ["--version"]:
    print("asciinema 3.2.0")
    sys.exit()
parser = argparse.ArgumentParser(allow_abbrev=False)
parser.add_argument("verb", choices=["rec"])
for flag in ("--quiet", "--headless"):
    parser.add_argument(flag, action="store_true")
parser.add_argument("--window-size", required=True)
parser.add_argument("--output-format", choices=["asciicast-v2"], required=True)
parser.add_argument("--capture-env", required=True)
parser.add_argument("--command", required=True)
parser.add_argument("file")
asked = parser.parse_args()
with open(os.path.join(os.environ["ASCIINEMA_CONFIG_HOME"], "config.toml"), "rb") as file:
    assert tomllib.load(file)["session"]["pause_key"] == ""
columns, rows = asked.window_size.split("x")
second = os.path.join(os.path.dirname(sys.executable), "asciinema")
size = ["--cols", columns, "--rows", rows]
options = ["-e", asked.capture_env, "-c", asked.command]
os.execv(second, [second, "rec", "-q", *size, *options, asked.file])
"""


def a_recorder(folder: Path, script: str) -> str:
    """Return the path of a program called asciinema, in a folder like an interpreter's."""
    path = folder / "bin" / asciinema.NAME
    path.parent.mkdir()
    path.write_text(script)
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder in which alone programs are looked for."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("PATH", "")
    return tmp_path


def recorded(found: asciinema.Recorder, folder: Path, command: list[str]) -> Path:
    """Record a command without a terminal and return the cast."""
    words = asciinema.command_line(
        found, command, (90, 25), headless=True, into=folder / "raw.cast"
    )
    environment = asciinema.environment_for(os.environ, asciinema.write_configuration(folder))
    asciinema.run(words, environment, folder / "log", headless=True, stop=lambda: None)
    return folder / "raw.cast"


def printed(raw: Path) -> str:
    """Return what a cast holds so far; a terminal may hand one line over in several pieces."""
    lines = raw.read_text().splitlines(keepends=True) if raw.exists() else []
    return "".join(json.loads(line)[2] for line in lines[1:] if line.endswith("\n"))


def has_ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_the_recorder_beside_the_interpreter_is_found() -> None:
    recorder = asciinema.find_recorder()
    assert (Path(recorder.path).parent, recorder.version) == (Path(sys.executable).parent, 2)


def test_asking_for_the_version_leaves_no_file_in_the_users_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    asciinema.find_recorder()
    assert list(tmp_path.iterdir()) == []


def test_without_a_recorder_the_request_is_refused(bare: Path) -> None:
    with pytest.raises(BadRequest, match="asciinema, which records the terminal, is not installed"):
        asciinema.find_recorder()


@pytest.mark.parametrize("told", ["asciinema 1.4.0", "asciinema 4.0", "something else"])
def test_a_recorder_of_an_unknown_generation_is_refused(bare: Path, told: str) -> None:
    a_recorder(bare, f"#!/bin/sh\necho '{told}'\n")
    with pytest.raises(BadRequest, match="neither version 2 nor 3"):
        asciinema.find_recorder()


def test_a_recorder_of_the_third_generation_is_found(bare: Path) -> None:
    path = a_recorder(bare, "#!/bin/sh\necho 'asciinema 3.2.0'\n")
    assert asciinema.find_recorder() == asciinema.Recorder(path, 3)


@pytest.mark.parametrize("generation", [2, 3])
def test_either_generation_records_a_command_at_the_size_asked_for(
    tmp_path: Path, generation: int
) -> None:
    found = (
        asciinema.find_recorder()
        if generation == 2
        else asciinema.Recorder(a_recorder(tmp_path, THIRD), 3)
    )
    cast = read(
        recorded(
            found,
            tmp_path,
            [sys.executable, "-c", "import os; print('size', *os.get_terminal_size())"],
        )
    )
    assert (cast.columns, cast.rows) == (90, 25)
    assert "size 90 25" in "".join(event.text for event in cast.events)


def test_of_the_environment_only_the_kind_of_terminal_is_recorded(tmp_path: Path) -> None:
    content = recorded(asciinema.find_recorder(), tmp_path, ["true"]).read_text()
    assert json.loads(content.splitlines()[0])["env"] == {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    "name", ["COLUMNS", "LINES", "ASCIINEMA_CONFIG_HOME", "ASCIINEMA_SESSION_IDLE_TIME_LIMIT"]
)
def test_what_sets_another_size_or_another_configuration_is_left_out(
    name: str, tmp_path: Path
) -> None:
    made = asciinema.environment_for({name: "theirs", "HOME": "kept"}, tmp_path)
    assert (made.get(name) != "theirs", made["HOME"]) == (True, "kept")


@pytest.mark.parametrize("generation", [2, 3])
def test_no_command_line_has_an_idle_limit_or_leaves_the_file_out(generation: int) -> None:
    words = asciinema.command_line(
        asciinema.Recorder("asciinema", generation),
        ["true"],
        (100, 30),
        headless=True,
        into=Path("raw.cast"),
    )
    assert not {"-i", "--idle-time-limit", "-y", "--yes", "--stdin", "-I"} & set(words)
    assert words[-1] == "raw.cast"


def test_a_recorder_that_cannot_be_run_is_told_of(tmp_path: Path) -> None:
    with pytest.raises(TwoclocksError, match="cannot run"):
        asciinema.run(
            [str(tmp_path / "none")], {}, tmp_path / "log", headless=True, stop=lambda: None
        )


def test_a_recorded_command_that_ignores_its_signal_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asciinema, "END_WITHIN_S", 0.5)
    raw = tmp_path / "raw.cast"
    deaf = (
        "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
        "print('deaf', os.getpid(), flush=True); time.sleep(60)"
    )
    words = asciinema.command_line(
        asciinema.find_recorder(), [sys.executable, "-c", deaf], (80, 24), headless=True, into=raw
    )
    environment = asciinema.environment_for(os.environ, asciinema.write_configuration(tmp_path))

    def stop() -> int | None:
        return signal.SIGTERM if re.search(r"deaf \d+\r", printed(raw)) else None

    asciinema.run(words, environment, tmp_path / "log", headless=True, stop=stop)

    (pid,) = map(int, re.findall(r"deaf (\d+)", printed(raw)))
    wait_for(lambda: has_ended(pid))
