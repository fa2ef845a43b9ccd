"""A take of a workload of the presenter's, packed and run again by the real program.

The workload is simulated, so that nothing but the clocks of this machine is compared.
"""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from msgspec.structs import replace as with_fields

from harness.errors import ExitCode
from harness.files.results import RESULTS_NAME, load
from harness.takes.package import Package, member, pack, unpack
from tests.recording import a_desk
from tests.terminals import PYTHON, PipedOutput, PipedProgram

ASKED = ("--workers", "2", "--yes", "--ui", "none", "--set", "seconds=1")
MARK = "IMPORTED_AT"
OWN = f"""
import dataclasses, os, pathlib

import helper
from workloads.simulated import WORKLOAD as QUICK

if "{MARK}" in os.environ:
    pathlib.Path(os.environ["{MARK}"]).touch()
@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings(type(QUICK.params)):
    file: str = ""

WORKLOAD = dataclasses.replace(QUICK, name=helper.NAME, params=Settings())
"""


@dataclass(frozen=True)
class Desk:
    """A presenter's folder with a workload of two modules, its take, and the package of it."""

    folder: Path
    packed: PipedOutput

    @property
    def package(self) -> Path:
        return self.folder / "take.zip"

    @property
    def mark(self) -> Path:
        """Return the file that is made wherever the packed workload is imported."""
        return self.folder / "imported"

    def run(self, *words: str) -> PipedOutput:
        """Return what the program says elsewhere, where the workload's modules are not."""
        (elsewhere := self.folder / "elsewhere").mkdir(exist_ok=True)
        return run_in(elsewhere, *words, **{MARK: str(self.mark)})


def run_in(folder: Path, *words: str, **changes: str) -> PipedOutput:
    """Return what the program says in a folder."""
    environment = a_desk(folder) | changes
    with PipedProgram(
        [PYTHON, "-m", "demo", *words], environment=environment, cwd=folder
    ) as running:
        return running.output()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """Return the folder after race and package."""
    folder = tmp_path_factory.mktemp("desk")
    (folder / "mine.py").write_text(OWN, encoding="utf-8")
    (folder / "helper.py").write_text('NAME = "mine"\n', encoding="utf-8")
    raced = run_in(folder, "race", "--workload", "mine.py", "--out", "take", *ASKED)
    assert raced.exit_code == ExitCode.DONE, raced.errors
    return Desk(folder, run_in(folder, "package", "take", "--workload", "mine.py"))


@pytest.fixture(scope="module")
def again(desk: Desk) -> PipedOutput:
    """Return what is said when the package is run again, its workload being allowed."""
    options = ("--run", "mine.py", "--yes", "--ui", "none", "--out", "again")
    return desk.run("reproduce", str(desk.package), *options)


def test_a_package_is_written_and_says_how_it_is_run_again(desk: Desk) -> None:
    assert desk.packed.exit_code == ExitCode.DONE, desk.packed.errors
    assert desk.packed.text.splitlines()[-1].endswith("twoclocks reproduce take.zip")


def test_a_package_holds_what_was_measured_drawn_and_run(desk: Desk) -> None:
    with zipfile.ZipFile(desk.package) as file:
        names = {*file.namelist()}
    assert names >= {
        *("package.json", "README.txt", "results.json", "events.jsonl", "versions.txt"),
        *("headline.png", "fig-scaling.svg", "source/mine.py", "source/helper.py"),
    }
    assert not [name for name in names if name.endswith(".log")]


def test_the_same_take_is_packed_to_the_same_bytes(desk: Desk) -> None:
    other = run_in(desk.folder, "package", "take", "--workload", "mine.py", "--out", "other.zip")
    assert other.exit_code == ExitCode.DONE
    assert (desk.folder / "other.zip").read_bytes() == desk.package.read_bytes()


def test_a_packed_workload_is_not_executed_unless_it_is_named(desk: Desk) -> None:
    for options in ((), ("--run", "helper.py")):
        refused = desk.run("reproduce", str(desk.package), *options)
        assert refused.exit_code == ExitCode.BAD_REQUEST
        assert "mine.py, which nobody has allowed to run" in refused.errors
        assert "add --run mine.py" in refused.errors
    assert not desk.mark.exists()


def test_a_packed_workload_that_is_named_runs_and_comes_to_the_same(
    desk: Desk, again: PipedOutput
) -> None:
    assert again.exit_code == ExitCode.DONE, again.errors
    assert "REPRODUCED: mine on 2 workers" in again.text
    assert desk.mark.exists()
    first, second = (
        load(desk.folder / place / RESULTS_NAME) for place in ("take", "elsewhere/again")
    )
    assert second.code.source_sha256 == first.code.source_sha256
    assert second.spec.params == first.spec.params


def test_a_take_that_is_there_is_compared_without_running_anything(
    desk: Desk, again: PipedOutput
) -> None:
    said = desk.run("reproduce", str(desk.package), "--with", "again", "--json")
    assert said.exit_code == again.exit_code
    assert json.loads(said.text)["answers_equal"] is True


def test_a_session_does_not_reproduce_itself(desk: Desk) -> None:
    said = desk.run("reproduce", str(desk.package), "--with", str(desk.folder / "take"))
    assert said.exit_code == ExitCode.BAD_REQUEST
    assert "both are one and the same session" in said.errors


def test_a_session_that_came_to_something_else_ends_with_refused(
    desk: Desk, again: PipedOutput
) -> None:
    assert again.exit_code == ExitCode.DONE
    options = ("--workload", "simulated", "--out", "other", *ASKED, "--set", "quality=0.5")
    assert desk.run("race", *options).exit_code == ExitCode.DONE
    said = desk.run("reproduce", str(desk.package), "--with", "other")
    assert said.exit_code == ExitCode.REFUSED
    assert "NOT REPRODUCED: mine on 2 workers; what differs: settings" in said.text


def edited(desk: Desk, name: str, change: Callable[[bytes], bytes]) -> PipedOutput:
    """Return what is said of a package whose member somebody has edited before packing it."""
    package = unpack(desk.package.read_bytes())
    members = {**package.members, name: change(package.members[name])}
    sums = {one: member(content) for one, content in members.items()}
    file = desk.folder / "edited.zip"
    file.write_bytes(pack(Package(with_fields(package.manifest, members=sums), members)))
    return desk.run("reproduce", str(file), "--run", "mine.py")


def test_results_that_are_not_their_journals_claim_nothing(desk: Desk) -> None:
    said = edited(desk, RESULTS_NAME, lambda file: file.replace(b": 0.97", b": 0.98"))
    assert said.exit_code == ExitCode.BAD_REQUEST
    assert "the packaged session claims nothing" in said.errors


def test_nothing_is_packed_that_names_somebody(desk: Desk) -> None:
    take = desk.folder / "named"
    shutil.copytree(desk.folder / "take", take)
    (take / "run.cast").write_text('{"version": 2, "title": "of ada@example.org"}\n')
    said = run_in(desk.folder, "package", "named", "--workload", "mine.py")
    assert said.exit_code == ExitCode.BAD_REQUEST
    assert "run.cast line 1 has an e-mail address (ada***)" in said.errors
    assert not (desk.folder / "named.zip").exists()


def test_a_file_that_is_there_is_not_overwritten(desk: Desk) -> None:
    (desk.folder / "mine.zip").write_bytes(b"of mine")
    said = run_in(desk.folder, "package", "take", "--out", "mine.zip")
    assert said.exit_code == ExitCode.BAD_REQUEST
    assert "mine.zip is there already" in said.errors
    assert (desk.folder / "mine.zip").read_bytes() == b"of mine"


def test_a_workload_that_has_changed_since_is_not_packed(desk: Desk) -> None:
    changed = desk.folder / "changed"
    changed.mkdir()
    (changed / "mine.py").write_text(OWN, encoding="utf-8")
    (changed / "helper.py").write_text('NAME = "mine"  # changed\n', encoding="utf-8")
    said = run_in(desk.folder, "package", "take", "--workload", "changed/mine.py")
    assert said.exit_code == ExitCode.BAD_REQUEST
    assert "is not what ran in that session" in said.errors


def test_a_package_without_the_workload_says_whom_to_ask(desk: Desk) -> None:
    without = run_in(desk.folder, "package", "take", "--out", "without.zip")
    assert "your own workload is not in it" in without.text
    said = desk.run("reproduce", str(desk.folder / "without.zip"), "--run", "mine")
    assert said.exit_code == ExitCode.BAD_REQUEST
    assert "does not hold the workload mine" in said.errors


def test_a_place_that_the_package_chose_is_used_only_when_it_is_typed(desk: Desk) -> None:
    options = ("--workload", "mine.py", "--out", "placed", *ASKED, "--set", "file=lists/mine.csv")
    assert run_in(desk.folder, "race", *options).exit_code == ExitCode.DONE
    packed = run_in(desk.folder, "package", "placed", "--workload", "mine.py")
    assert packed.exit_code == ExitCode.DONE, packed.errors
    words = ("reproduce", str(desk.folder / "placed.zip"), "--run", "mine.py")
    refused = desk.run(*words)
    assert refused.exit_code == ExitCode.BAD_REQUEST
    assert "the package sets file=lists/mine.csv" in refused.errors
    typed = ("--set", "file=here.csv", "--yes", "--ui", "none", "--out", "there")
    assert desk.run(*words, *typed).exit_code == ExitCode.DONE
    other = desk.run(*words, *typed, "--set", "seconds=9")
    assert "--set seconds would make it another session" in other.errors
