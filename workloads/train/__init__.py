"""A microscope's denoiser, trained anew every night from noisy pictures alone, data-parallel.

Workers train alone between exchanges, so several need more batches than one; see ``steps``. Both
sides stop at the same PSNR on a validation strip. Imports ``harness.workload`` and this package.
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
    Reporter,
    Slide,
    Workload,
)
from workloads.train.kernel import Array
from workloads.train.network import Net, errors, layers, psnr_by_tile
from workloads.train.optimizer import as_model, move, rate_at
from workloads.train.photographs import (
    draw_batch,
    read_photographs,
    split,
    tiles,
    with_noise,
)
from workloads.train.recipe import Exposures, Recipe, Settings, Training
from workloads.train.reference import Shape, products_of, products_per_second, textbook_gradient
from workloads.train.steps import (
    Share,
    answer,
    combine,
    contribute,
    is_good,
    rounds_done,
    split_work,
    start,
    steps_at_most,
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
    brief = recipe._replace(batches=min(recipe.batches, recipe.validate_every))
    return Problem(
        input=training,
        held_out=with_noise(parts.held_out, recipe.noise, HELD_OUT_SEED),
        items=_crops(recipe),
        held_out_items=parts.held_out[:, 0].size,
        warmup=training._replace(recipe=brief),
        warmup_items=_crops(brief),
    )


def _crops(recipe: Recipe) -> int:
    """Return the most crops that a side may draw: whole rounds of one worker."""
    return recipe.batches // recipe.local_steps * recipe.local_steps * recipe.batch


def baseline(training: Training, report: Reporter) -> Net:
    """Train in this process alone: nothing to exchange, and nothing to average."""
    recipe = training.recipe
    state = start(training)
    (share,) = split_work(training, 1)
    for step in range(steps_at_most(recipe, 1)):
        part = contribute(state, step, share, training)
        state = combine(state, step, [part], training)
        report(_crops_done(recipe, step + 1, 1))
        if is_good(state, step + 1, training):
            break
    return answer(state, recipe)


def distributed(training: Training, pool: Pool, report: Reporter) -> Net:
    """Train on the pool: some steps alone, then an average of all, until the result is good."""
    recipe = training.recipe

    def count_crops(_: Share) -> int:
        return recipe.local_steps * recipe.batch

    a_step = count_crops(Share(0, 1, (0, 0))) * pool.size
    state = pool.lockstep(
        Lockstep(start, contribute, combine, is_good),
        split_work(training, pool.size),
        steps_at_most(recipe, pool.size),
        pool.share(training),
        items=count_crops,
        report=lambda done: report(_crops_done(recipe, done // a_step, pool.size)),
    )
    return answer(state, recipe)


def _crops_done(recipe: Recipe, steps: int, workers: int) -> int:
    """Return how many crops all workers have drawn after so many steps."""
    a_round = recipe.local_steps * workers * recipe.batch
    return rounds_done(recipe, steps, workers) * a_round


def quality(answer: Net, held_out: Exposures) -> Array:
    """Return a score for each tile of the denoised pictures: their mean is the PSNR in dB."""
    return psnr_by_tile(tiles(errors(answer, *held_out)).mean(axis=(1, 2, 3)))


def textbook(training: Training, report: Reporter) -> Net:
    """Do the baseline's steps with a textbook's gradient: windows and products, in float64."""
    recipe = training.recipe
    model = as_model(start(training).model)
    net = layers(model.weights, recipe.channels, recipe.depth)
    for number in range(_crops(recipe) // recipe.batch):
        batch = draw_batch(training.scenes, recipe, number)
        gradient = [layer.ravel() for layer in textbook_gradient(net, *batch)]
        flat = np.concatenate(gradient).astype(np.float32)
        move(model, flat, number + 1, rate_at(recipe, number + 1, 1), recipe)
        report((number + 1) * recipe.batch)
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
    metric=Metric("PSNR in dB", tolerance=0.05),
    until="a validation PSNR of {target} dB",
    answers_differ="workers train alone between exchanges: their average is another network "
    "than one worker's, as good by the same rule",
    slide=Slide(
        axis=Axis.TRAINING,
        bottleneck="the denoiser is trained anew for every camera, and the camera waits for it",
        partition="batches of random crops in one order; of p workers each draws every p-th",
        communication="0.24 MB of weights, momentum and tail average a worker every 8 steps; "
        "pictures once to each machine",
        consistency="local steps: replicas part for 8 steps, then all take the same average, "
        "in worker order",
        why_not_another_axis="not the model axis: 20,000 weights fit into a cache, "
        "only time is short",
        limitation="p workers need more crops than one to the same PSNR: "
        "averaging is not as good as steps in turn",
    ),
    proof=Proof(
        effort=(
            {"target": 31.2},
            {"batch": 4},
            {"channels": 16},
            {"channels": 24},
            {"depth": 3},
        ),
        variants={
            "Adam": {"optimizer": "adam"},
            "two crops of 32x32": {"batch": 2, "crop": 32},
            "twice the rate": {"rate": 0.004},
            "half the rate": {"rate": 0.001},
            "batches of 16": {"batch": 16},
        },
        reference=textbook,
        ceiling=Ceiling("matrix products", ceiling),
    ),
)
