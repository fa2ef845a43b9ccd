import re
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.__main__ import main
from demo.cli import verbs
from harness.files.results import load, save
from harness.model import Kind, Side, Status
from tests.builders import a_results, a_workload_file

pytestmark = pytest.mark.usefixtures("described_once")

ROOT = Path(__file__).parents[2]
SIMULATED = ("--workload", "simulated", "--set", "seconds=0.1", "--set", "chunks=4")
SWEPT = ("sweep", *SIMULATED)
MEASURED = ("--workload", "measured.py", "--workers", "1")


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a measured workload, a file, a corrupt results file and a take."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv(
        "PYTHONPATH", str(ROOT)
    )  # a checkout that is not installed is found from its own folder only
    a_workload_file(tmp_path, "fields['simulated'] = False", "measured.py")
    Path("file").write_text("a file")
    Path("corrupt.json").write_text('{"schema": "twoclocks.results/1", "run_id": 7}')
    Path("held").mkdir()
    Path("held/results.json").write_text("precious")
    return tmp_path


def standing(folder: Path) -> dict[str, bytes | None]:
    """Return every file below the folder with its content; Python's own caches are left out."""
    paths = (path for path in folder.rglob("*") if "__pycache__" not in path.parts)
    return {str(path): path.read_bytes() if path.is_file() else None for path in paths}


BAD = {
    "unknown workload": (
        ["--workload", "simulatd"],
        "there is no workload named 'simulatd'",
        "did you mean simulated?",
    ),
    "missing file": (
        ["--workload", "none.py"],
        "there is no workload file none.py",
        "the built-in ones are ",
    ),
    "unknown parameter": (
        ["--workload", "simulated", "--set", "second=3"],
        "simulated has no setting 'second'",
        "did you mean seconds?",
    ),
    "ill-typed parameter": (
        ["--workload", "simulated", "--set", "chunks=x"],
        "--set chunks=x is not a whole number",
        "the default is chunks=400",
    ),
    "senseless parameter": (
        ["--workload", "simulated", "--set", "chunks=0"],
        "simulated cannot run with these settings: chunks=0",
        "the default is chunks=400",
    ),
    "parameter without a value": (
        ["--workload", "simulated", "--set", "chunks"],
        "--set 'chunks' has no value",
        "write it as --set chunks=VALUE",
    ),
    "folder below a file": (
        [*SIMULATED, "--out", "file/take"],
        "cannot write file/take: Not a directory",
        "name another folder",
    ),
    "folder in use": (
        [*SIMULATED, "--out", "held"],
        "held holds a take already",
        "name a new folder with --out",
    ),
    "too many workers": (
        ["--workload", "measured.py", "--workers", "5000"],
        "5,000 workers with 1 core each need 5,000 cores; this machine has ",
        "use --workers ",
    ),
    "far too many workers": (
        [*SIMULATED, "--workers", "10001"],
        "10,001 workers are more than the panel",
        "use --workers 10,000",
    ),
    "too wide a baseline": (
        [*MEASURED, "--baseline-cores", "5000"],
        "the baseline needs 5000 cores; this machine has ",
        "use --baseline-cores ",
    ),
    "no baseline": (
        [*MEASURED, "--baseline-cores", "none"],
        "--baseline-cores none is neither",
        "use --baseline-cores 1, or all",
    ),
    "client address": (
        [*MEASURED, "--address", "ray://head:10001"],
        "'ray://head:10001' is a Ray Client address",
        "run on a node",
    ),
    "no address": (
        [*MEASURED, "--address", "head"],
        "'head' is not an address of the form host:port",
        "the head node prints",
    ),
    "unreachable": (
        [*MEASURED, "--address", "{deaf}"],
        "no cluster answers at '{deaf}'",
        "start one with `ray start --head`",
    ),
    "no live terminal": (
        [*SIMULATED, "--ui", "live"],
        "the live panel needs a terminal that can draw",
        "use --ui plain",
    ),
    "missing prices": (
        [*SIMULATED, "--prices", "none.toml"],
        "there is no price list none.toml",
        "`twoclocks new --prices`",
    ),
    "no list of scales": (
        [*SWEPT, "--workers", "4,2"],
        "--workers 4,2 must be whole numbers",
        "write for example --workers 1,2,4,8",
    ),
    "too many scales": (
        ["sweep", *MEASURED[:2], "--workers", "1,5000"],
        "5,000 workers with 1 core each need 5,000 cores; this machine has ",
        "leave out what is above",
    ),
    "sweep together": (
        [*SWEPT, "--schedule", "together"],
        "a sweep always runs in turn",
        "leave --schedule out",
    ),
    "crowded race": (
        ["--oversubscribe"],
        "there is no option --oversubscribe",
        "`twoclocks race --help`",
    ),
    "unknown option": (["--speed", "9"], "there is no option --speed", "`twoclocks race --help`"),
    "no trials": (
        ["--trials", "0"],
        "--trials 0 is not a whole number from 1 to 100",
        "`twoclocks race --help`",
    ),
    "unknown schedule": (
        ["--schedule", "later"],
        "--schedule later is not one of auto, in-turn, together",
        "`twoclocks race --help`",
    ),
    "unknown verb": (["rase"], "there is no verb 'rase'", "did you mean race?"),
    "corrupt results": (
        ["slide", "corrupt.json"],
        "corrupt.json is not a valid results file",
        "use the file as it was written",
    ),
    "missing results": (
        ["slide", "none.json"],
        "there is no results file none.json",
        "give the results.json of a finished session",
    ),
    "no results yet": (
        ["slide"],
        "there is no take in recordings/latest yet",
        "make one with `twoclocks race`",
    ),
    "no recording yet": (
        ["verify-cast"],
        "there is no take in recordings/latest yet",
        "make one with `twoclocks record`",
    ),
    "text for results": (["slide", "file"], "file is not a JSON document", "give the results.json"),
    "slide below a file": (
        ["slide", "corrupt.json", "--out", "file/slides"],
        "cannot write file/slides",
        "name another folder",
    ),
}


@pytest.fixture
def deaf() -> Iterator[str]:
    """Yield an address that is taken and where nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{taken.getsockname()[1]}"


@pytest.mark.parametrize(("arguments", "sentence", "hint"), BAD.values(), ids=BAD)
def test_a_bad_request_is_one_sentence_and_one_hint(
    desk: Path,
    deaf: str,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    sentence: str,
    hint: str,
) -> None:
    before = standing(desk)
    code = main([argument.replace("{deaf}", deaf) for argument in arguments])
    told = capsys.readouterr()
    first, second = told.err.splitlines()
    assert (code, told.out) == (2, "")
    assert first.startswith("error: " + sentence.replace("{deaf}", deaf))
    assert second.startswith("hint: " + hint)
    assert standing(desk) == before  # a side that was started would have left its log


def test_a_shorter_way_to_race_is_to_name_no_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--workload", "simulatd"]) == main(["race", "--workload", "simulatd"]) == 2
    first, second = capsys.readouterr().err.split("error: ")[1:]
    assert first == second


def test_what_was_typed_cannot_move_the_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    main(["--workload", "simulated", "--set", "chunks=\x1b[2J\x07"])
    assert all(line.isprintable() for line in capsys.readouterr().err.splitlines())


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], ["race", "--help"], ["slide", "-h"]])
def test_help_is_no_error(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 0
    assert capsys.readouterr().out.startswith("Usage: twoclocks")


def test_a_verb_is_a_whole_line_of_the_help(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    main(["--help"])
    lines = capsys.readouterr().out.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    assert len(lines) == len(verbs.commands)
    assert [line for line in lines if not re.fullmatch(r"  [a-z-]+ +[A-Z].*[^.]\.", line)] == []


@pytest.mark.parametrize("verb", verbs.commands)
def test_the_help_of_a_verb_names_its_own_options_only_each_once(
    verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main([verb, "--help"])
    told = capsys.readouterr().out
    options = re.findall(r"^  (?:-h, )?(--[a-z-]+)", told, re.MULTILINE)
    assert len(options) == len({*options})
    assert {*re.findall(r"--[a-z-]+", told)} - {f"--no-{name[2:]}" for name in options} == {
        *options
    }


def test_every_option_of_a_race_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    main(["race", "--help"])
    told = capsys.readouterr().out
    assert all(
        f"--{option}" in told
        for option in (
            "workload",
            "workers",
            "schedule",
            "trials",
            "set",
            "address",
            "ui",
            "out",
            "yes",
        )
    )


def test_a_sweep_has_the_options_of_a_race_but_for_those_of_one_number_of_workers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = []
    for verb in ("race", "sweep"):
        main([verb, "--help"])
        options.append(set(re.findall(r"^  (--[a-z-]+)", capsys.readouterr().out, re.MULTILINE)))
    race, sweep = options
    assert sweep - race == {"--oversubscribe"}
    assert race - sweep == {"--fallback"}


def test_a_sweep_ends_as_a_race_does_and_proves_its_baseline(
    capsys: pytest.CaptureFixture[str],
) -> None:
    # so that a clock which oversleeps on a busy machine makes no worker faster than the baseline
    lasting = ("--set", "seconds=1.5", "--ui", "plain", "--out", "take")
    assert main([*SWEPT, "--workers", "1,3", "--trials", "2", *lasting]) == 0
    results = load(Path("take/results.json"))
    assert [
        (trial.side, trial.index, trial.workers)
        for trial in sorted(results.trials, key=lambda trial: trial.order)
    ] == [
        (Side.BASELINE, 0, 1),
        (Side.DISTRIBUTED, 0, 1),
        (Side.DISTRIBUTED, 0, 3),
        (Side.DISTRIBUTED, 1, 3),
        (Side.DISTRIBUTED, 1, 1),
        (Side.BASELINE, 1, 1),
    ]
    assert results.spec.prove_baseline
    assert "take/results.json" in capsys.readouterr().out


def test_a_race_without_a_folder_goes_to_recordings_and_proves_nothing_unless_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main([*SIMULATED, "--ui", "plain"]) == 0
    (take,) = Path("recordings").iterdir()
    results = load(take / "results.json")
    assert (results.kind, results.status) == (Kind.SIMULATED, Status.COMPLETE)
    assert not results.spec.prove_baseline
    assert f"{take}/results.json" in capsys.readouterr().out


def test_json_leaves_standard_output_to_the_events(capfd: pytest.CaptureFixture[str]) -> None:
    assert main([*SIMULATED, "--ui", "json", "--out", "take"]) == 0
    told = capfd.readouterr()
    *printed, take = told.out.splitlines(keepends=True)
    journal = [one for one in printed if not one.startswith('{"schema":"twoclocks.heartbeat/1"')]
    assert "".join(journal) == Path("take/events.jsonl").read_text()
    assert take.startswith('{"schema":"twoclocks.take/1"')
    assert "NO HEADLINE" in told.err


def test_a_side_that_fails_ends_with_three(desk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = a_workload_file(
        desk, "def distributed(given, pool, report): raise MemoryError('too much')"
    )
    assert main(["--workload", path, "--ui", "none", "--out", "take"]) == 3
    first, second = capsys.readouterr().err.splitlines()
    assert first == "error: the distributed side failed: MemoryError: too much"
    assert second.startswith("hint: it was raised in made.py, line ")
    results = load(Path("take/results.json"))
    assert (results.status, results.remark) == (
        Status.FAILED,
        "the distributed side failed: MemoryError: too much",
    )
    assert not Path("take/headline.txt").exists()


def test_sides_that_loaded_something_else_end_with_four(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = a_workload_file(
        desk, "def load(params): return Problem(input=os.getpid(), held_out=0.5, items=5)"
    )
    assert main(["--workload", path, "--ui", "none", "--out", "take"]) == 4
    assert capsys.readouterr().err.startswith("error: the sides loaded different inputs: ")
    assert load(Path("take/results.json")).status is Status.FAILED


def test_a_slide_can_be_drawn_in_a_new_folder(capsys: pytest.CaptureFixture[str]) -> None:
    save(a_results(), Path("results.json"))
    assert main(["slide", "results.json", "--out", "new/slides"]) == 0
    assert capsys.readouterr().out == Path("new/slides/headline.txt").read_text()
    assert {"headline.png", "headline.svg", "fig-scaling.svg"} <= {
        path.name for path in Path("new/slides").iterdir()
    }


def test_a_refused_slide_ends_with_four(capsys: pytest.CaptureFixture[str]) -> None:
    save(a_results(status=Status.ABORTED), Path("results.json"))
    assert main(["slide", "results.json"]) == 4
    assert capsys.readouterr().out == Path("headline.txt").read_text()
