import pytest

from harness.model import Parameters
from harness.workload import BadRequest
from workloads import dedup
from workloads.dedup.recipe import Settings


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"documents": 0}, "documents=0 is not between 1"),
        ({"threshold": 0.0}, "threshold=0.0 is not above 0"),
        ({"threshold": float("nan")}, "threshold=nan"),
        ({"seed": -1}, "seed=-1 is below 0"),
        ({"permutations": 100}, "permutations=100 is not a multiple of four and of bands=12"),
        ({"permutations": 90, "bands": 9}, "permutations=90 is not a multiple of four and of"),
        ({"block": 0}, "block=0 is not between 1"),
        ({"shards": "/no/such/folder"}, "shards=/no/such/folder is not there: make"),
        ({"shards": "/etc/hostname"}, "shards=/etc/hostname is not a folder"),
        ({"shards": "~nobodyhere/x"}, "shards='~nobodyhere/x' is not a path"),
        ({"shards": "x" * 5000}, "shards=.* is no"),
        ({"input": "~nobodyhere/x"}, "input='~nobodyhere/x' is not a path"),
        ({"input": "x" * 5000}, "input=.* is no"),
        (
            {"documents": 50_000_000, "words": 21},
            "documents=50000000 of words=21 are more than 1,000,000,000 words",
        ),
        ({"input": "/no/such/thing"}, "input=/no/such/thing is not there"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(changed: Parameters, says: str) -> None:
    with pytest.raises((ValueError, BadRequest), match=says):
        dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | changed)


def test_the_values_to_tune_by_are_allowed_and_none_is_in_use() -> None:
    for value in dedup.BLOCKS:
        dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | {"block": value})
    assert dedup.WORKLOAD.defaults["block"] not in dedup.BLOCKS


def test_every_setting_of_less_effort_is_allowed_and_signs_fewer_permutations() -> None:
    chosen = Settings()
    assert len(dedup.FEWER) > 2
    for fewer in dedup.FEWER:
        dedup.WORKLOAD.configure(dedup.WORKLOAD.defaults | fewer)
        assert fewer["permutations"] < chosen.permutations
        assert fewer["bands"] <= chosen.bands
