"""The baseline against its own core: the matrix products it consists of, and PyTorch on one thread.

Both are measured in one process, pinned to one core, each step beside what it is compared with, so
that a drift of the core's speed cancels out. ``python -m tests.bench.core gemm|torch STEPS`` is
that process. May import ``harness``, the workload ``train`` and its neighbours in ``tests``.
"""

import importlib.util
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count, pairwise
from statistics import median

import msgspec

from harness import text
from harness.model import Side
from harness.run.host import pin, usable_cores
from harness.run.launch import environment
from harness.run.utilization import ForeignLoadMeter
from tests.bench.table import Finding, at_least, between, ratios, row, unmeasured
from tests.terminals import PYTHON, ROOT, surroundings
from workloads import train
from workloads.train.network import COLOURS
from workloads.train.photographs import draw_batch
from workloads.train.recipe import Training
from workloads.train.reference import flops, products
from workloads.train.steps import combine, contribute, split_work, start

WARM_UP = 2
GEMM = "baseline ÷ the core's own matrix products, in speed"
TORCH = "baseline ÷ PyTorch on one thread, in speed"


class Times(msgspec.Struct, frozen=True):
    """Seconds of each step of the baseline and of its rival, and the operations of a step."""

    steps: list[float]
    others: list[float]
    flops: int


def gemm(steps: int) -> Finding:
    """Compare the baseline with the same matrix products alone, on the same core."""
    times, foreign = _measure("gemm", steps)
    around = between(times.others)
    own, core = (
        text.three_digits(times.flops / median(seconds) / 1e9) for seconds in (times.steps, around)
    )
    return Finding(
        (row(GEMM, ratios(around, times.steps), at_least(0.4), note=f"{own} of {core} GFLOP/s"),),
        foreign,
    )


def torch(steps: int) -> Finding:
    """Compare the baseline with PyTorch on one thread, where that is installed."""
    if importlib.util.find_spec("torch") is None:
        return Finding((unmeasured(TORCH, "PyTorch not installed"),))
    times, foreign = _measure("torch", steps)
    return Finding((row(TORCH, ratios(times.others, times.steps), at_least(1.0)),), foreign)


def _measure(rival: str, steps: int) -> tuple[Times, float]:
    """Measure in a process with a baseline's environment; return also the foreign load."""
    meter = ForeignLoadMeter([os.getpid()])
    command = [PYTHON, "-m", "tests.bench.core", rival, str(steps)]
    ran = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(surroundings(), Side.BASELINE, 1, joined=False),
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(ran.stdout, type=Times), meter.share()


def _steps(training: Training) -> Iterator[None]:
    """Train as the baseline does, a step each time."""
    training = training._replace(recipe=training.recipe._replace(local_steps=1))
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
        noisy, other = map(torch.from_numpy, draw_batch(training.scenes, recipe, number))
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


def _beside_products(training: Training, steps: int) -> Times:
    """Return the seconds of each step, and of matrix products before, between and after them."""
    trained, multiplied = _steps(training), products(train.products_of_step(training))
    for _ in range(WARM_UP):
        next(trained), next(multiplied)
    own, others = [], [_seconds(lambda: next(multiplied))]
    for _ in range(steps):
        own.append(_seconds(lambda: next(trained)))
        others.append(_seconds(lambda: next(multiplied)))
    return Times(own, others, flops(train.products_of_step(training)))


def _beside_torch(training: Training, steps: int) -> Times:
    """Return the seconds of each step and of PyTorch's beside it, taking turns at going first."""
    trained, rival = _steps(training), _torch_steps(training)
    for _ in range(WARM_UP):
        next(trained), next(rival)
    own: list[float] = []
    others: list[float] = []
    for step in range(steps):
        pair = [(trained, own), (rival, others)]
        for run, seconds in pair if step % 2 == 0 else pair[::-1]:
            seconds.append(_seconds(lambda run=run: next(run)))  # type: ignore[misc]
    return Times(own, others, flops(train.products_of_step(training)))


def main(rival: str, steps: int) -> None:
    """Measure on the first core and write the times to standard output."""
    pin(usable_cores()[:1])
    training: Training = train.load(
        train.WORKLOAD.configure(train.WORKLOAD.defaults | {"validate_every": steps + WARM_UP + 1})
    ).input
    measure = {"gemm": _beside_products, "torch": _beside_torch}[rival]
    sys.stdout.buffer.write(msgspec.json.encode(measure(training, steps)))


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
