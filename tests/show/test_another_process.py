"""What a process of its own draws: the same bytes, with nothing loaded that is not needed."""

import json
import subprocess
import sys
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from harness import load
from harness.show.figures import FIGURES

ROOT = Path(__file__).parents[2]
MEASURED = ROOT / "tests" / "real" / "results.json"
PROGRAM = f"""
import json, sys
for name in ('ray', 'psutil', 'IPython', 'marimo', 'jupyter'):
    sys.modules[name] = None
from hashlib import sha256
from harness import load
report = load({str(MEASURED)!r})
said = repr(report)
before = sorted(sys.modules)
drawn = {{name: sha256(content).hexdigest() for name, content in report.files().items()}}
in_a_cell = report._repr_html_()
print(json.dumps(
    dict(said=said, before=before, drawn=drawn, cell=in_a_cell[:4], after=sorted(sys.modules))
))
"""


@pytest.fixture(scope="module")
def here() -> dict[str, bytes]:
    """Draw here first: the letters' files stay open from then on."""
    return load(MEASURED).files()


SELDOM = ("recovery", "latency")  # this session lost no worker, and served nobody


@pytest.fixture(scope="module")
def there(here: Mapping[str, bytes]) -> Any:
    """Return what a Python without Ray, psutil and notebooks says that it drew."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def test_the_slide_and_every_figure_have_the_same_bytes(
    here: Mapping[str, bytes], there: Any
) -> None:
    assert there["drawn"] == {name: sha256(content).hexdigest() for name, content in here.items()}
    assert there["drawn"].keys() >= {
        f"{stem}.{form}"
        for stem in ("headline", *(f"fig-{name}" for name in FIGURES if name not in SELDOM))
        for form in ("svg", "png")
    }


def test_a_slide_needs_neither_ray_nor_a_notebook(there: Any) -> None:
    assert there["cell"] == "<img"


def test_what_is_read_as_text_loads_nothing_that_draws(there: Any) -> None:
    assert there["said"] == repr(load(MEASURED))
    assert not {"matplotlib", "numpy"}.intersection(there["before"])
    assert {"harness.show.slide", "harness.show.figures"}.issubset(there["before"])


def test_what_draws_loads_no_window(there: Any) -> None:
    assert "matplotlib" in there["after"]
    assert "matplotlib.pyplot" not in there["after"]
