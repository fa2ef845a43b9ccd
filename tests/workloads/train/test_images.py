import numpy as np

from tests.workloads.train.support import problem, same
from workloads.train.digits import read_digits
from workloads.train.images import augment


def test_every_copy_of_an_image_differs() -> None:
    images = np.zeros((3, 8, 8), np.float32)
    assert not same(augment(images, 1, 0), augment(images, 1, 1))


def test_another_seed_makes_other_copies() -> None:
    images = np.zeros((3, 8, 8), np.float32)
    assert not same(augment(images, 1, 0), augment(images, 2, 0))


def test_an_augmented_image_is_nearest_to_its_original() -> None:
    images = read_digits().images[:10]
    made = np.concatenate([augment(images, seed=1, copy=copy) for copy in range(20)])
    nearest = np.argmin(((made[:, None] - images.reshape(1, 10, 64)) ** 2).sum(axis=2), axis=1)
    assert np.mean(nearest == np.tile(np.arange(10), 20)) > 0.95


def test_an_augmented_image_keeps_its_label() -> None:
    images, labels = problem(copies=3).input.samples
    digits = read_digits()
    nearest = np.argmin(
        ((images[:200, None] - digits.images.reshape(1, -1, 64)) ** 2).sum(axis=2), axis=1
    )
    assert np.mean(digits.labels[nearest] == labels[:200]) > 0.95
