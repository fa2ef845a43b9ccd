"""A session's end as one line: its results file, packed, and how many lines its journal has.

``race --ui json`` prints it after the journal, so that whoever reads that stream elsewhere has the
whole take. It is untrusted input when it is read: sized, bounded when unpacked, and compared with
its digest. May import ``errors``, ``event_lines``, ``quantities`` and its neighbours.
"""

import base64
import binascii
import gzip
import hashlib
import zlib
from typing import Annotated

import msgspec

from harness.event_lines import Garbled
from harness.files.results import LARGEST_BYTES
from harness.quantities import Count, RunId, Sha256

TAKE_SCHEMA = "twoclocks.take/1"
LONGEST_TAKE_BYTES = 1_000_000


class TakeLine(msgspec.Struct, frozen=True, kw_only=True):
    """How a session ended.

    ``lines`` are those of the journal, its header included. ``results`` is the results file in gzip
    and base64 (empty: it would be too long, and the journal gives the same facts). ``exit_code`` is
    that of the race, 0 where the results alone decide it.
    """

    schema: str
    run_id: RunId
    exit_code: Annotated[int, msgspec.Meta(ge=0, le=255)]
    lines: Count
    results_sha256: Sha256
    results: str = ""


def take_line(document: bytes, *, run_id: str, lines: int, exit_code: int) -> bytes:
    """Return the line for a results file, newline included."""
    packed = base64.b64encode(gzip.compress(document, mtime=0)).decode()
    take = TakeLine(
        schema=TAKE_SCHEMA,
        run_id=run_id,
        exit_code=exit_code,
        lines=lines,
        results_sha256=hashlib.sha256(document).hexdigest(),
        results=packed,
    )
    line = msgspec.json.encode(take) + b"\n"
    if len(line) <= LONGEST_TAKE_BYTES:
        return line
    return msgspec.json.encode(msgspec.structs.replace(take, results="")) + b"\n"


def read_take_line(line: bytes) -> TakeLine:
    """Return what a line says; raise ``Garbled`` if it is none of these or too long."""
    if len(line) > LONGEST_TAKE_BYTES:
        raise Garbled(f"a line of {len(line):,} bytes is too long")
    try:
        take = msgspec.json.decode(line, type=TakeLine)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Garbled(f"not a take: {error}") from error
    if take.schema != TAKE_SCHEMA:
        raise Garbled(f"not a take of {TAKE_SCHEMA}")
    return take


def results_document(take: TakeLine) -> bytes:
    """Return the results file that a line holds (empty: it holds none).

    Raises ``Garbled`` for what cannot be unpacked, is too large, or has another digest.
    """
    if not take.results:
        return b""
    try:
        packed = base64.b64decode(take.results, validate=True)
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
        document = unpacker.decompress(packed, LARGEST_BYTES + 1)
    except (binascii.Error, ValueError, zlib.error) as error:
        raise Garbled(f"the results cannot be unpacked: {error}") from error
    if len(document) > LARGEST_BYTES:
        raise Garbled("the results are larger than any results file")
    if hashlib.sha256(document).hexdigest() != take.results_sha256:
        raise Garbled("the results have another digest than their line says")
    return document
