"""Open matplotlib's fonts before anything else is drawn."""

import pytest

from harness.show import figures
from harness.show.figures import LIGHT
from tests.show.figures.cases import picture


@pytest.fixture(scope="session", autouse=True)
def fonts() -> None:
    """Let matplotlib open its fonts, which it keeps open, before anyone counts descriptors."""
    figures.png(picture("race", "scaling"), LIGHT)
