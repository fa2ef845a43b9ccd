"""A seeded synthetic crawl for ``dedup``: pages of sites, with near-duplicates planted among them and the truth about them.

Imports NumPy and the numerics of ``_dedup_kernel``. Description follow Zipf's law as Mandelbrot corrected it, lengths are log-normal, a few
sites hold most pages, and all pages of a site share their first and last line.
"""

from typing import Any, NamedTuple

import numpy as np

from workloads.dedup.kernel import GOLDEN, HALF, MIX, ONE, SPREAD, Array, compiled, put_eight_bytes

VOCABULARY, LONGEST, SHAPE = 50_000, 16, 2.7
SLOTS = 1 << 16  # equally likely draws of a word
SPREAD_OF_LENGTHS = 0.6
PAGES_A_SITE = 300
HAS_RELATIVES, MOST_RELATIVES = 0.25, 60
EMPTY = 0.005  # of the pages show nothing but what all pages of their site do
EDITS = (0.0, 0.005, 0.01, 0.015, 0.1)  # the fraction of words that an edit changed
CHOSEN = (0.35, 0.2, 0.15, 0.15, 0.15)  # how often an edit is of that kind
NO_DUPLICATE = (
    0.1  # so much edited, a page shares not half of its shingles with what it was made of
)
HEADER, FOOTER = (4, 16), (6, 30)
TWO, THREE = np.uint64(2), np.uint64(3)


class Plan(NamedTuple):
    """What each page (n,) is made of: an original's seed, its words and site, the share of words edited and a seed for the edits."""

    originals: Array
    words: Array
    sites: Array
    edits: Array
    seeds: Array


class Lexicon(NamedTuple):
    """The letters of all words (words, 2), eight in a number, how many they are, and the words of ``SLOTS`` equally likely draws."""

    letters: Array
    lengths: Array
    drawn: Array


def crawl(documents: int, words: int, seed: int) -> tuple[Array, Array, Array]:
    """Return a crawl as (text, offsets, truth): pages one after the other, where each begins and the last ends, and each one's cluster."""
    random = np.random.default_rng([seed, 1])
    plan, truth = _plan(documents, words, random)
    lexicon, lines = _lexicon(random), _lines(int(plan.sites.max()) + 1, random)
    offsets = np.zeros(documents + 1, np.int64)
    none = np.empty(0, np.uint8)
    write(*plan, *lexicon, *lines, offsets, none)
    np.cumsum(offsets, out=offsets)
    text = np.empty(int(offsets[-1]) + LONGEST, np.uint8)
    write(*plan, *lexicon, *lines, offsets, text)
    return text[: offsets[-1]], offsets, truth


def _plan(documents: int, words: int, random: np.random.Generator) -> tuple[Plan, Array]:
    """Return what to write, in a random order, and the cluster that each page belongs to."""
    relatives = np.where(
        random.random(documents) < HAS_RELATIVES,
        np.minimum(random.zipf(2.0, documents), MOST_RELATIVES),
        0,
    )
    family = np.repeat(np.arange(documents), 1 + relatives)[:documents]
    first = np.flatnonzero(np.diff(family, prepend=-1))
    edits = random.choice(EDITS, documents, p=CHOSEN)
    edits[first] = 0.0
    length = np.maximum(
        1,
        random.lognormal(
            np.log(words) - SPREAD_OF_LENGTHS**2 / 2, SPREAD_OF_LENGTHS, documents
        ).astype(np.int64),
    )
    sites = np.minimum(random.zipf(1.5, documents), max(1, documents // PAGES_A_SITE)) - 1
    length[random.random(documents) < EMPTY] = 0
    truth = np.where(edits >= NO_DUPLICATE, documents + np.arange(documents), family)
    truth = np.where(length[family] == 0, 2 * documents + sites[family], truth)
    plan = Plan(
        _seeds(random, documents)[family],
        length[family],
        sites[family],
        edits,
        _seeds(random, documents),
    )
    order = random.permutation(documents)
    return Plan(*(column[order] for column in plan)), truth[order]


def _seeds(random: np.random.Generator, count: int) -> Array:
    return random.integers(0, 1 << 63, count, dtype=np.uint64)


def _lexicon(random: np.random.Generator) -> Lexicon:
    """Return words whose length grows with their rank, and their frequencies as a table of draws."""
    ranks = np.arange(VOCABULARY)
    lengths = (
        (1.5 + 0.45 * np.log2(1 + ranks) + random.normal(0, 1.2, VOCABULARY))
        .astype(np.int64)
        .clip(1, LONGEST)
    )
    letters = random.integers(ord("a"), ord("z") + 1, (VOCABULARY, LONGEST), dtype=np.uint8).view(
        "<u8"
    )
    share = np.cumsum(1 / (ranks + SHAPE))
    drawn = np.searchsorted(share / share[-1], (np.arange(SLOTS) + 0.5) / SLOTS)
    return Lexicon(letters, lengths, drawn)


def _lines(sites: int, random: np.random.Generator) -> tuple[Array, Array, Array, Array]:
    """Return seeds and numbers of words of every site's first line, then of its last."""
    return (
        _seeds(random, sites),
        random.integers(*HEADER, sites),
        _seeds(random, sites),
        random.integers(*FOOTER, sites),
    )


@compiled
def draw(seed: int, place: int) -> Any:
    """Return the draw at a place of a seed's sequence, 64 bits (the mixing function of splitmix64, Steele et al. 2014)."""
    state = np.uint64(seed) + np.uint64(place) * GOLDEN
    state = (state ^ (state >> np.uint64(30))) * MIX
    state = (state ^ (state >> np.uint64(27))) * SPREAD
    return state ^ (state >> np.uint64(31))


@compiled
def write_word(
    drawn: Any, letters: Array, lengths: Array, words: Array, text: Array, at: int
) -> Any:
    """Write the word that 64 bits stand for and a space; return where the next one goes. An empty text is only measured.

    Sixteen letters and two more bytes are written, whatever its length: the next word goes over what is too much.
    """
    word = words[drawn & np.uint64(SLOTS - 1)]
    length, stop = lengths[word], drawn >> np.uint64(60) == 0
    if len(text):
        capital = np.uint64(32) if (drawn >> np.uint64(57)) & np.uint64(7) == 0 else np.uint64(0)
        put_eight_bytes(text, at, letters[word, 0] - capital)
        put_eight_bytes(text, at + 8, letters[word, 1])
        text[at + length] = ord(".")
        text[at + length + stop] = ord(" ")
    return at + length + stop + 1


@compiled
def write_line(
    seed: int, words: int, letters: Array, lengths: Array, drawn: Array, text: Array, at: int
) -> Any:
    """Write a line of words that nobody edited; return where the next one goes."""
    for place in range(words):
        at = write_word(draw(seed, place), letters, lengths, drawn, text, at)
    if words and len(text):
        text[at - 1] = ord("\n")
    return at


@compiled
def write_page(
    original: int,
    words: int,
    edits: float,
    seed: int,
    letters: Array,
    lengths: Array,
    drawn: Array,
    text: Array,
    at: int,
) -> int:
    """Write an original's words with some of them replaced, left out or added to; return where what follows goes."""
    began, limit = at, np.uint64(edits * 2.0**32)
    for place in range(words):
        chance = draw(seed, 2 * place)
        kind = chance % THREE if chance >> HALF < limit else THREE
        if kind <= ONE:  # another word, instead of the original's or before it
            at = write_word(draw(seed, 2 * place + 1), letters, lengths, drawn, text, at)
        if kind % TWO == ONE:
            at = write_word(draw(original, place), letters, lengths, drawn, text, at)
    if at > began and len(text):
        text[at - 1] = ord("\n")
    return at


@compiled
def write(
    originals: Array,
    words: Array,
    sites: Array,
    edits: Array,
    seeds: Array,
    letters: Array,
    lengths: Array,
    drawn: Array,
    first_seeds: Array,
    first_words: Array,
    last_seeds: Array,
    last_words: Array,
    offsets: Array,
    text: Array,
) -> None:
    """Write all pages into the text at their offsets; into an empty text, write their lengths into ``offsets[1:]`` instead."""
    for page in range(len(originals)):
        site, began = sites[page], offsets[page] if len(text) else 0
        at = write_line(first_seeds[site], first_words[site], letters, lengths, drawn, text, began)
        at = write_page(
            originals[page],
            words[page],
            edits[page],
            seeds[page],
            letters,
            lengths,
            drawn,
            text,
            at,
        )
        at = write_line(last_seeds[site], last_words[site], letters, lengths, drawn, text, at)
        if not len(text):
            offsets[page + 1] = at - began
