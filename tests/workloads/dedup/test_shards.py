import json
from pathlib import Path

import pytest

from harness.run.digest import digest
from harness.workload import AnyProblem
from tests.pools import InProcessPool, ignore_progress
from tests.workloads.dedup.support import texts
from workloads import dedup
from workloads.dedup.steps import Cleaned


def test_the_shards_hold_what_is_kept_in_order(tmp_path: Path, posed: AnyProblem) -> None:
    given = posed.input._replace(recipe=posed.input.recipe._replace(shards=str(tmp_path)))
    cleaned, pages = dedup.baseline(given, ignore_progress), texts(given)
    lines = [line for path in sorted(tmp_path.iterdir()) for line in path.read_bytes().splitlines()]
    assert [json.loads(line)["text"].encode() for line in lines] == [
        pages[document] for document in cleaned.kept
    ]


def test_without_a_folder_no_shard_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, posed: AnyProblem
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert dedup.baseline(posed.input, ignore_progress).shards
    assert list(tmp_path.iterdir()) == []


def test_a_shard_has_the_permissions_of_any_other_file(tmp_path: Path, posed: AnyProblem) -> None:
    given = posed.input._replace(recipe=posed.input.recipe._replace(shards=str(tmp_path)))
    dedup.baseline(given, ignore_progress)
    modes = {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    (tmp_path / "another").touch()
    assert modes == {(tmp_path / "another").stat().st_mode & 0o777}


def test_surplus_shards_of_an_earlier_run_are_removed(tmp_path: Path, posed: AnyProblem) -> None:
    recipe = posed.input.recipe._replace(shards=str(tmp_path))
    written = [
        len(
            dedup.baseline(
                posed.input._replace(recipe=recipe._replace(shard=size)), ignore_progress
            ).shards
        )
        for size in (60_000, 240_000)
    ]
    (tmp_path / "shard-of-mine.jsonl").touch()
    dedup.distributed(
        posed.input._replace(recipe=recipe._replace(shard=240_000)),
        InProcessPool(2),
        ignore_progress,
    )
    assert written[0] > written[1]
    names = [f"shard-{number:05}.jsonl" for number in range(written[1])]
    assert sorted(path.name for path in tmp_path.iterdir()) == [*names, "shard-of-mine.jsonl"]


def test_a_text_is_read_a_part_at_a_time_and_the_answer_is_the_same(
    posed: AnyProblem, cleaned: Cleaned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workloads.dedup.steps.PART_BYTES", 5_000)
    again = dedup.baseline(posed.input, ignore_progress)
    assert digest(again, 0) == digest(cleaned, 0)
