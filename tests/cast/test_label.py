import pytest

from harness.cast.format import Cast
from harness.cast.label import recorded


@pytest.mark.parametrize(
    ("began", "label"),
    [
        (1_795_338_847.9, "RECORDED 2026-11-22 09:14:07Z"),
        (4e9, "RECORDED 2096-10-02 07:06:40Z"),
        (0.0, "RECORDED date unknown"),
    ],
)
def test_a_recording_is_labelled_with_the_moment_at_which_it_began(
    began: float, label: str
) -> None:
    assert recorded(Cast(80, 24, began, ())) == label
