import numpy as np
import pytest

from tests.show.figures.cases import (
    CASES,
    WORDY,
    drawing,
    picture,
    read_back,
    texts,
)


def decision(case: str, name: str) -> str:
    said = read_back(case, "architecture")
    start = f"spec.workload.{name}."
    return " ".join(text for field, text in sorted(said.items()) if field.startswith(start))


def test_a_decision_is_said_in_ten_words_by_whole_clauses() -> None:
    assert {name: decision("race", name) for name in ("partition", "communication")} == {
        "partition": "each global batch is cut into fixed micro-batches",
        "communication": "1.2 MB of gradient sums per worker and step",
    }
    assert WORDY.partition in picture("race", "architecture").description


def test_a_decision_of_few_words_is_said_uncut() -> None:
    assert decision("golden", "partition") == CASES["golden"].spec.workload.partition
    assert decision("long", "communication") == f"{'many words ' * 5}…"


def test_the_title_names_the_axis() -> None:
    assert (
        picture("race", "architecture").title == "Axis: training · one input, 1 core or 2 workers"
    )


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
