"""Folders of sentence encoders, of which a file is not what it should be."""

import json
import random
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from harness.errors import BadRequest
from tests.fuzz import hostile
from tests.fuzz.example import Example
from tests.fuzz.mutations import change_bytes, change_json_line, change_lines, change_somehow
from tests.fuzz.outputs import faults_of, unshowable
from tests.fuzz.target import Run, Target, description_faults, outcome_of
from tests.workloads.embed.tiny_models import Tiny, write_model
from workloads.embed.model import read_model
from workloads.embed.onnx_file import external_files

SETTINGS = {
    "modules.json": [{"type": "sentence_transformers.models.Pooling", "path": "1_Pooling"}],
    "1_Pooling/config.json": {"pooling_mode_mean_tokens": True},
    "sentence_bert_config.json": {"max_seq_length": 256},
    "tokenizer_config.json": {"do_lower_case": True, "model_max_length": 512},
}
WEIGHTS = ("model.onnx_data", "../canary/secret", "/etc/passwd", "..", "a/b", "nul\x00")


@cache
def model_files(weights: str = "") -> dict[str, bytes]:
    """Return a model's files by path; ``weights`` names that of its table (empty: the graph)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_model(folder, Tiny(weights=weights if "/" not in weights else ""), settings=SETTINGS)
        files = {
            str(path.relative_to(folder)): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file()
        }
    if "/" in weights:
        files["model.onnx"] = Tiny(weights=weights).file()
    return files


def _make(draw: random.Random) -> Example:
    weights = draw.choice(WEIGHTS) if draw.random() < 0.3 else ""
    if weights in ("..", "nul\x00"):
        weights = f"{weights}/" if weights == ".." else "nul/"
    files = {f"mine/{name}": content for name, content in model_files(weights).items()}
    for name in draw.sample(sorted(files), draw.choice((1, 1, 2))):
        match name.rpartition(".")[2]:
            case "json":
                files[name] = change_somehow(draw, files[name], change_json_line)
            case "txt":
                files[name] = change_somehow(draw, files[name], change_lines, _add_a_word)
            case _:
                files[name] = change_somehow(draw, files[name], change_bytes)
    if draw.random() < 0.1:
        del files[draw.choice(sorted(files))]
    return Example(files, ("mine",))


def _add_a_word(draw: random.Random, content: bytes) -> bytes:
    return content + hostile.a_text(draw).encode("utf-8", "surrogatepass") + b"\n"


def _faults(example: Example, run: Run) -> Iterator[str]:
    """Read a folder as far as it is read before ONNX Runtime, in a side's process, opens it."""

    def call() -> str:
        try:
            model = read_model("mine", 128, "int8")
        except ValueError as error:  # as the workload's check turns it into a refusal
            raise BadRequest(str(error)) from error
        return json.dumps([model.pooling, *(name for name, _ in model.weights)])

    yield from faults_of(outcome_of(call))
    yield from description_faults(run, "embed", ["model=mine", "max_tokens=36"])
    onnx = example.files.get("mine/model.onnx", b"")
    try:
        names = external_files(onnx)
    except ValueError as error:
        yield from unshowable("a refusal", str(error))
        return
    if not all(isinstance(name, str) for name in names):
        yield "it names a file of weights by no text"


TARGETS = (
    Target(
        name="model",
        reads="a model's folder of embed: ONNX, vocabularies, settings, weights beside it",
        holds="weights are named by files beside the model alone",
        make=_make,
        faults=_faults,
        examples=80,
        runs_verbs=True,
        grown_bytes=2_500_000_000,  # a model may have 1 GB
    ),
)
