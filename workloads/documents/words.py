"""How names, values and counts of a file of the user's are shown, whoever wrote it.

Imports nothing.
"""

LONGEST_NAME = 40
EXCERPT_CHARACTERS = 40


def excerpt(value: bytes) -> str:
    """Return how a value begins, quoted, with nothing in it that a terminal would obey."""
    text = value[: 4 * EXCERPT_CHARACTERS].decode("utf-8", "replace").strip()
    return repr(text if len(text) <= EXCERPT_CHARACTERS else text[:EXCERPT_CHARACTERS] + "…")


def printable_name(name: str) -> str:
    """Return a short name with nothing in it that a terminal would obey."""
    text = "".join(letter if letter.isprintable() else "?" for letter in name)
    return text if len(text) <= LONGEST_NAME else f"{text[:LONGEST_NAME]}…"


def number_of(number: int, noun: str) -> str:
    """Return how many there are: ``1 file``, ``2,000 files``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
