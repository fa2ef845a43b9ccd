import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.workloads.embed.support import needs_extra
from workloads.embed import minilm, model
from workloads.embed.encoder import Encoder, open_encoder
from workloads.embed.model import as_exported, read_model
from workloads.embed.onnx_file import Array, Graph, read_tensors

WEIGHTS = arrays(np.int8, (8, 3), elements=st.integers(-127, 127))


@given(WEIGHTS)
def test_no_two_of_four_weights_in_a_row_exceed_128_together(weights: Array) -> None:
    small, _ = minilm.shrink(weights)
    for sign in (1, -1):
        pairs = np.sort(sign * small.astype(int).reshape(2, 4, 3), axis=1)[:, -2:]
        assert pairs.clip(0).sum(axis=1).max() <= 128


@given(WEIGHTS)
def test_weights_are_made_smaller_by_a_factor_of_half_at_least_and_rounded(weights: Array) -> None:
    small, factors = minilm.shrink(weights)
    assert factors.min() >= 0.5
    assert np.abs(small / factors - weights).max() <= 0.5 / factors.min() + 1e-3


@given(arrays(np.int8, (4, 2), elements=st.integers(-63, 63)))
def test_weights_that_cannot_exceed_it_stay_as_they_are(weights: Array) -> None:
    small, factors = minilm.shrink(weights)
    assert np.array_equal(small, weights)
    assert factors.tolist() == [1, 1]


@given(
    st.lists(
        st.one_of(
            arrays(np.int8, st.lists(st.integers(0, 5), max_size=3).map(tuple)),
            arrays(np.float32, (2, 300), elements=st.floats(0, 1, width=32)),
            arrays(np.int64, (3,)),
        ),
        max_size=4,
    )
)
def test_constants_are_read_as_they_were_written(values: list[Array]) -> None:
    graph = Graph()
    names = [graph.constant(value) for value in values]
    read = read_tensors(graph.file("ids", "states", 384))
    assert [*read] == names
    assert all(
        read[name].dtype == value.dtype and np.array_equal(read[name], value)
        for name, value in zip(names, values, strict=True)
    )


@needs_extra
@pytest.mark.parametrize("precision", minilm.PRECISIONS)
def test_a_graph_is_built_to_the_same_bytes_each_time(precision: str) -> None:
    once, again = (read_model("", 32, precision) for _ in range(2))
    assert once.sha256 == again.sha256
    assert np.array_equal(once.onnx, again.onnx)


@pytest.fixture(scope="module")
def both() -> tuple[Encoder, Encoder]:
    """Return the encoder that is built here and the exported one."""
    built = read_model("", 512, "float32")
    return open_encoder(built), open_encoder(as_exported(built))


@needs_extra
@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("tokens", [2, 77, 512])
def test_the_graph_gives_the_states_that_the_exported_one_gives(
    rows: int, tokens: int, both: tuple[Encoder, Encoder]
) -> None:
    ids = np.random.default_rng([rows, tokens]).integers(0, 30_522, (rows, tokens))
    ours, theirs = (encoder.run(ids, np.ones_like(ids)) for encoder in both)
    assert np.allclose(ours, theirs, rtol=0, atol=2e-5)


@needs_extra
def test_a_built_model_is_hardly_larger_than_the_exported_one_with_integers() -> None:
    exported = model._read_shipped(model.MINILM)
    assert len(minilm.build_graph(exported, "int8")) < 1.05 * len(exported)
