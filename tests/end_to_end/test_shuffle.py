"""A shuffle on real Ray: all to all, in order, with a worker killed in either half."""

import pytest

from harness import events as e
from harness.model import Side
from tests.racing import Raced, raced
from tests.squares import LENGTH, PARTITIONS

pytestmark = pytest.mark.ray

CHUNKS = 24


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Raced:
    """Return a race that lost one worker while it scattered and one while it gathered."""
    folder = tmp_path_factory.mktemp("squares")
    return raced(folder, workload="tests/squares.py", settings=(f"losses={folder}",))


@pytest.fixture(scope="module")
def chunks_and_losses(struck: Raced) -> list[e.Span | e.Faulted]:
    """Return what was told of the distributed trial's chunks and losses, in its order."""
    events = [event for event in struck.events if event.side is Side.DISTRIBUTED]
    (began,) = [place for place, event in enumerate(events) if isinstance(event, e.Go)]
    return [event for event in events[began:] if isinstance(event, e.Span | e.Faulted)]


def spans(chunks_and_losses: list[e.Span | e.Faulted]) -> list[e.Span]:
    return [event for event in chunks_and_losses if isinstance(event, e.Span)]


def test_the_answer_is_the_baselines_whoever_is_lost(struck: Raced) -> None:
    assert struck.exit_code == 0
    assert len({trial.answer_sha256 for trial in struck.results.trials}) == 1


def test_a_worker_was_lost_in_either_half(
    struck: Raced, chunks_and_losses: list[e.Span | e.Faulted]
) -> None:
    first, second = (
        place for place, event in enumerate(chunks_and_losses) if isinstance(event, e.Faulted)
    )
    assert len(struck.trial(Side.DISTRIBUTED).faults) == 2
    assert len([span for span in spans(chunks_and_losses[:first]) if span.chunk < CHUNKS]) < CHUNKS
    assert (
        len([span for span in spans(chunks_and_losses[:second]) if span.chunk < CHUNKS]) == CHUNKS
    )
    assert len(spans(chunks_and_losses[:second])) < CHUNKS + PARTITIONS


def test_every_chunk_and_every_partition_is_told_of_once(
    chunks_and_losses: list[e.Span | e.Faulted],
) -> None:
    assert sorted(span.chunk for span in spans(chunks_and_losses)) == list(
        range(CHUNKS + PARTITIONS)
    )


def test_the_partitions_count_no_items_a_second_time(
    chunks_and_losses: list[e.Span | e.Faulted],
) -> None:
    assert sum(span.items for span in spans(chunks_and_losses)) == CHUNKS


def test_what_passed_between_the_workers_is_counted(struck: Raced) -> None:
    part_bytes = struck.trial(Side.DISTRIBUTED).part_bytes
    assert part_bytes is not None
    assert part_bytes > CHUNKS * LENGTH * 8
