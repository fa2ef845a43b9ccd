"""MiniLM's encoder as a graph of its own, from the weights of the exported one.

The exported graph goes the long way: a mask where nothing is padded, attention and GELU in a
dozen operators, layer norms that are fused into a slower one. Here each is one operator, the
products for queries, keys and values are one, and with ``int8`` all products with weights are of
8-bit integers. Imports NumPy and ``onnx_file``.
"""

from itertools import combinations

import numpy as np

from workloads.embed.onnx_file import Array, Graph, read_tensors

PRECISIONS = ("int8", "float32")
HEADS = 12
WIDTH = 384
MOST_TOKENS = 512
EPSILON = 1e-12
PRODUCTS = 6  # in a layer: query, key, value, output, up, down
EMBEDDINGS = "inner.embeddings"


def build_graph(exported: bytes, precision: str) -> bytes:
    """Return an ONNX file that computes with one of ``PRECISIONS``: ids without padding to states.

    ``exported`` is the file that the extra brings.
    """
    return _Builder(read_tensors(exported), precision).file()


def shrink(weights: Array) -> tuple[Array, Array]:
    """Return int8 weights (inputs, outputs) made smaller, and each output's factor (outputs,).

    Processors without VNNI or AMX add pairs of products with numbers up to 255 in 16 bits, and cut
    off what is larger: other vectors, and worse ones. So of four inputs in a row, which is how
    kernels group them, no two weights of one sign may exceed 128 together.
    """
    groups = weights.astype(np.int16).reshape(-1, 4, weights.shape[1])
    pairs = combinations(np.moveaxis(groups, 1, 0), 2)  # of two signs, they stay below 128
    largest = np.max([np.abs(one + other).max(axis=0) for one, other in pairs], axis=0)
    # 127: both of a pair may be rounded up
    factors = np.float32(127) / largest.astype(np.float32).clip(127)
    return np.rint(weights * factors).astype(np.int8), factors


class _Builder:
    """The graph in the making, and the tensors that its weights come from."""

    def __init__(self, tensors: dict[str, Array], precision: str) -> None:
        self.tensors = tensors
        self.precision = precision
        self.graph = Graph()
        stored = [name for name in tensors if name.startswith("val_") and name.endswith("_q")]
        self.products = [name.removesuffix("_q") for name in stored]

    def file(self) -> bytes:
        """Return the whole encoder as a file."""
        states = self.embeddings("input_ids")
        for layer in range(len(self.products) // PRODUCTS):
            states = self.layer(layer, states)
        return self.graph.file("input_ids", states, WIDTH)

    def embeddings(self, ids: str) -> str:
        """Add what begins the encoder: a state for each word at its place."""
        add, constant = self.graph.add, self.graph.constant
        words = f"{EMBEDDINGS}.word_embeddings.weight"
        rows = add("Gather", constant(self.tensors[f"{words}_q"]), ids)
        scales = add("Gather", constant(self.tensors[f"{words}_scale"]), ids)
        word = add("Mul", add("Cast", rows, to=1), scales)
        places = self.weights(f"{EMBEDDINGS}.position_embeddings.weight")
        kind = self.tensors[f"{EMBEDDINGS}.token_type_embeddings.weight"][0]
        zero = constant(np.zeros(1, np.int64))
        tokens = add("Shape", ids, start=1, end=2)
        place = add("Slice", constant(places + kind), zero, tokens, zero)
        return self.norm(add("Add", word, place), f"{EMBEDDINGS}.LayerNorm")

    def layer(self, number: int, states: str) -> str:
        """Add a layer: attention, then two products with a GELU between them."""
        add = self.graph.add
        query, key, value, output, up, down = self.products[PRODUCTS * number :][:PRODUCTS]
        name = f"inner.encoder.layer.{number}"
        ways = [f"{name}.attention.self.{way}" for way in ("query", "key", "value")]
        joined = self.product(states, [query, key, value], ways)
        thirds = self.graph.constant(np.full(3, WIDTH, np.int64))
        parts = self.graph.add_split(3, "Split", joined, thirds, axis=-1)
        context = add("Attention", *parts, q_num_heads=HEADS, kv_num_heads=HEADS)
        mixed = self.product(context, [output], [f"{name}.attention.output.dense"])
        states = self.norm(add("Add", mixed, states), f"{name}.attention.output.LayerNorm")
        wide = add("Gelu", self.product(states, [up], [f"{name}.intermediate.dense"]))
        narrow = self.product(wide, [down], [f"{name}.output.dense"])
        return self.norm(add("Add", narrow, states), f"{name}.output.LayerNorm")

    def product(self, states: str, weights: list[str], biases: list[str]) -> str:
        """Add a product with several matrices side by side, plus their biases."""
        add, constant = self.graph.add, self.graph.constant
        bias = constant(np.concatenate([self.tensors[f"{name}.bias"] for name in biases]))
        if self.precision == "float32":
            factors = np.concatenate([self.weights(name) for name in weights], axis=1)
            return add("Add", add("MatMul", states, constant(factors)), bias)
        stored = np.concatenate([self.tensors[f"{name}_q"] for name in weights], axis=1)
        scales = np.concatenate([self.tensors[f"{name}_scale"][0] for name in weights])
        small, shrunk = shrink(stored)
        no_zero_point = ""
        return add(
            "DynamicQuantizeMatMul",
            states,
            constant(small),
            constant(scales / shrunk),
            no_zero_point,
            bias,
        )

    def norm(self, states: str, name: str) -> str:
        """Add a layer norm. Its fusion with the addition before it takes longer than both."""
        weight, bias = (self.tensors[f"{name}.{part}"] for part in ("weight", "bias"))
        constant = self.graph.constant
        return self.graph.add(
            "LayerNormalization",
            states,
            constant(weight),
            constant(bias),
            axis=-1,
            epsilon=EPSILON,
        )

    def weights(self, name: str) -> Array:
        """Return a stored matrix in float32."""
        weights: Array = self.tensors[f"{name}_q"] * self.tensors[f"{name}_scale"]
        return weights
