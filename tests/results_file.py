"""A valid results file, and the same after an edit."""

import json
from collections.abc import Callable
from typing import Any

from harness.files.results import encode
from harness.model import Side
from tests.builders import a_fault, a_results, a_trial

DOCUMENT = encode(
    a_results(trials=(a_trial(Side.BASELINE), a_trial(Side.DISTRIBUTED, faults=(a_fault(),))))
)


def edited(edit: Callable[[Any], object]) -> bytes:
    """Return the valid document after one edit of its tree."""
    tree = json.loads(DOCUMENT)
    edit(tree)
    return json.dumps(tree).encode()
