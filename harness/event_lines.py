"""Events as lines: one JSON object each, on the pipe of a side and in a journal.

Decoding is strict: a line that is no event raises ``Garbled``.
May import ``events``, ``spec`` and ``errors``.
"""

from functools import reduce
from operator import or_
from typing import Any

import msgspec

from harness.errors import TwoclocksError
from harness.events import Event, Opened
from harness.spec import with_current_fields

JOURNAL_SCHEMA = "twoclocks.events/1"
LONGEST_LINE_BYTES = 8_000_000  # 10,000 workers describe themselves in one of 4 MB


class Garbled(TwoclocksError):
    """A line that is not an event of this vocabulary."""


Any_Event: Any = reduce(or_, Event.__subclasses__())

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Any_Event)


def encode(event: Event) -> bytes:
    """Return the event as one JSON line, newline included."""
    return _encoder.encode(event) + b"\n"


def decode(line: bytes) -> Event:
    """Return the event of one JSON line; raise ``Garbled`` if it is none or too long."""
    if len(line) > LONGEST_LINE_BYTES:
        raise Garbled(f"an event line of {len(line):,} bytes is too long")
    try:
        event: Event = _decoder.decode(line)
        if isinstance(event, Opened) and event.spec.commands is None:
            event = _decode_opening(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Garbled(f"not an event: {error}") from error
    return event


def _decode_opening(line: bytes) -> Opened:
    """Return the first event of a journal, which an earlier version may have written."""
    tree = msgspec.json.decode(line)
    return msgspec.convert(tree | {"spec": with_current_fields(tree["spec"])}, Opened)
