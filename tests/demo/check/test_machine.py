from dataclasses import replace
from pathlib import Path

import pytest

from demo.check import machine
from demo.check.result import CheckLevel
from demo.options import WORKER_BYTES, make_plan
from harness.run.plan import Plan
from tests.builders import a_workload_file
from tests.options import some_options

GB = 1_000_000_000


@pytest.mark.parametrize(
    ("on_mains", "verdict", "said"),
    [(True, "ok", "on mains"), (False, "warn", "battery"), (None, "ok", "unknown")],
)
def test_power_is_said_as_far_as_it_is_known(
    on_mains: bool | None, verdict: str, said: str
) -> None:
    found = machine.judge_power(on_mains)
    assert (found.level, said in found.sentence) == (verdict, True)


@pytest.mark.parametrize(
    ("average", "foreign", "cores", "verdict"),
    [
        (0.1, 0.0, 2, "ok"),
        (2.0, 0.05, 2, "ok"),
        (2.01, 0.0, 2, "warn"),
        (7.9, 0.01, 8, "ok"),
        (0.1, 0.051, 8, "warn"),
        (40.0, 1.0, 2, "warn"),
    ],
)
def test_a_busy_machine_is_warned_of(
    average: float, foreign: float, cores: int, verdict: str
) -> None:
    assert machine.judge_load(average, foreign, cores).level == verdict


def test_load_is_said_in_numbers() -> None:
    assert (
        machine.judge_load(3.1, 0.42, 4).sentence
        == "3.10 over the last minute on 4 cores; other programs use 42 % of them now"
    )


def test_a_machine_where_nobody_else_works_is_well() -> None:
    assert machine.judge_other_programs([]).level is CheckLevel.OK


def test_who_else_works_is_counted_and_the_heaviest_named() -> None:
    found = machine.judge_other_programs(
        [("chrome", 1.5), ("backup", 0.9), ("indexer", 0.3), ("mail", 0.25)]
    )
    assert (found.level, found.sentence) == (
        CheckLevel.WARN,
        "4 other programs use much of a core: chrome 150 %, backup 90 %, indexer 30 % and 1 more",
    )


def test_the_name_of_a_process_is_made_safe_and_short() -> None:
    told = machine.judge_other_programs([("\x1b[2Jevil\n" + "x" * 80, 0.5)]).sentence
    assert ("\x1b" in told, "\n" in told, len(told) < 80) == (False, False, True)


@pytest.mark.parametrize(
    ("free", "verdict"),
    [(0, "FAIL"), (GB - 1, "FAIL"), (GB, "warn"), (2 * GB - 1, "warn"), (2 * GB, "ok")],
)
def test_memory_is_held_against_what_is_needed(free: int, verdict: str) -> None:
    assert machine.judge_memory(free, GB).level == verdict


def test_memory_is_said_in_numbers() -> None:
    assert machine.judge_memory(3 * GB, GB).sentence == "3.00 GB free, about 1.00 GB needed"


def asked_for(workload: str, workers: int, *, joined: bool = False) -> Plan:
    """Return a session on so many workers, whatever the cores here."""
    wanted = make_plan(some_options(workload=workload, workers=1))
    return replace(wanted, spec=replace(wanted.spec, workers=workers, joined_cluster=joined))


def test_every_worker_needs_its_memory(tmp_path: Path) -> None:
    measured = a_workload_file(tmp_path, "fields['simulated'] = False")
    assert machine.needed_bytes(asked_for(measured, 7)) == (7 + 2) * WORKER_BYTES


def test_workers_that_are_simulated_or_elsewhere_need_none_here(tmp_path: Path) -> None:
    measured = a_workload_file(tmp_path, "fields['simulated'] = False")
    assert machine.needed_bytes(asked_for("simulated", 7)) == 2 * WORKER_BYTES
    assert machine.needed_bytes(asked_for(measured, 7, joined=True)) == 2 * WORKER_BYTES


@pytest.mark.parametrize(
    ("free", "verdict"), [(99_999_999, "FAIL"), (100_000_000, "warn"), (GB - 1, "warn"), (GB, "ok")]
)
def test_a_full_disk_is_said_before_it_is_full(free: int, verdict: str) -> None:
    assert machine.judge_disk(free).level == verdict


def test_free_space_is_read_off_the_folder(tmp_path: Path) -> None:
    assert machine.free_disk_bytes(tmp_path) > 0


def test_a_folder_that_is_there_is_its_own_nearest(tmp_path: Path) -> None:
    assert machine.nearest_existing(tmp_path) == tmp_path


def test_a_folder_that_would_be_made_is_judged_by_where(tmp_path: Path) -> None:
    asked = tmp_path / "a" / "b"
    found = machine.judge_folder(
        asked,
        machine.nearest_existing(asked),
        machine.why_not_writable(machine.nearest_existing(asked)),
    )
    assert (machine.nearest_existing(asked), found.level, "can be made" in found.sentence) == (
        tmp_path,
        CheckLevel.OK,
        True,
    )
    assert list(tmp_path.iterdir()) == []


def test_a_relative_folder_is_judged_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert machine.nearest_existing(Path("recordings")) == tmp_path


def test_a_folder_that_can_be_written_to_is_left_as_it_was(tmp_path: Path) -> None:
    assert (machine.why_not_writable(tmp_path), list(tmp_path.iterdir())) == (None, [])


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    asked = tmp_path / "file" / "takes"
    asked.parent.write_text("")
    found = machine.judge_folder(
        asked,
        machine.nearest_existing(asked),
        machine.why_not_writable(machine.nearest_existing(asked)),
    )
    assert (found.level, "Not a directory" in found.sentence, "--out" in found.hint) == (
        CheckLevel.FAIL,
        True,
        True,
    )


def test_a_folder_that_cannot_be_written_to_fails_with_the_reason(tmp_path: Path) -> None:
    found = machine.judge_folder(tmp_path, tmp_path, "Read-only file system")
    assert (found.level, found.sentence) == (
        CheckLevel.FAIL,
        f"cannot write to {tmp_path}: Read-only file system",
    )


def test_loopback_alone_is_enough() -> None:
    found = machine.judge_network(True, 0, joined=False)
    assert (found.level, found.sentence) == (
        CheckLevel.OK,
        "none needed, loopback is enough; 0 other interfaces up",
    )


def test_a_network_that_is_there_is_said_by_count_only() -> None:
    assert machine.judge_network(True, 3, joined=False).sentence.endswith("3 other interfaces up")


@pytest.mark.parametrize("joined", [True, False])
def test_without_loopback_nothing_goes(joined: bool) -> None:
    found = machine.judge_network(False, 1, joined=joined)
    assert (found.level, found.hint) == (CheckLevel.FAIL, "ip link set lo up")


def test_a_cluster_elsewhere_needs_the_network() -> None:
    found = machine.judge_network(True, 1, joined=True)
    assert (found.level, "needed" in found.sentence, "--address" in found.hint) == (
        CheckLevel.WARN,
        True,
        True,
    )


def test_a_watch_sees_a_share_and_leaves_ourselves_out() -> None:
    foreign, heavy = machine.LoadWatch.start().end()
    assert 0.0 <= foreign <= 1.0
    assert all(share >= machine.HEAVY for _, share in heavy)
