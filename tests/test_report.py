from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demo.outputs import write_outputs
from harness import events as e
from harness.errors import BadRequest, ExitCode
from harness.files.journal import JournalWriter, header_line
from harness.files.results import save
from harness.model import Kind, Side, Status
from harness.report import Report
from harness.show import figures
from harness.state.fold import fold
from harness.state.to_results import results_of
from tests import lies
from tests.builders import (
    a_board,
    a_digest_of,
    a_report,
    a_results,
    a_spec,
    a_sweep,
    a_trial,
    an_input,
    some_events,
    some_pairs,
    some_words,
)

TEXT, SVG, PNG, PAGE = "headline.txt", "headline.svg", "headline.png", "report.html"
ROOT = Path(__file__).parent.parent
DECLARED = ROOT / "demo" / "examples" / "nightly-retrain.toml"


def saved(folder: Path, **changes: Any) -> Path:
    path = folder / "results.json"
    save(a_results(**changes), path)
    return path


def presented(path: Path, into: Path) -> Report:
    report = Report.load(path)
    write_outputs(report.files(), into)
    return report


def output_files(folder: Path) -> dict[str, bytes]:
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.name not in ("results.json", "events.jsonl")
    }


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a take with its drawings, made once: matplotlib keeps the fonts that it used open."""
    folder = tmp_path_factory.mktemp("take")
    assert presented(saved(folder), folder).exit_code == ExitCode.DONE
    return folder


def test_a_headline_is_texts_and_pictures(take: Path) -> None:
    files = output_files(take)
    assert " baseline     40.0 s  ██" in files[TEXT].decode()
    assert files[SVG].startswith(b"<")
    assert files[PNG].startswith(b"\x89PNG")
    assert {
        "fig-architecture.svg",
        "fig-scaling.png",
        "fig-cost-quality.svg",
        "appendix.txt",
    } <= files.keys()


def test_everything_drawn_again_is_the_same_to_the_byte(take: Path, tmp_path: Path) -> None:
    presented(take / "results.json", tmp_path)
    assert output_files(tmp_path) == output_files(take)


def test_the_slide_carries_the_verdict_of_the_audit(take: Path) -> None:
    files = output_files(take)
    assert " audit: " in files[TEXT].decode()
    assert "audit: " in files[SVG].decode()


def test_the_facts_are_left_as_they_are(take: Path, tmp_path: Path) -> None:
    assert (take / "results.json").read_bytes() == saved(tmp_path).read_bytes()


def test_a_sweep_is_told_with_its_table(tmp_path: Path) -> None:
    save(a_sweep(), tmp_path / "results.json")
    assert "predicted by Amdahl's law" in Report.load(tmp_path).text


def test_a_race_is_told_without_a_table(tmp_path: Path) -> None:
    assert "predicted by Amdahl" not in Report.load(saved(tmp_path)).text


def test_the_appendix_says_where_the_core_seconds_went(tmp_path: Path) -> None:
    save(a_sweep(), tmp_path / "results.json")
    assert "where the core time went" in Report.load(tmp_path).appendix


def test_a_declared_result_is_shown_as_one() -> None:
    report = Report.load(DECLARED)
    assert report.exit_code == ExitCode.DONE
    assert "DECLARED, NOT MEASURED HERE" in report.text


MOVED = (a_trial(Side.BASELINE, quality=0.9), a_trial(Side.DISTRIBUTED, quality=0.5))
DIFFER = (a_trial(Side.BASELINE), a_trial(Side.DISTRIBUTED, answer_sha256=a_digest_of("another")))
STRICT = a_spec(workload=some_words(answers_differ=""))


@pytest.mark.parametrize(
    "changes",
    [
        {"status": Status.ABORTED},
        {"status": Status.FAILED, "trials": ()},
        {"trials": MOVED},
        {"trials": DIFFER, "spec": STRICT},
    ],
    ids=["aborted", "failed", "moved", "differ"],
)
def test_what_may_not_be_claimed_is_refused_in_words(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    report = presented(saved(tmp_path, **changes), tmp_path)
    assert report.exit_code == ExitCode.REFUSED
    written = output_files(tmp_path)
    assert written.keys() == {TEXT, PAGE}
    assert written[TEXT] == report.text.encode()
    assert b"<h1>" not in written[PAGE]
    assert b'class="none">No headline</h1>' in written[PAGE]
    assert b"<svg" not in written[PAGE]


def test_a_simulated_session_makes_no_headline_and_that_is_right(tmp_path: Path) -> None:
    report = Report.load(saved(tmp_path, kind=Kind.SIMULATED))
    assert report.exit_code == ExitCode.DONE
    assert "NO HEADLINE" in report.text


def test_a_simulated_session_that_was_stopped_is_refused(tmp_path: Path) -> None:
    assert (
        Report.load(saved(tmp_path, kind=Kind.SIMULATED, status=Status.ABORTED)).exit_code
        == ExitCode.REFUSED
    )


@pytest.mark.parametrize(
    "content", ["", "{", '{"schema": "twoclocks.results/1"}', '{"schema": "twoclocks.results/9"}']
)
def test_a_file_that_holds_no_results_draws_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(BadRequest):
        Report.load(path)


def journaled(folder: Path, edit: bool = False) -> Path:
    """Return a take with its journal; an edit doubles the baseline's time in the results file."""
    journal = JournalWriter.start(folder, header_line("7c21", "2026-11-22T09:14:07Z"))
    journal.write(some_events())
    results = results_of(a_board(some_events()), journal.close())
    if edit:
        first, *others = results.trials
        results = replace(results, trials=(replace(first, wall_s=2 * first.wall_s), *others))
    save(results, folder / "results.json")
    return folder


def test_a_take_that_agrees_with_its_journal_makes_a_headline(tmp_path: Path) -> None:
    assert Report.load(journaled(tmp_path)).exit_code == ExitCode.DONE


def test_a_file_that_was_edited_is_refused_with_the_place(tmp_path: Path) -> None:
    report = Report.load(journaled(tmp_path, edit=True))
    assert [reason.key for reason in report.refused] == ["differs-from-journal"]
    assert report.exit_code == ExitCode.REFUSED
    assert "trials[0].wall_s" in report.text


def refused_by_journal(folder: Path) -> tuple[str, ...]:
    """Return what the journal of a take says otherwise; the take is refused for it."""
    report = Report.load(folder)
    assert report.exit_code == ExitCode.REFUSED
    return report.audit.differences or ()


def test_a_journal_that_leads_nowhere_is_not_taken_for_none(tmp_path: Path) -> None:
    folder = journaled(tmp_path)
    (folder / "events.jsonl").unlink()
    (folder / "events.jsonl").symlink_to("elsewhere.jsonl")
    (difference,) = refused_by_journal(folder)
    assert "there is no journal " in difference


@pytest.mark.parametrize(
    ("run_id", "began_utc", "place"),
    [("8d32", "2026-11-22T09:14:07Z", "run_id"), ("7c21", "2026-11-23T09:14:07Z", "began_utc")],
)
def test_the_first_line_of_a_journal_is_of_the_session_that_follows(
    tmp_path: Path, run_id: str, began_utc: str, place: str
) -> None:
    journal = JournalWriter.start(tmp_path, header_line(run_id, began_utc))
    journal.write(some_events())
    save(results_of(a_board(some_events()), journal.close()), tmp_path / "results.json")
    (difference,) = refused_by_journal(tmp_path)
    assert difference.startswith(f"{place}: the file says ")


def test_a_file_that_says_that_it_combines_sessions_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, combined=("7c21", "8d32"))
    with pytest.raises(BadRequest, match="says that it combines several sessions, and no file"):
        Report.load(path)


def test_a_missing_journal_is_said_on_everything_that_is_shown(take: Path) -> None:
    files = output_files(take)
    assert "but: NO JOURNAL · " in files[TEXT].decode()
    assert ", no journal" in files[TEXT].decode()
    assert ", no journal" in files[SVG].decode()


def test_a_session_with_its_journal_says_nothing_of_it(tmp_path: Path) -> None:
    assert "no journal" not in Report.load(journaled(tmp_path)).text


def two_takes(folder: Path, **changes: Any) -> list[Path]:
    """Return two sessions of one configuration, the second of other times and with the changes."""
    second = {
        "trials": some_pairs([40.5], [22.5]),
        "journal_sha256": a_digest_of("another journal"),
    }
    for run_id, more in (("one", {}), ("two", second | changes)):
        (folder / run_id).mkdir()
        save(a_results(run_id=run_id, **more), folder / run_id / "results.json")
    return [folder / "one", folder / "two"]


def test_sessions_of_one_configuration_are_shown_together(tmp_path: Path) -> None:
    report = Report.load(*two_takes(tmp_path))
    assert report.results.combined == ("one", "two")
    assert "median of 2 pairs" in report.text


def a_take_of(folder: Path, run_id: str, events: lies.Events) -> Path:
    """Return a take of these events, which are those of another run now."""
    renamed = lies.changed(lies.is_a(e.Opened), run_id=run_id)(events)
    folder.mkdir()
    journal = JournalWriter.start(folder, header_line(run_id, results_of(fold(events)).began_utc))
    journal.write(renamed)
    save(results_of(fold(renamed), journal.close()), folder / "results.json")
    return folder


def test_sessions_shown_together_are_held_against_what_was_observed_of_each(
    tmp_path: Path,
) -> None:
    idle = lies.changed(lies.is_a(e.Sample, side=Side.BASELINE), cpu=0.02)
    longer = lies.scaled(lies.is_a(e.Finished), 1.0001, "wall_s")
    one = a_take_of(tmp_path / "one", "7c21", idle(lies.RACED))
    other = a_take_of(tmp_path / "other", "8d32", longer(lies.RACED))
    refused = {reason.key for reason in Report.load(one, other).refused}
    assert refused == {"cpu-contradicted"}


def test_a_take_of_an_earlier_version_is_told_and_drawn() -> None:
    report = Report.load(lies.EARLIER_TAKE)
    assert (report.refused, report.audit.differences) == ((), ())
    assert "1.8 times as fast" in report.text
    drawn = {f"fig-{name}.svg" for name in figures.FIGURES if name not in ("recovery", "latency")}
    assert drawn | {SVG, PNG} <= set(report.files())


def test_sessions_with_other_inputs_are_not_put_together(tmp_path: Path) -> None:
    other = an_input(sha256=a_digest_of("another"))
    with pytest.raises(BadRequest, match="input"):
        Report.load(*two_takes(tmp_path, input=other))


def test_the_results_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = saved(tmp_path)
    reads: list[Path] = []

    def read(file: Path, *limits: Any) -> bytes:
        reads.append(file)
        return file.read_bytes()

    monkeypatch.setattr("harness.files.atomic.read", read)
    Report.load(path)
    assert reads == [path]


def test_a_report_tells_its_speedup_and_efficiency() -> None:
    report = a_report()
    assert (report.speedup, report.efficiency, report.refused) == (40 / 22, 20 / 22, ())
    assert report.cost is not None


def test_a_refused_report_has_reasons_and_no_numbers() -> None:
    report = a_report(kind=Kind.SIMULATED)
    assert (report.speedup, report.efficiency, report.cost) == (None, None, None)
    assert [reason.key for reason in report.refused] == ["simulated"]


def test_each_part_of_a_report_is_derived_once() -> None:
    report = a_report()
    assert report.claim is report.claim
    assert report.curve is report.curve


def test_a_session_that_has_just_ended_is_held_against_its_events() -> None:
    results = results_of(a_board(some_events()), "")
    assert Report.of(results, some_events()).refused == ()
    edited = replace(results, remark="another")
    assert [reason.key for reason in Report.of(edited, some_events()).refused] == [
        "differs-from-journal"
    ]


def test_the_page_of_a_take_has_its_figures_and_names_its_recording() -> None:
    files = a_report(a_sweep()).files(recording="run.html")
    drawn = sum(name.startswith("fig-") and name.endswith(".svg") for name in files)
    page = files["report.html"].decode()
    assert page.count('class="drawing"') == drawn > 3
    assert 'href="run.html"' in page
    assert 'href="run.html"' not in a_report(status=Status.ABORTED).files()["report.html"].decode()
