import copy
import pickle

import numpy as np
import pytest

from tests.workloads.train.support import same, some_pictures
from workloads.train.kernel import Array
from workloads.train.network import (
    Net,
    Strips,
    denoise,
    find_gradients,
    find_noise,
    layers,
    parameter_count,
    psnr,
    psnr_by_tile,
    shapes,
    squared_errors,
)
from workloads.train.reference import textbook_gradient

CHANNELS, DEPTH = 8, 3


def some_net(seed: int = 1, channels: int = CHANNELS, depth: int = DEPTH) -> Net:
    random = np.random.default_rng(seed)
    flat = random.standard_normal(parameter_count(channels, depth), dtype=np.float32)
    return layers(flat * np.float32(0.2), channels, depth)


def slow_noise(net: Net, pictures: Array) -> Array:
    """Return what the network finds, by a loop over every tap in double precision."""
    signal = pictures.astype(float)
    for place, layer in enumerate(net):
        count, inputs, height, width = signal.shape
        padded = np.pad(signal, ((0, 0), (0, 0), (1, 1), (1, 1)))
        sums = np.zeros((count, len(layer), height, width)) + layer[:, -1][:, None, None]
        for out in range(len(layer)):
            for into in range(inputs):
                for down in range(3):
                    for right in range(3):
                        tap = float(layer[out, 9 * into + 3 * down + right])
                        seen = padded[:, into, down : down + height, right : right + width]
                        sums[:, out] += tap * seen
        signal = np.maximum(sums, 0) if place + 1 < len(net) else sums
    return signal


def strips_with(pictures: Array, net: Net) -> Strips:
    count, _, height, width = pictures.shape
    strips = Strips(count, height, width, max(map(len, net)), len(net))
    strips.input[:] = pictures
    return strips


@pytest.mark.parametrize(
    ("channels", "depth", "count", "height", "width"),
    [(8, 3, 2, 7, 5), (4, 2, 1, 1, 1), (12, 4, 3, 20, 41), (8, 3, 5, 2, 300)],
)
def test_the_noise_is_what_every_tap_adds_up_to(
    channels: int, depth: int, count: int, height: int, width: int
) -> None:
    net, pictures = some_net(1, channels, depth), some_pictures(2, count, height, width)
    found = find_noise(net, strips_with(pictures, net))
    assert np.allclose(found, slow_noise(net, pictures), rtol=0, atol=1e-5)


def test_pictures_of_a_batch_do_not_see_each_other() -> None:
    net, pictures = some_net(), some_pictures(3)
    together = find_noise(net, strips_with(pictures, net))
    alone = [find_noise(net, strips_with(picture[None], net))[0] for picture in pictures]
    assert np.allclose(together, alone, rtol=0, atol=1e-6)


def test_the_gradient_is_that_of_the_textbook() -> None:
    net, noisy, target = some_net(), some_pictures(4), some_pictures(5)
    strips = strips_with(noisy, net)
    error = noisy - find_noise(net, strips) - target
    strips.output_error[:] = np.float32(-2 / error.size) * error
    found = some_net(9)
    find_gradients(net, strips, [found])
    for mine, expected in zip(found, textbook_gradient(net, noisy, target), strict=True):
        assert np.allclose(mine, expected, rtol=1e-4, atol=1e-6)


def with_errors(net: Net, noisy: Array, target: Array, values: int) -> Strips:
    """Return strips after a forward pass, with the errors of a mean over so many values."""
    strips = strips_with(noisy, net)
    error = noisy - find_noise(net, strips) - target
    strips.output_error[:] = np.float32(-2 / values) * error
    return strips


@pytest.mark.parametrize(("count", "number"), [(4, 4), (4, 2), (6, 3), (4, 1)])
def test_gradients_of_parts_of_the_pictures_are_those_of_the_parts_alone(
    count: int, number: int
) -> None:
    net, noisy, target = some_net(), some_pictures(4, count), some_pictures(5, count)
    found = [some_net(9 + part) for part in range(number)]
    find_gradients(net, with_errors(net, noisy, target, noisy.size), found)
    size = count // number
    for part, mine in enumerate(found):
        run = slice(part * size, (part + 1) * size)
        alone = some_net(8)
        find_gradients(net, with_errors(net, noisy[run], target[run], noisy.size), [alone])
        assert same(mine, alone)


def test_the_gradient_says_how_the_error_changes() -> None:
    channels, depth = 4, 2
    flat = np.concatenate([layer.ravel() for layer in some_net(1, channels, depth)]).astype(float)
    noisy, target = some_pictures(4), some_pictures(5)

    def error_at(weights: Array) -> float:
        found = slow_noise(layers(weights, channels, depth), noisy)
        return float(np.square(noisy - found - target).mean())

    gradient = np.concatenate(
        [layer.ravel() for layer in textbook_gradient(layers(flat, channels, depth), noisy, target)]
    )
    for place in range(0, len(flat), 17):
        moved = flat.copy()
        moved[place] += 1e-5
        slope = (error_at(moved) - error_at(flat)) / 1e-5
        assert gradient[place] == pytest.approx(slope, rel=1e-3, abs=1e-6)


def test_strips_are_used_again_without_a_trace() -> None:
    net, pictures = some_net(), some_pictures(6)
    strips = strips_with(some_pictures(7), net)
    find_noise(net, strips)
    strips.output_error[:] = 1
    find_gradients(net, strips, [some_net(9)])
    strips.input[:] = pictures
    assert same(find_noise(net, strips).copy(), find_noise(net, strips_with(pictures, net)).copy())


@pytest.mark.parametrize(
    "again", [copy.deepcopy, lambda strips: pickle.loads(pickle.dumps(strips))]
)
def test_strips_are_copied_by_size_alone(again: object) -> None:
    assert callable(again)
    net = some_net()
    strips = strips_with(some_pictures(6), net)
    copied = again(strips)
    assert copied.signals.shape == strips.signals.shape
    assert not copied.signals.any()
    assert len(pickle.dumps(strips)) < 200


def test_the_layers_lie_one_after_the_other() -> None:
    flat = np.arange(parameter_count(CHANNELS, DEPTH), dtype=np.float32)
    net = layers(flat, CHANNELS, DEPTH)
    assert [layer.shape for layer in net] == shapes(CHANNELS, DEPTH) == [(8, 28), (8, 73), (3, 73)]
    assert np.array_equal(np.concatenate([layer.ravel() for layer in net]), flat)
    assert all(np.shares_memory(layer, flat) for layer in net)


def test_a_network_that_finds_no_noise_leaves_a_picture_as_it_is_but_from_0_to_1() -> None:
    silent = tuple(np.zeros_like(layer) for layer in some_net())
    pictures = some_pictures(8) * 3 - 1
    assert np.array_equal(denoise(silent, pictures), np.clip(pictures, 0, 1))


def test_squared_errors_are_of_each_picture() -> None:
    silent = tuple(np.zeros_like(layer) for layer in some_net())
    clean = np.full((2, 3, 4, 4), 0.5, np.float32)
    noisy = clean.copy()
    noisy[1] += np.float32(0.25)
    assert squared_errors(silent, noisy, clean).tolist() == [0.0, 48 * 0.0625]


def test_the_psnr_is_20_db_where_the_error_is_a_tenth() -> None:
    assert psnr([0.5, 0.5], 100) == pytest.approx(20)


SQUARED = np.exp(np.random.default_rng(5).normal(-7, 1, 4_000))


def test_the_scores_of_tiles_have_the_psnr_of_all_of_them_as_their_mean() -> None:
    scores = psnr_by_tile(SQUARED)
    assert scores.shape == SQUARED.shape
    assert scores.mean() == pytest.approx(psnr(SQUARED, len(SQUARED)), abs=1e-9)


def test_the_scores_of_tiles_vary_as_the_psnr_of_such_tiles_does() -> None:
    random = np.random.default_rng(6)
    draws = random.choice(SQUARED, (2_000, len(SQUARED)))
    spread = np.std([psnr(draw, len(draw)) for draw in draws])
    expected = psnr_by_tile(SQUARED).std(ddof=1) / np.sqrt(len(SQUARED))
    assert spread == pytest.approx(expected, rel=0.1)
