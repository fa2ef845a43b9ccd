import pytest

from workloads.research.agents import SubQuestion, Work, activity_of

HEN = "farm:Hen"


@pytest.mark.parametrize(
    ("work", "words"),
    [
        (Work("planner", (1, 2, 3)), "planner · questions"),
        (Work("reader of details", tuple(range(64))), "reader · details"),
        (Work("reader of declarations", (5,)), "reader · declarations"),
        (
            Work("seeker", asked=(SubQuestion("find", "class farm A bird"),)),
            "seeker · class in farm",
        ),
        (Work("", asked=(SubQuestion("base", "", (HEN,)),)), "seeker · base of Hen"),
        (Work("", asked=(SubQuestion("method", "lay", (HEN,)),)), "seeker · method lay of Hen"),
        (
            Work("", asked=(SubQuestion("count", "", (f"{HEN}.lay",)),)),
            "seeker · parameters of Hen.lay",
        ),
        (Work("", asked=(SubQuestion("parameter", "2", (HEN,)),)), "seeker · parameter 2 of Hen"),
        (
            Work("", asked=(SubQuestion("default", "eggs", (HEN,)),)),
            "seeker · default of eggs, Hen",
        ),
        (Work("", asked=(SubQuestion("raises", "", (HEN,)),)), "seeker · exception of Hen"),
        (
            Work("calculator", asked=(SubQuestion("subtract", "", ("5", "2")),)),
            "calculator · 5 - 2",
        ),
    ],
    ids=lambda value: value.partition(" · ")[2] if isinstance(value, str) else "",
)
def test_an_agent_says_what_it_does(work: Work, words: str) -> None:
    assert activity_of(work) == words
