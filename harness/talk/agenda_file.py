"""The agenda's file: beats and budgets that a presenter writes as TOML, read as untrusted input.

May import ``text``, ``files`` and ``talk.agenda``.
"""

import re
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Self

from msgspec import Meta

from harness import text
from harness.files.config_file import ConfigFile, Fault, Line, Table
from harness.talk.agenda import DEMO, PLACEHOLDERS, Agenda, Beat, placeholders

DEFAULT_AGENDA = Path(__file__).parents[2] / "demo" / "talk.toml"
MOST_BEATS = 40
LONGEST_S = 4 * 3600.0
LONGEST_NAME = 24
LONGEST_SENTENCE = 400
LONGEST_ADDRESS = 120
_TIME = re.compile(r"([0-9]{1,3}):([0-5][0-9])")
_ADDRESS = re.compile(r"https?://[^\s<>\"'\\^`{|}]+")
_HINT = 'write minutes and seconds in quotes, such as "1:30"'


class _Slack(float):
    """Minutes and seconds, such as ``"1:30"``, in seconds; it may be nothing."""

    least_s = 0.0

    @classmethod
    def from_toml(cls, value: Any) -> Self:
        """Return the time in seconds."""
        time = _TIME.fullmatch(value) if isinstance(value, str) else None
        if time is None:
            raise Fault(f"is {str(value)[:40]!r}, not a time such as 1:30", _HINT)
        seconds = 60.0 * int(time[1]) + int(time[2])
        if not cls.least_s <= seconds <= LONGEST_S:
            bounds = f"{text.minutes(cls.least_s)} and {text.minutes(LONGEST_S)}"
            raise Fault(f"is {text.minutes(seconds)}, not between {bounds}", _HINT)
        return cls(seconds)


class _Time(_Slack):
    """Minutes and seconds, at least a second."""

    least_s = 1.0


class _Beat(Table, frozen=True):
    name: Annotated[Line, Meta(max_length=LONGEST_NAME)]
    budget: _Time
    say: Annotated[Line, Meta(max_length=LONGEST_SENTENCE)]


class _Agenda(Table, frozen=True):
    length: _Time
    slack: _Slack
    artifact: Annotated[Line, Meta(max_length=LONGEST_ADDRESS)] | None = None
    beats: Annotated[tuple[_Beat, ...], Meta(max_length=MOST_BEATS)] = ()


def read_agenda(path: Path | None = None) -> Agenda:
    """Return the agenda in a TOML file (None: the one shipped); raise ``BadRequest`` if invalid."""
    hint = "`twoclocks new --agenda` writes one in which every line is explained"
    file = ConfigFile(path or DEFAULT_AGENDA, "talk", hint)
    written = file.load(_Agenda)
    beats = tuple(Beat(beat.name, float(beat.budget), beat.say) for beat in written.beats)
    agenda = Agenda(float(written.length), beats, written.artifact or "")
    _check_names(file, beats)
    _check_artifact(file, agenda.artifact)
    for index, beat in enumerate(beats):
        _check_placeholders(file, index, beat)
    _check_length(file, agenda, written.slack)
    return agenda


def _check_names(file: ConfigFile, beats: tuple[Beat, ...]) -> None:
    names = [beat.name for beat in beats]
    if DEMO not in names:
        file.fail(
            f"none of its beats is called {DEMO}",
            f'the race runs in that beat: [[beats]] with name = "{DEMO}"',
        )
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        file.fail(
            f"two of its beats are called {twice}",
            "name each beat differently: their durations are kept by name",
        )


def _check_artifact(file: ConfigFile, artifact: str) -> None:
    if artifact and not _ADDRESS.fullmatch(artifact):
        file.fail(
            f"artifact is {artifact!r}, not an address on the web",
            'write it as artifact = "https://example.org/our-run"',
        )


def _check_placeholders(file: ConfigFile, index: int, beat: Beat) -> None:
    for placeholder in placeholders(beat.say):
        if placeholder not in PLACEHOLDERS:
            near = get_close_matches(placeholder, PLACEHOLDERS, 1)
            file.fail(
                f"beats[{index}].say names {{{placeholder}}}, which no workload says",
                f"did you mean {{{near[0]}}}?" if near else f"name {', '.join(PLACEHOLDERS)}",
            )


def _check_length(file: ConfigFile, agenda: Agenda, slack: float) -> None:
    """Refuse budgets that leave less than the slack that is asked for."""
    if agenda.slack >= slack:
        return
    budgets = text.minutes(agenda.length - agenda.slack)
    file.fail(
        f"its beats take {budgets} and the slack {text.minutes(slack)}, "
        f"which do not fit into {text.minutes(agenda.length)}",
        f"shorten beats by {text.minutes(slack - agenda.slack)}",
    )
