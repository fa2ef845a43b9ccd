from dataclasses import replace
from typing import Any

import pytest

from harness.claims.pairs import Pairs, complete_pairs
from harness.claims.rules.commands import input_unnamed, start_up_on_clock
from harness.model import CommandFacts
from tests.builders import a_results, a_spec


def seen(adopted: CommandFacts | None) -> Pairs:
    found = complete_pairs(a_results(spec=a_spec(commands=adopted)))
    assert found is not None
    return found


def programs(**facts: Any) -> CommandFacts:
    return replace(CommandFacts(says_ready=True, input_named=True, compared="file"), **facts)


@pytest.mark.parametrize("judge", [start_up_on_clock, input_unnamed])
@pytest.mark.parametrize("adopted", [None, programs()])
def test_nothing_is_said_of_a_workload_or_of_programs_that_tell_everything(
    judge: Any, adopted: CommandFacts | None
) -> None:
    assert judge(seen(adopted)) is None


def test_programs_that_do_not_say_that_they_are_ready_have_their_start_up_on_the_clock() -> None:
    caveat = start_up_on_clock(seen(programs(says_ready=False)))
    assert caveat is not None
    assert caveat.key == "start-up-on-clock"
    assert "start-up is on both clocks" in caveat.sentence


def test_programs_whose_input_is_not_named_may_have_read_something_else() -> None:
    caveat = input_unnamed(seen(programs(input_named=False)))
    assert caveat is not None
    assert caveat.key == "input-unnamed"
    assert "name it with input=" in caveat.sentence
