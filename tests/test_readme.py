import re
from pathlib import Path

import pytest

from harness.model import Side
from harness.report import Report
from harness.show.scaling_table import scaling_table
from harness.show.tables import format_table
from tests.racing import raced
from tests.terminals import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_can_be_read_in_three_minutes() -> None:
    assert README.count("\n") <= 200


def test_every_link_in_a_readme_leads_to_a_file_of_the_project() -> None:
    rooms = ("", "demo", "harness", "tests", "workloads")
    for page in [ROOT / "CONTRIBUTING.md", *(ROOT / room / "README.md" for room in rooms)]:
        for link in re.findall(r"\]\(([^)#:]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / link).exists(), f"{page.name} leads to {link}"


@pytest.mark.ray
def test_the_workload_in_the_readme_runs_as_it_stands(tmp_path: Path) -> None:
    (source,) = re.findall(r"```python\n([^`]*WORKLOAD = Workload\([^`]*)```", README)
    assert source.count("\n") <= 30
    (tmp_path / "own.py").write_text(source, encoding="utf-8")
    results = raced(tmp_path, workload=str(tmp_path / "own.py")).results
    assert [trial.side for trial in results.trials] == list(Side)
    assert len({trial.answer_sha256 for trial in results.trials}) == 1


def test_every_verb_of_the_readme_is_there_and_every_verb_is_in_the_readme() -> None:
    from demo.cli import verbs

    assert set(re.findall(r"^\| `twoclocks ([\w-]+)", README, re.MULTILINE)) == set(verbs.commands)


def test_the_sweep_in_the_readme_is_the_one_that_is_kept() -> None:
    table = scaling_table(Report.load(ROOT / "tests" / "real" / "results.json"))
    assert table is not None
    drawn = format_table(table)
    (shown,) = re.findall(r"```text\n( train: speedup.*?)```", README, re.DOTALL)
    assert drawn.startswith(shown)
