from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.__main__ import main
from harness.claims.rule import Verdict
from harness.errors import BadRequest
from harness.event_lines import decode
from harness.events import Event, Finished
from harness.files.results import load
from harness.model import Kind, Results, Side, Status
from harness.params import apply_overrides
from harness.report import Report
from harness.run.sides.simulated_pool import SimulatedPool
from tests.pools import Heard
from workloads.simulated import WORKLOAD


def written(**params: Any) -> Any:
    return WORKLOAD.load(WORKLOAD.configure(WORKLOAD.defaults | params))


@given(st.floats(0.001, 3600), st.integers(1, 300))
def test_the_chunks_add_up_to_the_seconds_that_were_asked_for(seconds: float, chunks: int) -> None:
    problem = written(seconds=seconds, chunks=chunks)
    assert len(problem.input) == problem.items == chunks
    assert sum(problem.input) == pytest.approx(seconds)


def test_the_chunks_are_uneven() -> None:
    assert len({round(seconds, 6) for seconds in written(chunks=10).input}) == 5


def test_a_schedule_is_the_same_every_time() -> None:
    assert written() == written()


@pytest.mark.parametrize(
    "setting", ["seconds=0", "seconds=-1", "seconds=3601", "chunks=0", "chunks=100001"]
)
def test_a_schedule_that_cannot_be_slept_is_refused(setting: str) -> None:
    with pytest.raises(BadRequest, match=setting.split("=")[0]):
        apply_overrides(WORKLOAD, [setting])


@pytest.mark.parametrize("setting", ["seconds=0.001", "seconds=3600", "chunks=1", "chunks=100000"])
def test_the_longest_and_the_shortest_schedule_are_accepted(setting: str) -> None:
    apply_overrides(WORKLOAD, [setting])


def test_both_sides_give_one_answer_and_report_every_chunk() -> None:
    schedule, said = written(seconds=0.02, chunks=7).input, list[Event]()
    reported = {side: Heard() for side in Side}
    pool = SimulatedPool(3, said.append, "")
    one = WORKLOAD.baseline(schedule, reported[Side.BASELINE])
    other = WORKLOAD.distributed(schedule, pool, reported[Side.DISTRIBUTED])
    assert one == other == schedule
    assert [heard.done for heard in reported.values()] == [list(range(1, 8))] * 2


def test_the_quality_is_the_one_that_is_written_down() -> None:
    problem = written(quality=0.75)
    assert WORKLOAD.quality(problem.input, problem.held_out) == 0.75


def raced(out: Path, *options: str) -> Results:
    code = main(
        [
            "race",
            "--workload",
            "simulated",
            "--ui",
            "none",
            "--schedule",
            "together",
            "--out",
            str(out),
            *options,
        ]
    )
    assert code == 0
    return load(out / "results.json")


@pytest.fixture(scope="module")
def rehearsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the take of a rehearsal with a thousand workers on twenty hosts."""
    out = tmp_path_factory.mktemp("simulated")
    settings = ("--set", "seconds=0.6", "--set", "chunks=2000", "--set", "hosts=20")
    raced(out, "--workers", "1000", *settings)
    return out


def test_a_rehearsal_is_complete_and_simulated(rehearsed: Path) -> None:
    results = load(rehearsed / "results.json")
    assert (results.kind, results.status) == (Kind.SIMULATED, Status.COMPLETE)
    assert [trial.failure for trial in results.trials] == ["", ""]


def test_a_rehearsal_makes_no_headline(rehearsed: Path) -> None:
    assert "NO HEADLINE" in (rehearsed / "headline.txt").read_text()
    assert Report.load(rehearsed).headline is None


def test_a_rehearsal_shows_slide_and_figures_under_its_word(rehearsed: Path) -> None:
    names = {path.name for path in rehearsed.iterdir()}
    assert {"headline.png", "headline.svg", "fig-architecture.png"} <= names
    assert " SIMULATED " in (rehearsed / "headline.txt").read_text()


def test_a_slide_of_a_rehearsal_says_that_it_is_none(
    rehearsed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["slide", str(rehearsed / "results.json")]) == 0
    assert "NO HEADLINE" in capsys.readouterr().out


def test_a_thousand_workers_are_kept_in_a_file_that_can_be_read(rehearsed: Path) -> None:
    results = load(rehearsed / "results.json")
    (distributed,) = (trial for trial in results.trials if trial.side is Side.DISTRIBUTED)
    assert [row.workers for row in distributed.workers_detail] == [50] * 20
    assert sum(row.chunks for row in distributed.workers_detail) == 2000
    assert [host.id for host in results.hosts][:20] == [f"worker-host-{n}" for n in range(1, 21)]
    assert (rehearsed / "results.json").stat().st_size < 200_000


def test_the_audit_of_a_thousand_workers_agrees_with_their_journal(rehearsed: Path) -> None:
    found = Report.load(rehearsed).audit
    refused = [finding.rule.id for finding in found.findings if finding.verdict is Verdict.REFUSE]
    assert (found.differences, refused) == ((), ["R22"])


def test_the_baseline_sleeps_as_long_as_was_written(rehearsed: Path) -> None:
    results = load(rehearsed / "results.json")
    (baseline,) = (trial for trial in results.trials if trial.side is Side.BASELINE)
    assert baseline.wall_s >= 0.6


def test_the_journal_holds_the_whole_rehearsal(rehearsed: Path) -> None:
    events = [decode(line) for line in (rehearsed / "events.jsonl").read_bytes().splitlines()[1:]]
    assert [event.items for event in events if isinstance(event, Finished)] == [2000, 2000]
