from dataclasses import replace
from typing import Any

import pytest

from harness import text
from harness.claims.core_time import TimePart
from harness.model import Results
from harness.show import figures
from tests.builders import a_report
from tests.show.figures.cases import CASES, drawing, picture, read_back, report_of, texts


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
        summed = {field for field in told if field not in said}

        assert {field: said.get(field) for field in told.keys() - summed} == {
            field: words for field, words in told.items() if field not in summed
        }
        shared = [field for field in said if field.startswith(f"splits.{place}.") and "-" in field]
        assert len(shared) == bool(summed)
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


def test_neighbours_too_thin_to_see_share_one_label_with_their_sum() -> None:
    said, split = read_back("race", "core-seconds"), report_of("race").core_time[0]
    thin = (TimePart.WAITING, TimePart.SERIAL, TimePart.IDLE)
    assert said["splits.0.waiting-serial-idle"] == f"{text.percent(split.share(*thin))} · 0.5 s"
    assert split.share(*thin) == pytest.approx(sum(map(split.share, thin)))
    assert [f"splits.0.{part.name.lower()}" in said for part in thin] == [False] * 3


def test_thin_parts_that_are_no_neighbours_have_labels_of_their_own() -> None:
    said, split = read_back("long", "core-seconds"), report_of("long").core_time[1]

    assert said["splits.1.extra"].startswith(text.percent(split.share(TimePart.EXTRA)))
    assert said["splits.1.idle"].startswith(text.percent(split.share(TimePart.IDLE)))


def test_no_column_is_headed_by_a_part_that_no_row_shows() -> None:
    shown = figures.pictures(a_report(without_waiting(CASES["three"])))["core-seconds"]
    headings = [one.get_text() for one in texts(figures.render(shown, figures.LIGHT))]
    every = [one.get_text() for one in texts(drawing("three", "core-seconds"))]

    assert [part for part in TimePart if part not in every] == []
    assert [part for part in TimePart if part not in headings] == [TimePart.WAITING]


@pytest.mark.parametrize("case", ["race", "eight"])
def test_the_title_says_what_share_was_useful_and_what_took_most_of_the_rest(case: str) -> None:
    scale = CASES[case].spec.workers
    split = report_of(case).core_time[-1]
    useful, exchanged = (
        text.percent(split.share(part)) for part in (TimePart.USEFUL, TimePart.COMMUNICATION)
    )
    losses = "communication and losses" if split.workers_were_lost else "communication"

    assert split.workers == scale
    assert picture(case, "core-seconds").title == (
        f"{useful} of the core-seconds were useful work, {exchanged} went on {losses}"
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
