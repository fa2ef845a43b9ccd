from typing import Any

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
        told = {
            f"splits.{place}.{part.name.lower()}": f"{text.percent(split.share(part))} · {seconds}"
            for (part, _), seconds in zip(split.parts, spent, strict=False)
            if any(digit in seconds for digit in "123456789")
        }

        assert {field: said.get(field) for field in told} == told
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

    assert told.startswith("Why E falls: from 1 to 4 workers, communication and losses grew most")


@pytest.mark.parametrize("case", ["race", "three", "eight"])
def test_no_part_that_took_no_time_has_a_label(case: str) -> None:
    labels = [
        words for field, words in read_back(case, "core-seconds").items() if "splits" in field
    ]
    assert [words for words in labels if words.endswith((" 0.00 s", " 0.0 s", " 0 s"))] == []


def test_the_lines_to_the_labels_do_not_cross() -> None:
    lines: list[Any] = list(drawing("race", "core-seconds").axes[0].lines)
    ends = [(line.get_ydata()[0], line.get_xdata()[0], line.get_xdata()[-1]) for line in lines]
    leaders = [end for end, line in zip(ends, lines, strict=True) if len(line.get_xdata()) == 4]

    assert len(leaders) > 4
    assert sorted(leaders, key=lambda end: end[:2]) == sorted(leaders, key=lambda end: end[::2])
