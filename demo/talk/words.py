"""The words of a talk: what the workload says of itself, and the numbers of its newest take.

May import ``harness``.
"""

from pathlib import Path

from harness.errors import BadRequest
from harness.model import Description
from harness.report import Report
from harness.show.talk_words import talk_words
from harness.takes.newest_take import newest_take
from harness.talk.agenda import words_of


def known_words(description: Description, root: Path) -> dict[str, str]:
    """Return all words that a sentence of the agenda may name.

    Where the newest take of the workload below ``root`` is refused or cannot be read, no older
    one takes its place: the numbers are then left out.
    """
    take = newest_take(root, description.name)
    try:
        numbers = {} if take is None else talk_words(Report.load(take))
    except BadRequest:
        numbers = {}
    return words_of(description) | numbers
