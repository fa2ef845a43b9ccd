import pytest

from tests.workloads.shard.support import configured
from workloads.shard.recipe import bytes_of


@pytest.mark.parametrize(
    ("size", "expected"), [("112MiB", 112 << 20), ("1.5 GiB", 3 << 29), ("64KiB", 64 << 10)]
)
def test_a_size_has_a_unit(size: str, expected: int) -> None:
    assert bytes_of(size) == expected


@pytest.mark.parametrize("size", ["", "112", "112MB", "-1MiB", "1e3MiB", "99999999999MiB", "1.MiB"])
def test_another_size_is_refused_with_an_example(size: str) -> None:
    with pytest.raises(ValueError, match=r"is not a size such as 112MiB or 1\.5GiB"):
        bytes_of(size)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"orders": 0}, "orders=0 is not between 1 and 32"),
        ({"rows": 0}, "rows=0 is not between 1 and 67,108,864"),
        ({"micro_batches": 3}, "batch=2048 is not a multiple of micro_batches=3"),
        ({"baseline_micro_batches": 3}, "not a multiple of baseline_micro_batches=3"),
        ({"megabytes": 0.0}, "megabytes=0.0 is not between 0.01 and 1,000"),
        ({"megabytes": float("nan")}, "megabytes=nan is not between 0.01 and 1,000"),
        ({"batch": 32_768}, "batch=32768 is more than megabytes=0.02 of text"),
        ({"rate": 0.0}, "rate=0.0 is not above 0 and at most 10"),
        ({"device": "100KiB"}, "device=100KiB is less than the 0.2 MiB of one table of rows=4096"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes: dict[str, float], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        configured(**changes)
