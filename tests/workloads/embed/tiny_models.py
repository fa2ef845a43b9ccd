"""Sentence encoders of a few numbers, as folders of files that hubs and users have."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from workloads.embed import onnx_file
from workloads.embed.onnx_file import Array, Graph

WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c", "##s", "dog", "cat", "sees", "the")
WIDTH = 4
TABLE = np.random.default_rng(5).normal(size=(len(WORDS), WIDTH)).astype(np.float32)
KINDS = {"float": 1, "int32": 6, "int64": 7, "float16": 10, "double": 11}
INT64, FLOAT = KINDS["int64"], KINDS["float"]
Size = str | int


@dataclass(frozen=True, kw_only=True)
class Tiny:
    """An encoder whose state of a token is its row of ``TABLE``.

    ``outputs`` are names, each with what it gives: states, a vector, logits or a pooler's.
    ``weights`` names a file that holds the table (empty: the graph holds it).
    """

    inputs: tuple[tuple[str, str], ...] = (("input_ids", "int64"), ("attention_mask", "int64"))
    outputs: tuple[tuple[str, str], ...] = (("last_hidden_state", "states"),)
    rows: Size = "rows"
    tokens: Size = "tokens"
    table: Array = field(default_factory=lambda: TABLE)
    weights: str = ""

    def file(self) -> bytes:
        """Return the bytes of the ONNX file."""
        graph = Graph()
        table = self._table(graph)
        ids = next((name for name, _ in self.inputs if name.startswith("input_ids")), "")
        states = graph.add("Gather", table, ids or self.inputs[0][0])
        made = [self._output(graph, states, kind) for _, kind in self.outputs]
        for (name, _), value in zip(self.outputs, made, strict=True):
            _name_last(graph, value, name)
        return self._assemble(graph)

    def _table(self, graph: Graph) -> str:
        if not self.weights:
            return graph.constant(self.table)
        entries = (("location", self.weights), ("offset", "0"), ("length", str(self.table.nbytes)))
        graph._constants.append(
            onnx_file._message(
                *(onnx_file._number(1, size) for size in self.table.shape),
                onnx_file._number(2, FLOAT),
                onnx_file._part(8, "table"),
                *(onnx_file._part(13, _entry(key, value)) for key, value in entries),
                onnx_file._number(14, 1),
            )
        )
        return "table"

    def _output(self, graph: Graph, states: str, kind: str) -> str:
        match kind:
            case "states":
                return graph.add("Identity", states)
            case "half":
                return graph.add("Cast", states, to=KINDS["float16"])
            case "logits":
                return graph.add("MatMul", states, graph.constant(TABLE.T.copy()))
            case _:  # one vector for each text
                axis = graph.constant(np.array([1], np.int64))
                return graph.add("ReduceMean", states, axis, keepdims=0)

    def _assemble(self, graph: Graph) -> bytes:
        shapes: dict[str, Sequence[Size]] = {
            "states": (self.rows, self.tokens, WIDTH),
            "half": (self.rows, self.tokens, WIDTH),
            "logits": (self.rows, self.tokens, len(WORDS)),
        }
        inputs = (
            onnx_file._declare(name, KINDS[kind], (self.rows, self.tokens))
            for name, kind in self.inputs
        )
        outputs = (
            onnx_file._declare(
                name,
                KINDS["float16"] if kind == "half" else FLOAT,
                tuple(shapes.get(kind, (self.rows, WIDTH))),
            )
            for name, kind in self.outputs
        )
        whole = onnx_file._message(
            *(onnx_file._part(1, node) for node in graph._nodes),
            onnx_file._part(2, "tiny"),
            *(onnx_file._part(5, constant) for constant in graph._constants),
            *(onnx_file._part(11, given) for given in inputs),
            *(onnx_file._part(12, given) for given in outputs),
        )
        version = onnx_file._message(onnx_file._part(1, ""), onnx_file._number(2, 23))
        return onnx_file._message(
            onnx_file._number(1, onnx_file.IR_VERSION),
            onnx_file._part(7, whole),
            onnx_file._part(8, version),
        )


def _entry(key: str, value: str) -> bytes:
    return onnx_file._message(onnx_file._part(1, key), onnx_file._part(2, value))


def _name_last(graph: Graph, value: str, name: str) -> None:
    """Add a node by which a value has a name of its own."""
    graph._nodes.append(
        onnx_file._message(
            onnx_file._part(1, value), onnx_file._part(2, name), onnx_file._part(4, "Identity")
        )
    )


def write_model(
    folder: Path,
    tiny: Tiny,
    at: str = "model.onnx",
    settings: Mapping[str, Any] = MappingProxyType({}),
) -> None:
    """Write a model's files into a folder; ``settings`` are the contents of JSON files by path."""
    onnx = folder / at
    onnx.parent.mkdir(parents=True, exist_ok=True)
    onnx.write_bytes(tiny.file())
    if tiny.weights and "/" not in tiny.weights:
        (onnx.parent / tiny.weights).write_bytes(tiny.table.tobytes())
    write_words(folder, WORDS)
    for name, content in settings.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content), encoding="utf-8")


def write_words(folder: Path, words: Sequence[str], line_end: str = "\n") -> None:
    """Write a vocab.txt."""
    (folder / "vocab.txt").write_bytes("".join(word + line_end for word in words).encode())


def unit_mean(ids: Sequence[int]) -> Array:
    """Return the vector that a tiny model should give for these ids."""
    mean = TABLE[list(ids)].mean(axis=0)
    unit: Array = mean / np.linalg.norm(mean)
    return unit
