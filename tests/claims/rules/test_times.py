from dataclasses import replace

import pytest

from harness.model import (
    CommandFacts,
    Results,
    Side,
)
from tests.builders import (
    a_process,
    a_results,
    a_spec,
    a_trial,
    a_worker,
    some_core_seconds,
)
from tests.claims.rules.sessions import (
    a_pair_whose_distributed_side,
    a_session_ending_with,
    a_spotless_session,
    caveat_keys,
    refusal_keys,
)


def a_pair_whose_worker_spent(**seconds: float) -> Results:
    """Return a session of one pair in which one worker tells of so many seconds."""
    return a_pair_whose_distributed_side(
        workers_detail=(a_worker(a_process("w0")), a_worker(a_process("w1"), **seconds))
    )


def a_pair_that_computed(compute_s: float) -> Results:
    """Return a session whose workers used 22 s of CPU time and say they computed this long."""
    workers = tuple(a_worker(a_process(f"w{place}"), cpu_s=11.0) for place in range(2))
    spent = some_core_seconds(compute_s=compute_s)
    return a_pair_whose_distributed_side(workers_detail=workers, core_seconds=spent)


CAVEATS = {
    "start-up-on-clock": a_spotless_session(
        spec=a_spec(commands=CommandFacts(says_ready=False, input_named=True, compared="file"))
    ),
    "start-up-unlisted": a_session_ending_with(lambda trial: replace(trial, startup_s=0.0)),
}


@pytest.mark.parametrize("key", CAVEATS)
def test_a_doctored_session_gets_its_caveat_alone(key: str) -> None:
    assert caveat_keys(CAVEATS[key]) == [key]


REFUSED = {
    "no trial": ("no-pair", a_results(trials=())),
    "one side only": ("no-pair", a_results(trials=(a_trial(Side.BASELINE),))),
    "no partner": (
        "no-pair",
        a_results(trials=(a_trial(Side.BASELINE), a_trial(Side.DISTRIBUTED, index=1))),
    ),
    "a failed trial": ("no-pair", a_pair_whose_distributed_side(failure="raised")),
    "no wall time": ("no-pair", a_pair_whose_distributed_side(wall_s=0.0)),
    "a phase left out": ("phases-unequal", a_pair_whose_distributed_side(phases={"run": 21.5})),
    "core-seconds left out": (
        "core-seconds-unequal",
        a_pair_whose_distributed_side(core_seconds=some_core_seconds(21.5)),
    ),
    "busy for longer than there was": (
        "impossible-seconds",
        a_pair_whose_worker_spent(busy_s=22.5),
    ),
    "more CPU time than cores": ("impossible-seconds", a_pair_whose_worker_spent(cpu_s=22.5)),
    "done after its end": (
        "impossible-seconds",
        a_pair_whose_distributed_side(curve=((0.0, 0), (22.5, 20_000))),
    ),
    "more computed than used": ("impossible-seconds", a_pair_that_computed(22.5)),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_doctored_session_is_refused_for_its_fault_alone(fault: str) -> None:
    key, results = REFUSED[fault]
    assert refusal_keys(results) == [key]


JUST_ALLOWED = {
    "phases": a_pair_whose_distributed_side(phases={"run": 21.56}),
    "core-seconds": a_pair_whose_distributed_side(core_seconds=some_core_seconds(21.56)),
    "busy-s": a_pair_whose_worker_spent(busy_s=22.48, cpu_s=22.48),
    "curve": a_pair_whose_distributed_side(curve=((0.0, 0), (22.48, 20_000))),
    "computed": a_pair_that_computed(22.48),
}


@pytest.mark.parametrize("measured", JUST_ALLOWED)
def test_at_its_limit_nothing_is_refused(measured: str) -> None:
    assert refusal_keys(JUST_ALLOWED[measured]) == []
