import json
import os
from collections.abc import Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from harness.files import schema
from harness.files.results import encode
from harness.model import Kind, Results, Status
from tests.builders import a_fault, a_results, a_trial, golden_results, some_pairs

VALIDATOR = Draft202012Validator(schema.schema())
SESSIONS = {
    "measured": a_results(),
    "declared": golden_results(),
    "six pairs": a_results(trials=some_pairs([40.0] * 6, [22.0] * 6)),
    "aborted with a fault": a_results(
        status=Status.ABORTED,
        kind=Kind.SIMULATED,
        trials=(a_trial(faults=(a_fault(cost_s=None),)),),
    ),
}


def test_the_kept_schema_is_that_of_the_nouns() -> None:
    if os.environ.get("TWOCLOCKS_UPDATE_GOLDEN") == "1":
        schema.KEPT.write_bytes(schema.text())
    assert schema.KEPT.read_bytes() == schema.text()


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema.schema())


@pytest.mark.parametrize("name", SESSIONS)
def test_a_results_file_keeps_to_the_schema(name: str) -> None:
    VALIDATOR.validate(json.loads(encode(SESSIONS[name])))


@pytest.mark.parametrize(
    "edit",
    [
        lambda tree: tree.pop("trials"),
        lambda tree: tree.pop("schema"),
        lambda tree: tree.update(schema="twoclocks.results/2"),
        lambda tree: tree.update(kind="guessed"),
        lambda tree: tree["trials"][0].update(wall_s="40"),
        lambda tree: tree["trials"][0]["curve"].append([1.0]),
        lambda tree: tree["spec"]["prices"].pop("currency"),
    ],
    ids=[
        "no trials",
        "no schema",
        "a later schema",
        "another kind",
        "a time in words",
        "half a point",
        "no currency",
    ],
)
def test_what_is_no_results_file_does_not(edit: Callable[[Any], object]) -> None:
    tree = json.loads(encode(a_results()))
    edit(tree)
    with pytest.raises(ValidationError):
        VALIDATOR.validate(tree)


def test_every_number_in_seconds_or_bytes_or_money_says_so() -> None:
    definitions = schema.schema()["$defs"].values()
    fields = [
        (name, part)
        for definition in definitions
        for name, part in definition.get("properties", {}).items()
    ]
    silent = {
        name
        for name, part in fields
        if name.endswith(("_s", "bytes", "_per_hour")) and "description" not in part
    }

    assert silent == set()


def test_the_schema_defines_every_field_of_a_session() -> None:
    tree = json.loads(encode(a_results()))

    assert set(tree) == set(schema.schema()["$defs"][Results.__name__]["properties"])
