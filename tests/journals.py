"""Journals as a session writes them, whole or growing, and a clock for who follows them."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness import events as e
from harness.event_lines import encode
from harness.files.journal import header_line
from harness.model import Side
from tests.builders import an_opening

BEGAN = "2026-11-22T09:14:07+00:00"


@dataclass
class HandClock:
    """A clock that is set by hand."""

    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def write_journal(folder: Path, events: Iterable[e.Event], began: str = BEGAN) -> Path:
    """Write a journal into a take's folder; return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    journal = folder / "events.jsonl"
    journal.write_bytes(header_line("7c21", began) + b"".join(map(encode, events)))
    return journal


def write_more(journal: Path, text: bytes) -> None:
    """Write more at a journal's end."""
    with journal.open("ab") as file:
        file.write(text)


def launched(pid: int) -> list[e.Event]:
    """Return a session that has launched a side as that process."""
    return [an_opening(), e.stamp(e.Launched(pid=pid), 0.1, Side.BASELINE, 0)]
