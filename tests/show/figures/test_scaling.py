import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from harness import text
from harness.show import figures
from harness.show.figures import LIGHT, scaling
from harness.show.figures.axes import AREA
from tests.builders import (
    a_report,
    a_results,
    a_spec,
    some_pairs,
)
from tests.show.figures.cases import (
    CASES,
    drawing,
    marks,
    overlapping_texts,
    read_back,
    report_of,
    texts,
)


@pytest.mark.parametrize("case", ["race", "three", "flagged", "golden", "ones"])
def test_the_curve_reads_back_as_its_facts(case: str) -> None:
    said, seen = read_back(case, "scaling"), report_of(case).curve
    assert seen is not None
    told = {
        f"points.{place}.speedup": text.times(point.speedup)
        for place, point in enumerate(seen.points)
    }

    assert {field: said[field] for field in told if field in said} == {
        field: told[field] for field in told if field in said
    }
    operating = next(
        place
        for place, point in enumerate(seen.points)
        if point.workers == CASES[case].spec.workers
    )
    assert said[f"points.{operating}.speedup"] == text.times(seen.points[operating].speedup)
    assert (
        said[f"points.{operating}.efficiency"]
        == f"E = {text.percent(seen.points[operating].efficiency)}"
    )


def test_every_point_of_a_plain_sweep_is_labelled() -> None:
    said = read_back("three", "scaling")

    assert [f"points.{place}.speedup" in said for place in range(3)] == [True] * 3


def test_the_known_good_example_shows_its_ceiling() -> None:
    said = read_back("golden", "scaling")

    assert said["speed.speedup-spec.workers"] == (
        "On 8 machines it ran 7.04× as fast; the ideal is 8×"
    )
    assert said["law.ceiling"] == "ceiling 1/f = 51.2×"
    assert "f = 2.0 %" in said["law-points.interval-predictions.0"]


@settings(max_examples=15)
@given(st.integers(2, 16), st.floats(0.6, 0.9995))  # the machine has sixteen cores
def test_the_ideal_line_and_the_ceiling_are_drawn_on_any_number_of_workers(
    workers: int, efficiency: float
) -> None:
    seconds = 40.0 / max(1.01, workers * efficiency)
    seen = a_report(
        a_results(
            spec=a_spec(workers=workers), trials=some_pairs([40.0], [seconds], workers=workers)
        )
    ).curve
    assert seen is not None
    assert seen.law is not None
    spoken = [one.get_text() for one in texts(figures.render(scaling.of_curve(seen), LIGHT))]

    assert "ideal" in spoken
    name = f"ceiling 1/f = {text.times(seen.law.ceiling)}"
    beyond = f"↑ {name}, f {text.percent(seen.law.serial_fraction)}"
    assert (name in spoken) != (beyond in spoken)
    assert name in spoken or seen.law.ceiling > 100 * workers


def test_no_label_hangs_into_the_margin_left_of_the_axes() -> None:
    hanging = [
        (case, one.get_text())
        for case in CASES
        for one in texts(drawing(case, "scaling"))
        if one.get_text() in ("baseline", "predicted") and one.get_window_extent().x0 < AREA.left
    ]
    assert hanging == []


def test_a_flagged_point_says_so_and_by_how_much_quality_moved() -> None:
    said, spoken = (
        read_back("flagged", "scaling"),
        [drawn_text.get_text() for drawn_text in texts(drawing("flagged", "scaling"))],
    )

    assert said["points.2.change"] == "Δ −0.012"
    assert spoken.count("oversubscribed") == 2
    assert spoken.count("not a clean win") == 1


def test_measured_points_are_filled_and_predictions_hollow() -> None:
    seen = report_of("golden").curve
    assert seen is not None
    discs = marks(drawing("golden", "scaling"))["o"]

    assert discs.count(to_rgb(LIGHT.distributed)) == len(seen.points)
    assert discs.count(to_rgb(LIGHT.ground)) == len(seen.predictions)


def test_every_prediction_in_sight_is_labelled_as_one() -> None:
    spoken = [drawn_text.get_text() for drawn_text in texts(drawing("golden", "scaling"))]

    assert (
        spoken.count("predicted")
        == marks(drawing("golden", "scaling"))["o"].count(to_rgb(LIGHT.ground))
        > 0
    )


def test_oversubscribed_and_unclean_points_have_marks_of_their_own() -> None:
    assert {
        shape: len(found)
        for shape, found in marks(drawing("flagged", "scaling")).items()
        if shape != "o"
    } == {"^": 1, "X": 1}


def test_scales_that_do_not_follow_the_law_are_drawn_without_it() -> None:
    walls = {1: 40.0, 2: 20.2, 4: 10.5, 8: 16.0}
    trials = tuple(
        trial for p, wall_s in walls.items() for trial in some_pairs([40.0], [wall_s], workers=p)
    )
    seen = a_report(a_results(spec=a_spec(workers=8, points=tuple(walls)), trials=trials)).curve
    assert seen is not None
    spoken = [
        drawn_text.get_text() for drawn_text in texts(figures.render(scaling.of_curve(seen), LIGHT))
    ]
    assert "Amdahl’s law" not in spoken
    assert "do not follow Amdahl’s law: it misses one by 41 %" in " ".join(spoken).replace(
        "\N{NO-BREAK SPACE}", " "
    )


@settings(max_examples=25)
@given(st.dictionaries(st.integers(1, 300), st.floats(0.01, 1.4), min_size=1, max_size=9))
def test_any_curve_can_be_drawn(efficiencies: dict[int, float]) -> None:
    scales = sorted(efficiencies)
    pairs = [
        some_pairs([40.0], [40.0 / (scale * efficiencies[scale])], workers=scale)
        for scale in scales
    ]
    trials = (pairs[0][0], *(pair[1] for pair in pairs))
    seen = a_report(
        a_results(spec=a_spec(workers=scales[-1], points=tuple(scales)), trials=trials)
    ).curve
    assert seen is not None
    drawn = figures.render(scaling.of_curve(seen), LIGHT)

    assert overlapping_texts(drawn) == []
    assert f"points.{len(scales) - 1}.speedup" in {
        drawn_text.get_gid() for drawn_text in texts(drawn)
    }
