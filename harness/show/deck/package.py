"""A presentation's bytes, the same whenever they are written: zip files hold no moment of ours.

May import the standard library only.
"""

import re
import zipfile
from collections.abc import Callable
from io import BytesIO

_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16
_WRITTEN_AT = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")
_FACTS = "docProps/core.xml"


def without_moments(package: bytes) -> bytes:
    """Return a presentation with one fixed date on all its parts."""
    return _repack(package, lambda _, part: part)


def without_moment(workbook: bytes) -> bytes:
    """Return a chart's workbook with one fixed date on its parts and within it."""

    def settle(name: str, part: bytes) -> bytes:
        return _WRITTEN_AT.sub(rb"\g<1>1980-01-01T00:00:00Z", part) if name == _FACTS else part

    return _repack(workbook, settle)


def _repack(package: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    target = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(package)) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, _FIRST_MOMENT)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, _READABLE
            written.writestr(entry, change(name, source.read(name)))
    return target.getvalue()
