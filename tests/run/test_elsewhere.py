"""The workers of a side on other hosts, by the samples that are sent of them."""

import pytest

from harness.events import Sample
from harness.run.elsewhere import Elsewhere
from tests.builders import a_process

HERE, CONTAINER, FAR = "aaaaaa000001", "aaaaaa000002", "bbbbbb000001"


def sampled(*homes: str) -> Elsewhere:
    """Return workers on these hosts, each half busy for two seconds."""
    elsewhere = Elsewhere(HERE)
    elsewhere.follow([a_process(id=f"w{place}", host=home) for place, home in enumerate(homes)])
    for at in (0.0, 1.0, 2.0):
        for place in range(len(homes)):
            elsewhere.note(Sample(worker=f"w{place}", cpu=0.5, rss_bytes=1), at)
    return elsewhere


def test_the_core_seconds_on_other_hosts_are_those_of_the_samples() -> None:
    assert sampled(FAR, CONTAINER, HERE).cpu_s == pytest.approx(2.0)


def test_what_hosts_on_this_machine_use_is_known() -> None:
    assert sampled(FAR, CONTAINER, HERE).on_this_machine_s == pytest.approx(1.0)


def test_a_worker_on_another_host_is_busy_as_long_as_samples_say_so() -> None:
    elsewhere = sampled(FAR)
    assert (elsewhere.is_busy(2.5), elsewhere.is_busy(10.0)) == (True, False)


def test_a_worker_that_is_sampled_here_is_none_of_another_host() -> None:
    assert not sampled(HERE).is_busy(2.5)
