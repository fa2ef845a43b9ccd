"""Whether a command pair can be run, as far as its shell knows beforehand.

May import ``model``, ``command_pair``, ``placeholders`` and ``run``.
"""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from itertools import dropwhile, takewhile
from pathlib import Path

from harness.command_pair import CommandPair, expand_home
from harness.model import Parameters, Side
from harness.placeholders import fill_placeholders
from harness.run.commands.shell import USE_BASH, Shell, ask, succeeds

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*\+?=")
_PLAIN = re.compile(r"[\w./@%+:,-]+|\[\[?")
_INTERPRETERS = re.compile(r"python[\d.]*|pypy\d*|sh|bash|dash|zsh|perl|ruby|node|Rscript|julia")


def placeholder_values(pair: CommandPair, workers: int, answer: Path) -> Parameters:
    """Return what each placeholder of a pair's commands stands for."""
    return pair.params | {
        "workers": workers,
        "answer": str(answer),
        "input": str(expand_home(pair.input)),
        "python": sys.executable,
        "here": pair.here,
    }


def why_not_runnable(pair: CommandPair) -> tuple[str, str] | None:
    """Return why a pair cannot be run, and advice (None: nothing is known against it)."""
    try:
        shell = Shell.named(pair.shell)
    except ValueError as error:
        return str(error), "install it, or leave it out for /bin/sh"
    values = placeholder_values(pair, 1, Path("answer"))
    commands = {f"the {side} command": pair.command(side) for side in Side}
    commands |= {"the command to prepare": pair.prepare} if pair.prepare else {}
    for name, command in commands.items():
        if (why := why_unreadable(shell, fill_placeholders(command, values))) is not None:
            return f"{name} cannot be run: {why[0]}", why[1]
    return None


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
    answer = ask([*shell.words, "-n", "-c", command])
    if answer is None or answer.returncode == 0:
        return _why_not_there(shell, command)
    lines = answer.stderr.decode(errors="replace").strip().splitlines()
    objection = lines[-1] if lines else "a syntax error"
    bash = shutil.which("bash")
    if bash and shell.is_default and succeeds([bash, "-n", "-c", command]):
        return objection, USE_BASH
    return objection, "try the command in that shell"


def _why_not_there(shell: Shell, command: str) -> tuple[str, str] | None:
    word, *arguments = first_words(command) or [""]
    if word and not _knows(shell.words, word):
        bash = shell.is_default and _knows(("bash",), word)
        return f"there is no program {word}", USE_BASH if bash else "name its folder, or correct it"
    script = arguments[0] if arguments else ""
    if _INTERPRETERS.fullmatch(word.rpartition("/")[2]) and _is_missing(script):
        return f"there is no file {script}", "name it from the folder where you are"
    return None


def _knows(shell: Sequence[str], word: str) -> bool:
    """Return whether a shell can start a word: a program, a function or a word of its own."""
    return succeeds([*shell, "-c", 'command -v "$1"', "sh", word])


def _is_missing(script: str) -> bool:
    """Return whether an interpreter's first argument names a file that is not there."""
    return "." in script and not script.startswith("-") and not os.path.exists(script)


def first_words(command: str) -> list[str]:
    """Return the words that a command begins with, as far as they are plain.

    Empty: the shell alone can tell.
    """
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = [word for _, word in zip(range(20), lexer, strict=False)]
    except ValueError:
        return []
    named = [*dropwhile(_ASSIGNMENT.match, words)]
    return [*takewhile(_PLAIN.fullmatch, named)]
