from dataclasses import replace

import pytest

from harness.model import CoreSeconds, Trial
from tests.claims.rules.sessions import (
    a_pair_whose_distributed_side,
    a_session_ending_with,
    caveat_keys,
    refusal_keys,
)


def spent_in(wall_s: float, **parts: float) -> CoreSeconds:
    """Return where the core-seconds of two workers went; what is not named was computing."""
    rest = dict.fromkeys(("exchange_s", "waiting_s", "serial_s", "idle_s"), 0.0) | parts
    return CoreSeconds(compute_s=2 * wall_s - sum(rest.values()), **rest)


@pytest.mark.parametrize(
    ("cpu_s", "keys"),
    [
        (44.0, []),
        (46.2, []),
        (46.5, ["worked-beside-workers"]),
        (52.7, ["worked-beside-workers"]),
    ],
)
def test_work_beside_the_workers_is_told_of(cpu_s: float, keys: list[str]) -> None:
    def change(trial: Trial) -> Trial:
        return replace(trial, cpu_s=cpu_s, core_seconds=spent_in(trial.wall_s))

    assert caveat_keys(a_session_ending_with(change)) == keys


def test_kernels_that_stand_still_do_not_hide_who_works_beside_them() -> None:
    def change(trial: Trial) -> Trial:
        return replace(trial, core_seconds=spent_in(trial.wall_s, idle_s=20.0))

    assert caveat_keys(a_session_ending_with(change)) == ["worked-beside-workers"]


def test_less_than_half_a_second_beside_the_workers_is_not_told_from_rays_own_threads() -> None:
    pair = a_pair_whose_distributed_side(
        wall_s=0.2, cpu_s=0.89, core_seconds=spent_in(0.2), workers_detail=()
    )
    assert {"worked-beside-workers", "cores-exceeded"}.isdisjoint(
        {*caveat_keys(pair), *refusal_keys(pair)}
    )


@pytest.mark.parametrize(("cpu_s", "keys"), [(52.8, []), (52.9, ["cores-exceeded"])])
def test_a_side_that_uses_more_cores_than_it_was_given_is_refused(
    cpu_s: float, keys: list[str]
) -> None:
    assert refusal_keys(a_pair_whose_distributed_side(cpu_s=cpu_s)) == keys
