"""What somebody may type, and what the program answers: one sentence, and a hint about it."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from demo.__main__ import main
from harness.files.results import save
from tests.builders import a_results, a_workload_file

ROOT = Path(__file__).parents[2]
SHOWCASE = str(ROOT / "recordings" / "showcase")
SIMULATED = ("--workload", "simulated")
HELP = "`twoclocks {} --help` lists its options"
BUILT_IN = (
    "the built-in ones are commands, dedup, embed, recommend, research, serve, shard,"
    " simulated, train; or give"
)


@dataclass(frozen=True)
class Case:
    """What is typed, the sentence it is answered with, and the beginning of the hint."""

    typed: tuple[str, ...]
    sentence: str
    hint: str = ""

    def __str__(self) -> str:
        """Return what the test is called by."""
        return " ".join(self.typed).replace(str(ROOT), "")


def case(typed: str, sentence: str, hint: str = "") -> Case:
    """Return the case of words that are typed with blanks between; ``''`` is an empty one."""
    words = typed.replace("SHOWCASE", SHOWCASE).replace("SIM", " ".join(SIMULATED)).split()
    return Case(tuple("" if word == "''" else word for word in words), sentence, hint)


CASES = (
    # misspelt
    case("rase", "there is no verb 'rase'", "did you mean race?"),
    case("slid take", "there is no verb 'slid'", "did you mean slide?"),
    case("nonsense", "there is no verb 'nonsense'", "`twoclocks --help` lists the verbs"),
    case("race --worker 3", "there is no option --worker", "did you mean --workers?"),
    case("--wrokload embed", "there is no option --wrokload", "did you mean --workload?"),
    case("--versoin", "there is no option --versoin", "did you mean --version?"),
    case("audit --jsn", "there is no option --jsn", "did you mean --json?"),
    case("--xyzzy", "there is no option --xyzzy", HELP.format("race")),
    case("slide take --theme drak", "--theme drak is not one of light, dark", "did you mean dark?"),
    case(
        "slide take --format xml",
        "--format xml is not one of md, csv, json, tex",
        HELP.format("slide"),
    ),
    case(
        "SIM --ui lvie",
        "--ui lvie is not one of auto, live, plain, json, none",
        "did you mean live?",
    ),
    case(
        "SIM --schedule inturn",
        "--schedule inturn is not one of auto, in-turn, together",
        "did you mean in-turn?",
    ),
    case("--workload embd", "there is no workload named 'embd'", "did you mean embed?"),
    case("--workload embed.py", "there is no workload file embed.py", "did you mean embed?"),
    case("SIM --set secnds=3", "simulated has no setting 'secnds'", "did you mean seconds?"),
    # names of workloads that are none
    case("--workload ''", "there is no workload named ''", BUILT_IN),
    case("--workload ../x", "there is no workload named '../x'", BUILT_IN),
    case("--workload empty.py", "empty.py defines no WORKLOAD", "write WORKLOAD = Workload(…)"),
    case(
        "--workload broken.py",
        "broken.py cannot be loaded: SyntaxError: invalid syntax (broken.py, line 1)",
    ),
    case(
        "--workload raises.py",
        "raises.py cannot be loaded: ZeroDivisionError: division by zero",
        "it was raised in raises.py, line 2, in ratio",
    ),
    case(
        "--workload exits.py",
        "exits.py cannot be loaded: Python ended with exit code 7",
    ),
    case(
        "SIM --set quality=\udcff", r"'quality=\udcff' is not UTF-8", "type it in a terminal that"
    ),
    # numbers
    case("--workers 0", "--workers 0 is not a whole number of 1 or more", HELP.format("race")),
    case("--workers -1", "--workers -1 is not a whole number of 1 or more", HELP.format("race")),
    case("--workers nan", "--workers nan is not a whole number of 1 or more", HELP.format("race")),
    case("--workers ''", "--workers is not a whole number of 1 or more", HELP.format("race")),
    case("--workers", "--workers needs a value", HELP.format("VERB")[:23]),
    case("--trials 101", "--trials 101 is not a whole number from 1 to 100", HELP.format("race")),
    case(
        "--cores-per-worker 99999999999",
        "--cores-per-worker 99999999999 is not a whole number from 1 to 10,000",
        HELP.format("race"),
    ),
    case(
        "--stall-after nan",
        "--stall-after nan is not a number from 1 to 3,600",
        HELP.format("race"),
    ),
    case(
        "SIM --workers 99999999999999999999",
        "99,999,999,999,999,999,999 workers are more than the panel can show",
        "use --workers 10,000 or fewer",
    ),
    case(
        "SIM --baseline-cores -1",
        "--baseline-cores -1 is neither a number of cores nor all",
        "use --baseline-cores 1, or all",
    ),
    case(
        "SIM --baseline-cores 99999999999",
        "--baseline-cores 99999999999 is neither a number of cores nor all",
        "use --baseline-cores 1, or all",
    ),
    case("SIM --set seconds=nan", "--set seconds=nan is not a number", "the default is seconds=12"),
    case("SIM --set seconds=", "--set seconds= is not a number", "the default is seconds=12"),
    case("SIM --set seconds=1e300", "--set seconds=1e300 is more than 1e+15"),
    case(
        "SIM --set chunks=1.5", "--set chunks=1.5 is not a whole number", "the default is chunks="
    ),
    case(
        "SIM --set chunks=-3",
        "simulated cannot run with these settings: chunks=-3 is not between 1 and 100,000",
        "the default is chunks=400",
    ),
    case("SIM --set chunks", "--set 'chunks' has no value", "write it as --set chunks=VALUE"),
    case(
        "sweep SIM --workers 1,,2",
        "--workers 1,,2 must be whole numbers in ascending order",
        "write for example --workers 1,2,4,8",
    ),
    case(
        "record SIM --size 1x1",
        "--size 1x1 is not between 80×24, which the panel needs, and 400×120",
        "use --size 100x30",
    ),
    # takes
    case("slide nowhere", "there is no results file nowhere", "give the results.json"),
    case("slide bare", "bare holds no take", "name a folder that has a results.json"),
    case(
        "audit killed",
        "the take killed has no results.json: its race is still running, or was killed",
        "what happened in it is in its events.jsonl",
    ),
    case(
        "slide other",
        "other/results.json has the schema 'twoclocks.results/9', "
        "this program reads 'twoclocks.results/1'",
        "read it with the version that wrote it",
    ),
    case(
        "slide take take",
        "these sessions cannot be combined: run 7c21 is there twice",
        "name each session once",
    ),
    case("play take", "the take take was not recorded", "`twoclocks slide take` shows it"),
    case("verify-cast take", "the take take was not recorded", "`twoclocks slide take` shows it"),
    case("play nowhere", "there is no take nowhere", "`twoclocks record` makes a recorded one"),
    case("play", "there is no recording here", "make one with `twoclocks record`"),
    case(
        "play SHOWCASE --into x.avi",
        "a recording cannot be written as x.avi",
        "end the name with .html, .gif or .mp4",
    ),
    case("new take/x", "'take/x' cannot be the name of a Python module", "use letters, digits and"),
    case("new class", "'class' cannot be the name of a Python module: it is a word of Python's"),
    case("new", "the NAME of the new file is missing", "give the new file a name"),
    # options that contradict one another
    case("audit take extra", "extra is one argument too many", HELP.format("audit")),
    case("--baseline true", "--baseline needs --distributed too", "give both commands: --baseline"),
    case(
        "--workload train --baseline true --distributed true",
        "--baseline is for two programs of your own, not for --workload train",
        "leave out --baseline or --workload",
    ),
    case(
        "slide take --format md --into x.pptx",
        "--format prints and --into updates a deck",
        "run slide once for each",
    ),
    case("record SIM --ui plain", "only the live panel can be recorded, not --ui plain", "leave"),
    case(
        "sweep SIM --schedule together",
        "a sweep always runs in turn, never together",
        "leave --schedule out",
    ),
    case(
        "SIM --fallback",
        "--fallback works only with the live panel",
        "leave --fallback out",
    ),
)


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder with takes and workloads that cannot be used."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    files = {
        "bare/notes.txt": "",
        "killed/events.jsonl": "",
        "other/results.json": '{"schema": "twoclocks.results/9"}',
        "empty.py": "",
        "broken.py": "def f(:",
        "raises.py": "def ratio():\n    return 1 / 0\nratio()",
        "exits.py": "import os\nos._exit(7)",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (tmp_path / "take").mkdir()
    save(a_results(), tmp_path / "take" / "results.json")


@pytest.mark.parametrize("asked", CASES, ids=str)
def test_a_bad_request_is_answered_by_one_sentence_and_a_hint_about_it(
    asked: Case, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(list(asked.typed))
    said = capsys.readouterr()
    first, *rest = said.err.splitlines()
    assert (code, said.out, first) == (2, "", f"error: {asked.sentence}")
    assert len(rest) == bool(asked.hint)
    assert "".join(rest).startswith(f"hint: {asked.hint}" if asked.hint else "")


@pytest.mark.parametrize("address", ["http://127.0.0.1:8265", "ray://127.0.0.1:10001", "head"])
def test_an_address_in_the_environment_is_refused_by_the_name_of_its_variable(
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    path = a_workload_file(tmp_path, "fields['simulated'] = False")
    assert main(["--workload", path, "--workers", "1"]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: RAY_ADDRESS={address} is ")
    assert "--address" not in said
