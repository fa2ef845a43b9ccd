from typing import Any

import pytest

from harness.files.config_file import Fault
from harness.files.measurements import Numbers, WallTimes


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        (5832, (5832.0,)),
        (0.5, (0.5,)),
        ("11.4 h", (41_040.0,)),
        ("97min", (5_820.0,)),
        ("350 ms", (0.35,)),
        ("2 µs", (2e-6,)),
        ("1 day", (86_400.0,)),
        (["1 h", 60], (3_600.0, 60.0)),
    ],
)
def test_wall_times_are_written_with_a_unit_or_in_seconds(
    written: Any, seconds: tuple[float, ...]
) -> None:
    assert tuple(WallTimes.from_toml(written)) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("written", "clause"),
    [
        ("3", "is '3', not a time"),
        ("3 m", "has the unit 'm', which is not a unit of time"),
        ("1e999 h", "is inf, not between"),
        (0, "is 0, not between"),
        (float("nan"), "is nan, not between"),
        (True, "is 'True', not a number"),
        (10**400, "is too large"),
        ([], "has 0 values, not between 1 and 100"),
        ([1] * 101, "has 101 values, not between 1 and 100"),
    ],
)
def test_what_is_no_wall_time_is_a_fault(written: Any, clause: str) -> None:
    with pytest.raises(Fault) as fault:
        WallTimes.from_toml(written)
    assert fault.value.clause.startswith(clause)


def test_numbers_are_one_or_a_list() -> None:
    assert (Numbers.from_toml(-1), Numbers.from_toml([0.5, 2])) == ((-1.0,), (0.5, 2.0))
