"""A session's end as one line: what is packed comes back, and nothing else does."""

import base64
import gzip
import hashlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.event_lines import Garbled
from harness.files.results import LARGEST_BYTES, encode
from harness.files.take_line import (
    LONGEST_TAKE_BYTES,
    TakeLine,
    read_take_line,
    results_document,
    take_line,
)
from tests.builders import a_results

DOCUMENT = encode(a_results())


def a_line(document: bytes = DOCUMENT) -> bytes:
    return take_line(document, run_id="7c21", lines=12, exit_code=0)


def changed(**fields: Any) -> TakeLine:
    return msgspec.structs.replace(read_take_line(a_line()), **fields)


def packed(document: bytes) -> dict[str, str]:
    return {
        "results": base64.b64encode(gzip.compress(document)).decode(),
        "results_sha256": hashlib.sha256(document).hexdigest(),
    }


def test_a_results_file_comes_back_byte_for_byte() -> None:
    take = read_take_line(a_line())
    assert (take.run_id, take.lines, results_document(take)) == ("7c21", 12, DOCUMENT)


def test_the_same_file_makes_the_same_line() -> None:
    assert a_line() == a_line()


def test_a_take_is_one_line() -> None:
    assert a_line().count(b"\n") == 1


def test_results_that_are_too_long_are_left_out_and_their_digest_is_not() -> None:
    noise = b"".join(
        hashlib.sha256(bytes([one, two])).digest() for one in range(200) for two in range(200)
    )
    take = read_take_line(a_line(noise))
    assert (take.results, take.results_sha256) == ("", hashlib.sha256(noise).hexdigest())
    assert results_document(take) == b""


def test_a_bomb_is_not_unpacked() -> None:
    with pytest.raises(Garbled, match="larger than any results file"):
        results_document(changed(**packed(bytes(LARGEST_BYTES + 1))))


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"results": "!"}, "cannot be unpacked"),
        ({"results": "AAAA"}, "cannot be unpacked"),
        ({"results_sha256": "0" * 64}, "another digest"),
    ],
)
def test_results_that_were_changed_on_the_way_are_refused(fields: dict[str, str], why: str) -> None:
    with pytest.raises(Garbled, match=why):
        results_document(changed(**fields))


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b"[" * 100_000,
        a_line().replace(b"take/1", b"take/2"),
        a_line().replace(b'"exit_code":0', b'"exit_code":256'),
        a_line().replace(b'"lines":12', b'"lines":-1'),
        a_line().replace(b'"7c21"', b'"../7c21"'),
        b'{"schema":"twoclocks.take/1"' + b" " * LONGEST_TAKE_BYTES + b"}",
    ],
)
def test_what_is_no_take_is_refused(line: bytes) -> None:
    with pytest.raises(Garbled):
        read_take_line(line)


@given(st.integers(0, len(a_line()) - 2), st.binary(max_size=8))
def test_a_line_that_was_cut_or_changed_never_gives_other_results(at: int, other: bytes) -> None:
    line = a_line()
    try:
        document = results_document(read_take_line(line[:at] + other + line[at + len(other) :]))
    except Garbled:
        return
    assert document in (DOCUMENT, b"")
