import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from demo.__main__ import main
from demo.options import make_plan
from demo.race.session import Race
from harness import events as e
from harness.errors import TwoclocksError
from harness.files.results import load
from harness.model import Results, Status, Variant
from harness.run.baseline_variants import VariantPlan
from harness.run.sources import source_digest
from harness.run.wire import TimeVariant
from harness.state.to_results import results_of
from tests.builders import a_board, a_workload_file
from tests.options import some_options
from tests.terminals import journal

ROOT = Path(__file__).parents[2]
TAKE = Path("recordings/take")
STUDIES = (TimeVariant(Variant.OWN, 0.0), TimeVariant(Variant.TEXTBOOK, 0.0))
TO_CONDUCTOR = "import psutil; psutil.Process().parents()[1].send_signal("
TEXTBOOK = """
def textbook(given, report):
    {statement}
    time.sleep(60)

proof.update(reference=textbook)
"""


@contextlib.contextmanager
def at(folder: Path) -> Iterator[Path]:
    """Work in a folder; its packages can be imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("RAY_ADDRESS", raising=False)
        patch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), str(folder)]))
        yield folder


@pytest.fixture(autouse=True)
def desk(tmp_path: Path) -> Iterator[Path]:
    """Work in an empty folder."""
    with at(tmp_path):
        yield tmp_path


@dataclass(frozen=True)
class Ended:
    """A session that is over: what it was ended by, and what it left."""

    by: TwoclocksError | None
    results: Results
    told: tuple[e.Event, ...]


def proved(desk: Path, statement: str, **changes: Any) -> Ended:
    """Run a simulated race whose proof does ``statement`` when it times the reference."""
    workload = a_workload_file(desk, TEXTBOOK.format(statement=statement))
    asked = make_plan(some_options(workload=workload, workers=2))
    race = Race.prepare(
        replace(asked, variant_plan=VariantPlan(STUDIES), **changes), "none", TAKE, wait=False
    )
    ended: TwoclocksError | None = None
    try:
        race.run()
    except TwoclocksError as error:
        ended = error
    return Ended(ended, load(TAKE / "results.json"), tuple(journal(TAKE)))


@pytest.fixture(scope="module", params=[("SIGINT", 130), ("SIGTERM", 143)], ids=["Ctrl-C", "TERM"])
def stopped(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Ended, int]:
    """Return a race that was stopped in its proof, and the exit code due."""
    name, code = request.param
    with at(tmp_path_factory.mktemp("stopped")) as folder:
        return proved(folder, f"{TO_CONDUCTOR}signal.{name})"), code


def test_a_proof_that_is_stopped_leaves_a_complete_session(stopped: tuple[Ended, int]) -> None:
    ended, code = stopped
    assert ended.by is not None
    assert (ended.by.exit_code, ended.results.status, ended.results.remark) == (
        code,
        Status.COMPLETE,
        "its proof was cut short",
    )


def test_what_was_proved_and_what_watching_cost_is_kept_when_the_proof_is_stopped(
    stopped: tuple[Ended, int],
) -> None:
    results = stopped[0].results
    assert [rate.variant for rate in results.rates] == [Variant.OWN]
    assert results.observer.frames > 0


def test_the_journal_of_a_proof_that_was_stopped_gives_the_same_facts(
    stopped: tuple[Ended, int],
) -> None:
    ended, _ = stopped
    assert results_of(a_board(ended.told), ended.results.journal_sha256) == ended.results


def test_a_session_whose_proof_was_stopped_is_the_latest_take(desk: Path) -> None:
    proved(desk, f"{TO_CONDUCTOR}signal.SIGINT)", simulated=False)
    assert os.readlink("recordings/latest") == "take"


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> Ended:
    """Return a race whose proof failed."""
    with at(tmp_path_factory.mktemp("failed")) as folder:
        return proved(folder, "raise ValueError('too slow')")


def test_a_proof_that_fails_leaves_a_complete_session_that_says_so(failed: Ended) -> None:
    assert (failed.by, failed.results.status) == (None, Status.COMPLETE)
    assert (
        failed.results.remark == "its proof was cut short, textbook program: ValueError: too slow"
    )


def test_what_was_proved_is_kept_when_the_proof_fails(failed: Ended) -> None:
    assert [rate.variant for rate in failed.results.rates] == [Variant.OWN]
    assert [trial.failure for trial in failed.results.trials] == ["", ""]


def test_the_journal_of_a_proof_that_failed_gives_the_same_facts(failed: Ended) -> None:
    assert results_of(a_board(failed.told), failed.results.journal_sha256) == failed.results


def sources(workload: str, *options: str) -> tuple[str, set[str]]:
    """Return the source digest of a simulated race's results, and those of all its processes."""
    main(["--workload", workload, *options, "--workers", "2", "--ui", "none", "--out", "take"])
    results = load(Path("take/results.json"))
    return results.code.source_sha256, {
        worker.process.source_sha256 for trial in results.trials for worker in trial.workers_detail
    }


def test_a_workload_of_ours_is_covered_by_our_source() -> None:
    named, ran = sources("simulated", "--set", "seconds=0.1", "--set", "chunks=4")
    assert ran == {named} == {source_digest()}


def test_the_source_of_an_adopted_file_is_that_of_every_process(desk: Path) -> None:
    named, ran = sources(a_workload_file(desk))
    assert ran == {named} != {source_digest()}


def test_the_source_of_an_adopted_package_is_that_of_every_process(desk: Path) -> None:
    (desk / "my_package").mkdir()
    a_workload_file(desk / "my_package")
    named, ran = sources("my_package.made")
    assert ran == {named} != {source_digest()}
