"""A microscope's denoiser, trained anew every night from noisy pictures alone, data-parallel.

Every step is of the gradients of all workers (``steps``), so both sides take the same steps to the
same PSNR on a validation strip, and their answers have equal bits. Imports ``harness.workload`` and
this package.
"""

import numpy as np

from harness.workload import (
    Axis,
    Ceiling,
    Lockstep,
    Metric,
    Pool,
    Problem,
    Proof,
    QualityReporter,
    Reporter,
    Slide,
    Workload,
)
from workloads.train.kernel import Array
from workloads.train.network import Net, errors, layers, psnr_by_tile
from workloads.train.optimizer import as_model, move, rate_at
from workloads.train.photographs import (
    draw_group,
    read_photographs,
    split,
    tiles,
    with_noise,
)
from workloads.train.recipe import Exposures, Settings, Training
from workloads.train.reference import Shape, products_of, products_per_second, textbook_gradient
from workloads.train.steps import (
    Share,
    answer,
    combine,
    contribute,
    is_good,
    split_work,
    start,
    validation_psnr,
)

VALIDATION_SEED, HELD_OUT_SEED = 1, 2


def load(settings: Settings) -> Problem[Training, Exposures]:
    """Read the two photographs; the right quarter of each is held out."""
    return make_problem(read_photographs(), settings)


def make_problem(photographs: Array, settings: Settings) -> Problem[Training, Exposures]:
    """Make the problem of photographs (n, 3, 427, 640) from 0 to 1.

    What validates and what is held out is the same whatever the seed.
    """
    recipe = settings.recipe
    parts = split(photographs)
    validation = with_noise(parts.validation, recipe.noise, VALIDATION_SEED)
    training = Training(parts.scenes, validation, recipe)
    brief = recipe._replace(batches=min(recipe.batches, recipe.validate_every + 1))
    return Problem(
        input=training,
        held_out=with_noise(parts.held_out, recipe.noise, HELD_OUT_SEED),
        items=recipe.batches * recipe.batch,
        held_out_items=parts.held_out[:, 0].size,
        warmup=training._replace(recipe=brief),
        warmup_items=brief.batches * brief.batch,
    )


def baseline(training: Training, report: QualityReporter) -> Net:
    """Train in this process alone, on whole batches."""
    recipe = training.recipe
    state = start(training)
    (share,) = split_work(training, 1)
    for step in range(recipe.batches):
        part = contribute(state, step, share, training)
        state = combine(state, step, [part], training)
        report((step + 1) * recipe.batch, validation_psnr(state, step + 1, training))
        if is_good(state, step + 1, training):
            break
    return answer(state, recipe)


def distributed(training: Training, pool: Pool, report: QualityReporter) -> Net:
    """Train on the pool: each worker finds the gradients of its groups of every batch."""
    recipe = training.recipe

    def count_crops(share: Share) -> int:
        first, stop = share.groups
        return (stop - first) * recipe.group

    state = pool.lockstep(
        Lockstep(start, contribute, combine, is_good, validation_psnr),
        split_work(training, pool.size),
        recipe.batches,
        pool.share(training),
        items=count_crops,
        report=report,
    )
    return answer(state, recipe)


def quality(answer: Net, held_out: Exposures) -> Array:
    """Return a score for each tile of the denoised pictures: their mean is the PSNR in dB."""
    return psnr_by_tile(tiles(errors(answer, *held_out)).mean(axis=(1, 2, 3)))


def textbook(training: Training, report: Reporter) -> Net:
    """Do the baseline's steps with a textbook's gradient: windows and products, in float64."""
    recipe = training.recipe
    model = as_model(start(training).model)
    net = layers(model.weights, recipe.channels, recipe.depth)
    for step in range(recipe.batches):
        groups = range(step * recipe.groups, (step + 1) * recipe.groups)
        drawn = [draw_group(training.scenes, recipe, group) for group in groups]
        noisy, other = (np.concatenate(exposures) for exposures in zip(*drawn, strict=True))
        gradient = [layer.ravel() for layer in textbook_gradient(net, noisy, other)]
        flat = np.concatenate(gradient).astype(np.float32)
        move(model, flat, step + 1, rate_at(recipe, step + 1), recipe)
        report((step + 1) * recipe.batch)
    return layers(model.average, recipe.channels, recipe.depth)


def ceiling(training: Training, seconds: float) -> float:
    """Return the crops per second of a training that consists of matrix products alone."""
    return training.recipe.batch * products_per_second(products_of_step(training), seconds)


def products_of_step(training: Training) -> list[Shape]:
    """Return every matrix product of one step."""
    recipe = training.recipe
    return products_of(recipe.channels, recipe.depth, recipe.batch * recipe.crop**2)


WORKLOAD = Workload(
    name="train",
    params=Settings(),
    load=load,
    baseline=baseline,
    distributed=distributed,
    quality=quality,
    unit="crops",
    metric=Metric("PSNR in dB", tolerance=0.01),
    until="a validation PSNR of {target} dB",
    slide=Slide(
        axis=Axis.TRAINING,
        bottleneck="the denoiser is trained anew for every camera, and the camera waits for it",
        partition="the crops of every batch: each worker finds the gradient of its groups of them",
        communication="0.08 MB of gradients a worker in every step, from worker to worker; "
        "pictures once to each machine",
        consistency="synchronous: each step is of all gradients, added in one order, "
        "so both sides come to the same bits",
        why_not_another_axis="not the model axis: 20,000 weights fit into a cache, "
        "only time is short",
        limitation="a batch is shared out: more workers have less of it each, "
        "and a larger one takes more crops to train",
    ),
    proof=Proof(
        effort=(
            {"target": 31.6},
            {"target": 31.5},
            {"batch": 8, "rate": 0.002},
            {"batch": 32, "rate": 0.004},
            {"channels": 24},
            {"depth": 3},
        ),
        variants={
            "Adam": {"optimizer": "adam"},
            "one group": {"group": 16},
            "four crops of 32x32": {"batch": 4, "group": 1, "crop": 32},
            "1.4 times the rate": {"rate": 0.004},
            "0.7 times the rate": {"rate": 0.002},
        },
        reference=textbook,
        ceiling=Ceiling("matrix products", ceiling),
    ),
)
