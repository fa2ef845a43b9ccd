import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.cast.format import Cast, Event, encode, parse
from harness.errors import BadRequest

TIMES = st.floats(0, 1e6).map(lambda at: round(at, 6))
EVENTS = st.builds(
    Event,
    TIMES,
    st.sampled_from("oimr"),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
CASTS = st.builds(
    Cast,
    columns=st.integers(1, 500),
    rows=st.integers(1, 200),
    began=st.none() | st.integers(1, 10**9).map(float),
    events=st.lists(EVENTS, max_size=5).map(tuple),
)


def lines(*documents: object) -> bytes:
    return "".join(f"{json.dumps(document)}\n" for document in documents).encode()


def refusal_of(content: bytes) -> str:
    with pytest.raises(BadRequest) as error:
        parse(content, "run.cast")
    return error.value.sentence


@given(CASTS)
def test_a_cast_is_read_as_it_was_written(cast: Cast) -> None:
    read = parse(encode(cast), "run.cast")
    assert (read.columns, read.rows, read.began, read.events) == (
        cast.columns,
        cast.rows,
        cast.began,
        cast.events,
    )


def test_a_cast_of_version_3_counts_from_the_event_before() -> None:
    head = {
        "version": 3,
        "term": {"cols": 100, "rows": 30, "type": "xterm-256color"},
        "timestamp": 7,
    }
    cast = parse(lines(head, [1.5, "o", "a"], [0.25, "m", "go"], [0.25, "x", "0"]), "run.cast")
    assert (cast.columns, cast.rows, cast.began, cast.duration_s) == (100, 30, 7.0, 2.0)
    assert cast.markers == (Event(1.75, "m", "go"),)


def test_comments_and_empty_lines_say_nothing() -> None:
    head = {"version": 3, "term": {"cols": 80, "rows": 24}}
    assert parse(lines(head) + b"# a comment\n\n" + lines([1, "o", "a"]), "run.cast").events == (
        Event(1.0, "o", "a"),
    )


def test_only_the_kind_of_terminal_is_written_of_the_environment() -> None:
    head = json.loads(encode(Cast(columns=80, rows=24, began=1.0)).splitlines()[0])
    assert head == {
        "version": 2,
        "width": 80,
        "height": 24,
        "timestamp": 1,
        "env": {"TERM": "xterm-256color"},
    }


def test_an_idle_limit_is_kept_to_be_judged() -> None:
    head = {"version": 2, "width": 80, "height": 24, "idle_time_limit": 2}
    assert parse(encode(parse(lines(head), "run.cast")), "run.cast").idle_time_limit == 2.0


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "its first line is not an asciicast header"),
        (b"[1]\n", "its first line is not an asciicast header"),
        (b"\xff", "its first line is not an asciicast header"),
        (lines({"version": 1, "stdout": []}), "is an asciicast of version 1"),
        (
            lines({"version": 2, "width": 0, "height": 24}),
            "its first line is not an asciicast header",
        ),
        (
            lines({"version": 2, "width": 10**9, "height": 24}),
            "its first line is not an asciicast header",
        ),
        (
            lines({"version": 2, "width": 80, "height": 24}, [1, "o"]),
            "line 2 of run.cast is not an event",
        ),
        (
            lines({"version": 2, "width": 80, "height": 24}, [-1, "o", "a"]),
            "line 2 of run.cast is not an event",
        ),
        (
            lines({"version": 2, "width": 80, "height": 24}, [1, "o", "a"]) + b'[2, "o", "cut',
            "line 3 of run.cast is not an event",
        ),
        (b"[" * 100_000, "its first line is not an asciicast header"),
    ],
)
def test_a_file_that_is_not_a_cast_is_refused(content: bytes, sentence: str) -> None:
    assert sentence in refusal_of(content)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        parse(content, "run.cast")
    except BadRequest:
        return


@pytest.mark.parametrize(
    ("began", "label"),
    [
        (1_795_338_847.9, "RECORDED 2026-11-22 09:14:07Z"),
        (4e9, "RECORDED 2096-10-02 07:06:40Z"),
        (None, "RECORDED date unknown"),
    ],
)
def test_a_recording_is_labelled_with_when_it_began(began: float | None, label: str) -> None:
    assert Cast(columns=80, rows=24, began=began).label == label
