"""Ten thousand workers on two hundred hosts, from their events to what is drawn of them."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as renewed

from harness import events as e
from harness.claims.audit import Audit, audit
from harness.event_lines import LONGEST_LINE_BYTES, decode, encode
from harness.files import results as files
from harness.model import Process, Results, Side
from harness.report import Report
from harness.show.figures import FIGURES, Missing
from harness.state.fold import fold
from harness.state.to_results import results_of
from tests.builders import a_host, a_ready, a_spec, an_opening, some_events

WORKERS, HOSTS = 10_000, 200


def on_its_host(process: Process) -> Process:
    place = int(process.id[1:])
    return replace(process, host=f"h{place % HOSTS}", affinity=(place // HOSTS,), pid=place + 1)


def fleet_ready() -> e.Ready:
    ready = a_ready(Side.DISTRIBUTED, WORKERS)
    hosts = tuple(a_host(id=f"h{place}", cores=64) for place in range(HOSTS))
    return renewed(ready, workers=tuple(map(on_its_host, ready.workers)), hosts=hosts)


@pytest.fixture(scope="module")
def session() -> list[e.Event]:
    """Return a session of a fleet that is nine thousand times as fast."""
    armed = e.stamp(fleet_ready(), 5.2, Side.DISTRIBUTED, 0)
    _, *rest = some_events(WORKERS, baseline_s=90_000.0, distributed_s=10.0)
    spec = a_spec(workers=WORKERS, joined_cluster=True)
    is_armed = (event.at == armed.at and isinstance(event, e.Ready) for event in rest)
    return [
        an_opening(spec=spec),
        *(armed if replaced else event for event, replaced in zip(rest, is_armed, strict=True)),
    ]


@pytest.fixture(scope="module")
def results_read(session: list[e.Event]) -> Results:
    """Return the facts of the session as its file gives them back."""
    return files.decode(files.encode(results_of(fold(session))))


def test_what_a_fleet_says_of_itself_is_one_line_that_can_be_read() -> None:
    line = encode(fleet_ready())
    assert len(line) < LONGEST_LINE_BYTES
    assert decode(line.rstrip()) == fleet_ready()


def test_the_results_of_a_fleet_take_less_than_200_kb(results_read: Results) -> None:
    assert len(files.encode(results_read)) <= 200_000
    assert results_read.trials[1].workers == len(results_read.trials[1].processes) == WORKERS
    assert len(results_read.hosts) == HOSTS


@pytest.fixture(scope="module")
def audited(results_read: Results, session: list[e.Event]) -> Audit:
    """Return the audit of the fleet beside its journal."""
    return audit(results_read, session)


def test_the_results_of_a_fleet_agree_with_their_journal(audited: Audit) -> None:
    assert audited.differences == ()


def test_every_figure_of_a_fleet_is_drawn(audited: Audit) -> None:
    report = Report(audited)
    assert report.headline is not None
    drawn = {name: draw(report.headline, report) for name, draw in FIGURES.items()}
    missing = {name: picture for name, picture in drawn.items() if isinstance(picture, Missing)}
    assert missing.keys() <= {"baseline", "core-seconds", "recovery", "latency"}, missing
