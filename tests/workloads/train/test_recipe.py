from typing import Any

import pytest

from tests.workloads.train.support import problem
from workloads import train


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"batches": 0}, "batches=0 is not between 1 and 10,000,000"),
        ({"batch": -1}, "batch=-1 is not between"),
        ({"crop": 7}, "crop=7 is not between 8 and 256"),
        ({"channels": 0}, "channels=0 is not between"),
        ({"channels": 30}, "channels=30 is not a multiple of 4"),
        ({"depth": 1}, "depth=1 is not between 2 and 32"),
        ({"group": 0}, "group=0 is not between"),
        ({"batch": 8, "group": 3}, "batch=8 is not a multiple of the crops in a group, group=3"),
        ({"validate_every": 0}, "validate_every=0 is not between"),
        ({"optimizer": "sgd"}, "optimizer=sgd is neither muon nor adam"),
        ({"seed": -1}, "seed=-1 is not from 0 to below 2 to the 63"),
        ({"rate": 0.0}, "rate=0.0 is not above 0 and at most 1"),
        ({"rate": float("nan")}, "rate=nan is not above 0"),
        ({"noise": 256.0}, "noise=256.0 is not above 0 and at most 255"),
        ({"target": 0.0}, "target=0.0 is not above 0 and at most 100"),
        (
            {"batch": 1024, "crop": 256},
            "batch=1024 crops of 256x256 pixels with channels=8 and depth=3 take more than 1 GB",
        ),
    ],
)
def test_settings_that_make_no_sense_are_refused(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        problem(**changed)


def test_the_settings_of_the_proof_make_sense() -> None:
    proof = train.WORKLOAD.proof
    for changed in (*proof.effort, *proof.variants.values()):
        assert not callable(changed)
        train.WORKLOAD.configure(train.WORKLOAD.defaults | dict(changed))


def test_no_setting_of_the_proof_is_the_default() -> None:
    proof, defaults = train.WORKLOAD.proof, train.WORKLOAD.defaults
    for changed in (*proof.effort, *proof.variants.values()):
        assert not callable(changed)
        assert all(defaults[name] != value for name, value in changed.items())
