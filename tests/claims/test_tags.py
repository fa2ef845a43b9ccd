import pytest

from harness.claims.rule import Caveat
from harness.claims.tags import TAGS, Tag, Weight, tags
from tests import doctor, lies

LONGEST = 26
CAVEATS = [
    key
    for key in [*doctor.QUALIFYING, *doctor.UNCHECKABLE, *lies.OBSERVED]
    if key not in doctor.REFUSING
]


@pytest.mark.parametrize("key", CAVEATS)
def test_every_caveat_has_a_tag_that_is_short(key: str) -> None:
    assert key in TAGS
    assert len(TAGS[key].words) <= LONGEST
    assert len(TAGS[key].words.split()) <= 5


def test_no_two_caveats_have_one_tag() -> None:
    words = [tag.words for tag in TAGS.values()]
    assert len(words) == len(set(words))


def test_the_gravest_comes_first_and_each_is_said_once() -> None:
    raised = [Caveat(key, "") for key in ("dirty-tree", "one-observation", "shared-machine")]
    assert tags([*raised, raised[0]]) == (
        Tag(Weight.DOUBT, "disturbed"),
        Tag(Weight.LIMIT, "one run"),
        Tag(Weight.NOTE, "uncommitted code"),
    )


def test_a_caveat_that_nobody_tagged_is_said_by_its_name() -> None:
    assert tags([Caveat("never-heard-of", "")]) == (Tag(Weight.LIMIT, "never heard of"),)
