"""A race begun from Python where there is no notebook: lines, the report, errors, and its end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from harness.files.results import load
from harness.model import Status
from tests.terminals import REFUSED
from twoclocks import BadRequest, race

pytestmark = pytest.mark.terminal

ENDS_WITHIN_S = 20.0
PROGRAM = """
from twoclocks import race
print(race("simulated", settings={"seconds": 600}, out="take"))
"""


def test_where_there_is_no_cell_lines_are_printed_and_the_report_is_returned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    report = race(REFUSED, workers=2, settings={"seconds": 0.4, "chunks": 4})
    printed = capsys.readouterr().out

    assert [trial.side for trial in report.results.trials] == ["baseline", "distributed"]
    (folder,) = (path for path in Path("recordings").iterdir() if path.is_dir())
    assert report.results == load(folder / "results.json")
    assert "baseline: finished in 4" in printed
    assert printed.endswith(report.text)


def test_what_cannot_be_asked_is_raised_in_the_words_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadRequest, match=r"^there is no option --wokers$") as refused:
        race("simulated", wokers=2)
    assert refused.value.hint == "did you mean --workers?"
    assert capsys.readouterr().out == "the race did not begin\n"


def test_a_race_that_fails_is_raised_in_the_words_of_the_program_and_its_take_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "module://of_the_notebook")
    (tmp_path / "failing.py").write_text(
        "import dataclasses, os\n"
        "from workloads.simulated import WORKLOAD as QUICK\n"
        "def baseline(schedule, report):\n"
        "    raise RuntimeError('no backend' if 'MPLBACKEND' not in os.environ else 'of a cell')\n"
        "WORKLOAD = dataclasses.replace(QUICK, baseline=baseline)\n"
    )
    with pytest.raises(Exception, match=r"the baseline side failed: .*no backend"):
        race("failing.py", out="take")
    assert capsys.readouterr().out.endswith("the race ended early; what was observed is in take\n")


def started(folder: Path) -> subprocess.Popen[bytes]:
    """Return a program that races from Python, once the baseline's clock runs."""
    program = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], cwd=folder, stdout=subprocess.PIPE, bufsize=0
    )
    assert program.stdout is not None
    for line in program.stdout:
        if b"baseline: go" in line:
            return program
    raise AssertionError("it ended before the clocks ran")


def end(program: subprocess.Popen[bytes], number: int) -> bytes:
    """Send a signal; return what is printed to the end, when all that it started has ended."""
    family = psutil.Process(program.pid).children(recursive=True)
    assert family
    os.kill(program.pid, number)
    rest, _ = program.communicate(timeout=ENDS_WITHIN_S)
    _, alive = psutil.wait_procs(family, ENDS_WITHIN_S)
    assert alive == []
    return rest


def test_an_interrupt_ends_the_race_and_keeps_what_was_observed(tmp_path: Path) -> None:
    program = started(tmp_path)
    rest = end(program, signal.SIGINT)
    assert rest.endswith(b"interrupted; what was observed is in take\n")
    assert load(tmp_path / "take" / "results.json").status is Status.ABORTED


def test_nothing_goes_on_where_the_process_of_the_cell_is_killed(tmp_path: Path) -> None:
    end(started(tmp_path), signal.SIGKILL)
    assert (tmp_path / "take" / "events.jsonl").exists()
