"""The compiled numerics of ``dedup`` from raw text to band keys: words, shingles, MinHash, bands.

Everything is integer arithmetic, so that every processor makes the same bits. Compiled code is
cached on disk by the time stamp of its own file only: after a change here, delete the cache of the
modules that call it. Imports NumPy and Numba only.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
import numpy.typing as npt
from numba import njit, types
from numba.extending import intrinsic

Array = npt.NDArray[Any]
Kernel = TypeVar("Kernel", bound=Callable[..., Any])

BLOCK = 64  # bytes that ``edges`` scans at a time; the arrays of a document are padded by it
LANES = 64  # shingles that the inner loop of MinHash takes at a time
GOLDEN = np.uint64(0x9E3779B97F4A7C15)
SPREAD = np.uint64(0xC2B2AE3D27D4EB4F)
STEP = np.uint64(0xD6E8FEB86659FD93)
MIX = np.uint64(0xBF58476D1CE4E5B9)
# eight bytes of 0 or 1, times this, have their eight bits in the highest byte
COLLECT = np.uint64(0x0102040810204080)
ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
ONE = np.uint64(1)
HALF = np.uint64(32)
TOO_SHORT = "the crawl's text cannot be read to its end"


class Source(NamedTuple):
    """Where a text is read from: an open file, or memory (``file`` is then -1)."""

    text: Array
    file: int


def compiled(function: Kernel) -> Kernel:
    """Compile a function at its first call, and cache it on disk for the next process."""
    dispatcher: Any = njit(cache=True)(function)
    return cast(Kernel, dispatcher)


def _address(context: Any, builder: Any, kind: Any, array: Any, at: Any) -> Any:
    """Return the address of a byte of an array, as the address of an eight-byte number."""
    first = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(
        builder.gep(first, [at]), context.get_value_type(types.uint64).as_pointer()
    )


def _read(_: Any, array: Any, at: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        number = builder.load(_address(context, builder, signature.args[0], *given))
        number.align = 1
        return number

    return types.uint64(array, types.int64), generate


def _write(_: Any, array: Any, at: Any, number: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        builder.store(given[2], _address(context, builder, signature.args[0], *given[:2])).align = 1
        return context.get_dummy_value()

    return types.void(array, types.int64, types.uint64), generate


def _count_zeros(_: Any, number: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, given: Any) -> Any:
        return builder.cttz(given[0], context.get_constant(types.boolean, True))

    return types.int64(types.uint64), generate


# Processor instructions that NumPy lacks: (array, at) reads eight bytes, aligned or not, as one
# little-endian number; (array, at, number) writes them; (number) counts its trailing zeros.
eight_bytes: Any = intrinsic(_read)
put_eight_bytes: Any = intrinsic(_write)
lowest_bit: Any = intrinsic(_count_zeros)

# The system's own: (file, address, bytes, place in the file) reads, and returns how many it read.
_read_file: Any = types.ExternalFunction(
    "pread", types.intp(types.intc, types.uintp, types.uintp, types.int64)
)


@compiled
def fetch(source: Source, begin: int, end: int, into: Array) -> Array:
    """Write the bytes of a text from ``begin`` to ``end``; return what is written."""
    text, file = source
    raw = into[: end - begin]
    if file < 0:
        raw[:] = text[begin:end]
        return raw
    at = begin
    while at < end:
        read = _read_file(file, raw.ctypes.data + (at - begin), end - at, at)
        if read <= 0:
            raise ValueError(TOO_SHORT)
        at += read
    return raw


@compiled
def fold(raw: Array, low: Array, gaps: Array) -> None:
    """Write the bytes in lower case (ASCII); write 1 for each ASCII white space, else 0."""
    for i in range(len(raw)):
        byte = raw[i]
        capital = np.uint8(np.uint8(byte - np.uint8(65)) < np.uint8(26))
        low[i] = np.uint8(byte | np.uint8(capital << np.uint8(5)))
        gaps[i] = np.uint8(byte == np.uint8(32)) | np.uint8(
            np.uint8(byte - np.uint8(9)) < np.uint8(5)
        )
    gaps[len(raw) : len(raw) + BLOCK] = 1


@compiled
def edges(gaps: Array, length: int, into: Array) -> int:
    """Write where each word begins and ends; return the number of words.

    Sixty-four bytes become the bits of one number; a word begins or ends where a bit differs from
    the one before it.
    """
    found = 0
    before = ONE
    for block in range(0, length + 1, BLOCK):
        bits = np.uint64(0)
        for byte in range(0, BLOCK, 8):
            eight_bits = (eight_bytes(gaps, block + byte) * COLLECT) >> np.uint64(56)
            bits |= eight_bits << np.uint64(byte)
        changes = bits ^ ((bits << ONE) | before)
        before = bits >> np.uint64(63)
        while changes != 0:
            into[found] = block + lowest_bit(changes)
            changes &= changes - ONE
            found += 1
    return found // 2


@compiled
def hash_words(low: Array, bounds: Array, words: int, into: Array) -> None:
    """Write a 64-bit hash of each word, eight bytes at a time."""
    for word in range(words):
        at = bounds[2 * word]
        left = bounds[2 * word + 1] - at
        state = np.uint64(left) * SPREAD
        while left > 8:
            state = (state ^ eight_bytes(low, at)) * GOLDEN
            state ^= state >> HALF
            at += 8
            left -= 8
        state = (state ^ (eight_bytes(low, at) & (ALL >> np.uint64(64 - 8 * left)))) * GOLDEN
        into[word] = state ^ (state >> np.uint64(29))


@compiled
def hash_shingles(hashes: Array, words: int, width: int, into: Array) -> int:
    """Write a 64-bit hash of every ``width`` consecutive words; return how many there are.

    It is a rolling polynomial of the words' hashes. A text of fewer words is one shingle.
    """
    leaving = ONE
    rolled = np.uint64(0)
    for _ in range(width):
        leaving *= STEP
    for word in range(min(width, words)):
        rolled = rolled * STEP + hashes[word]
    into[0] = rolled
    for word in range(width, words):
        rolled = rolled * STEP + hashes[word] - hashes[word - width] * leaving
        into[word - width + 1] = rolled
    count = max(1, words - width + 1)
    for place in range(count):
        mixed = (into[place] ^ (into[place] >> HALF)) * MIX
        into[place] = mixed ^ (mixed >> np.uint64(29))
    return count


@compiled
def shingles(
    raw: Array, width: int, low: Array, gaps: Array, bounds: Array, hashes: Array, into: Array
) -> int:
    """Write the hashes of a text's shingles, with repetitions; return how many there are.

    ``low`` to ``hashes`` are buffers.
    """
    fold(raw, low, gaps)
    words = edges(gaps, len(raw), bounds)
    hash_words(low, bounds, words, hashes)
    return hash_shingles(hashes, words, width, into)


@compiled
def scratch(offsets: Array, begin: int, end: int) -> tuple[Array, Array, Array, Array, Array]:
    """Return the buffers of ``shingles`` for the documents from ``begin`` to ``end``."""
    longest = 0
    for document in range(begin, end):
        longest = max(longest, offsets[document + 1] - offsets[document])
    return buffers(longest)


@compiled
def buffers(longest: int) -> tuple[Array, Array, Array, Array, Array]:
    """Return the buffers of ``shingles`` for documents of at most ``longest`` bytes."""
    size = longest + 2 * BLOCK
    most = longest // 2 + 2 * BLOCK
    return (
        np.empty(size, np.uint8),
        np.empty(size, np.uint8),
        np.empty(size, np.int64),
        np.empty(most, np.uint64),
        np.empty(most, np.uint64),
    )


@compiled
def minima(values: Array, factors: Array, terms: Array, into: Array) -> None:
    """Write, for each factor and term, the least ``factor * value + term`` modulo 2^32.

    The number of values is a multiple of ``LANES``. Four permutations are done at a time, so that
    a value is read once for all of them.
    """
    for row in range(0, len(factors), 4):
        first, second = factors[row], factors[row + 1]
        third, fourth = factors[row + 2], factors[row + 3]
        one, two, three, four = terms[row], terms[row + 1], terms[row + 2], terms[row + 3]
        least = lesser = smaller = smallest = np.uint32(0xFFFFFFFF)
        for place in range(len(values)):
            value = values[place]
            least = min(least, np.uint32(first * value + one))
            lesser = min(lesser, np.uint32(second * value + two))
            smaller = min(smaller, np.uint32(third * value + three))
            smallest = min(smallest, np.uint32(fourth * value + four))
        into[row] = least
        into[row + 1] = lesser
        into[row + 2] = smaller
        into[row + 3] = smallest


@compiled
def signature(
    hashes: Array, count: int, factors: Array, terms: Array, values: Array, into: Array
) -> None:
    """Write the MinHash signature of shingles; ``values`` is a buffer with room for them."""
    for place in range(count):
        values[place] = np.uint32(hashes[place] >> HALF)
    padded = (count + LANES - 1) // LANES * LANES
    values[count:padded] = values[0]  # a repeated value changes no minimum
    minima(values[:padded], factors, terms, into)


@compiled
def hash_bands(minhash: Array, weights: Array, into: Array) -> None:
    """Write a 32-bit key for each band of a signature, by multilinear hashing.

    The key is the upper half of the sum of the band's rows times odd weights.
    """
    rows = len(weights)
    for band in range(len(into)):
        total = np.uint64(0)
        for row in range(rows):
            total += np.uint64(minhash[band * rows + row]) * weights[row]
        into[band] = np.uint32((total ^ (total >> np.uint64(29))) >> HALF)


@compiled
def band_keys(
    text: Array, offsets: Array, width: int, factors: Array, terms: Array, bands: int
) -> Array:
    """Return the keys (bands, documents) of documents.

    A key is a 32-bit hash of one band of a document's signature.
    """
    documents = len(offsets) - 1
    low, gaps, bounds, hashes, found = scratch(offsets, 0, documents)
    values = np.empty(len(found) + LANES, np.uint32)
    minhash = np.empty(len(factors), np.uint32)
    keys = np.empty((bands, documents), np.uint32)
    own = np.empty(bands, np.uint32)
    weights = np.empty(len(factors) // bands, np.uint64)
    for row in range(len(weights)):
        weights[row] = (STEP * np.uint64(2 * row + 1)) | ONE
    for document in range(documents):
        raw = text[offsets[document] : offsets[document + 1]]
        count = shingles(raw, width, low, gaps, bounds, hashes, found)
        signature(found, count, factors, terms, values, minhash)
        hash_bands(minhash, weights, own)
        keys[:, document] = own
    return keys
