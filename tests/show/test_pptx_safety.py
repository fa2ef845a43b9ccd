import struct
import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest

from harness.errors import BadRequest
from harness.show import pptx
from tests.show.decks import (
    REPORT,
    a_deck,
    parts,
    zipped,
)


def a_bomb() -> bytes:
    """Return a small package whose list of contents declares a gigabyte."""
    content = bytearray(zipped({"ppt/media/a.bin": bytes(1_000)}))
    declared = content.index(b"PK\x01\x02") + 24
    content[declared : declared + 4] = struct.pack("<I", 1_000_000_001)
    return bytes(content)


def with_part(name: str, edit: Callable[[bytes], bytes]) -> bytes:
    content = parts(a_deck("speedup"))
    return zipped(content | {name: edit(content[name])})


ENTITIES = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;">]>'


HOSTILE: dict[str, Callable[[], bytes]] = {
    "empty": lambda: b"",
    "text": lambda: b"Hello",
    "cut short": lambda: a_deck("speedup")[:-2_000],
    "another package": lambda: zipped(
        {"word/document.xml": b"<a/>", "[Content_Types].xml": b"<Types/>"}
    ),
    "too much XML": lambda: zipped(parts(a_deck("speedup")) | {"ppt/big.xml": bytes(30_000_001)}),
    "entities": lambda: with_part(
        "ppt/slides/slide2.xml", lambda part: ENTITIES + part[part.index(b"?>") + 2 :]
    ),
    "no XML": lambda: with_part("ppt/slides/slide2.xml", lambda part: b"\x00"),
    "a slide that is none": lambda: with_part("ppt/slides/slide2.xml", lambda part: b"<a/>"),
    "no content types": lambda: with_part("[Content_Types].xml", lambda part: b"<a/>"),
    "no relations": lambda: with_part("ppt/_rels/presentation.xml.rels", lambda part: b"<a/>"),
    "a relation to nowhere": lambda: with_part(
        "ppt/_rels/presentation.xml.rels", lambda part: part.replace(b"slides/slide2", b"slides/9")
    ),
}


@pytest.mark.parametrize("fault", HOSTILE)
def test_a_hostile_or_damaged_deck_is_refused_with_a_hint(fault: str) -> None:
    with pytest.raises(BadRequest) as refused:
        pptx.update(HOSTILE[fault](), REPORT)

    assert refused.value.sentence.startswith("the deck ")
    assert refused.value.hint


def test_a_bomb_is_known_before_it_is_unpacked() -> None:
    with pytest.raises(BadRequest, match="would unpack to more than"):
        pptx.update(a_bomb(), REPORT)


def test_a_deck_with_two_parts_of_one_name_is_refused() -> None:
    target = BytesIO(a_deck("speedup"))
    with zipfile.ZipFile(target, "a") as package:
        package.writestr("ppt/slides/SLIDE2.xml", b"<a/>")
    with pytest.raises(BadRequest, match="two parts of one name"):
        pptx.update(target.getvalue(), REPORT)
