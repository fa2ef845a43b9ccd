"""Words on their way to another shell: what arrives is what was typed."""

import shlex
import subprocess

from hypothesis import example, given, settings
from hypothesis import strategies as st

from harness.kit.shell import line, submitted
from tests.kit.shells import read_by_shell

WORDS = st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
NASTY = st.lists(st.text("ab \t\n\\\"'$`*;&|<>()#~!?[]{}é=", max_size=6), max_size=9)


@given(WORDS | NASTY)
def test_a_line_is_read_as_the_words_that_it_is_made_of(words: list[str]) -> None:
    assert shlex.split(line(words)) == words


@settings(deadline=None, max_examples=50)
@given(WORDS | NASTY)
@example(["$HOME `id` $(id)", "$HOME", "`id`", 'q"q\\"', "it's", "*", "~", "#", "é ", "\\"])
@example(["a\nb", "a 'b' \"c\" $d", '\\\\ \\\\"', "tab\t\\", ""])
def test_words_survive_the_way_through_a_submitted_job(words: list[str]) -> None:
    typed = shlex.split(line(map(submitted, words)))
    assert read_by_shell(subprocess.list2cmdline(typed)) == words


def test_plain_words_stay_as_they_are() -> None:
    words = ["--set", "steps=20", "path/to/file.py", "--workers"]
    assert list(map(submitted, words)) == words
