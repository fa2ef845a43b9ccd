"""New workload files and command pairs: never written over anything, and running at once."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.__main__ import main
from demo.options import read_prices
from demo.scaffold import Start, new, next_step
from harness.command_pair import CommandPair
from harness.errors import BadRequest
from harness.files.results import load
from harness.model import Process, Results, Side, Status
from harness.report import Report
from harness.run.find import find
from harness.talk.agenda_file import read_agenda
from tests.races import code_when_quiet
from tests.terminals import PYTHON, at_once, surroundings


@dataclass(frozen=True)
class Ran:
    """A new workload that was raced: its exit code, what it said, and its facts."""

    code: int
    said: str
    results: Results

    def workers(self, side: Side) -> list[Process]:
        """Return the processes of a side's first trial."""
        return [
            worker.process
            for trial in self.results.trials
            if trial.side is side
            for worker in trial.workers_detail
        ]


def raced(folder: Path, *options: str) -> Ran:
    """Race from a folder that is not the project's."""
    command = [
        PYTHON,
        "-m",
        "demo",
        "race",
        "--workers",
        "2",
        "--yes",
        "--ui",
        "plain",
        "--out",
        "take",
        *options,
    ]
    ran = subprocess.run(
        command,
        cwd=folder,
        env=surroundings({"PYTHONPATH": ""}),
        capture_output=True,
        text=True,
        check=False,
    )
    return Ran(ran.returncode, ran.stdout + ran.stderr, load(folder / "take" / "results.json"))


def with_a_neighbour(folder: Path) -> Ran:
    """Race the new workload with its kernel moved into a file beside it."""
    (path,) = new("circle", folder)
    source = path.read_text()
    kernel = source[source.index("def points_inside") : source.index("def baseline")]
    (folder / "kernel_of_circle.py").write_text(
        f"import numpy as np\n\nPOINTS_PER_CHUNK = 2_000_000\nChunk = tuple[int, int]\n\n\n{kernel}"
    )
    path.write_text(
        source.replace(kernel, "").replace(
            "import numpy as np", "from kernel_of_circle import points_inside"
        )
    )
    return raced(folder, "--workload", "circle.py", "--set", "chunks=20")


def pair(folder: Path) -> Ran:
    """Race the two new programs as they are, on fewer numbers."""
    path = new("gaps", folder, Start.COMMANDS)[0]
    path.write_text(path.read_text().replace("20_000_000", "6_000_000"))
    return raced(folder, "--workload", "gaps.py")


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ran]:
    folders = {name: tmp_path_factory.mktemp(name) for name in ("neighbour", "pair")}
    return at_once(
        {
            "neighbour": lambda: with_a_neighbour(folders["neighbour"]),
            "pair": lambda: pair(folders["pair"]),
        }
    )


@pytest.mark.ray
@pytest.mark.parametrize("name", ["neighbour", "pair"])
def test_a_new_file_runs_at_once_outside_the_project(ran: dict[str, Ran], name: str) -> None:
    assert code_when_quiet(ran[name].code, ran[name].results) == 0, ran[name].said
    assert ran[name].results.status is Status.COMPLETE
    assert len({trial.answer_sha256 for trial in ran[name].results.trials}) == 1


@pytest.mark.ray
def test_every_worker_runs_the_source_of_the_file_and_its_neighbour(ran: dict[str, Ran]) -> None:
    seen = ran["neighbour"]
    sources = {process.source_sha256 for side in Side for process in seen.workers(side)}
    assert sources == {seen.results.code.source_sha256}
    assert "" not in sources


@pytest.mark.ray
def test_the_programs_of_a_new_pair_tell_of_their_workers(ran: dict[str, Ran]) -> None:
    assert len({process.pid for process in ran["pair"].workers(Side.DISTRIBUTED)}) == 2
    assert {trial.items for trial in ran["pair"].results.trials} == {6_000_000}


def test_the_new_file_is_named_with_how_to_run_it(tmp_path: Path) -> None:
    assert (
        next_step(new("mine", tmp_path))
        == "wrote mine.py\nrun it: twoclocks race --workload mine.py"
    )


def test_a_new_pair_comes_with_its_two_programs(tmp_path: Path) -> None:
    assert [path.name for path in new("gaps", tmp_path, Start.COMMANDS)] == [
        "gaps.py",
        "gaps_baseline.py",
        "gaps_distributed.py",
    ]


def test_the_name_takes_the_place_of_the_templates(tmp_path: Path) -> None:
    text = "".join(path.read_text() for path in new("gaps", tmp_path, Start.COMMANDS))
    assert "mine" not in text
    assert 'name="gaps"' in text


def test_a_name_may_be_typed_with_its_ending(tmp_path: Path) -> None:
    assert new("gaps.py", tmp_path) == (tmp_path / "gaps.py",)


@pytest.mark.parametrize("taken", ["gaps.py", "gaps_distributed.py"])
def test_nothing_is_written_where_one_of_the_files_is_there(tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("mine")
    with pytest.raises(BadRequest, match=f"^{taken} exists already$"):
        new("gaps", tmp_path, Start.COMMANDS)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [(taken, "mine")]


@given(st.text().filter(lambda name: not name.removesuffix(".py").isidentifier()))
def test_a_name_that_no_module_can_have_is_refused(name: str) -> None:
    with pytest.raises(BadRequest):
        new(name, Path("nowhere"))


@pytest.mark.parametrize("name", ["class", "a b", "../up", "9lives", "x" * 70])
def test_a_name_that_would_lead_elsewhere_or_mean_something_else_is_refused(
    tmp_path: Path, name: str
) -> None:
    with pytest.raises(BadRequest, match="cannot be the name of a Python module"):
        new(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match=r"^cannot write mine\.py: No such file or directory$"):
        new("mine", tmp_path / "nowhere")


def test_the_verb_writes_into_the_folder_it_is_typed_in(tmp_path: Path) -> None:
    ran = subprocess.run(
        [PYTHON, "-m", "demo", "new", "mine"],
        cwd=tmp_path,
        env=surroundings(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.splitlines() == ["wrote mine.py", "run it: twoclocks race --workload mine.py"]
    assert os.listdir(tmp_path) == ["mine.py"]


def test_the_programs_of_a_pair_run_alone_too(tmp_path: Path) -> None:
    new("gaps", tmp_path, Start.COMMANDS)
    for command in (
        ["gaps_baseline.py", "50000", "one"],
        ["gaps_distributed.py", "50000", "2", "two"],
    ):
        subprocess.run(
            [PYTHON, *command], cwd=tmp_path, env=surroundings(), check=True, capture_output=True
        )
    assert (tmp_path / "one").read_text() == (tmp_path / "two").read_text()


SIZE = "1,210,700,032 parameters, 19.4 GB of weights, gradients and moments"


@pytest.fixture(scope="module")
def torch_pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ...]:
    return new("large", tmp_path_factory.mktemp("torch"), Start.TORCH)


def test_a_pair_for_gpus_comes_with_its_model_and_two_programs(
    torch_pair: tuple[Path, ...],
) -> None:
    assert [path.name for path in torch_pair] == [
        "large.py",
        "large_training.py",
        "large_baseline.py",
        "large_distributed.py",
    ]
    for path in torch_pair:
        text = path.read_text()
        compile(text, path.name, "exec")
        assert "mine" not in text


def test_a_pair_for_gpus_is_read_as_one(torch_pair: tuple[Path, ...]) -> None:
    pair = find(str(torch_pair[0]))
    assert isinstance(pair, CommandPair)
    assert (pair.name, pair.compared, pair.has_quality) == ("large", "", True)


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (("large_baseline.py",), f"{SIZE}: 19.4 GB on each of 1\n"),
        (("large_distributed.py", "--workers", "4"), f"{SIZE}: 4.84 GB on each of 4\n"),
    ],
)
def test_what_a_gpu_has_to_hold_is_said_without_pytorch(
    torch_pair: tuple[Path, ...], program: tuple[str, ...], said: str
) -> None:
    ran = subprocess.run(
        [PYTHON, *program, "--dry-run"],
        cwd=torch_pair[0].parent,
        env=surroundings(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout == said


def test_the_verb_writes_a_pair_for_gpus_and_one_kind_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "large", "--template", "torch"]) == 0
    assert len(os.listdir()) == 4
    assert main(["new", "other", "--template", "torch", "--commands"]) == 2
    assert len(os.listdir()) == 4


FILES = {
    Start.AGENDA: ("talk.toml", "rehearse it: twoclocks rehearse --talk talk.toml"),
    Start.PRICES: ("prices.toml", "use it: twoclocks race --prices prices.toml"),
    Start.DECLARED: ("result.toml", "show it: twoclocks slide result.toml"),
    Start.JUPYTER: (
        "headline.ipynb",
        "open it where Jupyter has twoclocks: jupyter lab headline.ipynb",
    ),
    Start.MARIMO: ("headline.py", "show it where marimo has twoclocks: marimo run headline.py"),
}


@pytest.mark.parametrize("start", FILES)
def test_a_file_that_hints_name_is_written_with_its_use(start: Start, tmp_path: Path) -> None:
    name, use = FILES[start]
    files = new("", tmp_path, start)
    assert files == (tmp_path / name,)
    assert next_step(files, start) == f"wrote {name}\n{use}"


def test_the_files_that_hints_name_are_read_as_they_are(tmp_path: Path) -> None:
    assert read_agenda(new("", tmp_path, Start.AGENDA)[0]) == read_agenda()
    assert read_prices(new("", tmp_path, Start.PRICES)[0]) == read_prices()
    assert Report.load(new("", tmp_path, Start.DECLARED)[0]).headline is not None


def test_such_a_file_may_have_another_name(tmp_path: Path) -> None:
    assert new("my-talk.toml", tmp_path, Start.AGENDA) == (tmp_path / "my-talk.toml",)
    assert new("slide.ipynb", tmp_path, Start.JUPYTER) == (tmp_path / "slide.ipynb",)


def test_the_verb_writes_a_notebook_for_jupyter_or_for_marimo_and_one_kind_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "--notebook", "jupyter"]) == 0
    assert main(["new", "--notebook", "marimo"]) == 0
    assert main(["new", "--notebook", "marimo", "--agenda"]) == 2
    assert sorted(os.listdir()) == ["headline.ipynb", "headline.py"]


@pytest.mark.parametrize("name", ["../up", "a b", "-x", "x" * 70])
def test_such_a_file_is_not_written_elsewhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="cannot be the name of the file"):
        new(name, tmp_path, Start.AGENDA)


def test_a_workload_needs_a_name(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="NAME of the new file is missing"):
        new("", tmp_path)


def test_two_kinds_of_file_are_not_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["new", "--agenda", "--prices"]) == 2
    assert "--agenda and --prices are two files" in capsys.readouterr().err
