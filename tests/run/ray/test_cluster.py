from pathlib import Path

import numpy as np


def test_arrays_take_their_bytes_in_the_store_and_files_none(tmp_path: Path) -> None:
    # here, since every process that runs tests reads this file, and few need Ray
    from harness.run.ray.cluster import bytes_in_store

    (tmp_path / "text").write_bytes(b"x" * 1_000_000)
    array = np.zeros(1_000_000, np.uint8)
    assert bytes_in_store(tmp_path / "text") < 1_000
    assert 1_000_000 <= bytes_in_store((array, "x" * 1_000, tmp_path / "text")) < 1_003_000
