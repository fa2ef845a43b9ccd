"""A sign of life as one line: the session goes on, and so much do other programs use.

``race --ui json`` prints it while nothing else is to be printed, so that whoever reads that stream
elsewhere can tell a long wait from a broken link, and while the race is disturbed. It is no event,
and no journal has it. May import ``event_lines`` and ``quantities``.
"""

from typing import Annotated

import msgspec

from harness.event_lines import Garbled
from harness.quantities import RunId

HEARTBEAT_SCHEMA = "twoclocks.heartbeat/1"
HEARTBEAT_EVERY_S = 2.0
LATEST_S = 1e9


class Heartbeat(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A session that goes on, ``at`` seconds after its beginning.

    ``foreign_cpu`` is the share of the machine that other programs use now (None: not measured).
    """

    schema: str
    run_id: RunId
    at: Annotated[float, msgspec.Meta(ge=0.0, le=LATEST_S)]
    foreign_cpu: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] | None = None


def heartbeat_line(run_id: str, at: float, foreign_cpu: float | None = None) -> bytes:
    """Return the line, newline included; a share beyond 0 to 1 counts as the nearer of these."""
    share = None if foreign_cpu is None else min(1.0, max(0.0, foreign_cpu))
    heartbeat = Heartbeat(schema=HEARTBEAT_SCHEMA, run_id=run_id, at=at, foreign_cpu=share)
    return msgspec.json.encode(heartbeat) + b"\n"


def read_heartbeat(line: bytes) -> Heartbeat:
    """Return what a line says; raise ``Garbled`` if it is none of these."""
    try:
        heartbeat = msgspec.json.decode(line, type=Heartbeat)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise Garbled(f"not a heartbeat: {error}") from error
    if heartbeat.schema != HEARTBEAT_SCHEMA:
        raise Garbled(f"not a heartbeat of {HEARTBEAT_SCHEMA}")
    return heartbeat
