"""The drawn interactions of ``recommend``, kept in the user's cache folder: found again by what they were drawn from.

A file holds an array in NumPy's own format, never a pickle, and the SHA-256 of it. What cannot be read, or is not what
was written, is drawn again; where nothing can be written, nothing is kept. Imports NumPy and ``_recommend_rows``.
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

from workloads.recommend import rows as _recommend_rows
from workloads.recommend import synthetic
from workloads.recommend.kernel import Array
from workloads.recommend.rows import Rows

FOLDER = Path("twoclocks", "recommend")
KEPT = 4
SUM_BYTES = hashlib.sha256().digest_size


def kept(drawn_from: tuple[int, ...], width: int, draw: Callable[[], Rows]) -> Rows:
    """Return the rows over ``width`` items that were once drawn from these numbers by this source, or draw them and keep them."""
    path = _place(drawn_from)
    rows = _recalled(path, width) if path is not None else None
    if rows is None:
        rows = draw()
        if path is not None:
            _keep(path, rows)
    return rows


def _place(drawn_from: tuple[int, ...]) -> Path | None:
    """Return the file for these numbers (None: there is no home folder to keep it in)."""
    known = hashlib.sha256(repr((drawn_from, np.__version__)).encode())
    for module in (synthetic, _recommend_rows):
        known.update(inspect.getsource(module).encode())
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:
        return None
    return base / FOLDER / f"{known.hexdigest()}.npy"


def _recalled(path: Path, width: int) -> Rows | None:
    """Return the rows that a file holds (None: it is not there, or not as it was written)."""
    try:
        content = path.read_bytes()
        if hashlib.sha256(content[:-SUM_BYTES]).digest() != content[-SUM_BYTES:]:
            return None
        packed = np.load(io.BytesIO(content), allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return _unpacked(packed, width)


def _packed(rows: Rows) -> Array:
    """Return rows as whole numbers one after the other: how many rows, then their starts, columns and strengths."""
    return np.concatenate(
        [[rows.height], rows.starts, rows.columns, rows.strengths], dtype=np.int32, casting="unsafe"
    )


def _unpacked(packed: Array, width: int) -> Rows | None:
    """Return packed rows (None: they are no rows over ``width`` columns; a kernel trusts them, so everything is looked at)."""
    if (
        packed.dtype != np.int32
        or packed.ndim != 1
        or len(packed) < 2
        or not 0 <= packed[0] <= len(packed) - 2
    ):
        return None
    starts, rest = packed[1 : packed[0] + 2].astype(np.int64), packed[packed[0] + 2 :]
    if starts[0] != 0 or np.any(np.diff(starts) < 0) or len(rest) != 2 * starts[-1]:
        return None
    columns, strengths = np.split(rest, 2)
    if len(columns) and not 0 <= columns.min() <= columns.max() < width:
        return None
    return Rows(starts, columns, strengths.astype(np.float32))


def _keep(path: Path, rows: Rows) -> None:
    """Write rows in one go, and let go of all but the newest few files; nothing is kept where that is not possible."""
    written = io.BytesIO()
    np.save(written, _packed(rows), allow_pickle=False)
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
        newest = sorted(
            path.parent.glob("*.npy"), key=lambda found: found.stat().st_mtime, reverse=True
        )
        for old in newest[KEPT:]:
            old.unlink()
