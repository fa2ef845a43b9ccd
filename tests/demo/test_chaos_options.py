"""What is asked for with --chaos, --chaos-seed and --spares, and what of it is refused."""

from pathlib import Path
from typing import Any

import pytest

from demo.options import make_plan
from harness.errors import BadRequest
from harness.model import Side
from harness.run.plan import Session, assignment
from tests.options import some_options

PAIR: dict[str, Any] = {"workload": "commands", "settings": ("baseline=true", "distributed=true")}


def test_the_plan_keeps_the_strikes_with_their_seed() -> None:
    plan = make_plan(some_options(workers=2, chaos=("poisson:mtbf=20s",), chaos_seed=5, spares=1))
    assert plan.spec.chaos == ("poisson:mtbf=20s,kind=kill,seed=5",)
    assert plan.spec.spares == 1


def test_only_the_distributed_side_is_struck() -> None:
    plan = make_plan(some_options(workers=2, chaos=("kill:w1@50%",)))
    session = Session(plan=plan, out=Path())
    assert [assignment(session, side).chaos for side in Side] == [(), ("kill:w1@50%",)]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "a worker too many": ({"chaos": ("kill:w2@50%",)}, "the last worker is w1"),
    "a host": ({"chaos": ("node:h2@50%",)}, "all workers are on this machine"),
    "a pair": (PAIR | {"chaos": ("kill:w1@50%",)}, "--chaos is for the workers"),
    "a pair's spares": (PAIR | {"spares": 1}, "--spares is for the workers"),
    "a seed of nothing": (
        {"chaos": ("kill:w1@50%",), "chaos_seed": 3},
        "--chaos-seed 3 has no effect without --chaos poisson",
    ),
    "65 strikes": ({"chaos": ("kill:w1@50%",) * 65}, "65 strikes are more than"),
}


@pytest.mark.parametrize("asked", REFUSED)
def test_what_cannot_be_struck_is_refused_before_anything_starts(asked: str) -> None:
    changes, sentence = REFUSED[asked]
    with pytest.raises(BadRequest, match=sentence):
        make_plan(some_options(**{"workers": 2} | changes))
