import asyncio
import importlib.util
from types import SimpleNamespace
from typing import Any

import pytest

from harness.run.open_loop import OpenLoop, RequestGenerator
from harness.run.progress_reports import no_report
from harness.workload import Backlog, Requests
from tests.bench import ray_serve
from tests.bench.ray_serve import LargestRate, RayServeSide, compare, held_by
from tests.bench.table import NONE
from tests.services import a_rate_search
from workloads import serve


def test_where_ray_serve_is_not_installed_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    (row,) = ray_serve.compare_with_ray_serve(1, {}).rows
    assert (row.than, row.value, row.verdict) == ("Ray Serve", "is not installed", NONE)


def a_largest_rate(rate: float, answer_sha256: str = "same", foreign: float = 0.0) -> LargestRate:
    return LargestRate(rate=rate, answer_sha256=answer_sha256, foreign=foreign)


def test_rates_are_compared_by_rounds_and_answers_all_together() -> None:
    finding = compare(
        [a_largest_rate(600.0), a_largest_rate(660.0)],
        [a_largest_rate(300.0), a_largest_rate(220.0, foreign=0.2)],
    )
    rate, answers = finding.rows
    assert rate.observed == (2.0, 3.0)
    assert (rate.verdict, answers.verdict, finding.foreign) == ("met", "met", 0.2)
    slower = compare([a_largest_rate(96.0)], [a_largest_rate(100.0, "another")])
    assert [row.verdict for row in slower.rows] == ["missed", "missed"]


def test_the_rate_of_a_search_is_the_largest_that_held_without_the_headroom() -> None:
    assert held_by(a_rate_search(70.0)) == pytest.approx(100.0)
    with pytest.raises(RuntimeError):
        held_by(None)


def replying(asked: list[str], most: int = 2) -> Any:
    """Return a handle that replies to so many at a time, and notes what it was asked."""
    room = asyncio.Semaphore(most)

    async def reply(text: str) -> list[str]:
        async with room:
            await asyncio.sleep(0.001)
        asked.append(text)
        return [text]

    return SimpleNamespace(reply=SimpleNamespace(remote=reply))


@pytest.mark.parametrize("one_by_one", [True, False])
def test_all_requests_are_asked_once_and_have_their_replies(one_by_one: bool) -> None:
    texts = tuple(f"request {number}" for number in range(100))
    asked: list[str] = []
    given: Any = SimpleNamespace(asked=texts)
    side = RayServeSide(given, 1)
    side._handle = replying(asked)
    service = serve.WORKLOAD.service
    assert service is not None
    with RequestGenerator() as generator:
        loop = OpenLoop(generator, 2_000.0, len(texts), 1, budget_s=1.0)
        requests: Requests = loop if one_by_one else Backlog(len(texts))
        replies = side.serve(service, given, requests, no_report, 0)
        assert loop.close().failed == (0 if one_by_one else len(texts))
    assert replies == [[text] for text in texts]
    assert sorted(asked) == sorted(texts)
