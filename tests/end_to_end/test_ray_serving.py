"""Requests that come one by one, on real Ray: their rate is searched, and a worker is lost.

What latency they have is not tested: a busy machine may rightly be refused.
"""

from collections.abc import Collection, Iterator
from itertools import groupby

import pytest

from harness import events as e
from harness.model import FaultKind, RateSearch, Side, Status
from harness.run.observation import Observation
from harness.serving import ServedLoad
from tests.racing import Raced, raced
from tests.workloads.embed.support import needs_extra

pytestmark = pytest.mark.ray

REQUESTS = 600
MANY_REQUESTS = 800  # more than are answered within the budget if all come at once


@pytest.fixture(scope="module")
def measured() -> Iterator[list[str]]:
    """Yield when the load of other programs during a search began and ended to be measured."""
    moments: list[str] = []
    begin, end = Observation.begin_search, Observation.end_search

    def begin_and_tell(observation: Observation, at_rest: Collection[int]) -> None:
        moments.append(f"begun beside {len(at_rest)}")
        begin(observation, at_rest)

    def end_and_tell(observation: Observation) -> None:
        moments.append("ended")
        end(observation)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Observation, "begin_search", begin_and_tell)
        patch.setattr(Observation, "end_search", end_and_tell)
        yield moments


@pytest.fixture(scope="module")
def race(tmp_path_factory: pytest.TempPathFactory, measured: list[str]) -> Raced:
    """Return a race with requests that take two milliseconds each, in which a worker is killed."""
    return raced(
        tmp_path_factory.mktemp("served"), workload="tests/services.py", chaos=("kill:w1@40%",)
    )


def test_the_load_of_other_programs_is_measured_while_a_side_searches(
    race: Raced, measured: list[str]
) -> None:
    assert race.results.status is Status.COMPLETE
    told = [moment for moment, _ in groupby(measured)]
    assert told[:4] == ["begun beside 0", "ended", "begun beside 1", "ended"]


@pytest.fixture(scope="module")
def drained(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """Return such a race in which a worker is told that it will be gone."""
    return raced(
        tmp_path_factory.mktemp("drained"),
        workload="tests/services.py",
        chaos=("drain:w0@20%,notice=60s",),
        spares=1,
        oversubscribe=True,
    )


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """Return a small race of the workload ``serve``."""
    settings = ("passages=64", "queries=16", f"requests={MANY_REQUESTS}", "lists=8", "probes=4")
    more = ("max_tokens=8", "budget_ms=400")  # other programs may use the machine
    folder = tmp_path_factory.mktemp("real")
    return raced(folder, workload="serve", settings=(*settings, *more))


@needs_extra
def test_a_sharded_search_serves_the_same_replies_as_one_process(real: Raced) -> None:
    one, two = (real.trial(side) for side in Side)
    assert (two.answer_sha256, two.quality) == (one.answer_sha256, one.quality)
    assert 0.5 < one.quality <= 1
    assert (served(real, Side.DISTRIBUTED).failed, two.items) == (0, MANY_REQUESTS)
    assert all(search(real, side).is_shown for side in Side)


def search(race: Raced, side: Side) -> RateSearch:
    found = {
        Side.BASELINE: race.results.baseline_service,
        Side.DISTRIBUTED: race.results.distributed_service,
    }[side]
    assert found is not None
    return found


def served(race: Raced, side: Side) -> ServedLoad:
    load = race.trial(side).served
    assert load is not None
    return load


@pytest.mark.parametrize("side", Side)
def test_each_side_runs_at_the_rate_that_its_search_has_shown(race: Raced, side: Side) -> None:
    found = search(race, side)
    assert found.is_shown
    assert served(race, side).rate == found.raced
    assert (found.workers, found.seed) == (1 if side is Side.BASELINE else 2, 1)


@pytest.mark.parametrize("side", Side)
def test_every_rate_that_was_offered_is_told_while_the_side_arms(race: Raced, side: Side) -> None:
    mine = [event for event in race.events if event.side is side]
    offered = [event.load for event in mine if isinstance(event, e.Offered)]
    assert tuple(offered) == search(race, side).loads
    (ready,) = [place for place, event in enumerate(mine) if isinstance(event, e.Ready)]
    assert not any(isinstance(event, e.Offered) for event in mine[ready:])


@pytest.mark.parametrize("side", Side)
def test_every_request_is_answered_although_a_worker_is_lost(race: Raced, side: Side) -> None:
    load = served(race, side)
    assert (load.requests, load.failed) == (REQUESTS, 0)
    assert race.trial(side).quality == REQUESTS
    assert race.trial(side).items == REQUESTS


def test_the_lost_worker_comes_back_and_the_answers_are_equal(race: Raced) -> None:
    faults = race.trial(Side.DISTRIBUTED).faults
    assert [fault.worker for fault in faults] == ["w1"]
    assert race.results.status is Status.COMPLETE
    assert len({trial.answer_sha256 for trial in race.results.trials}) == 1


def test_a_worker_that_leaves_finishes_what_it_has_and_another_takes_its_place(
    drained: Raced,
) -> None:
    (fault,) = drained.trial(Side.DISTRIBUTED).faults
    assert (fault.worker, fault.kind, fault.redone) == ("w0", FaultKind.DRAIN, 0)
    load = served(drained, Side.DISTRIBUTED)
    assert (load.requests, load.failed) == (REQUESTS, 0)
    assert len({trial.answer_sha256 for trial in drained.results.trials}) == 1
    (back,) = [event for event in drained.events if isinstance(event, e.Recovered)]
    ready = [event for event in drained.events if isinstance(event, e.Ready)][-1]
    first = next(worker for worker in ready.workers if worker.id == "w0")
    assert (back.worker, back.process.pid == first.pid) == ("w0", False)


def test_the_wall_time_is_that_of_the_schedule(race: Raced) -> None:
    for side in Side:
        load = served(race, side)
        assert race.trial(side).wall_s >= 0.7 * load.requests / load.rate
