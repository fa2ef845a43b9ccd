import csv
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from demo.__main__ import main
from demo.report import run_audit
from harness.claims.audit import Verdict
from harness.errors import BadRequest, ExitCode
from harness.event_lines import encode
from harness.files.journal import header_line, read
from harness.files.results import save
from harness.model import Status
from harness.report import Report
from harness.state.to_results import results_of
from tests.builders import a_board, a_digest_of, a_results, a_sweep, some_events, some_pairs
from tests.test_rooms import BARRED

ROOT = Path(__file__).parents[2]
DECLARED = str(ROOT / "demo" / "examples" / "nightly-retrain.toml")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def a_take(name: str, status: Status = Status.COMPLETE, baseline_s: float = 40.0) -> str:
    Path(name).mkdir()
    save(
        a_results(
            run_id=name,
            status=status,
            trials=some_pairs([baseline_s], [baseline_s - 18.0]),
            journal_sha256=a_digest_of(name),
        ),
        Path(name) / "results.json",
    )
    return name


def test_the_golden_record_gives_its_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slide", DECLARED]) == 0
    told = capsys.readouterr().out
    assert "DECLARED, NOT MEASURED HERE" in told
    assert "On 8 machines it ran 7.0 times as fast, at 88 % efficiency; a run cost" in told
    assert "f 2.0 % · ceiling 51.2×" in " ".join(told.split())


def test_a_record_is_not_drawn_into_a_folder_that_nobody_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = set(Path(DECLARED).parent.iterdir())
    main(["slide", DECLARED])
    assert "name a folder with --out" in capsys.readouterr().err
    assert set(Path(DECLARED).parent.iterdir()) == before


def test_several_takes_are_told_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slide", a_take("one"), a_take("two", baseline_s=41.0)]) == 0
    assert "median of 2 pairs" in capsys.readouterr().out
    assert {path.name for path in Path("one").iterdir()} == {"results.json"}


def test_a_session_cannot_be_put_together_with_itself(capsys: pytest.CaptureFixture[str]) -> None:
    take = a_take("one")
    assert main(["slide", take, take]) == 2
    assert "error: " in capsys.readouterr().err


def test_an_export_is_printed_and_nothing_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    take = a_take("one")
    assert main(["slide", take, "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)
    assert {path.name for path in Path(take).iterdir()} == {"results.json"}


def test_a_sweep_exports_a_row_for_every_scale(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    save(a_sweep(), Path("results.json"))
    assert main(["slide", "results.json", "--format", "csv"]) == 0
    rows = list(csv.DictReader(capfdbinary.readouterr().out.decode().splitlines()))
    assert {"1", "2", "4"} <= {row["workers"] for row in rows}


def test_a_refused_session_exports_its_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slide", a_take("one", Status.ABORTED), "--format", "md"]) == 4
    assert "NO HEADLINE" in capsys.readouterr().out


def test_the_appendix_is_printed_on_demand(capsys: pytest.CaptureFixture[str]) -> None:
    told = []
    for options in ([], ["--appendix"]):
        main(["slide", DECLARED, *options])
        told.append(capsys.readouterr().out)
    assert "scaling out made it" in told[1].removeprefix(told[0].rstrip())


def test_a_deck_and_an_export_are_two_things(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slide", a_take("one"), "--format", "md", "--into", "deck.pptx"]) == 2
    assert "hint: run slide once for each" in capsys.readouterr().err


def test_a_deck_that_is_missing_is_a_bad_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slide", a_take("one"), "--into", "deck.pptx"]) == 2
    assert "there is no deck deck.pptx" in capsys.readouterr().err


def test_a_home_that_cannot_be_written_to_is_no_matter(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo", "slide", DECLARED, "--out", str(tmp_path / "out")]
    surroundings = os.environ | {"HOME": "/proc/no-such-folder", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, env=surroundings, capture_output=True, text=True, check=False, timeout=240
    )
    assert (done.returncode, done.stderr) == (0, "")


EXAMPLE = ROOT / "demo" / "examples" / "nightly-retrain.toml"


@pytest.fixture
def take(tmp_path: Path) -> Path:
    """Return the folder of a take: a journal, and the results file that follows from it."""
    events = some_events()
    (tmp_path / "events.jsonl").write_bytes(
        header_line("7c21", "2026-11-22T09:14:07Z") + b"".join(map(encode, events))
    )
    save(
        results_of(a_board(events), read(tmp_path / "events.jsonl").sha256),
        tmp_path / "results.json",
    )
    return tmp_path


def edit(file: Path, before: str, after: str) -> None:
    """Replace a text in a file that must have it."""
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_a_take_agrees_with_its_journal(take: Path) -> None:
    text, code = run_audit(take, as_json=False)
    assert (text.splitlines()[-1].rpartition(" · ")[2], code) == (
        "agrees with its journal",
        ExitCode.DONE,
    )


def test_a_results_file_is_audited_as_its_folder_is(take: Path) -> None:
    assert run_audit(take / "results.json", as_json=False) == run_audit(take, as_json=False)


def test_json_is_one_document(take: Path) -> None:
    text, _ = run_audit(take, as_json=True)
    assert json.loads(text)["journal"] == {"read": True, "differences": []}


def a_folder(take: Path) -> Path:
    """Return a folder where a take's journal was."""
    (take / "events.jsonl").unlink()
    (take / "folder").mkdir()
    return take / "folder"


TAMPERED: dict[str, Callable[[Path], object]] = {
    "a time": lambda take: edit(take / "results.json", '"wall_s": 22.0', '"wall_s": 21.0'),
    "a text": lambda take: edit(
        take / "results.json", '"date": "2026-01-01"', '"date": "2026-01-02"'
    ),
    "the journal": lambda take: edit(take / "events.jsonl", '"wall_s":22.0', '"wall_s":21.0'),
    "the journal's form": lambda take: edit(
        take / "events.jsonl", '"wall_s":22.0', '"wall_s": 22.0'
    ),
    "the journal's end": lambda take: os.truncate(take / "events.jsonl", 500),
    "a journal that is a folder": lambda take: os.replace(a_folder(take), take / "events.jsonl"),
}


@pytest.mark.parametrize("what", TAMPERED)
def test_a_take_that_was_tampered_with_is_refused(what: str, take: Path) -> None:
    TAMPERED[what](take)
    text, code = run_audit(take, as_json=False)
    assert code == ExitCode.REFUSED
    assert re.match(" REFUSED by .*its journal · ", text.splitlines()[-1])


def test_a_file_laid_out_anew_is_told_of_though_its_facts_agree(take: Path) -> None:
    edit(take / "results.json", "{\n  ", "{\n ")
    found = Report.load(take).audit
    assert (
        found.differences,
        [finding.keys for finding in found.findings if finding.rule.id == "R21"],
    ) == ((), [("rewritten",)])


def test_a_session_without_its_journal_is_audited_all_the_same(take: Path) -> None:
    (take / "events.jsonl").unlink()
    found = Report.load(take).audit
    assert (found.differences, found.verdict) == (None, Verdict.CAVEAT)


def test_its_audit_ends_with_a_code_of_its_own(take: Path) -> None:
    (take / "events.jsonl").unlink()
    assert run_audit(take, as_json=False)[1] == ExitCode.NO_JOURNAL


def test_a_refused_session_without_its_journal_is_refused(take: Path) -> None:
    (take / "events.jsonl").unlink()
    edit(take / "results.json", '"status": "complete"', '"status": "failed"')
    assert run_audit(take, as_json=False)[1] == ExitCode.REFUSED


@pytest.mark.parametrize(("long_bytes", "says"), [(1, True), (10**9, False)])
def test_who_waits_for_a_long_journal_is_told_on_a_terminal(
    long_bytes: int,
    says: bool,
    take: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("demo.report.LONG_JOURNAL_BYTES", long_bytes)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    run_audit(take, as_json=False)
    assert ("reading a journal of " in capsys.readouterr().err) == says


def test_a_declared_record_is_audited_without_a_journal() -> None:
    text, code = run_audit(EXAMPLE, as_json=False)
    assert (text.splitlines()[-1].rpartition(" · ")[2], code) == (
        "declared, so there is no journal",
        ExitCode.DONE,
    )


def test_a_folder_without_a_take_is_a_bad_request(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="holds no take"):
        run_audit(tmp_path, as_json=False)


def test_an_audit_needs_neither_ray_nor_numpy_nor_matplotlib(take: Path) -> None:
    arguments = f"sys.argv[1:] = ['audit', {str(take)!r}]"
    program = f"{BARRED}{arguments}; runpy.run_module('demo', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (ExitCode.DONE, "")


def test_an_audit_ends_with_4_where_a_claim_falls_short(
    capsys: pytest.CaptureFixture[str],
) -> None:
    required = ["--require", "S>=7", "--require", "E>=0.9"]
    assert main(["audit", DECLARED, *required[:2]]) == ExitCode.DONE
    assert main(["audit", DECLARED, *required]) == ExitCode.REFUSED
    assert capsys.readouterr().out.splitlines()[-2:] == [
        "   met      S >= 7: it is 7.037",
        "!! NOT MET  E >= 0.9: it is 0.8796",
    ]


def test_an_audit_as_json_says_what_was_required(capsys: pytest.CaptureFixture[str]) -> None:
    main(["audit", DECLARED, "--json", "--require", "S>=7"])
    (required,) = json.loads(capsys.readouterr().out)["required"]
    assert required.pop("value") == pytest.approx(7.038, abs=0.001)
    assert required == {"name": "S", "comparison": ">=", "bound": 7.0, "met": True}


def test_of_a_refused_session_nothing_that_is_required_is_met(
    capsys: pytest.CaptureFixture[str],
) -> None:
    take = a_take("stopped", Status.ABORTED)
    assert main(["audit", take, "--require", "S>=0"]) == ExitCode.REFUSED
    assert "!! NOT MET  S >= 0: nothing is claimed" in capsys.readouterr().out


def test_what_cannot_be_required_is_refused_before_anything_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["audit", "nowhere", "--require", "speed>=2"]) == ExitCode.BAD_REQUEST
    assert capsys.readouterr().err.splitlines() == [
        "error: --require 'speed>=2' names speed, which is none of S, S_low, E, delta, cost",
        "hint: write --require 'E>=0.8', for example",
    ]


def test_the_example_workflow_holds_a_claim_by_options_that_there_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    workflow = yaml.safe_load((ROOT / "demo" / "examples" / "speedup.yml").read_text())
    (job,) = workflow["jobs"].values()
    commands = [shlex.split(step["run"]) for step in job["steps"] if "run" in step]
    ours = [words for program, *words in commands if program == "twoclocks"]
    assert [words[0] for words in ours] == ["race", "audit"]
    for verb, *words in ours:
        main([verb, "--help"])
        known = set(re.findall(r"--[a-z-]+", capsys.readouterr().out))
        assert {word for word in words if word.startswith("--")} <= known
