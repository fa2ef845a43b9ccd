import pickle
from typing import Any

import numpy as np
import pytest

from harness.errors import BadRequest
from harness.run.ray.stage import Stage
from tests.pools import InProcessPool, ignore_progress, warmup_of
from tests.workloads.shard.support import problem, text
from workloads import shard
from workloads.shard.device import lift_limit
from workloads.shard.recipe import ROW_BYTES
from workloads.shard.tables import PROGRAM, Tables, excess_bytes, split_orders, step_bytes


def same(one: Tables, other: Tables) -> bool:
    """Return whether tables have equal bits."""
    return [table.tobytes() for table in one] == [table.tobytes() for table in other]


def trained(**changes: Any) -> Tables:
    return shard.baseline(problem(**changes).input, ignore_progress)


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_both_sides_come_to_the_same_bits(workers: int) -> None:
    corpus = problem().input
    distributed = shard.distributed(corpus, InProcessPool(workers), ignore_progress)
    assert same(distributed, shard.baseline(corpus, ignore_progress))


@pytest.mark.parametrize("device", ["300KiB", "700KiB", "8MiB"])
def test_it_does_not_matter_how_much_of_the_model_is_mapped(device: str) -> None:
    fits, does_not = problem().input, problem(device=device, batch=512).input
    assert same(
        shard.baseline(fits._replace(recipe=does_not.recipe), ignore_progress),
        shard.all_mapped(does_not, ignore_progress),
    )


def test_training_takes_fewer_bits_than_were_needed_before_it() -> None:
    given = problem()
    untrained = tuple(np.zeros_like(table) for table in trained())
    before = shard.quality(untrained, given.held_out).mean()
    after = shard.quality(shard.baseline(given.input, ignore_progress), given.held_out).mean()
    assert before == 8
    assert after < 3


def test_twice_the_text_needs_fewer_bits() -> None:
    little, much = problem(megabytes=0.02), problem(megabytes=0.04)
    assert (
        shard.quality(shard.baseline(much.input, ignore_progress), little.held_out).mean()
        < shard.quality(shard.baseline(little.input, ignore_progress), little.held_out).mean()
    )


def test_every_thousand_bytes_have_a_score() -> None:
    given = problem()
    assert shard.quality(trained(), given.held_out).shape == (3,)
    assert given.held_out_items == 3000


def test_scoring_changes_no_table() -> None:
    given, answer = problem(), trained()
    before = [table.copy() for table in answer]
    shard.quality(answer, given.held_out)
    assert same(tuple(before), answer)


def test_all_steps_are_reported() -> None:
    given = problem()
    done: list[int] = []
    shard.distributed(given.input, InProcessPool(2), done.append)
    both: list[int] = []
    shard.baseline(given.input, both.append)
    assert done == both == [2048 * step for step in range(1, 10)]
    assert given.items == done[-1]


def test_what_is_left_over_of_whole_batches_is_not_trained_on() -> None:
    one, other = problem(), problem()
    longer = other.input._replace(text=np.concatenate([other.input.text[:18_432], text(1000)]))
    assert same(shard.baseline(one.input, ignore_progress), shard.baseline(longer, ignore_progress))


def test_the_warm_up_is_the_same_training_of_few_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "WARMUP_STEPS", 2)
    given = problem()
    warmup = warmup_of(given)
    assert (len(warmup.text), warmup.recipe) == (2 * 2048, given.input.recipe)
    assert given.warmup_items == 2 * 2048


def test_more_workers_than_tables_are_refused() -> None:
    with pytest.raises(BadRequest, match="5 tables cannot be shared out to 6 workers"):
        shard.distributed(problem().input, InProcessPool(6), ignore_progress)


def test_workers_that_do_not_hold_their_tables_map_them_too() -> None:
    corpus = problem(orders=6, rows=1 << 14, device="2MiB").input
    distributed = shard.distributed(corpus, InProcessPool(2), ignore_progress)
    assert excess_bytes(corpus.recipe, split_orders(corpus.recipe, 2)) > 0
    assert same(distributed, shard.baseline(corpus, ignore_progress))


def test_what_does_not_fit_into_a_device_cannot_be_held_in_memory() -> None:
    corpus = problem(orders=4, rows=1 << 16, device="5MiB").input
    with pytest.raises(MemoryError):
        shard.train_with(4, corpus, ignore_progress)


def test_a_stage_takes_over_a_copy_where_no_other_one_would_fit() -> None:
    corpus = problem(orders=4, rows=1 << 14, device="4MiB").input
    orders = range(2, 4)
    room = 2 * (1 << 14) * ROW_BYTES + step_bytes(corpus.recipe, 2)
    tight = corpus._replace(recipe=corpus.recipe._replace(device_bytes=room))
    stage = Stage(PROGRAM, 4, orders, (tight,))
    stage.start()
    copied = pickle.loads(pickle.dumps(stage.state))
    copied.tables[0] += 1
    for _ in range(3):
        stage.restore(1, copied)
    lift_limit()
    assert (stage.state.in_memory, stage.state.tables[0].min()) == (2, 1)


def test_a_process_has_its_memory_back_after_training() -> None:
    trained(device="4MiB")
    assert np.zeros((512 << 20) // 4, np.float32).size


def test_a_loaded_text_is_that_of_this_python() -> None:
    loaded = shard.load(shard.WORKLOAD.configure({**shard.WORKLOAD.defaults, "megabytes": 0.1}))
    assert b"\nimport " in loaded.input.text.tobytes()
    assert loaded.held_out_items == 300_000


@pytest.mark.parametrize("micro_batches", [1, 4, 1024])
def test_in_how_many_micro_batches_the_baseline_takes_a_step_changes_no_bit(
    micro_batches: int,
) -> None:
    whole = trained(baseline_micro_batches=1, micro_batches=8)
    assert same(whole, trained(baseline_micro_batches=micro_batches, micro_batches=2))
