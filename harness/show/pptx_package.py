"""An Office file as the package it is, a zip of parts: looked over before it is opened, and written anew part by part.

Parts that do not change keep their bytes, whatever they are: macros, fonts, films. Pure functions of bytes.
May import ``errors``.
"""

import re
import zipfile
import zlib
from collections.abc import Mapping, Set
from io import BytesIO

from harness.errors import BadRequest

LARGEST_UNPACKED = 1_000_000_000
LARGEST_XML = 30_000_000
MOST_PARTS = 20_000
CONTENT_TYPES = "[Content_Types].xml"
_HINT = "save it anew from the program that made it, as .pptx or .pptm, without a password"
_OPENING = re.compile(rb"<((?:\w+:)?)Types\b[^>]*>")
_BEGUN = (1980, 1, 1, 0, 0, 0)


def look_over(package: bytes) -> None:
    """Raise ``BadRequest`` for a package that is none, would unpack to more than any deck, or has a document type in its XML.

    Sizes are those that the package declares; no part is read beyond its own.
    """
    try:
        with zipfile.ZipFile(BytesIO(package)) as parts:
            _check_sizes(parts.infolist())
            for part in parts.infolist():
                if _is_xml(part) and b"<!DOCTYPE" in parts.read(part):
                    raise BadRequest(
                        "the deck has a document type in its XML, which no deck needs", _HINT
                    )
    except (
        zipfile.BadZipFile,
        zlib.error,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
        ValueError,
    ) as error:
        raise BadRequest("the deck is not a PowerPoint file, or a damaged one", _HINT) from error


def rewritten(package: bytes, changed: Mapping[str, bytes], dropped: Set[str]) -> bytes:
    """Return the package with some parts changed or new, some left out, and every other one with the bytes it had."""
    target = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(package)) as parts,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as out,
    ):
        kept = [part for part in parts.infolist() if part.filename not in dropped]
        for part in kept:
            content = changed.get(part.filename)
            out.writestr(_entry(part), parts.read(part) if content is None else content)
        for name in sorted(changed.keys() - {part.filename for part in kept}):
            out.writestr(_entry(zipfile.ZipInfo(name, _BEGUN)), changed[name])
    return target.getvalue()


def content_types(package: bytes) -> bytes:
    """Return the package's list of what its parts are."""
    with zipfile.ZipFile(BytesIO(package)) as parts:
        return parts.read(CONTENT_TYPES)


def with_png(types: bytes) -> bytes:
    """Return a list of content types with PNG pictures in it; raise ``BadRequest`` if it is none."""
    if re.search(rb"Extension=[\"']png[\"']", types, re.IGNORECASE):
        return types
    opening = _OPENING.search(types)
    if opening is None:
        raise BadRequest("the deck's list of content types cannot be read", _HINT)
    entry = b'<%sDefault Extension="png" ContentType="image/png"/>' % opening.group(1)
    return types[: opening.end()] + entry + types[opening.end() :]


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_UNPACKED:
        raise BadRequest(
            f"the deck would unpack to more than {LARGEST_UNPACKED:,} bytes or {MOST_PARTS:,} parts",
            _HINT,
        )
    if sum(part.file_size for part in parts if _is_xml(part)) > LARGEST_XML:
        raise BadRequest(f"the deck has more than {LARGEST_XML:,} bytes of XML", _HINT)
    if len({part.filename.lower() for part in parts}) < len(parts):
        raise BadRequest("the deck has two parts of one name", _HINT)


def _entry(part: zipfile.ZipInfo) -> zipfile.ZipInfo:
    """Return the heading of a part as it was, to be written anew."""
    entry = zipfile.ZipInfo(part.filename, part.date_time)
    entry.external_attr, entry.comment = part.external_attr, part.comment
    entry.compress_type = (
        zipfile.ZIP_STORED
        if part.file_size and part.compress_type == zipfile.ZIP_STORED
        else zipfile.ZIP_DEFLATED
    )
    return entry


def _is_xml(part: zipfile.ZipInfo) -> bool:
    return part.filename.lower().endswith((".xml", ".rels"))
