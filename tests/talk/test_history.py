import os
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.errors import BadRequest, TwoclocksError
from harness.model import Kind, Schedule, Status
from harness.talk.history import (
    BeatDuration,
    Configuration,
    Rehearsal,
    append_rehearsal,
    configuration_of,
    history_of,
    read_rehearsals,
)
from tests.builders import a_spec
from tests.talks import small_disk

CONFIGURATION = configuration_of(a_spec(), Kind.MEASURED)


def a_rehearsal(**changes: Any) -> Rehearsal:
    """Return a complete rehearsal of a short talk."""
    fields: dict[str, Any] = {
        "began_utc": "2026-11-22T09:14:07+00:00",
        "status": Status.COMPLETE,
        "alone": False,
        "configuration": CONFIGURATION,
        "length": 720.0,
        "beats": (BeatDuration("opening", 60.0, 55.0), BeatDuration("demo", 240.0, 190.0)),
        "baseline_s": (41.2,),
        "distributed_s": (22.3,),
        "run_id": "7c21",
    }
    return Rehearsal(**(fields | changes))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where rehearsals are kept, in a folder that is not there yet."""
    return tmp_path / "recordings" / "rehearsals.jsonl"


def test_nothing_is_kept_before_the_first_rehearsal(path: Path) -> None:
    assert read_rehearsals(path) == ()


def test_rehearsals_come_back_as_they_were_kept_in_their_order(path: Path) -> None:
    first, second = (
        a_rehearsal(),
        a_rehearsal(status=Status.ABORTED, beats=(), baseline_s=(), run_id=""),
    )
    append_rehearsal(first, path)
    append_rehearsal(second, path)
    assert read_rehearsals(path) == (first, second)


def test_a_rehearsal_is_one_line_that_says_how_to_read_it(path: Path) -> None:
    append_rehearsal(a_rehearsal(), path)
    (line,) = path.read_text().splitlines()
    assert msgspec.json.decode(line)["schema"] == "twoclocks.rehearsals/1"


def test_a_rehearsal_after_a_line_that_was_cut_short_has_a_line_of_its_own(path: Path) -> None:
    append_rehearsal(a_rehearsal(), path)
    with path.open("ab") as file:
        file.write(b'{"schema": "twoclo')
    append_rehearsal(a_rehearsal(run_id="later"), path)
    lines = path.read_bytes().splitlines()
    assert msgspec.json.decode(lines[2])["run_id"] == "later"


def test_a_rehearsal_that_cannot_be_written_whole_is_not_written_at_all(path: Path) -> None:
    append_rehearsal(a_rehearsal(), path)
    with small_disk(2_000), pytest.raises(TwoclocksError, match="cannot be kept"):
        append_rehearsal(a_rehearsal(beats=(BeatDuration("demo", 240.0, 190.0),) * 40), path)
    assert read_rehearsals(path) == (a_rehearsal(),)
    assert path.read_bytes().endswith(b"}\n")


def test_a_folder_in_its_place_keeps_nothing(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(TwoclocksError, match="cannot be kept"):
        append_rehearsal(a_rehearsal(), path)


GOOD = msgspec.to_builtins(a_rehearsal())
BAD = {
    "no JSON": b"hello",
    "half a line": msgspec.json.encode(GOOD)[:200],
    "a list": b"[]",
    "another schema": msgspec.json.encode(GOOD | {"schema": "twoclocks.rehearsals/2"}),
    "an unknown field": msgspec.json.encode(GOOD | {"comment": "went well"}),
    "no status": msgspec.json.encode(
        {name: value for name, value in GOOD.items() if name != "status"}
    ),
    "an unknown status": msgspec.json.encode(GOOD | {"status": "splendid"}),
    "a negative time": msgspec.json.encode(GOOD | {"baseline_s": [-1.0]}),
    "an endless time": msgspec.json.encode(GOOD | {"baseline_s": [1e300]}),
    "a time in words": msgspec.json.encode(GOOD | {"length": "long"}),
    "no worker": msgspec.json.encode(
        GOOD | {"configuration": GOOD["configuration"] | {"workers": 0}}
    ),
    "too many beats": msgspec.json.encode(GOOD | {"beats": [GOOD["beats"][0]] * 101}),
    "too deep": b"[" * 90_000,
    "too long": b"x" * 1_000_001,
    "bytes that are no text": b'{"schema": "\xff\xfe"}',
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_line_is_named(fault: str, path: Path) -> None:
    append_rehearsal(a_rehearsal(), path)
    with path.open("ab") as file:
        file.write(BAD[fault] + b"\n")
    with pytest.raises(BadRequest, match=r"line 2 of .*rehearsals\.jsonl is") as refused:
        read_rehearsals(path)
    assert refused.value.hint
    assert len(refused.value.sentence) < 500


def test_a_file_that_is_too_large_is_not_read(path: Path) -> None:
    path.parent.mkdir()
    with path.open("wb") as file:
        file.truncate(10_000_001)
    with pytest.raises(BadRequest, match="larger than any list of rehearsals"):
        read_rehearsals(path)


def test_a_pipe_is_not_waited_for(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)
    with pytest.raises(BadRequest, match="is not a file"):
        read_rehearsals(path)


# What they say together.


def test_the_record_holds_a_value_a_rehearsal() -> None:
    found = history_of(
        [a_rehearsal(), a_rehearsal(baseline_s=(40.0,), distributed_s=(20.0,))], CONFIGURATION
    )
    assert (found.baseline, found.distributed, found.demos, found.alone) == (
        (41.2, 40.0),
        (22.3, 20.0),
        (190.0, 190.0),
        (),
    )


def test_of_several_trials_the_median_counts() -> None:
    assert history_of([a_rehearsal(baseline_s=(40.0, 90.0, 41.0))], CONFIGURATION).baseline == (
        41.0,
    )


@pytest.mark.parametrize("status", [Status.ABORTED, Status.FAILED])
def test_a_rehearsal_that_was_not_finished_does_not_count(status: Status) -> None:
    assert history_of([a_rehearsal(status=status)], CONFIGURATION).baseline == ()


def test_a_demo_that_was_rehearsed_alone_is_kept_apart() -> None:
    found = history_of(
        [a_rehearsal(), a_rehearsal(alone=True, beats=(BeatDuration("demo", 240.0, 80.0),))],
        CONFIGURATION,
    )
    assert (found.demos, found.alone, len(found.baseline)) == ((190.0,), (80.0,), 2)


OTHERS: dict[str, Configuration] = {
    "another workload": msgspec.structs.replace(CONFIGURATION, workload="other"),
    "other parameters": msgspec.structs.replace(
        CONFIGURATION, params=CONFIGURATION.params | {"steps": 201}
    ),
    "more workers": msgspec.structs.replace(CONFIGURATION, workers=3),
    "larger workers": msgspec.structs.replace(CONFIGURATION, cores_per_worker=2),
    "a larger baseline": msgspec.structs.replace(CONFIGURATION, baseline_cores=2),
    "at once": msgspec.structs.replace(CONFIGURATION, schedule=Schedule.TOGETHER),
    "more rounds": msgspec.structs.replace(CONFIGURATION, trials=2),
    "simulated work": msgspec.structs.replace(CONFIGURATION, simulated=True),
    "a cluster": msgspec.structs.replace(CONFIGURATION, joined_cluster=True),
    "with a proof": msgspec.structs.replace(CONFIGURATION, prove_baseline=True),
    "under a strike": configuration_of(a_spec(chaos=("kill:w1@33%",)), Kind.MEASURED),
    "with a spare": configuration_of(a_spec(spares=1), Kind.MEASURED),
}


@pytest.mark.parametrize("other", OTHERS)
def test_rehearsals_of_something_else_do_not_count(other: str) -> None:
    assert history_of([a_rehearsal(configuration=OTHERS[other])], CONFIGURATION).baseline == ()


def test_a_configuration_survives_its_file(path: Path) -> None:
    append_rehearsal(a_rehearsal(), path)
    assert read_rehearsals(path)[0].configuration == configuration_of(a_spec(), Kind.MEASURED)
