"""The compiled numerics of ``dedup`` from raw text to band keys: words, shingles, MinHash, bands.

Everything is integer arithmetic, so that every processor makes the same bits. A word is what stands
between blanks (ASCII white space and the ideographic space); in scripts that leave no blanks
between words, every character is one. Compiled code is cached on disk by the time stamp of its own
file only: after a change here, delete the cache of the modules that call it. Imports NumPy and
``machine``.
"""

import numpy as np

from workloads.dedup.machine import (
    ALL,
    GOLDEN,
    HALF,
    MIX,
    ONE,
    SPREAD,
    STEP,
    Array,
    compiled,
    eight_bytes,
    lowest_bit,
)

BLOCK = 64  # bytes that ``edges`` scans at a time; the arrays of a document are padded by it
LANES = 64  # shingles that the inner loop of MinHash takes at a time
# eight bytes of 0 or 1, times this, have their eight bits in the highest byte
COLLECT = np.uint64(0x0102040810204080)
IDEOGRAPHIC_SPACE = 0x3000
# Thai, Lao, Tibetan, Burmese; Khmer; kana and marks; ideographs; more of them; wide forms; the rest
ALONE = (
    *((0x0E00, 0x109F), (0x1780, 0x17FF), (0x3000, 0x31FF), (0x3400, 0x9FFF), (0xF900, 0xFAFF)),
    *((0xFF00, 0xFFEF), (0x20000, 0x3FFFF)),
)


@compiled
def fold(raw: Array, low: Array, gaps: Array) -> bool:
    """Write the bytes in lower case (ASCII); write 1 for each ASCII white space, else 0.

    Return whether all of them are ASCII.
    """
    either = np.uint8(0)
    for i in range(len(raw)):
        byte = raw[i]
        either = np.uint8(either | byte)
        capital = np.uint8(np.uint8(byte - np.uint8(65)) < np.uint8(26))
        low[i] = np.uint8(byte | np.uint8(capital << np.uint8(5)))
        gaps[i] = np.uint8(byte == np.uint8(32)) | np.uint8(
            np.uint8(byte - np.uint8(9)) < np.uint8(5)
        )
    gaps[len(raw) : len(raw) + BLOCK] = 1
    return bool(either < np.uint8(128))


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
def character_at(raw: Array, at: int) -> tuple[int, int]:
    """Return the character whose UTF-8 begins at a place and has three or four bytes, and its size.

    The size is 1 where none begins, or not all of it is there.
    """
    size = 4 if raw[at] >= 0xF0 else 3
    if raw[at] < 0xE0 or at + size > len(raw):
        return 0, 1
    character = int(raw[at]) & (0x07 if size == 4 else 0x0F)
    for place in range(at + 1, at + size):
        if raw[place] >> 6 != 2:
            return 0, 1
        character = character << 6 | int(raw[place]) & 0x3F
    return character, size


@compiled
def stands_alone(character: int) -> bool:
    """Return whether a character is a word by itself: its script has no blanks between words."""
    alone = False
    for first, last in ALONE:
        alone |= first <= character <= last
    return alone


@compiled
def edges_of_characters(raw: Array, gaps: Array, into: Array) -> int:
    """Write where each word begins and ends, as ``edges`` does, of a text of any script."""
    found = at = 0
    while at < len(raw):
        character, size = character_at(raw, at)
        alone = stands_alone(character)
        is_gap = gaps[at] == 1 or character == IDEOGRAPHIC_SPACE
        if found % 2 == 1 and (alone or is_gap):  # a word ends here
            into[found] = at
            found += 1
        if found % 2 == 0 and not is_gap:
            into[found] = at
            found += 1
        at += size
        if alone and not is_gap:
            into[found] = at
            found += 1
    if found % 2 == 1:
        into[found] = at
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
    if fold(raw, low, gaps):
        words = edges(gaps, len(raw), bounds)
    else:
        words = edges_of_characters(raw, gaps, bounds)
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
