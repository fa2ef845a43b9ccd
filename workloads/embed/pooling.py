"""From the states of a text's tokens to one vector of length 1. Imports NumPy and ``onnx_file``."""

import numpy as np

from workloads.embed.onnx_file import Array

POOLINGS = {
    "mean": "the mean",
    "cls": "the first",
    "max": "the largest numbers",
    "lasttoken": "the last",
}


def unit_vectors(output: Array, mask: Array, pooling: str) -> Array:
    """Return each row's state (rows, width) outside the padding, scaled to length 1.

    ``output`` are the states (rows, tokens, width), or without ``pooling`` the vectors themselves.
    """
    pooled = _pool(output, mask, pooling).astype(np.float32, copy=False)
    units: Array = pooled / np.linalg.norm(pooled, axis=1, keepdims=True)
    return units


def _pool(states: Array, mask: Array, pooling: str) -> Array:
    pooled: Array
    match pooling:
        case "mean":
            weights = mask.astype(np.float32)
            sums = np.matmul(weights[:, None, :], states)[:, 0]
            pooled = sums / weights.sum(axis=1, keepdims=True)
        case "max":
            pooled = np.where(mask[:, :, None] > 0, states, -np.inf).max(axis=1)
        case "cls":
            pooled = states[:, 0]
        case "lasttoken":
            pooled = states[np.arange(len(states)), mask.sum(axis=1) - 1]
        case _:
            pooled = states
    return pooled
