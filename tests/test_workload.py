import subprocess
import sys
from pathlib import Path

import pytest

from harness.model import Parameters
from harness.run.find import built_in, find
from harness.workload import Workload
from tests.builders import a_workload_file, find_workload

ROOT = Path(__file__).parent.parent
MOST_CHARACTERS = {
    "bottleneck": 76,
    "partition": 105,
    "communication": 105,
    "consistency": 105,
    "why_not_another_axis": 112,
    "limitation": 112,
}


@pytest.mark.parametrize("name", built_in())
def test_what_every_built_in_one_says_of_itself_fits_a_slide(name: str) -> None:
    slide = find(name).slide
    assert {
        field: len(getattr(slide, field))
        for field, most in MOST_CHARACTERS.items()
        if len(getattr(slide, field) or "") > most
    } == {}


OWN: dict[str, Parameters] = {
    "dedup": {"input": "mine.jsonl"},
    "dedup ": {"documents": 1000},
    "recommend": {"ratings": "mine.csv"},
    "recommend ": {"users": 1000},
}


@pytest.mark.parametrize("name", OWN)
def test_what_is_said_of_the_default_input_is_not_said_of_another(name: str) -> None:
    workload = find(name.strip())
    assert isinstance(workload, Workload)
    own = workload.words_with(workload.defaults | OWN[name])
    assert own.bottleneck != workload.words.bottleneck
    assert not any(letter.isdigit() for letter in own.bottleneck + own.neighbour)
    most = MOST_CHARACTERS | {"neighbour": 112}
    assert all(len(getattr(own, field, "")) <= most[field] for field in most)
    assert workload.words_with(workload.defaults | {"seed": 7}) == workload.words


def test_the_words_are_the_workload_without_its_functions(tmp_path: Path) -> None:
    made = find_workload(a_workload_file(tmp_path))
    assert (made.words.name, made.words.unit, made.words.metric) == ("made", "items", "score")


TYPED = """
from harness.workload import Pool, Problem, Reporter, Workload


def load(params: object) -> Problem[list[int], float]:
    return Problem(input=[1], held_out=1.0, items=1)


def baseline(numbers: list[int], report: Reporter) -> int:
    return sum(numbers)


def distributed(numbers: list[int], pool: Pool, report: Reporter) -> ANSWER:
    results = pool.map(FUNCTION, numbers)
    return results[0].value


def quality(answer: int, held_out: float) -> float:
    return answer / held_out


WORKLOAD = Workload(
    name="typed", load=load, baseline=baseline, distributed=distributed, quality=quality
)
"""


@pytest.mark.parametrize(
    ("answer", "function", "fault"),
    [
        ("int", "abs", ""),
        ("str", "str", "typed.py:22: error"),
        ("str", "abs", "typed.py:15: error: Incompatible return value type"),
        ("int", "len", 'typed.py:14: error: Argument 1 to "map"'),
    ],
    ids=["both alike", "sides differ", "result differs", "no function of a chunk"],
)
def test_a_type_checker_sees_whether_both_sides_return_what_quality_takes(
    tmp_path: Path, answer: str, function: str, fault: str
) -> None:
    path = tmp_path / "typed.py"
    path.write_text(TYPED.replace("ANSWER", answer).replace("FUNCTION", function))
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert fault in checked.stdout
    assert (checked.returncode == 0) == (not fault), checked.stdout
