"""Sentence encoders as hubs lay them out: each is read as its authors mean it, or refused."""

import contextlib
import importlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.model import Parameters
from harness.run.baseline_variants import declared_variants
from harness.workload import BadRequest
from tests.workloads.embed.support import needs_extra
from tests.workloads.embed.tiny_models import (
    TABLE,
    WORDS,
    Tiny,
    unit_mean,
    write_model,
    write_words,
)
from workloads import embed
from workloads.embed.encoder import Encoder, open_encoder
from workloads.embed.model import read_model
from workloads.embed.onnx_file import Array, external_files

pytestmark = needs_extra

TEXT = "the dog sees a cat"
IDS = [WORDS.index(word) for word in ("[CLS]", "the", "dog", "sees", "a", "cat", "[SEP]")]
Make = Callable[[Path], Any]


@dataclass(frozen=True)
class Case:
    """What is written into a folder, the vector of ``TEXT`` then, and what names the model."""

    sentence: str
    write: Make
    vector: Array
    name: str = "."


def unit(vector: Array) -> Array:
    scaled: Array = vector / np.linalg.norm(vector)
    return scaled


MEAN = unit_mean(IDS)
CLS = unit(TABLE[IDS[0]])
MAXIMUM = unit(TABLE[IDS].max(axis=0))
LAST = unit(TABLE[IDS[-1]])
TINY = Tiny()
IDS_ONLY = (("input_ids", "int64"),)
MODULES = [
    {"type": f"sentence_transformers.models.{name}"} for name in ("Transformer", "Normalize")
]


def of(tiny: Tiny, at: str = "model.onnx") -> Make:
    return lambda folder: write_model(folder, tiny, at)


def of_settings(**settings: Any) -> Make:
    """Return what writes a model and JSON files, whose names have no dots and slashes here."""
    files = {f"{name.replace('__', '/')}.json": content for name, content in settings.items()}
    return lambda folder: write_model(folder, TINY, settings=files)


def pooled(tiny: Tiny = TINY, **modes: Any) -> Make:
    files = {"1_Pooling/config.json": {f"pooling_mode{mode}": on for mode, on in modes.items()}}
    return lambda folder: write_model(folder, tiny, settings=files)


def with_pointer(folder: Path) -> None:
    write_model(folder, Tiny())
    (folder / "model.onnx").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 90405214\n"
    )


def with_content(content: bytes) -> Make:
    def write(folder: Path) -> None:
        write_model(folder, Tiny())
        (folder / "model.onnx").write_bytes(content)

    return write


def with_two(folder: Path) -> None:
    write_model(folder, Tiny(), "onnx/model_O4.onnx")
    write_model(folder, Tiny(), "onnx/model_qint8.onnx")


def beside_other_precisions(folder: Path) -> None:
    write_model(folder, TINY, "onnx/model.onnx")
    (folder / "onnx" / "model_fp16.onnx").write_bytes(b"another")
    (folder / "onnx" / "model_quantized.onnx").write_bytes(b"another")


def without_weights(folder: Path) -> None:
    write_model(folder, Tiny(weights="model.onnx_data"))
    (folder / "model.onnx_data").unlink()


def with_settings(name: str, content: bytes) -> Make:
    def write(folder: Path) -> None:
        write_model(folder, Tiny())
        (folder / name).write_bytes(content)

    return write


def without_vocabulary(folder: Path) -> None:
    write_model(folder, Tiny())
    (folder / "vocab.txt").unlink()


READ = (
    Case("a folder with model.onnx", of(Tiny()), MEAN),
    Case("the model in onnx/, as hubs have it", of(Tiny(), "onnx/model.onnx"), MEAN),
    Case("the model beside its other precisions", beside_other_precisions, MEAN),
    Case("one quantized model alone", of(Tiny(), "onnx/model_quantized.onnx"), MEAN),
    Case("one ONNX file by its name", with_two, MEAN, "onnx/model_O4.onnx"),
    Case("weights in model.onnx_data", of(Tiny(weights="model.onnx_data")), MEAN),
    Case(
        "weights beside a model in onnx/",
        of(Tiny(weights="model.onnx.data"), "onnx/model.onnx"),
        MEAN,
    ),
    Case("a batch of one text only", of(Tiny(rows=1)), MEAN),
    Case("a batch of four texts only", of(Tiny(rows=4)), MEAN),
    Case("texts of 16 tokens only", of(Tiny(tokens=16)), MEAN),
    Case("batches of 2 × 16 only", of(Tiny(rows=2, tokens=16)), MEAN),
    Case("ids of int32", of(Tiny(inputs=(("input_ids", "int32"),))), MEAN),
    Case("no mask and no types", of(Tiny(inputs=IDS_ONLY)), MEAN),
    Case("types too", of(Tiny(inputs=(*IDS_ONLY, ("token_type_ids", "int64")))), MEAN),
    Case(
        "TensorFlow's names",
        of(Tiny(inputs=(*IDS_ONLY, ("input_mask", "int32"), ("segment_ids", "int32")))),
        MEAN,
    ),
    Case("a mask of float32", of(Tiny(inputs=(*IDS_ONLY, ("attention_mask", "float")))), MEAN),
    Case("a pooled output", of(Tiny(outputs=(("sentence_embedding", "vector"),))), MEAN),
    Case(
        "states and a pooled output",
        of(Tiny(outputs=(("token_embeddings", "states"), ("sentence_embedding", "vector")))),
        MEAN,
    ),
    Case(
        "a pooler's output before the states",
        of(Tiny(outputs=(("pooler_output", "pooler"), ("last_hidden_state", "states")))),
        MEAN,
    ),
    Case(
        "logits before the states",
        of(Tiny(outputs=(("logits", "logits"), ("hidden_states", "states")))),
        MEAN,
    ),
    Case("an output of any name", of(Tiny(outputs=(("output_0", "states"),))), MEAN),
    Case("states of float16", of(Tiny(outputs=(("last_hidden_state", "half"),))), MEAN),
    Case(
        "the first token's state",
        pooled(_cls_token=True),
        CLS,
    ),
    Case(
        "the largest of each number",
        pooled(_max_tokens=True),
        MAXIMUM,
    ),
    Case(
        "the last token's state",
        pooled(_lasttoken=True),
        LAST,
    ),
    Case(
        "the mean in the newer form",
        of_settings(**{"1_Pooling__config": {"pooling_mode": "mean"}}),
        MEAN,
    ),
    Case(
        "a mean over the square root of the length, which has the same direction",
        pooled(_mean_sqrt_len_tokens=True),
        MEAN,
    ),
    Case(
        "modules with their pooling in another folder",
        of_settings(
            modules=[*MODULES, {"type": "sentence_transformers.models.Pooling", "path": "pool"}],
            pool__config={"pooling_mode_cls_token": True},
        ),
        CLS,
    ),
    Case(
        "the last token's state of padded texts",
        pooled(Tiny(tokens=16), _lasttoken=True),
        LAST,
    ),
    Case("a length that suffices", of_settings(sentence_bert_config={"max_seq_length": 16}), MEAN),
    Case(
        "a length that is no number of tokens",
        of_settings(tokenizer_config={"model_max_length": 1e30}),
        MEAN,
    ),
)


def opened(path: Path) -> Encoder:
    return open_encoder(read_model(str(path), 16, "int8"))


def vectors(encoder: Encoder, texts: list[str]) -> Array:
    ids = np.array(encoder.tokens(texts), np.int64)
    return encoder.vectors(ids, np.ones_like(ids))


@pytest.mark.parametrize("case", READ, ids=lambda case: case.sentence)
def test_a_model_gives_the_vector_that_its_authors_mean(case: Case, tmp_path: Path) -> None:
    case.write(tmp_path)
    found = vectors(opened(tmp_path / case.name), [TEXT] * 3)
    assert found.dtype == np.float32
    assert found == pytest.approx(np.tile(case.vector, (3, 1)), abs=2e-3)


@dataclass(frozen=True)
class Refusal:
    """What is written into a folder, and the sentence that refuses it."""

    what: str
    write: Make
    sentence: str


DENSE = [*MODULES, {"type": "sentence_transformers.models.Dense", "path": "2_Dense"}]
REFUSED = (
    Refusal("no vocabulary", without_vocabulary, "has neither tokenizer.json nor vocab.txt"),
    Refusal("no model", lambda folder: write_words(folder, WORDS), "has no model.onnx, nor has"),
    Refusal(
        "two models",
        with_two,
        "has 2 ONNX files and no model.onnx: onnx/model_O4.onnx, onnx/model_qint8.onnx",
    ),
    Refusal("a pointer", with_pointer, "model.onnx is a pointer of Git LFS, not the file itself"),
    Refusal(
        "a pickle",
        with_content(b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00}\x94."),
        "the model is not a file of ONNX",
    ),
    Refusal("a page", with_content(b"<!DOCTYPE html><html>"), "the model is not a file of ONNX"),
    Refusal(
        "half a file",
        with_content(Tiny().file()[:150]),
        "the model cannot be run by ONNX Runtime: ",
    ),
    Refusal(
        "weights that are missing",
        without_weights,
        "model.onnx keeps weights in 'model.onnx_data', which is no file beside it",
    ),
    Refusal(
        "weights elsewhere",
        with_content(Tiny(weights="../../etc/passwd").file()),
        "model.onnx keeps weights in '../../etc/passwd', which is no file beside it",
    ),
    Refusal(
        "a decoder",
        of(Tiny(inputs=(*IDS_ONLY, ("decoder_input_ids", "int64")))),
        "the model needs the input decoder_input_ids, which is none of input_ids, attention_mask",
    ),
    Refusal(
        "ids of float64",
        of(Tiny(inputs=(("attention_mask", "double"), *IDS_ONLY))),
        r"the model needs attention_mask as tensor\(double\)",
    ),
    Refusal(
        "a classifier",
        of(Tiny(outputs=(("logits", "logits"),))),
        "the model gives logits, neither a state for each token nor a vector for each text",
    ),
    Refusal(
        "a pooler alone",
        of(Tiny(outputs=(("pooler_output", "vector"),))),
        "the model gives pooler_output, neither a state for each token nor a vector",
    ),
    Refusal(
        "a mean with weights",
        pooled(_weightedmean_tokens=True),
        "the model's vectors need weightedmean, which is not computed here",
    ),
    Refusal(
        "two poolings side by side",
        pooled(_cls_token=True, _mean_tokens=True),
        r"the model's vectors need cls_token\+mean",
    ),
    Refusal(
        "a dense layer",
        of_settings(modules=DENSE),
        "the model's vectors need the module 'Dense', which is not computed here",
    ),
    Refusal(
        "fewer tokens in its settings",
        of_settings(sentence_bert_config={"max_seq_length": 8}),
        "max_tokens=16 is more than the 8 of the model's sentence_bert_config.json",
    ),
    Refusal(
        "fewer tokens in its graph",
        of(Tiny(tokens=8)),
        "max_tokens=16 is more than the 8 that the model takes",
    ),
    Refusal(
        "a fixed length and no mask",
        of(Tiny(inputs=IDS_ONLY, tokens=16)),
        "the model takes 16 tokens and no attention_mask: padding would change its vectors",
    ),
    Refusal(
        "more words than the model knows",
        of(Tiny(table=TABLE[:5].copy())),
        "the model cannot encode 16 tokens of id 11",
    ),
    Refusal(
        "states that are no numbers",
        of(Tiny(table=np.full_like(TABLE, np.nan))),
        "the model does not give a finite state for each token as its last_hidden_state",
    ),
    Refusal(
        "settings that are no JSON",
        with_settings("modules.json", b"{"),
        "modules.json of the model is not JSON",
    ),
    Refusal(
        "settings that are nested without end",
        with_settings("modules.json", b"[" * 100_000),
        "modules.json of the model is not JSON",
    ),
    Refusal(
        "settings in a folder whose name no system has",
        with_settings(
            "modules.json",
            json.dumps([{"type": "models.Pooling", "path": "a" * 300}]).encode(),
        ),
        r"model=\S+ cannot be read: File name too long",
    ),
    Refusal(
        "settings of another kind",
        with_settings("tokenizer_config.json", b"[1]"),
        "tokenizer_config.json of the model does not hold a dict of JSON",
    ),
)


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.what)
def test_a_model_that_cannot_be_used_is_refused_before_anything_starts(
    case: Refusal, tmp_path: Path
) -> None:
    case.write(tmp_path)
    with pytest.raises((ValueError, BadRequest), match=case.sentence):
        embed.WORKLOAD.configure(
            embed.WORKLOAD.defaults | {"model": str(tmp_path), "max_tokens": 16}
        )


def with_length(folder: Path) -> Parameters:
    of_settings(sentence_bert_config={"max_seq_length": 64})(folder)
    return embed.WORKLOAD.defaults | {"model": str(folder), "max_tokens": 64}


def test_what_a_model_cannot_do_is_left_out_of_the_proof_and_does_not_refuse_the_race(
    tmp_path: Path,
) -> None:
    variants = declared_variants(embed.WORKLOAD, with_length(tmp_path))
    assert {name for one in variants for name in one.settings} == {"batch"}


def test_a_precision_of_minilm_is_refused_for_another_model(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="precision=float32 is for MiniLM"):
        embed.WORKLOAD.configure(with_length(tmp_path) | {"precision": "float32"})


def cached(folder: Path, *revisions: str) -> None:
    """Write models as huggingface_hub keeps them: links to files that their digests name."""
    for revision in revisions:
        snapshot = folder / "snapshots" / revision
        write_model(snapshot, TINY, "onnx/model.onnx")
        (folder / "blobs").mkdir(exist_ok=True)
        (snapshot / "onnx" / "model.onnx").rename(folder / "blobs" / revision)
        (snapshot / "onnx" / "model.onnx").symlink_to(folder / "blobs" / revision)


def test_the_one_snapshot_in_a_hubs_cache_is_the_model(tmp_path: Path) -> None:
    cached(tmp_path, "a1")
    assert vectors(opened(tmp_path), [TEXT]) == pytest.approx(MEAN[None], abs=1e-6)


def test_of_several_snapshots_one_must_be_named(tmp_path: Path) -> None:
    cached(tmp_path, "a1", "b2")
    with pytest.raises(BadRequest, match="holds several snapshots"):
        opened(tmp_path)


@given(content=st.binary(max_size=200))
@example(content=b"\xff" * 50)
@example(content=b"\x08" * 50)
def test_any_bytes_name_files_of_weights_or_are_refused(content: bytes) -> None:
    names: tuple[str, ...] = ()
    with contextlib.suppress(ValueError):
        names = external_files(content)
    assert all(isinstance(name, str) for name in names)


def test_a_number_without_end_is_no_model() -> None:
    with pytest.raises(ValueError, match="the model is not a file of ONNX"):
        external_files(b"\x80" * 1_000_000)


def theirs(folder: Path, text: str, **options: Any) -> list[int]:
    """Return the ids that the library's own tokenizer of BERT makes of a text."""
    library: Any = importlib.import_module("tokenizers")
    ids: list[int] = (
        library.BertWordPieceTokenizer(str(folder / "vocab.txt"), **options).encode(text).ids
    )
    return ids


HARD = (
    "The dog sees a cat",
    "dogs",
    "Ünïcödé dög",
    "橋の犬 dog",
    "dog\x00cat\x07\ufffd",
    "🐕 dog 🐈",
    "a" * 100_000,
    "\u2028dog\u0085cat\x0b\x1c",
    "",
    "[CLS] dog [SEP]",
)


@pytest.mark.parametrize("cased", [False, True])
@pytest.mark.parametrize("text", HARD, ids=range(len(HARD)))
def test_a_vocab_txt_cuts_a_hard_text_as_the_library_does(
    text: str, cased: bool, tmp_path: Path
) -> None:
    write_model(tmp_path, Tiny())
    if cased:
        write_words(tmp_path, [*WORDS, "The", "D"])
    encoder = open_encoder(read_model(str(tmp_path), 4096, "int8"))
    assert encoder.tokens([text]) == [theirs(tmp_path, text, lowercase=not cased)]


@settings(max_examples=40)
@given(text=st.text(max_size=60))
def test_a_vocab_txt_cuts_any_text_as_the_library_does(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("model")
    write_model(folder, Tiny())
    encoder = open_encoder(read_model(str(folder), 256, "int8"))
    assert encoder.tokens([text]) == [theirs(folder, text, lowercase=True)]


@pytest.mark.parametrize(
    "line", ["\u2028", "x\u2029y", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", " ", "a\rb"]
)
def test_a_line_of_vocab_txt_that_holds_a_separator_shifts_no_id(line: str, tmp_path: Path) -> None:
    write_model(tmp_path, Tiny())
    write_words(tmp_path, [*WORDS[:4], line, *WORDS[5:]])
    assert opened(tmp_path).tokens(["dog cat"]) == [[2, 8, 9, 3]]


@pytest.mark.parametrize(
    ("start", "line_end"), [(b"", "\r\n"), (b"\xef\xbb\xbf", "\n")], ids=["CRLF", "byte order mark"]
)
def test_a_vocab_txt_of_another_system_has_the_same_ids(
    start: bytes, line_end: str, tmp_path: Path
) -> None:
    write_model(tmp_path, Tiny())
    write_words(tmp_path, WORDS, line_end)
    content = (tmp_path / "vocab.txt").read_bytes()
    (tmp_path / "vocab.txt").write_bytes(start + content)
    assert opened(tmp_path).tokens([TEXT]) == [IDS]


def test_a_cased_model_says_so_in_its_settings(tmp_path: Path) -> None:
    of_settings(tokenizer_config={"do_lower_case": False})(tmp_path)
    assert opened(tmp_path).tokens(["Dog dog"]) == [[2, 1, 8, 3]]
