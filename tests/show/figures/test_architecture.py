import numpy as np
import pytest

from tests.show.figures.cases import (
    CASES,
    WORDY,
    drawing,
    read_back,
    texts,
)


def test_the_architecture_says_every_decision_uncut() -> None:
    said = read_back("race", "architecture")
    for name in ("partition", "communication", "consistency"):
        lines = [
            text
            for field, text in sorted(said.items())
            if field.startswith(f"spec.workload.{name}.")
        ]

        assert " ".join(lines) == getattr(WORDY, name)


@pytest.mark.parametrize("case", CASES)
def test_the_architecture_keeps_its_words_inside_their_frame(case: str) -> None:
    frames = [
        line.get_window_extent()
        for line in drawing(case, "architecture").axes[0].lines
        if len(np.atleast_1d(line.get_xdata())) == 5
    ]
    around = max(frames, key=lambda box: box.width * box.height)
    inside = [
        text.get_window_extent()
        for text in texts(drawing(case, "architecture"))
        if "spec.workload" in str(text.get_gid())
    ]

    assert all(
        around.x0 < box.x0 and box.x1 < around.x1 and around.y0 < box.y0 and box.y1 < around.y1
        for box in inside
    )


def test_many_workers_are_folded_into_the_last_box() -> None:
    said = read_back("eight", "architecture")

    assert [said[f"spec.workers.{place}"] for place in (0, 6, 7)] == ["w0", "w6", "… 128 workers"]


def test_the_architecture_claims_no_input_and_no_held_out_set_of_a_command_pair() -> None:
    said = " ".join(read_back("command pair", "architecture").values())
    assert "what the two programs read was not named" in said
    assert not any(
        claim in said
        for claim in (
            "One input",
            "all of the input",
            "the same input",
            "the same held-out",
            "nothing is split",
        )
    )


def test_the_architecture_says_how_much_was_handed_over_where_that_is_known() -> None:
    assert read_back("three", "architecture")["trials.part_bytes"] == "79.0 MB of parts handed over"
    assert "trials.part_bytes" not in read_back("golden", "architecture")
