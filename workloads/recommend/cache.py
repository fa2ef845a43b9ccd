"""A cache of the drawn interactions of ``recommend``, in the user's cache folder.

A file holds an array in NumPy's own format, never a pickle, and its SHA-256. A file that cannot be
read, or is not what was written, is drawn again; where nothing can be written, nothing is cached.
Imports NumPy, ``kernel``, ``rows`` and ``synthetic``.
"""

import contextlib
import hashlib
import inspect
import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from workloads.recommend import kernel, rows, synthetic
from workloads.recommend.kernel import Array, Rows

FOLDER = Path("twoclocks", "recommend")
MOST_FILES = 4
SUM_BYTES = hashlib.sha256().digest_size


def load_or_draw(drawn_from: tuple[int, ...], width: int, draw: Callable[[], Rows]) -> Rows:
    """Return the cached rows over ``width`` items, or draw and cache them.

    They are known by the numbers that they are drawn from and by the source that draws them.
    """
    path = _path(drawn_from)
    cached = _read(path, width) if path is not None else None
    if cached is not None:
        return cached
    drawn = draw()
    if path is not None:
        _write(path, drawn)
    return drawn


def _path(drawn_from: tuple[int, ...]) -> Path | None:
    """Return the file for these numbers (None: there is no home folder for it)."""
    known = hashlib.sha256(repr((drawn_from, np.__version__)).encode())
    for module in (synthetic, rows, kernel):
        known.update(inspect.getsource(module).encode())
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return base / FOLDER / f"{known.hexdigest()}.npy"


def _read(path: Path, width: int) -> Rows | None:
    """Return the rows of a file (None: it is not there, or not as it was written)."""
    try:
        content = path.read_bytes()
        if hashlib.sha256(content[:-SUM_BYTES]).digest() != content[-SUM_BYTES:]:
            return None
        packed = np.load(io.BytesIO(content), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return _unpack(packed, width)


def _pack(rows: Rows) -> Array:
    """Return rows as whole numbers: their count, then starts, columns and strengths."""
    return np.concatenate(
        [[rows.height], rows.starts, rows.columns, rows.strengths], dtype=np.int32, casting="unsafe"
    )


def _unpack(packed: Array, width: int) -> Rows | None:
    """Return packed rows (None: they are not rows over ``width`` columns).

    Everything is checked, since the kernels trust it.
    """
    if packed.dtype != np.int32 or packed.ndim != 1 or len(packed) < 2:
        return None
    height = packed[0]
    if not 0 <= height <= len(packed) - 2:
        return None
    starts = packed[1 : height + 2].astype(np.int64)
    rest = packed[height + 2 :]
    if starts[0] != 0 or np.any(np.diff(starts) < 0) or len(rest) != 2 * starts[-1]:
        return None
    columns, strengths = np.split(rest, 2)
    if len(columns) and not 0 <= columns.min() <= columns.max() < width:
        return None
    return Rows(starts, columns, strengths.astype(np.float32))


def _write(path: Path, rows: Rows) -> None:
    """Write rows atomically and delete all but the newest files; do nothing where that fails."""
    written = io.BytesIO()
    np.save(written, _pack(rows), allow_pickle=False)
    written.write(hashlib.sha256(written.getbuffer()).digest())
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, suffix=".part", delete=False) as file:
            part = Path(file.name)
            try:
                file.write(written.getbuffer())
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
        files = path.parent.glob("*.npy")
        newest_first = sorted(files, key=lambda file: file.stat().st_mtime, reverse=True)
        for old in newest_first[MOST_FILES:]:
            old.unlink()
