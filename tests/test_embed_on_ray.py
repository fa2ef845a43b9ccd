"""The workload ``embed`` on real Ray, small: what two processes encode is what one does, to the last bit."""

import subprocess
from dataclasses import dataclass

import pytest

from harness.model import Results, Side
from harness.results import load
from tests.embedding import LINES, needs_extra
from tests.terminals import ROOT, race, surroundings

pytestmark = [pytest.mark.ray, needs_extra]

SMALL = ("--set", "passages=64", "--set", "queries=16", "--set", "batch=96", "--set", "max_tokens=36", "--workers", "2")
ENDS_WITHIN_S = 120.0


@dataclass(frozen=True)
class Raced:
    """A race that came to its end."""

    code: int
    results: Results

    def trial(self, side: Side) -> tuple[float, str, int]:
        """Return quality, answer digest and items of a side's only trial."""
        (trial,) = [trial for trial in self.results.trials if trial.side is side]
        return trial.quality, trial.answer_sha256, trial.items


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    folder = tmp_path_factory.mktemp("embed")
    (folder / "lines.txt").write_text("\n".join(LINES), encoding="utf-8")
    command = race(folder / "take", "--yes", "--ui", "none", *SMALL, "--set", f"corpus={folder / 'lines.txt'}", workload="embed")
    quiet = subprocess.DEVNULL
    ended = subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, cwd=ROOT, env=surroundings(), timeout=ENDS_WITHIN_S)
    return Raced(ended.returncode, load(folder / "take" / "results.json"))


def test_a_race_makes_its_headline(raced: Raced) -> None:
    assert raced.code == 0


def test_the_vectors_are_those_of_the_baseline_to_the_last_bit(raced: Raced) -> None:
    assert raced.trial(Side.DISTRIBUTED) == raced.trial(Side.BASELINE)


def test_the_metric_is_a_recall_on_counted_queries(raced: Raced) -> None:
    assert raced.results.held_out is not None
    assert raced.results.held_out.items == 16
    assert 0.5 < raced.trial(Side.BASELINE)[0] <= 1
