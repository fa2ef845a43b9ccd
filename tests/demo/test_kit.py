"""The verb that prints what a cluster needs: which options it hands on, and what it refuses."""

import shlex
import subprocess
from pathlib import Path

import pytest

from demo.__main__ import main
from tests.builders import a_workload_file
from tests.kit.shells import read_by_shell

pytestmark = pytest.mark.usefixtures("described_once")

SIMULATED = ("--workload", "simulated", "--workers", "4")


@pytest.fixture(autouse=True)
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def raced(capsys: pytest.CaptureFixture[str], *options: str) -> list[str]:
    """Return the words of the race that a kit for a job would submit."""
    assert main(["kit", "--for", "job", *options]) == 0
    script = capsys.readouterr().out
    typed = script.partition("--no-wait -- ")[2].partition(" &&\ntwoclocks follow")[0]
    return read_by_shell(subprocess.list2cmdline(shlex.split(typed)))


def refused(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    assert main(["kit", *options]) == 2
    return capsys.readouterr().err


def test_strikes_and_spares_are_handed_on(capsys: pytest.CaptureFixture[str]) -> None:
    chaos = ("--chaos", "kill:w1@33%", "--chaos", "kill:w0@5s", "--spares", "1")
    words = raced(capsys, *SIMULATED, *chaos)
    at = words.index("--chaos")
    assert words[at : at + len(chaos)] == [*chaos]


def test_what_was_typed_is_handed_on_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    typed = (*SIMULATED, "--trials", "2", "--set", "seconds=1", "--set", "chunks=8", "--hosts", "2")
    assert raced(capsys, *typed, "--no-prove-baseline") == [
        *("twoclocks", "race", "--workload", "simulated", "--workers", "4", "--trials", "2"),
        *("--set", "seconds=1", "--set", "chunks=8"),
        *("--no-prove-baseline", "--ui", "json", "--address", "auto"),
    ]


def test_a_pair_of_commands_is_handed_on_word_for_word(capsys: pytest.CaptureFixture[str]) -> None:
    pair = ("--baseline", "echo 'a  b' $x", "--distributed", 'echo "{workers}"')
    assert raced(capsys, "--workers", "2", *pair)[2:8] == [*pair, "--workers", "2"]


@pytest.mark.parametrize("form", ["job", "rayjob", "raycluster", "hosts"])
def test_every_form_is_printed(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kit", "--for", form, *SIMULATED]) == 0
    assert "twoclocks" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--for", "job", "--workload", "simulated"), "the number of workers must be given"),
        (("--for", "job", *SIMULATED, "--hosts", "5"), "5 hosts are more than the 4 workers"),
        (("--for", "job", *SIMULATED, "--address", "a:1"), "--address is not for kit"),
        (("--for", "job", *SIMULATED, "--set", "second=1"), "simulated has no setting 'second'"),
        (
            ("--for", "job", *SIMULATED, "--prices", "/etc/p.toml"),
            "is not in this folder or below it",
        ),
        (("--for", "helm", *SIMULATED), "--for helm is not one of job, rayjob"),
        (("--for", "job", *SIMULATED, "--head", "a b"), "--head a b is neither"),
        (SIMULATED, "--for"),
    ],
)
def test_what_cannot_be_is_refused_in_one_sentence(
    options: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert sentence in refused(capsys, *options)


def test_a_folder_s_files_are_sent_with_a_workload_of_ones_own(
    desk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = a_workload_file(desk)
    assert main(["kit", "--for", "job", "--workload", Path(own).name, "--workers", "2"]) == 0
    assert "--working-dir ." in capsys.readouterr().out
