import gzip
from pathlib import Path

import numpy as np
import pytest

from workloads.train.digits import read_digits


def test_a_file_of_digits_that_is_not_the_known_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "digits.csv.gz").write_bytes(gzip.compress(b"0,1,2"))
    with pytest.raises(ValueError, match=r"digits.csv.gz is not the file"):
        read_digits(tmp_path / "digits.csv.gz")


def test_ink_is_counted_in_sixteenths() -> None:
    images, labels = read_digits()
    assert images.shape == (len(labels), 8, 8)
    assert set(np.unique(images * 16)) == set(range(17))
