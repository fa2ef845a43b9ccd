import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.events import LONGEST_LINE_BYTES, Event, Failed, Finished, Progress, encode
from harness.model import Side, Variant
from harness.run import wire

STUDIES = [
    wire.TimeVariant(Variant.WHOLE, 0.0),
    wire.TimeVariant(Variant.TUNED, 1.5, "rate", 0.5),
    wire.TimeVariant(Variant.TUNED, 1.5, "size", 96),
]
EVENTS: list[Event] = [Progress(done=done) for done in range(20)]


@contextmanager
def a_pipe() -> Iterator[tuple[wire.EventReader, int]]:
    """Yield an reader and the descriptor that a side would speak on; the one who speaks closes it."""
    read, write = os.pipe()
    reader = wire.EventReader(read)
    try:
        yield reader, write
    finally:
        os.close(reader.descriptor)


def heard_to_the_end(reader: wire.EventReader) -> list[Event]:
    heard: list[Event] = []
    while not reader.closed:
        heard += reader.listen()
    return heard


def said(speak: Callable[[wire.EventWriter], object]) -> list[Event]:
    with a_pipe() as (reader, descriptor):
        writer = wire.EventWriter(descriptor)
        speak(writer)
        writer.close()
        return heard_to_the_end(reader)


def test_what_is_said_is_heard_in_order() -> None:
    def speak(writer: wire.EventWriter) -> None:
        for event in EVENTS:
            writer.say(event)

    assert said(speak) == EVENTS


def test_an_event_that_is_longer_than_a_pipe_holds_arrives_whole() -> None:
    long = Failed(reason="raised", last_words="x" * 300_000)
    with a_pipe() as (reader, descriptor):
        writer = wire.EventWriter(descriptor)
        writer.say(long)
        closing = threading.Thread(target=writer.close)
        closing.start()
        assert heard_to_the_end(reader) == [long]
        closing.join()


def test_saying_does_not_wait_for_a_reader() -> None:
    many = 20_000  # far more than a pipe holds
    with a_pipe() as (reader, descriptor):
        writer = wire.EventWriter(descriptor)
        for done in range(many):
            writer.say(Progress(done=done))
        closing = threading.Thread(target=writer.close)
        closing.start()
        assert [
            event.done for event in heard_to_the_end(reader) if isinstance(event, Progress)
        ] == list(range(many))
        closing.join()


def test_a_reader_that_is_gone_does_not_fail_the_side() -> None:
    read, write = os.pipe()
    os.close(read)
    writer = wire.EventWriter(write)
    writer.say(Progress(done=1))
    writer.close()


@settings(max_examples=50)
@given(st.lists(st.integers(1, 60), max_size=40))
def test_events_are_whole_however_the_bytes_arrive(sizes: list[int]) -> None:
    left = b"".join(map(encode, EVENTS))
    heard: list[Event] = []
    with a_pipe() as (reader, descriptor):
        for size in [*sizes, len(left)]:
            os.write(descriptor, left[:size])
            left = left[size:]
            heard += reader.listen()
        os.close(descriptor)
    assert heard == EVENTS


def test_a_silent_side_is_no_event() -> None:
    with a_pipe() as (reader, descriptor):
        assert reader.listen() == ()
        assert not reader.closed
        os.close(descriptor)


def test_an_ear_is_closed_once_the_side_hangs_up() -> None:
    with a_pipe() as (reader, descriptor):
        os.write(descriptor, encode(Progress(done=1)))
        os.close(descriptor)
        assert reader.listen() == (Progress(done=1),)
        assert reader.closed


def test_a_line_that_was_cut_off_by_death_is_no_event() -> None:
    with a_pipe() as (reader, descriptor):
        os.write(descriptor, encode(Progress(done=1))[:-5])
        os.close(descriptor)
        assert reader.listen() == ()


@pytest.mark.parametrize("line", [b"Traceback\n", b'{"event": "dance"}\n', b"\xff\n"])
def test_a_garbled_line_fails_the_side(line: bytes) -> None:
    with a_pipe() as (reader, descriptor):
        os.write(descriptor, line)
        (failed,) = reader.listen()
        os.close(descriptor)
    assert isinstance(failed, Failed)


def test_what_was_said_before_a_garbled_line_is_kept() -> None:
    finished = Finished(wall_s=1.0, cpu_s=1.0, peak_rss_bytes=1, items=1)
    with a_pipe() as (reader, descriptor):
        os.write(descriptor, encode(finished) + b"garbage\n" + encode(Progress(done=9)))
        first, second = reader.listen()
        os.close(descriptor)
    assert first == finished
    assert isinstance(second, Failed)


def test_nothing_is_believed_after_a_garbled_line() -> None:
    with a_pipe() as (reader, descriptor):
        os.write(descriptor, b"garbage\n")
        reader.listen()
        os.write(descriptor, encode(Progress(done=9)))
        assert reader.listen() == ()
        os.close(descriptor)


def spoken_by(descriptor: int, content: bytes) -> threading.Thread:
    def write() -> None:
        left = memoryview(content)
        try:
            while left:
                left = left[os.write(descriptor, left) :]
        except BrokenPipeError:
            pass
        os.close(descriptor)

    thread = threading.Thread(target=write)
    thread.start()
    return thread


def test_an_endless_line_fails_the_side() -> None:
    with a_pipe() as (reader, descriptor):
        writer = spoken_by(descriptor, b"x" * (LONGEST_LINE_BYTES + 100_000))
        heard = heard_to_the_end(reader)
    writer.join()
    assert [type(event) for event in heard] == [Failed]


def test_a_side_that_never_pauses_does_not_hold_up_a_frame(tmp_path: Path) -> None:
    many = 100_000
    endless = tmp_path / "said"  # a file, unlike a pipe, always has more to read
    endless.write_bytes(encode(Progress(done=1)) * many)
    reader = wire.EventReader(os.open(endless, os.O_RDONLY))
    heard = len(reader.listen())
    rest = len(heard_to_the_end(reader))
    os.close(reader.descriptor)
    assert heard < many / 2
    assert heard + rest == many


def test_a_reporter_passes_on_the_first_report() -> None:
    assert said(lambda writer: wire.Reporter(writer)(5)) == [Progress(done=5)]


def test_a_reporter_passes_on_at_most_ten_reports_a_second() -> None:
    began = time.perf_counter()

    def speak(writer: wire.EventWriter) -> None:
        report = wire.Reporter(writer)
        for done in range(2_000):
            report(done)

    heard = said(speak)
    assert len(heard) <= 1 + (time.perf_counter() - began) / wire.PROGRESS_EVERY_S


def test_a_reporter_passes_on_again_when_it_is_time() -> None:
    def speak(writer: wire.EventWriter) -> None:
        report = wire.Reporter(writer)
        report(1)
        time.sleep(wire.PROGRESS_EVERY_S * 1.1)
        report(2)

    assert said(speak) == [Progress(done=1), Progress(done=2)]


def test_a_reporter_knows_what_it_did_not_pass_on() -> None:
    known = []

    def speak(writer: wire.EventWriter) -> None:
        report = wire.Reporter(writer)
        report(1)
        report(2)
        known.append(report.done)

    said(speak)
    assert known == [2]


def test_commands_arrive_until_the_conductor_hangs_up() -> None:
    sent: list[wire.Command] = [
        wire.ProbeSpeed(1.5, together=True),
        wire.StartTrial(),
        wire.StartTrial(2),
        *STUDIES,
    ]
    read, write = os.pipe()
    for command in sent:
        os.write(write, wire.encode_command(command))
    os.close(write)
    assert list(wire.commands(read)) == sent


def test_an_assignment_comes_back_as_it_was_given() -> None:
    given = wire.Assignment(
        Side.DISTRIBUTED,
        "train",
        {"steps": 3, "rate": 0.5, "fast": True},
        2,
        1,
        ((0,), (1,)),
        5,
        6,
        "10.0.0.1:6379",
    )
    assert msgspec.json.decode(msgspec.json.encode(given), type=wire.Assignment) == given
