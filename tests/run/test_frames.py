"""What a session notes of its sides' events beside handing them on."""

from pathlib import Path
from typing import Any

import pytest

from harness import events as e
from harness.model import Side
from harness.run.conductor import Conductor
from harness.run.observation import Observation
from harness.run.plan import Plan, Session, Unattended
from harness.run.schedule import UNPINNED
from tests.builders import a_spec
from tests.services import a_load


@pytest.mark.parametrize(
    ("cluster", "measured"),
    [
        ({}, [Side.BASELINE, Side.DISTRIBUTED]),
        ({"joined_cluster": True}, [Side.BASELINE]),
        ({"joined_cluster": True, "baseline_on_node": True}, []),
    ],
    ids=["a cluster of its own", "a cluster that was joined", "the baseline on a host of it"],
)
def test_other_programs_are_measured_while_a_side_searches_its_rate_here(
    cluster: Any, measured: list[Side], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Observation] = []
    monkeypatch.setattr(Observation, "begin_search", lambda own, _: begun.append(own))
    plan = Plan(spec=a_spec(**cluster), workload="serve", simulated=False, core_shares=UNPINNED)
    for side in Side:
        begun.clear()
        session = Conductor(Session(plan=plan, out=tmp_path), Unattended())
        session._note(e.stamp(e.Offered(load=a_load(50.0)), 1.0, side, 0))
        assert bool(begun) == (side in measured)
