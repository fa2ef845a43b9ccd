import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from demo.__main__ import main
from harness.files.results import save
from harness.model import Status
from tests.builders import a_digest_of, a_results, a_sweep, some_pairs

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
            trials=some_pairs([baseline_s], [22.0]),
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
    assert "implies a serial share of 2.0 %, so at most 51.2×" in told


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
    assert "scaling out alone adds" in told[1].removeprefix(told[0].rstrip())


def test_a_deck_and_an_export_are_two_things(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slide", a_take("one"), "--format", "md", "--into", "deck.pptx"]) == 2
    assert "hint: run slide once for each" in capsys.readouterr().err


def test_a_deck_that_is_missing_is_a_bad_request(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["slide", a_take("one"), "--into", "deck.pptx"]) == 2
    assert "cannot read deck.pptx" in capsys.readouterr().err


def test_a_home_that_cannot_be_written_to_is_no_matter(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "demo", "slide", DECLARED, "--out", str(tmp_path / "out")]
    surroundings = os.environ | {"HOME": "/proc/no-such-folder", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, env=surroundings, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
