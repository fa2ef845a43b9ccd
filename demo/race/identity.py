"""What tells a session from others. May import ``harness``."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from harness.model import Code
from harness.run.plan import Plan
from harness.run.provenance import code
from harness.run.sources import source_digest


@dataclass(frozen=True, kw_only=True)
class Identity:
    """What tells a session from others: its run id, when it began, and the code that ran."""

    run_id: str
    began: datetime
    code: Code

    @property
    def began_utc(self) -> str:
        """Return when it began, ISO 8601, to the second."""
        return self.began.isoformat(timespec="seconds")

    @classmethod
    def of_new_session(cls, plan: Plan) -> Self:
        """Return the identity of a session that begins now: read what code runs."""
        return cls(
            run_id=secrets.token_hex(3),
            began=datetime.now(UTC),
            code=code(source_digest(plan.user_modules_sha256), plan.own_files),
        )
