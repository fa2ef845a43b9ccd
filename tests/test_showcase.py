"""The recording that comes along is real, true and small; once edited, it is refused."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from demo.check import takes
from demo.check.result import CheckLevel
from harness.cast.format import Cast
from harness.cast.verify import verify
from harness.claims.rule import Verdict
from harness.files.results import load
from harness.model import Kind, Results
from harness.report import Report
from harness.takes.recordings import newest, recording
from tests.terminals import ROOT

SHOWCASE = ROOT / "recordings" / "showcase"
MOST_BYTES = 2_000_000

Edit = Callable[[Cast], Cast]


@cache
def cast() -> Cast:
    return recording(SHOWCASE).cast


@cache
def facts() -> Results:
    return load(SHOWCASE / "results.json")


@cache
def report() -> Report:
    return Report.load(SHOWCASE)


def keys(edit: Edit, results: Results | None = None) -> set[str]:
    found = verify(edit(cast()), results or facts(), report().final_lines)
    return {reason.key for reason in found.reasons}


def sped(factor: float) -> Edit:
    return lambda cast: replace(
        cast, events=tuple(event._replace(at=event.at / factor) for event in cast.events)
    )


def cut(start: float, seconds: float) -> Edit:
    def edit(cast: Cast) -> Cast:
        kept = [event for event in cast.events if not start <= event.at < start + seconds]
        return replace(
            cast,
            events=tuple(
                event._replace(at=event.at - seconds) if event.at >= start else event
                for event in kept
            ),
        )

    return edit


def idled(limit: float) -> Edit:
    """Return an edit that shortens every pause to a limit, as a player with an idle limit would."""

    def edit(cast: Cast) -> Cast:
        events, now, before = [], 0.0, 0.0
        for event in cast.events:
            now, before = now + min(event.at - before, limit), event.at
            events.append(event._replace(at=now))
        return replace(cast, events=tuple(events))

    return edit


def shortened(seconds: float) -> Edit:
    return lambda cast: replace(
        cast, events=tuple(event for event in cast.events if event.at < cast.duration_s - seconds)
    )


def test_the_showcase_is_a_measured_run_of_embed_with_a_headline() -> None:
    assert (facts().kind, facts().spec.workload.name, report().refused) == (
        Kind.MEASURED,
        "embed",
        (),
    )


def test_the_showcase_proves_that_its_work_is_needed_and_its_baseline_fast() -> None:
    verdicts = {finding.rule.id: finding.verdict for finding in report().audit.findings}
    assert (verdicts["R26"], verdicts["R27"]) == (Verdict.PASS, Verdict.PASS)


def test_the_showcase_is_true() -> None:
    found = verify(cast(), facts(), report().final_lines, (100, 30))
    assert found.reasons == ()
    assert recording(SHOWCASE).verified


def test_the_showcase_is_what_a_bare_clone_falls_back_on() -> None:
    found = newest(ROOT / "recordings", "embed", Kind.MEASURED, 100, 30)
    assert found is not None


def test_the_showcase_is_small() -> None:
    assert sum(path.stat().st_size for path in SHOWCASE.iterdir()) <= MOST_BYTES


def test_the_showcase_tells_no_secret(tmp_path: Path) -> None:
    shutil.copytree(SHOWCASE, tmp_path / "showcase")
    finding = takes.judge_secrets(takes.scan_takes(tmp_path, takes.read_identity()))
    assert finding.level is CheckLevel.OK, finding.sentence


@pytest.mark.parametrize(
    ("edit", "key"),
    [
        pytest.param(sped(1.5), "drift", id="sped up"),
        pytest.param(sped(1.02), "drift", id="sped up by a fiftieth"),
        pytest.param(sped(0.9), "drift", id="slowed down"),
        pytest.param(cut(30.0, 1.0), "drift", id="a second cut out of the baseline"),
        pytest.param(cut(2.0, 1.0), "drift", id="a second cut out of the arming"),
        pytest.param(cut(48.0, 5.0), "drift", id="five seconds cut out of the replay"),
        pytest.param(idled(0.15), "drift", id="idle-limited"),
        pytest.param(
            lambda cast: replace(cast, idle_time_limit=2.0),
            "idle-limit",
            id="an idle limit in its header",
        ),
        pytest.param(shortened(200.0), "end", id="cut short"),
        pytest.param(shortened(2.0), "held", id="headline not held"),
    ],
)
def test_an_edited_showcase_is_refused(edit: Edit, key: str) -> None:
    assert key in keys(edit)


def test_the_showcase_beside_another_runs_results_is_refused() -> None:
    other = load(ROOT / "tests" / "real" / "results.json")
    assert {"run", "clock"} <= keys(lambda cast: cast, other)
