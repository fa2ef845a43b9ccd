"""A session's report, for a notebook: ``from harness import load; load("results.json").slide()``.

Nothing is imported until something is loaded, so that importing any module here stays instant.
"""

TYPE_CHECKING = False  # not from `typing`, which a file in the current folder could be

if TYPE_CHECKING:
    from pathlib import Path

    from harness.report import Report

__all__ = ["load"]


def load(*paths: "str | Path") -> "Report":
    """Return the report of a results file, a take's folder or a declared result (``.toml``).

    Several sessions of one configuration make one report. Raises ``BadRequest`` for what cannot be
    read or combined.
    """
    from harness.report import Report

    return Report.load(*paths)
