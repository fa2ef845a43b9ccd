from pathlib import Path

import numpy as np
import pytest

from tests.workloads.train.support import problem, same
from workloads.train.photographs import (
    FOLDER,
    SHA256,
    draw_group,
    expose,
    read_photographs,
    split,
    tiles,
)


def test_both_photographs_are_read_as_levels_from_0_to_1() -> None:
    photographs = read_photographs()
    assert photographs.shape == (2, 3, 427, 640)
    assert photographs.dtype == np.float32
    assert (photographs.min(), photographs.max()) == (0, 1)


def test_a_file_that_is_not_the_one_that_came_along_is_refused(tmp_path: Path) -> None:
    for name in SHA256:
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    (tmp_path / "flower.jpg").write_bytes((FOLDER / "china.jpg").read_bytes())
    with pytest.raises(ValueError, match=r"flower\.jpg is not the file that comes with twoclocks"):
        read_photographs(tmp_path)


def test_every_column_is_either_trained_on_or_validates_or_is_held_out() -> None:
    columns = np.broadcast_to(np.arange(640, dtype=np.float32), (2, 3, 427, 640))
    parts = split(columns)
    assert [len(np.unique(part)) for part in parts] == [440, 40, 160]
    assert len(np.unique(np.concatenate([part.ravel() for part in parts]))) == 640


def test_the_tiles_are_the_whole_validation_strip() -> None:
    photographs = read_photographs()
    tiles = split(photographs).validation
    assert tiles.shape == (14, 3, 61, 40)
    assert np.array_equal(np.concatenate(list(tiles[:7]), axis=1), photographs[0, :, :, 440:480])
    assert np.array_equal(np.concatenate(list(tiles[7:]), axis=1), photographs[1, :, :, 440:480])


def test_strips_are_cut_into_tiles_row_by_row() -> None:
    strips = np.arange(2 * 3 * 122 * 80.0).reshape(2, 3, 122, 80)
    cut = tiles(strips)
    assert cut.shape == (8, 3, 61, 40)
    assert np.array_equal(cut[1], strips[0, :, :61, 40:])
    assert np.array_equal(cut[6], strips[1, :, 61:, :40])


def test_an_exposure_has_noise_of_the_size_that_is_asked_and_of_no_bias() -> None:
    clean = np.full((2, 3, 100, 100), 0.5, np.float32)
    noise = expose(clean, 25.0, np.random.default_rng(1)) - clean
    assert noise.std() == pytest.approx(25 / 255, rel=0.02)
    assert abs(noise.mean()) < 0.002


def test_the_two_exposures_of_a_group_are_of_the_same_crops_with_noise_of_their_own() -> None:
    training = problem(noise=1e-3, crop=32, batch=2, group=2).input
    one, other = draw_group(training.scenes, training.recipe, 0)
    assert one.shape == other.shape == (2, 3, 32, 32)
    assert np.allclose(one, other, atol=1e-4)
    assert not np.array_equal(one, other)


def test_crops_are_turned_and_mirrored_in_all_eight_ways() -> None:
    training = problem(batch=64, group=64, crop=8, noise=1e-3).input
    ramp = np.arange(427)[:, None] * 1000 + np.arange(440.0)
    scenes = np.broadcast_to(ramp, (2, 3, 427, 440)).astype(np.float32)
    crops, _ = draw_group(scenes, training.recipe, 0)
    steps = crops[:, 0, :2, :2].astype(float)
    down, across = (steps[:, 1, 0] - steps[:, 0, 0]), (steps[:, 0, 1] - steps[:, 0, 0])
    ways = set(zip(down.round().tolist(), across.round().tolist(), strict=True))
    assert ways == {
        (a, b)
        for long in (-1000.0, 1000.0)
        for short in (-1.0, 1.0)
        for a, b in ((long, short), (short, long))
    }


def test_a_group_is_the_same_whoever_draws_it_and_unlike_the_next() -> None:
    training = problem().input
    first, again, after = (
        draw_group(training.scenes, training.recipe, number) for number in (5, 5, 6)
    )
    assert same(first, again)
    assert not same(first, after)
