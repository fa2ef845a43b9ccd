"""The JSON Schema of the results file, made from the nouns themselves; kept beside them for readers in other languages.

It says what a field is and which must be there. ``results`` checks more than a schema can: digests, orders, counts.
May import ``model``.
"""

from pathlib import Path
from typing import Any

import msgspec

from harness.model import SCHEMA, Results

KEPT = Path(__file__).with_name("results.schema.json")
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_UNITS = {
    "_s": "seconds",
    "_bytes": "bytes",
    "bytes": "bytes",
    "_per_hour": "money per machine-hour, in the currency of the prices",
    "items_per_s": "items per second",
    "_utc": "a moment in UTC, ISO 8601",
    "sha256": "SHA-256 in hex",
    "_sha256": "SHA-256 in hex; empty where unknown",
    "contention": "a fraction: how much slower the baseline was with both sides at once; null where not probed",
    "foreign_cpu": "a fraction of all the host's cores; null where unknown",
    "utilization": "fractions of one core, evenly spaced",
    "curve": "pairs of seconds since go and items done",
    "phases": "seconds by name",
    "tolerance": "the largest accepted change of quality, in units of the metric",
}


def schema() -> dict[str, Any]:
    """Return the schema as a tree: one definition for each noun, described by its docstring, with units on the fields."""
    (reference,), parts = msgspec.json.schema_components([Results], ref_template="#/$defs/{name}")
    definitions = {name: _described(part) for name, part in sorted(parts.items())}
    definitions["Results"]["properties"]["schema"] = {"const": SCHEMA}
    definitions["Results"]["required"].append("schema")
    top = {
        "$schema": _DIALECT,
        "$id": f"urn:{SCHEMA.replace('/', ':').replace('.', ':')}",
        "title": "twoclocks results file",
    }
    return {**top, **reference, "$defs": definitions}


def text() -> bytes:
    """Return the schema as it is kept: UTF-8 JSON, indented, the same each time."""
    return msgspec.json.format(msgspec.json.encode(schema()), indent=2) + b"\n"


def _described(definition: dict[str, Any]) -> dict[str, Any]:
    """Return a noun's schema with its docstring on one line and a unit on each field that has one."""
    told = {
        "title": definition["title"],
        "description": " ".join(definition["description"].split()),
    }
    properties = {
        name: _with_unit(name, part) for name, part in definition.get("properties", {}).items()
    }
    return {**definition, **told, **({"properties": properties} if properties else {})}


def _with_unit(name: str, part: dict[str, Any]) -> dict[str, Any]:
    """Return a field's schema with its unit, that of the longest ending that its name has."""
    endings = [
        ending
        for ending in _UNITS
        if name == ending or (ending.startswith("_") and name.endswith(ending))
    ]
    return {**part, "description": _UNITS[max(endings, key=len)]} if endings else part
