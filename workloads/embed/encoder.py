"""A model that is ready to run: its tokenizer, its ONNX Runtime session, and what it gives.

Nothing here uses a network: both libraries are given bytes, and ONNX Runtime's telemetry is off.
Imports NumPy, ``model`` and ``pooling``; ONNX Runtime and tokenizers, from the extra ``embed``,
only where an encoder is opened.
"""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from workloads.embed.model import Model
from workloads.embed.onnx_file import Array
from workloads.embed.pooling import POOLINGS, unit_vectors

ROLES = {  # what is asked for, by the names that exporters give it
    "input_ids": "ids",
    "attention_mask": "mask",
    "input_mask": "mask",
    "token_type_ids": "types",
    "segment_ids": "types",
}
NUMBERS = {
    "tensor(int64)": np.int64,
    "tensor(int32)": np.int32,
    "tensor(float)": np.float32,
    "tensor(bool)": np.bool_,
}
POOLED = ("sentence_embedding", "sentence_embeddings", "text_embeds")
STATES = ("last_hidden_state", "token_embeddings")
NO_STATES = ("logits", "start_logits", "end_logits")
FEW_TOKENS = 3


class Given(NamedTuple):
    """An input of the graph: its name, what it asks for, and in which numbers."""

    name: str
    role: str
    numbers: Any


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """A model that is ready to run; ``padding`` is the id of padding.

    The graph gives ``output``: a vector for each text where ``pooling`` is empty, else a state for
    each token. ``rows`` and ``columns`` are the only size of a batch that it takes (None: any).
    """

    session: Any
    tokenizer: Any
    inputs: tuple[Given, ...]
    output: str
    padding: int = 0
    pooling: str = "mean"
    rows: int | None = None
    columns: int | None = None

    @property
    def pooled(self) -> str:
        """Return how a text's vector comes about, in words."""
        return f"{POOLINGS[self.pooling]} of its states" if self.pooling else "pooled by its graph"

    @property
    def masked(self) -> bool:
        """Return whether the graph asks which tokens are padding."""
        return any(given.role == "mask" for given in self.inputs)

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """Return the token ids of each text, cut off at ``max_tokens``.

        A text without any, which some tokenizers make, has one of padding.
        """
        encodings = self.tokenizer.encode_batch_fast(texts)
        return [encoding.ids or [self.padding] for encoding in encodings]

    def vectors(self, ids: Array, mask: Array) -> Array:
        """Return unit vectors (rows, width) for ids (rows, tokens) and their mask, both int64."""
        return unit_vectors(self.run(ids, mask), mask, self.pooling)

    def run(self, ids: Array, mask: Array) -> Array:
        """Return the output for ids (rows, tokens) and their mask, both int64.

        It is (rows, width), or (rows, tokens, width) for states.
        """
        tokens = ids.shape[1]
        if self.columns is not None:
            right = ((0, 0), (0, self.columns - tokens))
            ids = np.pad(ids, right, constant_values=self.padding)
            mask = np.pad(mask, right)
        if self.rows is None:
            output = self._run(ids, mask)
        else:
            starts = range(0, len(ids), self.rows)
            blocks = [self._run_full(ids[start:], mask[start:], self.rows) for start in starts]
            output = np.concatenate(blocks)
        return output[:, :tokens] if self.pooling else output

    def _run_full(self, ids: Array, mask: Array, rows: int) -> Array:
        """Return the output for the first ``rows`` rows; fewer are repeated."""
        full = (rows, ids.shape[1])
        return self._run(np.resize(ids[:rows], full), np.resize(mask[:rows], full))[: len(ids)]

    def _run(self, ids: Array, mask: Array) -> Array:
        values = {"ids": ids, "mask": mask, "types": np.zeros_like(ids)}
        asked = {given.name: values[given.role].astype(given.numbers) for given in self.inputs}
        output: Array = self.session.run([self.output], asked)[0]
        return output


@functools.lru_cache(maxsize=2)  # a proof of the baseline takes turns with the exported graph
def cached_encoder(model: Model) -> Encoder:
    """Return the model's encoder, opened once in a process."""
    return open_encoder(model)


def open_encoder(model: Model) -> Encoder:
    """Open an encoder.

    Raises ``ValueError`` if its files are broken, or if it asks for or gives what is not known.
    """
    tokenizer = _attempt(
        lambda: _tokenizer(model.vocabulary.tobytes()),
        "the model's vocabulary is not a tokenizer.json",
    )
    padding = (tokenizer.padding or {}).get("pad_id", 0)
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.max_tokens)
    session = _attempt(lambda: _session(model), "the model cannot be run by ONNX Runtime")
    output, pooling = _output(session.get_outputs(), model.pooling)
    rows, columns = _fixed_size(session.get_inputs())
    encoder = Encoder(
        session=session,
        tokenizer=tokenizer,
        inputs=tuple(map(_given, session.get_inputs())),
        output=output,
        padding=padding,
        pooling=pooling,
        rows=rows,
        columns=columns,
    )
    _require_room(encoder, model.max_tokens)
    return encoder


def _given(field: Any) -> Given:
    if field.name not in ROLES:
        raise ValueError(
            f"the model needs the input {field.name}, which is none of {', '.join(ROLES)}"
        )
    if field.type not in NUMBERS:
        raise ValueError(f"the model needs {field.name} as {field.type}, not as whole numbers")
    return Given(field.name, ROLES[field.name], NUMBERS[field.type])


def _output(fields: list[Any], pooling: str) -> tuple[str, str]:
    """Return the output to take, and how it is pooled (empty: it is a vector already)."""
    names = [field.name for field in fields]
    pooled = next((name for name in POOLED if name in names), None)
    if pooled is not None:
        return pooled, ""
    unnamed = [
        field.name
        for field in fields
        if len(field.shape or ()) in (0, 3) and field.name not in NO_STATES
    ]
    states = next((name for name in (*STATES, *unnamed) if name in names), None)
    if states is None:
        raise ValueError(
            f"the model gives {', '.join(names)}, neither a state for each token nor a vector for "
            f"each text, such as {STATES[0]} or {POOLED[0]}"
        )
    if pooling not in POOLINGS:
        raise ValueError(
            f"the model's vectors need {pooling}, which is not computed here; export the model "
            f"with {POOLED[0]} as an output"
        )
    return states, pooling


def _fixed_size(fields: list[Any]) -> tuple[int | None, int | None]:
    """Return the only number of rows and of tokens that the inputs take (None: any)."""
    sizes = [[*field.shape, None, None][:2] for field in fields]
    rows, columns = (
        next((size[axis] for size in sizes if isinstance(size[axis], int)), None) for axis in (0, 1)
    )
    return rows, columns


def _require_room(encoder: Encoder, max_tokens: int) -> None:
    if encoder.columns is None:
        return
    if encoder.columns < max_tokens:
        raise ValueError(
            f"max_tokens={max_tokens} is more than the {encoder.columns} that the model takes"
        )
    if not encoder.masked:
        raise ValueError(
            f"the model takes {encoder.columns} tokens and no attention_mask: padding would change "
            "its vectors"
        )


def try_encoder(encoder: Encoder, tokens: int, largest_id: int) -> int:
    """Return the width of the encoder's vectors.

    Raises ``ValueError`` if it cannot take so many tokens, fewer in two texts, or so large an id.
    """
    width = 0
    for shape in ((1, tokens), (2, min(tokens, FEW_TOKENS))):
        ids = np.full(shape, largest_id, np.int64)
        output = _attempt(
            functools.partial(encoder.run, ids, np.ones_like(ids)),
            f"the model cannot encode {shape[1]} tokens of id {largest_id:,}",
        )
        expected = ids.shape if encoder.pooling else ids.shape[:1]
        width = _require_vectors(encoder, output, expected)
    return width


def _require_vectors(encoder: Encoder, output: Any, expected: tuple[int, ...]) -> int:
    shape: tuple[int, ...] = getattr(output, "shape", ())
    shaped = len(shape) == len(expected) + 1 and shape[:-1] == expected
    if not (shaped and output.dtype.kind == "f" and np.isfinite(output).all()):
        what = "state for each token" if encoder.pooling else "vector for each text"
        raise ValueError(f"the model does not give a finite {what} as its {encoder.output}")
    return int(shape[-1])


def _tokenizer(content: bytes) -> Any:
    from tokenizers import Tokenizer

    # read at each call: without it a batch is spread over all cores
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    return Tokenizer.from_buffer(content)


def _session(model: Model) -> Any:
    """Return a session with as many threads as OpenMP is given, one by default."""
    # before the import, which would start an uploader and give the machine an identifier
    os.environ["ORT_DISABLE_TELEMETRY"] = "1"
    import onnxruntime

    options = onnxruntime.SessionOptions()
    threads = os.environ.get("OMP_NUM_THREADS", "")
    options.intra_op_num_threads = int(threads) if threads.isdecimal() and int(threads) > 0 else 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4  # errors of a model are raised anyway
    if model.weights:
        names, contents = zip(*model.weights, strict=True)
        options.add_external_initializers_from_files_in_memory(
            names, contents, [content.nbytes for content in contents]
        )
    return onnxruntime.InferenceSession(
        model.onnx.tobytes(), options, providers=["CPUExecutionProvider"]
    )


def _attempt(action: Callable[[], Any], sentence: str) -> Any:
    """Return the action's result; whatever a compiled library raises becomes a ``ValueError``."""
    try:
        return action()
    except Exception as error:  # neither library has a base class for its errors
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{sentence}: {reason or type(error).__name__}") from error
