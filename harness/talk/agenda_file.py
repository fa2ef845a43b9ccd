"""The talk's file: beats and budgets that a presenter writes, read as untrusted input.

May import ``harness``.
"""

import re
from difflib import get_close_matches
from pathlib import Path

from harness import text as words
from harness.files import config_file
from harness.files.config_file import Table
from harness.talk.agenda import DEMO, PLACEHOLDERS, Agenda, Beat, placeholders

DEFAULT_AGENDA = Path(__file__).parents[2] / "demo" / "talk.toml"
MOST_BEATS = 40
LONGEST_S = 4 * 3600.0
LONGEST_NAME, LONGEST_SENTENCE = 24, 400
_TIME = re.compile(r"([0-9]{1,3}):([0-5][0-9])")
_TOP = ("length", "slack", "beats")
_BEAT = ("name", "budget", "say")


def read_agenda(path: Path | None = None) -> Agenda:
    """Return the talk in a TOML file (None: the twelve minutes shipped); raise ``BadRequest`` if it is none."""
    table = config_file.read(
        path or DEFAULT_AGENDA,
        "talk",
        f"begin with a copy of demo/{DEFAULT_AGENDA.name}, where each line is explained",
    )
    table.check_names(_TOP)
    talk = Agenda(
        _time(table, "length"), tuple(_beat(beat) for beat in table.tables("beats", MOST_BEATS))
    )
    _check_beats(table, talk)
    _check_length(table, talk)
    return talk


def _beat(table: Table) -> Beat:
    table.check_names(_BEAT)
    name, say = table.text("name"), table.text("say")
    for what, text, most in (("name", name, LONGEST_NAME), ("say", say, LONGEST_SENTENCE)):
        if len(text) > most:
            table.fail(
                f"{table.named(what)} has {len(text)} characters, the most is {most}",
                "a beat is one word, and says one sentence",
            )
    for placeholder in placeholders(say):
        if placeholder not in PLACEHOLDERS:
            near = get_close_matches(placeholder, PLACEHOLDERS, 1)
            known = (
                f"did you mean {{{near[0]}}}?" if near else f"it may name {', '.join(PLACEHOLDERS)}"
            )
            table.fail(
                f"{table.named('say')} names {{{placeholder}}}, which no workload says", known
            )
    return Beat(name, _time(table, "budget"), say)


def _time(table: Table, name: str, least: float = 1.0) -> float:
    """Return minutes and seconds, such as "1:30", in seconds."""
    value, hint = table.value(name), f'write minutes and seconds in quotes: {name} = "1:30"'
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        table.fail(f"{table.named(name)} is {str(value)[:40]!r}, not a time such as 1:30", hint)
    seconds = 60.0 * int(found[1]) + int(found[2])
    if not least <= seconds <= LONGEST_S:
        bounds = f"{words.minutes(least)} and {words.minutes(LONGEST_S)}"
        table.fail(f"{table.named(name)} is {words.minutes(seconds)}, not between {bounds}", hint)
    return seconds


def _check_beats(table: Table, talk: Agenda) -> None:
    names = [beat.name for beat in talk.beats]
    if DEMO not in names:
        table.fail(
            f"none of its beats is called {DEMO}",
            f'the race runs in that beat: [[beats]] with name = "{DEMO}"',
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        table.fail(
            f"two of its beats are called {twice}",
            "name each beat differently: their durations are kept by name",
        )


def _check_length(table: Table, talk: Agenda) -> None:
    """Refuse budgets that leave less than the slack that is asked for."""
    slack = _time(table, "slack", least=0.0)
    if talk.slack < slack:
        taken, length = words.minutes(talk.length - talk.slack), words.minutes(talk.length)
        fault = f"its beats take {taken} and the slack {words.minutes(slack)}, which do not fit into {length}"
        table.fail(fault, f"shorten beats by {words.minutes(slack - talk.slack)}")
