from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.cells.command import Option, environment_of_race, race_command
from demo.cli import verbs
from harness.errors import BadRequest
from harness.workload import Workload


def words(workload: str = "", **options: Option) -> list[str]:
    """Return what a cell's race adds to the words of every such race."""
    command = race_command(workload, {}, options)
    place = command.index("--yes")
    assert command[place - 3 : place] == ["demo.__main__", "race", "--ui=json"]
    return command[place + 1 :]


def test_a_cell_names_options_as_python_does() -> None:
    assert words("embed", workers=2, prove_baseline=True, spot=False, trials=None) == [
        "--workload=embed",
        "--workers=2",
        "--prove-baseline",
    ]


def test_settings_become_those_of_the_workload() -> None:
    assert race_command("embed", {"passages": 100, "model": "x=y"}, {})[-2:] == [
        "--set=passages=100",
        "--set=model=x=y",
    ]


def test_several_values_are_several_options() -> None:
    assert words(warmup=[1, Path("a b")]) == ["--warmup=1", "--warmup=a b"]


@pytest.mark.parametrize("name", ["ui", "yes", "set"])
def test_what_the_cell_decides_cannot_be_chosen(name: str) -> None:
    with pytest.raises(BadRequest, match=f"^{name}= cannot be chosen in a cell$") as refused:
        words(**{name: "plain"})
    assert refused.value.hint


def test_a_workload_that_is_no_file_is_refused_with_the_way_to_make_it_one() -> None:
    with pytest.raises(BadRequest, match="named by its file here, not given as type") as refused:
        race_command(Workload, {}, {})  # type: ignore[arg-type] # as somebody may type it
    assert "%%writefile mine.py" in refused.value.hint


@given(value=st.text(min_size=1))
def test_whatever_a_value_is_it_stays_one_word_of_its_option(value: str) -> None:
    assert words(price=value) == [f"--price={value}"]


def test_every_option_of_the_verb_can_be_named_in_a_cell() -> None:
    named = {option for each in verbs.commands["race"].params for option in each.opts}
    assert all(option.removeprefix("--").replace("-", "_").isidentifier() for option in named)


@pytest.mark.parametrize(
    ("backend", "stays"), [("module://matplotlib_inline.backend_inline", False), ("agg", True)]
)
def test_programs_of_a_race_draw_into_no_cell(backend: str, stays: bool) -> None:
    cell = {"HOME": "/root", "MPLBACKEND": backend}
    assert ("MPLBACKEND" in (made := environment_of_race(cell))) is stays
    assert made["HOME"] == "/root"
