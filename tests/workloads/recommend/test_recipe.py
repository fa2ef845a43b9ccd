from typing import Any

import pytest

from harness.workload import BadRequest
from tests.workloads.recommend.support import problem
from workloads import recommend


def test_the_value_in_use_is_none_of_the_others_to_tune_by() -> None:
    name, values = recommend.WORKLOAD.proof.tuned or ("", ())
    assert recommend.WORKLOAD.defaults[name] not in values


def test_the_values_to_tune_by_make_sense() -> None:
    name, values = recommend.WORKLOAD.proof.tuned or ("", ())
    for value in values:
        recommend.WORKLOAD.configure(recommend.WORKLOAD.defaults | {name: value})


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"users": 0}, "users=0 is not between 1 and 10,000,000"),
        ({"items": 0}, "items=0 is not between"),
        ({"interactions": 10**9}, "interactions=1000000000 is not between 1 and 200,000,000"),
        ({"factors": 1025}, "factors=1025 is not between 1 and 1,024"),
        ({"iterations": 0}, "iterations=0 is not between"),
        ({"target": 0.0}, "target=0.0 is not above 0 and at most 1"),
        ({"cg_steps": 0}, "cg_steps=0 is not between"),
        ({"blocks": -1}, "blocks=-1 is not between"),
        (
            {"blocks": 1000, "factors": 600},
            "blocks=1000 with factors=600 make Gram matrices of more than 1 GB",
        ),
        ({"seed": -1}, "seed=-1 is not from 0"),
        ({"regularization": 0.0}, "regularization=0.0 is not above 0"),
        ({"regularization": float("nan")}, "regularization=nan is not above 0"),
        ({"alpha": -1.0}, "alpha=-1.0 is not above 0"),
        ({"columns": "user"}, "columns=user is not USER,ITEM or USER,ITEM,RATING"),
        ({"columns": "user,user"}, "columns=user,user is not USER,ITEM"),
        ({"columns": "user,item"}, "columns=user,item has no effect without ratings=FILE"),
        ({"ratings": "/no/such/file"}, "ratings=/no/such/file is not there"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(changed: dict[str, Any], sentence: str) -> None:
    with pytest.raises((ValueError, BadRequest), match=sentence):
        problem(**changed)


def test_the_defaults_make_sense() -> None:
    recommend.WORKLOAD.configure(recommend.WORKLOAD.defaults)
