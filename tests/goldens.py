"""The golden texts: pictures as text, which a person has read.

``TWOCLOCKS_UPDATE_GOLDEN=1`` writes them anew.
"""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def golden_text(name: str, drawn: str) -> str:
    """Return the golden text of that name, which is ``drawn`` where texts are written anew."""
    file = FOLDER / f"{name}.txt"
    if os.environ.get("TWOCLOCKS_UPDATE_GOLDEN") == "1":
        file.write_text(drawn, encoding="utf-8")
    return file.read_text(encoding="utf-8")
