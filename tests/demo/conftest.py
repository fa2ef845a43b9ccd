"""What the tests of the verbs share. May import ``harness``."""

from collections.abc import Iterator

import pytest

from harness.run import launch
from harness.run.describe import WorkloadFacts


@pytest.fixture(scope="module")
def described_once() -> Iterator[None]:
    """Have a workload with the same settings described once: a process does that each time.

    For modules in which one name stands for one workload.
    """
    known: dict[tuple[str, ...], WorkloadFacts] = {}
    describe = launch.describe

    def look_up(workload: str, settings: list[str]) -> WorkloadFacts:
        asked = (workload, *settings)
        if asked not in known:
            known[asked] = describe(workload, settings)
        return known[asked]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch, "describe", look_up)
        yield
