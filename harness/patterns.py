"""Regular expressions on what programs print. Imports the standard library only."""

import re

MOST_GROUPS = 99


def compile_pattern(expression: str) -> re.Pattern[bytes]:
    """Compile a regular expression for the bytes that a program prints.

    Raises ``re.error`` or ``ValueError`` if it is none.
    """
    return re.compile(expression.encode("utf-8", "surrogateescape"))


def require_groups(name: str, expression: str, least: int, most: int) -> None:
    """Raise ``ValueError`` unless the expression is empty or has so many groups."""
    if not expression:
        return
    try:
        pattern = compile_pattern(expression)
    except (re.error, RecursionError, OverflowError, ValueError) as error:
        raise ValueError(f"{name}={expression} is not a regular expression: {error}") from error
    if not least <= pattern.groups <= most:
        wanted = "one group" if most == 1 else "one group or two"
        raise ValueError(
            f"{name}={expression} has {pattern.groups} groups: "
            f"write {wanted} in round brackets, for the number"
        )
    if least == 0 and pattern.fullmatch(b"") and not pattern.search(b"a1 "):
        raise ValueError(f"{name}={expression} matches nothing but empty text")
