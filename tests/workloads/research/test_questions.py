import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from workloads.research import inspection, questions
from workloads.research.planner import hops, plan_question
from workloads.research.questions import Facts, draw_questions, inspect_modules

MODULES = ["configparser", "json.decoder", "queue", "shlex"]


@pytest.fixture(scope="module")
def facts() -> dict[str, Facts]:
    return inspect_modules(MODULES)


def test_the_facts_are_what_inspect_says(facts: dict[str, Facts]) -> None:
    queue = facts["queue"]["PriorityQueue"]
    assert queue["kind"] == "class"
    assert queue["bases"] == ["Queue", "object"]
    assert queue["base"] == ["queue", "Queue"]
    assert queue["methods"]["put"]["parameters"] == ["item", "block", "timeout"]
    assert queue["methods"]["put"]["defaults"] == {"block": "True", "timeout": "None"}
    assert queue["methods"]["task_done"]["raises"] == "ValueError"
    assert facts["shlex"]["join"]["parameters"] == ["split_command"]


def test_every_question_has_a_plan_of_two_to_four_hops(facts: dict[str, Facts]) -> None:
    drawn = draw_questions(facts, 1000, seed=1)
    counted = Counter(hops(plan_question(question.text)) for question in drawn)
    assert set(counted) == {2, 3, 4}
    assert len({question.text for question in drawn}) == len(drawn) > 60
    assert all(question.answer for question in drawn)


def test_as_many_are_drawn_as_were_asked_for_of_each_length(facts: dict[str, Facts]) -> None:
    drawn = draw_questions(facts, 30, seed=1)
    counted = Counter(hops(plan_question(question.text)) for question in drawn)
    assert sum(counted.values()) == 30
    assert counted[2] == counted[3] == counted[4] == 10


def test_the_seed_alone_decides(facts: dict[str, Facts]) -> None:
    assert draw_questions(facts, 30, seed=1) == draw_questions(facts, 30, seed=1)
    assert draw_questions(facts, 30, seed=1) != draw_questions(facts, 30, seed=2)


def test_no_two_definitions_are_described_alike(facts: dict[str, Facts]) -> None:
    queue = dict(facts["queue"])
    doubled = {"queue": queue, "other": {"Same": queue["Queue"]}}
    described = "Create a queue object with a given maximum size."
    assert any(described in one.text for one in draw_questions({"queue": queue}, 500, seed=1))
    assert not any(described in one.text for one in draw_questions(doubled, 500, seed=1))


def test_a_module_that_cannot_be_imported_is_left_out() -> None:
    assert set(inspect_modules(["msvcrt_is_not_here", "queue"])) == {"queue"}


def test_what_a_module_prints_is_no_fact(tmp_path: Path) -> None:
    (tmp_path / "loud.py").write_text("print('{}')\ndef f(a): 'It does.'\n")
    program = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); "
    program += "from workloads.research.inspection import main; main(['loud'])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith('{"module": "loud"')
    assert done.stdout.count("\n") == 1


def test_modules_that_end_the_process_are_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "ends.py"
    program.write_text("import os; os._exit(3)")
    monkeypatch.setattr(inspection, "__file__", str(program))
    with pytest.raises(ValueError, match="importing the standard library ended with 3"):
        questions.inspect_modules(["queue"])
