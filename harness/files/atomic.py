"""Files as untrusted input and as careful output: read whole up to a size, replaced whole or not at all.

May import ``model`` and ``errors``.
"""

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from harness.errors import BadRequest
from harness.text import printable


def read(path: Path, largest_bytes: int, noun: str, hint: str) -> bytes:
    """Return the bytes of a file that should be a ``noun``; raise ``BadRequest`` if it is missing, too large, or no file.

    Only a regular file is opened: a pipe would wait for ever.
    """
    name = printable(str(path))
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadRequest(f"{name} is not a file", hint)
        with path.open("rb") as file:
            content = file.read(largest_bytes + 1)
    except OSError as error:
        raise BadRequest(f"cannot read {name}: {error.strerror}", hint) from error
    except ValueError as error:  # a name with a zero byte in it
        raise BadRequest(f"cannot read {name}: {printable(str(error))}", hint) from error
    if len(content) > largest_bytes:
        raise BadRequest(f"{name} is larger than any {noun} ({largest_bytes:,} bytes)", hint)
    return content


def replace(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Write a file so that it is there whole or what was there is left as it was; raise ``OSError`` where that cannot be."""
    descriptor, draft = tempfile.mkstemp(dir=path.parent, prefix=".twoclocks-")
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise
    _settle(path.parent)


def _settle(folder: Path) -> None:
    """Make the new name itself survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
