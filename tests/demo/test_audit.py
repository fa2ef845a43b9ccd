import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from demo.report import run_audit
from harness.claims.audit import Verdict
from harness.errors import BadRequest, ExitCode
from harness.events import encode
from harness.files.journal import header_line, read
from harness.files.results import save
from harness.report import Report
from harness.state.to_results import results_of
from tests.builders import a_board, some_events
from tests.test_rooms import BARRED, ROOT

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


def test_a_declared_record_is_audited_without_a_journal() -> None:
    text, code = run_audit(EXAMPLE, as_json=False)
    assert (text.splitlines()[-1].rpartition(" · ")[2], code) == (
        "declared, so there is no journal",
        ExitCode.DONE,
    )


def test_a_folder_without_a_take_is_a_bad_request(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot read"):
        run_audit(tmp_path, as_json=False)


def test_an_audit_needs_neither_ray_nor_numpy_nor_matplotlib(take: Path) -> None:
    program = f"{BARRED}sys.argv[1:] = ['audit', {str(take)!r}]; runpy.run_module('demo', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (ExitCode.DONE, "")
