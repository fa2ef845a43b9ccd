"""Facts of a race, as a notebook shows them: ``from harness import load; load("results.json").slide()``.

Nothing is imported until something is loaded, so that this costs nobody anything.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.notebook import Take

__all__ = ["load"]


def load(path: str | Path) -> "Take":
    """Return a results file, a take's folder or a declared record (``.toml``) as a take to show; raise ``BadRequest`` if it is none."""
    from harness.audited import audited
    from harness.notebook import Take

    return Take(audited(Path(path)))
