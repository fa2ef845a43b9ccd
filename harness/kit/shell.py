"""Words for shells: typed here, or handed over by ``ray job submit`` to a shell elsewhere.

Pure; imports the standard library only.
"""

import re
import shlex
from collections.abc import Iterable

_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")


def line(words: Iterable[str]) -> str:
    """Return the words as one line for a shell."""
    return " ".join(map(shlex.quote, words))


def submitted(word: str) -> str:
    """Return what to give to ``ray job submit`` so that the job's shell reads the word.

    It joins its words by the rules of another system, with quotation marks only around those that
    have a blank, and gives the line to ``/bin/sh`` (``subprocess.list2cmdline``; ``shell=True``).
    """
    if _PLAIN.fullmatch(word):
        return word
    if not word or " " in word or "\t" in word:
        return _between_quotation_marks(word)
    return _with_backslashes(word)


def _between_quotation_marks(word: str) -> str:
    """Return a word that gets quotation marks; backslashes before one are doubled on the way."""
    guarded = re.sub(r"[$`]", r"\\\g<0>", re.sub(r"\\+(?=[^\\\"])", r"\g<0>\g<0>", word))
    return guarded


def _with_backslashes(word: str) -> str:
    """Return a word without blanks; a quotation mark, and backslashes before it, are guarded."""
    doubled = re.sub(r"\\+(?=[^\\\"]|$)", r"\g<0>\g<0>", word)
    return re.sub(r"[^A-Za-z0-9_@%+=:,./\\\"\n-]", r"\\\g<0>", doubled).replace("\n", "'\n'")
