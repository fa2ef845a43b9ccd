import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import psutil
import pytest

from demo.options import make_plan
from demo.race import session
from demo.race.session import Race
from demo.race.setup import RaceSetup
from harness.events import Observed
from harness.run import frames
from harness.run.conductor import Conductor
from harness.run.dashboard import RayDashboard
from harness.run.frames import SessionFrames
from harness.run.plan import Plan, Session, Unattended
from harness.run.schedule import UNPINNED
from tests.builders import a_spec
from tests.options import some_options
from tests.run.test_processes import SPIN, python


def a_plan() -> Plan:
    return Plan(spec=a_spec(params={}), workload="simulated", simulated=True, core_shares=UNPINNED)


def test_who_serves_browsers_counts_in_what_watching_costs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conducted: list[Session] = []
    monkeypatch.setattr(session, "Conductor", lambda asked, _: conducted.append(asked))
    monkeypatch.setattr(session, "clean_scratch", lambda: mock.Mock(path=tmp_path))
    setup = RaceSetup(broadcast=mock.Mock(pid=4711))
    Race.prepare(a_plan(), "none", tmp_path / "take", wait=False, setup=setup)

    assert [one.watchers for one in conducted] == [(4711,)]


def test_what_rays_dashboard_uses_is_observed_once_it_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[RayDashboard] = []
    plan = make_plan(some_options(workload="simulated", workers=1, settings=("seconds=2",)))
    with python(SPIN) as server:
        here = RayDashboard(url="http://127.0.0.1:8265", pids=(server.pid,))
        monkeypatch.setattr(frames, "read_dashboard", lambda folder, pid: here)
        asked = Session(plan=plan, out=tmp_path, dashboard=told.append)
        events = [one for batch in Conductor(asked, Unattended()).frames() for one in batch]
    (observed,) = [event for event in events if isinstance(event, Observed)]

    assert told == [here]
    assert observed.cpu_s >= (observed.dashboard_cpu_s or 0.0) >= 0.5


def test_what_a_watcher_uses_is_observed(tmp_path: Path) -> None:
    presenter: Any = mock.Mock()
    with python(SPIN) as watcher:
        asked = replace(Session(plan=a_plan(), out=tmp_path), watchers=(watcher.pid,))
        observation = SessionFrames(asked, presenter).observation
        observation.begin_trial(0.0, (), {})
        spinning = psutil.Process(watcher.pid)
        until_s = spinning.cpu_times().user + 0.3
        while spinning.cpu_times().user < until_s:
            time.sleep(0.02)  # or this process would use as much
        observation.end_trial()
    used = observation.event(None)
    alone = SessionFrames(replace(asked, watchers=()), presenter).observation
    alone.begin_trial(0.0, (), {})
    alone.end_trial()

    assert used.cpu_s >= 0.3
    assert alone.event(None).cpu_s < 0.3
