import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness import events as e
from harness.model import Side, Variant
from harness.run import child, start, wire
from harness.run.guarded import start_guarded
from harness.run.item_scores import unpack
from tests.builders import a_workload_file
from tests.capacities import HELD_BY_ONE

WARM = """
runs = []

def load(params):
    return Problem(input=(1, 2, 3), held_out=0.25, items=3, warmup=(0,))

def baseline(given, report):
    runs.append(given)
    report(len(given))
    return len(runs), sum(given)

def quality(answer, held_out):
    return answer[0] + held_out
"""
WORKERS = """
def distributed(given, pool, report):
    return pool.size

def quality(answer, held_out):
    return answer
"""


def an_assignment(workload: str, **changes: Any) -> wire.Assignment:
    fields: dict[str, Any] = {
        "side": Side.BASELINE,
        "params": {},
        "workers": 1,
        "cores_per_worker": 1,
        "cores": ((),),
    }
    return wire.Assignment(workload=workload, **(fields | changes))


def performed(assignment: wire.Assignment, *orders: wire.Command) -> list[e.Event]:
    """Return what a side says that is given these orders."""
    read, write = os.pipe()
    reader, writer = wire.EventReader.open(read), wire.EventWriter.start(write)
    said: list[e.Event] = []
    try:
        child.run_side(assignment, orders, writer.send)
    finally:
        writer.close()
        while not reader.closed:
            said += reader.receive()
        os.close(read)
    return said


def one(kind: type[e.Event], said: list[e.Event]) -> Any:
    (found,) = (event for event in said if isinstance(event, kind))
    return found


def test_a_trial_is_told_from_ready_to_scored(tmp_path: Path) -> None:
    said = performed(an_assignment(a_workload_file(tmp_path)), wire.StartTrial())
    assert [type(event) for event in said] == [
        e.Ready,
        e.Progress,
        e.Phase,
        e.CoreTime,
        e.Finished,
        e.Scored,
    ]


def test_a_side_without_orders_only_says_that_it_is_ready(tmp_path: Path) -> None:
    said = performed(an_assignment(a_workload_file(tmp_path)))
    assert [type(event) for event in said] == [e.Ready]


def test_ready_tells_what_was_loaded(tmp_path: Path) -> None:
    ready = one(e.Ready, performed(an_assignment(a_workload_file(tmp_path))))
    assert (ready.items, ready.unit, ready.input.items, ready.held_out.items) == (5, "items", 5, 0)
    assert ready.input.sha256 != ready.held_out.sha256


def test_ready_counts_the_held_out_set_of_a_workload_that_counts_it(tmp_path: Path) -> None:
    path = a_workload_file(
        tmp_path,
        "def load(params): return Problem(input=(), held_out=(1, 2, 3), items=5, held_out_items=3)",
    )
    assert one(e.Ready, performed(an_assignment(path))).held_out.items == 3


def test_ready_tells_how_the_input_was_read_and_no_novel(tmp_path: Path) -> None:
    path = a_workload_file(
        tmp_path,
        "def load(params): return Problem(input=(), held_out=0, items=5, reading='7 users, ' * 99)",
    )
    reading = one(e.Ready, performed(an_assignment(path))).reading
    assert reading.startswith("7 users, ")
    assert len(reading) == child.LONGEST_READING


SIZES = "tests.capacities"


@pytest.mark.parametrize(
    ("side", "workers"), [(Side.BASELINE, 1), (Side.DISTRIBUTED, 1), (Side.DISTRIBUTED, 3)]
)
def test_ready_tells_the_largest_model_that_the_sides_devices_hold(
    side: Side, workers: int
) -> None:
    asked = an_assignment(SIZES, side=side, workers=workers)
    ready = one(e.Ready, performed(asked))
    assert ready.capacity.largest == workers * HELD_BY_ONE
    assert (ready.capacity.devices, ready.capacity.input_sha256) == (workers, ready.input.sha256)
    assert "capacity" in ready.startup


@pytest.mark.parametrize("workload", [SIZES, "tests.services"])
def test_a_process_that_only_times_variants_searches_nothing(workload: str) -> None:
    timing = wire.TimeVariant(Variant.OWN, 0.0)
    said = performed(an_assignment(workload, times_variants=True), timing)
    ready = one(e.Ready, said)
    assert (ready.capacity, ready.service) == (None, None)
    assert not ready.startup.keys() & {"capacity", "rates"}
    assert one(e.Rated, said).items_per_s > 0


def test_without_sizes_nothing_is_searched(tmp_path: Path) -> None:
    ready = one(e.Ready, performed(an_assignment(a_workload_file(tmp_path))))
    assert ready.capacity is None
    assert "capacity" not in ready.startup


def test_another_held_out_set_is_another_digest(tmp_path: Path) -> None:
    digests = {
        one(e.Ready, performed(an_assignment(a_workload_file(tmp_path, changes, name)))).held_out
        for name, changes in {
            "one.py": "",
            "two.py": "def load(params): return Problem(input=(), held_out=0.75, items=5)",
        }.items()
    }
    assert len(digests) == 2


def test_both_sides_tell_one_digest_of_one_input(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path)
    told = [one(e.Ready, performed(an_assignment(path, side=side))) for side in Side]
    assert told[0].input == told[1].input
    assert told[0].workers[0].source_sha256 == told[1].workers[0].source_sha256


def test_another_file_is_another_source(tmp_path: Path) -> None:
    paths = [a_workload_file(tmp_path, f"# {name}", f"{name}.py") for name in ("one", "two")]
    one_source, other = [
        one(e.Ready, performed(an_assignment(path))).workers[0].source_sha256 for path in paths
    ]
    assert one_source != other


def test_start_up_is_split_in_the_order_in_which_it_is_spent(tmp_path: Path) -> None:
    ready = one(e.Ready, performed(an_assignment(a_workload_file(tmp_path))))
    assert list(ready.startup) == ["import", "load", "workers", "warm-up", "digests"]


@pytest.mark.parametrize(
    ("cores", "name"),
    [(((),), "core"), ((), "core"), (((3,),), "core 3"), (((3, 5),), "2 cores")],
    ids=["none", "no set", "one", "two"],
)
def test_a_baseline_is_one_worker_named_by_its_cores(tmp_path: Path, cores: Any, name: str) -> None:
    ready = one(e.Ready, performed(an_assignment(a_workload_file(tmp_path), cores=cores)))
    assert [(worker.id, worker.pid) for worker in ready.workers] == [(name, os.getpid())]


def test_a_distributed_side_has_the_workers_that_were_asked_for(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, WORKERS)
    said = performed(an_assignment(path, side=Side.DISTRIBUTED, workers=3), wire.StartTrial())
    assert [worker.id for worker in one(e.Ready, said).workers] == ["w0", "w1", "w2"]
    assert one(e.Scored, said).quality == 3


def test_parameters_reach_load(tmp_path: Path) -> None:
    path = a_workload_file(
        tmp_path,
        "def load(params): return Problem(input=params.size, held_out=0.5, items=params.size)",
    )
    assert one(e.Ready, performed(an_assignment(path, params={"size": 9}))).items == 9


def test_a_side_is_warmed_before_it_is_ready(tmp_path: Path) -> None:
    said = performed(an_assignment(a_workload_file(tmp_path, WARM)), wire.StartTrial())
    assert one(e.Scored, said).quality == 2.25  # the second run; the first was the slice


def test_the_warm_up_is_no_progress(tmp_path: Path) -> None:
    said = performed(an_assignment(a_workload_file(tmp_path, WARM)))
    assert [type(event) for event in said] == [e.Ready]


def test_every_start_is_a_trial(tmp_path: Path) -> None:
    said = performed(an_assignment(a_workload_file(tmp_path)), wire.StartTrial(), wire.StartTrial())
    scored = [event for event in said if isinstance(event, e.Scored)]
    assert len(scored) == 2
    assert len({(event.answer_sha256, event.quality) for event in scored}) == 1


def test_another_answer_is_another_digest(tmp_path: Path) -> None:
    said = performed(
        an_assignment(a_workload_file(tmp_path, WARM)), wire.StartTrial(), wire.StartTrial()
    )
    assert len({event.answer_sha256 for event in said if isinstance(event, e.Scored)}) == 2


SLOW_AROUND = """
def load(params):
    time.sleep(0.1)
    return Problem(input=(), held_out=0.5, items=1)

def baseline(given, report):
    time.sleep(0.05)

def quality(answer, held_out):
    time.sleep(0.1)
    return held_out
"""


def test_the_clock_holds_the_run_and_nothing_around_it(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, SLOW_AROUND)
    began = time.perf_counter()
    finished = one(e.Finished, performed(an_assignment(path), wire.StartTrial()))
    assert 0.05 <= finished.wall_s <= time.perf_counter() - began - 0.2


def test_the_phases_add_up_to_the_wall_time(tmp_path: Path) -> None:
    said = performed(an_assignment(a_workload_file(tmp_path, SLOW_AROUND)), wire.StartTrial())
    assert one(e.Phase, said).seconds == one(e.Finished, said).wall_s


def test_a_baselines_core_seconds_add_up_to_the_wall_time_of_its_cores(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, SLOW_AROUND + "\nfields['simulated'] = False")
    said = performed(an_assignment(path, cores_per_worker=3), wire.StartTrial())
    spent, finished = one(e.CoreTime, said), one(e.Finished, said)
    assert spent.compute_s == finished.cpu_s
    assert spent.compute_s + spent.idle_s == pytest.approx(3 * finished.wall_s)


MAPPING = """
def distributed(given, pool, report):
    time.sleep(0.05)
    parts = pool.map(lambda seconds: seconds, [0.2, 0.1])
    time.sleep(0.05)
    return len(parts)
"""


def test_the_core_seconds_of_all_workers_add_up_to_their_wall_time(
    tmp_path: Path,
) -> None:
    said = performed(
        an_assignment(a_workload_file(tmp_path, MAPPING), side=Side.DISTRIBUTED, workers=2),
        wire.StartTrial(),
    )
    spent, wall_s = one(e.CoreTime, said), one(e.Finished, said).wall_s
    parts = spent.compute_s, spent.exchange_s, spent.waiting_s, spent.serial_s, spent.idle_s
    assert sum(parts) == pytest.approx(2 * wall_s, rel=0.02)
    assert spent.compute_s == pytest.approx(0.3)
    assert spent.serial_s >= 2 * 0.1


def test_the_phases_of_a_distributed_side_add_up_to_its_wall_time(tmp_path: Path) -> None:
    said = performed(
        an_assignment(a_workload_file(tmp_path, MAPPING), side=Side.DISTRIBUTED, workers=2),
        wire.StartTrial(),
    )
    phases = {event.name: event.seconds for event in said if isinstance(event, e.Phase)}
    assert set(phases) == {"serial", "pool"}
    assert sum(phases.values()) == pytest.approx(one(e.Finished, said).wall_s, rel=0.02)


def test_where_the_pool_is_not_called_nothing_is_known_of_its_core_seconds(tmp_path: Path) -> None:
    said = performed(
        an_assignment(a_workload_file(tmp_path), side=Side.DISTRIBUTED), wire.StartTrial()
    )
    assert [type(event) for event in said] == [e.Ready, e.Progress, e.Phase, e.Finished, e.Scored]


@pytest.mark.parametrize(("cores", "known"), [(((),), 4), (((0, 1, 2),), 3)])
def test_a_study_is_answered_with_a_rate(tmp_path: Path, cores: Any, known: int) -> None:
    path = a_workload_file(tmp_path)
    rated = one(
        e.Rated,
        performed(
            an_assignment(path, cores=cores, cores_per_worker=4), wire.TimeVariant(Variant.OWN, 0.0)
        ),
    )
    assert (rated.variant, rated.cores) == (Variant.OWN, known)
    assert rated.items_per_s > 0


def test_a_study_is_no_trial(tmp_path: Path) -> None:
    said = performed(an_assignment(a_workload_file(tmp_path)), wire.TimeVariant(Variant.WHOLE, 0.0))
    assert [type(event) for event in said] == [e.Ready, e.Rated]


def test_core_seconds_are_those_of_the_run(tmp_path: Path) -> None:
    burn = (
        "def baseline(given, report):\n    ends = time.process_time() + 0.05\n"
        "    while time.process_time() < ends: pass"
    )
    path = a_workload_file(
        tmp_path, burn + "\ndef quality(answer, held_out): return baseline(0, 0) or held_out"
    )
    finished = one(e.Finished, performed(an_assignment(path), wire.StartTrial()))
    assert 0.05 <= finished.cpu_s < 0.1


def test_items_are_the_last_that_were_reported(tmp_path: Path) -> None:
    path = a_workload_file(
        tmp_path, "def baseline(given, report):\n    for done in range(1, 1001): report(done)"
    )
    assert one(e.Finished, performed(an_assignment(path), wire.StartTrial())).items == 1000


def test_a_probe_tells_how_often_the_slice_passes(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, WARM)
    probed = one(e.Probed, performed(an_assignment(path), wire.ProbeSpeed(0.01, together=True)))
    assert probed.rate > 0
    assert probed.together


def test_without_a_slice_there_is_nothing_to_probe(tmp_path: Path) -> None:
    probed = one(
        e.Probed,
        performed(an_assignment(a_workload_file(tmp_path)), wire.ProbeSpeed(0.01, together=False)),
    )
    assert (probed.rate, probed.together) == (0.0, False)


@pytest.mark.parametrize("worth", ["nan", "inf"])
def test_a_quality_that_is_no_number_is_an_error(tmp_path: Path, worth: str) -> None:
    path = a_workload_file(tmp_path, f"def quality(answer, held_out): return float('{worth}')")
    with pytest.raises(ValueError, match=f"score is {worth}"):
        performed(an_assignment(path), wire.StartTrial())


def test_a_quality_of_scores_is_their_mean_and_the_scores_are_sent(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, "def quality(answer, held_out): return [1, 0, 1, 1]")
    scored = one(e.Scored, performed(an_assignment(path), wire.StartTrial()))
    assert scored.quality == 0.75
    assert unpack(scored.scores) == (1.0, 0.0, 1.0, 1.0)


def test_a_quality_of_one_number_sends_no_scores(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, "def quality(answer, held_out): return 0.75")
    scored = one(e.Scored, performed(an_assignment(path), wire.StartTrial()))
    assert (scored.quality, scored.scores) == (0.75, b"")


def test_a_score_that_is_no_number_is_an_error(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, "def quality(answer, held_out): return [0.5, float('nan')]")
    with pytest.raises(ValueError, match="held-out item 1 is nan"):
        performed(an_assignment(path), wire.StartTrial())


def test_an_answer_without_a_canonical_form_is_an_error(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, "def baseline(given, report): return object()")
    with pytest.raises(TypeError, match="no canonical digest"):
        performed(an_assignment(path), wire.StartTrial())


def test_a_pretend_baseline_looks_busy(tmp_path: Path) -> None:
    path = a_workload_file(
        tmp_path, "def baseline(given, report):\n    time.sleep(0.51)\n    report(5)"
    )
    sample = one(e.Sample, performed(an_assignment(path), wire.StartTrial()))
    assert (sample.worker, sample.cpu) == ("core", 1.0)


def test_a_stopwatch_books_every_second_once() -> None:
    began, watch = time.perf_counter(), child.PhaseTimer()
    for name in ("one", "two"):
        time.sleep(0.01)
        watch.lap(name)
    assert min(watch.phases.values()) >= 0.01
    assert sum(watch.phases.values()) <= time.perf_counter() - began


class Alone:
    """A side's process with both ends of its pipes in our hands."""

    def __init__(self, workload: str, grace_s: float = 4.0) -> None:
        (self.events, events), (control, self.control) = os.pipe(), os.pipe()
        told = msgspec.json.encode(
            an_assignment(workload, events_fd=events, control_fd=control)
        ).decode()
        self.process, _ = start_guarded(
            start.command("harness.run.child", told),
            control,
            grace_s,
            pass_fds=(events,),
            stderr=subprocess.PIPE,
        )
        os.close(events)
        os.close(control)
        self.reader = wire.EventReader.open(self.events)

    def order(self, *commands: wire.Command) -> None:
        os.write(self.control, b"".join(map(wire.encode_command, commands)))

    def hang_up(self) -> None:
        os.close(self.control)

    def ended(self) -> tuple[list[e.Event], int, str]:
        """Return what was said, the exit code and what was printed, once the process has ended."""
        printed = self.process.communicate(timeout=120)[1].decode()
        said: list[e.Event] = []
        while not self.reader.closed:
            said += self.reader.receive()
        os.close(self.events)
        return said, self.process.returncode, printed


def test_a_side_leaves_when_the_conductor_hangs_up(tmp_path: Path) -> None:
    alone = Alone(a_workload_file(tmp_path))
    alone.order(wire.StartTrial())
    alone.hang_up()
    said, code, printed = alone.ended()
    assert (type(said[-1]), code, printed) == (e.Scored, 0, "")


def test_a_side_in_mid_run_does_not_outlive_its_conductor(tmp_path: Path) -> None:
    alone = Alone(
        a_workload_file(tmp_path, "def baseline(given, report): time.sleep(60)"), grace_s=0.1
    )
    alone.order(wire.StartTrial())
    alone.hang_up()
    _, code, _ = alone.ended()
    assert code == -signal.SIGKILL


def test_what_a_side_raises_is_said_and_printed(tmp_path: Path) -> None:
    alone = Alone(a_workload_file(tmp_path, "def baseline(given, report): raise KeyError('lost')"))
    alone.order(wire.StartTrial())
    said, code, printed = alone.ended()
    alone.hang_up()
    failed = one(e.Failed, said)
    assert (failed.reason, code) == ("KeyError: 'lost'", 1)
    assert "in baseline" in failed.last_words
    assert "in baseline" in printed


def test_an_error_of_ours_is_said_in_its_own_words(tmp_path: Path) -> None:
    alone = Alone(str(tmp_path / "missing.py"))
    said, code, printed = alone.ended()
    alone.hang_up()
    assert one(e.Failed, said).reason == f"there is no workload file {tmp_path / 'missing.py'}"
    assert (code, printed) == (1, "")
