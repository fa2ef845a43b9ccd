"""Read facts, however they are kept: a results file, a take's folder with one in it, or a declared record.

May import ``model``, ``results`` and ``declared``.
"""

from pathlib import Path

from harness.files import declared, results
from harness.model import Results


def load(path: Path) -> Results:
    """Return the facts at a path: a folder means its results.json, ``.toml`` a declared record; raise ``BadRequest`` if it has none."""
    if path.is_dir():
        return results.load(path / results.RESULTS_NAME)
    if path.suffix.lower() == ".toml":
        return declared.load(path)
    return results.load(path)
