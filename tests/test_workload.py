from pathlib import Path

import pytest

from harness.run.find import built_in, find
from tests.builders import a_workload_file, find_workload

MOST_CHARACTERS = {
    "bottleneck": 76,
    "partition": 105,
    "communication": 105,
    "consistency": 105,
    "neighbour": 112,
    "limitation": 112,
}


@pytest.mark.parametrize("name", built_in())
def test_what_every_built_in_one_says_of_itself_fits_a_slide(name: str) -> None:
    said = find(name)
    assert {
        field: len(getattr(said, field))
        for field, most in MOST_CHARACTERS.items()
        if len(getattr(said, field)) > most
    } == {}


def test_the_words_are_the_workload_without_its_functions(tmp_path: Path) -> None:
    made = find_workload(a_workload_file(tmp_path))
    assert (made.words.name, made.words.unit, made.words.metric) == ("made", "items", "score")
