import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.event_lines import LONGEST_LINE_BYTES, encode
from harness.events import Event, Failed, Finished, Progress
from harness.model import Side, Variant
from harness.run import wire

VARIANTS = [
    wire.TimeVariant(Variant.WHOLE, 0.0),
    wire.TimeVariant(Variant.TUNED, 1.5, "rate", 0.5),
    wire.TimeVariant(Variant.TUNED, 1.5, "size", 96),
]
EVENTS: list[Event] = [Progress(done=done) for done in range(20)]


@contextmanager
def a_pipe() -> Iterator[tuple[wire.EventReader, int]]:
    """Yield a reader and the descriptor that a side would write to; whoever writes closes it."""
    read, write = os.pipe()
    reader = wire.EventReader.open(read)
    try:
        yield reader, write
    finally:
        os.close(reader.descriptor)


def all_received(reader: wire.EventReader) -> list[Event]:
    received: list[Event] = []
    while not reader.closed:
        received += reader.receive()
    return received


def sent_by(speak: Callable[[wire.EventWriter], object]) -> list[Event]:
    with a_pipe() as (reader, descriptor):
        writer = wire.EventWriter.start(descriptor)
        speak(writer)
        writer.close()
        return all_received(reader)


def test_events_that_are_sent_arrive_in_order() -> None:
    def speak(writer: wire.EventWriter) -> None:
        for event in EVENTS:
            writer.send(event)

    assert sent_by(speak) == EVENTS


def test_more_events_than_a_pipe_holds_arrive_in_order() -> None:
    many = [Progress(done=done) for done in range(20_000)]
    assert len(encode(many[0])) * len(many) > 4 * wire.CAPACITY_BYTES

    def speak(writer: wire.EventWriter) -> None:
        for event in many:
            writer.send(event)
        writer.close()

    with a_pipe() as (reader, descriptor):
        writer = wire.EventWriter.start(descriptor)
        speaker = threading.Thread(target=speak, args=(writer,))
        speaker.start()
        received = all_received(reader)
        speaker.join()
    assert received == many


def test_an_event_that_is_longer_than_a_pipe_holds_arrives_whole() -> None:
    long = Failed(reason="raised", last_words="x" * 300_000)
    with a_pipe() as (reader, descriptor):
        writer = wire.EventWriter.start(descriptor)
        writer.send(long)
        closing = threading.Thread(target=writer.close)
        closing.start()
        assert all_received(reader) == [long]
        closing.join()


def test_saying_does_not_wait_for_a_reader() -> None:
    many = 20_000  # far more than a pipe holds
    with a_pipe() as (reader, descriptor):
        writer = wire.EventWriter.start(descriptor)
        for done in range(many):
            writer.send(Progress(done=done))
        closing = threading.Thread(target=writer.close)
        closing.start()
        assert [
            event.done for event in all_received(reader) if isinstance(event, Progress)
        ] == list(range(many))
        closing.join()


def test_a_reader_that_is_gone_does_not_fail_the_side() -> None:
    read, write = os.pipe()
    os.close(read)
    writer = wire.EventWriter.start(write)
    writer.send(Progress(done=1))
    writer.close()


@settings(max_examples=50)
@given(st.lists(st.integers(1, 60), max_size=40))
def test_events_are_whole_however_the_bytes_arrive(sizes: list[int]) -> None:
    left = b"".join(map(encode, EVENTS))
    received: list[Event] = []
    with a_pipe() as (reader, descriptor):
        for size in [*sizes, len(left)]:
            os.write(descriptor, left[:size])
            left = left[size:]
            received += reader.receive()
        os.close(descriptor)
    assert received == EVENTS


def test_a_silent_side_is_no_event() -> None:
    with a_pipe() as (reader, descriptor):
        assert reader.receive() == ()
        assert not reader.closed
        os.close(descriptor)


def test_a_reader_is_closed_once_the_side_closes_its_end() -> None:
    with a_pipe() as (reader, descriptor):
        os.write(descriptor, encode(Progress(done=1)))
        os.close(descriptor)
        assert reader.receive() == (Progress(done=1),)
        assert reader.closed


def test_a_line_that_was_cut_off_by_death_is_no_event() -> None:
    with a_pipe() as (reader, descriptor):
        os.write(descriptor, encode(Progress(done=1))[:-5])
        os.close(descriptor)
        assert reader.receive() == ()


@pytest.mark.parametrize("line", [b"Traceback\n", b'{"event": "dance"}\n', b"\xff\n"])
def test_a_garbled_line_fails_the_side(line: bytes) -> None:
    with a_pipe() as (reader, descriptor):
        os.write(descriptor, line)
        (failed,) = reader.receive()
        os.close(descriptor)
    assert isinstance(failed, Failed)


def test_events_before_a_garbled_line_are_kept() -> None:
    finished = Finished(wall_s=1.0, cpu_s=1.0, peak_rss_bytes=1, items=1)
    with a_pipe() as (reader, descriptor):
        os.write(descriptor, encode(finished) + b"garbage\n" + encode(Progress(done=9)))
        first, second = reader.receive()
        os.close(descriptor)
    assert first == finished
    assert isinstance(second, Failed)


def test_nothing_is_believed_after_a_garbled_line() -> None:
    with a_pipe() as (reader, descriptor):
        os.write(descriptor, b"garbage\n")
        reader.receive()
        os.write(descriptor, encode(Progress(done=9)))
        assert reader.receive() == ()
        os.close(descriptor)


def test_what_was_read_before_a_garbled_line_was_noticed_is_not_believed() -> None:
    with a_pipe() as (reader, descriptor):
        os.write(descriptor, b"garbage\n")
        first = reader.read()
        os.write(descriptor, encode(Progress(done=9)))
        second = reader.read()
        os.close(descriptor)
        assert [type(event) for event in reader.events_of(first)] == [Failed]
        assert reader.events_of(second) == ()


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
        received = all_received(reader)
    writer.join()
    assert [type(event) for event in received] == [Failed]


def test_a_side_that_never_pauses_does_not_hold_up_a_frame(tmp_path: Path) -> None:
    many = 100_000
    endless = tmp_path / "events"  # a file, unlike a pipe, always has more to read
    endless.write_bytes(encode(Progress(done=1)) * many)
    reader = wire.EventReader.open(os.open(endless, os.O_RDONLY))
    received = len(reader.receive())
    rest = len(all_received(reader))
    os.close(reader.descriptor)
    assert received < many / 2
    assert received + rest == many


def test_commands_arrive_until_the_conductor_hangs_up() -> None:
    sent: list[wire.Command] = [
        wire.ProbeSpeed(1.5, together=True),
        wire.StartTrial(),
        wire.StartTrial(2),
        *VARIANTS,
    ]
    read, write = os.pipe()
    for command in sent:
        os.write(write, wire.encode_command(command))
    os.close(write)
    assert list(wire.read_commands(read)) == sent


def test_an_assignment_comes_back_as_it_was_given() -> None:
    given = wire.Assignment(
        side=Side.DISTRIBUTED,
        workload="train",
        params={"steps": 3, "rate": 0.5, "fast": True},
        workers=2,
        cores_per_worker=1,
        cores=((0,), (1,)),
        address="10.0.0.1:6379",
        events_fd=5,
        control_fd=6,
    )
    assert msgspec.json.decode(msgspec.json.encode(given), type=wire.Assignment) == given


def test_a_pipe_of_commands_is_hung_up_once_the_conductor_has_closed_it() -> None:
    reading, writing = os.pipe()
    try:
        before = wire.is_hung_up(reading)
        os.close(writing)
        assert (before, wire.is_hung_up(reading), wire.is_hung_up(None)) == (False, True, False)
    finally:
        os.close(reading)
