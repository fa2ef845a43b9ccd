from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta

from harness.errors import BadRequest
from harness.files.config_file import ConfigFile, Day, Line, Table


class Seat(Table, frozen=True):
    row: Annotated[int, Meta(ge=1, le=30)]
    taken: bool = False


class Hall(Table, frozen=True):
    name: Line
    opened: Day | None = None
    price: float = 0.0
    stage: Seat | None = None
    seats: Annotated[tuple[Seat, ...], Meta(max_length=2)] = ()


def load(text: str, folder: Path) -> Hall:
    """Return the hall that a file with this text describes."""
    path = folder / "hall.toml"
    path.write_text(text, encoding="utf-8")
    return ConfigFile(path, "hall", "ask the usher").load(Hall)


def refusal(text: str, folder: Path) -> tuple[str, str]:
    """Return the sentence, without the file's name, and the hint of a refused file."""
    with pytest.raises(BadRequest) as refused:
        load(text, folder)
    return refused.value.sentence.partition("cannot be used: ")[2], refused.value.hint


def test_a_file_is_decoded_into_its_type(tmp_path: Path) -> None:
    hall = load('name = "Aula"\nopened = 1911-05-01\n[[seats]]\nrow = 3\ntaken = true', tmp_path)
    assert hall == Hall(name="Aula", opened=Day("1911-05-01"), seats=(Seat(row=3, taken=True),))


def test_a_day_may_be_written_in_quotes(tmp_path: Path) -> None:
    assert load('name = "Aula"\nopened = "1911-05-01"', tmp_path).opened == "1911-05-01"


REFUSED = {
    "": ("name is missing", "ask the usher"),
    "name = 5": ("name is 5, not a text", 'put it in quotes: name = "…"'),
    'name = " "': ("name is empty", "ask the usher"),
    'name = "a"\nnmae = "b"': ("'nmae' is not known", "did you mean name?"),
    'name = "a"\nstage = 3': (
        "stage is 3, not a table",
        "begin it with a line of its own: [stage]",
    ),
    'name = "a"\n[stage]\nrow = 31': ("stage.row is 31, the most is 30", "ask the usher"),
    'name = "a"\n[stage]\nrow = 0': ("stage.row is 0, the least is 1", "ask the usher"),
    'name = "a"\n[stage]\nroww = 3': ("'roww' is not known in stage", "did you mean row?"),
    'name = "a"\n[[seats]]\nrow = 1\n[[seats]]\nzzz = 1': (
        "'zzz' is not known in seats[1]",
        "it may hold row, taken",
    ),
    'name = "a"\n[[seats]]\nrow = 1\ntaken = "no"': (
        "seats[0].taken is 'no', not true or false",
        "write taken = true, or false",
    ),
    'name = "a"\n[seats]': (
        "seats is a table, not a list of tables",
        "begin each with a line of its own: [[seats]]",
    ),
    'name = "a"\n' + "[[seats]]\nrow = 1\n" * 3: (
        "seats has 3 tables, the most is 2",
        "ask the usher",
    ),
    'name = "a"\nopened = "soon"': ("opened is 'soon', not a day", "write it as 2026-11-22"),
    'name = "a\\u001b[2J"': (
        "name is too long or has characters that cannot be shown",
        "ask the usher",
    ),
    'name = "a"\nprice = "free"': ("price is 'free', not a number", "ask the usher"),
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_fault_is_one_sentence_with_the_place_and_the_value(text: str, tmp_path: Path) -> None:
    assert refusal(text, tmp_path) == REFUSED[text]


@pytest.mark.parametrize("text", ["name = ", "\x00", "a = " + "[" * 50_000])
def test_what_is_no_toml_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="is not TOML"):
        load(text, tmp_path)
