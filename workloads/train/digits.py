"""The 1,797 handwritten digits that ``train`` learns, read from ``digits.csv.gz`` beside this file.

It is the file that scikit-learn 1.9 ships, under the BSD 3-Clause License in ``digits.LICENSE``: a
copy of the test set of the UCI data set "Optical Recognition of Handwritten Digits" (E. Alpaydin
and C. Kaynak, 1998). Imports NumPy and the numerics of ``kernel``.
"""

import gzip
import hashlib
from pathlib import Path
from typing import NamedTuple

import numpy as np

from workloads.train.kernel import PIXELS, Array

FILE = Path(__file__).with_name("digits.csv.gz")
SHA256 = "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22"
DARKEST = np.float32(16)


class Digits(NamedTuple):
    """Images (1797, 8, 8) in float32, ink from 0 to 1, and the digit on each (1797,)."""

    images: Array
    labels: Array


def read_digits(path: Path = FILE) -> Digits:
    """Read the digits; raise ``ValueError`` for a file that is not the one that is known."""
    packed = path.read_bytes()
    if hashlib.sha256(packed).hexdigest() != SHA256:
        raise ValueError(
            f"{path.name} is not the file that comes with this program: install it anew"
        )
    rows = np.loadtxt(gzip.decompress(packed).decode().splitlines(), delimiter=",", dtype=np.uint8)
    ink = rows[:, :PIXELS].reshape(-1, 8, 8)
    return Digits(ink.astype(np.float32) / DARKEST, rows[:, PIXELS].astype(np.intp))
