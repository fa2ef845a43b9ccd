"""Rivals limit the threads of what this process starts: the tests after them start other things."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def keeps_its_environment() -> Iterator[None]:
    """Give this process its environment back after each module."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in os.environ.items():
            patch.setenv(name, value)
        before = {*os.environ}
        yield
        for name in {*os.environ} - before:
            del os.environ[name]
