"""A seeded synthetic crawl for ``dedup``: pages with planted near-duplicates, and their truth.

Words follow Zipf's law with Mandelbrot's correction, lengths are log-normal, a few sites hold most
pages, and all pages of a site share their first and last line. Imports NumPy and ``machine``.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from workloads.dedup.machine import GOLDEN, HALF, MIX, ONE, SPREAD, Array, compiled, put_eight_bytes

VOCABULARY = 50_000
LONGEST = 16
SHAPE = 2.7  # the shift of ranks in Mandelbrot's correction
SLOTS = 1 << 16  # equally likely draws of a word
SPREAD_OF_LENGTHS = 0.6
PAGES_PER_SITE = 300
HAS_RELATIVES = 0.25
MOST_RELATIVES = 60
EMPTY = 0.005  # of the pages have only their site's first and last line
MOST_EMPTY = 3000  # of more, the pairs would outnumber those of all other pages
EDITS = (0.0, 0.005, 0.01, 0.015, 0.1)  # the fraction of words that an edit changed
CHOSEN = (0.35, 0.2, 0.15, 0.15, 0.15)  # how often an edit is of that kind
NO_DUPLICATE = 0.1  # with so many edits, a page shares less than half of its shingles
HEADER = (4, 16)
FOOTER = (6, 30)
LONGEST_STEP = 2 * (LONGEST + 2)  # bytes by which a word of the original lengthens a page
PAGES_AT_A_TIME = 4096
TWO = np.uint64(2)
THREE = np.uint64(3)


class Plan(NamedTuple):
    """What each page (n,) is made of.

    ``originals`` are seeds of the words, ``words`` counts them; ``edits`` is the share of words
    that are edited, ``seeds`` are those of the edits.
    """

    originals: Array
    words: Array
    sites: Array
    edits: Array
    seeds: Array


class Lexicon(NamedTuple):
    """The letters (words, 2) and lengths of all words, and the words of ``SLOTS`` equal draws.

    A number holds eight letters.
    """

    letters: Array
    lengths: Array
    drawn: Array


class SiteLines(NamedTuple):
    """The seeds and numbers of words of every site's first line and of its last."""

    first_seeds: Array
    first_words: Array
    last_seeds: Array
    last_words: Array


def make_crawl(
    documents: int, words: int, seed: int, write: Callable[[memoryview], object]
) -> tuple[Array, Array]:
    """Write a crawl's text a part at a time; return (offsets, truth).

    The pages follow one on the other: ``offsets`` (documents + 1,) are where each begins and the
    last ends, ``truth`` (documents,) the cluster of each.
    """
    random = np.random.default_rng([seed, 1])
    plan, truth = _plan(documents, words, random)
    lexicon = _lexicon(random)
    lines = _site_lines(int(plan.sites.max()) + 1, random)
    offsets = np.zeros(documents + 1, np.int64)
    for first in range(0, documents, PAGES_AT_A_TIME):
        pages = slice(first, first + PAGES_AT_A_TIME)
        some = Plan(*(column[pages] for column in plan))
        text = np.empty(_most_bytes(some), np.uint8)
        ends = offsets[1:][pages]
        write_pages(some, lexicon, lines, text, ends)
        write(memoryview(text[: ends[-1]].data))
        ends += offsets[first]
    return offsets, truth


def _most_bytes(plan: Plan) -> int:
    """Return a size that suffices for the planned pages, whatever their words are."""
    words = int(plan.words.sum()) + len(plan.words) * (HEADER[1] + FOOTER[1])
    return LONGEST_STEP * (words + 1)


def _plan(documents: int, words: int, random: np.random.Generator) -> tuple[Plan, Array]:
    """Return what to write, in random order, and the cluster of each page."""
    relatives = np.where(
        random.random(documents) < HAS_RELATIVES,
        np.minimum(random.zipf(2.0, documents), MOST_RELATIVES),
        0,
    )
    family = np.repeat(np.arange(documents), 1 + relatives)[:documents]
    first = np.flatnonzero(np.diff(family, prepend=-1))
    edits = random.choice(EDITS, documents, p=CHOSEN)
    edits[first] = 0.0
    mean = np.log(words) - SPREAD_OF_LENGTHS**2 / 2
    lengths = random.lognormal(mean, SPREAD_OF_LENGTHS, documents)
    length = np.maximum(1, lengths.astype(np.int64))
    sites = np.minimum(random.zipf(1.5, documents), max(1, documents // PAGES_PER_SITE)) - 1
    length[random.random(documents) < min(EMPTY, MOST_EMPTY / documents)] = 0
    truth = np.where(edits >= NO_DUPLICATE, documents + np.arange(documents), family)
    truth = np.where(length[family] == 0, 2 * documents + sites[family], truth)
    plan = Plan(
        originals=_seeds(random, documents)[family],
        words=length[family],
        sites=sites[family],
        edits=edits,
        seeds=_seeds(random, documents),
    )
    order = random.permutation(documents)
    return Plan(*(column[order] for column in plan)), truth[order]


def _seeds(random: np.random.Generator, count: int) -> Array:
    return random.integers(0, 1 << 63, count, dtype=np.uint64)


def _lexicon(random: np.random.Generator) -> Lexicon:
    """Return words whose length grows with their rank, and a table of draws by frequency."""
    ranks = np.arange(VOCABULARY)
    lengths = 1.5 + 0.45 * np.log2(1 + ranks) + random.normal(0, 1.2, VOCABULARY)
    letters = random.integers(ord("a"), ord("z") + 1, (VOCABULARY, LONGEST), dtype=np.uint8)
    share = np.cumsum(1 / (ranks + SHAPE))
    drawn = np.searchsorted(share / share[-1], (np.arange(SLOTS) + 0.5) / SLOTS)
    return Lexicon(
        letters=letters.view("<u8"), lengths=lengths.astype(np.int64).clip(1, LONGEST), drawn=drawn
    )


def _site_lines(sites: int, random: np.random.Generator) -> SiteLines:
    return SiteLines(
        first_seeds=_seeds(random, sites),
        first_words=random.integers(*HEADER, sites),
        last_seeds=_seeds(random, sites),
        last_words=random.integers(*FOOTER, sites),
    )


@compiled
def draw(seed: int, place: int) -> Any:
    """Return 64 random bits: a seed's draw at a place (splitmix64, Steele et al. 2014)."""
    state = np.uint64(seed) + np.uint64(place) * GOLDEN
    state = (state ^ (state >> np.uint64(30))) * MIX
    state = (state ^ (state >> np.uint64(27))) * SPREAD
    return state ^ (state >> np.uint64(31))


@compiled
def write_word(
    drawn: Any, letters: Array, lengths: Array, words: Array, text: Array, at: int
) -> Any:
    """Write the word that 64 random bits stand for and a space; return where the next one goes.

    ``letters``, ``lengths`` and ``words`` are those of the lexicon: passed on their own, they cost
    less at each call. Sixteen letters and two more bytes are always written: the next word
    overwrites what is too much.
    """
    word = words[drawn & np.uint64(SLOTS - 1)]
    length = lengths[word]
    stop = drawn >> np.uint64(60) == 0
    capital = np.uint64(32) if (drawn >> np.uint64(57)) & np.uint64(7) == 0 else np.uint64(0)
    put_eight_bytes(text, at, letters[word, 0] - capital)
    put_eight_bytes(text, at + 8, letters[word, 1])
    text[at + length] = ord(".")
    text[at + length + stop] = ord(" ")
    return at + length + stop + 1


@compiled
def write_line(seed: int, words: int, lexicon: Lexicon, text: Array, at: int) -> Any:
    """Write a line of words without edits; return where the next one goes."""
    letters, lengths, drawn = lexicon
    for place in range(words):
        at = write_word(draw(seed, place), letters, lengths, drawn, text, at)
    if words:
        text[at - 1] = ord("\n")
    return at


@compiled
def write_page(plan: Plan, page: int, lexicon: Lexicon, text: Array, at: int) -> int:
    """Write an original's words, some replaced, left out or added; return where to go on."""
    letters, lengths, drawn = lexicon
    original = plan.originals[page]
    began = at
    limit = np.uint64(plan.edits[page] * 2.0**32)
    seed = plan.seeds[page]
    for place in range(plan.words[page]):
        chance = draw(seed, 2 * place)
        kind = chance % THREE if chance >> HALF < limit else THREE
        if kind <= ONE:  # another word, instead of the original's or before it
            at = write_word(draw(seed, 2 * place + 1), letters, lengths, drawn, text, at)
        if kind % TWO == ONE:
            at = write_word(draw(original, place), letters, lengths, drawn, text, at)
    if at > began:
        text[at - 1] = ord("\n")
    return at


@compiled
def write_pages(plan: Plan, lexicon: Lexicon, lines: SiteLines, text: Array, ends: Array) -> None:
    """Write pages into the text one after the other, and where each of them ends."""
    at = 0
    for page in range(len(plan.originals)):
        site = plan.sites[page]
        at = write_line(lines.first_seeds[site], lines.first_words[site], lexicon, text, at)
        at = write_page(plan, page, lexicon, text, at)
        at = write_line(lines.last_seeds[site], lines.last_words[site], lexicon, text, at)
        ends[page] = at
