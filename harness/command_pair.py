"""A command pair: two programs that exist already, run as the two sides of a race.

It says which commands to run, and where to find their answers and their quality. The programs may
be in any language and need no change. May import ``model`` and ``description``.
"""

import difflib
import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.description import Metric, Slide, words
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
LARGEST_TOLERANCE = 1e15
THEIR_OWN = "the programs' own"
DEFAULT_SLIDE = Slide(
    partition=THEIR_OWN,
    communication=THEIR_OWN,
    consistency=THEIR_OWN,
    limitation="the programs run unchanged and are observed from outside",
)
_BRACED = re.compile(r"\{([A-Za-z_]\w*)\}")
_JSON_POINTER = re.compile(r"(?P<file>[^()\\|*+?^$]+)#(?P<key>[\w.-]+)")
_MISSPELT = 0.8

Compare = Callable[[Path, Path], bool]


@dataclass(frozen=True, kw_only=True)
class CommandPair:
    """A baseline command and a distributed command, run by ``/bin/sh`` in the current folder.

    Commands may hold placeholders: ``{workers}`` is p, ``{answer}`` a file that the program
    writes, ``{input}`` the value of ``input``, ``{python}`` the interpreter of twoclocks,
    ``{here}`` the folder of the pair's own file, and any name in ``params`` its value. Other
    braces stay as they are. A setting that is empty is not given.

    - ``answer`` is the file that both programs write. Without it, and without ``{answer}``, what
      they print is their answer.
    - ``compare(first, second)`` returns whether two answer files are alike. Without it they must
      be equal to the last byte.
    - ``quality`` finds a number: a regular expression with one group, whose last match in the
      output counts, or ``FILE.json#key.in.it``. ``metric`` is its name. With a ``metric`` alone
      the programs send it by ``finish(quality=…)``. With neither, the answers must be alike.
    - ``progress`` is a regular expression on the output, with one group (percent) or two (done,
      of how many).
    - ``ready`` says that both programs call ``ready()``, so that their start-up is off the clock.
    - ``input`` is the file or folder that both read; its digest is kept.
    - ``answers_differ`` is the reason why answers that have a quality need not be equal (None:
      there is none).
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
    answers_differ: str | None = None
    slide: Slide = DEFAULT_SLIDE
    params: Parameters = field(default_factory=dict)
    here: str = ""

    @property
    def defaults(self) -> Parameters:
        """Return every setting with its default: the commands, where to look, and ``params``."""
        return {name: getattr(self, name) for name in SETTINGS} | self.params

    def with_settings(self, values: Parameters) -> "CommandPair":
        """Return the pair with these values of its settings."""
        params = {name: value for name, value in values.items() if name in self.params}
        settings: dict[str, Any] = {name: values[name] for name in SETTINGS if name not in params}
        return replace(self, params=params, **settings)

    def command(self, side: Side) -> str:
        """Return a side's command with its placeholders."""
        return self.baseline if side is Side.BASELINE else self.distributed

    @property
    def has_quality(self) -> bool:
        """Return whether the answers have a quality, which is found or sent."""
        return bool(self.quality or self.metric)

    @property
    def writes_answer(self) -> bool:
        """Return whether the commands name the file that their answer goes to."""
        return all("{answer}" in self.command(side) for side in Side)

    @property
    def compared(self) -> str:
        """Return what is compared: ``file``, ``output``, or nothing (empty) but the quality."""
        if self.answer or self.writes_answer:
            return "file"
        return "" if self.has_quality else "output"

    @property
    def facts(self) -> CommandFacts:
        """Return what a judge of the results must know about the pair."""
        return CommandFacts(
            says_ready=self.ready, input_named=bool(self.input), compared=self.compared
        )

    @property
    def words(self) -> Description:
        """Return what the pair says about itself."""
        metric = Metric(self.metric or "quality", self.tolerance)
        return words(
            name=self.name,
            unit="percent",
            metric=metric if self.has_quality else Metric(ALIKE),
            slide=self.slide.with_defaults(DEFAULT_SLIDE),
            answers_differ=self._why_answers_differ,
        )

    @property
    def _why_answers_differ(self) -> str | None:
        if self.answers_differ:
            return self.answers_differ
        if self.compare is not None:
            return "a function of the pair's own compares them"
        return None if self.compared else "only their quality is compared"

    def require_valid(self, values: Parameters) -> None:
        """Raise ``ValueError``, with one sentence, for values that the pair cannot run with."""
        self.with_settings(values).require_sane()

    def require_sane(self) -> None:
        """Raise ``ValueError``, with one sentence, for a pair that cannot run."""
        if reserved := sorted({*self.params} & {*PLACEHOLDERS, *SETTINGS}):
            raise ValueError(
                f"params has {reserved[0]}, which means something else in a command: rename it"
            )
        for side in Side:
            _require_command(side, self.command(side), self.params)
        if self.compare is not None and self.has_quality:
            judge = "quality" if self.quality else "metric"
            raise ValueError(f"compare= and {judge}= both judge the answers: give one of them")
        if not 0 <= self.tolerance <= LARGEST_TOLERANCE:
            raise ValueError(f"tolerance={self.tolerance} is not a number of 0 or more")
        self._require_input()
        self._require_answer()
        _require_groups("progress", self.progress, 2)
        if parse_json_pointer(self.quality) is None:
            _require_groups("quality", self.quality, 1)

    def _require_input(self) -> None:
        for side in Side:
            if "{input}" in self.command(side) and not self.input:
                raise ValueError(f"the {side} command has {{input}}, but input= is not given")
        path = expand_home(self.input)
        if self.input and not (path.is_file() or path.is_dir()):
            raise ValueError(f"input={self.input} is neither a file nor a folder")

    def _require_answer(self) -> None:
        if ("{answer}" in self.baseline) != ("{answer}" in self.distributed):
            raise ValueError("only one command has {answer}: both must write their answer")
        if self.answer and self.writes_answer:
            raise ValueError(
                f"the commands have {{answer}}, and answer={self.answer} is given too: drop one"
            )
        if self.answer and not expand_home(self.answer).absolute().parent.is_dir():
            raise ValueError(f"answer={self.answer} is in a folder that does not exist")
        if self.answer and expand_home(self.answer).is_dir():
            raise ValueError(f"answer={self.answer} is a folder: name the file that both write")
        if self.quality.startswith("{answer}#") and not self.writes_answer:
            raise ValueError(f"quality={self.quality} needs {{answer}} in both commands")


def _require_command(side: Side, command: str, params: Mapping[str, Scalar]) -> None:
    """Raise ``ValueError`` for a command that is empty or has a misspelt placeholder."""
    if not command.strip():
        raise ValueError(f"the {side} side has no command")
    if "\0" in command:
        raise ValueError(f"the {side} command contains a zero byte")
    known = (*PLACEHOLDERS, *params)
    for name in _BRACED.findall(command):
        near = difflib.get_close_matches(name, known, n=1, cutoff=_MISSPELT)
        if name not in known and near:
            raise ValueError(
                f"the {side} command has an unknown {{{name}}}: did you mean {{{near[0]}}}?"
            )


def _require_groups(name: str, expression: str, most: int) -> None:
    """Raise ``ValueError`` unless the expression is empty or has one to ``most`` groups."""
    if not expression:
        return
    try:
        groups = compile_pattern(expression).groups
    except (re.error, RecursionError, OverflowError, ValueError) as error:
        raise ValueError(f"{name}={expression} is not a regular expression: {error}") from error
    if not 1 <= groups <= most:
        wanted = "one group" if most == 1 else "one group or two"
        raise ValueError(
            f"{name}={expression} has {groups} groups: "
            f"write {wanted} in round brackets, for the number"
        )


def compile_pattern(expression: str) -> re.Pattern[bytes]:
    """Compile a regular expression for the bytes that a program prints.

    Raises ``re.error`` or ``ValueError`` if it is none.
    """
    return re.compile(expression.encode("utf-8", "surrogateescape"))


def expand_home(path: str) -> Path:
    """Return the path with a leading tilde replaced, if that user has a home folder."""
    return Path(os.path.expanduser(path))


def parse_json_pointer(quality: str) -> tuple[str, str] | None:
    """Return the (file, key) of ``FILE.json#key`` (None: it is a regular expression)."""
    pointer = _JSON_POINTER.fullmatch(quality)
    return (pointer["file"], pointer["key"]) if pointer else None


def fill_placeholders(command: str, values: Mapping[str, Scalar]) -> str:
    """Return the command with known placeholders replaced by values, quoted for the shell."""
    return _BRACED.sub(
        lambda brace: shlex.quote(str(values[brace[1]])) if brace[1] in values else brace[0],
        command,
    )
