import re
import signal
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness import events as e
from harness.errors import Disagreement, Interrupted, SideFailed, TwoclocksError
from harness.event_lines import encode
from harness.model import Schedule, SessionStage, Side, Variant
from harness.run import proving
from harness.run.baseline_variants import VariantPlan
from harness.run.conductor import Conductor
from harness.run.frames import Batch
from harness.run.host import usable_cores
from harness.run.plan import Plan, Session, Waits
from harness.run.progress_reports import PROGRESS_EVERY_S
from harness.run.schedule import UNPINNED, CoreShares
from harness.run.wire import TimeVariant
from tests.builders import a_spec, a_workload_file

BASELINE, DISTRIBUTED = Side
QUICK = {"seconds": 0.3, "chunks": 6, "quality": 0.97}
LONG = {"seconds": 60.0, "chunks": 1000, "quality": 0.97}


WAITS = Waits(frame_s=0.05, probe_s=0.2, quiet_for_s=0.2, settle_within_s=0.5, end_within_s=2.0)
LONG_FRAMES = replace(WAITS, frame_s=0.6)


@dataclass
class Presenter:
    """Asks for what a test says, once the events call for it; begins at once, never skips."""

    stops: Callable[[list[e.Event]], int | None] = lambda _: None
    begins: Callable[[], bool] = lambda: True
    skips: Callable[[], bool] = lambda: False
    seen: list[e.Event] = field(default_factory=list)

    def stop(self) -> int | None:
        return self.stops(self.seen)

    def begin(self) -> bool:
        return self.begins()

    def attended(self) -> bool:
        return False

    def skip(self) -> bool:
        return self.skips()


@dataclass
class Ran:
    """A session that has come to its end, whichever it was."""

    conductor: Conductor
    batches: list[Batch]
    shown_at: list[float]
    stages: list[tuple[SessionStage, str]]
    ended: TwoclocksError | None

    @property
    def events(self) -> list[e.Event]:
        return [event for batch in self.batches for event in batch]

    def of(self, *kinds: type[e.Event]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kinds)]


def a_session(out: Path, workload: str = "simulated", **changes: Any) -> Session:
    fields: dict[str, Any] = {"simulated": True, "core_shares": UNPINNED}
    session: dict[str, Any] = {
        "replay_rest": changes.pop("replay_rest", False),
        "waits": changes.pop("waits", WAITS),
    }
    asked = {
        name: changes.pop(name)
        for name in ("schedule", "trials", "workers", "params", "points", "chaos")
        if name in changes
    }
    spec = a_spec(**({"params": QUICK if workload == "simulated" else {}} | asked))
    plan = Plan(spec=spec, workload=workload, **(fields | changes))
    return Session(plan=plan, out=out, **session)


def ran(session: Session, presenter: Presenter | None = None) -> Ran:
    presenter = presenter or Presenter()
    conducting = Conductor(session, presenter)
    result = Ran(conducting, [], [], [], None)
    try:
        for batch in conducting.frames():
            presenter.seen += batch
            result.batches.append(batch)
            result.shown_at.append(conducting.now)
            result.stages.append((conducting.stage, conducting.subject))
    except TwoclocksError as error:
        result.ended = error
    return result


def nobody_left(result: Ran) -> bool:
    return not any(psutil.pid_exists(event.pid) for event in result.of(e.Launched))


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    asked = iter([True, False, False, True])  # the first answer was typed while arming
    return ran(
        a_session(tmp_path_factory.mktemp("together"), schedule=Schedule.AUTO),
        Presenter(begins=lambda: next(asked)),
    )


@pytest.fixture(scope="module")
def in_turn(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran(a_session(tmp_path_factory.mktemp("in-turn"), schedule=Schedule.IN_TURN, trials=3))


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return ran(
        a_session(
            tmp_path_factory.mktemp("swept"),
            schedule=Schedule.IN_TURN,
            trials=2,
            workers=3,
            points=(1, 3),
        )
    )


def order_of(result: Ran, side: Side) -> list[str]:
    """Return the kinds of one side's events, repeats left out."""
    kinds = (
        type(event).__name__
        for event in result.events
        if event.side is side and not isinstance(event, e.Scheduled | e.Observed | e.Sample)
    )
    return [
        kind for kind, _ in groupby(kinds) if kind not in ("Span", "Progress", "Phase", "CoreTime")
    ]


@pytest.mark.parametrize("side", Side)
def test_a_side_is_launched_armed_started_finished_and_scored(together: Ran, side: Side) -> None:
    again = ["Rescored"] if side is DISTRIBUTED else []
    assert order_of(together, side) == ["Launched", "Ready", "Go", "Finished", "Scored", *again]


def test_sides_are_armed_one_after_the_other(together: Ran) -> None:
    assert [(type(event), event.side) for event in together.of(e.Launched, e.Ready)] == [
        (e.Launched, BASELINE),
        (e.Ready, BASELINE),
        (e.Launched, DISTRIBUTED),
        (e.Ready, DISTRIBUTED),
    ]


def test_no_clock_starts_before_both_sides_are_ready(together: Ran) -> None:
    assert max(event.at for event in together.of(e.Ready)) <= min(
        event.at for event in together.of(e.Go)
    )


def test_together_both_clocks_start_in_one_frame(together: Ran) -> None:
    (starting,) = [
        batch for batch in together.batches if any(isinstance(event, e.Go) for event in batch)
    ]
    assert [event.side for event in starting] == [BASELINE, DISTRIBUTED]


def test_together_the_sides_overlap(together: Ran) -> None:
    starts = [event.at for event in together.of(e.Go)]
    assert max(starts) < min(event.at for event in together.of(e.Finished))


def test_in_turn_the_trials_are_in_abba_order(in_turn: Ran) -> None:
    assert [(event.side, event.trial, event.order) for event in in_turn.of(e.Go)] == [
        (BASELINE, 0, 0),
        (DISTRIBUTED, 0, 1),
        (DISTRIBUTED, 1, 2),
        (BASELINE, 1, 3),
        (BASELINE, 2, 4),
        (DISTRIBUTED, 2, 5),
    ]


def test_a_sweep_says_who_works_in_every_trial(swept: Ran) -> None:
    assert [(event.side, event.trial, event.order, event.workers) for event in swept.of(e.Go)] == [
        (BASELINE, 0, 0, 0),
        (DISTRIBUTED, 0, 1, 1),
        (DISTRIBUTED, 0, 2, 3),
        (DISTRIBUTED, 1, 3, 3),
        (DISTRIBUTED, 1, 4, 1),
        (BASELINE, 1, 5, 0),
    ]


def test_a_sweep_arms_one_process_a_side_for_all_its_trials(swept: Ran) -> None:
    armed = {event.side: [worker.id for worker in event.workers] for event in swept.of(e.Ready)}
    assert len(swept.of(e.Launched)) == 2
    assert armed[DISTRIBUTED] == ["w0", "w1", "w2"]


def test_who_does_not_work_in_a_trial_of_a_sweep_has_nothing_to_say(swept: Ran) -> None:
    alone = [event.at for event in swept.of(e.Go, e.Scored) if event.side is DISTRIBUTED][:2]
    assert {event.worker for event in swept.of(e.Span) if alone[0] <= event.at <= alone[1]} == {
        "w0"
    }


def test_a_sweep_runs_one_thing_at_a_time(swept: Ran) -> None:
    assert [type(event) for event in swept.of(e.Go, e.Finished, e.Scored)] == [
        e.Go,
        e.Finished,
        e.Scored,
    ] * 6
    assert swept.ended is None


def test_in_turn_a_trial_starts_when_the_one_before_is_scored(in_turn: Ran) -> None:
    kinds = [type(event) for event in in_turn.of(e.Go, e.Finished, e.Scored)]
    assert kinds == [e.Go, e.Finished, e.Scored] * 6


def test_what_belongs_to_a_trial_says_which(in_turn: Ran) -> None:
    per_trial = [(event.side, event.trial) for event in in_turn.of(e.Finished)]
    assert sorted(per_trial) == [(side, trial) for side in Side for trial in range(3)]


def test_every_trial_of_a_side_gives_one_answer(in_turn: Ran) -> None:
    assert len({event.answer_sha256 for event in in_turn.of(e.Scored)}) == 1


def test_a_session_runs_to_its_end(in_turn: Ran, together: Ran) -> None:
    assert (in_turn.ended, together.ended) == (None, None)


def test_time_never_runs_backwards(in_turn: Ran) -> None:
    stamps = [event.at for event in in_turn.events]
    assert stamps == sorted(stamps)


def test_what_comes_within_a_frame_has_the_time_at_which_it_came(tmp_path: Path) -> None:
    result = ran(a_session(tmp_path, params=QUICK | {"seconds": 1.5}, waits=LONG_FRAMES))
    times = [
        [event.at for event in batch if isinstance(event, e.Progress)] for batch in result.batches
    ]
    assert any(each[-1] - each[0] > PROGRESS_EVERY_S / 2 for each in times if each)
    assert all(
        event.at < shown_at
        for batch, shown_at in zip(result.batches, result.shown_at, strict=True)
        for event in batch
    )


def test_a_finished_event_comes_no_sooner_than_its_wall_time(in_turn: Ran) -> None:
    went = {(event.side, event.trial): event.at for event in in_turn.of(e.Go)}
    for event in in_turn.of(e.Finished):
        assert event.at - went[event.side, event.trial] >= event.wall_s - 0.01


def test_the_last_event_of_the_trials_is_what_watching_cost(in_turn: Ran) -> None:
    last = in_turn.events[-1]
    assert isinstance(last, e.Observed)
    assert last.frames >= 6
    assert last.contention is None


def test_the_distributed_side_has_its_workers(in_turn: Ran) -> None:
    ready = {event.side: event for event in in_turn.of(e.Ready)}
    assert [worker.id for worker in ready[DISTRIBUTED].workers] == ["w0", "w1"]


def test_a_session_leaves_no_process(in_turn: Ran, together: Ran) -> None:
    assert nobody_left(in_turn)
    assert nobody_left(together)


def test_a_viewer_can_tell_what_is_going_on(in_turn: Ran) -> None:
    ending = SessionStage.ENDING, ""  # not seen of sides that end at once
    assert [stage for stage, _ in groupby([*in_turn.stages, ending])] == [
        (SessionStage.ARMING, "baseline"),
        (SessionStage.ARMING, "distributed"),
        (SessionStage.RUNNING, ""),
        ending,
    ]


def test_a_pretend_session_may_run_at_once_on_one_host(together: Ran) -> None:
    assert together.conductor.plan.spec.schedule is Schedule.AUTO
    assert together.conductor.schedule is Schedule.TOGETHER


def test_the_presenter_says_when_the_clocks_start(together: Ran) -> None:
    assert together.stages.count((SessionStage.ARMED, "")) == 2


CRAWL = """
def baseline(given, report):
    time.sleep({seconds})
    report(len(given))
    return given
"""


def test_a_replay_goes_on_until_the_baseline_is_home_whatever_was_pressed_before(
    tmp_path: Path,
) -> None:
    path = a_workload_file(tmp_path, CRAWL.format(seconds=2.0))
    typed = iter([True])
    skips = Presenter(skips=lambda: next(typed, False))
    result = ran(a_session(tmp_path, path, schedule=Schedule.IN_TURN, replay_rest=True), skips)
    went = result.of(e.Go)[-1].at
    assert (SessionStage.REPLAYING, "") in result.stages
    assert result.shown_at[-1] - went >= result.of(e.Finished)[0].wall_s


def test_the_rest_of_a_replay_can_be_skipped(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, CRAWL.format(seconds=0.4))
    result = ran(
        a_session(tmp_path, path, schedule=Schedule.IN_TURN, replay_rest=True),
        Presenter(skips=lambda: True),
    )
    assert (SessionStage.REPLAYING, "") not in result.stages


RAISE = "raise ValueError('no such luck')"
VANISH = "print('so long', flush=True); os._exit(0)"


def failing(folder: Path, side: Side, statement: str) -> str:
    arguments = "given, report" if side is BASELINE else "given, pool, report"
    return a_workload_file(folder, f"def {side}({arguments}): {statement}")


@pytest.mark.parametrize(
    ("side", "statement", "reason", "hint"),
    [
        (
            BASELINE,
            RAISE,
            "ValueError: no such luck",
            r"it was raised in made\.py, line \d+, in baseline",
        ),
        (
            DISTRIBUTED,
            RAISE,
            "ValueError: no such luck",
            r"it was raised in made\.py, line \d+, in distributed",
        ),
        (DISTRIBUTED, VANISH, "its process ended with exit code 0", "its last line: so long"),
    ],
)
def test_a_side_that_fails_ends_the_session(
    tmp_path: Path, side: Side, statement: str, reason: str, hint: str
) -> None:
    result = ran(
        a_session(tmp_path, failing(tmp_path, side, statement), schedule=Schedule.TOGETHER)
    )
    assert isinstance(result.ended, SideFailed)
    assert result.ended.sentence == f"the {side} side failed: {reason}"
    assert re.fullmatch(hint, result.ended.hint)
    assert [(event.side, event.reason) for event in result.of(e.Failed)] == [(side, reason)]
    assert not result.conductor.measured
    assert nobody_left(result)


def test_a_side_that_fails_while_it_is_armed_never_starts(tmp_path: Path) -> None:
    result = ran(
        a_session(tmp_path, a_workload_file(tmp_path, "def load(params): raise OSError('no data')"))
    )
    assert isinstance(result.ended, SideFailed)
    assert result.of(e.Go) == []
    assert [event.side for event in result.of(e.Launched)] == [BASELINE]


def test_a_side_that_is_killed_from_outside_ends_the_session(tmp_path: Path) -> None:
    session = a_session(tmp_path, params=LONG, schedule=Schedule.TOGETHER)
    presenter = Presenter()

    def kill_once_running(seen: list[e.Event]) -> None:
        if any(isinstance(event, e.Progress) for event in seen) and not any(
            isinstance(event, e.Failed) for event in seen
        ):
            psutil.Process(pid_of(seen, DISTRIBUTED)).kill()

    presenter.stops = kill_once_running
    result = ran(session, presenter)
    assert isinstance(result.ended, SideFailed)
    assert (
        result.ended.sentence == "the distributed side failed: its process was killed by signal 9"
    )
    assert result.ended.hint == "see distributed.log in the take's folder"
    assert nobody_left(result)


def pid_of(events: list[e.Event], side: Side) -> int:
    return next(
        event.pid for event in events if isinstance(event, e.Launched) and event.side is side
    )


GARBLE = """
def baseline(given, report):
    os.write(int(sys.argv[1].split('"events_fd":')[1].split(",")[0]), b"not an event\\n")
    time.sleep(60)
"""


def test_a_side_that_garbles_its_events_is_ended(tmp_path: Path) -> None:
    result = ran(a_session(tmp_path, a_workload_file(tmp_path, GARBLE)))
    assert isinstance(result.ended, SideFailed)
    assert result.ended.sentence.startswith("the baseline side failed: not an event")
    assert nobody_left(result)


IN_ONE_FRAME = """
def baseline(given, report):
    for line in {lines}:
        os.write(int(sys.argv[1].split('"events_fd":')[1].split(",")[0]), line + b"\\n")
        time.sleep(0.05)
    {then}
"""
PROGRESS = encode(e.Progress(done=1)).strip()


def said_by_the_baseline(result: Ran) -> list[type[e.Event]]:
    said = result.of(e.Progress, e.Failed)
    return [type(event) for event in said if event.side is BASELINE]


def test_nothing_is_believed_that_comes_behind_a_fault_in_one_frame(tmp_path: Path) -> None:
    lines = [b"not an event", PROGRESS]
    changes = IN_ONE_FRAME.format(lines=lines, then="time.sleep(60)")
    result = ran(a_session(tmp_path, a_workload_file(tmp_path, changes), waits=LONG_FRAMES))
    assert said_by_the_baseline(result) == [e.Failed]
    assert nobody_left(result)


def test_what_a_side_said_before_it_ended_in_one_frame_comes_first(tmp_path: Path) -> None:
    changes = IN_ONE_FRAME.format(lines=[PROGRESS, PROGRESS], then="os._exit(7)")
    result = ran(a_session(tmp_path, a_workload_file(tmp_path, changes), waits=LONG_FRAMES))
    assert said_by_the_baseline(result) == [e.Progress, e.Progress, e.Failed]
    assert isinstance(result.ended, SideFailed)
    assert result.ended.sentence == "the baseline side failed: its process ended with exit code 7"


LINGER = """
def load(params):
    threading.Thread(target=time.sleep, args=(60,)).start()
    raise ValueError("and yet it lives")
"""


def test_a_side_that_fails_but_does_not_end_is_ended(tmp_path: Path) -> None:
    result = ran(a_session(tmp_path, a_workload_file(tmp_path, LINGER)))
    assert isinstance(result.ended, SideFailed)
    assert result.ended.sentence == "the baseline side failed: ValueError: and yet it lives"
    assert nobody_left(result)


def test_sides_that_load_something_else_disagree(tmp_path: Path) -> None:
    changes = "def load(params): return Problem(input=os.getpid(), held_out=0.5, items=5)"
    result = ran(a_session(tmp_path, a_workload_file(tmp_path, changes)))
    assert isinstance(result.ended, Disagreement)
    assert result.ended.sentence.startswith("the sides loaded different inputs: ")
    assert result.of(e.Go) == []
    assert nobody_left(result)


CHANGING = """
def load(params):
    pathlib.Path(__file__).write_text(pathlib.Path(__file__).read_text() + "#")
    return Problem(input=(), held_out=0.5, items=5)
"""


def test_sides_that_run_other_source_disagree(tmp_path: Path) -> None:
    result = ran(a_session(tmp_path, a_workload_file(tmp_path, CHANGING)))
    assert isinstance(result.ended, Disagreement)
    assert result.ended.sentence == "the workers run other source code than the baseline"


@pytest.mark.parametrize("moment", [e.Launched, e.Progress])
def test_a_wish_to_stop_ends_the_session_at_any_moment(
    tmp_path: Path, moment: type[e.Event]
) -> None:
    stopping = Presenter(
        stops=lambda seen: (
            signal.SIGTERM if any(isinstance(event, moment) for event in seen) else None
        )
    )
    result = ran(a_session(tmp_path, params=LONG), stopping)
    assert isinstance(result.ended, Interrupted)
    assert result.ended.exit_code == 128 + signal.SIGTERM
    assert nobody_left(result)


STOPPING_EARLY = """
fields["until"] = "ten items"
def load(params):
    return Problem(input=(0.02,) * 10, held_out=0.5, items=1000)
def baseline(given, report):
    report(len(given))
    return given
def distributed(given, pool, report):
    pool.map(lambda seconds: seconds, given, report=report)
    return given
"""


@pytest.mark.parametrize(
    ("schedule", "struck"), [(Schedule.IN_TURN, ["w0", "w0"]), (Schedule.TOGETHER, [])]
)
def test_a_strike_comes_at_a_share_of_what_the_baseline_took_to_the_result_if_it_ran_before(
    schedule: Schedule, struck: list[str], tmp_path: Path
) -> None:
    path = a_workload_file(tmp_path, STOPPING_EARLY)
    asked = {"schedule": schedule, "trials": 2, "workers": 1, "chaos": ("freeze:w0@50%,0.01s",)}
    result = ran(a_session(tmp_path, path, **asked))
    assert [event.worker for event in result.of(e.Struck)] == struck
    assert len(result.of(e.Unstruck)) == 2 - len(struck)


def test_a_strike_comes_at_a_share_of_all_items_whatever_a_baseline_reports(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, STOPPING_EARLY.replace("until", "unit"))
    asked = {"schedule": Schedule.IN_TURN, "workers": 1, "chaos": ("freeze:w0@50%,0.01s",)}
    result = ran(a_session(tmp_path, path, **asked))
    assert [event.strike for event in result.of(e.Unstruck)] == ["freeze:w0@50%,0.01s"]


TARRYING = """
import atexit
def load(params):
    atexit.register(time.sleep, {to_leave})
    return Problem(input=(1, 2), held_out=0.5, items=2)
"""
GARBAGE = r"""
def baseline(given, report):
    os.write(1, b'\xff\x1b[2J{"event": "failed", "reason": "no"}\n')
    return given
"""


@pytest.fixture(scope="module")
def tarried(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Return a session whose baseline printed garbage, and whose sides took a while to end."""
    folder = tmp_path_factory.mktemp("tarried")
    path = a_workload_file(folder, TARRYING.format(to_leave=0.6) + GARBAGE)
    return ran(a_session(folder, path))


def test_frames_keep_coming_while_the_sides_end(tarried: Ran) -> None:
    watched = next(
        place
        for place, batch in enumerate(tarried.batches)
        if any(isinstance(event, e.Observed) for event in batch)
    )
    assert len(tarried.batches) - watched >= 0.6 / WAITS.frame_s / 2
    assert tarried.ended is None
    assert nobody_left(tarried)


def test_what_a_side_prints_is_no_event(tarried: Ran) -> None:
    assert (tarried.ended, tarried.of(e.Failed)) == (None, [])
    log = tarried.conductor.session.out / "baseline.log"
    assert b"\xff\x1b[2J" in log.read_bytes()


def test_a_signal_hurries_the_sides_that_are_ending(tmp_path: Path) -> None:
    done = Presenter(
        stops=lambda seen: (
            signal.SIGTERM if any(isinstance(event, e.Observed) for event in seen) else None
        )
    )
    result = ran(a_session(tmp_path, a_workload_file(tmp_path, TARRYING.format(to_leave=60))), done)
    assert (result.ended, nobody_left(result)) == (None, True)


def test_a_viewer_that_leaves_early_leaves_no_process(tmp_path: Path) -> None:
    with closing(Conductor(a_session(tmp_path), Presenter()).frames()) as frames:
        (launched,) = next(frames)
    assert isinstance(launched, e.Launched)
    assert not psutil.pid_exists(launched.pid)


def test_a_folder_that_is_gone_leaves_no_process(tmp_path: Path) -> None:
    result = ran(a_session(tmp_path / "gone"))
    assert nobody_left(result)
    assert isinstance(result.ended, SideFailed)
    assert str(result.ended) == "the baseline side cannot be started: No such file or directory"


WARM = """
def load(params):
    return Problem(input=(1, 2), held_out=0.5, items=2, warmup=(1,))

def baseline(given, report):
    time.sleep(0.005)
    return given

def distributed(given, pool, report):
    time.sleep(0.005)
    return given
"""


PROVED = """
def textbook(given, report):
    raise ValueError("too slow")

proof.update(reference=textbook, ceiling=Ceiling("sleep", lambda given, seconds: 1000.0))
"""
STUDIES = (
    TimeVariant(Variant.OWN, 0.01),
    TimeVariant(Variant.LIMIT, 0.01, "sleep"),
    TimeVariant(Variant.WHOLE, 0.0),
    TimeVariant(Variant.OWN, 0.01),
)


@pytest.fixture(scope="module")
def proved(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("proved")
    typed = iter([True])  # a key that was pressed before the proof
    return ran(
        a_session(
            folder,
            a_workload_file(folder, PROVED),
            variant_plan=VariantPlan(STUDIES, usable_cores()[:1]),
        ),
        Presenter(skips=lambda: next(typed, False)),
    )


def test_the_baseline_is_proved_in_the_order_planned_whatever_was_pressed_before(
    proved: Ran,
) -> None:
    assert [event.variant for event in proved.of(e.Rated)] == [study.variant for study in STUDIES]
    assert proved.ended is None


def test_the_baseline_is_proved_when_the_trials_are_over(proved: Ran) -> None:
    assert max(event.at for event in proved.of(e.Scored, e.Observed)) <= min(
        event.at for event in proved.of(e.Rated)
    )


def test_a_rate_is_the_baselines(proved: Ran) -> None:
    assert {(event.side, event.trial) for event in proved.of(e.Rated)} == {(BASELINE, 0)}


def test_a_viewer_can_tell_what_is_being_proved(proved: Ran) -> None:
    proving = [
        subject for (stage, subject), _ in groupby(proved.stages) if stage is SessionStage.PROVING
    ]
    assert proving == ["as it runs", "sleep", "on all 1 cores", "as it runs"]


def test_a_baseline_on_the_whole_host_has_no_lane(proved: Ran) -> None:
    assert [event.side for event in proved.of(e.Launched, e.Ready)] == [
        BASELINE,
        BASELINE,
        DISTRIBUTED,
        DISTRIBUTED,
    ]
    assert len(proved.of(e.Go, e.Finished)) == 4


def test_proving_is_not_on_the_account_of_watching(proved: Ran) -> None:
    (observed,) = proved.of(e.Observed)
    assert 0 < observed.frames <= proved.stages.count((SessionStage.RUNNING, ""))


@pytest.fixture(scope="module")
def half_proved(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("half-proved")
    studies = (
        TimeVariant(Variant.OWN, 0.01),
        TimeVariant(Variant.TEXTBOOK, 0.01),
        TimeVariant(Variant.OWN, 0.01),
    )
    return ran(
        a_session(folder, a_workload_file(folder, PROVED), variant_plan=VariantPlan(studies))
    )


def test_a_variant_that_fails_is_named(half_proved: Ran) -> None:
    (ended,) = half_proved.of(e.ProofStopped)
    assert (ended.side, ended.variant, ended.label, ended.reason) == (
        BASELINE,
        Variant.TEXTBOOK,
        "textbook program",
        "ValueError: too slow",
    )
    assert re.search(r"made\.py, line \d+, in textbook$", ended.last_words)


def test_a_variant_that_fails_ends_the_proof_and_not_the_session(half_proved: Ran) -> None:
    assert (half_proved.ended, half_proved.conductor.measured) == (None, True)
    assert [type(event) for event in half_proved.of(e.Rated, e.Failed, e.ProofStopped)] == [
        e.Rated,
        e.ProofStopped,
    ]
    assert nobody_left(half_proved)


LOST = [
    (
        Variant.TEXTBOOK,
        "def textbook(given, report): os._exit(0)\nproof.update(reference=textbook)",
        "its process ended with exit code 0",
    ),
    (
        Variant.TEXTBOOK,
        "def textbook(given, report):\n    os.close(json.loads(sys.argv[1])['events_fd'])\n"
        "    time.sleep(60)\nproof.update(reference=textbook)",
        "it closed its pipe but did not end",
    ),
    (
        Variant.WHOLE,
        "def baseline(given, report):\n"
        "    if len(os.sched_getaffinity(0)) == 1: raise ValueError('alone')",
        "ValueError: alone",
    ),
    (
        Variant.WHOLE,
        "def load(params):\n    if len(os.sched_getaffinity(0)) == 1: os._exit(7)\n"
        "    return Problem(input=(), held_out=0.5, items=5)",
        "its process ended with exit code 7",
    ),
]


@pytest.mark.parametrize(("variant", "changes", "reason"), LOST)
def test_a_baseline_that_is_lost_in_its_proof_is_noticed(
    tmp_path: Path, variant: Variant, changes: str, reason: str
) -> None:
    path = a_workload_file(tmp_path, f"import json\n{changes}")
    result = ran(
        a_session(
            tmp_path,
            path,
            variant_plan=VariantPlan((TimeVariant(variant, 0.0),), usable_cores()[:1]),
        )
    )
    assert [(event.variant, event.reason) for event in result.of(e.ProofStopped)] == [
        (variant, reason)
    ]
    assert (result.ended, result.of(e.Failed)) == (None, [])
    assert nobody_left(result)


@pytest.mark.parametrize(("side", "unproved"), [(BASELINE, 1), (DISTRIBUTED, 0)])
def test_a_side_that_is_killed_when_all_is_measured_takes_nothing_back(
    tmp_path: Path, side: Side, unproved: int
) -> None:
    presenter = Presenter()

    def kill_once_measured(seen: list[e.Event]) -> None:
        if any(isinstance(event, e.Observed) for event in seen) and psutil.pid_exists(
            pid_of(seen, side)
        ):
            psutil.Process(pid_of(seen, side)).kill()

    presenter.stops = kill_once_measured
    path = a_workload_file(tmp_path, CRAWL.format(seconds=0.4))
    result = ran(
        a_session(
            tmp_path,
            path,
            schedule=Schedule.IN_TURN,
            replay_rest=True,
            variant_plan=VariantPlan(STUDIES[:1]),
        ),
        presenter,
    )
    assert (result.ended, result.of(e.Failed), len(result.of(e.ProofStopped))) == (
        None,
        [],
        unproved,
    )


COPIES = TimeVariant(Variant.COPIES, 0.0, value=2)
LOGGED = """
def note(*words):
    with open(pathlib.Path(__file__).with_name("log"), "a") as log:
        print(os.getpid(), time.monotonic(), *words, file=log)

def load(params):
    note("load", *sorted(os.sched_getaffinity(0)))
    return Problem(input=(1,), held_out=0.5, items=10, warmup=(), warmup_items=1)

def baseline(given, report):
    note("begin", *given)
    time.sleep(0.8 if given else 0.0)
    note("end", *given)
"""


@dataclass(frozen=True)
class Noted:
    """A line that a side's process wrote."""

    pid: int
    at: float
    words: list[str]


@pytest.fixture(scope="module")
def copied(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("copied")
    own, core = TimeVariant(Variant.OWN, 0.0), usable_cores()[:1]
    shares = CoreShares(baseline=core, workers=(core,) * 3, disjoint=False, screen_has_core=False)
    return ran(
        a_session(
            folder,
            a_workload_file(folder, LOGGED),
            core_shares=shares,
            variant_plan=VariantPlan((own, COPIES, own)),
        )
    )


def notes(result: Ran, *words: str) -> list[Noted]:
    """Return what the baseline's processes noted in a session, of these words."""
    lines = (result.conductor.session.out / "log").read_text().splitlines()
    split = [line.split() for line in lines]
    noted = [Noted(int(pid), float(at), said) for pid, at, *said in split]
    return [note for note in noted if note.words[: len(words)] == [*words]]


def copies_of(result: Ran) -> set[int]:
    """Return the pids of the processes that ran beside those of both sides."""
    sides = {event.pid for event in result.of(e.Launched)}
    return {note.pid for note in notes(result)} - sides


def test_there_is_a_copy_on_the_cores_of_each_worker(copied: Ran) -> None:
    core = [str(core) for core in usable_cores()[:1]]
    assert [note.words[1:] for note in notes(copied, "load") if note.pid in copies_of(copied)] == [
        core,
        core,
    ]


def test_copies_pass_the_whole_input_once_warm_and_at_one_time(copied: Ran) -> None:
    mine = copies_of(copied)
    began = [note.at for note in notes(copied, "begin", "1") if note.pid in mine]
    ended = [note.at for note in notes(copied, "end", "1") if note.pid in mine]
    warm = [note.at for note in notes(copied, "end") if note.pid in mine and note.words == ["end"]]
    assert (len(began), len(ended), len(warm)) == (2, 2, 2)
    assert max(warm) < min(began) <= max(began) < min(ended)


def test_copies_have_one_rate_of_all_until_the_last_has_ended(copied: Ran) -> None:
    rated = copied.of(e.Rated)
    assert [event.variant for event in rated] == [Variant.OWN, Variant.COPIES, Variant.OWN]
    together = rated[1]
    assert (together.value, together.cores, together.side) == (2.0, 2, BASELINE)
    assert together.pass_s >= 0.8
    assert together.items_per_s == pytest.approx(2 * 10 / together.pass_s)


def test_the_baseline_lets_go_of_its_problem_while_others_load_it(copied: Ran) -> None:
    own = next(event.pid for event in copied.of(e.Launched) if event.side is BASELINE)
    loads = [note.pid for note in notes(copied, "load") if note.pid in {own, *copies_of(copied)}]
    assert loads[0] == loads[-1] == own
    assert set(loads[1:-1]) == copies_of(copied)


def test_copies_have_ended_before_anything_else_is_timed(copied: Ran) -> None:
    assert not any(map(psutil.pid_exists, copies_of(copied)))
    assert [subject for stage, subject in copied.stages if stage is SessionStage.PROVING][-1] == (
        "as it runs"
    )
    assert (copied.ended, copied.of(e.ProofStopped)) == (None, [])
    assert nobody_left(copied)


def test_copies_that_would_fill_the_memory_are_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(proving, "free_memory_bytes", lambda: 1)
    studies = (COPIES, TimeVariant(Variant.OWN, 0.0))
    path = a_workload_file(tmp_path, LOGGED)
    result = ran(a_session(tmp_path, path, variant_plan=VariantPlan(studies)))
    assert [event.variant for event in result.of(e.Rated)] == [Variant.OWN]
    assert copies_of(result) == set()


def test_a_copy_that_fails_ends_the_proof(tmp_path: Path) -> None:
    core = usable_cores()[:1]
    shares = CoreShares(baseline=(), workers=(core, core), disjoint=False, screen_has_core=False)
    alone = "def baseline(given, report):\n    if len(os.sched_getaffinity(0)) == 1: os._exit(7)"
    path = a_workload_file(tmp_path, alone)
    result = ran(a_session(tmp_path, path, core_shares=shares, variant_plan=VariantPlan((COPIES,))))
    assert [(event.label, event.reason) for event in result.of(e.ProofStopped)] == [
        ("2 copies at once", "its process ended with exit code 7")
    ]
    assert result.ended is None
    assert nobody_left(result)


def test_the_rest_of_a_proof_can_be_skipped(tmp_path: Path) -> None:
    presenter, presses = Presenter(), iter([True])
    presenter.skips = lambda: (
        any(isinstance(event, e.Rated) for event in presenter.seen) and next(presses, False)
    )
    studies = (
        TimeVariant(Variant.OWN, 0.0),
        TimeVariant(Variant.OWN, 1.0),
        TimeVariant(Variant.OWN, 0.0),
    )
    path = a_workload_file(tmp_path, CRAWL.format(seconds=0.01))
    result = ran(a_session(tmp_path, path, variant_plan=VariantPlan(studies)), presenter)
    assert len(result.of(e.Rated)) == 1
    assert result.of(e.ProofStopped) == []
    assert result.ended is None


def test_a_proof_can_be_stopped(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, CRAWL.format(seconds=0.01))
    stopping = Presenter(
        stops=lambda seen: (
            signal.SIGINT if any(isinstance(event, e.Rated) for event in seen) else None
        )
    )
    studies = (TimeVariant(Variant.OWN, 0.0), TimeVariant(Variant.OWN, 60.0))
    result = ran(a_session(tmp_path, path, variant_plan=VariantPlan(studies)), stopping)
    assert isinstance(result.ended, Interrupted)
    assert result.conductor.measured
    assert nobody_left(result)


def test_auto_probes_each_side_alone_and_then_both_at_once(tmp_path: Path) -> None:
    result = ran(
        a_session(
            tmp_path, a_workload_file(tmp_path, WARM), simulated=False, schedule=Schedule.AUTO
        )
    )
    probed = [(event.side, event.together) for event in result.of(e.Probed)]
    assert probed[:2] == [(BASELINE, False), (DISTRIBUTED, False)]
    assert sorted(probed[2:]) == [(BASELINE, True), (DISTRIBUTED, True)]
    contention = result.events[-1].contention  # type: ignore[attr-defined]
    assert contention is not None
    assert result.conductor.schedule is (
        Schedule.TOGETHER if contention <= 0.02 else Schedule.IN_TURN
    )
    assert (SessionStage.SETTLING, "") in result.stages


def test_auto_does_not_probe_what_cannot_be_fair(tmp_path: Path) -> None:
    shared = CoreShares(baseline=(), workers=(), disjoint=False, screen_has_core=False)
    session = a_session(
        tmp_path,
        a_workload_file(tmp_path, WARM),
        simulated=False,
        schedule=Schedule.AUTO,
        core_shares=shared,
    )
    result = ran(session)
    assert result.of(e.Probed) == []
    assert result.conductor.schedule is Schedule.IN_TURN


def test_sides_that_may_share_cores_run_in_turn_whatever_was_asked(
    tmp_path: Path,
) -> None:
    joined = CoreShares(baseline=(), workers=(), disjoint=False, screen_has_core=True)
    result = ran(
        a_session(
            tmp_path,
            a_workload_file(tmp_path),
            simulated=False,
            schedule=Schedule.TOGETHER,
            core_shares=joined,
        )
    )
    assert result.conductor.schedule is Schedule.IN_TURN


SCORING = """
def baseline(numbers, report):
    return (1.0, 1.0, 0.0, 1.0)

def distributed(numbers, pool, report):
    return (1.0, 0.0, 1.0, 1.0)[:pool.size + 2]

def quality(answer, held_out):
    return answer
"""


@pytest.fixture(scope="module")
def scoring(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    folder = tmp_path_factory.mktemp("scoring")
    path = a_workload_file(folder, SCORING)
    return ran(a_session(folder, path, schedule=Schedule.IN_TURN, trials=2, points=(1, 2)))


def test_scores_of_a_pair_are_compared_once_in_either_order(scoring: Ran) -> None:
    gone = {go.order: (go.side, go.trial, go.workers) for go in scoring.of(e.Go)}
    compared = scoring.of(e.Compared)
    assert [gone[event.order] for event in compared] == [
        (DISTRIBUTED, 0, 2),
        (DISTRIBUTED, 1, 2),
    ]
    assert [event.differences.items for event in compared] == [4, 4]
    assert [event.differences.sd for event in compared] == [pytest.approx((2 / 3) ** 0.5)] * 2


def test_a_distributed_trial_with_fewer_scores_than_its_baseline_is_not_compared(
    scoring: Ran,
) -> None:
    on_one = {go.order for go in scoring.of(e.Go) if go.side is DISTRIBUTED and go.workers == 1}
    assert len(on_one) == 2
    assert not on_one & {event.order for event in scoring.of(e.Compared)}


def test_the_scores_themselves_are_not_passed_on(scoring: Ran) -> None:
    scored = scoring.of(e.Scored)
    assert len(scored) == 6
    assert {event.scores for event in scored} == {b""}
