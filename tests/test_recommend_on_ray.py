"""The recommender on real Ray, small, with ratings of the user's own: the same bits as the baseline."""

import subprocess

import pytest

from harness.model import Results, Side
from harness.results import load
from tests.terminals import ROOT, race, surroundings

pytestmark = pytest.mark.ray

ENDS_WITHIN_S = 120.0


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("recommend")
    ratings = folder / "ratings.csv"
    lines = [f"u{user},i{(7 * user + step * step) % 90},{1 + step % 5}" for user in range(3000) for step in range(40)]
    ratings.write_text("\n".join(["user,item,rating", *lines, ""]))
    small = ("--set", f"ratings={ratings}", "--set", "factors=32", "--set", "iterations=150", "--set", "blocks=8", "--workers", "2")
    command = race(folder / "take", "--yes", "--ui", "none", *small, workload="recommend")
    ran = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, cwd=ROOT, env=surroundings(), timeout=ENDS_WITHIN_S)
    assert ran.returncode == 0, ran.stderr.decode()
    return load(folder / "take" / "results.json")


def outcome(results: Results, side: Side) -> tuple[str, float, int]:
    """Return answer digest, quality and items of a side's only trial."""
    (trial,) = [trial for trial in results.trials if trial.side is side]
    return trial.answer_sha256, trial.quality, trial.items


def test_the_factors_are_those_of_the_baseline_to_the_last_bit(raced: Results) -> None:
    assert outcome(raced, Side.DISTRIBUTED) == outcome(raced, Side.BASELINE)


def test_the_held_out_interactions_are_counted(raced: Results) -> None:
    assert raced.held_out is not None
    assert raced.held_out.items > 0
