"""What every event has: the conductor's stamp. May import ``model``."""

from typing import Annotated

import msgspec

from harness.model import Side

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Duration = Annotated[float, msgspec.Meta(ge=0.0, le=1e12)]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", omit_defaults=True):
    """An observation; ``at`` is seconds on the conductor's clock since the session began."""

    at: Duration = 0.0
    side: Side = Side.BASELINE
    trial: Count = 0
