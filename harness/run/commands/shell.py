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
        return cls(tuple(words), succeeds([*words, "-o", "pipefail", "-c", "true"]))

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

    def advice(self, command: str, last_line: bytes) -> str:
        """Return what may help with a command that failed (empty: nothing is known)."""
        if self.is_default and _OF_BASH.search(last_line):
            return USE_BASH
        if self.fails_with_a_stage and "|" in command:
            return "write (… || true) around a stage of its pipe that may fail"
        return ""

    @property
    def is_default(self) -> bool:
        """Return whether it is the shell that nobody asked for."""
        return self.words == (DEFAULT_SHELL,)


def succeeds(words: list[str]) -> bool:
    """Return whether a question to a shell is answered with yes."""
    ended = ask(words)
    return ended is not None and ended.returncode == 0


def ask(words: list[str]) -> "subprocess.CompletedProcess[bytes] | None":
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
