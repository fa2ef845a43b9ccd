from dataclasses import replace
from typing import Any

import pytest

from demo.options import make_plan
from demo.reproduce import plan_of
from harness.model import Schedule, Spec
from harness.show.session_words import session_words
from tests.builders import a_report
from tests.options import some_options

pytestmark = pytest.mark.usefixtures("described_once")

ASKED: dict[str, dict[str, Any]] = {
    "usual": {},
    "together": {"schedule": "together"},
    "six pairs": {"trials": 6, "workers": 3},
    "a sweep": {"points": "1,2,4", "prove_baseline": True},
    "a sweep without a proof": {"points": "2,3", "trials": 2, "oversubscribe": True},
    "other cores": {"cores_per_worker": 2, "baseline_cores": "3", "workers": 1},
    "settings": {"settings": ("seconds=3.25", "quality=0.5", "chunks=40")},
    "losses": {"workers": 2, "chaos": ("kill:w1@33%", "freeze:w0@40%,5s"), "spares": 1},
    "random losses": {
        "workers": 2,
        "chaos": ("poisson:mtbf=20s",),
        "chaos_seed": 7,
        "checkpoint": 0.5,
    },
    "spot": {"spot": True},
}


@pytest.fixture(autouse=True)
def no_cluster_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


def words_of(spec: Spec, **changes: Any) -> list[str]:
    schedule = Schedule.IN_TURN if spec.schedule is Schedule.AUTO else spec.schedule
    return session_words(a_report(spec=spec, schedule=schedule).results, "simulated", **changes)


@pytest.mark.parametrize("name", ASKED)
def test_the_words_of_a_session_ask_for_the_same_session(name: str) -> None:
    spec = make_plan(some_options(**ASKED[name])).spec
    assert plan_of(words_of(spec)).spec == spec


def test_settings_that_are_typed_take_the_place_of_the_sessions_own() -> None:
    spec = make_plan(some_options()).spec
    plan = plan_of(words_of(spec, settings={"seconds": "9"}))
    assert plan.spec.params == spec.params | {"seconds": 9.0}


def test_truth_is_written_as_it_is_typed() -> None:
    spec = replace(make_plan(some_options()).spec, params={"flag": True, "other": False})
    assert words_of(spec)[-4:] == ["--set", "flag=true", "--set", "other=false"]


def test_a_session_whose_sides_chose_their_schedule_is_run_by_the_one_they_had() -> None:
    spec = make_plan(some_options(schedule="auto")).spec
    results = a_report(spec=spec, schedule=Schedule.TOGETHER).results
    assert "together" in session_words(results, "simulated")
