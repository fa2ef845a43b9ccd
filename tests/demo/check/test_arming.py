import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

from demo.check import arming
from demo.check.result import CheckLevel
from harness.model import Side
from harness.run.arming import Armed
from tests.builders import a_digest_of, a_ready, an_input, some_processes


def armed(
    listening: tuple[str, ...] = ("127.0.0.1",),
    baseline: dict[str, Any] | None = None,
    **distributed: Any,
) -> Armed:
    """Return two good sides, armed, with changes."""
    ready = (
        replace(a_ready(Side.BASELINE), **baseline or {}),
        replace(a_ready(Side.DISTRIBUTED), **distributed),
    )
    return Armed(*ready, listening)


def test_the_version_that_everything_was_tested_with_is_well() -> None:
    found = arming.judge_ray(["2.60.0", "2.60.0"], simulated=False)
    assert (found.level, found.sentence) == (
        CheckLevel.OK,
        "2.60.0, the version that this program was tested with",
    )


@pytest.mark.parametrize("version", ["2.10.0", "2.59.1", "2.6100.0", "3.0"])
def test_another_version_that_runs_warns(version: str) -> None:
    found = arming.judge_ray([version], simulated=False)
    assert (found.level, found.sentence) == (
        CheckLevel.WARN,
        f"{version}; this program was tested with 2.60",
    )


@pytest.mark.parametrize("versions", [["2.9.3"], ["2.60.0", "2.6.0"], ["1.13"], ["x"], []])
def test_a_version_that_is_too_old_or_unknown_on_any_host_fails(versions: list[str]) -> None:
    found = arming.judge_ray(versions, simulated=False)
    assert (
        found.level,
        "2.10 or later is needed" in found.sentence,
        "the same versions of Ray" in found.hint,
    ) == (
        CheckLevel.FAIL,
        True,
        True,
    )


def test_two_versions_in_one_cluster_fail() -> None:
    assert arming.judge_ray(["2.60.0", "2.60.1"], simulated=False).level is CheckLevel.FAIL


def test_ray_that_was_not_started_is_said_not_to_be() -> None:
    assert "not started" in arming.judge_ray(["2.60.0"], simulated=True).sentence


def test_start_up_is_told_of_both_sides_with_its_longest_steps() -> None:
    seen = armed(
        baseline={"startup": {"load": 1.25}}, startup={"import": 0.05, "workers": 4.0, "load": 1.0}
    )
    found = arming.judge_start_up(seen, simulated=False)
    assert (found.level, found.sentence) == (
        CheckLevel.OK,
        "baseline 1.25 s, Ray 5.05 s (workers 4.00 s, load 1.00 s)",
    )


@pytest.mark.parametrize(("seconds", "verdict"), [(14.0, CheckLevel.OK), (16.0, CheckLevel.WARN)])
def test_a_start_up_that_is_long_is_to_be_had_before_walking_up(
    seconds: float, verdict: CheckLevel
) -> None:
    seen = armed(baseline={"startup": {"load": 0.5}}, startup={"load": seconds})
    assert arming.judge_start_up(seen, simulated=False).level is verdict


def test_a_step_with_a_hostile_name_is_made_safe() -> None:
    assert (
        "\x1b"
        not in arming.judge_start_up(armed(startup={"\x1b[2Jload": 1.0}), simulated=False).sentence
    )


def test_listening_on_loopback_alone_is_well() -> None:
    assert (
        arming.judge_loopback(armed(("127.0.0.1", "::1")), simulated=False, joined=False).level
        is CheckLevel.OK
    )


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5"])
def test_listening_elsewhere_fails_with_the_address(address: str) -> None:
    found = arming.judge_loopback(armed(("127.0.0.1", address)), simulated=False, joined=False)
    assert (found.level, address in found.sentence) == (CheckLevel.FAIL, True)


def test_a_simulated_side_that_listens_elsewhere_fails_all_the_same() -> None:
    assert (
        arming.judge_loopback(armed(("0.0.0.0",)), simulated=True, joined=False).level
        is CheckLevel.FAIL
    )


def test_where_a_cluster_elsewhere_listens_is_not_ours_to_judge() -> None:
    assert (
        arming.judge_loopback(armed(("10.0.0.5",)), simulated=False, joined=True).level
        is CheckLevel.OK
    )


def test_simulated_workers_listen_nowhere() -> None:
    assert (
        "listens nowhere" in arming.judge_loopback(armed(()), simulated=True, joined=False).sentence
    )


def test_an_input_that_is_the_same_on_both_sides_is_told_by_digest_and_count() -> None:
    found = arming.judge_input(armed())
    assert (found.level, found.sentence) == (
        CheckLevel.OK,
        f"{an_input().sha256[:6]}…, {a_ready().items:,} samples, the same on both sides",
    )


def other(text: str) -> Any:
    """Return the digest of something else."""
    return dataclasses.replace(an_input(), sha256=a_digest_of(text))


STRAYS = tuple(
    dataclasses.replace(process, input_sha256=a_digest_of("stray"))
    for process in some_processes(Side.DISTRIBUTED)
)
STALE = tuple(
    dataclasses.replace(process, source_sha256=a_digest_of("stale"))
    for process in some_processes(Side.DISTRIBUTED)
)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"input": other("another input")}, "different inputs"),
        ({"held_out": other("another set")}, "different held-out sets"),
        ({"workers": STRAYS}, "worker w0 sees another input"),
        ({"workers": STALE}, "other source code"),
        ({"items": 7}, f"{a_ready().items:,} and 7 samples"),
    ],
)
def test_sides_that_do_not_work_on_the_same_fail(changes: dict[str, Any], said: str) -> None:
    found = arming.judge_input(armed(**changes))
    assert (found.level, said in found.sentence, found.hint != "") == (CheckLevel.FAIL, True, True)


def test_an_input_that_is_not_counted_is_told_by_its_digest() -> None:
    found = arming.judge_input(armed(baseline={"items": 0}, items=0))
    assert (found.level, found.sentence) == (
        CheckLevel.OK,
        f"{an_input().sha256[:6]}…, the same on both sides",
    )


def test_how_the_input_was_read_is_told_beside_it() -> None:
    found = arming.judge_input(armed(baseline={"reading": "300 users"}, reading="300 users"))
    assert found.sentence.endswith(", the same on both sides; 300 users")
