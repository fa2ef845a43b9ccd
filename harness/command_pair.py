"""Two programs that exist already, adopted as the two sides: what to run, and where their answer and their quality are to be found.

Any language, unedited. May import ``model``.
"""

import difflib
import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from harness.model import CommandFacts, Description, Parameters, Scalar, Side

PLACEHOLDERS = ("workers", "answer", "input", "python", "here")
SETTINGS = (
    "baseline",
    "distributed",
    "answer",
    "input",
    "quality",
    "progress",
    "metric",
    "tolerance",
    "ready",
)
ALIKE = "answers alike"
_BRACED = re.compile(r"\{([A-Za-z_]\w*)\}")
_IN_JSON = re.compile(r"(?P<file>[^()\\|*+?^$]+)#(?P<key>[\w.-]+)")
_MISSPELT = 0.8

Compare = Callable[[Path, Path], bool]


@dataclass(frozen=True)
class CommandPair:
    """A baseline command and a distributed command, each run by ``/bin/sh`` in the folder that the race is started in.

    In a command ``{workers}`` stands for p, ``{answer}`` for a file that the program is to write, ``{input}`` for ``input``,
    ``{python}`` for the interpreter of twoclocks, ``{here}`` for the folder of the pair's own file, and the name of one of ``params``
    for its value; other braces stay as they are.

    ``answer`` is the file that both write their answer to; without it, and without ``{answer}`` in the commands, what they print is their
    answer. ``compare(first, other)`` tells whether two answers, given as files, are alike; without it they are equal to the last byte.
    ``quality`` is a regular expression whose group is a number that they print, the last one counting, or ``FILE.json#key.of.it``;
    ``metric`` is its name. With a ``metric`` alone they say it themselves, by ``done(quality=…)``; with neither, answers have to be alike.
    ``progress`` is a regular expression on what they print, with one group (percent) or two (done, of how many). ``ready``
    says that both call ``harness.workload.ready``, so that their start-up is off the clock. ``input`` is the file or folder
    that both read. ``answers_differ`` is why the answers need not be equal where there is a quality.
    """

    name: str
    baseline: str
    distributed: str
    answer: str = ""
    compare: Compare | None = None
    quality: str = ""
    progress: str = ""
    input: str = ""
    ready: bool = False
    metric: str = ""
    tolerance: float = 0.0
    answers_differ: str = ""
    axis: str = "axis not stated"
    bottleneck: str = "bottleneck not stated"
    partition: str = "the programs' own"
    communication: str = "the programs' own"
    consistency: str = "the programs' own"
    neighbour: str = "neighbour not stated"
    limitation: str = "the programs were adopted as they are and seen from outside"
    params: Parameters = field(default_factory=dict)
    here: str = ""

    @property
    def defaults(self) -> Parameters:
        """Return everything that a setting may change: the pair's own parameters, and its commands and where to look."""
        return {name: getattr(self, name) for name in SETTINGS} | self.params

    def with_settings(self, params: Parameters) -> "CommandPair":
        """Return the pair with these parameters in place of its defaults."""
        own = {name: value for name, value in params.items() if name in self.params}
        settings: dict[str, Any] = {name: params[name] for name in SETTINGS if name not in own}
        return replace(self, params=own, **settings)

    def command(self, side: Side) -> str:
        """Return a side's command with its placeholders."""
        return self.baseline if side is Side.BASELINE else self.distributed

    @property
    def judged(self) -> bool:
        """Return whether the answers have a quality, be it found or said."""
        return bool(self.quality or self.metric)

    @property
    def writes_answer(self) -> bool:
        """Return whether the programs are told the file that their answer goes to."""
        return all("{answer}" in self.command(side) for side in Side)

    @property
    def compared(self) -> str:
        """Return what is compared of the answers: ``file``, ``output``, or empty where their quality alone is."""
        if self.answer or self.writes_answer:
            return "file"
        return "" if self.judged else "output"

    @property
    def facts(self) -> CommandFacts:
        """Return what must be known of the pair to judge it."""
        return CommandFacts(
            says_ready=self.ready, input_named=bool(self.input), compared=self.compared
        )

    @property
    def words(self) -> Description:
        """Return what the pair says of itself."""
        differ = self.answers_differ
        if self.compare is not None:
            differ = differ or "they are compared by a function of the pair's own"
        elif not self.compared:
            differ = differ or "their quality alone is compared"
        judged = (self.metric or "quality", self.tolerance) if self.judged else (ALIKE, 0.0)
        own: dict[str, Any] = dict(zip(("metric", "tolerance"), judged, strict=True)) | {
            "unit": "percent",
            "answers_differ": differ,
        }
        told: dict[str, Any] = {
            word.name: own.get(word.name, getattr(self, word.name, None))
            for word in fields(Description)
        }
        return Description(**told)

    def check(self, params: Parameters) -> None:
        """Raise ``ValueError`` with one sentence for commands that cannot be run so, or that nothing could be found of."""
        self.with_settings(params).require_sane()

    def require_sane(self) -> None:
        """Raise ``ValueError`` with one sentence for a pair that cannot be run so."""
        if taken := sorted({*self.params} & {*PLACEHOLDERS, *SETTINGS}):
            raise ValueError(
                f"params has {taken[0]}, which means something else in a command: give it another name"
            )
        for side in Side:
            _require_command(side, self.command(side), self.params)
            if "{input}" in self.command(side) and not self.input:
                raise ValueError(f"the {side} side's command has {{input}}, and no input= is named")
        if self.compare is not None and self.judged:
            raise ValueError(
                f"compare= and {'quality' if self.quality else 'metric'}= both judge the answers: give one of them"
            )
        if not 0 <= self.tolerance <= 1e15:
            raise ValueError(f"tolerance={self.tolerance} is no difference of two numbers")
        self._require_places()
        _require_groups("progress", self.progress, 2)
        if in_json(self.quality) is None:
            _require_groups("quality", self.quality, 1)

    def _require_places(self) -> None:
        """Raise ``ValueError`` for files that cannot be where they are said to be."""
        if ("{answer}" in self.baseline) != ("{answer}" in self.distributed):
            raise ValueError(
                "one command has {answer} and the other has not: both have to write their answer"
            )
        if self.answer and self.writes_answer:
            raise ValueError(
                f"the commands have {{answer}}, and answer={self.answer} is named besides: give one of them"
            )
        if self.answer and not placed(self.answer).absolute().parent.is_dir():
            raise ValueError(f"answer={self.answer} is in a folder that is not there")
        if self.answer and placed(self.answer).is_dir():
            raise ValueError(f"answer={self.answer} is a folder: name the file that both write")
        if self.quality.startswith("{answer}#") and not self.writes_answer:
            raise ValueError(
                f"quality={self.quality} looks into {{answer}}, which is in neither command"
            )
        if self.input and not ((read := placed(self.input)).is_file() or read.is_dir()):
            raise ValueError(f"input={self.input} is neither a file nor a folder")


def _require_command(side: Side, command: str, params: Mapping[str, Scalar]) -> None:
    if not command.strip():
        raise ValueError(f"the {side} side has no command")
    if "\0" in command:
        raise ValueError(f"the {side} side's command has a zero byte in it")
    for name in _BRACED.findall(command):
        known = (*PLACEHOLDERS, *params)
        if name not in known and (
            near := difflib.get_close_matches(name, known, n=1, cutoff=_MISSPELT)
        ):
            raise ValueError(
                f"the {side} side's command has {{{name}}}, which is nothing here: did you mean {{{near[0]}}}?"
            )


def _require_groups(name: str, expression: str, most: int) -> None:
    if not expression:
        return
    try:
        groups = sought(expression).groups
    except (re.error, RecursionError, OverflowError, ValueError) as error:
        raise ValueError(f"{name}={expression} is no regular expression: {error}") from error
    if not 1 <= groups <= most:
        wanted = "one group" if most == 1 else "one group or two"
        raise ValueError(
            f"{name}={expression} has {groups} groups: write {wanted} in round brackets, for the number"
        )


def sought(expression: str) -> re.Pattern[bytes]:
    """Return a regular expression for bytes as they are printed; raise ``re.error`` or ``ValueError`` if it is none."""
    return re.compile(expression.encode("utf-8", "surrogateescape"))


def placed(path: str) -> Path:
    """Return a path as it was typed, with a tilde in its place where that is anybody's home."""
    return Path(os.path.expanduser(path))


def in_json(quality: str) -> tuple[str, str] | None:
    """Return (file, key) of a quality that is found in a JSON file (None: it is a regular expression)."""
    found = _IN_JSON.fullmatch(quality)
    return (found["file"], found["key"]) if found else None


def filled(command: str, values: Mapping[str, Scalar]) -> str:
    """Return a command with its placeholders replaced, each value quoted for the shell; braces that name nothing stay."""
    return _BRACED.sub(
        lambda found: shlex.quote(str(values[found[1]])) if found[1] in values else found[0],
        command,
    )
