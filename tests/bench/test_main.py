from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from harness.params import apply_overrides
from tests.bench import __main__ as bench
from tests.bench.__main__ import PARTS, TARGETS, TINY, WITHOUT_RIVALS, Part, kept_in, main, parts_of
from tests.bench.table import Finding, Row
from tests.builders import find_workload


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Return a folder to keep findings in; every part finds at once what its number is."""
    for number, name in enumerate(PARTS):
        found = Finding((Row("number", str(number)),))
        monkeypatch.setitem(PARTS, name, Part(lambda *_, found=found: found, 1.0))
    (tmp_path / "README.md").write_text("above\n<!-- workloads -->\nold\n<!-- /workloads -->\n")
    return tmp_path


def run(*options: str) -> tuple[int, str]:
    ran = CliRunner().invoke(main, options)
    return ran.exit_code, ran.output


def test_a_workload_means_its_race_its_rivals_and_its_library() -> None:
    assert parts_of(["dedup"]) == ["dedup.race", "dedup.rivals", "dedup.library"]


def test_a_single_part_can_be_named() -> None:
    assert parts_of(["embed.rivals", "dask.train"]) == ["embed.rivals", "dask.train"]


def test_without_a_name_all_is_measured_but_dask() -> None:
    assert parts_of([]) == [part for part in PARTS if not part.startswith(("dask.", "hosts."))]


def test_a_name_that_means_nothing_is_refused_with_those_that_do() -> None:
    code, output = run("embd")

    assert code == 2
    assert "there is no 'embd'; use some of embed, " in output


def test_how_long_it_takes_is_said_beforehand(folder: Path) -> None:
    code, output = run("embed", "--keep", str(folder))

    assert code == 0
    assert output.startswith(
        "embed.race, about 1.00 min\nembed.rivals, about 1.00 min\nin all, about 2.00 min\n"
    )


def test_parts_that_are_measured_one_after_another_come_into_one_table(folder: Path) -> None:
    run("embed.race", "--keep", str(folder))
    run("train.rivals", "--keep", str(folder))
    lines = (folder / "workloads.md").read_text().splitlines()
    numbers = [str(list(PARTS).index(part)) for part in ("embed.race", "train.rivals")]

    assert f"| number | {numbers[0]} | — | — | {numbers[1]} | — | — | — |" in lines
    assert [one.name for one in kept_in(folder)] == ["embed.race", "train.rivals"]


def test_what_is_kept_is_json_with_the_machine(folder: Path) -> None:
    run("embed.race", "--keep", str(folder))
    kept = msgspec.json.decode((folder / "embed.race.json").read_bytes())

    assert kept["host"]["cores"] > 0
    assert kept["finding"]["rows"][0]["what"] == "number"


def test_the_stage_has_a_table_of_its_own(folder: Path) -> None:
    run("stage.slide", "--keep", str(folder))

    assert "| number | " in (folder / "bench.md").read_text()
    assert not (folder / "workloads.md").exists()


def test_a_part_that_fails_is_a_row_and_the_others_go_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> Finding:
        raise ZeroDivisionError

    monkeypatch.setitem(PARTS, "embed.race", Part(fail, 1.0))
    code, output = run("embed", "--keep", str(folder))

    assert code == 1
    assert "| embed.race | not measured: ZeroDivisionError" in output
    assert "number" in (folder / "embed.rivals.json").read_text()


def test_a_quick_try_is_not_kept_where_measurements_are(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "KEPT", folder)
    code, output = run("--quick", "embed.race")

    assert code == 0
    assert "This was a quick try: its numbers mean nothing." in output
    assert kept_in(folder) == []


def test_a_table_is_written_into_its_page(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "PAGES", {"workloads": folder / "README.md"})
    run("embed.race", "--keep", str(folder), "--write")
    page = (folder / "README.md").read_text()

    assert page.startswith("above\n<!-- workloads -->\n\nMeasured on ")
    assert "old" not in page


def test_a_quick_try_is_not_written_into_a_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bench, "PAGES", {"workloads": folder / "README.md"})
    run("--quick", "embed.race", "--keep", str(folder))
    code, output = run("train.race", "--keep", str(folder), "--write")

    assert code == 2
    assert "a quick try is kept" in output
    assert "old" in (folder / "README.md").read_text()


def test_quick_and_write_exclude_each_other() -> None:
    assert run("--quick", "--write")[0] == 2


@pytest.mark.parametrize("workload", TARGETS)
def test_a_workload_can_be_raced_and_compared_with_its_rivals(workload: str) -> None:
    compared = {f"{workload}.rivals", f"dask.{workload}"}
    assert f"{workload}.race" in PARTS
    assert compared & set(PARTS) == (set() if workload in WITHOUT_RIVALS else compared)


@pytest.mark.parametrize("workload", TINY)
def test_a_quick_try_has_parameters_that_its_workload_takes(workload: str) -> None:
    settings = [f"{name}={value}" for name, value in TINY[workload].items()]

    assert (
        apply_overrides(find_workload(workload), settings)
        == find_workload(workload).defaults | TINY[workload]
    )
