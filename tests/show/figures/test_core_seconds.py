from dataclasses import replace
from typing import Any

import pytest

from harness import text
from harness.model import Results
from harness.show import figures
from tests.builders import a_report
from tests.show.figures.cases import CASES, drawing, picture, read_back, report_of


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


def test_what_was_not_useful_is_told_without_a_part_that_took_no_time() -> None:
    patient, hurried = CASES["spare"], a_report(without_waiting(CASES["spare"]))
    told = figures.pictures(hurried)["core-seconds"].description.partition(". ")[0]
    assert "waiting 2.2 %" in figures.pictures(a_report(patient))["core-seconds"].description
    assert told.startswith("Not useful: communication 5.6 %, idle 2.8 %, ")
    assert "waiting" not in told


def without_waiting(results: Results) -> Results:
    """Return results whose workers were idle where they had waited for others."""
    trials = []
    for trial in results.trials:
        spent = trial.core_seconds
        assert spent is not None
        idle_s = spent.idle_s + spent.waiting_s
        spent = replace(spent, waiting_s=0.0, idle_s=idle_s)
        trials.append(replace(trial, core_seconds=spent))
    return replace(results, trials=tuple(trials))


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
