import json
from dataclasses import replace
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import events as e
from harness.event_lines import LONGEST_LINE_BYTES, Any_Event, Garbled, decode, encode
from harness.model import ChaosKind, CommandFacts, ProcessState, Schedule, Side, Status, Variant
from tests.builders import a_process, a_ready, a_spec, an_opening, some_differences
from tests.capacities import a_probe, a_search
from tests.services import a_load

EXAMPLES: list[e.Event] = [
    an_opening(),
    e.Scheduled(schedule=Schedule.IN_TURN),
    e.Launched(pid=7),
    a_ready(Side.DISTRIBUTED, workers=2),
    a_ready(capacity=a_search()),
    e.Offered(load=a_load(120.0)),
    e.Probed(rate=12.5, together=True),
    e.Go(order=3, workers=2),
    e.Progress(done=1_024),
    e.Span(worker="w1", chunk=4, items=256, busy_s=0.11, cpu_s=0.1),
    e.Sample(worker="w1", cpu=0.97, rss_bytes=200_000_000),
    e.Phase(name="exchange", seconds=0.4),
    e.CoreTime(compute_s=40.0, exchange_s=2.0, waiting_s=1.0, serial_s=0.5, idle_s=0.5),
    e.Faulted(worker="w1", reason="killed"),
    e.Struck(worker="w1", kind=ChaosKind.DRAIN, notice_s=8.0),
    e.Thawed(worker="w1", seconds=5.0),
    e.Unstruck(strike="kill:w1@99%"),
    e.CaughtUp(worker="w1", seconds=1.9, redone=1, lost_cpu_s=0.4),
    e.Stalled(worker="w1", state=ProcessState.STOPPED, seconds=12.0),
    e.Resumed(worker="w1"),
    e.Recovered(worker="w1", process=a_process("w1", pid=99), seconds=1.5),
    e.Inspected(worker="w1", input_sha256="cd" * 32),
    e.Finished(wall_s=22.0, cpu_s=44.0, peak_rss_bytes=300_000_000, items=20_000),
    e.Scored(answer_sha256="ab" * 32, quality=0.975),
    e.Prepared(cpu_s=0.5),
    e.AwaitsHosts(workers=2, seconds=41.0),
    e.Compared(order=3, differences=some_differences()),
    e.AnswerScored(answer_sha256="ab" * 32, quality=0.975),
    e.Rescored(order=3, gap=0.0),
    e.Failed(reason="raised", last_words="ValueError: no"),
    e.Observed(cpu_s=0.6, frames=250, longest_gap_s=0.3, foreign_cpu=None, contention=0.01),
    e.Observed(cpu_s=0.6, frames=250, longest_gap_s=0.3, dashboard_cpu_s=0.4),
    e.Rated(
        variant=Variant.TUNED,
        items_per_s=27_300.0,
        seconds=3.1,
        cores=1,
        name="micro_batch",
        value=384.0,
    ),
    e.ProofStopped(
        variant=Variant.TEXTBOOK,
        label="textbook program",
        reason="ValueError: no",
        last_words="made.py, line 3, in textbook",
    ),
    e.Closed(status=Status.ABORTED, remark="stopped before the end"),
]
EVENTS = st.builds(
    e.stamp, st.sampled_from(EXAMPLES), st.floats(0, 1e6), st.sampled_from(Side), st.integers(0, 99)
)


def test_there_is_an_example_of_every_kind_of_event() -> None:
    assert {type(example) for example in EXAMPLES} == set(get_args(Any_Event))


@given(EVENTS)
def test_an_event_comes_back_from_its_line_as_it_was(event: e.Event) -> None:
    assert decode(encode(event)) == event


@given(EVENTS)
def test_an_event_is_one_line(event: e.Event) -> None:
    line = encode(event)
    assert line.index(b"\n") == len(line) - 1


def test_a_line_names_its_kind_and_its_stamp() -> None:
    line = encode(e.stamp(e.Progress(done=5), 1.5, Side.DISTRIBUTED, 2))
    assert json.loads(line) == {
        "event": "progress",
        "at": 1.5,
        "side": "distributed",
        "trial": 2,
        "done": 5,
    }


def test_a_stamp_leaves_what_was_said_as_it_was() -> None:
    assert e.stamp(e.Progress(done=5), 1.5, Side.DISTRIBUTED, 2) == e.Progress(
        done=5, at=1.5, side=Side.DISTRIBUTED, trial=2
    )


def test_a_newline_in_a_text_does_not_end_the_line() -> None:
    event = e.Failed(reason="raised", last_words="one\ntwo")
    assert decode(encode(event)) == event


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"hello from a library\n",
        b"{}",
        b"[]",
        b"null",
        b'{"event": "progress"}',
        b'{"event": "progress", "done": "5"}',
        b'{"event": "progress", "done": 1.5}',
        b'{"event": "unheard-of", "done": 5}',
        b'{"event": "progress", "done": 5, "side": "third"}',
        b'{"event": "sample", "worker": "w0", "cpu": NaN, "rss_bytes": 1}',
        b'{"event": "sample", "worker": "w0", "cpu": 1e999, "rss_bytes": 1}',
        b'{"event": "failed", "reason": "\xff\xfe"}',
        b'{"event": "progress", "done": 5, "more": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"event": "failed", "reason": "' + b"x" * LONGEST_LINE_BYTES + b'"}',
    ],
    ids=lambda line: line[:60].decode(errors="replace"),
)
def test_a_line_that_is_no_event_is_garbled(line: bytes) -> None:
    with pytest.raises(Garbled):
        decode(line)


@pytest.mark.parametrize(
    "changes",
    [
        {"own": 10**7},
        {"budget_bytes": -1},
        {"probes": (a_probe(1, fits=True),) * 13},
        {"probes": (a_probe(10**15, fits=True),)},
        {"probes": (replace(a_probe(1, fits=True), units=10**16),)},
    ],
    ids=str,
)
def test_a_search_with_impossible_numbers_is_garbled(changes: dict[str, Any]) -> None:
    with pytest.raises(Garbled):
        decode(encode(a_ready(capacity=a_search(**changes))))


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_but_garbled(line: bytes) -> None:
    with pytest.raises(Garbled):
        decode(line)


@given(EVENTS, st.data())
def test_no_damage_to_a_line_raises_anything_but_garbled(
    event: e.Event, data: st.DataObject
) -> None:
    line = bytearray(encode(event))
    line[data.draw(st.integers(0, len(line) - 1))] = data.draw(st.integers(0, 255))
    decoded = _decoded_or_none(bytes(line))
    assert decoded is None or isinstance(decoded, e.Event)


def _decoded_or_none(line: bytes) -> Any:
    try:
        return decode(line)
    except Garbled:
        return None


def test_an_event_cannot_be_changed() -> None:
    event = e.Progress(done=5)
    with pytest.raises(AttributeError):
        event.done = 6  # type: ignore[misc]


def test_a_field_from_a_later_version_is_passed_over() -> None:
    line = msgspec.json.encode({"event": "progress", "done": 5, "mood": "good"})
    assert decode(line) == e.Progress(done=5)


def test_a_journal_that_names_a_field_as_earlier_versions_did_is_read() -> None:
    facts = CommandFacts(says_ready=True, input_named=False, compared="output")
    opened = an_opening(spec=a_spec(commands=facts))
    assert decode(encode(opened).replace(b'"commands":', b'"adopted":')) == opened
