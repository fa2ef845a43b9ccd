from typing import Any

import numpy as np
import pytest

from tests.workloads.train.support import TINY, problem
from workloads import train
from workloads.train.optimizer import Model, as_model, move, orthogonal, rate_at, rows_of
from workloads.train.recipe import Recipe
from workloads.train.steps import start


def recipe(**changed: Any) -> Recipe:
    return train.WORKLOAD.configure(train.WORKLOAD.defaults | TINY | changed).recipe


def a_model(**changed: object) -> Model:
    return as_model(start(problem(**changed).input).model)


@pytest.mark.parametrize("shape", [(8, 73), (73, 8), (5, 5), (3, 28)])
def test_an_orthogonal_matrix_has_singular_values_of_about_1(shape: tuple[int, int]) -> None:
    matrix = np.random.default_rng(1).standard_normal(shape, dtype=np.float32)
    found = np.linalg.svd(orthogonal(matrix), compute_uv=False)
    assert found.min() > 0.5
    assert found.max() < 1.3


def test_an_orthogonal_matrix_keeps_its_singular_vectors() -> None:
    matrix = np.random.default_rng(1).standard_normal((6, 20), dtype=np.float32)
    left, _, right = np.linalg.svd(matrix, full_matrices=False)
    turned = left.T @ orthogonal(matrix) @ right.T
    assert np.allclose(turned, np.diag(np.diag(turned)), atol=1e-3)
    assert (np.diag(turned) > 0.5).all()


def test_an_orthogonal_matrix_is_that_of_the_iterations_on_the_matrix_itself() -> None:
    matrix = np.random.default_rng(1).standard_normal((8, 73), dtype=np.float32)
    x = matrix.astype(float) / np.linalg.norm(matrix)
    for _ in range(5):
        square = x @ x.T
        x = 3.4445 * x + (-4.775 * square + 2.0315 * square @ square) @ x
    assert np.allclose(orthogonal(matrix), x, rtol=0, atol=1e-5)


def test_a_gradient_of_zero_moves_nothing() -> None:
    model = a_model()
    before = model.weights.copy()
    move(model, np.zeros_like(before), 1, 0.1, recipe())
    assert np.array_equal(model.weights, before)


@pytest.mark.parametrize("optimizer", ["muon", "adam"])
def test_steps_go_downhill(optimizer: str) -> None:
    model = a_model(optimizer=optimizer)
    target = np.random.default_rng(2).standard_normal(len(model.weights), dtype=np.float32)
    errors = []
    for step in range(1, 200):
        gap = model.weights - target
        errors.append(float(gap @ gap))
        move(model, gap, step, 0.02, recipe(optimizer=optimizer))
    assert errors[-1] < errors[0] / 10


def test_adam_first_moves_every_weight_by_the_rate() -> None:
    model = a_model(optimizer="adam")
    before = model.weights.copy()
    gradient = np.random.default_rng(3).standard_normal(len(before), dtype=np.float32)
    move(model, gradient, 1, 0.01, recipe(optimizer="adam"))
    assert np.allclose(model.weights, before - 0.01 * np.sign(gradient), atol=1e-5)


def test_the_average_is_the_weights_after_the_first_step_and_then_follows_them() -> None:
    model = a_model()
    random = np.random.default_rng(4)
    moved = []
    for step in (1, 2):
        gradient = random.standard_normal(len(model.weights), dtype=np.float32)
        move(model, gradient, step, 0.1, recipe())
        moved.append(model.weights.copy())
        if step == 1:
            assert np.allclose(model.average, moved[0])
    assert np.allclose(model.average, moved[0] + 0.9 * (moved[1] - moved[0]), atol=1e-6)


def test_only_adam_keeps_squares() -> None:
    assert (rows_of(recipe()), rows_of(recipe(optimizer="adam"))) == (3, 4)
    assert a_model().squares is None


def test_the_rate_rises_then_stays_then_falls_as_the_root() -> None:
    asked = recipe(rate=0.5, batch=8, crop=16)
    assert rate_at(asked, 10) == pytest.approx(0.25)
    assert rate_at(asked, 20) == rate_at(asked, 800) == pytest.approx(0.5)
    assert rate_at(asked, 3200) == pytest.approx(0.25)
