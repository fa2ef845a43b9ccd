"""Which size is recorded, in which terminal."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.recording.size import fitting, parse_size, size_to_record
from harness.errors import BadRequest

SIZES = st.tuples(st.integers(1, 1000), st.integers(1, 500))


@pytest.fixture
def terminal_of(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return the terminal there is, as ``size`` (None: none)."""
    terminal = SimpleNamespace(size=None)
    monkeypatch.setattr("demo.recording.size.has_terminal", lambda: terminal.size is not None)
    monkeypatch.setattr("demo.recording.size.terminal_size", lambda: terminal.size)
    return terminal


@pytest.mark.parametrize(
    ("here", "size"),
    [
        (None, (100, 30)),
        ((80, 24), (80, 24)),
        ((90, 28), (90, 28)),
        ((100, 30), (100, 30)),
        ((120, 25), (100, 25)),
        ((200, 60), (100, 30)),
    ],
)
def test_without_a_size_as_much_is_recorded_as_fits_here_up_to_the_usual_size(
    terminal_of: SimpleNamespace, here: tuple[int, int] | None, size: tuple[int, int]
) -> None:
    terminal_of.size = here
    assert size_to_record("") == size


@given(SIZES)
def test_what_fits_is_always_a_size_that_can_be_recorded(here: tuple[int, int]) -> None:
    columns, rows = fitting(here)
    assert parse_size(f"{columns}x{rows}") == (columns, rows)


def test_a_size_that_was_asked_for_is_recorded_where_it_fits(terminal_of: SimpleNamespace) -> None:
    terminal_of.size = (120, 40)
    assert size_to_record("120x40") == (120, 40)
    terminal_of.size = None
    assert size_to_record("200x60") == (200, 60)


@pytest.mark.parametrize(
    ("here", "asked", "advice"),
    [
        ((90, 28), "100x30", "record with --size 90x28"),
        ((90, 200), "100x30", "record with --size 90x30"),
        ((70, 30), "", "enlarge it, or record without a terminal"),
        ((70, 30), "100x30", "enlarge it, or record without a terminal"),
    ],
)
def test_a_terminal_too_small_for_what_is_asked_is_refused_with_what_can_be_done(
    terminal_of: SimpleNamespace, here: tuple[int, int], asked: str, advice: str
) -> None:
    terminal_of.size = here
    with pytest.raises(BadRequest, match="too small to record") as refused:
        size_to_record(asked)
    assert advice in refused.value.hint
