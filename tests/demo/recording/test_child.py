"""The panel of a recorded race: which moments it labels."""

from dataclasses import replace

import pytest

from demo.recording.child import RecordedPanel
from demo.terminal import Keys
from harness.cast.format import OUTPUT, Cast, Event
from harness.cast.markers import extract_markers
from harness.model import SessionStage
from tests.builders import a_board, a_spec
from tests.show.terminal.panels import a_caption


def labels_of(stages: list[SessionStage], capfd: pytest.CaptureFixture[str]) -> list[str]:
    """Return the labels that a panel writes while a session is at these stages, in turn."""
    panel, board = RecordedPanel(a_spec(), Keys()), a_board()
    with panel.in_use():
        for stage in stages:
            panel.show([], board, board, replace(a_caption(), stage=stage), board.at)
    panel.full_screen.leave()
    written = capfd.readouterr().out
    cast = extract_markers(Cast(columns=100, rows=30, events=(Event(0.0, OUTPUT, written),)))
    return [marker.text for marker in cast.markers]


def test_the_beginning_of_a_proof_is_labelled_once(capfd: pytest.CaptureFixture[str]) -> None:
    race = [SessionStage.RUNNING, SessionStage.REPLAYING]
    proof = [SessionStage.PROVING, SessionStage.PROVING, SessionStage.ENDING]
    assert labels_of([*race, *proof], capfd) == ["proof"]


def test_a_race_without_a_proof_labels_none(capfd: pytest.CaptureFixture[str]) -> None:
    assert labels_of([SessionStage.RUNNING, SessionStage.ENDING], capfd) == []
