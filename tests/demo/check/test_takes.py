import os
import shutil
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from demo.check import takes
from demo.check.result import CheckLevel, CheckResult
from demo.check.takes import ScanResult
from harness.cast.format import Cast, Event
from harness.model import Kind
from harness.takes.privacy import Identity, Leak, LeakKind
from harness.takes.recordings import Recording
from harness.talk.forecast import RehearsalHistory
from tests.builders import a_results, a_spec, some_words

NOW = datetime(2026, 11, 25, 9, 14, 7, tzinfo=UTC)
ALICE = Identity("/home/alice", "alice", "gandalf")
LEAK = Leak(LeakKind.HOME, "/h***", 12)


# Rehearsals.


def test_rehearsals_are_counted_and_told_with_their_spread() -> None:
    found = takes.judge_rehearsals(
        RehearsalHistory(baseline=(53.7, 52.1, 55.0), distributed=(28.9, 28.1, 31.0)), 0
    )
    assert (found.level, found.sentence) == (
        CheckLevel.OK,
        "3 of this configuration: baseline 53.7 s (52.1 to 55.0 s), "
        "distributed 28.9 s (28.1 to 31.0 s)",
    )


def test_one_rehearsal_has_no_spread() -> None:
    assert (
        takes.judge_rehearsals(RehearsalHistory(baseline=(53.7,), distributed=(28.9,)), 4).sentence
        == "1 of this configuration: baseline 53.7 s, distributed 28.9 s"
    )


def test_a_side_is_told_under_its_own_name() -> None:
    assert (
        takes.judge_rehearsals(RehearsalHistory(distributed=(28.9,)), 0).sentence
        == "1 of this configuration: distributed 28.9 s"
    )


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (0, "no rehearsal of this configuration"),
        (4, "no rehearsal of this configuration, 4 of others"),
    ],
)
def test_no_rehearsal_is_warned_of(others: int, said: str) -> None:
    assert takes.judge_rehearsals(RehearsalHistory(), others) == CheckResult(
        "rehearsals", CheckLevel.WARN, said, "run `twoclocks rehearse`"
    )


# The recording to fall back on.


def a_recording(
    name: str = "kept",
    *,
    age: timedelta | None = timedelta(days=3),
    workload: str = "train",
    verified: bool = True,
) -> Recording:
    """Return a measured recording at 100×30 that plays for 93 s; ``age`` None: it has no date."""
    facts = a_results(spec=a_spec(workload=some_words(name=workload)))
    began = None if age is None else (NOW - age).timestamp()
    return Recording(
        folder=Path("recordings") / name,
        results=facts,
        cast=Cast(columns=100, rows=30, began=began, events=(Event(93.2, "o", "x"),)),
        verified=verified,
    )


def judged(
    *known: Recording, size: tuple[int, int] | None = (100, 30), kind: Kind = Kind.MEASURED
) -> CheckResult:
    return takes.judge_fallback(known, "train", kind, size, NOW)


def test_a_verified_recording_that_fits_is_told_with_its_age() -> None:
    found = judged(a_recording("new"), a_recording("old", age=timedelta(days=9)))
    assert (found.level, found.sentence) == (
        CheckLevel.OK,
        "new, verified, 3 days old, 100×30, plays 93.2 s",
    )


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(minutes=59), "less than an hour old"),
        (timedelta(hours=1), "1 hour old"),
        (timedelta(hours=23, minutes=59), "23 hours old"),
        (timedelta(hours=25), "1 day old"),
        (timedelta(hours=-2), "less than an hour old"),
    ],
)
def test_an_age_is_told_in_whole_hours_or_days(age: timedelta, said: str) -> None:
    assert said in judged(a_recording(age=age)).sentence


def test_a_recording_that_does_not_tell_its_date_has_no_age() -> None:
    assert (
        judged(a_recording(age=None)).sentence
        == "kept, verified, of unknown age, 100×30, plays 93.2 s"
    )


def test_a_newer_recording_that_was_not_verified_is_passed_over() -> None:
    assert judged(a_recording("new", verified=False), a_recording("old")).sentence.startswith(
        "old, verified"
    )


def test_a_terminal_that_is_too_small_for_the_recording_is_warned_of() -> None:
    found = judged(a_recording(), size=(80, 24))
    assert (
        found.level,
        "100×30, this one is 80×24" in found.sentence,
        "--size 80x24" in found.hint,
    ) == (CheckLevel.WARN, True, True)


def test_without_a_terminal_any_size_will_do() -> None:
    assert judged(a_recording(), size=None).level is CheckLevel.OK


def test_a_recording_that_was_not_verified_is_to_be_verified() -> None:
    found = judged(a_recording(verified=False))
    assert (found.level, found.hint) == (
        CheckLevel.WARN,
        "verify it: twoclocks verify-cast recordings/kept",
    )


@pytest.mark.parametrize("known", [(), (a_recording(workload="simulated"),)])
def test_no_recording_of_this_workload_is_warned_of(known: Sequence[Recording]) -> None:
    found = judged(*known)
    assert (found.level, "there is no recording" in found.sentence, found.hint) == (
        CheckLevel.WARN,
        True,
        "run `twoclocks record`",
    )


def test_a_measured_recording_does_not_stand_in_for_a_simulated_one() -> None:
    assert judged(a_recording(), kind=Kind.SIMULATED).level is CheckLevel.WARN


def test_where_nothing_is_known_of_the_session_any_recording_will_do() -> None:
    assert takes.judge_fallback([a_recording()], None, None, None, NOW).level is CheckLevel.OK


def test_a_folder_with_a_hostile_name_is_made_safe() -> None:
    assert "\x1b" not in judged(a_recording("\x1b[2Jevil")).sentence


# What takes tell.


def some_leaks(*leaks: tuple[str, Leak]) -> ScanResult:
    """Return a scan of one take that found something in its files."""
    return ScanResult(takes=1, present=1, files=len(leaks), leaks=leaks)


def test_takes_that_tell_nothing_are_well() -> None:
    found = takes.judge_secrets(ScanResult(takes=2, present=2, files=9))
    assert (found.level, found.sentence) == (
        CheckLevel.OK,
        "no name, home folder, address or key in 9 files of 2 takes",
    )


def test_how_many_takes_were_looked_through_is_said() -> None:
    assert takes.judge_secrets(ScanResult(takes=20, present=57, files=90)).sentence.endswith(
        "90 files of the newest 20 of 57 takes"
    )


def test_where_there_is_no_take_nothing_is_told() -> None:
    assert takes.judge_secrets(ScanResult()).level is CheckLevel.OK


def test_a_take_that_tells_fails_with_where_and_what_but_not_with_it() -> None:
    found = takes.judge_secrets(some_leaks(("kept/run.cast", LEAK)))
    assert (found.level, found.sentence) == (
        CheckLevel.FAIL,
        "kept/run.cast line 12: a home folder (/h***)",
    )


def test_a_log_that_tells_is_a_warning() -> None:
    found = takes.judge_secrets(some_leaks(("kept/distributed.log", LEAK)))
    assert (found.level, "do not publish the logs" in found.hint) == (CheckLevel.WARN, True)


def test_what_must_be_mended_is_told_first_and_the_rest_counted() -> None:
    told = tuple(
        (file, replace(LEAK, line=None)) for file in ("a/x.log", "a/run.html", "a/b.svg", "a/c.svg")
    )
    found = takes.judge_secrets(some_leaks(*told))
    assert (
        found.sentence
        == "a/run.html: a home folder (/h***); a/b.svg: a home folder (/h***); and 1 more"
    )


def test_a_file_that_cannot_be_looked_through_is_said() -> None:
    found = takes.judge_secrets(ScanResult(takes=1, present=1, files=4, unread=("kept/run.cast",)))
    assert (found.level, "kept/run.cast" in found.sentence) == (CheckLevel.WARN, True)


def test_who_runs_this_is_known() -> None:
    who = takes.read_identity()
    assert (who.home, bool(who.host)) == (os.path.expanduser("~"), True)


def test_a_real_take_is_looked_through_and_tells_nothing(take: Path) -> None:
    found = takes.scan_takes(take.parent, takes.read_identity())
    assert (found.takes, found.present, found.leaks, found.unread) == (1, 1, (), ())
    assert found.files >= 7


PLANTED = (
    "results.json",
    "events.jsonl",
    "run.cast",
    "headline.txt",
    "appendix.txt",
    "fig-scaling.svg",
    "run.html",
    "distributed.log",
)


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_in_any_file_of_a_take_is_found(name: str, take: Path) -> None:
    with (take / name).open("a") as file:
        file.write("\n<p>see /home/alice/notes</p>\n")
    [(file_name, leak)] = takes.scan_takes(take.parent, ALICE).leaks
    assert (file_name, leak.kind) == (f"kept/{name}", LeakKind.HOME)


def test_a_link_to_a_take_is_not_another_take(take: Path) -> None:
    (take.parent / "latest").symlink_to("kept")
    assert takes.scan_takes(take.parent, ALICE).present == 1


def test_a_draft_that_was_never_published_is_no_take(take: Path) -> None:
    shutil.copytree(take, take.parent / ".unpublished-kept")
    assert takes.scan_takes(take.parent, ALICE).present == 1


def test_a_folder_that_is_a_take_itself_is_looked_through(take: Path) -> None:
    assert takes.scan_takes(take, ALICE).takes == 1


def test_other_folders_and_files_are_none_of_a_take(take: Path) -> None:
    (take.parent / "notes").mkdir()
    (take.parent / "notes" / "x.txt").write_text("/home/alice")
    (take / "photo.png").write_text("/home/alice")
    assert takes.scan_takes(take.parent, ALICE).leaks == ()


def test_a_file_that_is_too_large_is_not_looked_through(take: Path) -> None:
    os.truncate(take / "run.cast", takes.LARGEST_BYTES + 1)
    assert takes.scan_takes(take.parent, ALICE).unread == ("kept/run.cast",)


def test_a_pipe_is_not_waited_for(take: Path) -> None:
    os.mkfifo(take / "x.log")
    assert takes.scan_takes(take.parent, ALICE).leaks == ()


def test_the_newest_takes_are_looked_through_first(take: Path) -> None:
    for place in range(takes.MOST_TAKES + 3):
        older = take.parent / f"older-{place}"
        older.mkdir()
        (older / "results.json").write_text("{}")
        os.utime(older, (0, place))
    found = takes.scan_takes(take.parent, ALICE)
    assert (found.takes, found.present, found.files > takes.MOST_TAKES) == (
        takes.MOST_TAKES,
        takes.MOST_TAKES + 4,
        True,
    )


def test_no_more_is_read_than_can_be_in_seconds(
    take: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(takes, "MOST_BYTES", 1)
    shutil.copytree(take, take.parent / "other")
    assert takes.scan_takes(take.parent, ALICE).takes == 1


def test_a_folder_that_is_not_there_has_no_takes(tmp_path: Path) -> None:
    assert takes.scan_takes(tmp_path / "none", ALICE) == ScanResult()
