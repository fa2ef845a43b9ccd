import sys
from pathlib import Path
from typing import Any

import pytest

from demo.present import NAMES, REFUSED, SHOWN, present
from harness.errors import BadRequest
from harness.model import Kind, Side, Status
from harness.results import save
from tests.builders import a_digest_of, a_results, a_spec, a_trial, some_words

TEXT, SVG, PNG = NAMES


def saved(folder: Path, **changes: Any) -> Path:
    path = folder / "results.json"
    save(a_results(**changes), path)
    return path


def drawn(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in NAMES if (folder / name).exists()}


@pytest.fixture(scope="module")
def take(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a take whose headline is drawn. Once for all: matplotlib keeps the fonts open that it has used."""
    folder = tmp_path_factory.mktemp("take")
    assert present(saved(folder), folder)[1] == SHOWN
    return folder


def test_a_headline_is_text_and_two_pictures(take: Path) -> None:
    files = drawn(take)
    assert "baseline, 1 core, 40.0 s" in files[TEXT].decode()
    assert files[SVG].startswith(b"<")
    assert files[PNG].startswith(b"\x89PNG")


def test_a_headline_drawn_again_is_the_same_to_the_byte(take: Path, tmp_path: Path) -> None:
    text, _ = present(take / "results.json", tmp_path)
    assert drawn(tmp_path) == drawn(take)
    assert text == drawn(take)[TEXT].decode()


def test_the_facts_are_left_as_they_are(take: Path, tmp_path: Path) -> None:
    assert (take / "results.json").read_bytes() == saved(tmp_path).read_bytes()


MOVED = (a_trial(Side.BASELINE, quality=0.9), a_trial(Side.DISTRIBUTED, quality=0.5))
DIFFER = (a_trial(Side.BASELINE), a_trial(Side.DISTRIBUTED, answer_sha256=a_digest_of("another")))
STRICT = a_spec(workload=some_words(answers_differ=""))


@pytest.mark.parametrize(
    "changes",
    [{"status": Status.ABORTED}, {"status": Status.FAILED, "trials": ()}, {"trials": MOVED}, {"trials": DIFFER, "spec": STRICT}],
    ids=["aborted", "failed", "moved", "differ"],
)
def test_what_may_not_be_claimed_is_refused_in_words(tmp_path: Path, changes: dict[str, Any]) -> None:
    text, code = present(saved(tmp_path, **changes), tmp_path)
    assert code == REFUSED
    assert drawn(tmp_path) == {TEXT: text.encode()}


def test_a_refusal_leaves_no_earlier_slide_standing(tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / name).write_text("an earlier one")
    present(saved(tmp_path, status=Status.ABORTED), tmp_path)
    assert set(drawn(tmp_path)) == {TEXT}


def test_a_rehearsal_makes_no_headline_and_that_is_right(tmp_path: Path) -> None:
    text, code = present(saved(tmp_path, kind=Kind.SIMULATED), tmp_path)
    assert code == SHOWN
    assert "NO HEADLINE" in text


def test_a_rehearsal_that_was_stopped_is_not_right(tmp_path: Path) -> None:
    _, code = present(saved(tmp_path, kind=Kind.SIMULATED, status=Status.ABORTED), tmp_path)
    assert code == REFUSED


@pytest.mark.parametrize("content", ["", "{", '{"schema": "twoclocks.results/1"}', '{"schema": "twoclocks.results/9"}'])
def test_a_file_that_holds_no_results_draws_nothing(tmp_path: Path, content: str) -> None:
    path = tmp_path / "results.json"
    path.write_text(content)
    with pytest.raises(BadRequest):
        present(path, tmp_path)
    assert drawn(tmp_path) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_a_folder_that_cannot_be_written_to_is_a_bad_request(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="/proc cannot be written to"):
        present(saved(tmp_path, status=Status.ABORTED), Path("/proc"))
