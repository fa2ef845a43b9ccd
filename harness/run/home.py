"""The home folder of this account: which it is, and how texts are published without it.

Imports the standard library only.
"""

import re
from pathlib import Path


def home_folder() -> Path | None:
    """Return this account's home (None: it has none of its own, as many a service's)."""
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home if home.is_absolute() and home != home.parent else None


def hide_home(text: str, home: Path | None) -> str:
    """Return a text with the path of the home folder replaced by a tilde (None: there is none)."""
    if home is None:
        return text
    paths = {re.escape(str(path)) for path in (home, home.resolve())}
    return re.sub("|".join(rf"(?<![\w./-]){path}(?![\w.-])" for path in paths), "~", text)
