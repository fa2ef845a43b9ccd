"""A command pair: two programs that exist already, run as the two sides of a race.

It says which commands to run, and where to find their answers and their quality. The programs may
be in any language and need no change. May import ``model``, ``description``, ``placeholders``,
``patterns`` and ``spec``.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.description import Metric, Slide, words
from harness.model import CommandFacts, Description, Parameters, Side
from harness.patterns import MOST_GROUPS, require_groups
from harness.placeholders import names_in, require_placeholders
from harness.spec import ANSWERS_ALIKE

PLACEHOLDERS = ("workers", "answer", "input", "python", "here")
SETTINGS = (
    "baseline",
    "distributed",
    "answer",
    "input",
    "stdin",
    "quality",
    "scores",
    "progress",
    "ignore",
    "metric",
    "tolerance",
    "ready",
    "shell",
    "prepare",
    "warmup",
    "waits",
    "superlinear",
)
MOST_WARM_UPS = 100
LONGEST_NAME_BYTES = 255  # of a file, on every usual file system
LARGEST_TOLERANCE = 1e15
THEIR_OWN = "the programs' own"
DEFAULT_SLIDE = Slide(
    partition=THEIR_OWN,
    communication=THEIR_OWN,
    consistency=THEIR_OWN,
    limitation="the programs run unchanged and are observed from outside",
)
_JSON_POINTER = re.compile(r"(?P<file>[^()\\|*+?^$]+)#(?P<key>[\w.-]+)")

Compare = Callable[[Path, Path], bool]


@dataclass(frozen=True, kw_only=True)
class CommandPair:
    """A baseline command and a distributed command, run by a shell in the current folder.

    Commands may hold placeholders: ``{workers}`` is p, ``{answer}`` a file that the program
    writes, ``{input}`` the value of ``input``, ``{python}`` the interpreter of twoclocks,
    ``{here}`` the folder of the pair's own file, and any name in ``params`` its value. Doubled
    braces stand for themselves, other braces stay as they are. A setting that is empty is not
    given.

    - ``answer`` is the file or folder that both programs write. Without it, and without
      ``{answer}``, what they print is their answer, but for colours and progress. ``ignore`` is a
      regular expression; what it matches is no part of an answer.
    - ``compare(first, second)`` returns whether two answer files are alike. Without it they must
      be equal to the last byte.
    - ``quality`` finds a number: a regular expression with one group, whose last match in the
      output counts, or ``FILE.json#key.in.it``. ``metric`` is its name. With a ``metric`` alone
      the programs send it by ``finish(quality=…)``. With neither, the answers must be alike.
      ``scores`` is a regular expression of which every match counts: the score of one held-out
      item. Their mean is the quality.
    - ``progress`` is a regular expression on the output, with one group (percent) or two (done,
      of how many).
    - ``ready`` says that both programs call ``ready()``, so that their start-up is off the clock.
    - ``input`` is the file or folder that both read, ``stdin`` the file that is their standard
      input; their digest is kept.
    - ``shell`` runs the commands: ``default`` (``/bin/sh``), a name or path, or ``none``.
    - ``prepare`` is a command that is run before every run of either side, ``warmup`` how often
      each program is run beforehand; both are off the clock.
    - ``waits`` is what the baseline waits for instead of computing, such as "reads from the
      network", ``superlinear`` why more is gained than hardware was added.
    - ``answers_differ`` is the reason why answers that have a quality need not be equal (None:
      there is none).
    """

    name: str
    baseline: str
    distributed: str
    answer: str = ""
    compare: Compare | None = None
    quality: str = ""
    scores: str = ""
    progress: str = ""
    ignore: str = ""
    input: str = ""
    stdin: str = ""
    ready: bool = False
    shell: str = ""
    prepare: str = ""
    warmup: int = 0
    waits: str = ""
    superlinear: str = ""
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
        return bool(self.quality or self.scores or self.metric)

    @property
    def writes_answer(self) -> bool:
        """Return whether the commands name the file that their answer goes to."""
        return all(self._holds(side, "answer") for side in Side)

    def _holds(self, side: Side, placeholder: str) -> bool:
        return bool(names_in(self.command(side), (placeholder,)))

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
            says_ready=self.ready,
            input_named=bool(self.input or self.stdin),
            compared=self.compared,
            warm_ups=self.warmup,
            is_prepared=bool(self.prepare),
            same_command=self.baseline == self.distributed and not self._holds_workers,
        )

    @property
    def _holds_workers(self) -> bool:
        return self._holds(Side.DISTRIBUTED, "workers")

    @property
    def words(self) -> Description:
        """Return what the pair says about itself."""
        metric = Metric(self.metric or "quality", self.tolerance)
        return words(
            name=self.name,
            unit="percent",
            metric=metric if self.has_quality else Metric(ANSWERS_ALIKE),
            slide=self.slide.with_defaults(DEFAULT_SLIDE),
            answers_differ=self._why_answers_differ,
            waits=self.waits,
            superlinear=self.superlinear,
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
            if not self.command(side).strip():
                raise ValueError(f"the {side} side has no command")
        for name, command in self._named_commands.items():
            require_placeholders(name, command, (*PLACEHOLDERS, *self.params))
        if self.compare is not None and self.has_quality:
            judge = next(name for name in ("quality", "scores", "metric") if getattr(self, name))
            raise ValueError(f"compare= and {judge}= both judge the answers: give one of them")
        if self.quality and self.scores:
            raise ValueError("quality= and scores= both say what is good: give one of them")
        if not 0 <= self.tolerance <= LARGEST_TOLERANCE:
            raise ValueError(f"tolerance={self.tolerance} is not a number of 0 or more")
        if not 0 <= self.warmup <= MOST_WARM_UPS:
            raise ValueError(f"warmup={self.warmup} is not a number from 0 to {MOST_WARM_UPS}")
        self._require_input()
        self._require_answer()
        require_groups("progress", self.progress, 1, 2)
        require_groups("scores", self.scores, 1, 1)
        require_groups("ignore", self.ignore, 0, MOST_GROUPS)
        if parse_json_pointer(self.quality) is None:
            require_groups("quality", self.quality, 1, 1)

    @property
    def _named_commands(self) -> dict[str, str]:
        return {f"{side} command": self.command(side) for side in Side} | {
            "command to prepare": self.prepare
        }

    def _require_input(self) -> None:
        for name, command in self._named_commands.items():
            if names_in(command, ("input",)) and not self.input:
                raise ValueError(
                    f"the {name} has {{input}}, but no input is named: give input=FILE"
                )
        path = expand_home(self.input)  # os.path: a Path raises where a name is too long
        if self.input and not (os.path.isfile(path) or os.path.isdir(path)):
            raise ValueError(f"input={self.input} is neither a file nor a folder")
        if self.stdin and not os.path.isfile(expand_home(self.stdin)):
            raise ValueError(f"stdin={self.stdin} is not a file")
        for named in (self.stdin, self.input):
            if named and not os.access(expand_home(named), os.R_OK):
                raise ValueError(f"{named} cannot be read")

    def _require_answer(self) -> None:
        if self._holds(Side.BASELINE, "answer") != self._holds(Side.DISTRIBUTED, "answer"):
            raise ValueError("only one command has {answer}: both must write their answer")
        if self.answer and self.writes_answer:
            raise ValueError(
                f"the commands have {{answer}}, and answer={self.answer} is given too: drop one"
            )
        path = expand_home(self.answer).absolute()
        if self.answer and not os.path.isdir(path.parent):
            raise ValueError(f"answer={self.answer} is in a folder that does not exist")
        if len(os.fsencode(path.name)) > LONGEST_NAME_BYTES:
            raise ValueError(
                f"the name of answer={self.answer[:20]}… is too long for a file:"
                f" the most is {LONGEST_NAME_BYTES} bytes"
            )
        if self.quality.startswith("{answer}#") and not self.writes_answer:
            raise ValueError(f"quality={self.quality} needs {{answer}} in both commands")


def expand_home(path: str) -> Path:
    """Return the path with a leading tilde replaced, if that user has a home folder."""
    return Path(os.path.expanduser(path))


def parse_json_pointer(quality: str) -> tuple[str, str] | None:
    """Return the (file, key) of ``FILE.json#key`` (None: it is a regular expression)."""
    pointer = _JSON_POINTER.fullmatch(quality)
    return (pointer["file"], pointer["key"]) if pointer else None
