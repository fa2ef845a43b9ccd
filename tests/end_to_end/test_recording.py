"""The real program recording: without a terminal, in one, and where it goes wrong."""

import json
import os
import re
import shlex
import signal
import subprocess
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import matplotlib as mpl
import psutil
import pytest

from harness import events as e
from harness.cast.format import Cast, read
from harness.cast.markers import (
    ARMED,
    BASELINE_DONE,
    DISTRIBUTED_DONE,
    DISTRIBUTED_GO,
    GO,
    HEADLINE,
)
from harness.files.journal import read as read_journal
from harness.files.results import load
from harness.model import Side
from harness.takes.recordings import VERDICT_NAME, recording, recordings
from tests.recording import (
    BRIEF,
    MOST_RECORDINGS,
    Recorded,
    a_desk,
    outcome_of,
    record,
    repeated,
    start,
    stood_still,
)
from tests.terminals import PYTHON, ROOT, Look, Terminal, Tmux, at_once, wait_for

FAILING = """
import dataclasses
from workloads.simulated import WORKLOAD as QUICK

def distributed(schedule, pool, report):
    {statement}

WORKLOAD = dataclasses.replace(QUICK, distributed=distributed)
"""


@pytest.fixture(scope="module")
def cast(recorded: Recorded) -> Cast:
    return read(recorded.take / "run.cast")


DRAWN = ("headline", "fig-architecture", "fig-scaling", "fig-cost-quality", "fig-core-seconds")
OF_MATPLOTLIB = {".cache", ".config"}  # it keeps its fonts' names in the home folder


def test_recording_without_a_terminal_publishes_a_take(recorded: Recorded) -> None:
    published = {path.name for path in recorded.take.iterdir()}
    wanted = {
        "run.cast",
        "run.html",
        "run.gif",
        "results.json",
        "events.jsonl",
        "headline.txt",
        "report.html",
        VERDICT_NAME,
        "baseline.log",
        "distributed.log",
        *(f"{name}.{form}" for name in DRAWN for form in ("svg", "png")),
    }
    assert (recorded.exit_code, recorded.errors, published) == (0, "", wanted)


def test_recording_leaves_nothing_beside_the_take(recorded: Recorded) -> None:
    beside = {path.name for path in recorded.desk.iterdir()} - OF_MATPLOTLIB
    assert beside == {"take", "theirs"}


def test_a_recording_has_the_size_that_was_asked_for_whatever_the_environment_says(
    cast: Cast,
) -> None:
    assert (cast.columns, cast.rows) == (100, 30)


def test_a_recording_has_no_idle_limit_and_no_keys_whatever_the_user_configured(
    cast: Cast,
) -> None:
    assert (cast.idle_time_limit, {event.code for event in cast.events}) == (None, {"o", "m"})


def test_a_recording_is_found_true_before_it_is_published(recorded: Recorded) -> None:
    assert "verified, its clocks true to" in recorded.printed
    assert json.loads((recorded.take / VERDICT_NAME).read_bytes())["drift_s"] <= 0.3


def test_a_recordings_chapters_stand_at_the_moments_that_its_journal_tells(
    recorded: Recorded, cast: Cast
) -> None:
    told = read_journal(recorded.take / "events.jsonl").events
    moments = {
        ARMED: max(event.at for event in told if isinstance(event, e.Ready)),
        GO: next(
            event.at for event in told if isinstance(event, e.Go) and event.side is Side.BASELINE
        ),
        DISTRIBUTED_GO: next(
            event.at for event in told if isinstance(event, e.Go) and event.side is Side.DISTRIBUTED
        ),
        BASELINE_DONE: next(
            event.at
            for event in told
            if isinstance(event, e.Finished) and event.side is Side.BASELINE
        ),
        DISTRIBUTED_DONE: next(
            event.at
            for event in told
            if isinstance(event, e.Finished) and event.side is Side.DISTRIBUTED
        ),
    }
    began = {label: (cast.marker_at(label) or 0.0) - at for label, at in moments.items()}
    assert [marker.text for marker in cast.markers] == [
        ARMED,
        GO,
        BASELINE_DONE,
        DISTRIBUTED_GO,
        DISTRIBUTED_DONE,
        HEADLINE,
    ]
    assert max(began.values()) - min(began.values()) <= 0.1


def test_a_recording_names_neither_its_desk_nor_its_maker(recorded: Recorded) -> None:
    content = b"".join(
        (recorded.take / name).read_bytes()
        for name in ("run.cast", "run.html", "results.json", "events.jsonl")
    )
    assert str(recorded.desk).encode() not in content


def test_where_nobody_is_there_no_key_is_asked_for(cast: Cast) -> None:
    assert not any("Enter" in event.text for event in cast.events)


def test_a_simulated_recording_is_marked_in_every_frame_and_on_its_page(recorded: Recorded) -> None:
    assert "SIMULATED" in (recorded.take / "run.html").read_text(encoding="utf-8")


def failing(desk: Path, statement: str) -> Recorded:
    """Record a workload whose distributed side comes to the statement."""
    (desk / "failing.py").write_text(FAILING.format(statement=statement))
    return record(desk, *BRIEF[2:], "--workload", "failing.py")


def with_little_room(desk: Path) -> Recorded:
    """Record where no file may be larger than 50 kB."""
    return outcome_of(desk, in_shell(desk, f"ulimit -f 100; {RECORD}", a_desk(desk)))


def without_streams(desk: Path) -> Recorded:
    """Record with neither input nor output open, in a locale that is not installed."""
    environment = a_desk(desk) | {"LC_ALL": "xx_XX"}
    return outcome_of(desk, repeated(partial(in_shell, desk, f"{RECORD} <&- >&-", environment)))


def beside_another_demo(desk: Path) -> Recorded:
    """Record by the console script in a folder with a module that is called as the program is."""
    (desk / "demo.py").write_text("raise SystemExit(9)")
    console = shlex.join([str(Path(PYTHON).parent / "twoclocks"), *RECORDING])
    environment = {name: value for name, value in a_desk(desk).items() if name != "PYTHONPATH"}
    return outcome_of(desk, repeated(partial(in_shell, desk, console, environment)))


def in_shell(
    desk: Path, command: str, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-c", command],
        cwd=desk,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


RECORDING = ["record", "--out", "take", *BRIEF]
RECORD = shlex.join([PYTHON, "-m", "demo", *RECORDING])
IN_VAIN: dict[str, Callable[[Path], Recorded]] = {
    "raises": partial(failing, statement="raise ValueError('no luck')"),
    "other answer": partial(failing, statement="return (1.0,)"),
    "full disk": with_little_room,
}
IN_ODD_PLACES: dict[str, Callable[[Path], Recorded]] = {
    "no streams": without_streams,
    "another demo": beside_another_demo,
}


def side_by_side(
    recorders: dict[str, Callable[[Path], Recorded]], folders: pytest.TempPathFactory
) -> dict[str, Recorded]:
    """Record side by side, each at a desk of its own: mostly they wait for their clocks."""
    return at_once({name: partial(run, folders.mktemp("desk")) for name, run in recorders.items()})


@pytest.fixture(scope="module")
def in_vain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    return side_by_side(IN_VAIN, tmp_path_factory)


@pytest.fixture(scope="module")
def in_odd_places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    return side_by_side(IN_ODD_PLACES, tmp_path_factory)


@pytest.mark.parametrize(
    ("name", "code", "why"),
    [
        (
            "raises",
            3,
            "nothing is published: the distributed side failed: ValueError: no luck",
        ),
        ("other answer", 4, "the answers differ"),
    ],
)
def test_a_run_that_fails_publishes_nothing(
    in_vain: dict[str, Recorded], name: str, code: int, why: str
) -> None:
    done = in_vain[name]
    assert (done.exit_code, why in done.errors, done.take.exists()) == (code, True, False), (
        done.errors
    )
    assert len(list(done.desk.glob(".unpublished-*"))) == 1


def test_a_folder_that_holds_anything_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "take").mkdir()
    (tmp_path / "take" / "notes.txt").write_text("precious")
    done = record(tmp_path, *BRIEF)
    assert (done.exit_code, "take is not a new or empty folder" in done.errors) == (2, True)
    assert [path.name for path in done.take.iterdir()] == ["notes.txt"]


def two_recordings(folder: Path) -> list[subprocess.CompletedProcess[str]]:
    """Record twice at once for one take's folder."""
    folder.mkdir()
    return list(at_once({name: partial(start, folder, *BRIEF) for name in ("a", "b")}).values())


def test_of_two_recordings_for_one_folder_the_later_one_overwrites_nothing(tmp_path: Path) -> None:
    for attempt in range(MOST_RECORDINGS):
        folder = tmp_path / str(attempt)
        done = two_recordings(folder)
        if not any(stood_still(one.stderr) for one in done):
            break
    codes = sorted(one.returncode for one in done)
    late = next(one for one in done if one.returncode)
    assert (codes, "nothing is published: Directory not empty" in late.stderr) == ([0, 3], True), (
        late.stderr
    )
    assert recording(folder / "take").verified
    assert len(list(folder.glob(".unpublished-*"))) == 1


@pytest.mark.parametrize(
    ("options", "sentence", "hint"),
    [
        (["--size", "big"], "--size big is not a number of columns", "--size 100x30"),
        (["--size", "60x20"], "--size 60x20 is not between 80×24", "--size 100x30"),
        (["--size", "9999x9999"], "is not between", "--size 100x30"),
        (
            ["--ui", "plain"],
            "only the live panel can be recorded, not --ui plain",
            "leave --ui out",
        ),
        (["--workload", "simulatd"], "simulatd", "simulated"),
    ],
)
def test_what_cannot_be_recorded_is_refused_before_anything_starts(
    tmp_path: Path, options: list[str], sentence: str, hint: str
) -> None:
    done = record(tmp_path, "--workload", "simulated", *options)
    assert (done.exit_code, sentence in done.errors, hint in done.errors) == (2, True, True), (
        done.errors
    )
    assert list(tmp_path.iterdir()) == []


def begun(desk: Path, seconds: str, until: bytes) -> subprocess.Popen[str]:
    """Return a recording that has come so far that its draft's raw cast holds some bytes."""
    command = [
        PYTHON,
        "-m",
        "demo",
        "record",
        "--out",
        "take",
        "--workload",
        "simulated",
        "--set",
        f"seconds={seconds}",
    ]
    devnull = subprocess.DEVNULL
    recording = subprocess.Popen(
        command,
        cwd=desk,
        env=a_desk(desk),
        stdin=devnull,
        stdout=devnull,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_for(
        lambda: any(until in path.read_bytes() for path in desk.glob(".unpublished-*/raw.cast"))
    )
    return recording


def signalled(desk: Path, seconds: str, until: bytes) -> Recorded:
    """Begin a recording and stop it by a signal."""
    recording = begun(desk, seconds, until)
    recording.send_signal(signal.SIGTERM)
    return ended(desk, recording)


def without_recorder(desk: Path) -> Recorded:
    """Begin a recording and kill its recorder."""
    recording = begun(desk, "60", b";go")
    (recorder,) = psutil.Process(recording.pid).children()
    recorder.kill()
    return ended(desk, recording)


def ended(desk: Path, recording: subprocess.Popen[str]) -> Recorded:
    """Wait for the end of a recording."""
    _, errors = recording.communicate(timeout=240)
    return outcome_of(
        desk, subprocess.CompletedProcess(recording.args, recording.returncode, "", errors)
    )


IN_MID_RACE, HOLDING = "in mid-race", "while the headline is held"
STOPPED: dict[str, Callable[[Path], Recorded]] = {
    IN_MID_RACE: partial(signalled, seconds="60", until=b";go"),
    HOLDING: partial(signalled, seconds="1", until=b";headline"),
    "without recorder": without_recorder,
}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Recorded]:
    return side_by_side(STOPPED, tmp_path_factory)


@pytest.mark.parametrize("when", [IN_MID_RACE, HOLDING])
def test_a_signal_ends_recorder_and_race_and_publishes_nothing(
    stopped: dict[str, Recorded], when: str
) -> None:
    done = stopped[when]
    assert (done.exit_code, "nothing is published: stopped before the end" in done.errors) == (
        143,
        True,
    ), done.errors
    assert not done.take.exists()


def test_a_recorder_that_dies_takes_the_race_with_it_and_publishes_nothing(
    stopped: dict[str, Recorded],
) -> None:
    done = stopped["without recorder"]
    assert (done.exit_code != 0, "nothing is published" in done.errors) == (True, True)
    assert not done.take.exists()


def test_a_draft_that_was_not_published_is_no_recording(take: Path) -> None:
    take.rename(take.parent / ".unpublished-abc")
    assert recordings(take.parent) == ()


def test_a_module_called_demo_in_the_folder_is_not_taken_for_the_program(
    in_odd_places: dict[str, Recorded],
) -> None:
    done = in_odd_places["another demo"]
    assert done.exit_code == 0, done.errors


def test_recording_needs_neither_open_streams_nor_a_locale_that_is_installed(
    in_odd_places: dict[str, Recorded],
) -> None:
    done = in_odd_places["no streams"]
    assert (done.exit_code, done.errors) == (0, "")
    assert recording(done.take).verified


def test_without_the_player_a_recording_is_refused_before_anything_starts(tmp_path: Path) -> None:
    modules = tmp_path / "modules"  # those of the current folder itself come last
    (modules / "mkdocs_asciinema_player").mkdir(parents=True)
    (modules / "mkdocs_asciinema_player" / "__init__.py").touch()
    done = record(tmp_path, *BRIEF, changes={"PYTHONPATH": f"{modules}:{ROOT}"})
    assert (done.exit_code, "asciinema-player is not installed" in done.errors) == (2, True)
    assert not list(tmp_path.glob(".unpublished-*"))


def test_a_full_disk_is_told_of_in_a_sentence(in_vain: dict[str, Recorded]) -> None:
    done = in_vain["full disk"]
    assert (
        done.exit_code != 0,
        "nothing is published: " in done.errors,
        "Traceback" in done.errors,
    ) == (True, True, False), done.errors
    assert not done.take.exists()


def copy_without(package: Path, into: Path, name: str) -> None:
    """Copy a package by links to its files, but for those whose name begins so."""
    for folder, _, files in os.walk(package):
        here = into / Path(folder).relative_to(package)
        here.mkdir(parents=True)
        for file in files:
            if not file.startswith(name):
                (here / file).symlink_to(Path(folder) / file)


def test_a_take_whose_film_cannot_be_drawn_is_published_without_it(tmp_path: Path) -> None:
    modules = tmp_path / "modules"
    copy_without(Path(mpl.__file__).parent, modules / "matplotlib", "DejaVuSansMono")
    done = record(tmp_path, *BRIEF, changes={"PYTHONPATH": f"{modules}:{ROOT}"})
    assert (done.exit_code, recording(done.take).verified) == (0, True)
    assert "warning: the take has no run.gif: the font DejaVu Sans Mono" in done.errors
    assert not (done.take / "run.gif").exists()


def test_a_terminal_smaller_than_the_panel_is_refused(tmp_path: Path) -> None:
    command = [PYTHON, "-m", "demo", "record", *BRIEF, "--out", str(tmp_path / "take")]
    with Terminal(
        command, columns=70, rows=28, environment=a_desk(tmp_path), cwd=tmp_path
    ) as terminal:
        code = terminal.ended()
    assert (
        code,
        "this terminal of 70×28 is too small to record 80×28" in terminal.looks[-1].text,
    ) == (2, True)
    assert list(tmp_path.iterdir()) == []


ENDED = re.compile(r"exit code \d")


def recorded_with_enter(shell: Tmux) -> tuple[Look, Look]:
    """Record, and return the screen that asks for Enter and the one at the end."""
    shell.command("clear; rm -rf .unpublished-*;", RECORD, "; echo exit code $?")
    armed = shell.until_text("press Enter to start")
    # Longer than a recording may show nothing: the panel keeps its date going while it waits.
    time.sleep(1.6)
    shell.keys("Enter")
    return armed, shell.until(lambda look: bool(ENDED.search(look.text)), 240.0)


def test_recording_in_a_small_terminal_shows_the_race_there_and_waits_for_enter(
    tmp_path: Path,
) -> None:
    (tmp_path / "tmux").mkdir()
    with Tmux(tmp_path / "tmux", 80, 24) as shell:
        shell.command(f"cd {tmp_path}; export PYTHONPATH={ROOT}")
        for _ in range(MOST_RECORDINGS):
            armed, end = recorded_with_enter(shell)
            if not stood_still(end.text):
                break
    assert "exit code 0" in end.text, end.text
    cast, facts = read(tmp_path / "take" / "run.cast"), load(tmp_path / "take" / "results.json")
    assert "REC · SIMULATED" in armed.text
    assert (cast.columns, cast.rows) == (80, 24)
    assert (cast.marker_at(GO) or 0.0) - (cast.marker_at(ARMED) or 0.0) > 1.6
    assert len(facts.trials) == 2
