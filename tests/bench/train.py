"""The baseline of ``train`` compared with PyTorch on one thread.

Both are measured in one process, pinned to one core, step beside step, so that a drift of the
core's speed cancels out. ``python -m tests.bench.train STEPS`` is that process.
May import ``harness``, the workload ``train`` and its neighbours in ``tests``.
"""

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, pairwise

import msgspec
import numpy as np

from harness.run.host import pin, usable_cores
from tests.bench.library import SPEED, measure_apart
from tests.bench.table import Finding, at_least, ratios, row, unmeasured
from workloads import train
from workloads.train.network import COLOURS
from workloads.train.photographs import draw_group
from workloads.train.recipe import Training
from workloads.train.steps import combine, contribute, split_work, start

WARM_UP = 2


class Times(msgspec.Struct, frozen=True):
    """Seconds of each step of the baseline and of PyTorch."""

    own: list[float]
    others: list[float]


def torch(steps: int) -> Finding:
    """Compare the baseline with PyTorch on one thread, where that is installed."""
    if importlib.util.find_spec("torch") is None:
        return Finding((unmeasured(SPEED, "is not installed", than="PyTorch"),))
    times, foreign = measure_apart(__name__, steps, into=Times)
    speed = row(SPEED, ratios(times.others, times.own), at_least(0.9), than="PyTorch")
    return Finding((speed,), foreign)


def _steps(training: Training) -> Iterator[None]:
    """Train as the baseline does, a step each time."""
    state, (share,) = start(training), split_work(training, 1)
    for step in count():
        yield
        part = contribute(state, step, share, training)
        state = combine(state, step, [part], training)


def _torch_steps(training: Training) -> Iterator[None]:
    """Train the same network on the same batches with PyTorch and its Muon, a step each time."""
    import torch

    torch.set_num_threads(1)
    recipe = training.recipe
    widths = [COLOURS, *[recipe.channels] * (recipe.depth - 1), COLOURS]
    layers = [torch.nn.Conv2d(*ends, 3, padding=1) for ends in pairwise(widths)]
    parts = [part for layer in layers for part in (layer, torch.nn.ReLU())]
    net = torch.nn.Sequential(*parts[:-1])
    filters = [torch.nn.Parameter(layer.weight.detach().flatten(1)) for layer in layers]
    descent = torch.optim.Muon(filters, lr=recipe.rate, adjust_lr_fn="match_rms_adamw")
    for number in count():
        yield
        groups = range(number * recipe.groups, (number + 1) * recipe.groups)
        drawn = [draw_group(training.scenes, recipe, group) for group in groups]
        noisy, other = map(torch.from_numpy, map(np.concatenate, zip(*drawn, strict=True)))
        net.zero_grad()
        torch.nn.functional.mse_loss(noisy - net(noisy), other).backward()
        for filtering, layer in zip(filters, layers, strict=True):
            filtering.grad = layer.weight.grad.flatten(1)
        descent.step()
        with torch.no_grad():
            for filtering, layer in zip(filters, layers, strict=True):
                layer.weight.copy_(filtering.view_as(layer.weight))


def _seconds(once: Callable[[], object]) -> float:
    began = time.perf_counter()
    once()
    return time.perf_counter() - began


def _measure(training: Training, steps: int) -> Times:
    """Return the seconds of each step and of PyTorch's beside it, taking turns at going first."""
    trained, rival = _steps(training), _torch_steps(training)
    for _ in range(WARM_UP):
        next(trained), next(rival)
    times = Times([], [])
    for step in range(steps):
        pair = [(trained, times.own), (rival, times.others)]
        for run, seconds in pair if step % 2 == 0 else pair[::-1]:
            seconds.append(_seconds(partial(next, run)))
    return times


def main(steps: int) -> None:
    """Measure on the first core and write the times to standard output."""
    pin(usable_cores()[:1])
    training: Training = train.load(
        train.WORKLOAD.configure(train.WORKLOAD.defaults | {"validate_every": steps + WARM_UP + 1})
    ).input
    sys.stdout.buffer.write(msgspec.json.encode(_measure(training, steps)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
