"""What the race's process tells the one that serves browsers, a JSON line for each.

Imports msgspec.
"""

import msgspec


class Begin(msgspec.Struct, frozen=True, tag="begin"):
    """The first line: the socket to serve at, by its descriptor, and the secret part of its URL."""

    descriptor: int
    token: str


class Drawn(msgspec.Struct, frozen=True, tag="drawn"):
    """What was written to the canvas, ``at`` seconds after the beginning.

    ``whole``: it draws the whole canvas, whatever was there before.
    """

    at: float
    text: str
    columns: int
    rows: int
    whole: bool


class Over(msgspec.Struct, frozen=True, tag="over"):
    """Nothing more is drawn.

    ``folder`` is the take's (empty: none of its files is to be read), ``closing`` a last word.
    ``ends_alone``: nobody is there to end the broadcast, which ends a minute later.
    """

    folder: str
    closing: str
    ends_alone: bool


Message = Begin | Drawn | Over
encode = msgspec.json.Encoder().encode
decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
