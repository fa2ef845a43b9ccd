"""Journal lines among whatever else is on a stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import events as e
from harness.event_lines import Garbled, encode
from harness.files.heartbeat import heartbeat_line
from harness.files.journal import header_line
from harness.files.results import encode as encode_results
from harness.files.take_line import TakeLine, take_line
from harness.follow.lines import LONGEST_BYTES, LineCutter, read_line
from harness.model import JournalHeader, Side
from tests.builders import a_results, a_spec, an_opening, some_events
from tests.journals import BEGAN

PROGRESS = encode(e.stamp(e.Progress(done=7), 1.5, Side.BASELINE, 0)).strip()
HEADER = header_line("7c21", BEGAN).strip()
HEARTBEAT = heartbeat_line("7c21", 12.5).strip()
TAKE = take_line(encode_results(a_results()), run_id="7c21", lines=3, exit_code=0).strip()

PREFIXES = [
    b"",
    b"(pid=123) ",
    b"(train_worker pid=123, ip=10.0.0.7) ",
    b"2026-11-29T12:00:00.123456789Z ",
    b"2026-11-29T12:00:00Z stdout F ",
    b"\x1b[36m(pid=7)\x1b[0m ",
    b"\x1b]0;title\x07",
    b"10 %\r100 %\r",
    b'{"level":"info"} ',
    b'{"event":"progress","at":1.',
    b"\xff\xfe\x00",
]
SUFFIXES = [b"", b"\r", b" ", b"\x1b[0m", b"\x1b[0m\r", b" # collected"]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize(
    "line", [PROGRESS, HEADER, TAKE, HEARTBEAT], ids=["event", "header", "take", "heartbeat"]
)
def test_a_line_of_ours_is_found_whatever_stands_around_it(
    prefix: bytes, suffix: bytes, line: bytes
) -> None:
    found = read_line(prefix + line + suffix)
    assert found is not None
    assert found.raw == line


def test_colours_within_a_line_are_no_part_of_it() -> None:
    found = read_line(PROGRESS.replace(b",", b",\x1b[32m").replace(b"}", b"\x1b[0m}"))
    assert found is not None
    assert found.raw == PROGRESS


def test_every_event_is_read_back() -> None:
    lines = [read_line(b"pod/a " + encode(event)) for event in some_events()]
    assert [line and line.says for line in lines] == some_events()


def test_a_setting_called_event_does_not_begin_a_line() -> None:
    opening = an_opening(spec=a_spec(params={"event": "x", "schema": "y"}))
    found = read_line(encode(opening))
    assert found is not None
    assert found.says == opening


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"WARNING: the cluster is slow",
        b'{"event":"request finished","status":200}',
        b'{"event": "progress"}',
        b'{"schema":"somebody.else/1"}',
        b"[" * 1_000,
        b'{"event":"' * 1_000,
        b"{}",
        bytes(range(256)),
    ],
)
def test_what_others_print_is_none_of_ours(line: bytes) -> None:
    assert read_line(line) is None


@pytest.mark.parametrize(
    "line",
    [
        PROGRESS[:-1],
        PROGRESS[:-8],
        PROGRESS.replace(b"7", b"-7"),
        b'{"event":"of-a-later-version","done":1,"at":1.5}',
        HEADER.replace(b"7c21", b"../../etc"),
        HEADER.replace(b"+00:00", b"+01:00"),
        HEADER.replace(b"2026", b"never"),
        TAKE[:-1],
    ],
)
def test_a_line_of_ours_that_was_cut_or_changed_is_garbled(line: bytes) -> None:
    with pytest.raises(Garbled):
        read_line(line)


@given(st.lists(st.binary(max_size=40)), st.integers(1, 50))
def test_a_stream_is_cut_into_the_same_lines_however_it_comes(
    lines: list[bytes], size: int
) -> None:
    stream = b"\n".join(line.replace(b"\n", b"") for line in lines)
    cutter = LineCutter()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    came = [line for piece in pieces for line in cutter.whole_lines(piece)]
    assert [*came, cutter.last_line()] == stream.split(b"\n")


@pytest.mark.parametrize("size", [1_000, 64_000, 10_000_000])
def test_a_line_that_is_too_long_is_left_out_and_the_next_one_read(size: int) -> None:
    stream = b"a\n" + b"x" * (3 * LONGEST_BYTES) + b"\n" + PROGRESS + b"\n"
    cutter = LineCutter()
    pieces = [stream[at : at + size] for at in range(0, len(stream), size)]
    assert [line for piece in pieces for line in cutter.whole_lines(piece)] == [b"a", PROGRESS]
    assert cutter.too_long == 1


@given(st.binary(max_size=300))
def test_nothing_on_a_stream_fails(noise: bytes) -> None:
    for line in (noise, noise + PROGRESS, PROGRESS[:20] + noise, b'{"event":"' + noise):
        try:
            found = read_line(line)
        except Garbled:
            continue
        assert found is None or isinstance(found.says, e.Event | JournalHeader | TakeLine)
