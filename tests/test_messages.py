"""What holds for every message of the program, whichever part of it says it."""

import re
from collections.abc import Iterator

import click
import pytest

from demo.cli import verbs
from tests.messages import ROOT, Message, messages, texts

# A sentence begins in lower case, with a value, with what somebody types, or with a name.
BEGINNING = re.compile(r"[a-z{`\-\d“]|(?:Ray|Python|UTF|ONNX|PowerPoint|NumPy|F1)\b")
AMERICAN = re.compile(r"\b(?:colors?|colored|behaviou?rs?|centers?|favor\w*|neighbor\w*|gray)\b")
OUR_WORDS = re.compile(r"\b(?:lane|board|evidence|doctored|spokesman|told)\b")
PROGRAMS_OF_OTHERS = ("ray", "pip", "kill", "ulimit", "dmesg", "ip", "export", "gunzip", "true")
OPTIONS_OF_OTHERS = {"--head", "--include"}


def _said() -> list[Message]:
    """Return all but the help of options, once a test asks: to read the source takes a second."""
    return [message for message in messages() if message.kind != "option"]


def _of_kind(kind: str) -> list[Message]:
    return [message for message in messages() if message.kind == kind]


def _named(pattern: str) -> Iterator[tuple[Message, str]]:
    for message, text in texts():
        for found in re.findall(pattern, text):
            yield message, found


def _options() -> set[str]:
    return {
        option
        for verb in verbs.commands.values()
        for parameter in verb.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    } | {"--help", "--version"}


def test_there_are_messages_of_every_room() -> None:
    rooms = {message.room.split("/")[0] for message in messages()}
    assert rooms == {"demo", "harness", "workloads"}
    assert len(_said()) > 300
    assert len(_of_kind("Caveat")) > 50


@pytest.mark.parametrize("part", ["sentence", "hint"])
def test_a_message_is_no_paragraph(part: str) -> None:
    wrong = [
        message
        for message in _said()
        if (text := getattr(message, part)) and (text.endswith((".", "!")) or "\n" in text)
    ]
    assert wrong == []


@pytest.mark.parametrize("part", ["sentence", "hint"])
def test_a_message_begins_as_all_do(part: str) -> None:
    wrong = [
        message
        for message in _said()
        if (text := getattr(message, part).lstrip()) and not BEGINNING.match(text)
    ]
    assert wrong == []


def test_no_hint_is_a_copy_of_its_sentence() -> None:
    assert [
        message for message in _said() if message.hint and message.hint in message.sentence
    ] == []


def test_no_hint_is_about_any_error() -> None:
    generic = r"key=value|KEY=VALUE|whole traceback|with python to see|line \d+|try again later"
    assert [message for message in _said() if re.search(generic, message.hint)] == []


def test_every_option_that_is_named_exists() -> None:
    named = {
        (message.file, option)
        for message, option in _named(r"(?<![\w-])--[a-z][a-z-]+")
        if option not in OPTIONS_OF_OTHERS
    }
    assert {(file, option) for file, option in named if option not in _options()} == set()


def test_every_verb_that_is_named_exists() -> None:
    named = set(_named(r"\btwoclocks ([a-z-]+)"))
    known = {*verbs.commands, "itself", "is"}
    assert {(message.file, verb) for message, verb in named if verb not in known} == set()


def test_every_target_of_make_that_is_named_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = {target for _, target in _named(r"`make ([a-z]+)")}
    assert named
    assert named <= targets


def test_every_command_in_back_quotes_is_a_program_of_ours_or_a_known_one() -> None:
    known = ("twoclocks", "make", *PROGRAMS_OF_OTHERS)
    quoted = {command for _, command in _named(r"`([a-z]\w*) [^`]*`")}
    assert {command for command in quoted if command not in (*known, *verbs.commands)} == set()


def test_every_file_of_ours_that_is_named_exists() -> None:
    named = {file for _, file in _named(r"\bdemo/[\w./-]+\.\w+")}
    assert {file for file in named if not (ROOT / file).is_file()} == set()


def test_words_are_spelt_as_in_the_guides() -> None:
    assert list(_named(AMERICAN.pattern)) == []


def test_no_message_needs_the_words_of_this_source() -> None:
    assert list(_named(OUR_WORDS.pattern)) == []


def test_a_caveat_is_a_fact_a_semicolon_and_advice_without_numbers() -> None:
    wrong = [
        caveat
        for caveat in _of_kind("Caveat")
        if re.search(r"\d", re.sub(r"\{.*?\}", "", caveat.sentence))
        or caveat.sentence.count(";") > 1
    ]
    assert wrong == []


def test_the_help_of_an_option_is_a_sentence() -> None:
    assert [
        option for option in _of_kind("option") if not option.sentence.endswith((".", "]"))
    ] == []
    assert [option for option in _of_kind("option") if not option.sentence[:1].isupper()] == []


def test_every_verb_is_told_in_one_whole_line_of_80_columns() -> None:
    context = click.Context(verbs, info_name="twoclocks", terminal_width=80)
    listed = verbs.get_help(context).partition("Commands:")[2].partition("Exit codes:")[0]
    summaries = dict(re.findall(r"^  ([a-z-]+)  +(.*)$", listed, re.MULTILINE))
    first_lines = {
        name: (verb.help or "").splitlines()[0]
        for name, verb in verbs.commands.items()
        if not verb.hidden
    }
    assert summaries == first_lines
