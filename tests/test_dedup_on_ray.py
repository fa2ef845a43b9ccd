"""Real text on real Ray: every source and text file of the installed Python, cleaned by the program on two workers."""

import subprocess
from dataclasses import dataclass

import pytest

from harness.model import Results, Side, Status, Trial
from harness.results import load
from tests.terminals import ROOT, race, surroundings

pytestmark = pytest.mark.ray

ENDS_WITHIN_S = 120.0
REAL = ("--set", "input=stdlib", "--set", "sample=200", "--set", f"block={1 << 20}")


@dataclass(frozen=True)
class Raced:
    """A race and its results; its exit code is not looked at, since a refusal may be the fault of a machine that is not quiet."""

    results: Results

    def trial(self, side: Side) -> Trial:
        """Return a side's only trial."""
        (trial,) = [trial for trial in self.results.trials if trial.side is side]
        return trial


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    out, quiet = tmp_path_factory.mktemp("dedup") / "take", subprocess.DEVNULL
    command = race(out, "--yes", "--ui", "none", "--workers", "2", *REAL, workload="dedup")
    subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, cwd=ROOT, env=surroundings(), timeout=ENDS_WITHIN_S, check=False)
    return Raced(load(out / "results.json"))


def test_both_sides_come_to_their_ends(raced: Raced) -> None:
    assert raced.results.status is Status.COMPLETE


def test_both_sides_come_to_the_same_clusters_and_shards(raced: Raced) -> None:
    assert raced.trial(Side.DISTRIBUTED).answer_sha256 == raced.trial(Side.BASELINE).answer_sha256


def test_near_duplicates_of_a_sample_are_found_by_both_sides(raced: Raced) -> None:
    assert raced.trial(Side.DISTRIBUTED).quality == raced.trial(Side.BASELINE).quality >= 0.9


def test_every_file_is_counted(raced: Raced) -> None:
    assert raced.results.input is not None
    assert raced.trial(Side.DISTRIBUTED).items == raced.trial(Side.BASELINE).items == raced.results.input.items > 500


def test_both_workers_had_a_share(raced: Raced) -> None:
    assert min(worker.chunks for worker in raced.trial(Side.DISTRIBUTED).workers_detail) > 0
