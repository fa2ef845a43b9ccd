"""A model's folder as hubs lay it out: which files are the model's, and what its settings say.

Nothing in the folder is trusted. Imports ``harness.workload``, NumPy and ``onnx_file``.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from harness.workload import BadRequest
from workloads.embed.onnx_file import Array, external_files

LARGEST_MODEL_BYTES = 1 << 30  # with the weights beside it
LARGEST_VOCABULARY_BYTES = 1 << 26
LARGEST_SETTINGS_BYTES = 1 << 20
LARGEST_POINTER_BYTES = 1024
GIT_LFS = b"version https://git-lfs"
VOCABULARIES = ("tokenizer.json", "vocab.txt")
COMPUTED_MODULES = ("Transformer", "Pooling", "Normalize")  # every vector is normalized here
DEFAULT_POOLING = "mean"
SAME_DIRECTION = {"mean_tokens": "mean", "mean_sqrt_len_tokens": "mean", "mean_sqrt_len": "mean"}

Settings = dict[str, Any]


class ModelFolder(NamedTuple):
    """A folder, and the paths of the model and its vocabulary."""

    path: Path
    onnx: Path
    vocabulary: Path

    def name(self, path: Path) -> str:
        """Return a path as it is told: below the folder, so that no home is given away."""
        return path.relative_to(self.path).as_posix()


def find_model(typed: str) -> ModelFolder:
    """Return the files of a model: of a folder, or of an ONNX file in one.

    Raises ``ValueError`` unless model and vocabulary are there and of a sensible size.
    """
    try:
        path = Path(typed).expanduser()
        model = _of_file(path) if path.is_file() else _of_folder(path)
        _require_size(model, model.onnx, LARGEST_MODEL_BYTES)
        _require_size(model, model.vocabulary, LARGEST_VOCABULARY_BYTES)
    except (OSError, RuntimeError) as error:
        raise ValueError(f"model={typed!r} cannot be read: {error}") from error
    return model


def model_name(typed: str) -> str:
    """Return what a model is called: its folder, or the ONNX file in it, without where it lies."""
    return Path(typed).expanduser().absolute().name


def _of_file(path: Path) -> ModelFolder:
    if path.suffix != ".onnx":
        raise ValueError(f"model={path} is neither a folder nor an .onnx file")
    folder = path.parent
    if folder.name == "onnx" and _vocabulary(folder) is None:
        folder = folder.parent
    return ModelFolder(folder, path, _require_vocabulary(folder))


def _of_folder(folder: Path) -> ModelFolder:
    if not folder.is_dir():
        raise ValueError(f"model={folder} is not a folder")
    match sorted(folder.glob("snapshots/*/")):  # the cache of huggingface_hub
        case [only]:
            return _of_folder(only)
        case [*_, newest]:
            raise BadRequest(
                f"model={folder} holds several snapshots", f"name one: --set model={newest}"
            )
    vocabulary = _require_vocabulary(folder)
    for usual in (folder / "model.onnx", folder / "onnx" / "model.onnx"):
        if usual.is_file():
            return ModelFolder(folder, usual, vocabulary)
    others = sorted(path for path in (*folder.glob("*.onnx"), *folder.glob("onnx/*.onnx")))
    if not others:
        raise ValueError(f"model={folder} has no model.onnx, nor has its folder onnx")
    if len(others) > 1:
        names = ", ".join(path.relative_to(folder).as_posix() for path in others[:5])
        raise BadRequest(
            f"model={folder} has {len(others)} ONNX files and no model.onnx: {names}",
            f"name one of them: --set model={others[0]}",
        )
    return ModelFolder(folder, others[0], vocabulary)


def _vocabulary(folder: Path) -> Path | None:
    return next((folder / name for name in VOCABULARIES if (folder / name).is_file()), None)


def _require_vocabulary(folder: Path) -> Path:
    vocabulary = _vocabulary(folder) or _vocabulary(folder / "onnx")
    if vocabulary is None:
        raise ValueError(f"model={folder} has neither {' nor '.join(VOCABULARIES)}")
    return vocabulary


def _require_size(folder: ModelFolder, path: Path, most: int) -> None:
    """Raise ``ValueError`` for a file of no sensible size, or one that only points to another."""
    size = path.stat().st_size
    if not 0 < size <= most:
        raise ValueError(f"{folder.name(path)} has {size:,} bytes, not between 1 and {most:,}")
    if size <= LARGEST_POINTER_BYTES and path.read_bytes().startswith(GIT_LFS):
        raise BadRequest(
            f"{folder.name(path)} is a pointer of Git LFS, not the file itself",
            f"fetch the file first: git lfs pull --include {path.name}",
        )


def read_weights(folder: ModelFolder, onnx: bytes) -> tuple[tuple[str, Array], ...]:
    """Return the files of weights beside an ONNX file that it names: their names and bytes (n,).

    Raises ``ValueError`` for one that is missing, too large, or in another folder.
    """
    weights = []
    model = folder.name(folder.onnx)
    for name in external_files(onnx):
        path = folder.onnx.parent / name
        if name != Path(name).name or name == ".." or not path.is_file():
            raise ValueError(f"{model} keeps weights in {name!r}, which is no file beside it")
        _require_size(folder, path, LARGEST_MODEL_BYTES - len(onnx))
        weights.append((name, np.frombuffer(path.read_bytes(), np.uint8)))
    if len(onnx) + sum(len(content) for _, content in weights) > LARGEST_MODEL_BYTES:
        raise ValueError(f"{model} and its weights have more than {LARGEST_MODEL_BYTES:,} bytes")
    return tuple(weights)


def require_length(folder: ModelFolder, max_tokens: int) -> None:
    """Raise ``BadRequest`` if the folder says that a text has fewer tokens at most."""
    for name, key in (
        ("sentence_bert_config.json", "max_seq_length"),
        ("tokenizer_config.json", "model_max_length"),
    ):
        most = read_settings(folder, name).get(key)
        if isinstance(most, int) and not isinstance(most, bool) and 0 < most < max_tokens:
            raise BadRequest(
                f"max_tokens={max_tokens} is more than the {most} of the model's {name}",
                f"add --set max_tokens={most}",
            )


def read_pooling(folder: ModelFolder) -> str:
    """Return how the model makes one vector of a text's states, by the name that its folder has.

    That of a module which is not computed here comes first. Without settings it is the mean.
    """
    modules = read_settings(folder, "modules.json", list)
    place = "1_Pooling"
    for module in modules:
        kind, path = (
            str(module.get(key, "")) if isinstance(module, dict) else "" for key in ("type", "path")
        )
        kind = kind.rpartition(".")[2]
        if kind not in COMPUTED_MODULES:
            return f"the module {kind[:40]!r}"
        if kind == "Pooling" and path == Path(path).name:
            place = path
    settings = read_settings(folder, f"{place}/config.json")
    named = settings.get("pooling_mode")
    modes = [named] if isinstance(named, str) else []
    prefix = "pooling_mode_"
    modes += [
        key.removeprefix(prefix)
        for key, chosen in settings.items()
        if chosen is True and key.startswith(prefix)
    ]
    pooling = "+".join(modes) or DEFAULT_POOLING
    return SAME_DIRECTION.get(pooling, pooling.removesuffix("_token").removesuffix("_tokens"))


def read_settings(folder: ModelFolder, name: str, kind: type = dict) -> Any:
    """Return a file of settings, a JSON object or ``kind`` (empty: the folder has none).

    Raises ``ValueError`` for another content.
    """
    path = folder.path / name
    if not path.is_file():
        return kind()
    _require_size(folder, path, LARGEST_SETTINGS_BYTES)
    try:
        settings = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{name} of the model is not JSON") from error
    if not isinstance(settings, kind):
        raise ValueError(f"{name} of the model does not hold a {kind.__name__} of JSON")
    return settings
