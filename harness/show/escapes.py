"""Text made harmless for a format, so that no name in a file becomes markup or a formula.

May import ``harness.text``, which makes text printable first.
"""

import re

from harness.text import printable

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


def csv_cell(text: str) -> str:
    """Return text for a cell of CSV that no spreadsheet takes for a formula.

    Text that begins like a formula gets an apostrophe.
    """
    cell = printable(text)
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def markdown(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, no mathematics, no link."""
    escaped = _MARKUP.sub(r"\\\1", printable(text))
    return re.sub(r"(?i)(https?|ftp)://", r"\1:\\/\\/", escaped).replace("www.", r"www\.")


def tex(text: str) -> str:
    """Return text that LaTeX sets as it is; letters that need a package become question marks.

    Brackets and stars are grouped, since at the start of a row they would be an option of the last.
    """
    hyphens_apart = re.sub(r"-(?=-)", "-\N{ZERO WIDTH SPACE}", printable(text))
    return "".join(_TEX.get(letter, _tex_letter(letter)) for letter in hyphens_apart)


def _tex_letter(letter: str) -> str:
    return letter if letter <= _LAST_LETTER_OF_TEX else "?"
