import sys
from pathlib import Path

import pytest

from demo.outputs import output_folder, write_outputs
from harness.errors import BadRequest
from harness.model import Status
from tests.builders import a_report

DECLARED = Path(__file__).parents[2] / "demo" / "examples" / "nightly-retrain.toml"
DRAWN = ("headline.txt", "headline.svg", "fig-scaling.svg", "fig-baseline-dark.png", "appendix.txt")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_theme_of_its_own_replaces_the_figures_of_the_other(tmp_path: Path) -> None:
    for name in DRAWN:
        (tmp_path / name).write_text("an earlier one")
    write_outputs(a_report().files("dark"), tmp_path)

    assert "fig-scaling-dark.svg" in names(tmp_path)
    assert "fig-scaling.svg" not in names(tmp_path)


def test_a_refusal_leaves_no_earlier_slide_standing(tmp_path: Path) -> None:
    for name in DRAWN:
        (tmp_path / name).write_text("an earlier one")
    (tmp_path / "fig-mine.png").write_text("the presenter's own")
    write_outputs(a_report(status=Status.ABORTED).files(), tmp_path)

    assert names(tmp_path) == {"headline.txt", "fig-mine.png"}


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_a_folder_that_cannot_be_written_to_is_a_bad_request() -> None:
    with pytest.raises(BadRequest, match="cannot write /proc"):
        write_outputs({"headline.txt": b"text"}, Path("/proc"))


def test_what_is_drawn_of_a_take_belongs_into_it(tmp_path: Path) -> None:
    assert output_folder(tmp_path) == tmp_path
    assert output_folder(tmp_path / "results.json") == tmp_path


def test_what_is_drawn_of_another_file_has_no_folder() -> None:
    assert output_folder(DECLARED) is None
