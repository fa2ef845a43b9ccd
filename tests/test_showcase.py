"""The recording that comes along is real, true and small; once edited, it is refused."""

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

from demo.check import takes
from demo.check.result import CheckLevel
from harness.cast.film.frames import length_s, race_alone
from harness.cast.format import Cast
from harness.cast.markers import DISTRIBUTED_DONE, GO, HEADLINE
from harness.cast.page import PageFacts, render_page
from harness.cast.verify import verify
from harness.claims.rule import Verdict
from harness.files.results import load
from harness.model import Kind, Results
from harness.report import REPORT_PAGE, Report
from harness.takes.folder import FILM_NAME, PAGE_NAME
from harness.takes.recordings import newest, recording
from tests.cast.pages import Document
from tests.terminals import ROOT

SHOWCASE = ROOT / "recordings" / "showcase"
MOST_BYTES = 2_500_000  # of these report.html, which every take has, is a sixth; the wheel packs it
DRAWN = ("appendix.txt", "headline.svg", "headline.txt", REPORT_PAGE)
"""What is drawn from the results file to the same bytes; ``TWOCLOCKS_UPDATE_GOLDEN=1`` does so."""

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


@cache
def render_showcase() -> dict[str, bytes]:
    return report().files(recording=PAGE_NAME)


def keys(edit: Edit, results: Results | None = None) -> set[str]:
    found = verify(edit(cast()), results or facts(), report().final_lines(100))
    return {reason.key for reason in found.reasons}


def sped(factor: float) -> Edit:
    return lambda cast: replace(
        cast, events=tuple(event._replace(at=event.at / factor) for event in cast.events)
    )


def moment(label: str) -> float:
    """Return when a labelled moment of the showcase is, in seconds from its start."""
    at = cast().marker_at(label)
    assert at is not None
    return at


def cut(after: str, later: float, seconds: float) -> Edit:
    """Return an edit that cuts so many seconds out, so long after a marker (empty: the start)."""

    def edit(cast: Cast) -> Cast:
        start = (moment(after) if after else 0.0) + later
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


def ended(label: str, later: float) -> Edit:
    """Return an edit that leaves out all that is so long after a marker."""

    def edit(cast: Cast) -> Cast:
        until = moment(label) + later
        return replace(cast, events=tuple(event for event in cast.events if event.at < until))

    return edit


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
    found = verify(cast(), facts(), report().final_lines(100), (100, 30))
    assert found.reasons == ()
    assert recording(SHOWCASE).verified


def test_the_showcase_is_what_a_bare_clone_falls_back_on() -> None:
    found = newest(ROOT / "recordings", "embed", Kind.MEASURED, 100, 30)
    assert found is not None


def test_the_film_of_the_showcase_is_its_race_at_true_speed() -> None:
    with Image.open(SHOWCASE / FILM_NAME) as film:
        shown_ms = 0
        for place in range(film.n_frames):  # type: ignore[attr-defined]  # a GIF has it
            film.seek(place)
            shown_ms += film.info["duration"]
    assert shown_ms / 1000 == pytest.approx(length_s(race_alone(cast())), abs=0.02)


def test_the_page_of_the_showcase_is_as_pages_are_written_now_and_plays_its_recording() -> None:
    page = Document((SHOWCASE / PAGE_NAME).read_bytes())
    facts_alone = PageFacts(title="", run_id="", workload="")
    assert page.policy == Document(render_page(cast(), facts_alone)).policy
    assert page.cast.events == cast().events
    assert len(page.all("img")) > 3


@pytest.mark.parametrize("name", DRAWN)
def test_what_is_drawn_of_the_showcase_is_as_the_program_draws_it_now(name: str) -> None:
    if os.environ.get("TWOCLOCKS_UPDATE_GOLDEN") == "1":
        (SHOWCASE / name).write_bytes(render_showcase()[name])
    assert (SHOWCASE / name).read_bytes() == render_showcase()[name]


def test_the_report_of_the_showcase_leads_to_its_recording() -> None:
    page = Document((SHOWCASE / REPORT_PAGE).read_bytes())
    assert PAGE_NAME in [facts.get("href") for tag, facts in page.elements if tag == "a"]


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
        pytest.param(cut(GO, 5.0, 1.0), "drift", id="a second cut out of the baseline"),
        pytest.param(cut("", 2.0, 1.0), "drift", id="a second cut out of the arming"),
        pytest.param(
            cut(DISTRIBUTED_DONE, 2.0, 5.0), "drift", id="five seconds cut out of the replay"
        ),
        pytest.param(idled(0.15), "drift", id="idle-limited"),
        pytest.param(
            lambda cast: replace(cast, idle_time_limit=2.0),
            "idle-limit",
            id="an idle limit in its header",
        ),
        pytest.param(ended(DISTRIBUTED_DONE, 20.0), "end", id="cut short"),
        pytest.param(ended(HEADLINE, 2.0), "held", id="headline not held"),
    ],
)
def test_an_edited_showcase_is_refused(edit: Edit, key: str) -> None:
    assert key in keys(edit)


@pytest.mark.parametrize(
    ("shown", "edited"), [("E 100 %", "E 107 %"), ("moved by 0.000", "moved by 0.001")]
)
def test_a_showcase_with_another_number_is_refused(shown: str, edited: str) -> None:
    def edit(cast: Cast) -> Cast:
        events = [event._replace(text=event.text.replace(shown, edited)) for event in cast.events]
        return replace(cast, events=tuple(events))

    assert edit(cast()) != cast()
    assert keys(edit) == {"headline"}


def test_the_showcase_beside_another_runs_results_is_refused() -> None:
    other = load(ROOT / "tests" / "real" / "results.json")
    assert {"run", "clock"} <= keys(lambda cast: cast, other)
