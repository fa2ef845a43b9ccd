from pathlib import Path

import pytest

from demo.dashboard import DashboardLink
from demo.race.setup import NO_EXTRAS, Fallback, RaceSetup, for_presenter, keys, prompt
from harness.cast.format import Cast
from harness.files.results import RESULTS_NAME, save
from harness.model import Schedule, SessionStage
from harness.run.dashboard import RayDashboard
from harness.takes.recordings import Recording
from tests.builders import a_results, a_spec

END = ("Ctrl-C ends the run", "Ctrl-C ends")


@pytest.mark.parametrize(
    ("stage", "schedule", "enter"),
    [
        (SessionStage.ARMED, Schedule.IN_TURN, "press Enter to start the baseline"),
        (SessionStage.ARMED, Schedule.TOGETHER, "press Enter to start both clocks"),
        (SessionStage.REPLAYING, Schedule.IN_TURN, "Enter skips the rest of the replay"),
        (SessionStage.PROVING, Schedule.IN_TURN, "Enter skips the rest of the proof"),
    ],
)
def test_enter_is_named_where_it_does_something_and_by_what_it_does(
    stage: SessionStage, schedule: Schedule, enter: str
) -> None:
    assert keys(stage, schedule, RaceSetup(), measured=False)[0][0] == enter
    assert keys(stage, schedule, RaceSetup(), measured=False)[1:] == (END,)


@pytest.mark.parametrize("stage", [SessionStage.ARMING, SessionStage.RUNNING])
def test_enter_is_not_named_where_it_does_nothing(stage: SessionStage) -> None:
    assert keys(stage, Schedule.IN_TURN, RaceSetup(), measured=False) == (END,)


@pytest.mark.parametrize(("measured", "named"), [(False, True), (True, False)])
def test_the_recording_can_be_played_until_all_is_measured(measured: bool, named: bool) -> None:
    recording = Recording(
        folder=Path("take"),
        results=a_results(),
        cast=Cast(columns=80, rows=24, began=None, events=()),
        verified=True,
    )
    setup = RaceSetup(fallback=Fallback(recording))
    known = keys(SessionStage.RUNNING, Schedule.TOGETHER, setup, measured=measured)

    assert (("f plays the recording",) in known) is named


def test_what_the_clocks_do_not_show_is_said() -> None:
    assert [
        prompt(stage, "baseline", NO_EXTRAS)
        for stage in (SessionStage.ARMING, SessionStage.RUNNING, SessionStage.REPLAYING)
    ] == ["arming baseline", "", ""]


def test_where_a_clusters_dashboard_is_stands_in_the_last_line_until_a_clock_runs() -> None:
    link = DashboardLink(joined=True, live=True)
    setup = RaceSetup(dashboard=link, footer=lambda: "06:00 left")
    assert prompt(SessionStage.ARMED, "", setup) == "armed · 06:00 left"
    link.show(RayDashboard(url="http://10.0.0.5:8265"))
    assert prompt(SessionStage.ARMED, "", setup) == ("armed · dashboard 10.0.0.5:8265 · 06:00 left")
    assert prompt(SessionStage.RUNNING, "", setup) == "06:00 left"


@pytest.mark.parametrize(
    ("stage", "named"),
    [(SessionStage.ARMED, ["press Enter to start the baseline"]), (SessionStage.RUNNING, [])],
)
def test_a_recorded_race_names_no_key_that_whoever_plays_it_has_not(
    stage: SessionStage, named: list[str]
) -> None:
    known = keys(stage, Schedule.IN_TURN, RaceSetup(recorded=True), measured=False)

    assert [words[0] for words in known] == named


@pytest.mark.parametrize(
    ("live", "simulated", "shown"),
    [(True, False, True), (False, False, False), (True, True, False)],
)
def test_a_measured_race_on_a_panel_shows_the_last_take_of_the_same(
    live: bool, simulated: bool, shown: bool, tmp_path: Path
) -> None:
    (tmp_path / "take").mkdir()
    save(a_results(), tmp_path / "take" / RESULTS_NAME)
    setup = for_presenter(
        a_spec(), live=live, simulated=simulated, by_itself=False, after_s=10.0, root=tmp_path
    )
    assert (setup.last_take is not None) is shown
