"""The published JSON Schema of the results file, made from the model's types."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from harness.files import results
from harness.model import SCHEMA, Kind, Results, Status
from tests.builders import a_fault, a_results, a_trial, golden_results, some_pairs
from tests.capacities import some_searches

PUBLISHED = Path(results.__file__).with_name("results.schema.json")


def schema() -> dict[str, Any]:
    """Return the schema: one definition for each type, described by its docstring on one line."""
    (reference,), parts = msgspec.json.schema_components([Results], ref_template="#/$defs/{name}")
    definitions = {
        name: part | {"description": " ".join(part["description"].split())}
        for name, part in sorted(parts.items())
    }
    definitions["Results"]["properties"]["schema"] = {"const": SCHEMA}
    definitions["Results"]["required"].append("schema")
    top = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{SCHEMA.replace('/', ':').replace('.', ':')}",
        "title": "twoclocks results file",
    }
    return {**top, **reference, "$defs": definitions}


VALIDATOR = Draft202012Validator(schema())
SESSIONS = {
    "measured": a_results(),
    "with the largest models": a_results(**some_searches()),
    "declared": golden_results(),
    "six pairs": a_results(trials=some_pairs([40.0] * 6, [22.0] * 6)),
    "aborted with a fault": a_results(
        status=Status.ABORTED,
        kind=Kind.SIMULATED,
        trials=(a_trial(faults=(a_fault(cost_s=None),)),),
    ),
}


def test_the_published_schema_is_that_of_the_model() -> None:
    text = msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n"
    if os.environ.get("TWOCLOCKS_UPDATE_GOLDEN") == "1":
        PUBLISHED.write_bytes(text)
    assert PUBLISHED.read_bytes() == text


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", SESSIONS)
def test_a_results_file_keeps_to_the_schema(name: str) -> None:
    VALIDATOR.validate(json.loads(results.encode(SESSIONS[name])))


@pytest.mark.parametrize(
    "edit",
    [
        lambda tree: tree.pop("trials"),
        lambda tree: tree.pop("schema"),
        lambda tree: tree.update(schema="twoclocks.results/2"),
        lambda tree: tree.update(kind="guessed"),
        lambda tree: tree["trials"][0].update(wall_s="40"),
        lambda tree: tree["trials"][0].update(wall_s=-1.0),
        lambda tree: tree["trials"][0].update(answer_sha256="3fa9c1"),
        lambda tree: tree["trials"][0]["curve"].append([1.0]),
        lambda tree: tree["spec"]["prices"].pop("currency"),
    ],
    ids=[
        "no trials",
        "no schema",
        "a later schema",
        "another kind",
        "a time in words",
        "a negative time",
        "half a digest",
        "half a point",
        "no currency",
    ],
)
def test_what_is_no_results_file_does_not(edit: Callable[[Any], object]) -> None:
    tree = json.loads(results.encode(a_results()))
    edit(tree)
    with pytest.raises(ValidationError):
        VALIDATOR.validate(tree)


def test_every_number_in_seconds_or_bytes_or_money_says_so() -> None:
    definitions = schema()["$defs"].values()
    fields = [
        (name, part)
        for definition in definitions
        for name, part in definition.get("properties", {}).items()
    ]
    silent = {
        name
        for name, part in fields
        if name.endswith(("_s", "bytes", "_per_hour")) and "description" not in json.dumps(part)
    }

    assert silent == set()


def test_the_schema_defines_every_field_of_a_session() -> None:
    tree = json.loads(results.encode(a_results()))

    assert set(tree) == set(schema()["$defs"][Results.__name__]["properties"])
