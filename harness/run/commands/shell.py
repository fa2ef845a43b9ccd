"""How the commands of a pair are started: under a shell, or as they are.

May import ``errors``.
"""

import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from signal import SIGPIPE

DEFAULT_SHELL = "/bin/sh"
NONE = "none"
ASKED_WITHIN_S = 10.0
SHELLS_OF_POSIX = ("sh", "ash", "bash", "dash", "ksh", "zsh")
BROKEN_PIPE = 128 + SIGPIPE
USE_BASH = "it is written for bash: add --shell bash"

_OF_BASH = re.compile(
    rb"(?:\[\[|source|shopt|declare|typeset|pushd|popd|mapfile|readarray|function): (?:not found|"
    rb"command not found)|[Bb]ad substitution|Illegal option -o pipefail",
)


@dataclass(frozen=True)
class Shell:
    """The shell of both commands. ``words`` start it (empty: commands are started without one).

    ``fails_with_a_stage`` tells that it can fail a pipe of which a stage fails.
    """

    words: tuple[str, ...]
    fails_with_a_stage: bool = False

    @classmethod
    def named(cls, name: str) -> "Shell":
        """Return the shell of that name: ``none``, ``default`` (or empty), a name or a command.

        Raises ``ValueError`` if there is no such program.
        """
        if name == NONE:
            return cls(())
        words = shlex.split(DEFAULT_SHELL if name in ("", "default") else name)
        if not words or shutil.which(words[0]) is None:
            raise ValueError(f"shell={name} is not a program here: name one, default or none")
        return cls(tuple(words), _succeeds([*words, "-o", "pipefail", "-c", "true"]))

    @property
    def is_of_posix(self) -> bool:
        """Return whether it is a shell whose options are known."""
        return bool(self.words) and self.words[0].rpartition("/")[2] in SHELLS_OF_POSIX

    def line(self, command: str) -> list[str]:
        """Return the words that run a command. Raises ``ValueError`` for quotes left open."""
        if not self.words:
            return shlex.split(command)
        pipefail = ("-o", "pipefail") if self.fails_with_a_stage and "|" in command else ()
        return [*self.words, *pipefail, "-c", command]

    def succeeded(self, command: str, code: int) -> bool:
        """Return whether an exit code means success.

        A stage of a pipe that was cut short, because the next one had enough, has not failed.
        """
        return code == 0 or (
            code == BROKEN_PIPE and self.fails_with_a_stage and "|" in command and bool(self.words)
        )

    def advice(self, code: int, last_line: bytes) -> str:
        """Return what may help with a command that failed (empty: nothing is known)."""
        if self.words[:1] == (DEFAULT_SHELL,) and _OF_BASH.search(last_line):
            return USE_BASH
        return ""


def why_unreadable(shell: Shell, command: str) -> tuple[str, str] | None:
    """Return what a shell objects to in a command, and advice (None: it can be read)."""
    try:
        words = shell.line(command)
    except ValueError as error:
        return str(error).lower(), "close the quotation mark"
    if not shell.words:
        missing = not words or shutil.which(words[0]) is None
        sentence = f"there is no program {words[0] if words else 'in it'}"
        return (sentence, "without a shell a command begins with a program") if missing else None
    if not shell.is_of_posix:
        return None
    asked = _run([*shell.words, "-n", "-c", command])
    if asked is None or asked.returncode == 0:
        return _why_not_there(shell, command)
    said = asked.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["a syntax error"]
    bash = shutil.which("bash")
    if bash and shell.words == (DEFAULT_SHELL,) and _succeeds([bash, "-n", "-c", command]):
        return said[0], USE_BASH
    return said[0], "try the command in that shell"


def _why_not_there(shell: Shell, command: str) -> tuple[str, str] | None:
    word = first_word(command)
    if word and not _succeeds([*shell.words, "-c", 'command -v "$1"', "sh", word]):
        return f"there is no program {word}", "name it with its folder, or correct it"
    return None


def first_word(command: str) -> str:
    """Return the word that a command begins with (empty: the shell alone can tell)."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = [word for _, word in zip(range(20), lexer, strict=False)]
    except ValueError:
        return ""
    named = [word for word in words if not re.match(r"[A-Za-z_]\w*\+?=", word)][:1]
    plain = named and re.fullmatch(r"[\w./@%+:,-]+|\[\[?", named[0])
    return named[0] if plain else ""


def _succeeds(words: list[str]) -> bool:
    ended = _run(words)
    return ended is not None and ended.returncode == 0


def _run(words: list[str]) -> "subprocess.CompletedProcess[bytes] | None":
    """Run a question to a shell (None: it gave no answer)."""
    try:
        return subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=ASKED_WITHIN_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
