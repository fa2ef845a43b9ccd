import socket
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.run.ray.channel import Channel, wait_for
from harness.run.ray.peers import HEADER, PeerLost, Peers, connect, listen
from harness.run.ray.stage import Stage, StageAdvanced
from harness.workload import AnyPipeline, Pipeline
from tests.run.ray.test_replica import LONG_S, TOKEN, at_once

History = list[tuple[Any, ...]]


def forward(stage: History, step: int, micro_batch: int, part: Any, *shared: Any) -> Any:
    """Add how much of the stage has been updated, which a forward must not see change."""
    return [*(part or ()), (step, micro_batch, updates(stage))]


def backward(stage: History, step: int, micro_batch: int, part: Any, *shared: Any) -> Any:
    stage.append(("back", step, micro_batch, part))
    return [*part, len(part)]


def update(stage: History, step: int, micro_batch: int, *shared: Any) -> None:
    stage.append(("update", step, micro_batch))


def updates(stage: History) -> int:
    """Return how often a stage has been updated."""
    return sum(entry[0] == "update" for entry in stage)


# Every stage keeps the history of what came back to it, so that any slip shows.
PROGRAM: AnyPipeline = Pipeline(
    start=lambda share, *shared: [("start", share, shared)],
    forward=forward,
    turn=lambda stage, step, micro_batch, part, *shared: [*part, "turned"],
    backward=backward,
    update=update,
    conclude=lambda stage, *shared: sorted(map(repr, stage)),
)


def serial(size: int, steps: int, micro_batches: int, program: AnyPipeline = PROGRAM) -> list[Any]:
    """Return what the stages conclude where one process takes all steps."""
    stages = [program.start(place, "shared") for place in range(size)]
    for step in range(steps):
        program.take_step(stages, step, micro_batches, "shared")
    return [program.conclude(stage, "shared") for stage in stages]


class Line:
    """Stages that live in threads of this process, and are closed in the end."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []

    def begin(self, size: int, micro_batches: int, program: AnyPipeline = PROGRAM) -> None:
        self.stages = [Stage(program, micro_batches, place, ("shared",)) for place in range(size)]
        for stage in self.stages:
            stage.start()
        self.link()

    def link(self) -> None:
        listeners = [listen("127.0.0.1") for _ in self.stages]
        addresses = [listener.getsockname()[:2] for listener in listeners]

        def link(place: int) -> None:
            peers = connect(listeners[place], place, addresses, TOKEN, 1)
            self.stages[place].link(peers, place)

        at_once(link, range(len(listeners)))
        for listener in listeners:
            listener.close()

    def advance(self, steps: int) -> list[StageAdvanced]:
        return at_once(lambda stage: stage.advance(steps, LONG_S), self.stages)

    @property
    def concluded(self) -> list[Any]:
        return [stage.conclude() for stage in self.stages]


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line()
    yield made
    for stage in made.stages:
        stage.cut_off()


@pytest.mark.parametrize("size", [1, 2, 3])
@pytest.mark.parametrize("micro_batches", [1, 2, 5])
def test_stages_end_as_the_serial_program_does(size: int, micro_batches: int, line: Line) -> None:
    line.begin(size, micro_batches)
    advanced = line.advance(3)
    assert line.concluded == serial(size, 3, micro_batches)
    assert [(done.combined, len(done.timings), done.cut) for done in advanced] == [
        (3, 3, False)
    ] * size


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 3), min_size=1, max_size=3), st.integers(1, 4))
def test_it_does_not_matter_how_steps_are_dealt_to_calls(
    calls: Sequence[int], micro_batches: int
) -> None:
    line = Line()
    try:
        line.begin(2, micro_batches)
        for steps in range(len(calls)):
            line.advance(sum(calls[: steps + 1]))
        assert line.concluded == serial(2, sum(calls), micro_batches)
    finally:
        for stage in line.stages:
            stage.cut_off()


def test_no_forward_sees_an_update_of_its_own_step(line: Line) -> None:
    line.begin(2, 4)
    line.advance(2)
    seen = {
        seen
        for stage in line.stages
        for entry in stage.state
        if entry[0] == "back"
        for step, _, seen in [each for each in entry[3] if isinstance(each, tuple)]
        if step == 1
    }
    assert seen == {4}


def test_messages_that_no_buffer_holds_do_not_block_one_another(line: Line) -> None:
    large: AnyPipeline = Pipeline(
        start=lambda share, *shared: [],
        forward=lambda stage, step, number, part, *shared: bytes(8 << 20),
        turn=lambda stage, step, number, part, *shared: bytes(8 << 20),
        backward=lambda stage, step, number, part, *shared: part,
        update=lambda stage, step, number, *shared: stage.append(number),
        conclude=lambda stage, *shared: stage,
    )
    line.begin(3, 4, large)
    line.advance(1)
    assert line.concluded == [[0, 1, 2, 3]] * 3


def test_what_a_stage_sends_is_counted(line: Line) -> None:
    sends: AnyPipeline = Pipeline(
        start=lambda share, *shared: None,
        forward=lambda stage, step, number, part, *shared: bytes(100),
        turn=lambda stage, step, number, part, *shared: bytes(10),
        backward=lambda stage, step, number, part, *shared: bytes(10),
        update=lambda stage, step, number, *shared: None,
        conclude=lambda stage, *shared: None,
    )
    line.begin(3, 2, sends)
    sent = [done.timings[0].part_bytes for done in line.advance(1)]
    assert sent == [200, 220, 20]


def test_a_stage_that_waits_for_its_neighbour_says_for_how_long(line: Line) -> None:
    def slow(stage: Any, step: int, number: int, part: Any, *shared: Any) -> bytes:
        if part is not None:
            time.sleep(0.1)
        return b"part"

    line.begin(2, 1, replace_forward(slow))
    first, last = line.advance(1)
    assert first.waited_s >= 0.1
    assert last.timings[0].busy_s >= 0.1


def replace_forward(function: Any) -> AnyPipeline:
    return Pipeline(
        start=PROGRAM.start,
        forward=function,
        turn=lambda stage, step, number, part, *shared: [],
        backward=PROGRAM.backward,
        update=PROGRAM.update,
        conclude=PROGRAM.conclude,
    )


def test_a_stage_whose_neighbour_is_gone_is_cut_off(line: Line) -> None:
    line.begin(3, 2)
    line.advance(1)
    line.stages[1].cut_off()
    advanced = at_once(lambda stage: stage.advance(4, LONG_S), [line.stages[0], line.stages[2]])
    assert [(done.combined, done.cut) for done in advanced] == [(1, True)] * 2


def test_all_stages_go_on_from_copies_of_one_step(line: Line) -> None:
    line.begin(2, 3)
    line.advance(2)
    copies = [[*stage.state] for stage in line.stages]
    line.advance(3)
    line.stages[1].cut_off()
    assert line.stages[0].advance(4, LONG_S).cut
    line.stages[1] = Stage(PROGRAM, 3, 1, ("shared",))
    for stage, copied in zip(line.stages, copies, strict=True):
        stage.restore(2, copied)
    line.link()
    line.advance(5)
    assert line.concluded == serial(2, 5, 3)


def test_a_restored_stage_changes_nothing_of_the_copy() -> None:
    stage = Stage(PROGRAM, 1, 0, ())
    copied = [("start", 0, ())]
    stage.restore(0, copied)
    stage.link(Peers({}), 0)
    stage.advance(2)
    assert copied == [("start", 0, ())]


def test_what_the_program_raises_is_raised_and_nobody_waits_for_it(line: Line) -> None:
    def fail(stage: Any, step: int, number: int, part: Any, *shared: Any) -> Any:
        if part is not None:
            raise ValueError("the author's own words")
        return b"part"

    line.begin(2, 1, replace_forward(fail))

    def outcome(stage: Stage) -> str:
        try:
            return f"cut: {stage.advance(1, LONG_S).cut}"
        except ValueError as error:
            return str(error)

    assert at_once(outcome, line.stages) == ["cut: True", "the author's own words"]


def test_a_stage_that_is_not_linked_goes_nowhere() -> None:
    stage = Stage(PROGRAM, 1, 0, ())
    stage.start()
    assert stage.advance(1) == StageAdvanced(0, [], 0.0, True)


@pytest.fixture
def pair() -> Iterator[tuple[Channel, socket.socket]]:
    here, there = socket.socketpair()
    here.setblocking(False)
    yield Channel(here), there
    here.close()
    there.close()


def test_a_message_that_comes_in_pieces_is_whole_once_they_are_there(
    pair: tuple[Channel, socket.socket],
) -> None:
    channel, there = pair
    for piece in (HEADER.pack(7, 4)[:3], HEADER.pack(7, 4)[3:] + b"ab"):
        there.sendall(piece)
        channel.exchange()
        assert not channel.has_message
    there.sendall(b"cd")
    channel.exchange()
    assert channel.take(7) == b"abcd"


def test_what_has_not_left_yet_is_sent_as_it_was_when_it_was_given(
    pair: tuple[Channel, socket.socket],
) -> None:
    channel, there = pair
    part = bytearray(b"a" * (1 << 22))  # more than the system's buffers hold
    channel.put(7, [memoryview(part)])
    assert channel.is_sending
    part[:] = b"b" * len(part)
    received = b""
    while len(received) < HEADER.size + len(part):
        received += there.recv(1 << 20)
        channel.exchange()
    assert received == HEADER.pack(7, len(part)) + b"a" * len(part)


def test_another_message_than_the_expected_one_is_refused(
    pair: tuple[Channel, socket.socket],
) -> None:
    channel, there = pair
    there.sendall(HEADER.pack(8, 1) + b"x")
    channel.exchange()
    with pytest.raises(PeerLost, match="message 8 instead of 7"):
        channel.take(7)


def test_a_neighbour_that_sends_nothing_is_lost_after_the_patience(
    pair: tuple[Channel, socket.socket],
) -> None:
    with pytest.raises(PeerLost, match="nothing came"):
        wait_for([pair[0]], patience_s=0.1)
