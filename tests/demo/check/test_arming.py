import dataclasses
from typing import Any

import pytest
from msgspec.structs import replace

from demo.check import arming
from demo.check.result import Verdict
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


REQUIREMENTS = ["rich>=15.0", "ray==2.60.*", 'joblib>=1.5; extra == "dev"']


@pytest.mark.parametrize(
    ("requirements", "pin"),
    [
        (REQUIREMENTS, "2.60.*"),
        (["ray == 2.60.0"], "2.60.0"),
        (["ray==2.60.*; python_version > '3'"], "2.60.*"),
        (["ray>=2"], ""),
        (["raylib==1.0"], ""),
        ([], ""),
    ],
)
def test_the_pinned_version_is_read_off_the_requirements(requirements: list[str], pin: str) -> None:
    assert arming.pinned(requirements) == pin


@pytest.mark.parametrize(
    ("version", "pin", "good"),
    [
        ("2.60.0", "2.60.*", True),
        ("2.60.3", "2.60.*", True),
        ("2.60", "2.60.*", True),
        ("2.6.0", "2.60.*", False),
        ("2.601.0", "2.60.*", False),
        ("2.61.0", "2.60.*", False),
        ("2.60.0", "2.60.0", True),
        ("2.60.1", "2.60.0", False),
    ],
)
def test_a_version_is_held_against_its_pin(version: str, pin: str, good: bool) -> None:
    assert arming.matches(version, pin) == good


def test_the_version_that_everything_was_tested_with_is_well() -> None:
    found = arming.ray(["2.60.0", "2.60.0"], "2.60.*", simulated=False)
    assert (found.verdict, found.sentence) == (Verdict.OK, "2.60.0, as pinned (2.60.*)")


@pytest.mark.parametrize("versions", [["2.61.0"], ["2.60.0", "2.59.0"], []])
def test_another_version_on_any_host_fails(versions: list[str]) -> None:
    found = arming.ray(versions, "2.60.*", simulated=False)
    assert (found.verdict, "not 2.60.*" in found.sentence, "make setup" in found.hint) == (
        Verdict.FAIL,
        True,
        True,
    )


def test_a_program_that_is_not_installed_knows_of_no_pin() -> None:
    assert arming.ray(["2.60.0"], "", simulated=False).verdict is Verdict.WARN


def test_ray_that_was_not_started_is_said_not_to_be() -> None:
    assert "not started" in arming.ray(["2.60.0"], "2.60.*", simulated=True).sentence


def test_start_up_is_told_of_both_sides_with_its_longest_steps() -> None:
    seen = armed(
        baseline={"startup": {"load": 1.25}}, startup={"import": 0.05, "workers": 4.0, "load": 1.0}
    )
    found = arming.start_up(seen, simulated=False)
    assert (found.verdict, found.sentence) == (
        Verdict.OK,
        "baseline 1.25 s, Ray 5.05 s (workers 4.00 s, load 1.00 s)",
    )


@pytest.mark.parametrize(("seconds", "verdict"), [(14.0, Verdict.OK), (16.0, Verdict.WARN)])
def test_a_start_up_that_is_long_is_to_be_had_before_walking_up(
    seconds: float, verdict: Verdict
) -> None:
    seen = armed(baseline={"startup": {"load": 0.5}}, startup={"load": seconds})
    assert arming.start_up(seen, simulated=False).verdict is verdict


def test_a_step_with_a_hostile_name_is_made_safe() -> None:
    assert (
        "\x1b" not in arming.start_up(armed(startup={"\x1b[2Jload": 1.0}), simulated=False).sentence
    )


def test_listening_on_loopback_alone_is_well() -> None:
    assert (
        arming.loopback(armed(("127.0.0.1", "::1")), simulated=False, joined=False).verdict
        is Verdict.OK
    )


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.5"])
def test_listening_elsewhere_fails_with_the_address(address: str) -> None:
    found = arming.loopback(armed(("127.0.0.1", address)), simulated=False, joined=False)
    assert (found.verdict, address in found.sentence) == (Verdict.FAIL, True)


def test_a_pretended_side_that_listens_elsewhere_fails_all_the_same() -> None:
    assert (
        arming.loopback(armed(("0.0.0.0",)), simulated=True, joined=False).verdict is Verdict.FAIL
    )


def test_where_a_cluster_elsewhere_listens_is_not_ours_to_judge() -> None:
    assert arming.loopback(armed(("10.0.0.5",)), simulated=False, joined=True).verdict is Verdict.OK


def test_pretended_workers_listen_nowhere() -> None:
    assert "nothing listens" in arming.loopback(armed(()), simulated=True, joined=False).sentence


def test_an_input_that_is_the_same_on_both_sides_is_told_by_digest_and_count() -> None:
    found = arming.given(armed())
    assert (found.verdict, found.sentence) == (
        Verdict.OK,
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
    found = arming.given(armed(**changes))
    assert (found.verdict, said in found.sentence, found.hint != "") == (Verdict.FAIL, True, True)


def test_an_input_that_is_not_counted_is_told_by_its_digest() -> None:
    found = arming.given(armed(baseline={"items": 0}, items=0))
    assert (found.verdict, found.sentence) == (
        Verdict.OK,
        f"{an_input().sha256[:6]}…, the same on both sides",
    )
