from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from harness.run.ray.messages import ALIGNED_TO, SMALLEST_BYTES, pack, unpack

ARRAYS = arrays.arrays(
    st.sampled_from([np.uint8, np.int32, np.float32, np.float64, np.complex128]),
    st.tuples(st.integers(0, 70), st.integers(0, 70)),
    elements=st.integers(0, 100),
)
LARGE = np.arange(SMALLEST_BYTES, dtype=np.float32)


def sent(value: Any) -> Any:
    """Return a value as it comes out of its message."""
    return unpack(bytearray(b"".join(pack(value))))


@given(st.lists(ARRAYS, max_size=5))
def test_arrays_arrive_as_they_were_sent(values: list[Any]) -> None:
    for came, value in zip(sent(values), values, strict=True):
        assert (came.dtype, came.shape) == (value.dtype, value.shape)
        assert (came == value).all()
        assert came.flags.aligned


@pytest.mark.parametrize(
    "value", [LARGE[::2], LARGE.reshape(64, 64).T, LARGE.reshape(64, 64)[:, 1:]]
)
def test_arrays_that_do_not_lie_in_a_row_arrive_too(value: Any) -> None:
    assert (sent(value) == value).all()


def test_what_has_no_buffers_arrives_as_well() -> None:
    assert sent({"part": (1, None, "two", 3.0)}) == {"part": (1, None, "two", 3.0)}


def test_a_function_that_has_no_name_of_its_own_arrives_with_its_arrays() -> None:
    function, value = sent((lambda added: added + 1, LARGE))
    assert (function(2), value.tolist()) == (3, LARGE.tolist())


def test_a_large_array_is_sent_from_where_it_lies() -> None:
    value = LARGE.copy()
    blocks = pack(value)
    value[0] = 7
    assert unpack(bytearray(b"".join(blocks)))[0] == 7


@pytest.mark.parametrize("dtype", [">f4", "complex64", "bool", "datetime64[s]", "O", "i4,f8", "S3"])
@pytest.mark.parametrize("shape", [(SMALLEST_BYTES,), (2, SMALLEST_BYTES // 8, 4), (0, 7), ()])
def test_an_array_alone_arrives_as_it_was_sent(dtype: str, shape: tuple[int, ...]) -> None:
    value = np.resize(np.arange(7), shape).astype(dtype)
    came = sent(value)
    assert (came.dtype, came.shape, came.tobytes()) == (value.dtype, shape, value.tobytes())
    assert came.flags.writeable


@pytest.mark.parametrize("value", [LARGE[::2], LARGE.reshape(64, 64).T, LARGE.view(np.recarray)])
def test_an_array_that_is_not_plain_arrives_as_what_it_is(value: Any) -> None:
    came = sent(value)
    assert (type(came), came.tolist()) == (type(value), value.tolist())


def test_an_array_alone_is_not_pickled_with_what_makes_one() -> None:
    assert b"frombuffer" not in b"".join(pack(LARGE))
    assert b"frombuffer" in b"".join(pack([LARGE]))


def test_an_array_alone_can_be_written_to_unless_it_could_not_be() -> None:
    frozen = LARGE.copy()
    frozen.flags.writeable = False
    assert [sent(value).flags.writeable for value in (LARGE, frozen, LARGE)] == [True, False, True]


def test_an_array_alone_is_sent_from_where_it_lies_and_received_where_it_came() -> None:
    value = LARGE.copy()
    blocks = pack(value)
    value[0] = 7
    message = bytearray(b"".join(blocks))
    came = unpack(message)
    came[1] = 9
    assert np.frombuffer(message, np.float32, 2).tolist() == [7, 9]


def test_an_array_that_arrives_can_be_written_to_unless_it_could_not_be() -> None:
    frozen = LARGE.copy()
    frozen.flags.writeable = False
    came, constant = sent((LARGE, frozen))
    assert (came.flags.writeable, constant.flags.writeable) == (True, False)


def test_buffers_begin_where_any_number_may_lie() -> None:
    odd = np.zeros(SMALLEST_BYTES + 1, np.uint8)
    first, second = sent([odd, LARGE])
    assert (second.ctypes.data - first.ctypes.data) % ALIGNED_TO == 0
