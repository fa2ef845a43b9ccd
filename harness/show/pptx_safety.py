"""Checks on a deck before it is opened: a deck is an untrusted zip file of XML parts and media.

May import ``errors``.
"""

import zipfile
import zlib
from io import BytesIO

from harness.errors import BadRequest

LARGEST_UNPACKED = 1_000_000_000
LARGEST_XML = 30_000_000
MOST_PARTS = 20_000
_HINT = "save it again as .pptx or .pptm, without a password"
_AS_PPTX = "save it as .pptx"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_OPEN_DOCUMENT = "META-INF/manifest.xml"
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    NotImplementedError,
    RuntimeError,
    OSError,
    EOFError,
    ValueError,
)


def check_package(deck: bytes, noun: str = "deck") -> None:
    """Raise ``BadRequest`` unless the deck is a zip file of reasonable size whose XML declares no
    document type.

    ``noun`` is what the file should be. The limits apply to the sizes that the zip file declares;
    ``zipfile`` reads no part beyond its declared size.
    """
    if deck.startswith(_OLE):
        raise _of_another_kind(noun, encrypted=_ENCRYPTED in deck)
    try:
        with zipfile.ZipFile(BytesIO(deck)) as package:
            parts = package.infolist()
            if _OPEN_DOCUMENT in {part.filename for part in parts}:
                raise BadRequest(f"the {noun} is an OpenDocument presentation", _AS_PPTX)
            _check_sizes(parts, noun)
            for part in parts:
                if _is_xml(part) and b"<!DOCTYPE" in package.read(part):
                    raise BadRequest(
                        f"the {noun} has a document type in its XML, which no deck needs", _HINT
                    )
    except _UNREADABLE as error:
        raise BadRequest(f"the {noun} is not a PowerPoint file, or it is damaged", _HINT) from error


def _of_another_kind(noun: str, *, encrypted: bool) -> BadRequest:
    if encrypted:
        return BadRequest(f"the {noun} has a password", "save a copy of it without a password")
    return BadRequest(f"the {noun} is not a .pptx file but one of PowerPoint 97", _AS_PPTX)


def _check_sizes(parts: list[zipfile.ZipInfo], noun: str) -> None:
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        limits = f"{LARGEST_UNPACKED:,} bytes or {MOST_PARTS:,} parts"
        raise BadRequest(f"the {noun} would unpack to more than {limits}", _HINT)
    if sum(part.file_size for part in parts if _is_xml(part)) > LARGEST_XML:
        raise BadRequest(f"the {noun} has more than {LARGEST_XML:,} bytes of XML", _HINT)
    if len({part.filename.lower() for part in parts}) < len(parts):
        raise BadRequest(f"the {noun} has two parts of one name", _HINT)


def _is_xml(part: zipfile.ZipInfo) -> bool:
    return part.filename.lower().endswith((".xml", ".rels"))
