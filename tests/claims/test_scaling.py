import math
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.claims import scaling

SECONDS = st.floats(1e-3, 1e6)
FRACTIONS = st.floats(0.0, 1.0)
WORKERS = st.integers(2, 10_000)
PAIRS = st.lists(st.tuples(SECONDS, SECONDS), min_size=6, max_size=9)


def test_speedup_is_the_baseline_over_the_distributed_time() -> None:
    assert scaling.speedup(11.4, 1.62) == pytest.approx(7.037, abs=5e-4)


def test_efficiency_is_the_share_of_the_added_hardware_that_became_speed() -> None:
    assert scaling.efficiency(7.037, 8) == pytest.approx(0.88, abs=5e-4)


def test_efficiency_counts_all_the_cores_that_the_baseline_had() -> None:
    assert scaling.efficiency(2.0, 8, baseline_cores=4) == 1.0


def test_the_serial_fraction_of_the_known_good_example_is_two_hundredths() -> None:
    assert scaling.karp_flatt(11.4 / 1.62, 8) == pytest.approx(0.0195489, abs=1e-7)


def test_a_superlinear_speedup_implies_a_negative_serial_fraction() -> None:
    assert scaling.karp_flatt(2.5, 2) < 0


@given(FRACTIONS, WORKERS)
def test_karp_flatt_undoes_amdahl(fraction: float, workers: int) -> None:
    assert scaling.karp_flatt(scaling.amdahl(fraction, workers), workers) == pytest.approx(
        fraction, abs=1e-9
    )


@given(FRACTIONS, WORKERS)
def test_no_prediction_passes_the_ceiling_or_the_ideal_line(fraction: float, workers: int) -> None:
    assert scaling.amdahl(fraction, workers) <= min(workers, scaling.ceiling(fraction)) * (
        1 + 1e-12
    )


@given(FRACTIONS, WORKERS)
def test_one_worker_more_is_never_predicted_slower(fraction: float, workers: int) -> None:
    assert scaling.amdahl(fraction, workers + 1) >= scaling.amdahl(fraction, workers) * (1 - 1e-12)


@pytest.mark.parametrize("fraction", [0.0, -0.1, 5e-324])
def test_without_a_serial_part_there_is_no_ceiling(fraction: float) -> None:
    assert scaling.ceiling(fraction) == math.inf


def test_the_largest_worthwhile_p_meets_its_threshold_exactly_where_it_can() -> None:
    assert scaling.largest_worthwhile(0.1, 0.5) == 11


@given(st.floats(1e-6, 1.0), st.floats(0.01, 1.0))
def test_the_largest_worthwhile_p_is_worth_it_and_one_more_is_not(
    fraction: float, threshold: float
) -> None:
    p = scaling.largest_worthwhile(fraction, threshold)
    assert p is not None
    assert scaling.amdahl(fraction, p) / p >= threshold * (1 - 1e-9)
    assert scaling.amdahl(fraction, p + 1) / (p + 1) < threshold * (1 + 1e-9)


@pytest.mark.parametrize("fraction", [0.0, 5e-324])
def test_without_a_serial_part_any_p_is_worth_it(fraction: float) -> None:
    assert scaling.largest_worthwhile(fraction, 0.7) is None


@given(FRACTIONS, st.lists(WORKERS, min_size=1, max_size=6))
def test_a_fit_to_points_that_obey_the_law_finds_its_fraction(
    fraction: float, scales: list[int]
) -> None:
    points = [(p, scaling.amdahl(fraction, p)) for p in [1, *scales]]
    assert scaling.fit_serial_fraction(points) == pytest.approx(fraction, abs=1e-9)


@given(st.lists(st.tuples(WORKERS, st.floats(0.1, 100.0)), min_size=1, max_size=6), FRACTIONS)
def test_no_other_fraction_fits_better(points: list[tuple[int, float]], other: float) -> None:
    def missed(fraction: float) -> float:
        return sum((1 / speedup - fraction - (1 - fraction) / p) ** 2 for p, speedup in points)

    assert missed(scaling.fit_serial_fraction(points)) <= missed(other) * (1 + 1e-9) + 1e-12


def test_one_worker_has_no_say_in_the_fit() -> None:
    assert scaling.fit_serial_fraction([(1, 0.5), (2, 1.6)]) == scaling.fit_serial_fraction(
        [(2, 1.6)]
    )


@pytest.mark.parametrize(
    ("speedup", "fraction"), [(4.0, -0.5), (0.5, 3.0)], ids=["superlinear", "slowdown"]
)
def test_a_fit_to_what_obeys_no_such_law_is_no_fraction(speedup: float, fraction: float) -> None:
    assert scaling.fit_serial_fraction([(2, speedup)]) == pytest.approx(fraction)


@given(FRACTIONS, st.lists(WORKERS, max_size=6))
def test_points_that_obey_the_law_are_not_missed(fraction: float, scales: list[int]) -> None:
    assert scaling.misfit(
        fraction, [(p, scaling.amdahl(fraction, p)) for p in scales]
    ) == pytest.approx(0.0, abs=1e-9)


def test_the_misfit_is_that_of_the_worst_point_and_never_of_one_worker() -> None:
    assert scaling.misfit(0.0, [(1, 0.5), (2, 1.9), (4, 3.0)]) == pytest.approx(0.25)


def test_the_same_pairs_give_the_same_interval() -> None:
    pairs = [(40.0 + math.sin(step), 22.0 - math.sin(7.0 * step)) for step in range(40)]
    assert scaling.interval(pairs) == scaling.interval(pairs)


def test_equal_pairs_have_an_interval_of_one_point() -> None:
    assert scaling.interval([(40.0, 20.0)] * 6) == (2.0, 2.0)


@settings(max_examples=20)
@given(PAIRS)
def test_the_interval_stays_within_what_was_observed(pairs: list[tuple[float, float]]) -> None:
    low, high = scaling.interval(pairs)
    baseline, distributed = zip(*pairs, strict=True)
    assert min(baseline) / max(distributed) <= low <= high <= max(baseline) / min(distributed)


def test_the_interval_of_a_steady_race_holds_its_speedup() -> None:
    low, high = scaling.interval(
        [(40.0, 22.0), (41.0, 21.0), (40.0, 22.0), (39.0, 23.0), (40.0, 22.0), (42.0, 21.0)]
    )
    assert low < 40.0 / 22.0 < high


def test_more_confidence_takes_a_wider_interval() -> None:
    pairs = [(40.0 + step, 22.0 - step / 3) for step in range(9)]
    (low, high), (lower, higher) = scaling.interval(pairs, 0.5), scaling.interval(pairs, 0.99)
    assert higher - lower > high - low


def test_pairs_are_drawn_whole_so_a_drift_that_both_sides_share_cancels() -> None:
    low, high = scaling.interval(
        [(20.0 * drift, 10.0 * drift) for drift in (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)]
    )
    assert high - low < 1e-12


def test_six_pairs_give_an_interval_between_the_outer_two_ratios_of_either_end() -> None:
    low, high = scaling.interval([(ratio, 1.0) for ratio in (1.0, 2.0, 4.0, 4.0, 8.0, 16.0)])
    assert [low, high] == pytest.approx([2.0 ** (5 / 14), 16 * 0.5 ** (5 / 14)])


def test_six_pairs_cannot_give_more_confidence_than_their_outermost_ratios() -> None:
    assert scaling.interval([(ratio, 1.0) for ratio in (1.0, 2.0, 3.0, 4.0, 5.0, 6.0)], 0.99) == (
        1.0,
        6.0,
    )


@given(st.lists(st.tuples(SECONDS, SECONDS), min_size=6, max_size=30))
def test_the_interval_holds_the_ratio_of_medians(pairs: list[tuple[float, float]]) -> None:
    low, high = scaling.interval(pairs)
    baseline, distributed = zip(*pairs, strict=True)
    assert low <= scaling.speedup(median(baseline), median(distributed)) <= high


def test_a_ratio_of_medians_apart_from_the_median_ratio_widens_the_interval() -> None:
    pairs = [
        (5.0, 1.0),
        (2.0, 2.0),
        (4.0, 3.0),
        (3.0, 8.0),
        (8.0, 9.0),
        (8.0, 8.0),
        (9.0, 9.0),
        (5.0, 6.0),
    ]
    low, high = scaling.interval([(one / other, 1.0) for one, other in pairs])
    assert scaling.interval(pairs) == pytest.approx((low * 5.0 / 7.0, high))


@given(PAIRS)
def test_swapping_the_sides_turns_the_interval_over(pairs: list[tuple[float, float]]) -> None:
    low, high = scaling.interval([(distributed, baseline) for baseline, distributed in pairs])
    assert [1 / high, 1 / low] == pytest.approx(list(scaling.interval(pairs)))


SESSIONS = 2_000
Seconds = npt.NDArray[Any]


def some_noise(random: np.random.Generator, shape: str, size: tuple[int, int]) -> Seconds:
    """Return so many wall times around 1, drawn from noise of this shape."""
    match shape:
        case "normal":
            return random.normal(1.0, 0.05, size).clip(0.5)
        case "lognormal":
            return random.lognormal(0.0, 0.05, size)
        case "delays":
            return 1.0 + random.exponential(1 / 20, size)
        case _:
            return random.lognormal(0.0, 0.02, size) * np.where(random.random(size) < 0.1, 1.5, 1)


# the median of each shape; of the outliers by bisection of their distribution
MIDDLES = {
    "normal": 1.0,
    "lognormal": 1.0,
    "delays": 1.0 + math.log(2) / 20,
    "slow outliers": 1.0028,
}


def coverage(one: str, other: str, pairs: int, steepness: float = 0.0) -> float:
    """Return in what share of sessions the interval holds the speedup.

    Both sides slow down alike by this much until the end.
    """
    random = np.random.default_rng([*f"{one} {other} {pairs} {steepness}".encode()])
    true = 40.0 * MIDDLES[one] / (22.0 * MIDDLES[other])
    drift = 1 + steepness * np.arange(pairs) / pairs
    drawn = [
        seconds * drift * some_noise(random, shape, (SESSIONS, pairs))
        for seconds, shape in ((40.0, one), (22.0, other))
    ]
    intervals = map(scaling.interval, np.stack(drawn, axis=-1).tolist())
    return sum(low <= true <= high for low, high in intervals) / SESSIONS


UNLIKE = [
    ("normal", "delays"),
    ("delays", "lognormal"),
    ("slow outliers", "delays"),
    ("normal", "slow outliers"),
]


@pytest.mark.parametrize("pairs", [6, 8, 10, 20, 50])
@pytest.mark.parametrize(("one", "other"), [*((shape, shape) for shape in MIDDLES), *UNLIKE])
def test_a_95_percent_interval_covers_the_speedup_in_93_to_98_percent_of_sessions(
    one: str, other: str, pairs: int
) -> None:
    assert 0.93 <= coverage(one, other, pairs) <= 0.98


@pytest.mark.parametrize("pairs", [6, 20])
@pytest.mark.parametrize(("one", "other"), [("normal", "normal"), *UNLIKE])
def test_a_drift_that_both_sides_share_leaves_the_coverage_as_it_is(
    one: str, other: str, pairs: int
) -> None:
    assert 0.93 <= coverage(one, other, pairs, steepness=0.2) <= 0.98


def test_six_values_give_an_interval_of_their_median() -> None:
    found = scaling.median_interval([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])

    assert found == pytest.approx((1 + 5 / 14, 6 - 5 / 14))


def test_five_values_are_too_few_for_an_interval_of_their_median() -> None:
    with pytest.raises(ValueError, match="5 values are too few"):
        scaling.median_interval([1.0, 2.0, 3.0, 4.0, 5.0])


@given(st.lists(st.floats(0.0, 1e6), min_size=6, max_size=40))
def test_the_interval_of_a_median_holds_it(values: list[float]) -> None:
    low, high = scaling.median_interval(values)

    assert min(values) <= low <= median(values) <= high <= max(values)


def test_variation_is_the_standard_deviation_over_the_mean() -> None:
    assert scaling.variation([9.0, 10.0, 11.0]) == pytest.approx(0.1)


@given(st.lists(st.floats(1.0, 1e3), min_size=2), st.floats(0.1, 100.0))
def test_variation_does_not_depend_on_the_unit(values: list[float], scale: float) -> None:
    assert scaling.variation([value * scale for value in values]) == pytest.approx(
        scaling.variation(values), abs=1e-9
    )


def test_a_value_beyond_ten_deviations_is_an_outlier() -> None:
    assert scaling.outliers([10.0, 10.1, 9.9, 10.2, 9.8, 13.0]) == (13.0,)


def test_a_value_within_ten_deviations_is_none() -> None:
    assert scaling.outliers([10.0, 10.1, 9.9, 10.2, 9.8, 11.0]) == ()


@given(SECONDS, SECONDS)
def test_two_values_cannot_tell_which_is_the_outlier(one: float, other: float) -> None:
    assert scaling.outliers([one, other]) == ()


@pytest.mark.parametrize(
    ("function", "impossible", "says"),
    [
        (scaling.speedup, (0.0, 1.0), "baseline seconds"),
        (scaling.speedup, (1.0, -1.0), "distributed seconds"),
        (scaling.speedup, (math.nan, 1.0), "baseline seconds"),
        (scaling.speedup, (1.0, math.inf), "distributed seconds"),
        (scaling.efficiency, (2.0, 0), "workers"),
        (scaling.efficiency, (2.0, 2, 0), "baseline cores"),
        (scaling.efficiency, (0.0, 2), "speedup"),
        (scaling.karp_flatt, (1.0, 1), "workers"),
        (scaling.karp_flatt, (0.0, 2), "speedup"),
        (scaling.ceiling, (math.nan,), "serial fraction"),
        (scaling.amdahl, (1.1, 2), "serial fraction"),
        (scaling.amdahl, (0.5, 0), "workers"),
        (scaling.largest_worthwhile, (-0.1, 0.7), "serial fraction"),
        (scaling.largest_worthwhile, (0.1, 0.0), "threshold"),
        (scaling.largest_worthwhile, (0.1, 1.5), "threshold"),
        (scaling.fit_serial_fraction, ([(1, 0.9)],), "more than one worker"),
        (scaling.fit_serial_fraction, ([(0, 0.9)],), "workers"),
        (scaling.fit_serial_fraction, ([(2, 0.0)],), "speedup"),
        (scaling.interval, ([(2.0, 1.0)] * 5,), "5 pairs"),
        (scaling.interval, ([(2.0, 1.0)] * 6, 1.0), "confidence"),
        (scaling.variation, ([1.0],), "1 values"),
        (scaling.variation, ([1.0, -1.0],), "mean"),
    ],
)
def test_impossible_input_is_refused_by_name(
    function: Callable[..., object], impossible: tuple[object, ...], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        function(*impossible)
