import sys
from pathlib import Path

import pytest

from demo.outputs import output_folder, write_outputs
from harness.errors import BadRequest
from harness.model import Kind, Status
from harness.report import THEMES
from tests.builders import a_report

DECLARED = Path(__file__).parents[2] / "demo" / "examples" / "nightly-retrain.toml"
DRAWN = ("headline.txt", "headline.svg", "fig-scaling.svg", "fig-baseline-dark.png", "appendix.txt")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture(scope="module")
def files() -> dict[str, dict[str, bytes]]:
    """Return what a session leaves in each theme, drawn once."""
    return {theme: a_report().files(theme) for theme in THEMES}


@pytest.mark.parametrize(("first", "second"), [("light", "dark"), ("dark", "light")])
def test_both_themes_live_side_by_side(
    tmp_path: Path, first: str, second: str, files: dict[str, dict[str, bytes]]
) -> None:
    write_outputs(files[first], tmp_path)
    write_outputs(files[second], tmp_path)

    assert names(tmp_path) == files[first].keys() | files[second].keys()
    assert {"fig-scaling-dark.svg", "fig-scaling.svg"} <= names(tmp_path)


def test_a_figure_of_the_same_theme_that_is_no_longer_drawn_goes(
    tmp_path: Path, files: dict[str, dict[str, bytes]]
) -> None:
    for name in ("fig-recovery.png", "fig-recovery-dark.png"):
        (tmp_path / name).write_text("an earlier one")
    write_outputs(files["dark"], tmp_path)

    assert "fig-recovery.png" in names(tmp_path)
    assert "fig-recovery-dark.png" not in names(tmp_path)


def test_a_simulated_session_leaves_a_slide_and_figures_under_that_word(tmp_path: Path) -> None:
    report = a_report(kind=Kind.SIMULATED)
    write_outputs(report.files(), tmp_path)

    assert report.headline is None
    assert {"headline.png", "fig-scaling.svg", "fig-architecture.png"} <= names(tmp_path)
    assert "SIMULATED" in (tmp_path / "headline.txt").read_text()
    assert "SIMULATED" in (tmp_path / "headline.svg").read_text()


def test_a_refusal_leaves_no_earlier_slide_standing(tmp_path: Path) -> None:
    for name in DRAWN:
        (tmp_path / name).write_text("an earlier one")
    (tmp_path / "fig-mine.png").write_text("the presenter's own")
    write_outputs(a_report(status=Status.ABORTED).files(), tmp_path)

    assert names(tmp_path) == {"headline.txt", "report.html", "fig-mine.png"}


@pytest.mark.skipif(sys.platform != "linux", reason="there is no /proc")
def test_a_folder_that_cannot_be_written_to_is_a_bad_request() -> None:
    with pytest.raises(BadRequest, match="cannot write /proc"):
        write_outputs({"headline.txt": b"text"}, Path("/proc"))


def test_what_is_drawn_of_a_take_belongs_into_it(tmp_path: Path) -> None:
    assert output_folder(tmp_path) == tmp_path
    assert output_folder(tmp_path / "results.json") == tmp_path


def test_what_is_drawn_of_another_file_has_no_folder() -> None:
    assert output_folder(DECLARED) is None
