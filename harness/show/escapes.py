"""Text made harmless for the format it goes into, so that no name in a results file becomes markup, a command or a formula.

What comes in is made safe by ``words.printable`` first. May import ``words``.
"""

import re

from harness import text as words

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$&!^])")
_TEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
    "`": r"\textasciigrave{}",
    "×": r"$\times$",
    "−": "$-$",
    "→": r"$\to$",
    "Δ": r"$\Delta$",
    "∞": r"$\infty$",
    "≈": r"$\approx$",
    "·": r"$\cdot$",
    "µ": r"$\mu$",
    "–": "--",
    "—": "---",
    "…": r"\ldots{}",
    "€": r"\texteuro{}",
    "£": r"\pounds{}",
    "¥": r"\textyen{}",
    "\N{ZERO WIDTH SPACE}": "{}",
}
_LAST_LETTER_OF_TEX = "\u017f"


def cell(text: str) -> str:
    """Return text for a cell of CSV that no spreadsheet takes for a formula: one that begins like it gets an apostrophe."""
    told = words.printable(text)
    return f"'{told}" if told.startswith(_FORMULA) else told


def markdown(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no mathematics, no link."""
    escaped = _MARKUP.sub(r"\\\1", words.printable(text))
    return re.sub(r"(?i)(https?|ftp)://", r"\1:\\/\\/", escaped).replace("www.", r"www\.")


def tex(text: str) -> str:
    """Return text that LaTeX sets as it is; what it has no letter for without further packages is a question mark.

    Brackets and stars are hidden in groups, since at the start of a row they would be read as an option of the last.
    """
    hyphens_apart = re.sub(r"-(?=-)", "-\N{ZERO WIDTH SPACE}", words.printable(text))
    return "".join(
        _TEX.get(mark, mark if mark <= _LAST_LETTER_OF_TEX else "?") for mark in hyphens_apart
    )
