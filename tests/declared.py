"""A declared result as a person writes it, and files that hold one."""

from pathlib import Path

from harness.claims.headline import Headline
from harness.model import Results
from tests.builders import a_report

OWN = """
source = "our log"
date = 2026-11-01
currency = "EUR"

[words]
bottleneck = "the nightly job misses its window"
axis = "training"
metric = "accuracy"
tolerance = 0.005

[baseline]
time = "10 h"
quality = 0.75
cost = 5

[[distributed]]
workers = 4
time = "3 h"
quality = 0.75
cost = 6
"""
SHEET = """
[prices]
currency = "EUR"
baseline_per_hour = 0.5
worker_per_hour = 0.5
head_per_hour = 0.1
illustrative = false
"""
PRICED = OWN.replace('currency = "EUR"', "").replace("cost = 5", "").replace("cost = 6", "") + SHEET


def written(text: str, folder: Path, name: str = "result.toml") -> Path:
    """Return a file that holds the text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def claimed(results: Results) -> Headline:
    claim = a_report(results).claim
    assert isinstance(claim, Headline)
    return claim


def more(scale: str) -> str:
    """Return the declared result with one table more at its end."""
    return f"{OWN}\n[[distributed]]\n{scale}\n"
