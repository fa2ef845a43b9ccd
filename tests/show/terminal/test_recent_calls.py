from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from harness.show.terminal.recent_calls import recent_calls

Called = list[Sequence[int]]


def sums(most: int, calls: Sequence[Sequence[int]]) -> tuple[list[int], Called]:
    """Return what a remembering function makes of each call, and for which it was really called."""
    called: Called = []

    @recent_calls(most)
    def added(numbers: Sequence[int], *, times: int = 1) -> int:
        called.append(numbers)
        return times * sum(numbers)

    return [added(numbers) for numbers in calls], called


def test_a_function_is_not_called_again_for_arguments_that_cannot_be_hashed() -> None:
    assert sums(1, [[1, 2], [1, 2]]) == ([3, 3], [[1, 2]])


def test_only_the_latest_arguments_are_remembered() -> None:
    assert sums(2, [[1], [2], [1], [3], [1], [2]])[1] == [[1], [2], [3], [1], [2]]


def test_arguments_given_by_keyword_are_told_apart() -> None:
    @recent_calls(4)
    def product(one: int, *, other: int) -> int:
        return one * other

    assert [product(2, other=3), product(2, other=4), product(2, other=3)] == [6, 8, 6]


@given(st.integers(1, 4), st.lists(st.lists(st.integers(0, 2), max_size=2), max_size=30))
def test_whatever_is_remembered_the_values_are_the_functions(
    most: int, calls: list[list[int]]
) -> None:
    assert sums(most, calls)[0] == [sum(numbers) for numbers in calls]
