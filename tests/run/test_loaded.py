import gc
import weakref
from pathlib import Path
from typing import Any

import pytest

from harness.run.loaded import LoadedProblem
from tests.builders import a_workload_file, find_workload

SOURCE = """
loads = []

class Matrix(tuple): pass

def load(params):
    loads.append(params.size)
    return Problem(input=Matrix([params.size]), held_out=0.5, items=1)
"""


@pytest.fixture
def loaded(tmp_path: Path) -> LoadedProblem:
    workload = find_workload(a_workload_file(tmp_path, SOURCE))
    return LoadedProblem(workload, workload.defaults)


def loads(loaded: LoadedProblem) -> list[int]:
    sizes: list[int] = loaded.workload.load.__globals__["loads"]
    return sizes


def test_nothing_is_loaded_before_it_is_asked_for(loaded: LoadedProblem) -> None:
    assert loads(loaded) == []


def test_a_problem_is_loaded_once_for_the_same_settings(loaded: LoadedProblem) -> None:
    assert loaded.own is loaded.own is loaded.with_settings({"size": 5})
    assert loads(loaded) == [5]


def test_settings_are_laid_over_those_of_the_session_only(loaded: LoadedProblem) -> None:
    inputs = [
        loaded.with_settings({"size": 2}).input,
        loaded.own.input,
        loaded.with_settings({"size": 3}).input,
    ]
    assert inputs == [(2,), (5,), (3,)]


def test_a_problem_is_gone_before_the_next_one_is_loaded(tmp_path: Path) -> None:
    watched = (
        SOURCE
        + "\nalive = []\nfirst = load\n"
        + (
            "def load(params):\n    alive.append([one() for one in made])\n"
            "    problem = first(params)\n    made.append(weakref.ref(problem.input))\n"
            "    return problem\nimport weakref\nmade = []\n"
        )
    )
    watched = watched.replace("class Matrix(tuple)", "class Matrix(list)")
    workload = find_workload(a_workload_file(tmp_path, watched))
    holder = LoadedProblem(workload, workload.defaults)
    assert holder.own
    assert holder.with_settings({"size": 2})
    assert workload.load.__globals__["alive"] == [[], [None]]


def test_a_problem_that_was_let_go_is_loaded_again(loaded: LoadedProblem) -> None:
    before: Any = weakref.ref(loaded.own)
    loaded.let_go()
    gc.collect()
    assert before() is None
    assert loaded.own.input == (5,)
    assert loads(loaded) == [5, 5]
