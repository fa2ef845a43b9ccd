import math
from typing import Any

import pytest

from harness.claims.pairs import complete_pairs
from harness.claims.preempted_baseline import PreemptedBaseline, preempted_baseline
from harness.show.recovery_phrases import preempted
from tests.builders import a_race_of, a_spec

ASKED: dict[str, Any] = {"chaos": ("poisson:mtbf=20s,kind=kill,seed=0",), "checkpoint_s": 2.0}


def computed(**asked: Any) -> PreemptedBaseline | None:
    pairs = complete_pairs(a_race_of(40.0, 22.0, **asked))
    assert pairs is not None
    return preempted_baseline(pairs)


def test_one_machine_is_lost_as_often_as_each_of_the_workers() -> None:
    found = computed(**ASKED)

    assert found is not None
    assert found.mtbf_s == 40.0


def test_losses_of_two_random_kinds_come_as_often_as_both_together() -> None:
    both = ("poisson:mtbf=30s,kind=kill,seed=0", "poisson:mtbf=60s,kind=drain,notice=8s,seed=0")

    found = computed(**(ASKED | {"chaos": both}))

    assert found is not None
    assert found.mtbf_s == pytest.approx(40.0)


def test_it_writes_checkpoints_at_youngs_interval_and_restarts_as_long_as_it_starts() -> None:
    found = computed(**ASKED)

    assert found is not None
    assert (found.interval_s, found.restart_s) == pytest.approx((math.sqrt(160.0), 1.5))


def test_it_takes_as_long_as_dalys_model_says() -> None:
    found = computed(**ASKED)

    assert found is not None
    interval_s = math.sqrt(160.0)
    assert found.expected_s == pytest.approx(
        40.0 * math.exp(1.5 / 40) * math.expm1((interval_s + 2.0) / 40) * 40.0 / interval_s
    )


NOTHING_TO_COMPUTE: dict[str, dict[str, Any]] = {
    "no checkpoint is assumed": {"checkpoint_s": None},
    "no strike was random": {"chaos": ("kill:w1@33%",)},
    "no machine is lost": {"chaos": ("poisson:mtbf=20s,kind=freeze,5s,seed=0",)},
    "the strikes cannot be read": {"chaos": ("poisson:mtbf=never",)},
}


@pytest.mark.parametrize("why", NOTHING_TO_COMPUTE)
def test_where_something_is_missing_nothing_is_computed(why: str) -> None:
    assert computed(**(ASKED | NOTHING_TO_COMPUTE[why])) is None


def test_it_is_called_computed_and_its_assumption_assumed() -> None:
    assert preempted(computed(**ASKED)) == (
        "computed, not measured: a machine that is lost every 40.0 s, as each worker, restarts in"
        " 1.50 s and writes checkpoints in 2.00 s (assumed) every 12.6 s (Young 1974), takes 58.1 s"
        " instead of 40.0 s (Daly 2006)"
    )


def test_a_machine_that_is_lost_too_often_never_ends() -> None:
    often: dict[str, Any] = {
        "chaos": ("poisson:mtbf=1s,kind=kill,seed=0",),
        "checkpoint_s": 3_000.0,
    }
    pairs = complete_pairs(a_race_of(40_000.0, 22.0, **often))
    assert pairs is not None

    assert preempted(preempted_baseline(pairs)).endswith(
        "would hardly ever end instead of taking 11.1 h (Daly 2006)"
    )


def test_without_an_assumption_nothing_is_said() -> None:
    assert preempted(None) == ""
    assert a_spec().checkpoint_s is None
