"""Recordings to be shown in a page, and a page taken apart."""

import base64
import gzip
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

from harness.cast import format as asciicast
from harness.cast.format import OUTPUT, Cast, Event
from harness.cast.page import PageFacts, PagePicture

HOSTILE = "</script><script>alert('1')</script>\"'&\x1b[31m\u202e\u2066\x00\n<!-- "


THREE_MINUTES = 1.64

WORDS = "S = 1.7× on 2 workers"
# Whose base64 has two and more slashes in a row, which would be an address in an address.
PICTURES = (PagePicture(WORDS, b"\xff" * 9), PagePicture("The architecture", b"RIFF"))


def about(**changes: Any) -> PageFacts:
    fields = {
        "title": "train on two workers",
        "run_id": "7c21",
        "workload": "train",
        "headline": "It ran 1.7 times as fast.",
    }
    return PageFacts(**(fields | changes))


def a_cast(*events: Event, **changes: Any) -> Cast:
    events = events or (Event(0.0, OUTPUT, "begun"), Event(9.0, OUTPUT, "over"))
    cast = Cast(columns=80, rows=24, began=1_700_000_000, events=events)
    return replace(cast, **changes)


class Document(HTMLParser):
    """A page taken apart: its elements in order, each with its attributes and its own text."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[int] = []
        self.feed(content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.append("")
        if tag != "meta":
            self._open.append(len(self.texts) - 1)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self.elements[self._open.pop()][0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        for place in self._open:
            self.texts[place] += data

    def text(self, **attributes: str) -> str:
        return next(
            text
            for (_, found), text in zip(self.elements, self.texts, strict=True)
            if attributes.items() <= found.items()
        )

    def all(self, tag: str) -> list[str]:
        return [
            text for (found, _), text in zip(self.elements, self.texts, strict=True) if found == tag
        ]

    @property
    def policy(self) -> dict[str, list[str]]:
        content = next(
            found["content"]
            for tag, found in self.elements
            if tag == "meta" and "http-equiv" in found
        )
        return {
            words[0]: words[1:] for words in (part.split() for part in (content or "").split(";"))
        }

    @property
    def fixed(self) -> list[tuple[str, list[str]]]:
        """The elements that every page has, each with the names of its attributes."""
        return [
            (tag, sorted(its))
            for tag, its in self.elements
            if its.get("class") not in ("label", "headline") and tag not in ("figure", "img", "pre")
        ]

    @property
    def chapters(self) -> list[tuple[str, float]]:
        found = zip(self.elements, self.texts, strict=True)
        return [
            (text, float(its["data-at"] or 0))
            for (tag, its), text in found
            if tag == "button" and "data-at" in its
        ]

    @property
    def cast(self) -> Cast:
        return asciicast.parse(
            gzip.decompress(base64.urlsafe_b64decode(self.text(id="cast"))), "run.cast"
        )
