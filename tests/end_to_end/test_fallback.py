"""The real program replacing a live run by its recording: by a key, by itself, or not at all."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from harness.errors import ExitCode
from harness.files.results import load
from harness.model import Status
from tests.recording import Recorded, a_desk
from tests.terminals import REFUSED, ROOT, Look, Terminal, Tmux, at_once, race, still_running

LONG = ("--set", "seconds=60", "--workers", "4")
STALLING = """
import dataclasses, time
from workloads.simulated import WORKLOAD as QUICK

def baseline(schedule, report):
    report(1)
    {statement}

WORKLOAD = dataclasses.replace(QUICK, baseline=baseline)
"""


def a_workload(desk: Path, statement: str) -> str:
    """Return a workload with the recorded one's name that does one chunk, then the statement."""
    path = desk / "stalling.py"
    path.write_text(STALLING.format(statement=statement))
    return str(path)


@dataclass(frozen=True)
class Ended:
    """A race at a desk with a recording, when it is over: what was seen of it, and what it left."""

    desk: Path
    exit_code: int
    looks: tuple[Look, ...]
    raw: bytes

    @property
    def recorded(self) -> list[Look]:
        """Return the looks at the recording's panel."""
        return [look for look in self.looks if look.is_panel and "RECORDED" in look.text]

    @property
    def has_played(self) -> bool:
        """Return whether the recording's panel was drawn, and not only named below its headline.

        A busy machine may show the terminal's emulator no moment of it.
        """
        return self.raw.count(b"RECORDED") > 5

    @property
    def status(self) -> Status:
        return load(self.desk / "live" / "results.json").status

    @property
    def remark(self) -> str:
        """Return what the live run's journal says of its end."""
        return str(
            json.loads((self.desk / "live" / "events.jsonl").read_bytes().splitlines()[-1])[
                "remark"
            ]
        )


def raced(
    desk: Path,
    *options: str,
    workload: str = "simulated",
    keys: bytes = b"",
    size: tuple[int, int] = (100, 30),
) -> Ended:
    """Race at a desk, press keys once the clocks run, and look on to the end."""
    command = race(desk / "live", *options, "--yes", workload=workload)
    with Terminal(
        command, columns=size[0], rows=size[1], environment=a_desk(desk), cwd=desk
    ) as terminal:
        if keys:
            terminal.until_text("LIVE")
            terminal.type(keys)
        return Ended(desk, terminal.ended(240.0), tuple(terminal.looks), terminal.raw)


RACES: dict[str, Callable[[Path], Ended]] = {
    "f": lambda desk: raced(desk, *LONG, keys=b"f"),
    "F": lambda desk: raced(desk, *LONG, keys=b"F"),
    "stalls": lambda desk: raced(
        desk, "--fallback", "--stall-after", "1.5", workload=a_workload(desk, "time.sleep(60)")
    ),
    "fails": lambda desk: raced(
        desk, "--fallback", workload=a_workload(desk, "raise ValueError('no luck')")
    ),
    "gets on": lambda desk: raced(
        desk,
        *("--fallback", "--stall-after", "2", "--set", "seconds=4", "--schedule", "in-turn"),
        workload=REFUSED,
    ),
    "fails alone": lambda desk: raced(
        desk, workload=a_workload(desk, "raise ValueError('no luck')")
    ),
}


@pytest.fixture(scope="module")
def races(recorded: Recorded, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """Run all races side by side, each at a desk of its own: they only sleep."""
    desks = {name: tmp_path_factory.mktemp("desk") for name in RACES}
    for desk in desks.values():
        shutil.copytree(recorded.take, desk / "recordings" / "kept")
    return at_once({name: partial(run, desks[name]) for name, run in RACES.items()})


def test_f_plays_the_recording_from_where_its_clocks_start(races: dict[str, Ended]) -> None:
    shown = races["f"].recorded
    assert (races["f"].exit_code, races["f"].has_played) == (0, True)
    assert all("LIVE" in look.text for look in shown[:1])
    assert not any("arming" in look.text for look in shown)


def test_a_run_that_was_given_up_is_kept_as_aborted_with_the_reason(
    races: dict[str, Ended],
) -> None:
    assert races["f"].status is Status.ABORTED
    assert races["f"].remark == "the presenter switched to the recording"


def test_a_run_that_was_given_up_leaves_the_headline_of_the_recording_and_says_so(
    races: dict[str, Ended],
) -> None:
    last = races["f"].looks[-1]
    assert (
        last.text.index("RECORDED")
        < last.text.index("NO HEADLINE")
        < last.text.index("you switched to the recording")
    )
    assert (last.alternate, last.cursor, still_running(races["f"].desk / "live")) == (
        False,
        True,
        [],
    )


def test_between_the_live_run_and_the_recording_the_shell_is_never_seen(
    races: dict[str, Ended],
) -> None:
    assert [races["F"].raw.count(switch) for switch in (b"\x1b[?1049h", b"\x1b[?1049l")] == [1, 1]


def test_a_run_that_stalls_gives_way_by_itself(races: dict[str, Ended]) -> None:
    assert (races["stalls"].exit_code, races["stalls"].has_played) == (0, True)
    assert (races["stalls"].status, races["stalls"].remark) == (
        Status.ABORTED,
        "the recording took over: no progress for 1.50 s",
    )


def test_a_run_that_fails_gives_way_by_itself_and_is_kept_as_failed(
    races: dict[str, Ended],
) -> None:
    assert (races["fails"].exit_code, races["fails"].has_played) == (0, True)
    assert (races["fails"].status, "no luck" in races["fails"].remark) == (Status.FAILED, True)


def test_a_run_that_gets_on_is_left_alone(races: dict[str, Ended]) -> None:
    assert (races["gets on"].exit_code, races["gets on"].has_played, races["gets on"].status) == (
        ExitCode.REFUSED,
        False,
        Status.COMPLETE,
    )


def test_a_run_that_fails_without_a_fallback_fails(races: dict[str, Ended]) -> None:
    assert (races["fails alone"].exit_code, races["fails alone"].has_played) == (3, False)


def test_ctrl_c_ends_the_recording_too(take: Path) -> None:
    desk = take.parents[1]
    with Terminal(
        race(desk / "live", *LONG, "--yes"),
        columns=100,
        rows=30,
        environment=a_desk(desk),
        cwd=desk,
    ) as terminal:
        terminal.until_text("LIVE")
        terminal.type(b"f")
        terminal.until_text("RECORDED")
        terminal.type(b"\x03")
        code = terminal.ended()
        restored = terminal.modes() == terminal.modes_before
    assert (code, restored, terminal.looks[-1].alternate, still_running(desk / "live")) == (
        130,
        True,
        False,
        [],
    )


def test_without_a_recording_f_does_nothing(tmp_path: Path) -> None:
    options = ("--set", "seconds=1", "--workers", "4")
    ended = raced(tmp_path, *options, workload=REFUSED, keys=b"f")
    assert (ended.exit_code, ended.recorded, ended.status) == (
        ExitCode.REFUSED,
        [],
        Status.COMPLETE,
    )


@pytest.mark.parametrize("size", [(80, 24), (100, 29)])
def test_a_fallback_that_does_not_fit_is_refused_before_anything_starts(
    take: Path, size: tuple[int, int]
) -> None:
    ended = raced(take.parents[1], "--fallback", *LONG, size=size)
    told = "".join(ended.looks[-1].lines)
    assert (
        ended.exit_code,
        f"no verified recording of simulated that fits this terminal of {size[0]}×{size[1]}"
        in told,
    ) == (2, True)
    assert not (take.parents[1] / "live").exists()


def test_a_fallback_that_is_not_verified_is_refused_before_anything_starts(take: Path) -> None:
    (take / "verified.json").unlink()
    assert raced(take.parents[1], "--fallback", *LONG).exit_code == 2


def test_f_switches_on_an_alternate_screen_and_leaves_the_shell_as_it_was(
    take: Path, tmp_path: Path
) -> None:
    (tmp_path / "tmux").mkdir()
    with Tmux(tmp_path / "tmux", 110, 34) as shell:
        shell.command(f"cd {take.parents[1]}; export PYTHONPATH={ROOT}{os.pathsep}.; echo before;")
        shell.command(*race(Path("live"), *LONG, "--yes"), "; echo exit code $?")
        shell.until(lambda look: look.is_panel and "LIVE" in look.text)
        shell.keys("f")
        recorded = shell.until(lambda look: look.is_panel and "RECORDED" in look.text)
        left = shell.until_text("exit code 0", 240.0)

    assert (recorded.alternate, recorded.cursor) == (True, False)
    assert (left.alternate, left.cursor, "before" in left.text) == (False, True, True)
    assert (
        left.text.index("RECORDED")
        < left.text.index("NO HEADLINE")
        < left.text.index("you switched to the recording")
    )
