import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from demo.talk.presenter_state import PresenterState
from harness import events as e
from harness.errors import BadRequest
from harness.event_lines import encode
from harness.files.journal import header_line
from harness.model import Kind, Side, Status
from harness.talk.agenda import Agenda, position_at, words_of
from harness.talk.broadcast import Broadcast
from harness.talk.forecast import RehearsalHistory
from harness.talk.history import BeatDuration, Rehearsal, append_rehearsal, configuration_of
from tests.builders import a_spec, an_opening, arming_events, some_words, trial_events
from tests.talks import TALK, process_that_has_ended

EARLIER, LATER = "2026-11-22T09:14:07+00:00", "2026-11-22T10:00:00+00:00"
NOON = 1_795_528_800.0


@dataclass
class Stage:
    """A cue below a folder, with one clock that is set by hand."""

    root: Path
    take: Path | None = None
    talk: Agenda = TALK
    now: float = NOON
    state: PresenterState = field(init=False)

    def __post_init__(self) -> None:
        self.state = PresenterState.start(
            self.take,
            self.talk,
            10.0,
            root=self.root,
            clock=lambda: self.now,
            ticks=lambda: self.now - NOON,
        )

    def pass_time(self, seconds: float) -> None:
        """Let time go by, then look."""
        self.now += seconds
        self.state.look()

    def enter(self, after: float) -> None:
        """Press Enter after some seconds."""
        self.now += after
        self.state.enter()

    @property
    def place(self) -> int:
        """Return the beat that is shown."""
        return self.state.scene().position.place


def session(
    folder: Path,
    began: str = LATER,
    told: Iterable[e.Event] = (),
    pid: int = 0,
    run: str = "7c21",
    **opening: Any,
) -> Path:
    """Write the journal of a session with a launched side (pid 0: this process)."""
    folder.mkdir(parents=True)
    journal = folder / "events.jsonl"
    launched = e.stamp(e.Launched(pid=pid or os.getpid()), 0.1, Side.BASELINE, 0)
    journal.write_bytes(
        header_line(run, began) + b"".join(map(encode, (an_opening(**opening), launched, *told)))
    )
    return journal


def more(journal: Path, *told: e.Event) -> None:
    """Let more happen in a session."""
    with journal.open("ab") as file:
        file.write(b"".join(map(encode, told)))


GO = e.stamp(e.Go(order=0), 8.0, Side.BASELINE, 0)


# Which session.


def test_the_cue_waits_for_a_session(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.pass_time(1.0)
    assert (stage.state.scene().run, stage.state.scene().note) == (
        None,
        f"waiting for a session in {tmp_path}",
    )


def test_a_session_that_runs_is_followed(tmp_path: Path) -> None:
    session(tmp_path / "take")
    stage = Stage(tmp_path)
    stage.pass_time(1.0)
    assert stage.state.scene().note == "train · run 7c21"


def test_a_newer_session_is_picked_up_when_it_begins(tmp_path: Path) -> None:
    session(tmp_path / "a", EARLIER, run_id="first")
    stage = Stage(tmp_path)
    stage.pass_time(1.0)
    session(tmp_path / "b", LATER, run_id="second")
    stage.pass_time(1.0)
    assert stage.state.scene().note == "train · run second"


def test_a_session_is_followed_though_the_showcase_says_that_it_began_later(tmp_path: Path) -> None:
    session(
        tmp_path / "showcase",
        LATER,
        [e.Closed(status=Status.COMPLETE)],
        pid=process_that_has_ended(),
        run_id="showcase",
    )
    session(tmp_path / "own", EARLIER, run_id="own")
    stage = Stage(tmp_path)
    stage.pass_time(1.0)
    assert stage.state.scene().note == "train · run own"


@pytest.mark.parametrize("over", [[e.Closed(status=Status.COMPLETE)], []], ids=["closed", "left"])
def test_a_session_that_was_over_before_is_not_followed_but_says_which_words_to_say(
    over: list[e.Event], tmp_path: Path
) -> None:
    session(tmp_path / "take", told=over, pid=process_that_has_ended())
    stage = Stage(tmp_path)
    stage.pass_time(1.0)
    scene = stage.state.scene()
    assert (scene.run, scene.sentence) == (
        None,
        "What binds us: the nightly retrain misses its deploy window.",
    )


def test_a_session_that_ends_while_it_is_followed_stays_in_view(tmp_path: Path) -> None:
    journal, stage = session(tmp_path / "take"), Stage(tmp_path)
    stage.pass_time(1.0)
    more(journal, e.Closed(status=Status.COMPLETE))
    before = stage.state.ended
    stage.pass_time(1.0)
    assert (before, stage.state.ended, stage.state.scene().note) == (
        False,
        True,
        "train · run 7c21",
    )


def test_the_take_that_is_named_is_followed_whatever_is_newer(tmp_path: Path) -> None:
    session(tmp_path / "recordings" / "newer", LATER, run_id="newer")
    session(tmp_path / "named", EARLIER, run_id="named")
    stage = Stage(tmp_path / "recordings", take=tmp_path / "named")
    stage.pass_time(1.0)
    assert stage.state.scene().note == "train · run named"


def test_a_take_that_is_to_come_is_waited_for(tmp_path: Path) -> None:
    stage = Stage(tmp_path, take=tmp_path / "named")
    stage.pass_time(1.0)
    waiting = stage.state.scene().note
    session(tmp_path / "named", run_id="named")
    stage.pass_time(1.0)
    assert (waiting, stage.state.scene().note) == (
        f"waiting for a journal in {tmp_path / 'named'}",
        "train · run named",
    )


def test_a_file_is_no_take(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadRequest, match="is not a take's folder"):
        Stage(tmp_path, take=tmp_path / "file")


def test_lines_that_cannot_be_read_are_told_of(tmp_path: Path) -> None:
    journal = session(tmp_path / "take")
    with journal.open("ab") as file:
        file.write(b"hello\n")
    stage = Stage(tmp_path)
    stage.pass_time(1.0)
    assert stage.state.scene().note == "train · run 7c21 · 1 line of its journal cannot be read"


def test_a_session_whose_processes_have_gone_is_said_to_be_gone(tmp_path: Path) -> None:
    session(tmp_path / "take", pid=process_that_has_ended())
    stage = Stage(tmp_path, take=tmp_path / "take")
    stage.pass_time(1.0)
    stage.pass_time(5.0)
    run = stage.state.scene().run
    assert run is not None
    assert (run.alive, stage.state.ended) == (False, True)


# What rehearsals say.


def test_rehearsals_of_the_same_configuration_are_taken_into_account(tmp_path: Path) -> None:
    known: dict[str, Any] = {
        "began_utc": EARLIER,
        "status": Status.COMPLETE,
        "alone": False,
        "length": 720.0,
        "distributed_s": (22.0,),
    }
    for spec, wall_s in ((a_spec(), 40.0), (a_spec(workers=3), 99.0)):
        beats, wanted = (
            (BeatDuration("demo", 270.0, 100.0 + wall_s),),
            configuration_of(spec, Kind.MEASURED),
        )
        append_rehearsal(
            Rehearsal(configuration=wanted, beats=beats, baseline_s=(wall_s,), **known),
            tmp_path / "rehearsals.jsonl",
        )
    session(tmp_path / "take")
    stage = Stage(tmp_path)
    stage.pass_time(1.0)
    scene = stage.state.scene()
    assert (scene.history.baseline, [until.at for until in scene.deadlines]) == (
        (40.0,),
        [720.0 - 90.0 - 140.0],
    )


def test_rehearsals_that_cannot_be_read_are_left_out_and_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "rehearsals.jsonl").write_text("hello\n")
    session(tmp_path / "take")
    stage = Stage(tmp_path)
    stage.pass_time(1.0)
    scene = stage.state.scene()
    path = tmp_path / "rehearsals.jsonl"
    said = f"no estimates from rehearsals: line 1 of {path} is not a rehearsal: "
    assert (scene.note, scene.history, scene.trouble.startswith(said)) == (
        "train · run 7c21",
        RehearsalHistory(),
        True,
    )


def test_rehearsals_that_can_be_read_are_no_trouble(tmp_path: Path) -> None:
    assert Stage(tmp_path).state.scene().trouble == ""


# The presenter's own talk.


def test_enter_begins_the_talk_and_ends_its_beats(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    places = [stage.place]
    for after in (5.0, 100.0, 200.0, 80.0):
        stage.enter(after)
        places.append(stage.place)
    assert (places, stage.state.progress.durations) == ([0, 0, 1, 2, 3], (100.0, 200.0, 80.0))


def test_the_clocks_wait_for_the_talk_to_begin(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.pass_time(300.0)
    assert stage.state.scene().position.elapsed == 0.0


def test_a_run_that_goes_takes_the_talk_to_its_demo(tmp_path: Path) -> None:
    journal, stage = session(tmp_path / "take", told=arming_events()), Stage(tmp_path)
    stage.pass_time(1.0)
    stage.enter(0.0)
    more(journal, GO)
    stage.pass_time(50.0)
    assert (stage.place, stage.state.progress.durations) == (1, (50.0,))


def test_a_run_that_goes_later_changes_nothing_after_the_demo(tmp_path: Path) -> None:
    journal, stage = session(tmp_path / "take", told=arming_events()), Stage(tmp_path)
    stage.pass_time(1.0)
    for after in (0.0, 10.0, 10.0):
        stage.enter(after)
    more(journal, GO)
    stage.pass_time(5.0)
    assert stage.place == 2


def test_a_run_that_goes_begins_no_talk(tmp_path: Path) -> None:
    session(tmp_path / "take", told=[*arming_events(), GO])
    stage = Stage(tmp_path)
    stage.pass_time(1.0)
    assert stage.state.progress.began is None


def test_a_run_that_has_gone_before_the_talk_began_does_not_move_it(tmp_path: Path) -> None:
    session(tmp_path / "take", told=[*arming_events(), *trial_events(Side.BASELINE, 8.0, 40.0)[:5]])
    stage = Stage(tmp_path)
    stage.pass_time(1.0)
    stage.enter(0.0)
    stage.pass_time(1.0)
    assert stage.place == 0


def test_the_prompt_says_what_enter_does(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    prompts = [stage.state.scene().prompt]
    for _ in range(4):
        stage.enter(1.0)
        prompts.append(stage.state.scene().prompt)
    assert prompts == [
        "Enter begins the talk · q leaves",
        *["Enter ends this beat · q leaves"] * 3,
        "q leaves",
    ]


# The talk of a rehearsal.


def announced(stage: Stage) -> Broadcast:
    """Begin a talk in the other terminal."""
    talk = Agenda(100.0, (TALK.beats[0], TALK.beats[1]))
    words = words_of(some_words(bottleneck="it is slow"))
    rehearsed = configuration_of(a_spec(), Kind.MEASURED)
    return Broadcast.start(talk, words, rehearsed, at=stage.now, root=stage.root)


def test_the_talk_of_a_rehearsal_is_followed(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    announcement = announced(stage)
    stage.pass_time(5.0)
    scene = stage.state.scene()
    announcement.close(stage.now)
    assert (scene.position.elapsed, scene.position.agenda.length, scene.sentence) == (
        5.0,
        100.0,
        "What binds us: it is slow.",
    )
    assert scene.prompt == "follows the rehearsal · q leaves"


def test_no_other_session_is_followed_while_a_rehearsal_goes_on(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    session(tmp_path / "other", EARLIER, run_id="other")
    stage.pass_time(1.0)
    announcement = announced(stage)
    stage.pass_time(1.0)
    alone = stage.state.scene()
    rehearsed = session(tmp_path / "rehearsed", LATER, run="5e12", run_id="5e12")
    session(tmp_path / "newer", "2026-11-22T11:00:00+00:00", run="newer", run_id="newer")
    announcement.race("5e12", tmp_path / "rehearsed")
    stage.pass_time(1.0)
    scene = stage.state.scene()
    announcement.close(stage.now)
    assert (alone.run, alone.note) == (None, "the rehearsal has not begun its race")
    assert stage.state.session is not None
    assert (stage.state.session.journal, scene.note) == (rehearsed, "train · run 5e12")


def test_a_rehearsal_whose_take_lies_elsewhere_is_followed(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "recordings")
    announcement = announced(stage)
    folder = tmp_path / "elsewhere"
    announcement.race("5e12", folder)
    stage.pass_time(1.0)
    early = stage.state.scene().note
    rehearsed = session(folder, run="5e12", run_id="5e12")
    stage.pass_time(1.0)
    scene = stage.state.scene()
    announcement.close(stage.now)
    assert early == "the rehearsal has not begun its race"
    assert stage.state.session is not None
    assert (stage.state.session.journal, scene.note) == (rehearsed, "train · run 5e12")


def test_a_folder_that_holds_another_run_is_not_that_of_the_rehearsal(tmp_path: Path) -> None:
    stage = Stage(tmp_path / "recordings")
    announcement = announced(stage)
    session(tmp_path / "elsewhere", run="other", run_id="other")
    announcement.race("5e12", tmp_path / "elsewhere")
    stage.pass_time(1.0)
    announcement.close(stage.now)
    assert stage.state.scene().run is None


def test_the_estimates_beside_a_rehearsal_are_of_what_it_rehearses(tmp_path: Path) -> None:
    rehearsal = Rehearsal(
        began_utc=EARLIER,
        status=Status.COMPLETE,
        alone=False,
        configuration=configuration_of(a_spec(), Kind.MEASURED),
        length=720.0,
        beats=(BeatDuration("opening", 120.0, 95.0), BeatDuration("demo", 270.0, 200.0)),
    )
    append_rehearsal(rehearsal, tmp_path / "rehearsals.jsonl")
    stage = Stage(tmp_path)
    announcement = announced(stage)
    stage.pass_time(1.0)
    history = stage.state.scene().history
    announcement.close(stage.now)
    assert (history.beat_times("opening"), history.demos) == ((95.0,), (200.0,))


def test_enter_does_not_drive_the_talk_of_a_rehearsal(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    announcement = announced(stage)
    stage.pass_time(5.0)
    stage.enter(0.0)
    announcement.close(stage.now)
    assert (stage.state.progress.ended, stage.place) == ((), 0)


def test_a_beat_that_ends_in_the_rehearsal_ends_here(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    announcement = announced(stage)
    stage.pass_time(5.0)
    announcement.end_beat(stage.now)
    stage.pass_time(2.0)
    announcement.close(stage.now)
    assert (stage.place, stage.state.scene().position.taken) == (1, 2.0)


def test_a_rehearsal_that_is_over_stands_still_until_a_talk_begins_here(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    announcement = announced(stage)
    stage.pass_time(5.0)
    announcement.close(stage.now)
    stage.pass_time(60.0)
    over = stage.state.scene()
    stage.enter(0.0)
    stage.pass_time(3.0)
    begun = stage.state.scene()
    assert (over.position.elapsed, over.prompt) == (
        5.0,
        "the rehearsal is over · Enter begins a talk here · q leaves",
    )
    assert (begun.position.elapsed, begun.position.agenda) == (3.0, TALK)


def test_a_rehearsal_that_was_over_before_is_not_followed(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    announced(stage).close(stage.now)
    stage.pass_time(1.0)
    assert position_at(stage.state.progress, stage.now).agenda == TALK
