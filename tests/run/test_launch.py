import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from harness import events as e
from harness.errors import BadRequest
from harness.model import Side
from harness.run import launch
from harness.run.host import THREAD_VARIABLES
from harness.run.launch import SideProcess, end_all, environment
from harness.run.sources import workloads_digest
from harness.run.wire import Assignment, StartTrial
from tests.builders import a_workload_file

PRESENTERS = {
    "HOME": "/home/presenter",
    "OMP_NUM_THREADS": "7",
    "RAY_ADDRESS": "10.0.0.1:6379",
    "RAY_AUTH_TOKEN": "theirs",
}


def an_assignment(
    workload: str, side: Side = Side.BASELINE, cores: tuple[tuple[int, ...], ...] = ((),)
) -> Assignment:
    return Assignment(
        side=side, workload=workload, params={}, workers=1, cores_per_worker=1, cores=cores
    )


@contextmanager
def a_side(folder: Path, changes: str = "", patience_s: float = 0.0) -> Iterator[SideProcess]:
    """Yield a side that is being armed; nothing is left of it afterwards."""
    child = launch.launch(an_assignment(a_workload_file(folder, changes)), folder / "side.log")
    try:
        yield child
    finally:
        assert end_all([child], patience_s) == []


def receive(child: SideProcess, until: Callable[[e.Event], bool]) -> list[e.Event]:
    """Return what a side says up to an event, or to its end."""
    events: list[e.Event] = []
    deadline = time.monotonic() + 20
    while not any(map(until, events)) and not child.reader.closed and time.monotonic() < deadline:
        events += child.reader.receive()
        time.sleep(0.01)
    return events


def ready(child: SideProcess) -> e.Ready:
    said = receive(child, lambda event: isinstance(event, e.Ready | e.Failed))
    assert isinstance(said[-1], e.Ready), said
    return said[-1]


def to_the_end(child: SideProcess) -> list[e.Event]:
    return receive(child, lambda _: False)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("joined", [False, True])
def test_both_sides_get_the_same_threads(side: Side, joined: bool) -> None:
    made = environment(PRESENTERS, side, 3, joined)
    assert {made[name] for name in THREAD_VARIABLES} == {"3"}


def test_a_baseline_keeps_everything_else() -> None:
    made = environment(PRESENTERS, Side.BASELINE, 1, joined=False)
    assert PRESENTERS.items() - made.items() == {("OMP_NUM_THREADS", "7")}


def test_a_local_cluster_sees_no_ray_setting_of_the_presenters() -> None:
    made = environment(PRESENTERS, Side.DISTRIBUTED, 1, joined=False)
    assert "RAY_ADDRESS" not in made
    assert made["RAY_worker_niceness"] == "0"


def test_a_local_cluster_gets_a_secret_of_its_own_every_time() -> None:
    tokens = {
        environment(PRESENTERS, Side.DISTRIBUTED, 1, joined=False)["RAY_AUTH_TOKEN"]
        for _ in range(3)
    }
    assert len(tokens - {"theirs"}) == 3


def test_a_joined_cluster_keeps_the_presenters_settings() -> None:
    made = environment(PRESENTERS, Side.DISTRIBUTED, 1, joined=True)
    assert made["RAY_AUTH_TOKEN"] == "theirs"


def test_compiled_kernels_are_kept_apart_for_each_version_of_the_workloads() -> None:
    made = environment(PRESENTERS, Side.DISTRIBUTED, 1, joined=False)
    assert Path(made["NUMBA_CACHE_DIR"]).name == f"kernels-{workloads_digest()[:12]}"


def test_without_a_home_kernels_are_compiled_into_the_scratch_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)  # as where another account has installed us
    monkeypatch.setattr(launch, "home_folder", lambda: None)
    made = environment({}, Side.BASELINE, 1, joined=False, scratch="/tmp/tc-1")
    assert made["NUMBA_CACHE_DIR"] == "/tmp/tc-1/kernels"


def test_a_presenters_own_place_for_kernels_is_used() -> None:
    made = environment({"NUMBA_CACHE_DIR": "theirs"}, Side.BASELINE, 1, joined=False)
    assert made["NUMBA_CACHE_DIR"] == "theirs"


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(
    ("name", "value", "right"), [("PYTHONOPTIMIZE", "2", ""), ("NUMBA_DISABLE_JIT", "1", "0")]
)
def test_neither_side_does_without_docstrings_or_compiled_kernels(
    side: Side, name: str, value: str, right: str
) -> None:
    assert environment({name: value}, side, 1, joined=False)[name] == right


def test_an_environment_leaves_the_given_one_as_it_was() -> None:
    given = dict(PRESENTERS)
    environment(given, Side.DISTRIBUTED, 1, joined=False)
    assert given == PRESENTERS


TALK = """
print("to stdout")
sys.stderr.write("to stderr\\n")
os.system("echo from a child")
os.write(1, b"\\x1b[2J\\xff")
print(repr(sys.stdin.read()))
"""


@contextmanager
def typed(keys: bytes) -> Iterator[None]:
    """Put keys on the standard input of this process, as somebody at its terminal would."""
    (read, write), before = os.pipe(), os.dup(0)
    os.write(write, keys)
    os.close(write)
    os.dup2(read, 0)
    try:
        yield
    finally:
        os.dup2(before, 0)
        os.close(read)
        os.close(before)


def test_whatever_a_side_prints_goes_to_its_log_and_it_reads_nothing_from_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with typed(b"keys"), a_side(tmp_path, TALK) as child:
        ready(child)
        log = child.log.read_bytes()
    assert all(
        words in log for words in (b"to stdout", b"to stderr", b"from a child", b"\x1b[2J\xff")
    )
    assert log.strip().endswith(b"''")
    assert capfd.readouterr() == ("", "")


def test_a_side_is_out_of_reach_of_the_terminals_signals(tmp_path: Path) -> None:
    with a_side(tmp_path) as child:
        assert os.getsid(child.process.pid) == child.process.pid


ASKS = """
def load(params):
    ask = "import signal; print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)"
    subprocess.run([sys.executable, "-c", ask])
    return Problem(input=(1,), held_out=0.5, items=1)
"""


def test_whatever_a_side_starts_heeds_ctrl_c_though_we_were_started_to_ignore_it(
    tmp_path: Path,
) -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with a_side(tmp_path, ASKS) as child:
            ready(child)
            printed = child.log_end()
    finally:
        signal.signal(signal.SIGINT, before)
    assert printed == "True"


def test_a_side_inherits_no_other_descriptor(tmp_path: Path) -> None:
    tell = "for name in os.listdir('/dev/fd'): print(os.path.realpath('/dev/fd/' + name))"
    with (tmp_path / "ours").open("w") as ours:
        os.set_inheritable(ours.fileno(), True)
        with a_side(tmp_path, tell) as child:
            ready(child)
            log = child.log.read_text()
    assert "pipe" in log
    assert str(tmp_path / "ours") not in log


@pytest.mark.skipif(sys.platform != "linux", reason="cores can be chosen on Linux only")
def test_a_baseline_is_pinned_before_it_reads_its_workload(tmp_path: Path) -> None:
    core = max(os.sched_getaffinity(0))
    path = a_workload_file(
        tmp_path, "print(os.sched_getaffinity(0), os.environ['OMP_NUM_THREADS'])"
    )
    child = launch.launch(an_assignment(path, cores=((core,),)), tmp_path / "side.log")
    (process,) = ready(child).workers
    end_all([child], 0.0)
    assert child.log.read_text().strip() == f"{{{core}}} 1"
    assert (process.id, process.affinity) == (f"core {core}", (core,))


def test_a_wider_baseline_gets_a_thread_for_every_core(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, "print(os.environ['OMP_NUM_THREADS'])")
    child = launch.launch(
        an_assignment(path, cores=(tuple(sorted(os.sched_getaffinity(0)))[:2],)),
        tmp_path / "side.log",
    )
    ready(child)
    end_all([child], 0.0)
    assert child.log.read_text().strip() == str(len(sorted(os.sched_getaffinity(0))[:2]))


def test_a_side_that_is_let_go_leaves_of_itself(tmp_path: Path) -> None:
    with a_side(tmp_path, patience_s=10.0) as child:
        ready(child)
    assert child.process.returncode == 0
    assert not child.scratch.exists()


def test_a_side_that_is_not_waited_for_is_terminated(tmp_path: Path) -> None:
    with a_side(tmp_path, "time.sleep(60)") as child:
        pass
    assert child.process.returncode == -signal.SIGTERM


STUBBORN = """
signal.signal(signal.SIGTERM, signal.SIG_IGN)
def load(params):
    print("deaf", flush=True)
    time.sleep(60)
"""


def logged(child: SideProcess, word: str) -> None:
    deadline = time.monotonic() + 20
    while word not in child.log_end() and time.monotonic() < deadline:
        time.sleep(0.01)


def test_a_side_that_will_not_be_terminated_is_killed(tmp_path: Path) -> None:
    with a_side(tmp_path, STUBBORN) as child:
        logged(child, "deaf")
    assert child.process.returncode == -signal.SIGKILL


FAMILY = """
def load(params):
    helper = subprocess.Popen(["sleep", "60"])
    print("helper", helper.pid, flush=True)
    {ending}
    return Problem(input=(), held_out=0.5, items=1)
"""


@pytest.mark.parametrize("ending", ["pass", "os.kill(os.getpid(), signal.SIGKILL)"])
def test_what_a_side_started_ends_with_it_however_it_ends(tmp_path: Path, ending: str) -> None:
    with a_side(tmp_path, FAMILY.replace("{ending}", ending)) as child:
        receive(child, lambda event: isinstance(event, e.Ready))
        helper = int(child.log_end().split()[-1])
    assert not psutil.pid_exists(helper) or psutil.Process(helper).status() == psutil.STATUS_ZOMBIE


LATE = """
def last_deed(*_):
    print("late", subprocess.Popen(["sleep", "60"]).pid, flush=True)
    os._exit(0)

signal.signal(signal.SIGTERM, last_deed)

def load(params):
    print("ready for it", flush=True)
    time.sleep(60)
"""


def test_what_a_side_starts_while_it_is_told_to_end_ends_too(tmp_path: Path) -> None:
    with a_side(tmp_path, LATE) as child:
        logged(child, "ready for it")
        log = child.log
    late = int(log.read_text().split()[-1])
    assert not psutil.pid_exists(late) or psutil.Process(late).status() == psutil.STATUS_ZOMBIE


def test_a_side_that_is_gone_can_still_be_ordered_about(tmp_path: Path) -> None:
    with a_side(tmp_path, "os._exit(0)") as child:
        to_the_end(child)
        child.send(StartTrial())


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ("os._exit(7)", "its process ended with exit code 7"),
        ("sys.exit()", "its process ended with exit code 0"),
        ("os.kill(os.getpid(), signal.SIGKILL)", "its process was killed by signal 9"),
    ],
)
def test_a_side_that_ends_without_a_word_is_told_by_its_exit(
    tmp_path: Path, changes: str, reason: str
) -> None:
    with a_side(tmp_path, f"print('so long', flush=True)\n{changes}") as child:
        assert to_the_end(child) == []
        assert child.exit_failure() == e.Failed(reason=reason, last_words="so long")


HANG_UP = """
def load(params):
    import harness.run.child
    os.close(int(sys.argv[1].split('"events_fd":')[1].split(",")[0]))
    time.sleep(60)
"""


def test_a_side_that_hangs_up_but_lives_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "EXIT_WITHIN_S", 0.05)
    with a_side(tmp_path, HANG_UP) as child:
        to_the_end(child)
        assert child.exit_failure().reason == "it closed its pipe but did not end"


def test_only_the_end_of_a_log_is_quoted(tmp_path: Path) -> None:
    with a_side(
        tmp_path, "os.write(1, b'first' + b'\\xff' * 9_000 + b'last'); os._exit(1)"
    ) as child:
        to_the_end(child)
        words = child.log_end()
    assert words.endswith("\ufffdlast")
    assert len(words) <= launch.LOG_END_BYTES


def test_two_sides_end_together(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, "time.sleep(60)")
    children = [launch.launch(an_assignment(path, side), tmp_path / f"{side}.log") for side in Side]
    assert end_all(children, 0.0) == []
    assert [child.process.returncode for child in children] == [-signal.SIGTERM] * 2


def test_a_workload_is_described_as_it_was_set() -> None:
    described = launch.describe("simulated", ["chunks=7"])
    assert (described.words.name, described.params["chunks"], described.simulated) == (
        "simulated",
        7,
        True,
    )


def test_a_workload_is_described_in_a_process_of_its_own(tmp_path: Path) -> None:
    launch.describe(a_workload_file(tmp_path, name="apart.py"), [])
    assert "workload_apart" not in sys.modules


def test_a_workload_may_print_what_it_likes(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = a_workload_file(
        tmp_path, "print('{\"type\": \"Refused\"}'); sys.stderr.write('x' * 200_000)"
    )
    assert launch.describe(path, []).words.name == "made"
    assert capfd.readouterr() == ("", "")


def test_a_long_description_arrives_whole(tmp_path: Path) -> None:
    path = a_workload_file(tmp_path, "fields['params'] = Settings(mode='x' * 300_000)")
    assert launch.describe(path, []).params["mode"] == "x" * 300_000


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ("sys.exit()", "cannot be loaded: Python ended with exit code 0"),
        ("os.kill(os.getpid(), 9)", "cannot be loaded: Python was killed by signal 9"),
        (
            "sys.exit('no data here')",
            "cannot be loaded: Python ended with exit code 1, its last line: no data here",
        ),
        ("os.abort()", "cannot be loaded: Python was killed by signal 6"),
        ("raise ValueError('no')", "cannot be loaded: ValueError: no"),
        (
            "fields['metric'] = Metric('score', 'small')",
            "cannot be used: Expected `float`, got `str`",
        ),
        (
            "fields['metric'] = Metric('score', float('nan'))",
            "cannot be used: Expected `float`, got `null`",
        ),
        ("fields['params'] = Settings(size=[1, 2])", "cannot be used: Expected "),
        ("fields['params'] = object()", "cannot be loaded: TypeError: "),
    ],
)
def test_a_workload_that_cannot_be_described_is_a_bad_request(
    tmp_path: Path, changes: str, sentence: str
) -> None:
    path = a_workload_file(tmp_path, changes)
    with pytest.raises(BadRequest) as refused:
        launch.describe(path, [])
    assert refused.value.sentence.startswith(f"{path} {sentence}")


def test_a_workload_that_never_comes_to_an_end_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "DESCRIBE_WITHIN_S", 0.5)
    with pytest.raises(BadRequest, match="took longer than"):
        launch.describe(a_workload_file(tmp_path, "time.sleep(60)"), [])
