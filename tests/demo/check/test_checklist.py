import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from demo.check import check, checklist
from demo.check.machine import LoadWatch
from demo.check.result import CheckLevel, CheckResult
from demo.check.terminal import Display
from demo.options import Options
from harness.errors import BadRequest, Interrupted, SideFailed
from harness.model import Kind, Status
from harness.run.conductor import Conductor
from harness.run.plan import Plan
from harness.talk.history import REHEARSALS_NAME, Rehearsal, append_rehearsal, configuration_of
from tests.builders import a_workload_file
from tests.casts import write_take
from tests.options import some_options

pytestmark = pytest.mark.usefixtures("described_once")

SEEN = Display(
    terminal=True, size=(100, 30), draws=True, colours="truecolor", no_color=False, encoding="utf-8"
)
TYPED = some_options(workers=2)
MACHINE = ["power", "load", "processes", "memory", "disk", "folder", "network"]
SIDES = ["ray", "start-up", "loopback", "input"]
KEPT = ["rehearsals", "fallback", "secrets"]


@pytest.fixture(autouse=True, scope="module")
def nothing_around() -> Iterator[None]:
    """Let there be no cluster, and nothing of runs that other tests kill at the same time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        patch.setattr(checklist, "sweep_temporary", str)
        yield


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a folder of recordings with a verified recording of simulated work in it."""
    return write_take(tmp_path / "recordings" / "kept").parent


def ignore(_: object = None) -> None:
    """Hear what is being done, and ask for nothing."""


def check_all(
    root: Path,
    typed: Options = TYPED,
    stop: Callable[[], int | None] = ignore,
    doing: Callable[[str], None] = ignore,
    display: Display = SEEN,
) -> dict[str, CheckResult]:
    results = checklist.check_machine(
        checklist.plan_session(typed),
        LoadWatch.start(),
        root,
        display,
        checklist.Progress(stop, doing),
    )
    return {result.name: result for result in results}


@dataclass
class Checked:
    """All that was checked of a session that can run, where there are no takes."""

    results: dict[str, CheckResult]
    told: list[str]
    left: list[Path]


@pytest.fixture(scope="module")
def checked(nothing_around: None, tmp_path_factory: pytest.TempPathFactory) -> Checked:
    told: list[str] = []
    root = tmp_path_factory.mktemp("takes")
    results = check_all(root, doing=told.append)
    return Checked(results, told, list(root.iterdir()))


@pytest.fixture
def unarmed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let arming fail at once, for what is checked after it whether the sides start or not."""

    def fail(_: object) -> None:
        raise SideFailed("the baseline side failed: it was not asked for")

    monkeypatch.setattr(Conductor, "arm_only", fail)


def test_the_terminal_is_checked_in_three_ways() -> None:
    assert [(finding.name, finding.level) for finding in checklist.check_terminal(SEEN)] == [
        ("terminal", CheckLevel.OK),
        ("colours", CheckLevel.OK),
        ("letters", CheckLevel.OK),
    ]


def test_every_check_is_made_once_in_its_order(checked: Checked) -> None:
    assert list(checked.results) == [*MACHINE, *SIDES, *KEPT]


def test_what_killed_runs_have_left_is_removed_and_said(
    root: Path, unarmed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checklist, "sweep_temporary", lambda: "removed what a run had left")
    checked = check_all(root)["scratch"]
    assert (checked.level, checked.sentence) == (CheckLevel.OK, "removed what a run had left")


def test_a_request_that_cannot_run_is_a_failure_and_the_rest_is_checked(
    tmp_path: Path,
) -> None:
    seen = check_all(tmp_path, replace(TYPED, workload="simulatd"))
    assert list(seen) == [name for name in MACHINE if name != "memory"] + [
        "request",
        "fallback",
        "secrets",
    ]
    assert (seen["request"].level, seen["request"].hint) == (
        CheckLevel.FAIL,
        "did you mean simulated?",
    )


def test_a_side_that_cannot_be_armed_is_a_failure_and_the_rest_is_checked(
    tmp_path: Path,
) -> None:
    workload = a_workload_file(
        tmp_path, "def load(params):\n    raise FileNotFoundError('digits.npz is missing')"
    )
    seen = check_all(tmp_path, replace(TYPED, workload=workload))
    assert list(seen) == [*MACHINE, "arming", *KEPT]
    assert (seen["arming"].level, "digits.npz is missing" in seen["arming"].sentence) == (
        CheckLevel.FAIL,
        True,
    )


DOUBTFUL = """
import socket
held = socket.create_server(("0.0.0.0", 0))

def load(params):
    return Problem(input=(os.getpid(),), held_out=0.5, items=5)
"""


def test_sides_that_load_different_inputs_or_can_be_reached_from_elsewhere_are_a_failure(
    tmp_path: Path,
) -> None:
    seen = check_all(tmp_path, replace(TYPED, workload=a_workload_file(tmp_path, DOUBTFUL)))
    assert (seen["input"].level, "different inputs" in seen["input"].sentence) == (
        CheckLevel.FAIL,
        True,
    )
    assert seen["loopback"].level is CheckLevel.FAIL


def test_a_signal_while_sides_are_armed_ends_it(tmp_path: Path) -> None:
    workload = a_workload_file(tmp_path, "def load(params):\n    time.sleep(60)")
    with pytest.raises(Interrupted) as stopped:
        check_all(tmp_path, replace(TYPED, workload=workload), stop=lambda: signal.SIGTERM)
    assert stopped.value.exit_code == 143


def test_what_takes_a_while_is_said(checked: Checked) -> None:
    assert checked.told == ["starting both sides", "looking through the takes"]


def test_nothing_is_left_where_takes_are_kept(checked: Checked) -> None:
    assert checked.left == []


def a_rehearsal(typed: Options) -> Rehearsal:
    """Return a complete rehearsal of what was typed."""
    wanted = checklist.plan_session(typed)
    assert isinstance(wanted, Plan)
    alike = configuration_of(wanted.published_spec(Path.home()), Kind.SIMULATED)
    return Rehearsal(
        began_utc="2026-11-22T09:14:07+00:00",
        status=Status.COMPLETE,
        alone=True,
        configuration=alike,
        length=720.0,
        baseline_s=(12.0,),
        distributed_s=(6.5,),
        run_id="7c21",
    )


@pytest.mark.usefixtures("unarmed")
def test_rehearsals_of_this_configuration_are_told_and_those_of_others_counted(
    tmp_path: Path,
) -> None:
    append_rehearsal(a_rehearsal(replace(TYPED, workers=5)), tmp_path / REHEARSALS_NAME)
    alone = check_all(tmp_path)["rehearsals"]
    append_rehearsal(a_rehearsal(TYPED), tmp_path / REHEARSALS_NAME)
    assert alone.sentence == "no rehearsal of this configuration, 1 of others"
    assert (
        check_all(tmp_path)["rehearsals"].sentence
        == "1 of this configuration: baseline 12.0 s, distributed 6.50 s"
    )


@pytest.mark.usefixtures("unarmed")
def test_a_list_of_rehearsals_that_cannot_be_read_is_warned_of(tmp_path: Path) -> None:
    (tmp_path / REHEARSALS_NAME).write_text("nonsense\n")
    seen = check_all(tmp_path)["rehearsals"]
    assert (seen.level, "line 1" in seen.sentence) == (CheckLevel.WARN, True)


@pytest.mark.usefixtures("unarmed")
def test_a_verified_recording_is_there_to_fall_back_on(root: Path) -> None:
    seen = check_all(root)["fallback"]
    assert (seen.level, seen.sentence.startswith("kept, verified")) == (CheckLevel.OK, True)


@pytest.mark.usefixtures("unarmed")
def test_a_recording_that_does_not_fit_is_warned_of(root: Path) -> None:
    assert (
        check_all(root, display=replace(SEEN, size=(80, 24)))["fallback"].level is CheckLevel.WARN
    )


def test_a_recording_of_simulated_work_does_not_stand_in_for_measured_work(
    root: Path, tmp_path: Path
) -> None:
    workload = a_workload_file(
        tmp_path,
        "fields |= dict(simulated=False, name='simulated')\n\n"
        "def load(params):\n    raise ValueError('no Ray')",
    )
    assert (
        check_all(root, replace(TYPED, workload=workload, workers=1))["fallback"].level
        is CheckLevel.WARN
    )


def test_a_deck_that_is_none_is_refused_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "talk.pptx").write_text("no deck")
    with pytest.raises(BadRequest, match="not a PowerPoint file"):
        check(TYPED, tmp_path, None, tmp_path / "talk.pptx", as_json=True)


def test_the_points_of_a_talk_are_judged_where_real_work_is_raced(
    tmp_path: Path, unarmed: None
) -> None:
    points = ("bottleneck", "artifact", "slack")
    measured = replace(TYPED, workload="tests/pieces.py", settings=())
    assert {*points} <= {*check_all(tmp_path, measured)}
    assert not {*points} & {*check_all(tmp_path)}
