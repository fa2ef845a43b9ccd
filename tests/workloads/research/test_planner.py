from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workloads.research.planner import LONGEST_QUESTION, Step, hops, plan_question

NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,11}", fullmatch=True)
MODULES = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
SENTENCES = st.text(
    st.characters(exclude_characters='"', exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1
).filter(lambda text: text.splitlines() == [text])


@st.composite
def things(draw: st.DrawFn) -> tuple[str, list[Step]]:
    """Draw words for a thing, and the chain of steps that they mean, without its references."""
    kind = draw(st.sampled_from(["class", "function"]))
    module, sentence = draw(MODULES), draw(SENTENCES)
    words = f'the {kind} in {module} described as "{sentence}"'
    chain = [Step("find", f"{kind} {module} {sentence}")]
    for _ in range(draw(st.integers(0, 2))):
        words = f"the first base of {words}"
        chain.append(Step("base", "", (len(chain) - 1,)))
    if draw(st.booleans()):
        name = draw(NAMES)
        words = f"the method {name} of {words}"
        chain.append(Step("method", name, (len(chain) - 1,)))
    return words, chain


@st.composite
def asked(draw: st.DrawFn) -> tuple[str, tuple[Step, ...]]:
    """Draw a question about one thing, and its plan."""
    words, chain = draw(things())
    number, name = draw(st.integers(1, 99)), draw(NAMES)
    question, action, detail = draw(
        st.sampled_from(
            [
                (f"Which exception does {words} raise?", "raises", ""),
                (f"How many parameters has {words}?", "count", ""),
                (f"What is parameter {number} of {words}?", "parameter", str(number)),
                (f"What is the default of the parameter {name} of {words}?", "default", name),
            ]
        )
    )
    return question, (*chain, Step(action, detail, (len(chain) - 1,)))


@given(asked())
def test_a_question_about_one_thing_is_split_into_its_chain(
    asked: tuple[str, tuple[Step, ...]],
) -> None:
    question, plan = asked
    assert plan_question(question) == plan
    assert hops(plan) == len(plan)


@given(things(), things())
def test_a_comparison_ends_with_the_difference_of_two_counts(
    many: tuple[str, list[Step]], few: tuple[str, list[Step]]
) -> None:
    plan = plan_question(f"How many more parameters has {many[0]} than {few[0]}?")
    one, other = plan[-1].on
    assert plan[-1].action == "subtract"
    assert (plan[one].action, plan[other].action) == ("count", "count")
    assert hops(plan) == max(len(many[1]), len(few[1])) + 2


@given(things())
def test_what_two_things_have_in_common_is_asked_once(thing: tuple[str, list[Step]]) -> None:
    words, chain = thing
    plan = plan_question(f"How many more parameters has {words} than {words}?")
    assert plan == (
        *chain,
        Step("count", "", (len(chain) - 1,)),
        Step("subtract", "", (len(chain),) * 2),
    )


@given(asked())
def test_every_step_builds_on_earlier_ones(asked: tuple[str, tuple[Step, ...]]) -> None:
    plan = plan_question(asked[0])
    assert all(place < number for number, step in enumerate(plan) for place in step.on)


@settings(max_examples=300)
@given(
    st.text()
    | asked().map(lambda pair: pair[0]).flatmap(lambda q: st.just(q + " ") | st.just(q[:-2]))
)
def test_what_the_grammar_does_not_describe_has_no_plan(text: str) -> None:
    assert plan_question(text) == ()


@pytest.mark.parametrize(
    "question",
    [
        'How many parameters has the class in os described as "a "quoted" thing"?',
        'How many parameters has the module in os described as "something"?',
        'How many parameters has the class in os; import os described as "something"?',
        'How many parameters has the method a.b of the class in os described as "something"?',
        'What is parameter 0 of the class in os described as "something"?',
        'What is parameter 100 of the class in os described as "something"?',
        'What is the class in os described as "something"?',
        'How many more parameters has the class in os described as "something"?',
        f'What is {"the first base of " * 9}the class in os described as "something"?',
        f'How many parameters has the class in os described as "{"x" * LONGEST_QUESTION}"?',
    ],
)
def test_a_question_that_is_almost_one_has_no_plan(question: str) -> None:
    assert plan_question(question) == ()


@pytest.mark.parametrize(
    ("plan", "length"), [((), 0), ((Step("find"),), 1), ((Step("find"), Step("find", "b")), 1)]
)
def test_hops_are_the_longest_chain(plan: Any, length: int) -> None:
    assert hops(plan) == length
