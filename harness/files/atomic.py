"""Files read whole up to a size, as untrusted input, and replaced whole or not at all.

May import ``errors`` and ``text``.
"""

import contextlib
import os
import secrets
import stat
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path

from harness.errors import BadRequest
from harness.text import printable


def read(path: Path, largest_bytes: int, noun: str, hint: str) -> bytes:
    """Return the bytes of a file that should be a ``noun``.

    Raises ``BadRequest`` if it is missing, too large or no regular file (a pipe would wait).
    """
    with opened(path, largest_bytes, noun, hint) as file:
        content = file.read(largest_bytes + 1)
        if len(content) > largest_bytes:
            raise _too_large(path, largest_bytes, noun, hint)
        return content


@contextlib.contextmanager
def opened(path: Path, largest_bytes: int, noun: str, hint: str) -> Iterator[BufferedReader]:
    """Yield a file that should be a ``noun``, open for reading; raise as ``read`` does."""
    name = printable(str(path))
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BadRequest(f"{name} is not a file", hint)
        if status.st_size > largest_bytes:
            raise _too_large(path, largest_bytes, noun, hint)
        with path.open("rb") as file:
            yield file
    except FileNotFoundError as error:
        raise BadRequest(f"there is no {noun} {name}", hint) from error
    except OSError as error:
        raise BadRequest(f"cannot read {name}: {error.strerror}", hint) from error
    except ValueError as error:  # a name with a zero byte in it
        raise BadRequest(f"cannot read {name}: {printable(str(error))}", hint) from error


def _too_large(path: Path, largest_bytes: int, noun: str, hint: str) -> BadRequest:
    return BadRequest(
        f"{printable(str(path))} is larger than any {noun} ({largest_bytes:,} bytes)", hint
    )


def replace(path: Path, content: bytes, mode: int | None = None) -> None:
    """Write a file whole, or leave what was there; raise ``OSError`` where it cannot be written.

    ``mode`` None: as of any new file, whatever the user's umask makes of it.
    """
    temporary = path.parent / f".twoclocks-{secrets.token_hex(8)}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            if mode is not None:
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    """Make the new name survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
