import pytest

from harness import text
from tests.show.figures.cases import drawing, picture, read_back, report_of


@pytest.mark.parametrize("case", ["race", "three", "eight"])
def test_the_core_seconds_read_back_as_their_facts(case: str) -> None:
    said = read_back(case, "core-seconds")
    for place, split in enumerate(report_of(case).core_time):
        spent = text.summands(
            split.available_s, *(seconds for _, seconds in split.parts), split.available_s
        )
        told = [
            f"{text.percent(split.share(part))} · {seconds}"
            for (part, _), seconds in zip(split.parts, spent, strict=False)
        ]

        assert [said[f"splits.{place}.{part.name.lower()}"] for part, _ in split.parts] == told
        assert said[f"splits.{place}.available_s"] == spent[-1].replace(" ", " core-")


def test_the_core_seconds_are_drawn_to_scale() -> None:
    splits = report_of("race").core_time
    widths = [
        patch.get_extents().width for patch in drawing("race", "core-seconds").axes[0].patches
    ]
    given = [seconds for split in splits for _, seconds in split.parts]

    assert [width / sum(widths) for width in widths] == pytest.approx(
        [seconds / sum(given) for seconds in given]
    )


def test_the_core_seconds_say_why_efficiency_falls() -> None:
    told = picture("three", "core-seconds").description

    assert told.startswith("Why E falls: from 1 to 4 workers, communication grew most")
