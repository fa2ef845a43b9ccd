"""Command pairs, raced as they are: in shell and in Python, well-behaved and not."""

import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest

from harness import events as e
from harness.claims.rule import Evidence
from harness.claims.rules import caveats, refusals
from harness.files.results import load
from harness.model import Results, Side, Status, Trial
from tests.terminals import Follower, PipedOutput, PipedProgram, at_once, race, wait_for

PYTHON = sys.executable
ENDS_WITHIN_S = 400.0

PAIR = """
from harness.workload import CommandPair

WORKLOAD = CommandPair(name="made", baseline={baseline!r}, distributed={distributed!r}, {options})
"""

WORKING = """
import multiprocessing, os, sys, time
from harness.workload import ready

def work(row):
    began, cpu = time.perf_counter(), time.process_time()
    time.sleep(0.05)
    while time.process_time() < cpu + 0.01 * workers:
        pass
    return os.getpid(), time.perf_counter() - began

rows, workers, note = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]

if __name__ == "__main__":
    time.sleep(0.5)
    with multiprocessing.Pool(workers) as pool:
        pids = sorted(process.pid for process in multiprocessing.active_children())
        open(note, "a").write(f"{workers} {pids}\\n")
        race = ready(items=rows, unit="rows", workers=pids)
        for done, (pid, busy_s) in enumerate(pool.imap(work, range(rows)), 1):
            race.span(pids.index(pid), 1, busy_s)
            race.progress(done)
        print("sorted", rows)
        race.finish(quality=0.75)
"""

COUNTING = (
    'i=0; while [ $i -lt {steps} ]; do i=$((i+1)); echo "$i of {steps}"; sleep 0.3; done; echo 42'
)
STUBBORN = (
    "trap '' TERM INT; echo $$ >> {pids}; "
    "setsid sh -c 'trap \"\" TERM INT; echo $$ >> {pids}; sleep 300; sleep 300' & "
    "sleep 300; sleep 300"
)
DAEMON = "sleep 300 & echo $! >> {pids}; echo 42"
WAKING = (
    "import time; time.sleep(0.4); from harness.workload import ready;"
    " ready(items=4).progress(2); time.sleep(0.6); print(42)"
)
LATE = f"{PYTHON} -c '{WAKING}'"


def run_race(
    out: Path, *options: str, workload: str = "commands", verb: str = "race"
) -> PipedOutput:
    """Run a race of two workers to its end."""
    with PipedProgram(
        race(
            out,
            "--yes",
            "--ui",
            "none",
            *options,
            "--workers",
            "1,2" if verb == "sweep" else "2",
            workload=workload,
            verb=verb,
        )
    ) as run:
        return run.output(ENDS_WITHIN_S)


def commands(baseline: str, distributed: str, *options: str) -> tuple[str, ...]:
    return "--baseline", baseline, "--distributed", distributed, *options


def pair(folder: Path, baseline: str, distributed: str, **options: str) -> str:
    """Write a pair's file; options are Python."""
    path = folder / "made.py"
    given = ", ".join(f"{name}={text}" for name, text in options.items())
    path.write_text(PAIR.format(baseline=baseline, distributed=distributed, options=given))
    return str(path)


def working(folder: Path, *, verb: str, trials: str) -> PipedOutput:
    """Race two Python programs that say everything."""
    (folder / "working.py").write_text(WORKING)
    command = f"{{python}} {{here}}/working.py {{rows}} {{workers}} {folder}/note-"
    options = {
        "ready": "True",
        "metric": "'accuracy'",
        "tolerance": "0.0",
        "params": "{'rows': 12}",
    }
    path = pair(folder, f"{command}baseline", f"{command}distributed", **options)
    return run_race(folder / "take", "--trials", trials, workload=path, verb=verb)


def stopped(folder: Path, signal_number: int) -> PipedOutput:
    """Interrupt a race whose program ignores signals, and whose daemon left its session."""
    command = STUBBORN.format(pids=folder / "pids")
    with PipedProgram(
        race(
            folder / "take",
            *commands(command, command),
            "--yes",
            "--ui",
            "none",
            "--workers",
            "2",
            workload="commands",
        )
    ) as run:
        journal = Follower(folder / "take")
        wait_for(lambda: any(isinstance(event, e.Go) for event in journal.more()), ENDS_WITHIN_S)
        wait_for(lambda: len(pids_in(folder)) == 2)
        run.process.send_signal(signal_number)
        return run.output(ENDS_WITHIN_S)


def pids_in(folder: Path) -> list[int]:
    path = folder / "pids"
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def shell(folder: Path) -> PipedOutput:
    programs = commands(COUNTING.format(steps=4), COUNTING.format(steps=9))
    return run_race(folder / "take", *programs, "--progress", r"(\d+) of (\d+)")


def silent(folder: Path) -> PipedOutput:
    dump = f'json.dump(dict(test=dict(f1=0.5)), open("{folder}/scores.json", "w"))'
    write = f"{PYTHON} -c 'import json, time; time.sleep({{seconds}}); {dump}'"
    programs = commands(write.replace("{seconds}", "0.8"), write.replace("{seconds}", "0.6"))
    return run_race(
        folder / "take",
        *programs,
        "--quality",
        f"{folder}/scores.json#test.f1",
        "--set",
        "metric=f1",
    )


def stale(folder: Path) -> PipedOutput:
    say = 'echo \'{"say": "ready"}\' > /dev/fd/$TWOCLOCKS_SAY; read -r go < /dev/fd/$TWOCLOCKS_GO; '
    return run_race(
        folder / "take",
        *commands(
            f"{say} echo 42 > {folder}/out",
            f"{say} true",
            "--answer",
            f"{folder}/out",
            "--set",
            "ready=true",
        ),
    )


def printing(*options: str) -> Callable[[Path], PipedOutput]:
    """Return a race of what takes no time."""
    return lambda folder: run_race(folder / "take", *options)


RACES: dict[str, Callable[[Path], PipedOutput]] = {
    "working": partial(working, verb="race", trials="2"),
    "swept": partial(working, verb="sweep", trials="1"),
    "shell": shell,
    "silent": silent,
    "late": lambda folder: run_race(folder / "take", *commands(LATE, LATE)),
    "daemon": lambda folder: run_race(
        folder / "take", *commands(*2 * [DAEMON.format(pids=folder / "pids")])
    ),
    "stale": stale,
    "dead": printing(*commands("echo 42", "echo begun; echo the disk is full >&2; exit 7")),
    "outlived": printing(*commands(*2 * ["(sleep 0.6; echo 42) & true"])),
    "different": printing(*commands("echo 42", "echo 43")),
    "terminated": partial(stopped, signal_number=signal.SIGTERM),
    "interrupted": partial(stopped, signal_number=signal.SIGINT),
    "no expression": printing(*commands("echo 42", "echo 42", "--progress", "(")),
    "misspelt": printing(*commands("echo 42", "echo {worker}")),
}


@dataclass(frozen=True)
class Raced:
    """A race that is over."""

    folder: Path
    told: PipedOutput

    @property
    def results(self) -> Results:
        return load(self.folder / "take" / "results.json")

    def trials(self, side: Side) -> list[Trial]:
        return [trial for trial in self.results.trials if trial.side is side]

    @property
    def events(self) -> list[e.Event]:
        return Follower(self.folder / "take").more()


@pytest.fixture(scope="module")
def raced(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Raced]:
    folders = {name: tmp_path_factory.mktemp("adopted") for name in RACES}
    ended = at_once({name: partial(RACES[name], folders[name]) for name in RACES})
    return {name: Raced(folders[name], ended[name]) for name in RACES}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        *dict.fromkeys(("dead", "stale"), 3).items(),
        ("different", 4),
        ("terminated", 143),
        ("interrupted", 130),
    ],
)
def test_a_race_ends_with_the_code_of_what_happened(
    name: str, code: int, raced: dict[str, Raced]
) -> None:
    assert raced[name].told.exit_code == code, raced[name].told


@pytest.mark.parametrize("name", ["working", "shell", "swept", "silent", "late", "daemon"])
def test_a_race_comes_to_its_end_and_nothing_is_said_against_its_answers(
    name: str, raced: dict[str, Raced]
) -> None:
    results = raced[name].results
    said = {reason.key for reason in refusals(Evidence.of(results))}
    assert results.status is Status.COMPLETE, raced[name].told
    assert (
        said
        & {
            "answers-differ",
            "quality-moved",
            "items-differ",
            "input-differs",
            "source-differs",
            "phases-unequal",
        }
        == set()
    )


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        (
            "no expression",
            "commands cannot run with these settings: progress=( is not a regular expression: "
            "missing ), unterminated subpattern at position 0",
        ),
        (
            "misspelt",
            "commands cannot run with these settings: the distributed command has an unknown"
            " {worker}: did you mean {workers}?",
        ),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_starts(
    name: str, sentence: str, raced: dict[str, Raced]
) -> None:
    refused = raced[name].told
    assert refused.exit_code == 2
    assert sentence in refused.errors
    assert not (raced[name].folder / "take").exists()


def test_a_program_that_dies_is_told_with_its_last_words(raced: dict[str, Raced]) -> None:
    assert (
        "the distributed side failed: the program ended with exit code 7"
        in raced["dead"].told.errors
    )
    assert "hint: its last line: the disk is full" in raced["dead"].told.errors


def test_an_answer_that_the_other_side_wrote_is_not_taken_for_ones_own(
    raced: dict[str, Raced],
) -> None:
    assert (
        "the distributed side failed: the program left out as it was before"
        in raced["stale"].told.errors
    )


def test_what_goes_on_after_the_clock_has_stopped_adds_nothing_to_the_answer(
    raced: dict[str, Raced],
) -> None:
    assert "the baseline side failed: the program printed nothing" in raced["outlived"].told.errors


def test_answers_that_differ_make_no_headline(raced: dict[str, Raced]) -> None:
    assert "NO HEADLINE" in raced["different"].told.text
    assert (
        'the answers differ: line 1 is "42" (baseline) and "43" (distributed)'
        in raced["different"].told.text
    )


def test_what_tells_of_progress_is_no_part_of_the_answer(raced: dict[str, Raced]) -> None:
    one, other = raced["shell"].results.trials
    assert one.answer_sha256 == other.answer_sha256


def test_progress_is_found_in_what_is_printed(raced: dict[str, Raced]) -> None:
    (trial,) = raced["shell"].trials(Side.BASELINE)
    assert {25, 50} <= {done for _, done in trial.curve}
    assert (trial.items, raced["shell"].results.spec.workload.unit) == (100, "percent")


def test_a_program_without_progress_is_done_when_it_ends(raced: dict[str, Raced]) -> None:
    (trial,) = raced["silent"].trials(Side.BASELINE)
    assert {done for _, done in trial.curve} == {0, 100}


def test_a_quality_is_read_from_a_json_file(raced: dict[str, Raced]) -> None:
    assert [trial.quality for trial in raced["silent"].results.trials] == [0.5, 0.5]
    assert raced["silent"].results.spec.workload.metric == "f1"


def test_start_up_that_cannot_be_told_is_said_of_the_session(raced: dict[str, Raced]) -> None:
    keys = {
        name: {caveat.key for caveat in caveats(Evidence.of(raced[name].results))}
        for name in ("shell", "working")
    }
    assert ["start-up-on-clock" in keys[name] for name in ("shell", "working")] == [True, False]


def test_a_program_that_says_it_is_ready_though_it_need_not_has_its_start_up_told(
    raced: dict[str, Raced],
) -> None:
    (trial,) = raced["late"].trials(Side.BASELINE)
    assert trial.phases["start-up of the program"] > 0.4
    assert sum(trial.phases.values()) == pytest.approx(trial.wall_s)
    assert 50 in {done for _, done in trial.curve}


def test_a_program_that_is_waited_for_has_its_start_up_off_the_clock(
    raced: dict[str, Raced],
) -> None:
    trials = raced["working"].results.trials
    assert all(trial.startup_s > 0.5 for trial in trials)
    assert {tuple(trial.phases) for trial in trials} == {("run",)}
    assert "start-up is on" not in raced["working"].told.text


def test_what_a_program_says_is_in_the_results(raced: dict[str, Raced]) -> None:
    results = raced["working"].results
    assert {(trial.items, trial.quality) for trial in results.trials} == {(12, 0.75)}
    assert (results.spec.workload.metric, results.input and results.input.items) == ("accuracy", 12)


def test_every_trial_has_the_workers_that_its_own_program_told(raced: dict[str, Raced]) -> None:
    noted = (raced["working"].folder / "note-distributed").read_text().splitlines()
    trials = sorted(raced["working"].trials(Side.DISTRIBUTED), key=lambda trial: trial.index)
    assert [
        f"2 {[worker.process.pid for worker in trial.workers_detail]}" for trial in trials
    ] == noted
    assert len(set(noted)) == 2


def test_every_trial_has_the_spans_of_its_workers(raced: dict[str, Raced]) -> None:
    for trial in raced["working"].trials(Side.DISTRIBUTED):
        assert sum(worker.chunks for worker in trial.workers_detail) == 12
        assert sum(worker.busy_s for worker in trial.workers_detail) >= 12 * 0.05


def test_a_sweep_runs_the_program_on_each_number_of_workers(raced: dict[str, Raced]) -> None:
    noted = (raced["swept"].folder / "note-distributed").read_text().splitlines()
    assert [line.partition(" ")[0] for line in noted] == ["1", "2"]


def test_a_daemon_that_keeps_its_output_open_is_ended_and_not_on_the_clock(
    raced: dict[str, Raced],
) -> None:
    assert all(trial.wall_s < 30 for trial in raced["daemon"].results.trials)
    assert len(pids_in(raced["daemon"].folder)) == 2
    assert not any(map(psutil.pid_exists, pids_in(raced["daemon"].folder)))


@pytest.mark.parametrize("name", ["terminated", "interrupted"])
def test_a_program_that_heeds_no_signal_is_ended_with_the_race(
    name: str, raced: dict[str, Raced]
) -> None:
    pids = pids_in(raced[name].folder)
    assert len(pids) == 2
    assert not any(map(psutil.pid_exists, pids))
