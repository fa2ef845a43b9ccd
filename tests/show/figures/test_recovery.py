import pytest

from tests.show.figures.cases import drawing, read_back, texts


@pytest.mark.parametrize(
    ("case", "named"),
    [
        ("race", ["not noticed", "not at work", "catching up"]),
        ("three", ["not noticed", "announced, still at work", "not at work", "catching up"]),
        ("long", ["not noticed", "not at work"]),
    ],
)
def test_the_legend_names_the_stages_that_are_drawn(case: str, named: list[str]) -> None:
    stages = {"not noticed", "announced, still at work", "not at work", "catching up"}
    said = [one.get_text() for one in texts(drawing(case, "recovery"))]
    assert [words for words in said if words in stages] == named


def test_losses_are_named_among_the_core_seconds_that_they_took() -> None:
    said = {case: drawing(case, "core-seconds").axes[0].texts for case in ("race", "eight")}
    named = {case: any("losses" in one.get_text() for one in found) for case, found in said.items()}
    assert named == {"race": True, "eight": False}


def test_each_loss_says_its_moments() -> None:
    moments = read_back("race", "recovery")["recovery.losses.0.moments"]
    assert moments.startswith("noticed after")
