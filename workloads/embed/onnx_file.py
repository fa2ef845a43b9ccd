"""The little of ONNX's file format that ``minilm`` needs: stored tensors in, a graph out.

A file is one protocol buffer, with the field numbers of ``onnx.proto``. The package onnx would
bring protobuf along and parse what is not asked for. Imports NumPy.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Attribute = int | float

TYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype("<f4"),
    3: np.dtype("i1"),
    7: np.dtype("<i8"),
    9: np.dtype("?"),
}
FLOAT, INT64 = 1, 7
LONGEST_VARINT_BITS = 63
MOST_FIELDS = 1_000_000
IR_VERSION = 10
OPERATORS = {"": 23, "com.microsoft": 1}  # the standard ones, and those of ONNX Runtime
CONTRIBUTED = {"DynamicQuantizeMatMul"}


def read_tensors(content: bytes) -> dict[str, Array]:
    """Return the constants of a file's graph by name, in the order of the file.

    The file must be a known one: what it claims to hold is not checked.
    """
    (graph,) = (part for number, part in _fields(memoryview(content)) if number == 7)
    return dict(_tensor(part) for number, part in _fields(graph) if number == 5)


def external_files(content: bytes) -> tuple[str, ...]:
    """Return the names of the files in which a graph keeps constants, each once, as it has them.

    The file may be any: raises ``ValueError`` where it is none of ONNX.
    """
    try:
        names = [
            name
            for number, graph in _fields(memoryview(content))
            if number == 7
            for place, tensor in _fields(graph)
            if place == 5
            for name in _locations(tensor)
        ]
    except (IndexError, KeyError, TypeError, ValueError) as error:
        raise ValueError("the model is not a file of ONNX") from error
    return tuple(dict.fromkeys(names))


def _locations(tensor: memoryview) -> Iterator[str]:
    """Yield the file in which a tensor's content lies, if it does not lie in the tensor."""
    for number, entry in _fields(tensor):
        if number == 13:
            pair = {place: bytes(value) for place, value in _fields(entry)}
            if pair.get(1) == b"location":
                yield str(pair.get(2, b""), "utf-8")


def _tensor(part: memoryview) -> tuple[str, Array]:
    fields: dict[int, list[Any]] = {}
    for number, value in _fields(part):
        fields.setdefault(number, []).append(value)
    kind: np.dtype[Any] = TYPES[fields[2][0]]
    return str(fields[8][0], "utf-8"), np.frombuffer(fields[9][0], kind).reshape(fields.get(1, []))


def _fields(buffer: memoryview) -> Iterator[tuple[int, Any]]:
    """Yield the number and the value of each field of a message: an int, or bytes.

    Raises ``ValueError`` for more fields than any graph has.
    """
    place = 0
    for _ in range(MOST_FIELDS):
        if place >= len(buffer):
            return
        key, place = _read_varint(buffer, place)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, place = _read_varint(buffer, place)
            yield number, value
        else:
            size, place = _read_varint(buffer, place) if kind == 2 else ({1: 8, 5: 4}[kind], place)
            yield number, buffer[place : place + size]
            place += size
    raise ValueError(f"a message of more than {MOST_FIELDS:,} fields")


def _read_varint(buffer: memoryview, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = buffer[place]
        place += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, place
        shift += 7
        if shift > LONGEST_VARINT_BITS:
            raise ValueError("a number of more than 64 bits")


class Graph:
    """A graph to be written: constants and nodes, each known by the name of what it gives."""

    def __init__(self) -> None:
        self._constants: list[bytes] = []
        self._nodes: list[bytes] = []

    def constant(self, value: Array) -> str:
        """Add a constant."""
        name = f"constant{len(self._constants)}"
        kind = next(number for number, known in TYPES.items() if known == value.dtype)
        shape = (_number(1, size) for size in value.shape)
        content = _message(*shape, _number(2, kind), _part(8, name), _part(9, value.tobytes()))
        self._constants.append(content)
        return name

    def add(self, kind: str, *inputs: str, **attributes: Attribute) -> str:
        """Add a node of one output (an input without a name is left out)."""
        return self.add_split(1, kind, *inputs, **attributes)[0]

    def add_split(
        self, outputs: int, kind: str, *inputs: str, **attributes: Attribute
    ) -> list[str]:
        """Add a node of several outputs."""
        names = [f"node{len(self._nodes)}.{number}" for number in range(outputs)]
        domain = "com.microsoft" if kind in CONTRIBUTED else ""
        content = _message(
            *(_part(1, name) for name in inputs),
            *(_part(2, name) for name in names),
            _part(4, kind),
            *(_part(5, _attribute(name, value)) for name, value in attributes.items()),
            _part(7, domain),
        )
        self._nodes.append(content)
        return names

    def file(self, input: str, output: str, width: int) -> bytes:
        """Return the file of a graph from ids (rows, tokens) to states (rows, tokens, width)."""
        graph = _message(
            *(_part(1, node) for node in self._nodes),
            _part(2, "encoder"),
            *(_part(5, constant) for constant in self._constants),
            _part(11, _declare(input, INT64, ("rows", "tokens"))),
            _part(12, _declare(output, FLOAT, ("rows", "tokens", width))),
        )
        return _message(
            _number(1, IR_VERSION),
            _part(7, graph),
            *(
                _part(8, _message(_part(1, domain), _number(2, version)))
                for domain, version in OPERATORS.items()
            ),
        )


def _declare(name: str, kind: int, shape: tuple[str | int, ...]) -> bytes:
    """Return the name, type and shape of an input or output; a name stands for any size."""
    sizes = (_number(1, size) if isinstance(size, int) else _part(2, size) for size in shape)
    dimensions = _message(*(_part(1, size) for size in sizes))
    return _message(
        _part(1, name), _part(2, _part(1, _message(_number(1, kind), _part(2, dimensions))))
    )


def _attribute(name: str, value: Attribute) -> bytes:
    if isinstance(value, float):
        real = bytes([2 << 3 | 5]) + np.float32(value).astype("<f4").tobytes()
        return _message(_part(1, name), real, _number(20, 1))
    return _message(_part(1, name), _number(3, value), _number(20, 2))


def _message(*fields: bytes) -> bytes:
    return b"".join(fields)


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value & (1 << 64) - 1)


def _part(field: int, content: str | bytes) -> bytes:
    encoded = content.encode() if isinstance(content, str) else content
    return _varint(field << 3 | 2) + _varint(len(encoded)) + encoded


def _varint(value: int) -> bytes:
    digits = bytearray()
    while value > 127:
        digits.append(value & 127 | 128)
        value >>= 7
    return bytes([*digits, value])
